"""The origin of changes: the page, or the user's Python code."""

from __future__ import annotations

import contextlib
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lamin_widgets.session.state import Origin

ORIGIN: Final[ContextVar[Origin]] = ContextVar("origin", default="code")
"""The origin of the changes of traits that this thread makes now."""


@contextlib.contextmanager
def caused_by(origin: Origin) -> Iterator[None]:
    """Give the changes in the block an origin, and those of their observers."""
    token = ORIGIN.set(origin)
    try:
        yield
    finally:
        ORIGIN.reset(token)


def with_this_origin(function: Callable[..., object]) -> Callable[..., None]:
    """Return a function for another thread, whose changes have this thread's origin."""
    origin = ORIGIN.get()

    def call(*arguments: object) -> None:
        with caused_by(origin):
            function(*arguments)

    return call
