"""Scenes with a secret. Each one uses a value, and collects everything visible."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any
from unittest import mock
from urllib.parse import quote

import lamindb_setup
import psycopg2
from doubles.api_server import ApiServer
from doubles.processes import eventually
from ipywidgets import Widget
from lamindb_setup.core import _hub_client, _hub_core
from requests.adapters import HTTPAdapter
from security.attacker import Page, open_form
from security.listeners import Listener

from lamin_widgets import (
    DbServerClient,
    DbServerWidget,
    LaminWidgetsError,
    PostgresConnection,
    Secret,
    diagnose,
)
from lamin_widgets.core.connection_strings import read as parse
from lamin_widgets.core.outcome import explain
from lamin_widgets.form.fields import WRITABLE
from lamin_widgets.lamin.account import Account, Session
from lamin_widgets.lamin.calls import RegisterServer
from lamin_widgets.lamin.replies import read
from lamin_widgets.lamin.transport import Reply, Request
from lamin_widgets.session.panels import PANELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from security.watching import Seen

CHANNELS = (
    *("state", "messages", "objects", "outcomes", "exceptions", "frames"),
    *("logs", "output", "files"),
)
SHOWING = [panel for panel in PANELS if panel not in {"paste", "advanced", "instance"}]
"""Panels with content of their own, in addition to fields."""
REGION = "prod-us-east-1"
TOKEN = "another-token-5"
PASSWORD = "another-Password-7"


def url_with(password: str) -> str:
    encoded = quote(password, safe="")
    return f"postgresql://postgres:{encoded}@db.example.org:5432/postgres"


# The form


@contextlib.contextmanager
def form(seen: Seen, **arguments: Any) -> Iterator[Page]:
    """Open a form, and collect everything that it shows, saves, and exports."""
    with open_form(
        **{"host": "127.0.0.1", "port": 1, "name": "x", **arguments}
    ) as page:
        yield page
        look_at(page, seen)
    look_at(page, seen)


def look_at(page: Page, seen: Seen) -> None:
    widget = page.widget
    for panel in SHOWING if widget.comm is not None else ():
        page.update(panel=panel)
    seen.add("messages", page.texts)
    traits = widget.trait_values()
    seen.add("state", *(v for k, v in traits.items() if k not in {"_esm", "_styles"}))
    if widget.comm is not None:  # Closed forms have no saved state.
        for model in Widget.get_manager_state(widgets=[widget])["state"].values():
            saved = {**model["state"], "_esm": "", "_styles": ""}
            seen.add("state", json.dumps(saved, default=repr))
    seen.add("state", repr(widget), str(widget), f"{widget}", widget.masked_url)
    seen.thing("objects", list(vars(widget).values()))
    if widget.outcome is not None:
        seen.thing("outcomes", widget.outcome)


def objects(seen: Seen, value: str) -> None:
    """Show every kind of object that holds a secret."""
    secret = Secret(value)
    connection = PostgresConnection("db.example.org", 5432, secret)
    request = Request(
        "POST", "https://x", secret, json={"url": secret}, hidden=(secret,)
    )
    reply = Reply(400, {"x": "y"}, secret, 5)
    for thing in (
        secret,
        connection,
        connection.url,
        RegisterServer("x", connection, REGION),
        request,
        reply,
        read(reply, [secret]),
        Account("me", secret),
        DbServerClient("http://127.0.0.1:1", secret),
        parse(Secret(url_with(value))),
        {"nested": [secret, (secret,)]},
    ):
        seen.thing("objects", thing)
    seen.add("objects", "%s %r" % (secret, secret))  # noqa: UP031  # an old way to format
    seen.add("objects", connection.masked_url)


def typed_password(seen: Seen, value: str) -> None:
    """Enter, give, set, keep, and clear a password."""
    with form(seen) as page:
        page.send("password", value)
        assert page.widget.has_password
        look_at(page, seen)
        page.click("diagnose")
        page.click("register")
        page.send("forget-password")
    with form(seen, password=value, keep_password=True) as page:
        page.widget.set_password(value)
        page.widget.diagnose()


def repeated_password(seen: Seen, value: str) -> None:
    """Let the API and the database server repeat the password in every encoding."""
    connection = PostgresConnection("127.0.0.1", 1, value)
    with ApiServer() as api:
        client = DbServerClient(api.url, TOKEN)
        for status, body in bodies(value, url_with(value)):
            api.clear()
            headers = {"X-Echo": quote(value)[:2000], "Retry-After": "0"}
            api.reply(status, body=body, headers=headers)
            with contextlib.suppress(LaminWidgetsError):
                call(seen, lambda: client.register("x", connection, REGION))
        with form(seen, client=client) as page:
            page.send("password", value)
            page.widget.register()
            look_at(page, seen)
        # In these scenes, the form has the secret, and the client doesn't.
        for action in ("test", "create-instance"):
            with form(seen, client=client, password=value) as page:
                page.widget.instance_name = "x"
                page.click(action)
    with Listener() as server:
        connection = PostgresConnection(server.host, server.port, value)
        steps: list[Any] = []
        seen.thing("outcomes", diagnose(connection, on_step=steps.append))
        seen.add("outcomes", steps)
        with form(seen, port=server.port, password=value) as page:
            page.click("diagnose")


def bodies(value: str, url: str) -> list[tuple[int, Any]]:
    """Return the status and body of replies that repeat a request."""
    request = {"name": "x", "url": url, "api_server_name": REGION}
    error = {"type": "t", "loc": ["body", "url"], "msg": f"bad: {value}"}
    return [
        (422, {"detail": [{**error, "input": request, "ctx": {"error": value}}]}),
        (422, {"detail": [{"loc": ["body", value, url], "msg": url}]}),
        (400, {"detail": f"cannot use {url!r} of {request}"}),
        (400, {"detail": json.dumps({"request": json.dumps(request)})}),
        (409, {value: [value, {url: {value: url}}], "message": url}),
        (500, f"<title>{value}</title><p title='{value}'>{value}</p>"),
        (502, value.encode("utf-16")),
        (302, {}),
        (200, {"status": "error", "message": f'to "{value}" failed: {url}'}),
        (201, {"message": f"registered {url}", "success": False}),
        (200, [url, value]),
        (200, {"status": "error", "message": f"FATAL:  no role {value!r}"}),
    ]


def call(seen: Seen, function: Any) -> None:
    """Collect the result or the error of a call."""
    try:
        seen.add("outcomes", function())
    except LaminWidgetsError as error:
        seen.exception(error)
        seen.thing("outcomes", explain(error, "register"))
        raise


def failing_password(seen: Seen, value: str) -> None:
    """Let every call that has the password fail."""
    url = url_with(value)
    client = DbServerClient("http://127.0.0.1:1", TOKEN)
    fine = PostgresConnection("127.0.0.1", 1, value)
    for function in (
        lambda: Secret(value.encode()),
        lambda: PostgresConnection("", 5432, value),
        lambda: PostgresConnection("a b", 5432, Secret(value)),
        lambda: PostgresConnection("h", 0, value),
        lambda: PostgresConnection(None, 1, value),
        lambda: PostgresConnection("h", 1, f"{value}\0"),
        lambda: PostgresConnection("h", 1, f"{value}\ud800"),
        lambda: PostgresConnection("h", 1, value.encode()),
        lambda: PostgresConnection.from_url(f"{url}?a=b"),
        lambda: PostgresConnection.from_url(url.encode()),
        lambda: DbServerWidget(password=f"{value}\0"),
        lambda: DbServerWidget(password=value.encode()),
        lambda: DbServerWidget(password=value, api_url="ftp://x"),
        lambda: DbServerWidget(password=value, locked=["nope"]),
        lambda: DbServerWidget(password=value, misspelled=1),
        lambda: DbServerWidget.from_env(password=value, misspelled=1),
        lambda: DbServerWidget().set_password(f"{value}\0"),
        lambda: client.register("x", fine, None),
        lambda: client.register("x", fine, REGION),
        lambda: client.register("x", url, REGION),
    ):
        seen.failing(function)


class Panic(BaseException):
    """An error that isn't an `Exception`, as in extensions written in Rust."""


class Mute(RuntimeError):
    """An error that can't be converted to text."""

    def __str__(self) -> str:
        raise RuntimeError("can't be shown")


UNEXPECTED = (RuntimeError, Mute, Panic, KeyboardInterrupt)


@contextlib.contextmanager
def raising(owner: Any, name: str, kind: type[BaseException], value: str) -> Any:
    """Let a library function raise errors that contain the secret."""

    def fail(*arguments: Any, **named: Any) -> Any:
        held = [value, arguments, named]
        try:
            raise LookupError(held)
        finally:
            raise kind(f"cannot use {value}")

    with mock.patch.object(owner, name, fail):
        yield


def unexpected_password(seen: Seen, value: str) -> None:
    """Put the password into the errors of requests and psycopg2."""
    client = DbServerClient("http://127.0.0.1:1", TOKEN)
    connection = PostgresConnection("127.0.0.1", 1, value)
    for kind in UNEXPECTED:
        with raising(HTTPAdapter, "send", kind, value):
            seen.failing(lambda: client.register("x", connection, REGION))
            with form(seen, client=client, password=value) as page:
                page.widget.register()
        with raising(psycopg2, "connect", kind, value):
            try:
                seen.thing("outcomes", diagnose(connection))
            except (Panic, KeyboardInterrupt) as error:
                seen.exception(error)
            with form(seen, password=value) as page:
                page.click("diagnose")


# Connection strings


def pasted_string(seen: Seen, value: str) -> None:
    """Paste connection strings into every field."""
    raw = f"postgresql://postgres:{value}@db.example.org:5432/postgres"
    for text in (
        *(url_with(value), raw, f"postgresql://bob:{value}@db.example.org/other"),
        *(f"postgres:{value}@db.example.org", f"PGPASSWORD={value}"),
        f"host=h user=postgres password={value!r}",
    ):
        with form(seen) as page:
            page.send("connection-string", text)
            for field in WRITABLE:
                setattr(page.widget, field, text)
        with contextlib.suppress(ValueError), form(seen, url=text):
            pass


def failing_string(seen: Seen, value: str) -> None:
    """Paste connection strings that can't be parsed."""
    url = url_with(value)
    for text in (
        url.replace("postgres:", "someone:", 1).replace("://postgres", "://someone"),
        *(url.replace("/postgres", "/other"), url.replace("5432", "99999")),
        *(url.replace("postgresql", "mysql"), f"'{url}", f"{value}\0", url * 200),
        *('"' * 300 + url, f"psql {url!r} {value!r} '", f"host=a,b password={value!r}"),
        f"jdbc:postgresql:///postgres?cloudSqlInstance=a&password={quote(value)}",
    ):
        with contextlib.suppress(LaminWidgetsError):
            call(seen, lambda text=text: parse(Secret(text)))
        with contextlib.suppress(ValueError):
            seen.failing(lambda text=text: DbServerWidget(url=text, misspelled=1))


# API keys and tokens


def typed_key(seen: Seen, value: str) -> None:
    """Put the API key into the errors of lamindb_setup."""
    for kind in UNEXPECTED:
        with (
            raising(lamindb_setup, "login", kind, value),
            raising(_hub_core, "_sign_in_hub_api_key", kind, value),
            mock.patch.object(_hub_client, "connect_hub"),  # slow, and sends nothing
            form(seen) as page,
        ):
            seen.thing("outcomes", page.widget.sign_in(value))
            page.click("sign-in", value)
            page.click("sign-in-once", value)
    seen.failing(lambda: DbServerWidget().sign_in(value.encode()))
    with raising(lamindb_setup, "login", RuntimeError, value):
        seen.failing(lambda: Session().sign_in(Secret(value)))


def repeated_token(seen: Seen, value: str) -> None:
    """Let the API repeat the access token in its replies."""
    connection = PostgresConnection("127.0.0.1", 1, PASSWORD)
    with ApiServer() as api:
        client = DbServerClient(api.url, value)
        for status, body in bodies(value, url_with(PASSWORD)):
            api.clear()
            headers = {"Location": quote(value)[:2000], "Retry-After": "0"}
            api.reply(status, body=body, headers=headers)
            for function in (
                lambda: client.register("x", connection, REGION),
                lambda: client.check_access("x"),
                lambda: client.create_instance("i", "x"),
            ):
                with contextlib.suppress(LaminWidgetsError):
                    call(seen, function)
        with form(seen, client=client) as page:
            page.click("test")
            look_at(page, seen)


def failing_token(seen: Seen, value: str) -> None:
    """Use an access token that can't be sent, and let libraries fail with it."""
    for function in (
        lambda: DbServerClient("ftp://x", value),
        lambda: DbServerClient("http://127.0.0.1:1", value.encode()),
        lambda: DbServerClient("http://127.0.0.1:1", value).check_access("x"),
        lambda: DbServerClient("http://127.0.0.1:1", f"{value}\r\n").check_access("x"),
    ):
        seen.failing(function)
    client = DbServerClient("http://127.0.0.1:1", value)
    for kind in UNEXPECTED:
        with raising(HTTPAdapter, "send", kind, value):
            seen.failing(lambda: client.check_access("x"))
            with form(seen, client=client) as page:
                page.click("test")
        with raising(Session, "current", kind, value), form(seen) as page:
            page.hello()
            eventually(lambda: page.view)


SCENES = {
    "password": (
        *(objects, typed_password, repeated_password, failing_password),
        unexpected_password,
    ),
    "connection string": (pasted_string, failing_string),
    "API key": (objects, typed_key),
    "access token": (objects, repeated_token, failing_token),
}
