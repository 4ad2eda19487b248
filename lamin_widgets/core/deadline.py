"""`Deadline`, a time limit for several waits, which can be canceled."""

from __future__ import annotations

import selectors
import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final, TypeVar

from lamin_widgets.core.errors import ActionCancelled
from lamin_widgets.core.threads import after_fork, run_in_thread

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

_T = TypeVar("_T")

_CHECK_EVERY_S: Final = 0.05
"""Seconds between two checks for cancellation during a wait."""


WATCHDOG: Final = "lamin-widgets-watchdog"
"""Name of the thread that interrupts calls."""
_IDLE_S: Final = 1.0
"""Seconds that this thread waits for the next call before it ends."""


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

        self.check()
        run_in_thread(run)
        self._until(lambda pause: done.acquire(timeout=pause), None)
        # The frames of an exception must not hold it, or both would stay in memory.
        return futures.pop().result()

    def call_here(
        self, function: Callable[[], _T], interrupt: Callable[[], object]
    ) -> _T:
        """Call a function in this thread, and interrupt it when the time is up.

        This is faster than `call`, because no thread waits for another one.

        Args:
            function: The function.
            interrupt: Function that makes `function` end soon. Another thread calls it.

        Raises:
            BaseException: If the function raises it.
            ActionCancelled: If the action is canceled.
            DeadlinePassed: If the time is up.
        """
        call = object()
        try:
            _watchdog.watch(call, self, interrupt)
            result = function()
        except BaseException as error:
            if _watchdog.forget(call) or not isinstance(error, Exception):
                raise
        else:
            if _watchdog.forget(call):
                return result
        # Raise after the block. Otherwise, the interrupted call would be the context.
        self.check()
        raise AssertionError  # The watchdog interrupts only if `check` raises.

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


class _Watchdog:
    """A thread that interrupts calls whose time is up, or that are canceled.

    It runs while there are calls, and a second longer, so that the next call finds it.
    """

    def __init__(self) -> None:
        self._calls: dict[object, tuple[Deadline, Callable[[], object]]] = {}
        self._lock = threading.Lock()
        self._is_running = False

    def watch(
        self, call: object, deadline: Deadline, interrupt: Callable[[], object]
    ) -> None:
        """Call `interrupt` when the time of a call is up, until `forget`.

        Raises:
            RuntimeError: If the process can't start a thread.
        """
        self._calls[call] = (deadline, interrupt)
        with self._lock:
            if not self._is_running:
                threading.Thread(target=self._work, daemon=True, name=WATCHDOG).start()
                self._is_running = True

    def forget(self, call: object) -> bool:
        """Return whether the call wasn't interrupted. It won't be from now on."""
        return self._calls.pop(call, None) is not None

    def _work(self) -> None:
        end = time.monotonic() + _IDLE_S
        while True:
            time.sleep(_CHECK_EVERY_S)
            for call, (deadline, interrupt) in tuple(self._calls.items()):
                end = time.monotonic() + _IDLE_S
                try:
                    deadline.check()
                except (ActionCancelled, DeadlinePassed):
                    if self.forget(call):
                        interrupt()
            with self._lock:
                if not self._calls and time.monotonic() > end:
                    self._is_running = False
                    return


_watchdog = _Watchdog()


@after_fork
def _forget_watchdog() -> None:
    """Forget the thread of the parent process, which doesn't exist in a fork."""
    global _watchdog  # noqa: PLW0603
    _watchdog = _Watchdog()
