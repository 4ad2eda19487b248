"""The watchdog, which ends only the sandbox's processes, and deletes its files."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from pathlib import Path

import pytest
from doubles.processes import alive, descendants, eventually, start_command

from lamin_widgets.sandbox import Sandbox
from lamin_widgets.sandbox.errors import SandboxError
from lamin_widgets.sandbox.postgres import Postgres
from lamin_widgets.sandbox.workspace import Workspace

OWNER = """
import os, subprocess, sys
from lamin_widgets.sandbox.workspace import Workspace

def start(**options):
    return subprocess.Popen(["sleep", "600"], start_new_session=True, **options)

space = Workspace()
kept, ended, group, unknown = start(), start(), start(), start()
space.protect(kept.pid, signal="QUIT")
space.protect(ended.pid, signal="QUIT")
space.protect(group.pid, signal="TERM", group=True)
space.release(ended.pid)
print(space.path, kept.pid, group.pid, ended.pid, unknown.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def killed():
    """A sandbox's folder and processes, after its owner was killed."""
    with start_command(sys.executable, "-c", OWNER) as owner:
        path, *pids = owner.stdout.readline().split()
        pids = [int(pid) for pid in pids]
        # The server's user can write ids into its own files. These ids must have no
        # effect.
        data = Path(path) / "postgres" / "data"
        data.mkdir(parents=True)
        for forged in (data.parent / "postmaster.pid", data / "postmaster.pid"):
            forged.write_text(f"{pids[3]}\n{data}\n")
        (Path(path) / "adopted").write_text(f"{pids[3]}\n")
        owner.kill()
    yield Path(path), pids
    for pid in pids:
        if alive(pid):
            os.kill(pid, signal.SIGKILL)


def test_watchdog_ends_only_its_own_processes(killed):
    path, (kept, group, released, foreign) = killed
    eventually(lambda: not alive(kept) and not alive(group))
    eventually(lambda: not path.exists())
    assert alive(released)
    assert alive(foreign)


def test_killed_owner_of_a_server_leaves_nothing_behind():
    script = (
        "import sys; from lamin_widgets.sandbox import Sandbox; box = Sandbox();"
        "box.start(); print(box.database.pid, box.environ['LAMIN_SETTINGS_DIR']);"
        "sys.stdout.flush(); sys.stdin.read()"
    )
    with start_command(sys.executable, "-c", script) as owner:
        pid, settings = owner.stdout.readline().split()
        assert alive(int(pid))
        owner.kill()
    eventually(lambda: not alive(int(pid)))
    eventually(lambda: not Path(settings).parent.exists())


def test_ended_process_is_released():
    """Release an ended process, because another process can get its id."""
    before = descendants()
    with Postgres() as pg:
        pid = pg.pid
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: not pg.running)
        pg.start()
        assert pg.pid != pid
    assert descendants() == before


def test_remove_deletes_the_folder_and_the_watchdog():
    before = descendants()
    space = Workspace()
    assert space.folder("private").stat().st_mode & 0o777 == 0o700
    space.remove()
    space.remove()
    space.protect(1, signal="TERM")  # The call has no effect, and raises no error.
    assert not space.path.exists()
    eventually(lambda: descendants() == before)


def test_long_temporary_path_is_not_used(monkeypatch, tmp_path):
    """Use /tmp instead, because a socket's path has at most 107 bytes."""
    folder = tmp_path / ("x" * 60)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    space = Workspace()
    assert space.path.parent == Path("/tmp")
    space.remove()


@pytest.mark.parametrize("kind", [Postgres, Sandbox])
def test_missing_temporary_folder_is_reported(monkeypatch, kind):
    monkeypatch.setattr(tempfile, "tempdir", "/tmp/lamin-widgets/none")
    with pytest.raises(SandboxError, match=r"No such file or directory: '.*none"):
        kind().start()
