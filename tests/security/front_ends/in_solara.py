"""Solara."""

from __future__ import annotations

from typing import Any

import solara.server.app
from security.front_ends.playing import main, play, show
from solara.server import kernel
from solara.server.kernel_context import VirtualKernelContext

solara.server.app.patch.patch()


def run(value: str) -> list[str]:
    """Collect the messages of a Solara kernel to its websockets."""
    sent: list[str] = []

    class Websocket:
        def send(self, message: Any) -> None:
            sent.append(
                message
                if isinstance(message, str)
                else message.decode("utf-8", "backslashreplace")
            )

    context = VirtualKernelContext("1", kernel.Kernel(), "session")
    context.kernel.session.websockets.add(Websocket())
    with context:
        widget = show()

        def deliver(data: dict[str, Any], buffers: list[bytes]) -> None:
            content = {"comm_id": widget.comm.comm_id, "data": data}
            message = context.kernel.session.msg("comm_msg", content)
            message["buffers"] = [*map(memoryview, buffers)]
            context.kernel.comm_manager.comm_msg(None, None, message)

        play(widget, value, deliver)
        sent.append(repr(context.widgets))
    return sent


if __name__ == "__main__":
    main(run)
