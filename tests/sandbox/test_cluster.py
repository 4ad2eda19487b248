"""A PostgreSQL server that can't start reports why, and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from pathlib import Path

import psutil
import pytest
from doubles.processes import alive, descendants, eventually

from lamin_widgets.sandbox import Sandbox, cluster, postgres
from lamin_widgets.sandbox.errors import SandboxError
from lamin_widgets.sandbox.postgres import Postgres


@pytest.fixture
def programs(monkeypatch):
    """An empty folder in place of PostgreSQL's programs."""
    folder = Path(tempfile.mkdtemp(prefix="lamin-widgets-test-", dir="/tmp"))
    folder.chmod(0o755)
    monkeypatch.setattr(cluster, "find_binaries", lambda version, copy_to: folder)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def temporary(monkeypatch):
    """A folder for temporary files that must be empty afterward."""
    folder = Path(tempfile.mkdtemp(prefix="lamin-widgets-test-", dir="/tmp"))
    folder.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    before = descendants()
    yield folder
    eventually(lambda: not [pid for pid in descendants() - before if alive(pid)])
    folder.rmdir()


def _assert_fails(start, match):
    with pytest.raises(SandboxError, match=match):
        start()


DONE, FOREVER = "exit 0", "exec sleep 1000"


@pytest.mark.parametrize(
    ("initdb", "server", "message"),
    [
        (None, None, "^Can't start PostgreSQL: .*No such file.*initdb"),
        ("", None, "^Can't start PostgreSQL: .*Permission denied"),
        ("echo 'error: No space left' >&2; exit 1", None, "^initdb failed: error: No"),
        (FOREVER, None, "timed out after 0.2 seconds"),
        (
            DONE,
            "echo 'FATAL: bad luck' >&2; exit 1",
            "^PostgreSQL didn't start: FATAL: bad luck$",
        ),
        (DONE, FOREVER, "^PostgreSQL didn't start within 0.3 s: its log is empty$"),
    ],
)
def test_failed_start_is_reported(
    programs, temporary, monkeypatch, initdb, server, message
):
    monkeypatch.setattr(cluster, "START_S", 0.3)
    if initdb == FOREVER:
        monkeypatch.setattr(cluster, "INITDB_S", 0.2)
    for name, script in (("initdb", initdb), ("postgres", server)):
        if script is not None:
            path = programs / name
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o755 if script else 0o644)
    _assert_fails(Sandbox().start, message)


def test_invalid_setting_is_quoted(temporary):
    pg = Postgres(settings={"shared_buffers": "nonsense"})
    _assert_fails(pg.start, "shared_buffers")
    assert not pg.running


def test_missing_version_is_reported(temporary):
    _assert_fails(Postgres(version=9).start, "doesn't include version 9")


def test_port_in_use_is_replaced_by_another_at_the_first_start(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ports = [listener.getsockname()[1], cluster.free_port()]
        wanted = ports[1]
        monkeypatch.setattr(postgres, "free_port", lambda: ports.pop(0))
        with Postgres() as pg:
            assert pg.port == wanted
            pg.stop()
            # After the first start, users know the port, so it must stay the same.
            with socket.create_server(("127.0.0.1", wanted)):
                _assert_fails(pg.start, "could not bind")
                assert not pg.running
            pg.start()
            assert pg.sql("SELECT 1") == [(1,)]


def test_start_is_given_up_if_every_port_is_in_use(monkeypatch, temporary):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        monkeypatch.setattr(postgres, "free_port", lambda: port)
        _assert_fails(Postgres().start, "could not bind")


def test_unresponsive_server_is_killed(monkeypatch):
    monkeypatch.setattr(cluster, "STOP_S", 0.2)
    with Postgres() as pg:
        server = psutil.Process(pg.pid)
        processes = [server, *server.children(recursive=True)]
        server.suspend()
        pg.stop()
        assert not pg.running
        eventually(lambda: not [one for one in processes if alive(one.pid)])


def test_other_users_cant_read_or_replace_files(sandbox):
    """Check that PostgreSQL's user owns only its data and its socket."""
    process = psutil.Process(sandbox.database.pid)
    shown = " ".join([*process.cmdline(), *process.environ().values()])
    assert sandbox.database.password not in shown + sandbox.database.log
    root = Path(sandbox.environ["LAMIN_SETTINGS_DIR"]).parent
    assert root.stat().st_mode & 0o066 == 0
    folder = root / "postgres"
    for path in (root, *root.iterdir(), folder, *folder.iterdir()):
        theirs = path.name in {"data", "socket"}
        assert (path.stat().st_uid == os.geteuid()) is not theirs, path
        assert path.stat().st_mode & 0o022 == 0, path
        if theirs:
            assert path.stat().st_mode & 0o077 == 0, path


def test_call_without_a_server_is_refused():
    pg = Postgres()
    pg.stop()
    pg.close()
    for call in (lambda: pg.sql("SELECT 1"), lambda: pg.set_password("x")):
        _assert_fails(call, "isn't running")
    _assert_fails(lambda: pg.ca_file, "isn't set up")
