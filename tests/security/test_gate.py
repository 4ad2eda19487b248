"""An attacker's page forges every trait, and every field of a message."""

from __future__ import annotations

import contextlib
import json
import logging

import pytest
from security.attacker import open_form
from security.leak_scanner import SECRETS, find_leaks
from security.watching import Seen

from lamin_widgets import DbServerWidget, Secret
from lamin_widgets.form.fields import WRITABLE

PASSWORD = SECRETS["plain"]
LONG = 1_000_000
FORGED = [
    None,
    True,
    0,
    -1,
    10**30,
    1.5,
    "",
    "x",
    "x" * LONG,
    "\0\x1b[2K\u202e\ud800",
    [],
    ["host"],
    {},
    {"a": {"b": ["c"]}},
    [[[[]]]],
    b"\xff",
    float("nan"),
]
KEYS = sorted(DbServerWidget().keys)
KINDS = ("hello", "password", "connection-string", "forget-password", "action")
ACTIONS = (
    *("diagnose", "register", "register-anyway", "test", "create-instance"),
    *("sign-in", "sign-in-once", "sign-out", "cancel", "send-anyway"),
    *("keep-checking-diagnose", "keep-checking-test"),
)


@pytest.fixture
def page():
    locked = ("host", "port", "api_url", "password")
    with open_form(
        name="x",
        host="127.0.0.1",
        port=1,
        password=PASSWORD,
        api_url="http://127.0.0.1:1",
        locked=locked,
    ) as page:
        yield page


@pytest.fixture(autouse=True)
def _nothing_fails(caplog):
    yield
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]


def state(page):
    """Return the parts of a form that the page must not be able to change."""
    widget = page.widget
    synced = {
        key: getattr(widget, key)
        for key in KEYS
        if key not in {*WRITABLE, "panel", "view"}
    }
    locked = (widget.host, widget.port, widget.api_url, widget.has_password)
    return {**synced, "locked": locked, "names": widget.locked}


def is_whole(page):
    """Check that the form is drawn from plain values."""
    assert json.dumps(page.widget.view, allow_nan=False)
    for field in WRITABLE:
        value = getattr(page.widget, field)
        assert isinstance(value, int if field == "port" and value != "" else str)
        assert len(str(value)) < 20_000
    assert {"host", "port", "password"} <= {*page.view["fields"]}


@pytest.mark.parametrize("key", KEYS)
def test_page_changes_only_writable_and_unlocked_traits(page, key):
    before = state(page)
    for value in FORGED:
        sent = len(page.wire.sent)
        page.update(**{key: value})
        assert state(page) == before
        is_whole(page)
        if key not in {*WRITABLE, "panel"} or key in {"host", "port", "api_url"}:
            # The kernel sends its own value back to the page.
            states = [data.get("state", {}) for _, data, _ in page.wire.sent[sent:]]
            assert any(key in each for each in states)


def test_page_cannot_create_an_attribute(page):
    before = {*vars(page.widget)}
    page.update(
        has_password=False,
        locked=[],
        outcome={},
        facts={"lamin": {"state": "yes"}},
        keys=[],
        comm=None,
        __class__="x",
        masked_url="x",
        password="x",
        api_key="x",
        paste="x",
    )
    page.widget.name = "y"
    assert {*vars(page.widget)} == before
    assert page.widget.facts["lamin"]["state"] == "not checked"
    assert page.widget.has_password


@pytest.mark.parametrize("kind", KINDS)
def test_message_with_forged_fields_changes_nothing(page, kind):
    before = state(page)
    for value in FORGED:
        page.deliver({"method": "custom", "content": {"kind": kind, "field": value}})
        for name in ("values", "action", "kind", "buffers", "extra"):
            content = {"kind": kind, name: value}
            page.deliver({"method": "custom", "content": content})
        page.deliver({"method": "custom", "content": value})
        page.wait()
        assert state(page) == before
        is_whole(page)


@pytest.mark.parametrize("action", ACTIONS)
def test_action_with_forged_values_changes_no_locked_field(page, action):
    before = state(page)
    for field in (*WRITABLE, "password", "api_key", "locked", "view", "panel"):
        for value in FORGED:
            values = {field: value, "host": "localhost", "api_url": "https://lamin.ai"}
            content = {"kind": "action", "action": action, "values": values}
            if action in {"diagnose", "cancel"}:
                page.deliver({"method": "custom", "content": content})
    page.send("action", action=action, values={"port": 9, "locked": [], "host": "h"})
    page.send("action", action="cancel", values={})
    page.wait()
    assert {**state(page), "locked": 0} == {**before, "locked": 0}
    assert state(page)["locked"][:3] == before["locked"][:3]
    is_whole(page)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "buffers",
    [(b"",), (b"\xff\xfe",), (b"x", b"y"), (b"x" * LONG,), (b"\0",), (b"x",) * 100],
    ids=["empty", "no text", "two", "too long", "NUL", "a hundred"],
)
def test_forged_buffers_do_not_replace_a_locked_password(page, kind, buffers):
    page.send(kind, *buffers)
    assert page.widget.has_password
    is_whole(page)


def test_buffers_in_a_state_update_are_refused(page):
    before = state(page)
    for path in (["view"], ["host"], ["name"], ["_esm"]):
        data = {"method": "update", "state": {}, "buffer_paths": [path]}
        page.deliver(data, [b"forged"])
        assert state(page) == before
        is_whole(page)


# Secrets in fields that aren't for secrets

URL = f"postgresql://postgres:{PASSWORD}@db.example.org:5432/postgres"
STRINGS = {
    "URL": URL,
    "environment": f"DATABASE_URL={URL}  # production",
    "other user": f"postgresql://bob:{PASSWORD}@db.example.org/postgres",
    "no scheme": f"postgres:{PASSWORD}@db.example.org",
    "space": f"user: {PASSWORD}@db.example.org",
    "key=value": f"host=db.example.org user=postgres password='{PASSWORD}'",
    "ADO.NET": f"Host=db.example.org;Username=postgres;Password={PASSWORD}",
    "pgpass": f"db.example.org:5432:postgres:postgres:{PASSWORD}",
    "JSON": json.dumps({"username": "postgres", "password": PASSWORD, "host": "h"}),
    "JDBC": f"jdbc:postgresql://h/postgres?user=postgres&password={PASSWORD}",
    "Cloud SQL": f"jdbc:postgresql:///postgres?cloudSqlInstance=p:r:i&password={PASSWORD}",
    "variable": f"PGPASSWORD={PASSWORD}",
    "psql": f"psql '{URL}'",
    "quoted": f'"{URL}"',
    "two lines": f"A=b\n{URL}\n",
    "token": f"h:5432/?Action=connect&DBUser=postgres&X-Amz-Signature={PASSWORD}",
    "bearer": f"Bearer {PASSWORD}",
    "malformed": f"postgresql://postgres:{PASSWORD}@@h:x/postgres",
    "proxy": f"http://me:{PASSWORD}@proxy.example.org:3128",
    "storage": f"s3://key:{PASSWORD}@bucket",
}


def by_update(page, field, text):
    page.update(**{field: text})


def by_action(page, field, text):
    page.send("action", action="cancel", values={field: text})


def by_trait(page, field, text):
    setattr(page.widget, field, text)


def everything(page):
    """Run an action, and return everything visible of the form."""
    page.update(panel="code")
    page.send("action", action="diagnose", values={})
    page.wait()
    traits = page.widget.trait_values()
    shown = {key: traits[key] for key in traits.keys() - {"_esm", "_styles"}}
    return f"{page.texts} {shown!r} {page.widget!r} {page.widget.outcome!r}"


@pytest.mark.parametrize("notation", STRINGS)
@pytest.mark.parametrize("way", [by_update, by_action, by_trait])
def test_secret_in_a_plain_field_is_not_kept(way, notation):
    with open_form(port=1) as page:
        for field in WRITABLE:
            way(page, field, STRINGS[notation])
            assert not find_leaks(repr(page.widget.trait_values()), PASSWORD), field
        assert not find_leaks(everything(page), PASSWORD)


@pytest.mark.parametrize("notation", STRINGS)
@pytest.mark.parametrize("field", ["name", "host", "port", "organization_id"])
def test_secret_in_a_plain_argument_is_not_kept(field, notation):
    seen = Seen()
    with contextlib.ExitStack() as stack:
        try:
            page = stack.enter_context(open_form(**{field: STRINGS[notation]}))
        except ValueError as error:
            seen.exception(error)
        else:
            seen.add("exceptions", everything(page))
    for channel in ("exceptions", "frames"):
        assert not find_leaks(seen.text(channel), PASSWORD)


def test_locked_host_ignores_a_password_pasted_for_another():
    with open_form(host="127.0.0.1", port=1, locked=("host",)) as page:
        page.send("connection-string", URL)
        assert page.widget.host == "127.0.0.1"
        assert not page.widget.has_password


def test_locked_password_is_neither_replaced_nor_cleared():
    with open_form(host="h", password=Secret(PASSWORD), locked=("password",)) as page:
        for kind in ("forget-password", "password"):
            page.send(kind)
            page.send(kind, "another-Wq7")
        page.send("connection-string", URL.replace("db.example.org", "h"))
        page.send("connection-string", "not a string", field="password")
        assert page.widget.has_password
        assert page.view["fields"]["password"]["held"]
