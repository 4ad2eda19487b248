"""Whether a function takes linear time, measured alike on any machine at any load."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def takes_linear_time(function: Callable[[int], object]) -> bool:
    """Return whether the time of a function grows no faster than its input.

    Args:
        function: Function that takes the size of its input, in eighths of the largest.
    """
    # Other work on the machine can slow down one measurement, but not each of them.
    return any(_grows_slowly(function) for _ in range(3))


def _grows_slowly(function: Callable[[int], object]) -> bool:
    short_s, long_s = (_duration(function, size) for size in (1, 8))
    # If the time is linear, it's 8 times as long. If it's quadratic, 64 times.
    return long_s < 24 * max(short_s, 0.002)


def _duration(function: Callable[[int], object], size: int) -> float:
    """Return the processor time of a call in this thread, in seconds."""
    gc.disable()  # A collection takes longer, the more tests have run before.
    try:
        began = time.thread_time()
        function(size)
        return time.thread_time() - began
    finally:
        gc.enable()
