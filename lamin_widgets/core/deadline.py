"""Deadlines and cancellation."""

from __future__ import annotations

import selectors
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TYPE_CHECKING, Final, TypeVar

from lamin_widgets.core.errors import ActionCancelled
from lamin_widgets.core.threads import run_in_thread

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

_T = TypeVar("_T")

_CHECK_EVERY_S: Final = 0.05
"""How often a wait checks for cancellation, in seconds."""


class DeadlinePassed(Exception):
    """The time for the whole action is up."""


class Deadline:
    """A deadline, and a way to cancel, for a chain of waits.

    Args:
        seconds: Time from now until the whole action must be over.
        cancelled: Event that another thread sets to cancel.
    """

    def __init__(
        self, seconds: float, cancelled: threading.Event | None = None
    ) -> None:
        self._end = time.monotonic() + seconds
        self._cancelled = cancelled or threading.Event()

    def check(self) -> None:
        """Return if there is time left and the action isn't canceled.

        Raises:
            ActionCancelled: The user canceled.
            DeadlinePassed: The time is up.
        """
        if self._cancelled.is_set():
            raise ActionCancelled
        if time.monotonic() >= self._end:
            raise DeadlinePassed

    def wait(
        self,
        channel: socket.socket | int,
        *,
        to_write: bool = False,
        limit_s: float | None = None,
    ) -> bool:
        """Wait until a socket is ready for reading or writing.

        Args:
            channel: The socket, or its file descriptor.
            to_write: Wait for writing instead of reading.
            limit_s: Limit of this wait in seconds, if the whole action has more time.

        Returns:
            Whether the socket is ready. False if `limit_s` passed first.

        Raises:
            ActionCancelled: The user canceled.
            DeadlinePassed: The time is up.
        """
        event = selectors.EVENT_WRITE if to_write else selectors.EVENT_READ
        with selectors.DefaultSelector() as selector:
            selector.register(channel, event)
            return self._until(lambda pause: bool(selector.select(pause)), limit_s)

    def call(self, function: Callable[[], _T]) -> _T:
        """Run a function that can't be interrupted, and stop waiting in time.

        The function runs in a daemon thread, and continues if the wait ends first.

        Raises:
            BaseException: The function's exception.
            ActionCancelled: The user canceled.
            DeadlinePassed: The time is up.
        """
        futures: list[Future[_T]] = [Future()]

        def run() -> None:
            try:
                futures[0].set_result(function())
            except BaseException as error:  # noqa: BLE001  # raised again by the caller
                futures[0].set_exception(error.with_traceback(None))

        def is_done(pause: float) -> bool:
            try:
                futures[0].exception(pause)
            except FutureTimeout:
                return False
            return True

        run_in_thread(run)
        self._until(is_done, None)
        # The frames of an exception must not hold it, or both would stay in memory.
        return futures.pop().result()

    def _until(self, ready: Callable[[float], bool], limit_s: float | None) -> bool:
        limit = self._end
        if limit_s is not None:
            limit = min(limit, time.monotonic() + limit_s)
        while True:
            self.check()
            pause = min(_CHECK_EVERY_S, limit - time.monotonic())
            if ready(max(pause, 0)):
                return True
            if time.monotonic() >= limit:
                self.check()
                return False
