"""The browser's side of a form, played through the widget's comm.

All data takes the path of real messages. An attacker's page can send anything.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any
from unittest import mock

import comm
import IPython
from comm.base_comm import BaseComm
from doubles.processes import eventually

from lamin_widgets import DbServerWidget

if TYPE_CHECKING:
    from collections.abc import Iterator


KERNEL = mock.Mock()
"""The kernel of a notebook."""
SHELL = mock.Mock(IPython.InteractiveShell, kernel=KERNEL)
"""The shell of that kernel."""


class _Wire(BaseComm):
    """Records what the kernel sends."""

    kernel = KERNEL

    def __init__(self, **arguments: Any) -> None:
        self.sent: list[tuple[str, dict[str, Any], Any]] = []
        super().__init__(**arguments)

    def publish_msg(
        self, msg_type: str, data: Any = None, buffers: Any = None, **_: Any
    ) -> None:
        self.sent.append((msg_type, data or {}, buffers))


class Page:
    """A page that shows a form.

    Attributes:
        widget: The form.
        wire: Its comm.
    """

    def __init__(self, widget: DbServerWidget) -> None:
        self.widget = widget
        self.wire = widget.comm

    def send(self, kind: Any, *buffers: str | bytes, **content: Any) -> None:
        """Send a custom message. Secrets are its buffers."""
        self.deliver(
            {"method": "custom", "content": {"kind": kind, **content}}, buffers
        )

    def update(self, **state: Any) -> None:
        """Send an update of synced traits."""
        self.deliver({"method": "update", "state": state, "buffer_paths": []})

    def deliver(self, data: Any, buffers: Any = ()) -> None:
        """Send any message."""
        raw = [b if isinstance(b, bytes) else b.encode() for b in buffers]
        message = {"content": {"data": data}, "buffers": [*map(memoryview, raw)]}
        self.wire.handle_msg(message)

    def click(self, action: str, *buffers: str, **values: Any) -> None:
        """Click the button of an action, and wait until it has ended."""
        self.send("action", *buffers, action=action, values=values)
        self.wait()

    def wait(self) -> None:
        """Wait until no action runs, and all traits of the form show that."""
        eventually(lambda: not self.widget.view["running"])
        with self.widget._turn:  # noqa: SLF001  # held while traits are set
            pass

    def hello(self) -> None:
        """Send hello with a buffer, as a front end that supports binary data does."""
        self.send("hello", b"\x01\x02\x03\x04")

    @property
    def view(self) -> dict[str, Any]:
        """The newest view that reached the page."""
        states = [data.get("state", {}) for _, data, _ in list(self.wire.sent)]
        return [state["view"] for state in states if "view" in state][-1]

    @property
    def step(self) -> dict[str, dict[str, Any]]:
        """The steps of the newest view, by action."""
        return {step["id"]: step for step in self.view["steps"]}

    @property
    def texts(self) -> str:
        """Everything that reached the page, apart from its own source."""
        return "\n".join(
            f"{kind} {name}={value!r}"
            for kind, data, buffers in list(self.wire.sent)
            for name, value in {**data, **data.get("state", {}), "": buffers}.items()
            if name not in {"_esm", "_styles", "state"}
        )


@contextlib.contextmanager
def open_form(
    *,
    greets: bool = True,
    in_kernel: bool = True,
    has_kernel: bool = True,
    **arguments: Any,
) -> Iterator[Page]:
    """Show a form on a page, and close it in the end.

    Args:
        greets: Whether the page sends hello, with a buffer.
        in_kernel: Whether this process is the kernel of a notebook, not that of an app.
        has_kernel: Whether the page belongs to that kernel, not to an app that the
            notebook serves.
        arguments: Those of the form.
    """
    shell = SHELL if in_kernel else None
    with (
        mock.patch.object(comm, "create_comm", _Wire),
        mock.patch.object(_Wire, "kernel", KERNEL if has_kernel else mock.Mock()),
        mock.patch.object(IPython, "get_ipython", return_value=shell),
    ):
        widget = DbServerWidget(**arguments)
    page = Page(widget)
    if greets:
        page.hello()
    try:
        yield page
    finally:
        widget.close()
