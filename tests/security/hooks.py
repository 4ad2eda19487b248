"""What Python's hooks of last resort are told: of exceptions that nobody caught."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator


@contextlib.contextmanager
def hooked(
    tell: Callable[[BaseException | None, str], None],
) -> Iterator[None]:
    """Listen to threads that end with an exception, and to finalizers that fail.

    What is printed by default is printed still.

    Args:
        tell: Called with the exception, and all else that the hook was given.
    """

    def thread_ended(arguments: Any) -> None:
        tell(arguments.exc_value, f"{arguments.exc_value!r} {arguments.thread!r}")
        threading.__excepthook__(arguments)

    def unraisable(arguments: Any) -> None:
        tell(arguments.exc_value, f"{arguments.err_msg} {arguments.object!r}")
        sys.__unraisablehook__(arguments)

    before = threading.excepthook, sys.unraisablehook
    threading.excepthook, sys.unraisablehook = thread_ended, unraisable
    try:
        yield
    finally:
        threading.excepthook, sys.unraisablehook = before


def listen_to(
    loop: asyncio.AbstractEventLoop, tell: Callable[[BaseException | None, str], None]
) -> None:
    """Listen to callbacks of an event loop that fail; they are logged still."""

    def failed(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        tell(context.get("exception"), repr(context))
        loop.default_exception_handler(context)

    loop.set_debug(True)  # more is logged
    loop.set_exception_handler(failed)


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run it in a loop of its own, in a thread: Playwright has one in this thread."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, main).result()
