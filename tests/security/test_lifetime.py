"""No secret stays in memory after it was cleared, not even in a cycle."""

from __future__ import annotations

import contextlib
import gc
import secrets
import threading
from unittest import mock

import pytest
from doubles.api_server import ApiServer
from doubles.processes import eventually
from doubles.raw_server import RawServer, silent
from security.attacker import open_form
from security.listeners import Listener
from security.watching import holders

from lamin_widgets import (
    DbServerClient,
    DbServerWidget,
    PostgresConnection,
    Secret,
    diagnose,
)
from lamin_widgets.lamin.account import Account, Session
from lamin_widgets.session.store import Store

TOKEN = "zqtoken-wvx8yyq9jjx3kkv"
REGION = "prod-us-east-1"


def api_client(url="http://127.0.0.1:1"):
    return DbServerClient(url, TOKEN)


def registered(value):
    with ApiServer() as api:
        api.reply(201, body={"message": "ok"})
        client = api_client(api.url)
        page = open_page(value, client=client)
        assert page.widget.register()
        api.requests.clear()
    return page


def open_page(value, **arguments):
    page = stack.enter_context(open_form(name="x", host="127.0.0.1", **arguments))
    page.send("password", value)
    assert page.widget.has_password
    return page


def register_refused(value):
    page = open_page(value, client=api_client())
    page.click("register")
    page.click("register-anyway")
    assert page.widget.outcome.cause == "api_refused"
    page.send("forget-password")
    return page


def diagnosed(value):
    with Listener() as server:
        page = open_page(value)
        page.click("diagnose", port=server.port)
        assert page.widget.outcome.cause == "server_refused"
        page.send("forget-password")
        server.received.clear()
    return page


def diagnose_refused(value):
    page = open_page(value)
    page.click("diagnose", port=1)
    page.send("forget-password")
    return page


def pasted(value):
    page = open_page("other-Wq7")
    page.send(
        "connection-string", f"postgresql://postgres:{value}@db.example.org/postgres"
    )
    assert page.widget.host == "db.example.org"
    page.send("forget-password")
    return page


def pasted_in_vain(value):
    page = open_page("other-Wq7")
    for text in (
        "postgresql://bob:{}@h/other",
        "host=a,b password={}",
        "mysql://a:{}@h",
    ):
        page.send("connection-string", text.format(value))
        page.update(host=text.format(value))
    return page


def replaced(value):
    page = open_page(value)
    page.send("password", "other-Wq7")
    return page


def dropped(value):
    page = open_page("other-Wq7")
    page.widget.set_password(value)
    page.update(host="db.example.org")
    return page


def closed(value):
    page = open_page(value)
    page.widget.close()
    return page


def closed_in_an_action(value):
    with RawServer(silent) as server:
        page = open_page(value, port=server.port)
        page.send("action", action="diagnose", values={})
        eventually(lambda: "connections" and page.view.get("running"))
        page.widget.close()
    return page


class FormSession(Session):
    """A sign-in that is kept in memory only."""

    def sign_in(self, api_key, *, remember=True, cancelled=None):
        self.account = Account("ada", Secret(api_key))
        return self.account

    def current(self):
        return getattr(self, "account", Account())


def signed_in_and_closed(value):
    with mock.patch("lamin_widgets.lamin.account.Session", FormSession):
        page = stack.enter_context(open_form(name="x"))
        page.click("sign-in-once", value)
    eventually(lambda: page.view["account"]["state"] == "signed-in")
    page.widget.close()
    return page


def closed_before_the_sign_in(value):
    """Close the form between the start of an action and the choice of its client."""
    started, closed = threading.Event(), threading.Event()
    find = Store._client_for  # noqa: SLF001  # the race happens in it

    def find_late(store, api_url):
        started.set()
        assert closed.wait(10)
        return find(store, api_url)

    with (
        mock.patch("lamin_widgets.lamin.account.Session", FormSession),
        mock.patch.object(Store, "_client_for", find_late),
    ):
        page = stack.enter_context(open_form(name="x", greets=False))
        page.send("action", value, action="sign-in-once", values={})
        assert started.wait(10)
        page.widget.close()
        closed.set()
        worker = "lamin-widgets-run_job"
        eventually(lambda: worker not in {t.name for t in threading.enumerate()})
    return page


def failed_in_python(value):
    for call in (
        lambda: PostgresConnection("", 1, value),
        lambda: PostgresConnection("h", value, value),
        lambda: PostgresConnection("h", 1, f"{value}\0"),
        lambda: DbServerWidget(password=f"{value}\0"),
        lambda: DbServerWidget(host=f"postgresql://bob:{value}@h/other"),
        lambda: DbServerWidget(password=value, locked=["nope"]),
        lambda: DbServerClient("http://127.0.0.1:1", value).check_access("x"),
        lambda: api_client().register("x", PostgresConnection("h", 1, value), REGION),
    ):
        with contextlib.suppress(Exception):
            call()
    diagnose(PostgresConnection("127.0.0.1", 1, value))


SCENES = (
    *(registered, register_refused, diagnosed, diagnose_refused, pasted),
    *(pasted_in_vain, replaced, dropped, closed, closed_in_an_action),
    *(signed_in_and_closed, closed_before_the_sign_in, failed_in_python),
)
stack = contextlib.ExitStack()


@pytest.fixture(scope="module")
def held():
    """Objects that still refer to the secret of each scene, after all scenes."""
    # The scenes get reversed values, so that this frame doesn't hold the secrets.
    values = {scene: secrets.token_hex(12) for scene in SCENES}
    gc.collect()
    gc.disable()  # Otherwise, the collector could hide a cycle that holds a secret.
    try:
        with stack:
            pages = [scene(values[scene][::-1]) for scene in SCENES]
            found = holders(*values.values())
            for _ in range(5):  # A thread might still be ending.
                found = found and holders(*values.values())
        del pages
    finally:
        gc.enable()
    return {scene: found.get(values[scene], []) for scene in SCENES}


@pytest.mark.parametrize("scene", SCENES)
def test_cleared_secret_leaves_memory(held, scene):
    assert not held[scene]


@pytest.mark.usefixtures("only_new_objects")
def test_kept_secret_is_found_in_memory():
    backwards = secrets.token_hex(12)
    with stack:
        page = open_page(backwards[::-1])
        assert holders(backwards)
    del page
