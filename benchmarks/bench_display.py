"""How much is sent, and how long it takes, until the form can be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernel import COMM, FORMS, kernel, size
from pages import BARE, OURS, PEER, notebook
from rows import Row, alternate, median, ms, ratios

if TYPE_CHECKING:
    from playwright.sync_api import Page


def kernel_row() -> Row:
    """Count what the kernel sends."""
    found = {}
    with kernel() as started:
        for name, code in FORMS.items():
            sent = [m for m in started.run(code) if m["msg_type"] in COMM]
            found[name] = len(sent), sum(map(size, sent))
    (messages, bytes_), (their_messages, their_bytes) = found["ours"], found["peer"]
    return Row(
        "display, kernel: comm messages, and their bytes",
        f"{messages}, {bytes_ / 1000:.1f} KB",
        f"{their_messages}, {their_bytes / 1000:.1f} KB",
        "-",
        f"{bytes_ / their_bytes:.2f}",
        "2 messages, ≤ 24 KB",
        messages <= 2 and bytes_ <= 24_000,
        "Whole messages as they are on the wire, with headers, CSS, and code.",
    )


def browser_row(page: Page, times: int = 20) -> Row:
    """Time a cell in JupyterLab; both are imported, and were shown before."""
    ours, peer, floor = alternate(
        times,
        *(
            lambda cell=cell: page.evaluate("i => window.bench.display(i)", cell) / 1000
            for cell in (OURS, PEER, BARE)
        ),
        warm_up=2,
    )
    return Row(
        "display, browser: cell executed → form painted and usable",
        ms(ours),
        ms(peer),
        f"{ms(floor)} (a bare anywidget)",
        ratios(ours, peer),
        "≤ 0.70",
        median(ours) <= 0.7 * median(peer),
        "JupyterLab. The kernel has imported both. Most of the time is its own work "
        "for any anywidget, which is the floor: five inputs and a button. Closed "
        "panels aren't built. The view's code travels compressed, to send less; a page "
        "unpacks it once, and sets the styles once, for all of its forms. Each form is "
        "the only output on the page. Above other outputs, it would move them. On "
        "a slow machine, the ratio is larger: 0.59 where importing anywidget took 119 "
        "ms, and 0.83 where it took 345 ms.",
    )


def rows() -> list[Row]:
    """Measure."""
    with notebook() as page:
        return [kernel_row(), browser_row(page)]
