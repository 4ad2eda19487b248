"""Another cell while a call waits for an API that takes its time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from kernel import FORMS, kernel
from rows import Row, median, ms

from lamin_widgets.sandbox import Sandbox
from lamin_widgets.sandbox.process import environment, sign_in

if TYPE_CHECKING:
    from kernel import Kernel

BUTTON = (
    "[b for b in peer.children[8].children if b.description == 'Test connection'][0]"
)
TEST = "/db/server/checks-access"


def press_ours(started: Kernel) -> None:
    """Click Test connection in our form, as its view does."""
    comm = started.value("ours.model_id")
    started.send_to_comm(comm, {"kind": "action", "action": "test", "values": {}})


def press_peer(started: Kernel) -> None:
    """Click Test connection in the peer, as its view does."""
    comm = started.value(f"{BUTTON}.model_id")
    started.send_to_comm(comm, {"event": "click"})


def cells(started: Kernel, count: int, limit_s: float = 60) -> list[float]:
    """Run cells one after the other, for a limited time."""
    end = time.monotonic() + limit_s
    found = [started.seconds()]
    while len(found) < count and time.monotonic() < end:
        found.append(started.seconds())
    return found


def measure(
    box: Sandbox, started: Kernel, wait_s: float, turns: int
) -> list[list[float]]:
    """Time cells with an idle kernel, beside our call, and beside the peer's."""
    idle, ours, peer = [], [], []
    running = "bool(ours.view['running'])"
    started.value("bool(ours.test())")  # imports what is imported once
    for _ in range(turns):
        for press, times, count in ((press_ours, ours, 40), (press_peer, peer, 1)):
            cells(started, 5)
            idle += cells(started, 20)
            box.api.requests.clear()
            box.api.fault(delay_s=wait_s, path=TEST)
            press(started)
            times.extend(cells(started, count, wait_s / 2))
            if press is press_ours and not started.value(running):
                raise RuntimeError("the call ended before the cells did")
            while len(box.api.requests) < 1:
                time.sleep(0.01)
            box.api.clear_faults()
            started.value("ours.cancel()")
            while started.value(running):
                time.sleep(0.05)
    return [idle, ours, peer]


def rows(wait_s: float = 5, turns: int = 2) -> list[Row]:
    """Measure."""
    with Sandbox() as box:
        sign_in(box)
        with kernel(environment(box)) as started:
            for code in FORMS.values():
                started.run(code)
            idle, ours, peer = measure(box, started, wait_s, turns)
    share = median(ours) / median(idle)
    return [
        Row(
            f"in flight: `1 + 1` while a call waits {wait_s:g} s ÷ idle",
            ms(ours),
            ms(peer),
            f"{ms(idle)} (idle)",
            f"{share:.2f}",
            "≤ 1.20",
            share <= 1.2,
            "A real ipykernel; the peer's call holds up every cell until it ends.",
        )
    ]
