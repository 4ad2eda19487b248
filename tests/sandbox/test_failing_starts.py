"""A start that fails says why in a sentence, and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from lamin_widgets.sandbox import (
    Sandbox,
    binaries,
    box,
    cluster,
    postgres,
    server,
    workspace,
)
from lamin_widgets.sandbox.errors import SandboxError
from lamin_widgets.sandbox.postgres import Postgres


def _children():
    return {child.pid for child in psutil.Process().children(recursive=True)}


@pytest.fixture(autouse=True)
def temporary(monkeypatch, tmp_path_factory, alive, eventually):
    """An empty folder for temporary files, which has to be empty again."""
    tmp_path_factory.getbasetemp()  # pytest's own is to be elsewhere
    folder = Path(tempfile.mkdtemp(prefix="lamin-widgets-test-", dir="/tmp"))
    folder.chmod(0o755)  # within reach of whom PostgreSQL runs as
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    children = _children()
    yield folder
    eventually(lambda: not [p for p in _children() - children if alive(p)])
    folder.rmdir()


@pytest.fixture
def programs(monkeypatch, temporary):
    """A folder in place of PostgreSQL's programs."""
    folder = temporary / "install" / "bin"
    folder.mkdir(parents=True)
    monkeypatch.setattr(cluster, "find_binaries", lambda version, copy_to: folder)
    yield folder
    shutil.rmtree(folder.parent)


@pytest.fixture
def real(temporary):
    """The real programs; copied, where root runs them in a home of its own."""
    folder = temporary / "real"
    yield binaries.find_binaries(18, folder)
    shutil.rmtree(folder, ignore_errors=True)


def _program(path, script, mode=0o755):
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(mode)


def _refused(what, match):
    with pytest.raises(SandboxError, match=match) as caught:
        what.start()
    assert "\n  File " not in str(caught.value)
    what.stop()


def test_a_long_way_to_the_temporary_files_is_taken_around(monkeypatch, temporary):
    """The path of a socket may have 107 bytes."""
    folder = temporary / ("x" * 60)
    folder.mkdir()
    folder.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    space = workspace.Workspace()
    assert space.path.parent == Path("/tmp")
    space.remove()
    folder.rmdir()


@pytest.mark.parametrize("kind", [Sandbox, Postgres])
def test_a_program_that_is_missing(programs, kind):
    _refused(kind(), r"could not be started: .*No such file or directory: .*initdb")


@pytest.mark.parametrize("kind", [Sandbox, Postgres])
def test_a_program_that_may_not_be_run(programs, kind):
    _program(programs / "initdb", "", mode=0o644)
    _refused(kind(), r"could not be started: .*Permission denied: .*initdb")


@pytest.mark.parametrize("kind", [Sandbox, Postgres])
def test_initdb_that_fails(programs, kind):
    _program(programs / "initdb", "echo 'initdb: error: No space left' >&2; exit 1")
    _refused(kind(), r"^initdb failed: initdb: error: No space left$")


def test_initdb_without_its_files(programs, real):
    # As after an installation that was broken off.
    shutil.copy(real / "initdb", programs)
    _refused(Postgres(), "^initdb failed: .*[Ll]ibrar")


def test_initdb_that_does_not_end(programs, monkeypatch):
    monkeypatch.setattr(cluster, "_INITDB_S", 0.2)
    _program(programs / "initdb", "exec sleep 1000")
    _refused(Postgres(), "timed out after 0.2 seconds")


def test_a_data_folder_that_cannot_be_written(monkeypatch):
    def unwritable(self, name):
        path = make(self, name)
        path.chmod(0o500)
        return path

    make = workspace.Workspace.folder
    monkeypatch.setattr(workspace.Workspace, "folder", unwritable)
    monkeypatch.setattr(cluster, "hand_over", lambda path: None)
    _refused(Postgres(), "Permission denied")


def test_a_postgresql_that_dies_while_it_starts(programs, real):
    _program(programs / "initdb", f'exec {real}/initdb "$@"')
    _program(programs / "postgres", "echo 'FATAL: out of luck' >&2; exit 1")
    # initdb looks for a postgres beside itself, so it is the real one's
    _refused(Sandbox(), "^PostgreSQL did not start: FATAL: out of luck$")


def test_a_postgresql_that_never_answers(programs, real, monkeypatch):
    monkeypatch.setattr(cluster, "_START_S", 0.3)
    _program(programs / "initdb", f'exec {real}/initdb "$@"')
    _program(programs / "postgres", "exec sleep 1000")
    _refused(Postgres(), "^PostgreSQL did not start within 0.3 s: it logged nothing$")


def test_a_postgresql_that_dies_once_it_has_started(monkeypatch):
    def launched(self, port, settings):
        launch(self, port, settings)
        os.kill(self.pid, signal.SIGKILL)
        self._process.wait()

    launch = cluster.Cluster.launch
    monkeypatch.setattr(cluster.Cluster, "launch", launched)
    _refused(Sandbox(), "PostgreSQL does not run")


def test_a_version_that_the_wheel_does_not_have():
    _refused(Postgres(version=9), "PostgreSQL 9 is not in the installed wheel")


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_port_that_was_taken_meanwhile_is_exchanged(monkeypatch, taken):
    ports = [taken, cluster.free_port()]
    wanted = ports[1]
    monkeypatch.setattr(postgres, "free_port", lambda: ports.pop(0))
    with Postgres() as pg:
        assert pg.port == wanted
        assert pg.sql("SELECT 1") == [(1,)]


def test_ports_that_are_always_taken(monkeypatch, taken):
    monkeypatch.setattr(postgres, "free_port", lambda: taken)
    _refused(Postgres(), "could not bind")


def test_a_port_that_was_taken_while_it_was_stopped():
    with Postgres() as pg:
        pg.stop()
        with socket.create_server(("127.0.0.1", pg.port)):
            with pytest.raises(SandboxError, match="could not bind"):
                pg.start()
            assert not pg.running
        pg.start()
        assert pg.sql("SELECT 1") == [(1,)]


def test_no_user_that_postgresql_could_run_as(monkeypatch):
    def getpwnam(name):
        raise KeyError(name)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(binaries.pwd, "getpwnam", getpwnam)
    with pytest.raises(SandboxError, match="another user than root"):
        binaries.unprivileged()


@pytest.mark.parametrize("kind", [Sandbox, Postgres])
def test_a_folder_for_temporary_files_that_is_not_there(monkeypatch, temporary, kind):
    monkeypatch.setattr(tempfile, "tempdir", str(temporary / "none"))
    _refused(kind(), "could not be .*No such file or directory: '.*none")


def test_no_shell_for_the_watchdog(monkeypatch):
    def watch(path):
        return subprocess.Popen(["/bin/no-such-shell", path])

    monkeypatch.setattr(workspace, "_watch", watch)
    _refused(Sandbox(), "could not be set up: .*no-such-shell")


def test_a_disk_that_is_full_when_the_details_are_written(monkeypatch):
    # What cannot be written for want of space is refused like /dev/full refuses it.
    def write(self, place):
        Path("/dev/full").write_text("x" * 10)

    monkeypatch.setattr(box.Sandbox, "_write_details", write)
    _refused(Sandbox(), "could not be set up: .*No space left on device")


def test_web_servers_that_cannot_listen(monkeypatch):
    def start(self):
        for sock in self._sockets:
            sock.close()
        real_start(self)

    real_start = server.ServerThread.start
    monkeypatch.setattr(server.ServerThread, "start", start)
    _refused(Sandbox(), "web servers did not start: .*Bad file descriptor")


def test_web_servers_that_never_begin(monkeypatch):
    async def serve(self):
        while not any(one.should_exit for one in self._servers):
            await server.asyncio.sleep(0.01)

    monkeypatch.setattr(server, "_PATIENCE_S", 0.2)
    monkeypatch.setattr(server.ServerThread, "_serve", serve)
    _refused(Sandbox(), "web servers did not start: no answer within 0.2 s")


def test_ctrl_c_while_it_starts(monkeypatch):
    def interrupted(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(server.ServerThread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Sandbox().start()


def test_what_does_not_run_can_be_stopped_and_says_so_to_the_rest():
    pg = Postgres()
    pg.stop()
    pg.close()
    for call in (lambda: pg.sql("SELECT 1"), lambda: pg.set_password("x")):
        with pytest.raises(SandboxError, match="does not run"):
            call()
    with pytest.raises(SandboxError, match="not running"):
        Sandbox().folder("x")


# --- The command ---


@pytest.mark.parametrize("arguments", [["sandbox"], ["demo"], ["demo", "--check"]])
def test_the_command_says_it_in_a_line(arguments):
    script = (
        "import sys, pathlib; from lamin_widgets.sandbox import cluster;"
        "cluster.find_binaries = lambda version, copy_to: pathlib.Path('/none');"
        "from lamin_widgets.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert result.returncode == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("PostgreSQL could not be started: ")
    assert "/none/initdb" in line
