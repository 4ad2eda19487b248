"""A form in the server's side of a front end, and the messages of a page.

A form is made in the front end's own classes, without a browser. The messages of the
page arrive in the way in which the front end delivers them. Each front end runs in its
own process, because some of them replace parts of ipywidgets.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lamin_widgets import DbServerWidget
from lamin_widgets.session.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Deliver = Callable[[dict[str, Any], list[bytes]], None]

PATIENCE_S = 30


def messages(value: str) -> Iterator[tuple[dict[str, Any], list[bytes]]]:
    """Yield a page's messages, with the secret in each kind, and its actions."""
    encoded = quote(value, safe="")
    url = f"postgresql://postgres:{encoded}@127.0.0.1:1/postgres"
    secret = value.encode()

    def custom(kind: str, *buffers: bytes, **content: Any) -> Any:
        return {"method": "custom", "content": {"kind": kind, **content}}, [*buffers]

    yield custom("hello", b"\x01\x02\x03\x04")
    yield custom("connection-string", url.encode())
    yield custom("password", secret)
    for panel in ("code", "activity", "paste"):
        update = {"name": "x", "panel": panel, "host": "127.0.0.1"}
        yield {"method": "update", "state": update, "buffer_paths": []}, []
    yield custom("action", secret, action="sign-in-once", values={})
    for action in ("diagnose", "register", "register-anyway", "test"):
        yield custom("action", action=action, values={"storage": "s3://x"})
    yield custom("password", secret)


def show() -> DbServerWidget:
    """Return a form for ports on which no server listens."""
    api_url = "http://127.0.0.1:1"
    return DbServerWidget(host="127.0.0.1", port=1, name="x", api_url=api_url)


def is_settled(widget: DbServerWidget) -> bool:
    """Return whether no action runs and the account is known."""
    is_known = widget.view["account"]["state"] != "checking"
    return is_known and not widget.view["running"]


def settle(widget: DbServerWidget) -> None:
    """Wait until no action runs and the account is known."""
    settled = threading.Event()

    def check(_change: object = None) -> None:
        if is_settled(widget):
            settled.set()

    widget.observe(check, "view")
    check()
    assert settled.wait(PATIENCE_S)
    widget.unobserve(check, "view")


def play(widget: DbServerWidget, value: str, deliver: Deliver) -> None:
    """Deliver a page's messages, and wait for the end of each action."""
    for data, buffers in messages(value):
        deliver(data, buffers)
        settle(widget)
    assert widget.has_password


def plant() -> None:
    """Plant a leak, so that every form shows its password."""
    enter = Store.enter_password

    def leak(self: Any, password: Any, by: Any) -> None:
        enter(self, password, by)
        form = self._interface  # This is the widget.
        form.view = {**form.view, "badge": password.reveal()}

    Store.enter_password = leak  # type: ignore[method-assign]


def main(run: Callable[[str], list[str]]) -> None:
    """Play in one front end, without and with a planted leak, and print the messages.

    Args:
        run: Plays with a value, and returns what the front end sent and stored.
    """
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
    value, planted = json.load(sys.stdin)
    sent = "\n".join(run(value))
    plant()
    json.dump([sent, "\n".join(run(planted))], sys.stdout)
