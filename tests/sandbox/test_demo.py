"""JupyterLab in the demo: what it writes, how it begins and how it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
import requests

from lamin_widgets.sandbox import lab


@pytest.fixture
def demo(tmp_path, alive, eventually):
    """The demo with a home of its own, and a browser that notes what it was given."""
    home = tmp_path / "home"
    home.mkdir()
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >> {opened}\n')
    browser.chmod(0o755)
    environ = {
        **os.environ,
        "HOME": str(home),
        "BROWSER": f"{browser} %s",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    environ.pop("LAMIN_SETTINGS_DIR", None)

    @contextlib.contextmanager
    def start(*arguments):
        with subprocess.Popen(
            [sys.executable, "-m", "lamin_widgets", "demo", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environ,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def address():
        eventually(lambda: opened.exists() and opened.read_text().endswith("\n"), 60)
        return opened.read_text().strip()

    def ended(process, kill, status):
        """Read what it says, once `kill` has ended it; nothing may be left."""
        children = psutil.Process(process.pid).children(recursive=True)
        kill(children)
        said = process.stdout.read()
        assert process.wait(60) == status
        eventually(lambda: not [one for one in children if alive(one.pid)])
        return said

    start.home, start.address, start.ended = home, address, ended
    return start


def has_started_a_kernel(process):
    """Whether IPython is at work, which comes after what a kernel may warn of."""
    for child in psutil.Process(process.pid).children(recursive=True):
        # The browser, which has ended and was not waited for yet, has no command line.
        with contextlib.suppress(psutil.NoSuchProcess):
            if "jupyterlab" in child.cmdline():
                folder = Path(child.environ()["IPYTHONDIR"], "profile_default")
                return (folder / "history.sqlite").exists()
    return False


def test_it_opens_a_browser_and_writes_nothing_into_the_home(demo, eventually):
    with demo() as process:
        address = demo.address()
        assert "/lab/tree/01-register-a-db-server.ipynb" in address
        with requests.Session() as session:
            session.trust_env = False
            # The page, and so the extensions, one of which asks npm where it is.
            assert session.get(address, timeout=60).ok
            base = f"http://{urlsplit(address).netloc}"
            token = session.cookies.get("_xsrf")
            kernel = session.post(
                f"{base}/api/kernels",
                json={},
                headers={"X-XSRFToken": token},
                timeout=60,
            )
            assert kernel.status_code == 201
            eventually(lambda: has_started_a_kernel(process), 60)
            servers = session.get(f"{base}/lsp/status", timeout=60)
            assert servers.ok
        said = demo.ended(process, lambda _: process.send_signal(signal.SIGINT), 0)
    assert [*demo.home.rglob("*")] == []
    # What a person needs stays in sight: nothing else is said while all goes well.
    assert f"\nJupyterLab: {address}\n" in said
    for talkative in ("LabApp", "IPKernelApp", "WARNING", "To access the server"):
        assert talkative not in said


def test_a_port_that_is_taken_is_exchanged_for_the_next(demo):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = listener.getsockname()[1]
        with demo("--port", str(taken)) as process:
            address = demo.address()
            assert urlsplit(address).port not in (None, taken)
            with requests.Session() as session:
                session.trust_env = False
                assert session.get(address, timeout=60).ok
            demo.ended(process, lambda _: process.send_signal(signal.SIGTERM), 0)


def test_shutting_jupyterlab_down_in_its_menu_ends_the_demo(demo):
    def shut_down(_children):
        address = urlsplit(demo.address())
        with requests.Session() as session:
            session.trust_env = False
            assert session.get(address.geturl(), timeout=60).ok
            session.post(
                f"http://{address.netloc}/api/shutdown",
                headers={"X-XSRFToken": session.cookies.get("_xsrf")},
                timeout=60,
            ).raise_for_status()

    with demo() as process:
        demo.address()
        demo.ended(process, shut_down, 0)


def test_jupyterlab_that_dies_ends_the_demo_with_a_sentence(demo):
    def kill(children):
        (jupyterlab,) = [one for one in children if "jupyterlab" in one.cmdline()]
        jupyterlab.kill()

    with demo() as process:
        demo.address()
        said = demo.ended(process, kill, 1)
    assert said.endswith("JupyterLab ended by itself, with status -9\n")


def test_jupyterlab_that_does_not_end_when_asked_is_ended(monkeypatch):
    monkeypatch.setattr(lab, "_PATIENCE_S", 0.2)
    script = (
        "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print(flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as stubborn:
        stubborn.stdout.readline()
        lab._end(stubborn)
        assert stubborn.returncode == -signal.SIGKILL
