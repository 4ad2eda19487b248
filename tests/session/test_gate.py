"""Messages and updates of the page, accepted or dropped, as a table."""

from __future__ import annotations

import pytest

from lamin_widgets.form.fields import WRITABLE
from lamin_widgets.session.gate import (
    BUTTONS,
    HELLO,
    LONGEST_ENTRY,
    plain_port,
    read_changes,
    read_message,
)

URL = "postgresql://postgres:pw@db.example.org/postgres"


def message(content, *buffers, locked=()):
    return read_message(content, [memoryview(each) for each in buffers], locked)


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        "hello",
        {},
        {"kind": None},
        {"kind": "api-key"},
        {"kind": ["hello"]},
        {"kind": "action"},
        {"kind": "action", "action": "close"},
        {"kind": "action", "action": {"register": 1}},
    ],
)
def test_message_of_an_unknown_kind_is_dropped(content):
    assert message(content) is None


@pytest.mark.parametrize("action", sorted(BUTTONS))
def test_message_with_a_known_action_is_accepted(action):
    read = message({"kind": "action", "action": action, "values": {"host": "a.b"}})
    assert (read.button, read.changes.values) == (action, {"host": "a.b"})


@pytest.mark.parametrize(
    ("locked", "kind", "action"),
    [
        ("password", "password", ""),
        ("password", "forget-password", ""),
        ("api_key", "action", "sign-in"),
        ("api_key", "action", "sign-in-once"),
        ("api_key", "action", "sign-out"),
    ],
)
def test_message_with_a_locked_secret_is_dropped(locked, kind, action):
    content = {"kind": kind, "action": action}
    assert message(content, b"secret") is not None
    assert message(content, b"secret", locked=(locked,)) is None


@pytest.mark.parametrize(
    "buffers",
    [(), (b"a", b"b"), (b"\xff",), (b"",), (b"a" * (LONGEST_ENTRY + 1),)],
    ids=["no buffer", "two buffers", "no text", "an empty buffer", "too long a text"],
)
def test_message_without_one_short_text_buffer_has_no_secret(buffers):
    assert message({"kind": "password"}, *buffers).secret is None


def test_message_secret_comes_from_the_buffer():
    assert message({"kind": "password"}, "pä@ss".encode()).secret.reveal() == "pä@ss"


@pytest.mark.parametrize(
    ("buffers", "carries"),
    [((HELLO,), True), ((), False), ((b"1234",), False)],
    ids=["kept", "dropped", "changed"],
)
def test_message_hello_shows_if_the_front_end_can_send_buffers(buffers, carries):
    assert message({"kind": "hello"}, *buffers).is_hello == carries


def test_message_with_an_unknown_field_is_a_paste():
    assert message({"kind": "connection-string", "field": "view"}).field == "paste"
    assert message({"kind": "connection-string", "field": "host"}).field == "host"


@pytest.mark.parametrize("name", WRITABLE)
def test_update_of_a_field_is_accepted_unless_it_is_locked(name):
    assert read_changes({name: "1"}, ()).values == {name: 1 if name == "port" else "1"}
    assert read_changes({name: "1"}, (name,)).rejected == [name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("view", {}),
        ("locked", []),
        ("facts", {}),
        ("has_password", True),
        ("outcome", None),
        ("_esm", "alert(1)"),
        ("_view_module", "evil"),
        ("layout", "IPY_MODEL_x"),
        ("panel", "nonsense"),
        ("panel", ["paste"]),
        ("host", 5),
        ("host", None),
        ("host", ["a"]),
        ("host", "a" * (LONGEST_ENTRY + 1)),
        ("name", True),
        ("port", 1.5),
        ("port", -1),
        ("port", 10**15),
        ("port", True),
    ],
)
def test_update_of_another_trait_or_type_is_refused(name, value):
    update = read_changes({name: value}, ())
    assert (update.values, update.rejected) == ({}, [name])


@pytest.mark.parametrize("name", ["host", "name", "port", "api_url", "storage"])
def test_update_with_a_connection_string_becomes_a_secret(name):
    update = read_changes({name: URL}, ())
    assert update.values == {}
    assert update.strings[name].reveal() == URL


@pytest.mark.parametrize(
    ("value", "port"),
    [
        (5432, 5432),
        ("5432", 5432),
        (" 5432 ", 5432),
        ("s3cret", ""),
        ("٣", ""),
        ("", ""),
    ],
)
def test_plain_port_returns_a_number_or_nothing(value, port):
    assert plain_port(value) == port
