"""The files that are created or changed in a while, by whom and wherever it may be.

Python itself tells of each file that this process opens for writing, anywhere: that is
an audit event. What children write, and C libraries, is looked for in a folder that
has the home, the temporary and the current folder in it.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typing_extensions import Self

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_NAMELESS = getattr(os, "O_TMPFILE", 0)  # Linux has it
_FOLDERS = {
    "HOME": "home",
    "LAMIN_SETTINGS_DIR": "home",  # lamindb_setup makes its .lamin in there
    "TMPDIR": "temporary",
    "XDG_CONFIG_HOME": "home/.config",
    "XDG_DATA_HOME": "home/.local/share",
    "XDG_STATE_HOME": "home/.local/state",
    "XDG_CACHE_HOME": "home/.cache",
    "XDG_RUNTIME_DIR": "run",
    "JUPYTER_CONFIG_DIR": "home/.jupyter",
    "JUPYTER_DATA_DIR": "home/.local/share/jupyter",
    "JUPYTER_RUNTIME_DIR": "run/jupyter",
    "IPYTHONDIR": "home/.ipython",
}
_JOURNALS = ("-journal", "-wal", "-shm")
"""What SQLite writes beside a database, and removes: pages of it. It is looked into."""
_watching: list[Written] = []


def private_environment(folder: Path) -> dict[str, str]:
    """Return variables that make programs write into `folder`."""
    own = {name: str(folder / where) for name, where in _FOLDERS.items()}
    for path in own.values():
        Path(path).mkdir(parents=True, exist_ok=True)
    return own


@contextlib.contextmanager
def private_folders(folder: Path) -> Iterator[Path]:
    """Make this process, and its children, write into `folder` where they can.

    Its home stays what it is for all tests, as lamindb_setup remembers it.
    """
    own = private_environment(folder)
    own["HOME"] = own["LAMIN_SETTINGS_DIR"] = str(folder)
    before, here, temporary = dict(os.environ), Path.cwd(), tempfile.tempdir
    os.environ.update(own)
    os.chdir(own["TMPDIR"])
    tempfile.tempdir = None  # it is looked up again
    try:
        yield folder
    finally:
        tempfile.tempdir = temporary
        os.chdir(here)
        os.environ.clear()
        os.environ.update(before)


class Written:
    """Keeps what is written while it is entered.

    Args:
        folder: Where whatever changes counts, whoever writes it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths: dict[str, None] = {}
        self._kept: dict[tuple[str, str], None] = {}
        self._lost: list[str] = []

    def __enter__(self) -> Self:
        self._before = self._marks()
        _watching.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        _watching.remove(self)
        after = self._marks()
        changed = [path for path in after if after[path] != self._before.get(path)]
        for path in dict.fromkeys([*self._paths, *changed]):
            if not self._keep(path) and not path.endswith(_JOURNALS):
                self._lost.append(path)

    @property
    def files(self) -> list[tuple[str, str]]:
        """Names and contents. What was emptied, replaced or removed is among them."""
        assert not self._lost, f"written, but not to be looked into: {self._lost}"
        return list(self._kept)

    def write_to(self, path: str) -> None:
        """Take note of a file that is about to be opened for writing."""
        self._keep(path)  # it may be about to be emptied
        self._paths[path] = None

    def remove(self, path: str, replaced: str | None = None) -> None:
        """Take note that a file is about to go, perhaps to another one's place."""
        for each in filter(None, (path, replaced)):
            if each in self._paths or each.startswith(f"{self._folder}{os.sep}"):
                self._keep(each)
        if path in self._paths:
            del self._paths[path]
            if replaced:
                self._paths[replaced] = None

    def name(self, *names: str) -> None:
        """Take note of names that are written: of a folder, of a link and its aim."""
        self._kept["\n".join(names), ""] = None

    def lose(self, path: str) -> None:
        """Take note of a file that nobody will be able to look into."""
        self._lost.append(path)

    def _keep(self, path: str) -> bool:
        try:
            if not stat.S_ISREG(Path(path).stat().st_mode):
                return True  # a device, such as os.devnull, or a pipe
            data = Path(path).read_bytes()
        except OSError:
            return False
        text = data.decode("utf-8", "backslashreplace")
        if b"\0" in data:  # UTF-16, or a database
            text += data.replace(b"\0", b"").decode("utf-8", "backslashreplace")
        self._kept[path, text] = None
        return True

    def _marks(self) -> dict[str, tuple[int, int, int]]:
        marks = {}
        for folder, _, names in os.walk(self._folder):
            for name in names:
                path = Path(folder, name)
                with contextlib.suppress(OSError):  # it is gone by now
                    found = path.stat()
                    marks[str(path)] = (found.st_ino, found.st_mtime_ns, found.st_size)
        return marks


def _audited(event: str, arguments: tuple[Any, ...]) -> None:
    """Hear of all that Python does; what it is about to write, is told."""
    if not _watching or event not in _EVENTS:
        return
    for each in tuple(_watching):
        _EVENTS[event](each, *arguments)


def _open(written: Written, path: Any, _mode: Any, flags: Any) -> None:
    if isinstance(path, int) or not flags & _WRITES:
        return  # a descriptor was opened before
    if _NAMELESS and flags & _NAMELESS == _NAMELESS:
        written.lose(_absolute(path))
    else:
        written.write_to(_absolute(path))


def _connect(written: Written, database: Any) -> None:
    if database not in {"", ":memory:"}:
        written.write_to(_absolute(database))


def _remove(written: Written, path: Any, folder: int) -> None:
    written.remove(_absolute(path, folder))


def _rename(written: Written, path: Any, to: Any, *folders: int) -> None:
    written.remove(_absolute(path, folders[0]), _absolute(to, folders[1]))
    written.name(_absolute(to, folders[1]))


def _absolute(path: Any, folder: int = -1) -> str:
    beside = Path(f"/proc/self/fd/{folder}").readlink() if folder >= 0 else Path()
    return str(Path(beside, os.fsdecode(path)).absolute())


_EVENTS: dict[str, Callable[..., None]] = {
    "open": _open,
    "sqlite3.connect": _connect,
    "os.remove": _remove,
    "os.rename": _rename,
    "os.truncate": lambda written, path, _: _open(written, path, None, os.O_TRUNC),
    "os.mkdir": lambda written, path, *_: written.name(os.fsdecode(path)),
    "os.link": lambda written, *paths: written.name(*map(os.fsdecode, paths[:2])),
    "os.symlink": lambda written, *paths: written.name(*map(os.fsdecode, paths[:2])),
}
sys.addaudithook(_audited)
