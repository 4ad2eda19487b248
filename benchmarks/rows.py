"""One row of the table, and the statistics in it."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


@dataclass(frozen=True)
class Row:
    """One measured thing.

    Attributes:
        what: Name of the measurement.
        ours: This widget, with its unit.
        peer: The form made of plain ipywidgets, or "-".
        floor: The bare library, or "-".
        ratio: The value that is compared with the goal, as text.
        target: The goal, as text.
        reached: Whether the goal is reached, or None if there is no goal.
        note: The reason, or the conditions of the measurement.
    """

    what: str
    ours: str
    peer: str
    floor: str
    ratio: str
    target: str
    reached: bool | None
    note: str = ""


HEADER = Row("Measurement", "Ours", "Peer", "Floor", "Ratio", "Goal", None)


def table(rows: Iterable[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = [_line(HEADER, "Reached"), "|---" * 7 + "|"]
    lines += [
        _line(row, {True: "yes", False: "**no**", None: ""}[row.reached])
        for row in rows
    ]
    return "\n".join(lines)


def _line(row: Row, reached: str) -> str:
    cells = (row.what, row.ours, row.peer, row.floor, row.ratio, row.target, reached)
    return "| " + " | ".join(cells) + " |"


def seconds(call: Callable[[], object]) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def alternate(
    times: int, *calls: Callable[[], float | None], warm_up: int = 1
) -> list[list[float]]:
    """Measure in turns, ABAB…, so that a busy machine slows all of them alike.

    Args:
        times: Number of turns that count.
        calls: Functions that return what they measured.
        warm_up: Turns before them that don't count.
    """
    found: list[list[float]] = [[] for _ in calls]
    for turn in range(-warm_up, times):
        for call, values in zip(calls, found, strict=True):
            value = call()
            if turn >= 0 and value is not None:
                values.append(value)
    return found


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def spread(values: Sequence[float]) -> float:
    """Return the distance between the quartiles."""
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return high - low


def ms(values: Sequence[float]) -> str:
    """Return median and spread of durations in seconds: "12.3 ± 0.4 ms"."""
    return f"{median(values) * 1000:.1f} ± {spread(values) * 1000:.1f} ms"


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """Return the ratio of the medians, and the spread of that of single turns."""
    each = [a / b for a, b in zip(ours, theirs, strict=True)]
    return f"{median(ours) / median(theirs):.2f} ± {spread(each):.2f}"
