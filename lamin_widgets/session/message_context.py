"""The context in which a front end accepts messages.

A Jupyter kernel sends messages from any thread. Shiny sends them only from its event
loop, in the context of the user's session, and only if a flush follows.
"""

from __future__ import annotations

import contextvars
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

__all__ = ["MessageContext"]


class MessageContext:
    """The thread, the event loop, and the context that a form of Shiny was made in."""

    def __init__(self) -> None:
        import asyncio  # noqa: PLC0415  # slow to import, and Shiny has it

        self._thread = threading.get_ident()
        self._context = contextvars.copy_context()
        self._loop = asyncio.get_running_loop()

    @classmethod
    def of(cls, comm: object) -> Self | None:
        """Return the context of this call if the front end needs it, or None.

        Args:
            comm: The comm of a widget.
        """
        is_shiny = type(comm).__module__.startswith("shinywidgets")
        return cls() if is_shiny else None

    def run(self, function: Callable[[], None]) -> None:
        """Call a function that sends messages."""
        if threading.get_ident() == self._thread:
            function()
            return

        def run_and_flush() -> None:
            function()
            flush = sys.modules["shiny.reactive"].flush
            self._flushing = self._loop.create_task(flush())

        self._loop.call_soon_threadsafe(run_and_flush, context=self._context)
