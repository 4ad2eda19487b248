"""Who wants to hear of every outcome, and in which thread they hear it."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from lamin_widgets.core.outcome import Outcome

__all__ = ["Callbacks"]


class Callbacks:
    """Functions of the person's, which may fail without harm to the form.

    Attributes:
        loop: The event loop of the kernel, or None in a script.
    """

    def __init__(self) -> None:
        self._functions: list[Callable[[Outcome], None]] = []
        self.loop = _running_loop()

    def add(self, callback: Callable[[Outcome], None]) -> None:
        """Call it with every outcome from now on."""
        self._functions.append(callback)

    def remove(self, callback: Callable[[Outcome], None]) -> None:
        """Call it no more.

        Raises:
            ValueError: If it was not added.
        """
        self._functions.remove(callback)

    def call(self, outcome: Outcome) -> None:
        """Call them in this thread."""
        for function in tuple(self._functions):
            try:
                function(outcome)
            except Exception:  # noqa: BLE001, PERF203  # the others are called too
                traceback.print_exc()

    def call_soon(self, outcome: Outcome) -> None:
        """Call them in the kernel's main thread where there is one."""
        if self.loop is not None and self.loop.is_running():
            self.loop.call_soon_threadsafe(self.call, outcome)
        else:
            self.call(outcome)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    import asyncio  # noqa: PLC0415  # a kernel has it; a script pays when it must

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
