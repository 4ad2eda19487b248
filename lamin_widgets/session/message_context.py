"""The thread and context from which Shiny sends messages to the browser.

A Jupyter kernel can send messages from any thread. Shiny sends them only from its event
loop, in the context of the user's session, and only at a flush.
"""

from __future__ import annotations

import contextvars
import sys
import threading
from typing import TYPE_CHECKING, Final

from lamin_widgets.session.origins import with_this_origin

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

_MESSAGES: Final = "shinywidgets_comm_send"
"""The input of a Shiny session that has the newest message of a widget."""


class MessageContext:
    """The thread, event loop, and context in which a form in Shiny was created."""

    def __init__(self) -> None:
        self._loop = running_loop()
        self._thread = threading.get_ident()
        self._context = contextvars.copy_context()
        _keep_out_of_bookmarks()

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        """Call a function that sends messages, in Shiny's event loop if necessary."""
        loop = self._loop
        if loop is None or threading.get_ident() == self._thread:
            function(*arguments)
            return

        with_origin = with_this_origin(function)

        def run_and_flush() -> None:
            with_origin(*arguments)
            flush = sys.modules["shiny.reactive"].flush
            self._flushing = loop.create_task(flush())

        loop.call_soon_threadsafe(run_and_flush, context=self._context)


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop of this thread, or None in a script."""
    if "asyncio" not in sys.modules:
        return None
    import asyncio  # slow to import in a script, which has no loop

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _keep_out_of_bookmarks() -> None:
    """Exclude the newest message from Shiny's bookmarks, because it can be a secret."""
    shiny = sys.modules.get("shiny.session")
    session = shiny.get_current_session() if shiny is not None else None
    if session is not None:
        session.root_scope().bookmark.exclude.append(_MESSAGES)
