"""Outcome callbacks, and the thread that they run in."""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from lamin_widgets.core.outcome import Outcome

__all__ = ["Callbacks"]


class Callbacks:
    """Functions of the user, called with every outcome.

    Attributes:
        loop: The event loop of the kernel, or None in a script.
    """

    def __init__(self) -> None:
        self._functions: list[Callable[[Outcome], None]] = []
        self.loop = _running_loop()

    def add(self, callback: Callable[[Outcome], None]) -> None:
        """Call a function with every outcome from now on."""
        self._functions.append(callback)

    def remove(self, callback: Callable[[Outcome], None]) -> None:
        """Stop calling a function.

        Raises:
            ValueError: If it wasn't added.
        """
        self._functions.remove(callback)

    def call(self, outcome: Outcome, *, in_this_thread: bool) -> None:
        """Call every function. One that raises doesn't keep others from being called.

        Args:
            outcome: The outcome.
            in_this_thread: Whether to call them now. Otherwise, they run in the
                kernel's main thread if it has an event loop.
        """
        for function in tuple(self._functions):
            if in_this_thread or self.loop is None or not self.loop.is_running():
                _call(function, outcome)
            else:
                self.loop.call_soon_threadsafe(_call, function, outcome)


def _call(function: Callable[[Outcome], None], outcome: Outcome) -> None:
    try:
        function(outcome)
    except Exception:  # noqa: BLE001  # a fault of the user's function
        traceback.print_exc()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    if "asyncio" not in sys.modules:
        return None
    import asyncio  # noqa: PLC0415  # slow to import in a script, which has no loop

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
