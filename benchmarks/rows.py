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
        what: What was measured.
        ours: This widget, with its unit.
        peer: The form made of plain ipywidgets, or "-".
        floor: The bare library, or "-".
        ratio: What is held against the target, as text.
        target: What is to be reached, as text.
        reached: Whether it is; None where nothing was to be reached.
        note: Why it is not, or what it rests on.
    """

    what: str
    ours: str
    peer: str
    floor: str
    ratio: str
    target: str
    reached: bool | None
    note: str = ""


HEADER = Row("what", "ours", "peer", "floor", "ratio", "to reach", None)


def table(rows: Iterable[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = [_line(HEADER, "reached"), "|---" * 7 + "|"]
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
    """Measure in turns, ABAB…, so that what slows the machine slows all of them.

    Args:
        times: How often.
        calls: Each returns what it measured.
        warm_up: Rounds that do not count.
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
