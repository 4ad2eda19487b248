"""How many modules a journey through the form passes, and how often it changes them."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

from doubles.processes import eventually
from rows import Row

from lamin_widgets import DbServerClient, DbServerWidget
from lamin_widgets.core.threads import IDLE
from lamin_widgets.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from typing_extensions import Self

PACKAGE = "lamin_widgets."
REACH = {"keystroke": 86, "password": 92, "register": 295, "refused": 201}
"""Moves in the first version. The goal is half of them."""
NOTE = """A profiler counts the modules of this package whose functions run, in every \
thread, and how often the next function that is called stands in another module than \
the one before. In the first version: 20 modules and 86 moves for a keystroke, 23 and \
92 for a password, 40 and 295 for Register with its reply, 23 and 201 for a Register \
that the form refuses."""


class Trace:
    """Counts modules, and moves between them, while it's entered.

    Attributes:
        modules: The names of the modules whose functions ran.
        moves: How often a function of another module was called.
    """

    def __init__(self) -> None:
        self.modules: set[str] = set()
        self.moves = 0
        self._last: dict[int, str] = {}

    def __enter__(self) -> Self:
        threading.setprofile(self._called)
        sys.setprofile(self._called)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        threading.setprofile(None)

    def _called(self, frame: FrameType, event: str, _: object) -> None:
        if event != "call":
            return
        module = frame.f_globals.get("__name__", "")
        if not module.startswith(PACKAGE):
            return
        thread = threading.get_ident()
        self.modules.add(module)
        self.moves += self._last.get(thread, module) != module
        self._last[thread] = module


def receive(widget: DbServerWidget, data: dict[str, Any], *buffers: bytes) -> None:
    """Let the form receive a message of its page."""
    message = {"content": {"data": data}, "buffers": [memoryview(b) for b in buffers]}
    widget.comm.handle_msg(message)


def update(widget: DbServerWidget, **state: object) -> None:
    """Change traits, as the page does."""
    receive(widget, {"method": "update", "state": state, "buffer_paths": []})


def send(widget: DbServerWidget, secret: str = "", **content: object) -> None:
    """Send a message, as the page does."""
    content = {"values": {}, **content}
    buffers = [secret.encode()] if secret else []
    receive(widget, {"method": "custom", "content": content}, *buffers)


def press(widget: DbServerWidget, action: str) -> None:
    """Click a button, and wait for the outcome."""
    done = threading.Event()
    widget.observe(lambda _: done.set(), "outcome")
    send(widget, kind="action", action=action)
    done.wait(20)


def trace(
    box: Sandbox, name: str, journey: Callable[[DbServerWidget], object]
) -> Trace:
    """Follow a journey in a form that has made the same one before."""
    found = Trace()
    for turn in range(2):
        client = DbServerClient(box.api_url, box.issue_token())
        widget = DbServerWidget(
            client=client,
            name="" if name == "refused" else f"{name}-{turn}",
            host=box.database.host,
            port=box.database.port,
            password=None if name == "password" else box.database.password,
        )
        send(widget, "\1\2\3\4", kind="hello")
        found = Trace()
        # A profiler reaches new threads only.
        eventually(lambda: IDLE not in {each.name for each in threading.enumerate()})
        with found:
            journey(widget)
        widget.close()
        client.close()
    return found


def rows() -> list[Row]:
    """Measure."""
    journeys: dict[str, tuple[str, Callable[[DbServerWidget], object]]] = {
        "keystroke": (
            "a keystroke in Host",
            lambda form: update(form, host="db.example.or"),
        ),
        "password": (
            "a typed password",
            lambda form: send(form, "zq7:Lm/9@vT kX", kind="password"),
        ),
        "register": (
            "Register with its reply",
            lambda form: press(form, "register"),
        ),
        "refused": (
            "a Register that the form refuses",
            lambda form: press(form, "register"),
        ),
    }
    with Sandbox() as box:
        found = {
            name: trace(box, name, journey) for name, (_, journey) in journeys.items()
        }
    return [
        Row(
            f"journey: {what}",
            f"{len(found[name].modules)} modules, {found[name].moves} moves",
            "-",
            f"{REACH[name]} moves (first version)",
            f"{found[name].moves / REACH[name]:.2f}",
            "≤ 0.50",
            found[name].moves <= REACH[name] / 2,
            NOTE if name == "keystroke" else "",
        )
        for name, (what, _) in journeys.items()
    ]
