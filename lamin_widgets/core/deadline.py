"""`Deadline`, a time limit for several waits, which can be canceled."""

from __future__ import annotations

import selectors
import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final, TypeVar

from lamin_widgets.core.errors import ActionCancelled
from lamin_widgets.core.threads import run_in_thread

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

_T = TypeVar("_T")

_CHECK_EVERY_S: Final = 0.05
"""Seconds between two checks for cancellation during a wait."""


class DeadlinePassed(Exception):
    """The time limit of the whole action has passed."""


class Deadline:
    """A time limit for all waits of an action, which another thread can cancel.

    Args:
        seconds: The time limit, from now on.
        cancelled: Event that another thread sets to cancel the action.
    """

    def __init__(
        self, seconds: float, cancelled: threading.Event | None = None
    ) -> None:
        self._end = time.monotonic() + seconds
        self._cancelled = cancelled or threading.Event()

    def check(self) -> None:
        """Raise an exception if the action is canceled or the time is up.

        Raises:
            ActionCancelled: If the action is canceled.
            DeadlinePassed: If the time is up.
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
            limit_s: A shorter limit for this wait, in seconds.

        Returns:
            True if the socket is ready, or False after `limit_s`.

        Raises:
            ActionCancelled: If the action is canceled.
            DeadlinePassed: If the time is up.
        """
        event = selectors.EVENT_WRITE if to_write else selectors.EVENT_READ
        with selectors.DefaultSelector() as selector:
            selector.register(channel, event)
            return self._until(lambda pause: bool(selector.select(pause)), limit_s)

    def call(self, function: Callable[[], _T]) -> _T:
        """Call a function that can't be interrupted, and wait for its result.

        The function runs in a daemon thread. If the wait ends first, the function
        continues, and its result is ignored.

        Raises:
            BaseException: If the function raises it.
            ActionCancelled: If the action is canceled.
            DeadlinePassed: If the time is up.
        """
        futures: list[Future[_T]] = [Future()]
        done = threading.Lock()  # Waiting for a lock is faster than for a future.
        done.acquire()

        def run() -> None:
            try:
                futures[0].set_result(function())
            except BaseException as error:  # noqa: BLE001  # raised again by the caller
                futures[0].set_exception(error.with_traceback(None))
            done.release()

        run_in_thread(run)
        self._until(lambda pause: done.acquire(timeout=pause), None)
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
