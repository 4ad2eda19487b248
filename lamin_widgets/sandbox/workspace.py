"""Temporary folder of the sandbox, and the watchdog that cleans up after a crash."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Literal

# The input is a pipe from the sandbox. The input ends when the sandbox closes the pipe,
# or when the sandbox ends, even after SIGKILL. Each line lists the running processes,
# as SIGNAL:PROCESS. The list isn't in a file, because another user could write to the
# file.
_WATCHDOG = """
trap '' INT TERM HUP
running=
while read -r line; do running=$line; done  # built in: starts no process
for one in $running; do kill -s "${one%%:*}" -- "${one#*:}" 2>/dev/null; done
tries=0
for one in $running; do
  while [ "$tries" -lt 50 ] && kill -s 0 -- "${one#*:}" 2>/dev/null; do
    tries=$((tries + 1))
    sleep 0.1
  done
done
rm -rf -- "$1"
"""

_LONGEST_PATH = 50


class Workspace:
    """A temporary folder with a watchdog.

    Attributes:
        path: The folder. Only its owner can list it.
    """

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="lamin-sandbox-", dir=_base()))
        self._lock = threading.Lock()
        self._running: dict[int, str] = {}
        try:
            if os.geteuid() == 0:
                # PostgreSQL runs as another user, who must reach the subfolders.
                self.path.chmod(0o711)
            self._watchdog = _watch(self.path)
        except BaseException:
            self.path.rmdir()
            raise

    def folder(self, name: str) -> Path:
        """Create a subfolder that only this user can enter, and return its path."""
        path = self.path / name
        path.mkdir(mode=0o700)
        return path

    def protect(
        self, process: int, *, signal: Literal["QUIT", "TERM"], group: bool = False
    ) -> None:
        """Let the watchdog end a process if the sandbox's process ends first.

        Call `release` after the process has ended, because the system can then give its
        id to another process.

        Args:
            process: Id of a child process that leads its own session.
            signal: Name of the signal that ends it.
            group: Whether to end its whole process group.
        """
        with self._lock:
            self._running[process] = f"{signal}:{'-' if group else ''}{process}"
            self._report()

    def release(self, process: int) -> None:
        """Stop protecting a process that has ended."""
        with self._lock:
            if self._running.pop(process, None):
                self._report()

    def remove(self) -> None:
        """Remove the folder and the watchdog. A second call does nothing."""
        with self._watchdog:
            self._watchdog.kill()
        shutil.rmtree(self.path, ignore_errors=True)

    def _report(self) -> None:
        pipe = self._watchdog.stdin
        line = " ".join(self._running.values()) + "\n"
        if pipe is not None:
            # The watchdog might have ended.
            with contextlib.suppress(BrokenPipeError, ValueError):
                pipe.write(line.encode())


def traversable(path: Path) -> bool:
    """Return whether every user can enter `path` and all folders above it."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents))


def _watch(path: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  # a constant script
        ["/bin/sh", "-c", _WATCHDOG, "lamin-sandbox-watchdog", str(path)],
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,  # Ctrl+C in the terminal must not stop it.
    )


def _base() -> str | None:
    """Return a folder for temporary files that PostgreSQL's user can reach.

    Its path is short, because that of a Unix-domain socket has at most 107 bytes.
    """
    usual = Path(tempfile.gettempdir()).resolve()
    too_long = len(os.fsencode(usual)) > _LONGEST_PATH
    if too_long or (os.geteuid() == 0 and not traversable(usual)):
        return "/tmp"  # noqa: S108  # mkdtemp makes a private folder in it
    return None
