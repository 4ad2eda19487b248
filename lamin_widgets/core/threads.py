"""Daemon threads for functions that can't be interrupted, and forks of the process.

Threads, locks, and connections belong to one process. A forked process replaces them
with its own, because the threads that could release a lock don't exist there.
"""

from __future__ import annotations

import os
import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_Function = TypeVar("_Function", bound="Callable[[], None]")

BUSY: Final = "lamin-widgets-call"
"""Name of a thread that runs a function."""
IDLE: Final = "lamin-widgets-idle"
"""Name of a thread that waits for the next function."""
_IDLE_S: Final = 1.0
"""Seconds that a thread waits for the next function before it ends."""


def after_fork(function: _Function) -> _Function:
    """Call the decorated function in each forked process, before that continues."""
    if hasattr(os, "register_at_fork"):  # Windows has no fork.
        os.register_at_fork(after_in_child=function)
    return function


class _Threads:
    """A pool of threads, because starting a thread takes half a millisecond."""

    def __init__(self) -> None:
        self._functions: SimpleQueue[Callable[[], None]] = SimpleQueue()
        # This counts the waiting threads, minus the functions in the queue.
        self._free = threading.Semaphore(0)

    def run(self, function: Callable[[], None]) -> None:
        if not self._free.acquire(blocking=False):
            threading.Thread(target=self._work, daemon=True, name=BUSY).start()
        self._functions.put(function)

    def _work(self) -> None:
        thread = threading.current_thread()
        while True:
            try:
                function = self._functions.get(timeout=_IDLE_S)
            except Empty:
                if self._free.acquire(blocking=False):
                    return
                continue  # A function is about to be put into the queue.
            thread.name = BUSY
            function()
            del function  # The function can refer to secrets.
            thread.name = IDLE
            self._free.release()


_threads = _Threads()


def run_in_thread(function: Callable[[], None]) -> None:
    """Run a function that doesn't raise in a daemon thread. Return at once."""
    _threads.run(function)


@after_fork
def _forget_threads() -> None:
    """Forget the threads of the parent process, which don't exist in a fork."""
    global _threads  # noqa: PLW0603
    _threads = _Threads()
