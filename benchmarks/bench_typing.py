"""Typing in the host field: how soon the preview follows, and what is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pages import BUSY, OURS, PEER, notebook
from rows import Row, median, p95

if TYPE_CHECKING:
    from playwright.sync_api import Page

Round = dict[str, Any]
PAUSE_MS = 60  # between two keys: a fast typist


def type_round(page: Page, cell: int, text: str, *, busy: bool) -> Round:
    """Type into one form and return what its page recorded."""
    page.evaluate("() => window.bench.idle()")
    if busy:
        page.evaluate("i => void window.bench.run(i)", BUSY)
        page.evaluate("() => window.bench.busy()")
    page.evaluate("i => window.bench.record(i)", cell)
    page.keyboard.type(text, delay=PAUSE_MS)
    found: Round = page.evaluate("() => window.bench.stop()")
    return found


def latencies(found: Round) -> list[float]:
    """Return for each key the seconds until the preview showed it, or a later one."""
    taken = []
    for pressed, value in found["keys"]:
        shown = [
            at for at, text in found["previews"] if text and text.startswith(value)
        ]
        if shown:
            taken.append((shown[0] - pressed) / 1000)
    if len(taken) != len(found["keys"]):
        raise RuntimeError("a key never reached the preview")
    return taken


def measure(page: Page, rounds: int, keys: int, *, busy: bool) -> list[list[Round]]:
    """Type in turns into ours and the peer; the first round doesn't count."""
    found: list[list[Round]] = [[], []]
    for turn in range(rounds + 1):
        for values, cell in zip(found, (OURS, PEER), strict=True):
            text = "".join(chr(ord("a") + (turn * 7 + i) % 26) for i in range(keys))
            values.append(type_round(page, cell, text, busy=busy))
    return [values[1:] for values in found]


def row(name: str, found: list[list[Round]]) -> Row:
    """Return the row for one state of the kernel."""
    ours, peer = ([t for r in rounds for t in latencies(r)] for rounds in found)
    share = p95(ours) / p95(peer)
    return Row(
        f"typing: key → masked preview, {name}; p50, p95",
        f"{median(ours) * 1000:.1f}, {p95(ours) * 1000:.1f} ms",
        f"{median(peer) * 1000:.1f}, {p95(peer) * 1000:.1f} ms",
        "16.7 ms (a frame)",
        f"{share:.2f} of p95",
        "p95 ≤ 16 ms, ≤ 0.35",
        p95(ours) <= 0.016 and share <= 0.35,
        f"One key every {PAUSE_MS} ms; from the key event to the change on the page. "
        "Busy is a loop in Python. The peer doesn't stall in it; JupyterLab's "
        "subshells may be why, which wasn't checked.",
    )


def messages(found: list[list[Round]], *, kept: bool) -> Row:
    """Return the row for the messages to the kernel."""
    counts = []
    for rounds in found:
        keys = sum(len(r["keys"]) for r in rounds)
        counts.append(sum(r["messages"] for r in rounds) / keys * 100)
    return Row(
        "typing, kernel: messages for 100 keystrokes",
        f"{counts[0]:.0f}, last value {'kept' if kept else 'lost'}",
        f"{counts[1]:.0f}",
        "-",
        f"{counts[0] / counts[1]:.2f}",
        "≤ 50, the last one counts",
        counts[0] <= 50 and kept,
        "At most one each 150 ms, so fewer for a faster typist.",
    )


def rows(rounds: int = 5, keys: int = 20) -> list[Row]:
    """Measure."""
    with notebook(busy_s=keys * PAUSE_MS / 1000 + 1.5) as page:
        return rows_on(page, rounds, keys)


def rows_on(page: Page, rounds: int, keys: int) -> list[Row]:
    """Measure on a page with both forms."""
    idle = measure(page, rounds, keys, busy=False)
    busy = measure(page, rounds, keys, busy=True)
    long = [t for each in (idle, busy) for r in each[0] for t in r["long"]]
    their = [t for each in (idle, busy) for r in each[1] for t in r["long"]]
    page.evaluate("() => window.bench.idle()")
    kept = page.evaluate("() => window.bench.ask('ours.host')") == repr(
        busy[0][-1]["value"]
    )
    return [
        row("kernel idle", idle),
        row("kernel busy", busy),
        messages(idle, kept=kept),
        long_row(
            "while typing",
            long,
            their,
            "From the first key until 0.6 s after the last one. Before that, "
            "JupyterLab moves to the cell, which takes up to 0.1 s for any output.",
        ),
    ]


def long_row(when: str, long: list[float], their: list[float], note: str = "") -> Row:
    """Return the row about tasks that keep the page from answering."""
    return Row(
        f"page: tasks over 50 ms, {when}",
        f"{len(long)}" + (f", the longest {max(long):.0f} ms" if long else ""),
        f"{len(their)}" + (f", the longest {max(their):.0f} ms" if their else ""),
        "-",
        "-",
        "none",
        not long,
        note,
    )
