"""The demo command: JupyterLab, a separate home folder, and cleanup."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
import requests
from doubles.ports import closed_port
from doubles.processes import alive, descendants, eventually, run_command, start_command

from lamin_widgets.sandbox import demo as jupyterlab


class Demo:
    """A demo with a separate home folder, and a browser that records the URL.

    Attributes:
        process: The command.
        output: What the command wrote until it was ready.
        url: The URL of the first tutorial.
    """

    def __init__(self, folder, *arguments):
        self.home = folder / "home"
        self.home.mkdir()
        self._opened = folder / "opened"
        browser = folder / "browser"
        browser.write_text(f'#!/bin/sh\necho "$1" >> {self._opened}\n')
        browser.chmod(0o755)
        environ = {
            **os.environ,
            "HOME": str(self.home),
            "BROWSER": f"{browser} %s",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        environ.pop("LAMIN_SETTINGS_DIR", None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lamin_widgets", "demo", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environ,
            text=True,
        )
        self.output = ""
        while "Press Ctrl+C" not in self.output:
            line = self.process.stdout.readline()
            assert line, self.output
            self.output += line
        self.url = re.search("JupyterLab: (.*)", self.output)[1]
        self.session = requests.Session()
        self.session.trust_env = False

    @property
    def opened(self):
        """The URLs that were opened in a browser."""
        return self._opened.read_text().split() if self._opened.exists() else []

    def get(self, path=""):
        """Get a page of JupyterLab."""
        return self.session.get(self._at(path), timeout=60)

    def post(self, path, **body):
        """Call JupyterLab's API."""
        headers = {"X-XSRFToken": self.session.cookies.get("_xsrf")}
        return self.session.post(self._at(path), json=body, headers=headers, timeout=60)

    def _at(self, path):
        return f"http://{urlsplit(self.url).netloc}{path}" if path else self.url

    def rest(self, status):
        """Wait for the end, check that nothing is left, and return the output."""
        children = self.children
        text = self.process.stdout.read()
        assert self.process.wait(60) == status
        eventually(lambda: not [pid for pid in children if alive(pid)])
        return text

    def note_children(self):
        """Remember the processes that must end with the demo."""
        self.children = descendants(self.process.pid)
        return self.children


@pytest.fixture
def demo(tmp_path):
    with contextlib.ExitStack() as stack:

        def start(*arguments):
            # Another program could take JupyterLab's usual port at the same time.
            port = () if "--port" in arguments else ("--port", str(closed_port()))
            started = Demo(tmp_path, *arguments, *port)
            stack.callback(started.process.kill)
            stack.callback(started.session.close)
            stack.callback(started.process.stdout.close)
            return started

        yield start


def _has_started_ipython(process):
    for child in psutil.Process(process.pid).children(recursive=True):
        # A browser that has ended but wasn't waited for has no environment.
        with contextlib.suppress(psutil.Error):
            if "jupyterlab" in child.cmdline():
                folder = Path(child.environ()["IPYTHONDIR"], "profile_default")
                return (folder / "history.sqlite").exists()
    return False


def test_demo_opens_the_tutorial_without_changing_home(demo):
    started = demo()
    assert "/lab/tree/01-" in started.url
    assert started.output.startswith("Sandbox: nothing leaves this machine.")
    eventually(lambda: started.opened == [started.url])
    # The page loads the extensions, one of which calls npm.
    assert started.get().ok
    assert started.post("/api/kernels").status_code == 201
    eventually(lambda: _has_started_ipython(started.process), 60)
    assert started.get("/lsp/status").ok
    assert len(started.note_children()) > 2
    started.process.send_signal(signal.SIGINT)
    text = started.rest(0)
    assert text == "\nSandbox stopped. Its files are deleted.\n"
    assert [*started.home.rglob("*")] == []
    # The output has instructions for the reader, and no log.
    assert started.output.count("\n") == 6


@pytest.mark.full
def test_demo_ends_when_jupyterlab_is_shut_down(demo):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = listener.getsockname()[1]
        started = demo("--no-browser", "--port", str(taken))
    assert urlsplit(started.url).port not in {None, taken}
    assert started.get().ok
    started.note_children()
    assert started.post("/api/shutdown").ok
    assert started.rest(0) == ""
    assert started.opened == []


@pytest.mark.full
def test_demo_reports_the_end_of_jupyterlab(demo):
    started = demo("--no-browser")
    (lab,) = [
        pid
        for pid in started.note_children()
        if "jupyterlab" in psutil.Process(pid).cmdline()
    ]
    os.kill(lab, signal.SIGKILL)
    assert started.rest(1) == "JupyterLab exited unexpectedly (status -9).\n"


@pytest.mark.full
def test_killed_demo_leaves_nothing_behind(demo):
    started = demo("--no-browser")
    assert len(started.note_children()) > 2
    started.process.kill()
    started.rest(-signal.SIGKILL)


def test_unresponsive_jupyterlab_is_killed():
    script = (
        "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print(flush=True); sys.stdin.read()"
    )
    command = (sys.executable, "-c", script)
    with start_command(*command, start_new_session=True) as stubborn:
        stubborn.stdout.readline()
        jupyterlab.end(stubborn, timeout_s=0.2)
        assert stubborn.returncode == -signal.SIGKILL


def _run(script, *arguments):
    script += "\nimport sys\nfrom lamin_widgets.cli import main\n"
    return run_command(
        sys.executable, "-c", f"{script}sys.exit(main(sys.argv[1:]))", *arguments
    )


def test_demo_reports_missing_tutorials():
    script = "import lamin_widgets as m; m.__file__ = '/nowhere/__init__.py'"
    result = _run(script, "demo")
    sentence = "The tutorial notebooks aren't installed with this package.\n"
    assert (result.returncode, result.stderr) == (1, sentence)


@pytest.mark.full
def test_demo_check_refuses_a_process_with_another_account():
    result = _run("import lamindb_setup", "demo", "--check")
    assert result.returncode == 1
    assert "Run the check in a new process" in result.stderr


def test_demo_check_runs_every_step():
    result = _run("", "demo", "--check")
    assert result.returncode == 0, result.stdout + result.stderr
    lines = result.stdout.splitlines()
    for line, count in {
        "✓ Register: success": 2,
        "✓ Register again: failure (name_taken)": 2,
        "✓ Test connection: success": 4,
        "✓ Test connection: failure": 2,
        "✓ Fill in: postgresql://postgres:***@127.0.0.1:": 2,
    }.items():
        assert sum(each.startswith(line) for each in lines) == count
    assert lines[-1] == "All steps passed."
    assert result.stderr == ""


@pytest.mark.full
def test_demo_check_fails_if_a_step_has_another_outcome():
    # The server keeps running, so the step that must fail succeeds.
    script = (
        "from lamin_widgets.sandbox.postgres import Postgres\n"
        "Postgres.stop = lambda self: None"
    )
    result = _run(script, "demo", "--check")
    assert result.returncode == 1
    assert result.stdout.count("✗ Test connection: success") == 2
    assert result.stdout.endswith("Some steps failed. See the lines marked ✗.\n")
