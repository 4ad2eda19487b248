"""Whether time and memory level off: many widgets, many outcomes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from kernel import kernel
from rows import Row

if TYPE_CHECKING:
    from kernel import Kernel

PREPARE = """
import gc, json, threading, time, tracemalloc
from ipywidgets.widgets.widget import _instances
from lamin_widgets import DbServerWidget
from comm import get_comm_manager

def left():
    gc.collect()
    return {"threads": threading.active_count(),
            "comms": len(get_comm_manager().comms),
            "widgets": len(_instances),
            "bytes": tracemalloc.get_traced_memory()[0]}

def many(count):
    started = time.perf_counter()
    made = [DbServerWidget(host="127.0.0.1", port=1) for _ in range(count)]
    took = time.perf_counter() - started
    for widget in made:
        widget.close()
    return took / count

DbServerWidget().close()
tracemalloc.start()
many(3)
"""
WIDGETS = """
# In turns, because the machine can become slower or faster meanwhile.
turns = [(many(1), many({count})) for _ in range(7)]
one, hundred = (sorted(durations)[3] for durations in zip(*turns))
"""
OUTCOMES = """
w = DbServerWidget(host="127.0.0.1", port=1, password="zq7:Lm/9@vT kX")
def some(count):
    started = time.perf_counter()
    for _ in range(count):
        assert w.diagnose().cause == "db_refused"
    return (time.perf_counter() - started) / count
some(60)  # more than are remembered
"""
MORE_OUTCOMES = """
first = some({part})
some({count} - 60 - 2 * {part})
last = some({part})
w.panel = "activity"
entries = len(w.view["panel"]["entries"])
state = len(json.dumps(w.get_state(), default=str))
"""


def left(started: Kernel) -> dict[str, int]:
    """Return what is there now, after what was under way."""
    started.drain()
    found: dict[str, int] = started.value("left()")
    return found


def rows(widgets: int = 100, outcomes: int = 1000, settle_s: float = 11) -> list[Row]:
    """Measure, in a real kernel."""
    with kernel() as started:
        started.run(PREPARE)
        before = left(started)
        made = started.value(
            "{'one': one, 'hundred': hundred}", WIDGETS.format(count=widgets)
        )
        made |= {"before": before, "after": left(started)}
        started.value("None", OUTCOMES)
        before = left(started)
        told = started.value(
            "dict(first=first, last=last, state=state, entries=entries)",
            MORE_OUTCOMES.format(count=outcomes, part=outcomes // 10),
        )
        time.sleep(settle_s)  # ipykernel clears what it had for ended threads each 10 s
        told |= {"before": before, "after": left(started)}
    return [widgets_row(made, widgets), outcomes_row(told, outcomes)]


def _grown(found: dict[str, Any], what: str) -> int:
    return int(found["after"][what] - found["before"][what])


def widgets_row(found: dict[str, Any], count: int) -> Row:
    """Return the row about many widgets, made and closed."""
    share = found["hundred"] / found["one"]
    left = {what: _grown(found, what) for what in ("threads", "comms", "widgets")}
    kept = _grown(found, "bytes")
    return Row(
        f"growth: 1 → {count} widgets, then closed",
        f"{found['one'] * 1000:.1f} → {found['hundred'] * 1000:.1f} ms each; "
        f"{kept / 1000:.0f} KB kept, {sum(left.values())} threads, comms, models left",
        "-",
        "-",
        f"{share:.2f} in time each",
        "≤ 1.5, < 100 KB, nothing left",
        share <= 1.5 and kept < 100_000 and not any(left.values()),
    )


def outcomes_row(found: dict[str, Any], count: int) -> Row:
    """Return the row about many outcomes in one widget."""
    share = found["last"] / found["first"]
    kept, threads = _grown(found, "bytes"), _grown(found, "threads")
    return Row(
        f"growth: 1 → {count} outcomes in one widget",
        f"{found['first'] * 1000:.1f} → {found['last'] * 1000:.1f} ms each; "
        f"{kept / 1000:.0f} KB kept, {threads} threads left; state of "
        f"{found['state'] / 1000:.0f} KB, {found['entries']} entries",
        "-",
        "-",
        f"{share:.2f} in time each",
        "≤ 1.5, < 100 KB, nothing left",
        share <= 1.5 and kept < 100_000 and threads <= 0,
    )
