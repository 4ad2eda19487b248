"""What a person, a log or a saved file could see, as text, sorted by channel."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import gc
import io
import json
import logging
import pickle
import traceback
import warnings
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import IPython
from IPython.core.ultratb import VerboseTB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = str(Path(__file__).parent)
# IPython 8 is the last one for Python 3.10
_NO_COLOUR = (
    {"theme_name": "nocolor"}
    if IPython.version_info >= (9,)
    else {"color_scheme": "NoColor"}
)


class Seen:
    """Collects texts by channel.

    Args:
        verbose: Also format tracebacks as IPython's ``%xmode Verbose`` does, which
            takes long.
    """

    def __init__(self, *, verbose: bool = False) -> None:
        self.verbose = verbose
        self._texts: dict[str, list[str]] = defaultdict(list)

    def add(self, channel: str, *texts: Any) -> None:
        self._texts[channel] += map(str, texts)

    def text(self, channel: str) -> str:
        return "\n".join(dict.fromkeys(self._texts[channel]))

    @contextlib.contextmanager
    def watch(self) -> Iterator[None]:
        """Collect logs at DEBUG, warnings, and what is printed."""
        output = io.StringIO()
        logs = _Everything()
        root = logging.getLogger()
        level = root.level
        root.addHandler(logs)
        root.setLevel(logging.DEBUG)
        try:
            with (
                contextlib.redirect_stdout(output),
                contextlib.redirect_stderr(output),
                warnings.catch_warnings(record=True) as warned,
            ):
                warnings.simplefilter("always")
                yield
        finally:
            root.removeHandler(logs)
            root.setLevel(level)
        self.add("logs", *logs.texts)
        self.add("warnings", *(f"{w.message} {w.message.args!r}" for w in warned))
        self.add("output", output.getvalue())

    def failing(self, call: Callable[[], Any]) -> None:
        """Collect the exception of a call that has to fail."""
        try:
            call()
        except BaseException as error:  # noqa: BLE001 - Ctrl-C among them
            self.exception(error)
        else:
            raise AssertionError("it did not fail, so that nothing was shown")

    def exception(self, error: BaseException) -> None:
        for each in chain(error):
            _without_our_frames(each)
            self.add("exceptions", type(each), str(each), repr(each), each.args)
            self.add("exceptions", vars(each), getattr(each, "__notes__", ""))
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
        self.add("tracebacks", *shown.format())
        if self.verbose:
            trace = error.__traceback__
            verbose = VerboseTB(**_NO_COLOUR)
            gc.disable()  # Python 3.11's ast fails where a finalizer runs in between
            try:
                self.add("tracebacks", verbose.text(type(error), error, trace))
            finally:
                gc.enable()

    def thing(self, channel: str, value: Any) -> None:
        """Collect all that Python shows of an object, and of what is inside it."""
        self.add(channel, *shown(value))


class _Everything(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts += [record.getMessage(), repr(record.args), repr(record.exc_text)]


def chain(error: BaseException) -> list[BaseException]:
    """Return an exception with its causes and contexts."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and each not in found:
            found.append(each)
            waiting += [each.__cause__, each.__context__]
    return found


def _without_our_frames(error: BaseException) -> None:
    """Take the frames of the tests away: who passes a `str` has it in a variable."""
    trace = error.__traceback__
    while trace and trace.tb_frame.f_code.co_filename.startswith(HERE):
        trace = trace.tb_next
    error.__traceback__ = trace


def shown(value: Any) -> Iterator[str]:
    """Give what Python shows of an object."""
    tries = (
        repr,
        str,
        "{}".format,
        "{:>60}".format,
        lambda it: f"{it!s} {it!r}",
        vars,
        dataclasses.asdict,
        json.dumps,
        lambda it: json.dumps(it, default=str),
        lambda it: json.dumps(it, default=vars),
        copy.copy,
        copy.deepcopy,
        dir,
        *(lambda it, n=n: pickle.dumps(it, n) for n in range(6)),
    )
    for function in tries:
        yield _tried(function, value)
    yield from walk(value, set())


def _tried(function: Callable[[Any], Any], value: Any) -> str:
    try:
        return repr(function(value))
    except Exception as error:  # noqa: BLE001 - refusing is fine, and shown
        return repr(error)


def walk(value: Any, known: set[int]) -> Iterator[str]:
    """Give the repr of everything that an object of the package holds."""
    if id(value) in known:
        return
    known.add(id(value))
    yield repr(value)
    if isinstance(value, dict):
        inner = [*value, *value.values()]
    elif isinstance(value, (list, tuple, set, frozenset)):
        inner = list(value)
    elif type(value).__module__.startswith("lamin_widgets"):
        slots = [
            n for kind in type(value).__mro__ for n in vars(kind).get("__slots__", ())
        ]
        inner = [getattr(value, name, None) for name in slots]
        inner += getattr(value, "__dict__", {}).values()
    else:
        return
    for each in inner:
        yield from walk(each, known)
