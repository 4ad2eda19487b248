"""Deadlines and cancellation."""

from __future__ import annotations

import queue
import selectors
import threading
import time
from typing import TYPE_CHECKING, Final, TypeVar

from lamin_widgets.core.errors import ActionCancelled

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

__all__ = ["DeadlinePassed", "Deadline"]

_T = TypeVar("_T")

_GLANCE_S: Final = 0.05
"""How often, in seconds, Cancel is looked at while something is waited for."""


class DeadlinePassed(Exception):
    """The time for the whole is over."""


class Deadline:
    """A deadline and a Cancel for a chain of waits.

    Args:
        deadline_s: Seconds from now until the whole has to be over.
        cancelled: Set by another thread to stop.
    """

    def __init__(self, deadline_s: float, cancelled: threading.Event | None) -> None:
        self._end = time.monotonic() + deadline_s
        self._cancelled = cancelled or threading.Event()

    def check(self) -> None:
        """Go on only if there is time left and nobody cancelled.

        Raises:
            ActionCancelled: The person pressed Cancel.
            DeadlinePassed: The time is over.
        """
        if self._cancelled.is_set():
            raise ActionCancelled("Cancelled.", cause="cancelled")
        if time.monotonic() >= self._end:
            raise DeadlinePassed

    def wait(
        self,
        channel: socket.socket | int,
        *,
        to_write: bool = False,
        limit_s: float | None = None,
    ) -> bool:
        """Wait until a socket can be read, or written to.

        Args:
            channel: The socket, or its file descriptor.
            to_write: Wait for writing instead of reading.
            limit_s: Give up after so many seconds even if the whole has more time.

        Returns:
            Whether it is ready; False where `limit_s` passed first.

        Raises:
            ActionCancelled: The person pressed Cancel.
            DeadlinePassed: The time is over.
        """
        event = selectors.EVENT_WRITE if to_write else selectors.EVENT_READ
        with selectors.DefaultSelector() as selector:
            selector.register(channel, event)
            return self._until(lambda pause: bool(selector.select(pause)), limit_s)

    def call(self, function: Callable[[], _T]) -> _T:
        """Run a function that cannot be interrupted, and stop waiting in time.

        It runs in a daemon thread, which is left behind if the wait ends first.

        Raises:
            Exception: What the function raised.
            ActionCancelled: The person pressed Cancel.
            DeadlinePassed: The time is over.
        """
        answers: queue.SimpleQueue[tuple[_T | None, Exception | None]]
        answers = queue.SimpleQueue()

        def run() -> None:
            try:
                answers.put((function(), None))
            except Exception as error:  # noqa: BLE001 - raised again by the caller
                answers.put((None, error))

        threading.Thread(target=run, daemon=True, name="lamin-widgets-call").start()
        received: list[tuple[_T | None, Exception | None]] = []

        def look(pause: float) -> bool:
            try:
                received.append(answers.get(timeout=pause))
            except queue.Empty:
                return False
            return True

        self._until(look, None)
        value, error = received.pop()
        if error is not None:
            raise error
        return value  # type: ignore[return-value]  # no error, so it is the value

    def _until(self, ready: Callable[[float], bool], limit_s: float | None) -> bool:
        limit = self._end
        if limit_s is not None:
            limit = min(limit, time.monotonic() + limit_s)
        while True:
            self.check()
            pause = min(_GLANCE_S, limit - time.monotonic())
            if ready(max(pause, 0)):
                return True
            if time.monotonic() >= limit:
                self.check()
                return False
