"""Handling of signals that ask a command to stop."""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


@contextlib.contextmanager
def handle_signals(
    numbers: Iterable[int], handler: Callable[[int, object], None]
) -> Iterator[None]:
    """Handle signals within the block, and restore the previous handlers after it."""
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
