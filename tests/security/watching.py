"""Collects what a user, a log, or a saved file could show, as text by channel."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import gc
import io
import json
import logging
import os
import pickle
import re
import sys
import threading
import warnings
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ipywidgets import Widget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType, TracebackType

HERE = str(Path(__file__).parent)
_NOT_OURS = re.compile(r"/(traitlets|ipywidgets|_pytest)/")
"""Frames to skip, of libraries that pass the caller's values to the package."""


class Seen:
    """Collected texts, by channel."""

    def __init__(self) -> None:
        self._texts: dict[str, dict[str, None]] = defaultdict(dict)

    def add(self, channel: str, *texts: Any) -> None:
        """Collect texts, and the `repr` of what isn't one."""
        for text in texts:
            self._texts[channel][text if isinstance(text, str) else repr(text)] = None

    def text(self, channel: str) -> str:
        """Return the texts of a channel."""
        return "\n".join(self._texts[channel])

    def thing(self, channel: str, value: Any) -> None:
        """Collect everything that Python shows of an object and of its contents."""
        self.add(channel, *(_tried(way, value) for way in _WAYS), *_walk(value))

    @contextlib.contextmanager
    def watch(self, folder: Path) -> Iterator[None]:
        """Collect logs at DEBUG, warnings, output, written files, and lost errors.

        Args:
            folder: Everything that changes there counts as written.
        """
        output, logs, root = io.StringIO(), _Logs(), logging.getLogger()
        level = root.level
        hooks = threading.excepthook, sys.unraisablehook
        threading.excepthook = lambda lost: self.exception(lost.exc_value)
        sys.unraisablehook = lambda lost: self.exception(lost.exc_value)
        root.addHandler(logs)
        root.setLevel(logging.DEBUG)
        gc.freeze()  # Collecting only what is new is much faster.
        try:
            with (
                contextlib.redirect_stdout(output),
                contextlib.redirect_stderr(output),
                warnings.catch_warnings(record=True) as warned,
                written(folder) as files,
            ):
                warnings.simplefilter("always")
                yield
                gc.collect()
        finally:
            gc.unfreeze()
            root.removeHandler(logs)
            root.setLevel(level)
            threading.excepthook, sys.unraisablehook = hooks
        self.add("logs", *logs.texts)
        self.add("output", output.getvalue(), *(str(each.message) for each in warned))
        self.add("files", *files)

    def failing(self, call: Callable[[], Any]) -> BaseException:
        """Collect the exception of a call that must fail, and return it."""
        try:
            call()
        except BaseException as error:  # noqa: BLE001  # Ctrl+C among them
            self.exception(error)
            return error
        raise AssertionError("the call didn't fail")

    def exception(self, error: BaseException | None) -> None:
        """Collect the texts, the attributes, and the frames of a chain of errors."""
        for each in _chain(error):
            self.add("exceptions", type(each), _tried(repr, each), _tried(str, each))
            self.add("exceptions", each.args, vars(each))
            self.add("exceptions", getattr(each, "__notes__", ""))
            self.frames(_frames(each.__traceback__))

    def frames(self, frames: Iterator[FrameType]) -> None:
        """Collect the variables of frames."""
        for frame in frames:
            file = frame.f_code.co_filename
            if not (file.startswith(HERE) or _NOT_OURS.search(file)):
                for name, value in frame.f_locals.items():
                    texts = (_tried(repr, value), *_walk(value))
                    self.add("frames", *(f"{name}: {text}" for text in texts))


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    waiting = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and each not in found:
            found.append(each)
            waiting += [each.__cause__, each.__context__]
    return found


def _frames(trace: TracebackType | None) -> Iterator[FrameType]:
    while trace is not None:
        yield trace.tb_frame
        trace = trace.tb_next


_WAYS: tuple[Callable[[Any], Any], ...] = (
    repr,
    str,
    "{:>60}".format,
    vars,
    dataclasses.asdict,
    json.dumps,
    lambda value: json.dumps(value, default=str),
    lambda value: json.dumps(value, default=vars),
    copy.copy,
    copy.deepcopy,
    *(lambda value, n=n: pickle.dumps(value, n) for n in (0, 2, 5)),
)


def _tried(way: Callable[[Any], Any], value: Any) -> str:
    try:
        return repr(way(value))
    except Exception as error:  # noqa: BLE001  # a refusal is searched as well
        return object.__repr__(error) + repr(error.args)


def _walk(value: Any, known: set[int] | None = None) -> Iterator[str]:
    """Yield the `repr` of each object that an object of the package refers to."""
    known = set() if known is None else known
    # Widgets have channels of their own.
    if id(value) in known or isinstance(value, Widget):
        return
    known.add(id(value))
    if type(value) not in {dict, list, tuple}:
        yield _tried(repr, value)
    if isinstance(value, dict):
        inner = [*value, *value.values()]
    elif isinstance(value, (list, tuple, set, frozenset)):
        inner = list(value)
    elif type(value).__module__.startswith("lamin_widgets"):
        slots = [
            name
            for kind in type(value).__mro__
            for name in vars(kind).get("__slots__", ())
        ]
        inner = [getattr(value, name, None) for name in slots]
        inner += getattr(value, "__dict__", {}).values()
    else:
        return
    for each in inner:
        yield from _walk(each, known)


class _Logs(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts += [record.getMessage(), repr(record.args)]
        if record.exc_info:
            self.texts.append(repr(record.exc_info[1]))


# Files


@contextlib.contextmanager
def written(folder: Path) -> Iterator[list[str]]:
    """Collect the names and contents of the files that are written meanwhile.

    Those of this process count wherever they are, and also if they are removed or
    emptied afterward. Those of other processes count in the folder.
    """
    before = _times(folder)
    found: list[str] = []
    paths: set[str] = set()

    def read(path: str) -> None:
        with contextlib.suppress(OSError):
            data = Path(path).read_bytes()
            found.extend([path, data.decode("utf-8", "backslashreplace")])
            if b"\0" in data:  # The file is a database, or UTF-16.
                found.append(data.replace(b"\0", b"").decode("utf-8", "replace"))

    def audited(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[0], (str, bytes)):
            path, _, flags = arguments
            if flags & (os.O_WRONLY | os.O_RDWR):
                # Read the file now, because it might be emptied.
                read(os.fsdecode(path))
                paths.add(os.path.abspath(os.fsdecode(path)))  # noqa: PTH100  # no I/O
        elif event in {"os.remove", "os.rename", "os.truncate"}:
            read(os.fsdecode(arguments[0]))
            found.extend(map(repr, arguments))
        elif event in {"os.mkdir", "os.symlink", "os.link"}:
            found.extend(map(repr, arguments))

    _auditors.append(audited)
    try:
        yield found
    finally:
        _auditors.remove(audited)
        after = _times(folder)
        changed = {path for path, at in after.items() if before.get(path) != at}
        for path in {*paths, *map(str, changed)}:
            if os.path.isfile(path):  # noqa: PTH113  # not a device
                read(path)


def _times(folder: Path) -> dict[Path, int]:
    """Return when each file in a folder changed last."""
    times: dict[Path, int] = {}
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # A temporary file might be gone.
            if path.is_file():
                times[path] = path.stat().st_mtime_ns
    return times


_auditors: list[Callable[[str, tuple[Any, ...]], None]] = []
_AUDITED = {
    *("open", "os.remove", "os.rename", "os.truncate"),
    *("os.mkdir", "os.symlink", "os.link"),
}


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _auditors and event in _AUDITED:
        for auditor in tuple(_auditors):
            auditor(event, arguments)


sys.addaudithook(_audit)


# Memory


def holders(*backwards: str) -> dict[str, list[str]]:
    """Return the objects that refer to texts with some values.

    The garbage collector doesn't run first, so unreachable cycles count.

    Args:
        backwards: The values, reversed, so that the caller doesn't hold them.

    Returns:
        Descriptions of the holders of each value that was found.
    """
    pattern = re.compile("|".join(value[::-1] for value in backwards))
    raw = re.compile(pattern.pattern.encode())
    shortest = min(map(len, backwards))
    found: dict[str, list[str]] = defaultdict(list)
    for holder, each in _references():
        # `isinstance` would make lazy objects load.
        kind = type(each)
        if issubclass(kind, str):
            # Most texts are names, which are shorter.
            if len(each) < shortest or each is pattern.pattern:
                continue
            match = pattern.search(each)
            value = match[0] if match else ""
        elif issubclass(kind, (bytes, bytearray)) and each is not raw.pattern:
            in_bytes = raw.search(each)
            value = in_bytes[0].decode() if in_bytes else ""
        else:
            continue
        if value:
            found[value[::-1]].append(holder)
    return found


def _references() -> Iterator[tuple[str, Any]]:
    """Yield each object in memory, with the kind of its referrer."""
    own = threading.get_ident()
    for thread, top in sys._current_frames().items():  # noqa: SLF001
        for frame in _outward(top) if thread != own else ():
            for name, each in frame.f_locals.items():
                yield f"{name} in {frame.f_code.co_name}", each
    waiting = gc.get_objects()
    known = {id(waiting)}
    while waiting:
        holder = waiting.pop()
        for each in gc.get_referents(holder):
            if id(each) not in known:
                kind = type(each)
                if kind in _UNTRACKED and not gc.is_tracked(each):
                    # The collector doesn't list containers of plain values.
                    known.add(id(each))
                    waiting.append(each)
                elif issubclass(kind, _TEXTS):
                    yield type(holder).__name__, each


_TEXTS = (str, bytes, bytearray)
_UNTRACKED = {tuple, dict}


def _outward(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back
