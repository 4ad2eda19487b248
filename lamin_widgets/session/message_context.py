"""The context in which a front end accepts messages.

A Jupyter kernel sends messages from any thread. Shiny sends them only from its event
loop, in the context of the user's session, and only if a flush follows.
"""

from __future__ import annotations

import asyncio
import contextvars
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MessageContext"]


class MessageContext:
    """The thread, the event loop, and the context that an object was made in."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._context = contextvars.copy_context()
        try:
            self._loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None

    def run(self, function: Callable[[], None], comm: object) -> None:
        """Call a function that sends messages.

        Args:
            function: Sends messages over `comm`.
            comm: The comm of a widget.
        """
        elsewhere = threading.get_ident() != self._thread
        is_shiny = type(comm).__module__.startswith("shinywidgets")
        if self._loop is None or not (elsewhere and is_shiny):
            function()
            return

        def run_and_flush() -> None:
            function()
            flush = sys.modules["shiny.reactive"].flush
            self._flushing = asyncio.ensure_future(flush())

        self._loop.call_soon_threadsafe(run_and_flush, context=self._context)
