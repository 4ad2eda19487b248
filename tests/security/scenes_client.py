"""An API that repeats what it was sent, in every shape."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from scenes_form import form
from world import REGION, url_with

from lamin_widgets import DbServerClient, PostgresConnection, Secret
from lamin_widgets.core.errors import LaminWidgetsError
from lamin_widgets.core.outcome import explain

if TYPE_CHECKING:
    from collections.abc import Callable

    from watching import Seen
    from world import World


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
