"""The real thing, driven with a given secret; what could be seen goes to a `Seen`."""

from __future__ import annotations

import contextlib
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import comm
from comm.base_comm import BaseComm
from ipywidgets import Widget

from lamin_widgets import DbServerClient, DbServerWidget, PostgresConnection, Secret
from lamin_widgets.account import Account
from lamin_widgets.allow_list import allow_list
from lamin_widgets.api.exchange import Reply, Request
from lamin_widgets.api.replies import read
from lamin_widgets.connection_string import parse
from lamin_widgets.diagnosis import diagnose
from lamin_widgets.errors import LaminWidgetsError
from lamin_widgets.outcome import explain
from lamin_widgets.regions import REGIONS
from lamin_widgets.snippet import instance_snippets, snippets

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

    from watching import Seen

    from lamin_widgets.sandbox import Sandbox
    from lamin_widgets.sandbox.raw import RawServer

REGION = "prod-us-east-1"


@dataclass
class World:
    """What the scenes play in.

    Attributes:
        sandbox: For real replies, and ones that repeat what was sent.
        repeating: A server that asks for the password in clear text and repeats it.
    """

    sandbox: Sandbox
    repeating: RawServer


def url_with(password: str) -> str:
    return (
        f"postgresql://postgres:{quote(password, safe='')}@db.example.org:5432/postgres"
    )


# --- Objects ---------------------------------------------------------------------


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


# --- The form --------------------------------------------------------------------


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
        widget = DbServerWidget(host="db.example.org", **arguments)
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
    seen.add("objects", *walk_of(controller))
    seen.add("snippets", snippets(draft), instance_snippets(draft))
    seen.add("snippets", allow_list(REGIONS[0], 5432), widget.masked_url)


def without_source(values: dict[str, Any]) -> Iterator[str]:
    """Give name and value of each, but for the page's source, which is the same."""
    left_out = {"_esm", "_css", "_trait_values", "_static_immutable_initial_values"}
    for name, value in values.items():
        if name not in left_out and not isinstance(value, Widget):
            yield f"{name}={value!r}"


def walk_of(controller: Any) -> Iterator[str]:
    from watching import walk  # noqa: PLC0415 - a cycle of names else

    for value in vars(controller).values():
        if not isinstance(value, Widget):
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
            fields = ("name", "host", "port", "api_server_name", "organization_id")
            for field in (*fields, "instance_name", "storage", "schema_str", "api_url"):
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


# --- Replies ---------------------------------------------------------------------


def bodies(value: str, url: str) -> list[tuple[int, Any]]:
    """What an API may make of a request, FastAPI's 422 first."""
    request = {"name": "x", "url": url, "api_server_name": REGION}
    detail = [{"type": "t", "loc": ["body", "url"], "msg": f"bad: {value}"}]
    return [
        (422, {"detail": [{**detail[0], "input": request, "ctx": {"error": value}}]}),
        (422, {"detail": [{"loc": ["body", value, url], "msg": url}]}),
        (400, {"detail": f"cannot use {url!r} of {request}"}),
        (400, {"detail": str(bodies_in_json(request))}),
        (409, {value: [value, {url: {value: url}}], "message": url}),
        (500, f"<p title='{value}'>{value}</p><!-- {quote(url)} -->"),
        (502, value.encode("utf-16")),
        (200, {"status": "error", "message": f'connection to "{value}" failed: {url}'}),
        (200, {"status": "error", "message": libpq_says(value)}),
        (201, {"message": f"registered {url}", "success": False}),
        (200, [url, value]),
        (200, value),
    ]


def bodies_in_json(request: dict[str, str]) -> str:
    import json  # noqa: PLC0415 - used once

    return json.dumps({"request": json.dumps(request)})


def libpq_says(value: str) -> str:
    host = value.partition("@")[2] or value
    return f'could not translate host name "{host}@127.0.0.1" to address: unknown'


def calls(client: DbServerClient, password: str) -> list[Callable[[], Any]]:
    connection = PostgresConnection("127.0.0.1", 5432, password)
    return [
        lambda: client.register("x", connection, REGION),
        lambda: client.check_access("x"),
        lambda: client.create_instance("i", "x"),
    ]


def repeated_password(world: World, seen: Seen, value: str) -> None:
    """The API repeats the password in whatever shape."""
    _replies(world, seen, value, world.sandbox.issue_token(), value)
    # the client's check does not know the password, but the form may hold it
    layer = world.sandbox.api
    for body in bodies(value, url_with(value))[-5::2]:
        layer.fault(status=body[0], body=body[1], times=None)
        token = world.sandbox.issue_token()
        client = DbServerClient(world.sandbox.api_url, token)
        with form(seen, client=client, password=value, name="x") as widget:
            seen.thing("outcomes", widget.test())
        client.close()
        layer.clear_faults()


def repeated_token(world: World, seen: Seen, value: str) -> None:
    """The API repeats the token, and no other call can show it either."""
    _replies(world, seen, value, value, "another-Password-7")


def _replies(world: World, seen: Seen, value: str, token: str, password: str) -> None:
    layer = world.sandbox.api
    client = DbServerClient(world.sandbox.api_url, token)
    for status, body in bodies(value, url_with(password)):
        # of what a call repeats, a client can remove what it was given
        for call in calls(client, password)[: None if value == token else 1]:
            layer.clear_faults()
            # a reply's header can repeat it as well
            safe = quote(value, safe="")[:2000]
            headers = {"X-Echo": safe, "Retry-After": "0"}
            layer.fault(status=status, body=body, headers=headers, times=None)
            _call(seen, call, secrets=(Secret(token), Secret(password)))
    layer.clear_faults()
    with form(seen, client=client, password=password) as widget:
        layer.fault(status=422, body=bodies(value, url_with(password))[0][1])
        widget.name = "x"
        seen.thing("outcomes", widget.register())
        layer.clear_faults()
    client.close()


def _call(seen: Seen, call: Callable[[], Any], secrets: tuple[Secret, ...]) -> None:
    try:
        seen.add("outcomes", call())
    except LaminWidgetsError as error:
        seen.exception(error)
        seen.thing("outcomes", explain(error, "register", secrets=secrets))


# --- The database ----------------------------------------------------------------


def diagnosed(world: World, seen: Seen, value: str) -> None:
    """A real server that refuses the password, and one that repeats it."""
    database = world.sandbox.database
    for host, port in (
        (database.host, database.port),
        (world.repeating.host, world.repeating.port),
    ):
        connection = PostgresConnection(host, port, value)
        steps: list[Any] = []
        outcome = diagnose(connection, deadline=10, on_step=steps.append)
        assert outcome.cause in {"password_rejected", "unexpected"}, outcome.cause
        seen.thing("outcomes", outcome)
        seen.add("outcomes", steps)


def repeat_password(connection: socket.socket, _stopping: threading.Event) -> None:
    """Speak PostgreSQL's protocol: ask for the password, and repeat it."""
    (size,) = struct.unpack("!I", _exactly(connection, 4))
    if _exactly(connection, size - 4)[:4] == struct.pack("!I", 80877103):  # TLS?
        connection.sendall(b"N")
        (size,) = struct.unpack("!I", _exactly(connection, 4))
        _exactly(connection, size - 4)
    connection.sendall(b"R" + struct.pack("!II", 8, 3))
    _, size = struct.unpack("!cI", _exactly(connection, 5))
    password = _exactly(connection, size - 4).rstrip(b"\0")
    said = b"SFATAL\0C28P01\0Mzqx no such thing as " + password + b" here\0\0"
    connection.sendall(b"E" + struct.pack("!I", len(said) + 4) + said)
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(65536):
        pass


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise OSError("hung up")
        data += more
    return data


# --- Failures --------------------------------------------------------------------


def failing_passwords(world: World, seen: Seen, value: str) -> None:
    """Everything that can go wrong with a password in hand."""
    url = url_with(value)
    secret = Secret(value)
    client = DbServerClient("http://127.0.0.1:1", "a-token-7-Wq")
    fine = PostgresConnection("127.0.0.1", 1, value)
    for call in (
        lambda: Secret(value.encode()),
        lambda: PostgresConnection("", 5432, value),
        lambda: PostgresConnection("a b", 5432, secret),
        lambda: PostgresConnection("h", 0, value),
        lambda: PostgresConnection("h", None, value),
        lambda: PostgresConnection(None, 1, value),
        lambda: PostgresConnection("h", 1, f"{value}\0"),
        lambda: PostgresConnection("h", 1, f"{value}\ud800"),
        lambda: PostgresConnection("h", 1, value.encode()),
        lambda: PostgresConnection.from_url(url.replace("5432", "x")),
        lambda: PostgresConnection.from_url(f"{url}?a=b"),
        lambda: PostgresConnection.from_url(url.encode()),
        lambda: DbServerWidget(password=f"{value}\0"),
        lambda: DbServerWidget(password=value.encode()),
        lambda: DbServerWidget(password=value, api_url="ftp://x"),
        lambda: DbServerWidget(password=value, locked=["nope"]),
        lambda: DbServerWidget(password=value, port=None),
        lambda: DbServerWidget(password=value, host=7),
        lambda: DbServerWidget().set_password(f"{value}\0"),
        lambda: DbServerWidget().set_password(value.encode()),
        lambda: client.register("x", fine, None),
        lambda: client.register("x", fine, REGION),
        lambda: client.register("x", url, REGION),
    ):
        seen.failing(call)


def failing_strings(world: World, seen: Seen, value: str) -> None:
    """Connection strings that cannot be read."""
    url = url_with(value)
    for text in (
        url.replace("postgres:", "someone:", 1).replace("://postgres", "://someone"),
        url.replace("/postgres", "/other"),
        url.replace("5432", "99999"),
        url.replace("postgresql", "mysql"),
        f"'{url}",
        '"' * 3000 + url + '"' * 3000,
        f"{value}\0",
        f"psql {url!r} {value!r} '",
        f"host=a,b password={value!r}",
        url * 800,
    ):
        seen.add("objects", repr(_parsed(seen, text)))
    seen.failing(lambda: parse(url.encode()))
    seen.failing(lambda: parse(None))


def _parsed(seen: Seen, text: str) -> Any:
    try:
        return parse(Secret(text))
    except LaminWidgetsError as error:
        seen.exception(error)


def failing_keys(world: World, seen: Seen, value: str) -> None:
    """An API key of the wrong type."""
    seen.failing(lambda: DbServerWidget().sign_in(value.encode()))


def failing_tokens(world: World, seen: Seen, value: str) -> None:
    """A token, where the API cannot be used."""
    for call in (
        lambda: DbServerClient("ftp://x", value),
        lambda: DbServerClient("http://127.0.0.1:1", value.encode()),
        lambda: DbServerClient("http://127.0.0.1:1", value).check_access("x"),
        lambda: DbServerClient("http://127.0.0.1:1", f"{value}\r\nX: y").check_access(
            "x"
        ),
    ):
        seen.failing(call)
    client = DbServerClient("http://127.0.0.1:1", value)
    seen.thing("objects", client)
    with form(seen, client=client, name="x") as widget:
        seen.thing("outcomes", widget.test())


SCENES = {
    "password": (
        objects,
        typed_password,
        repeated_password,
        diagnosed,
        failing_passwords,
    ),
    "connection string": (pasted_string, failing_strings),
    "API key": (objects, typed_key, failing_keys),
    "access token": (objects, repeated_token, failing_tokens),
}
CHANNELS = (
    *("state", "messages", "mime bundle", "objects", "snippets", "outcomes"),
    *("exceptions", "tracebacks", "logs", "warnings", "output"),
)


def play(world: World, kind: str, value: str, seen: Seen) -> Seen:
    """Play all scenes for a kind of secret."""
    with seen.watch():
        for scene in SCENES[kind]:
            scene(world, seen, value)
    return seen
