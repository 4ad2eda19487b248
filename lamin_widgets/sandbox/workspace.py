"""The sandbox's temporary folder, which does not outlive its owner."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

# Waits for the end of its input, which comes when the owner closes it or dies, even by
# SIGKILL. Then it does what the owner could not: end PostgreSQL, remove the folder.
_WATCHDOG = """
trap '' INT TERM HUP
while read -r _; do :; done  # built in: no process that would be left over
group=$(cat "$1/adopted" 2>/dev/null)
[ -n "$group" ] && kill -TERM "-$group" 2>/dev/null
pid=$(head -n 1 "$1/postgres/data/postmaster.pid" 2>/dev/null)
[ -n "$pid" ] && kill -QUIT "$pid" 2>/dev/null && sleep 1
rm -rf -- "$1"
"""


_LONGEST = 50


class Workspace:
    """A temporary folder with a watchdog.

    Attributes:
        path: The folder; private to this user, except that root's can be traversed.
    """

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="lamin-sandbox-", dir=_base()))
        if os.geteuid() == 0:  # pragma: no branch - the tests run as one user
            # PostgreSQL refuses root, so another user has to get to its own subfolder.
            self.path.chmod(0o711)
        try:
            self._watchdog = _watch(self.path)
        except BaseException:
            self.path.rmdir()
            raise

    def folder(self, name: str) -> Path:
        """Make a subfolder that only this user may enter."""
        path = self.path / name
        path.mkdir(mode=0o700)
        return path

    def adopt(self, group: int) -> None:
        """Let the watchdog end a process group, too, should the owner be killed."""
        (self.path / "adopted").write_text(f"{group}\n")

    def remove(self) -> None:
        """Remove the folder and the watchdog. Does nothing the second time."""
        with self._watchdog:
            self._watchdog.kill()
        shutil.rmtree(self.path, ignore_errors=True)


def traversable(path: Path) -> bool:
    """Whether every user may enter `path` and all folders above it."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents))


def _watch(path: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - a constant script
        ["/bin/sh", "-c", _WATCHDOG, "lamin-sandbox-watchdog", str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,  # Ctrl-C in the terminal is not for it
    )


def _base() -> str | None:
    """A folder for temporary files that PostgreSQL's user can reach, too.

    It is short, because the path of a Unix-domain socket may have 107 bytes.
    """
    usual = Path(tempfile.gettempdir()).resolve()
    too_long = len(os.fsencode(usual)) > _LONGEST
    if too_long or (os.geteuid() == 0 and not traversable(usual)):
        return "/tmp"  # noqa: S108 - mkdtemp makes a private folder in it
    return None
