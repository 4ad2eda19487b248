"""Everything that can go wrong with a secret in hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scenes_form import form
from world import REGION, url_with

from lamin_widgets import DbServerClient, DbServerWidget, PostgresConnection, Secret
from lamin_widgets.core.errors import LaminWidgetsError
from lamin_widgets.form.connection_strings import parse

if TYPE_CHECKING:
    from watching import Seen
    from world import World


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
