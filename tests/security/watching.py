"""What a person, a log or a saved file could see, as text, sorted by channel."""

from __future__ import annotations

import contextlib
import gc
import io
import logging
import traceback
import warnings
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import IPython
from hooks import hooked
from IPython.core.ultratb import VerboseTB
from showing import shown

import lamin_widgets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

HERE = str(Path(__file__).parent)
PACKAGE = str(Path(lamin_widgets.__file__).parent)
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
        """Collect logs at DEBUG, warnings, what is printed, and what nobody caught."""
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
                hooked(self.uncaught),
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
        self.add("exceptions", *said(error))
        self.add("tracebacks", *self._formatted(error))

    def uncaught(self, error: BaseException | None, more: str) -> None:
        """Collect what one of Python's hooks is told of an exception."""
        self.add("uncaught", more)
        if error is not None:
            self.add("uncaught", *said(error), *self._formatted(error))

    def stack(self, frame: FrameType) -> None:
        """Collect what a traceback would show of a running call, and of its callers.

        Only of the package's own frames: what it calls has to be given the secret.
        """
        frames = [f for f in traceback.walk_stack(frame) if _is_ours(f[0])]
        shown = traceback.StackSummary.extract(iter(frames), capture_locals=True)
        self.add("tracebacks", *shown.format())

    def _formatted(self, error: BaseException) -> list[str]:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
        found = list(shown.format())
        if self.verbose:
            verbose = VerboseTB(**_NO_COLOUR)
            gc.disable()  # Python 3.11's ast fails where a finalizer runs in between
            try:
                found.append(verbose.text(type(error), error, error.__traceback__))
            finally:
                gc.enable()
        return found

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


def said(error: BaseException) -> Iterator[str]:
    """Give what an exception, its causes and its contexts say and hold."""
    for each in chain(error):
        yield f"{type(each)} {each!r} {_tried(each)}"
        yield f"{each.args} {vars(each)} {getattr(each, '__notes__', '')}"


def _tried(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as failed:  # noqa: BLE001 - an exception that cannot be shown
        return repr(failed)


def _is_ours(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(PACKAGE)


def _without_our_frames(error: BaseException) -> None:
    """Take the frames of the tests away: who passes a `str` has it in a variable."""
    trace = error.__traceback__
    while trace and trace.tb_frame.f_code.co_filename.startswith(HERE):
        trace = trace.tb_next
    error.__traceback__ = trace
