"""The form, and whatever holds a secret, as objects."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import comm
from comm.base_comm import BaseComm
from ipywidgets import Widget
from showing import walk
from world import url_with

from lamin_widgets import DbServerWidget, PostgresConnection, Secret
from lamin_widgets.core.regions import REGIONS
from lamin_widgets.form.allow_list import allow_list
from lamin_widgets.form.connection_strings import parse
from lamin_widgets.form.fields import WRITABLE
from lamin_widgets.form.snippets import instance_snippets, snippets
from lamin_widgets.lamin.account import Account
from lamin_widgets.lamin.exchange import Reply, Request
from lamin_widgets.lamin.replies import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from watching import Seen
    from world import World


def objects(world: World, seen: Seen, value: str) -> None:
    """Whatever holds a secret."""
    secret = Secret(value)
    connection = PostgresConnection("db.example.org", 5432, secret)
    request = Request(
        "POST", "https://x", secret, {}, {"url": secret}, hidden=(secret,)
    )
    reply = Reply(200, {"x": "y"}, secret)
    for thing in (
        secret,
        connection,
        connection.url,
        request,
        reply,
        read(reply, [secret]),
        Account("me", secret),
        parse(Secret(url_with(value))),
        {"nested": [secret, (secret,)]},
    ):
        seen.thing("objects", thing)
    seen.add("objects", "%s %r" % (secret, secret))  # noqa: UP031 - a way to format
    seen.add("objects", connection.masked_url)


class _Recorded(BaseComm):
    seen: Seen

    def publish_msg(self, msg_type: str, data: Any = None, **more: Any) -> None:
        data = dict(data or {})
        state = data.pop("state", None) or {}
        self.seen.add("messages", msg_type, repr(data), repr(more))
        self.seen.add("messages", *without_source(state))


@contextlib.contextmanager
def form(seen: Seen, **arguments: Any) -> Iterator[DbServerWidget]:
    """A form whose messages to the page are recorded."""
    create = comm.create_comm
    comm.create_comm = type("Recorded", (_Recorded,), {"seen": seen})
    try:
        widget = DbServerWidget(**{"host": "db.example.org", **arguments})
        yield widget
        look_at(widget, seen)
        widget.close()
        look_at(widget, seen)
    finally:
        comm.create_comm = create


def look_at(widget: DbServerWidget, seen: Seen) -> None:
    """Collect all that the form shows, saves and exports."""
    controller = widget._controller
    draft = controller.draft
    seen.add("state", *without_source(widget.trait_values()))
    if widget.comm is not None:  # not closed yet
        seen.add("state", *without_source(widget.get_state()))
        saved = Widget.get_manager_state(widgets=[widget])["state"].values()
        for model in saved:
            seen.add("state", *without_source(model["state"]))
        seen.add("mime bundle", widget._repr_mimebundle_())
    seen.add("state", *without_source(vars(widget)), *without_source(vars(controller)))
    seen.add("mime bundle", repr(widget), str(widget), f"{widget}")
    seen.thing("objects", draft)
    for part in (controller, widget._inbox, widget._callbacks):
        seen.add("objects", *walk_of(part))
    seen.add("snippets", snippets(draft), instance_snippets(draft))
    seen.add("snippets", allow_list(REGIONS[0], 5432), widget.masked_url)


def without_source(values: dict[str, Any]) -> Iterator[str]:
    """Give name and value of each, but for the page's source, which is the same."""
    left_out = {"_esm", "_css", "_trait_values", "_static_immutable_initial_values"}
    for name, value in values.items():
        if name not in left_out and not isinstance(value, Widget):
            yield f"{name}={value!r}"


def walk_of(controller: Any) -> Iterator[str]:
    for value in vars(controller).values():
        yield from walk(value, set())


def send(widget: DbServerWidget, kind: str, *secrets: str, **content: Any) -> None:
    """Send a message as the page does."""
    buffers = [memoryview(secret.encode()) for secret in secrets]
    widget._handle_custom_msg({"kind": kind, **content}, buffers)


def typed_password(world: World, seen: Seen, value: str) -> None:
    """Typed, given, set, forgotten."""
    with form(seen) as widget:
        send(widget, "password", value)
        assert widget.has_password
        widget.panels = ["code", "allow_list", "instance", "details"]
        look_at(widget, seen)
        send(widget, "forget-password")
    with form(seen, password=value, keep_password=True) as widget:
        widget.set_password(value)
        seen.add("outcomes", repr(widget.test()))


def pasted_string(world: World, seen: Seen, value: str) -> None:
    """Pasted where it belongs, and into every other field."""
    texts = [
        url_with(value),
        f"postgresql://postgres:{value}@db.example.org:5432/postgres",
    ]
    for text in texts:
        with form(seen) as widget:
            send(widget, "connection-string", text)
            look_at(widget, seen)
        with form(seen) as widget:
            for field in WRITABLE:
                setattr(widget, field, text)
            look_at(widget, seen)
    refused = [
        f"postgresql://bob:{value}@db.example.org:5432/postgres",
        f"bob:{value}@db.example.org",
        f"password={value}",
    ]
    for text in (*texts, *refused):
        for field in ("name", "host", "port", "api_server_name"):
            with form(seen, **{field: text}) as widget:
                look_at(widget, seen)
        with form(seen) as widget:
            with widget.hold_trait_notifications():  # as an update of a page does
                for field in WRITABLE:
                    setattr(widget, field, text)
            look_at(widget, seen)


def typed_key(world: World, seen: Seen, value: str) -> None:
    """An API key, typed. That it is sent to the hub is another scene."""
    with form(seen) as widget:
        send(widget, "api-key", value)
        look_at(widget, seen)
        widget.api_url = "http://elsewhere.invalid"  # refused: nothing is sent
        send(widget, "action", action="sign-in", values={})
        look_at(widget, seen)
        seen.add("outcomes", repr(widget.outcome))
