"""marimo."""

from __future__ import annotations

from typing import Any

import marimo as mo
from ipywidgets import Widget
from marimo._messaging.notification import ModelLifecycleNotification
from marimo._messaging.serde import serialize_kernel_message
from marimo._plugins.ui._impl import comm
from marimo._plugins.ui._impl.anywidget.init import (
    WIDGET_COMM_MANAGER,
    init_marimo_widget,
)
from marimo._runtime.commands import (
    ModelCommand,
    ModelCustomMessage,
    ModelUpdateMessage,
)
from marimo._session.state.session_view import SessionView
from security.front_ends.playing import main, play, show


def run(value: str) -> list[str]:
    """Notifications, the state that a new page gets, and the saved session."""
    view, sent = SessionView(), []

    def notify(notification: Any, stream: Any = None) -> None:
        del stream
        sent.append(serialize_kernel_message(notification).decode())
        if isinstance(notification, ModelLifecycleNotification):
            view.add_notification(notification)

    comm.broadcast_notification = notify
    Widget.on_widget_constructed(init_marimo_widget)
    widget = show()
    element = mo.ui.anywidget(widget)

    def deliver(data: dict[str, Any], buffers: list[bytes]) -> None:
        message: Any = (
            ModelCustomMessage(data["content"])
            if data["method"] == "custom"
            else ModelUpdateMessage(data["state"], data["buffer_paths"])
        )
        command = ModelCommand(widget.comm.comm_id, message, buffers)
        view.add_control_request(command)
        WIDGET_COMM_MANAGER.receive_comm_message(command)

    play(widget, value, deliver)
    # A page that reconnects gets this.
    sent += [serialize_kernel_message(each).decode() for each in view.notifications]
    sent += [element.text, repr(element), repr(element.value), repr(view.ui_values)]
    return sent


if __name__ == "__main__":
    main(run)
