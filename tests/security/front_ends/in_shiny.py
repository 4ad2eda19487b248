"""Shiny for Python, and its bookmarks."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from typing import TYPE_CHECKING, Any

from security.front_ends.playing import PATIENCE_S, is_settled, main, messages, show
from shiny import App, Inputs, Outputs, Session, reactive, ui
from shiny._connection import MockConnection
from shiny.types import SilentException
from shinywidgets import output_widget, render_widget

if TYPE_CHECKING:
    from collections.abc import Callable

    from lamin_widgets import DbServerWidget

CLIENT = {
    ".clientdata_output_form_hidden": False,
    ".clientdata_url_protocol": "http:",
    ".clientdata_url_hostname": "127.0.0.1",
    ".clientdata_url_port": "1",
    ".clientdata_url_pathname": "/",
    ".clientdata_url_search": "",
}


class Connection(MockConnection):
    """A connection that records what the server sends."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    async def send(self, message: str) -> None:
        self.sent.append(message)

    def tell(self, method: str, **data: Any) -> None:
        self.cause_receive(json.dumps({"method": method, "data": data}))


def run(value: str) -> list[str]:
    """Return the messages of a Shiny session, and its bookmark."""
    made: list[DbServerWidget] = []

    def server(_input: Inputs, _output: Outputs, _session: Session) -> None:
        @render_widget
        def form() -> DbServerWidget:
            made.append(show())
            return made[0]

    def page(_request: object) -> Any:
        return ui.page_fluid(output_widget("form"))

    app = App(page, server, bookmark_store="url")
    connection = Connection()
    session = app._create_session(connection)  # noqa: SLF001  # as in Shiny's tests

    async def visit() -> None:
        connection.tell("init", **CLIENT)
        await until(lambda: "comm_open" in "".join(connection.sent))
        await play(made[0], value, connection, session)
        connection.cause_disconnect()

    async def together() -> None:
        await asyncio.gather(visit(), session._run())  # noqa: SLF001  # as in Shiny's tests

    asyncio.run(together())
    return connection.sent


async def play(
    widget: DbServerWidget, value: str, connection: Connection, session: Any
) -> None:
    """Deliver the messages of a page, and make a bookmark after each."""
    for number, (data, buffers) in enumerate(messages(value)):
        message = {
            "content": {"comm_id": widget.comm.comm_id, "data": data},
            "buffers": [base64.b64encode(each).decode() for each in buffers],
            "number": number,
        }
        connection.tell("update", shinywidgets_comm_send=json.dumps(message))
        await until(lambda number=number: newest(session) == number)
        await until(lambda: is_settled(widget))
        with reactive.isolate():
            connection.sent.append(await session.bookmark.get_bookmark_url())
    assert widget.has_password


def newest(session: Any) -> int:
    """Return the number of the newest message that a session has received."""
    with reactive.isolate():
        try:
            return int(json.loads(session.input.shinywidgets_comm_send())["number"])
        except SilentException:
            return -1


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.005)


if __name__ == "__main__":
    main(run)
