"""Front ends start when they're ready, and end with all of their processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browser.front_ends import front_end
from browser.front_ends.front_end import FrontEnd, request
from doubles.processes import alive, eventually

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.full
SERVER = """
import http.server, pathlib, subprocess, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        is_ready = self.path == "/ready" and pathlib.Path("up").exists()
        self.send_response(200 if is_ready else 404)
        self.end_headers()

sleep = [sys.executable, "-c", "import signal; signal.pause()"]
child = subprocess.Popen(sleep, start_new_session=True)
pathlib.Path("child").write_text(str(child.pid))
print("It starts.", flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
KILLED = """
import os, signal
from browser.test_front_ends import Double

with Double(ready=True) as server:
    print(server.folder, server.child(), flush=True)
    signal.pause()
"""


class Double(FrontEnd):
    """A server that starts a process in its own session, and gets ready on demand."""

    name = "Double"
    ready_path = "/ready"

    def __init__(self, *, ready: bool, module: str = "server") -> None:
        super().__init__(None)  # type: ignore[arg-type]  # it opens no page
        self.module = module
        (self.root / "server.py").write_text(SERVER)
        if ready:
            (self.root / "up").touch()

    def command(self) -> list[str]:
        return [self.module, str(self.port)]

    def open(self, *_: str, **__: Any) -> Page:
        raise NotImplementedError

    def child(self) -> int:
        """Return the id of the process that the server started."""
        return int((self.root / "child").read_text())


def test_server_replying_with_errors_is_not_ready() -> None:
    with Double(ready=True) as server:
        assert server.answers()
        (server.root / "up").unlink()
        with pytest.raises(OSError, match="404"):
            request(f"{server.url}/ready")
        assert not server.answers()


def test_front_end_leaves_no_process_after_its_end() -> None:
    with Double(ready=True) as server:
        assert alive(server.child())
        child = server.child()
    assert not alive(child)
    assert not server.folder.exists()


def test_killed_tests_leave_no_process_and_no_folder() -> None:
    """Kill the process that runs a front end, so that it can't end anything."""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", KILLED]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE) as tests:
        assert tests.stdout
        folder, child = tests.stdout.readline().decode().split()
        assert alive(int(child))
        tests.send_signal(signal.SIGKILL)
    eventually(lambda: not alive(int(child)))
    eventually(lambda: not Path(folder).exists())


def test_server_ending_at_its_start_shows_its_log() -> None:
    server = Double(ready=True, module="no_such_module")
    with pytest.raises(RuntimeError, match="No module named no_such_module"):
        server.__enter__()
    assert not server.folder.exists()


def test_never_ready_server_shows_its_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(front_end, "START_S", 2)
    server = Double(ready=False)
    with pytest.raises(TimeoutError, match="It starts"):
        server.__enter__()
    assert not server.folder.exists()
