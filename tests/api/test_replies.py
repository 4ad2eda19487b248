"""Replies of any shape are read with care: green needs evidence."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lamin_widgets.core.secret import Secret
from lamin_widgets.lamin.exchange import Reply
from lamin_widgets.lamin.replies import read

PASSWORD = "pL4#vN8/xq2@Zr6%"
NAMES = ["no-access", "connected-db", "success"]


def _read(body, status=200):
    text = body if isinstance(body, str) else json.dumps(body)
    reply = Reply(status, {}, Secret(text))
    return read(reply, [Secret(PASSWORD)], names=NAMES)


YES = [
    {"status": "success"},
    {"status": "SUCCESS"},
    {"status": "ok", "message": "Connected."},
    {"status": 200, "message": "Connection successful"},
    {"status": "200", "message": "Connection successful"},
    {"success": True},
    {"accessible": True},
    {"result": {"accessible": True}},
    {"status": "success", "data": {"connected": True}},
    {"status": "success", "message": "Connected with no errors"},
    {"status": "success", "cached": False, "is_superuser": False},
    {"status": "success", "connection": "postgresql", "is_valid": True},
    {"accessible": True, "access_denied": False},
    {"status": "success", "connection_error": False, "connection_error_code": None},
    {"status": "success", "connection_limit_reached": False, "up_to_date": False},
    {"status": "success", "message": "Connected. The user is not a superuser."},
    {"access": "granted"},
    {"message": "Access granted"},
    {"message": "Connection OK"},
    {"message": "Connection established"},
    {"status": "success", "error": None},
    {"status": "success", "errors": []},
    {"message": "Connection to 'no-access' successful"},
    {"detail": "Server is accessible"},
    "ok",
    "Connection successful",
    True,
]
NO = [
    {"success": False},
    {"status": "success", "error": "x"},
    {"status": "success", "errors": ["x"]},
    {"status": "error", "message": "Connection successful"},
    {"message": "could not connect"},
    {"message": "Connection unsuccessful"},
    {"message": "Not connected"},
    {"status": "success", "data": {"accessible": False}},
    {"status": "success", "server": {"reachable": False}},
    {"data": [{"connected": False}], "ok": True},
    {"status": 500, "message": "Connected"},
    {"status": "unhealthy"},
    {"detail": "Connection refused"},
    False,
    "failed",
]
NEITHER = [
    [],
    {},
    None,
    3,
    "",
    [True],
    {"id": 7},
    {"status": "pending"},
    {"status": "pending", "message": "Connected soon"},
    {"status": "ok", "reachable": "unknown"},
    {"status": "success", "connected": None},
    {"status": "success", "message": "could not connect"},
    {"success": True, "is_accessible": False},
    {"status": "ok", "can_connect": False},
    {"ok": True, "valid": False},
    {"status": "success", "access_status": "denied"},
    {"status": "success", "data": {"serverReachable": False}},
    {"is_accessible": False},
    {"status": "success", "message": "Not connected"},
    {"status": "success", "message": "Database not reachable"},
    {"status": "success", "message": "Server not accessible"},
    {"status": "success", "message": "Lamin has no access to the server"},
    {"status": "success", "message": "Connection lost"},
    {"status": "success", "message": "Disconnected"},
    {"ok": True, "detail": "wrong password"},
    {"status": "success", "data": {"message": "Could not connect"}},
    {"status": "success", "message": "ok", "reason": "could not connect"},
    {"status": "success", "error_message": "connection refused"},
    {"status": "success", "server_status": "unreachable"},
    {"status": "success", "connection_status": "not connected"},
    {"status": "success", "can_connect": 0},
    {"status": "success", "can_connect": None},
    {"status": "success", "access_denied": True},
    {"can_connect": True},
    {"status": "ok", "message": "No route to host"},
    {"status": "ok", "message": "Host is down"},
    {"status": "ok", "message": "no pg_hba.conf entry for host"},
    {"status": "ok", "message": "FATAL: the database system is starting up"},
    {"status": "ok", "message": "invalid password"},
    {"message": "Checking connected-db"},
    {"message": "Checking 'success'"},
    {"status": 200},
    {"name": "success"},
]


@pytest.mark.parametrize(
    ("body", "verdict"),
    [(b, True) for b in YES] + [(b, False) for b in NO] + [(b, None) for b in NEITHER],
    ids=json.dumps,
)
def test_what_a_reply_says(body, verdict):
    assert _read(json.dumps(body)).verdict is verdict


@pytest.mark.parametrize(
    "body", ["", "  ", "<html>success</html>", "ok", '{"status": "succ', "[" * 100_000]
)
def test_what_is_no_json_says_nothing(body):
    assert _read(body).verdict is None


@pytest.mark.parametrize(
    ("body", "failed"),
    [
        ({"message": "Registered. No connection was tried"}, False),
        ({"message": "Server no-access registered", "accessible": False}, False),
        ({"status": "inactive"}, False),
        ({"success": False}, True),
        ({"status": "error"}, True),
        ({"error": "x"}, True),
        (None, False),
        ([], False),
    ],
)
def test_a_server_can_be_registered_and_not_reachable(body, failed):
    """For Register the status counts, and only that the call itself failed against."""
    assert _read(json.dumps(body), 201).failed is failed


KEYS = ["status", "success", "ok", "message", "detail", "error", "data", "result"]
KEYS += ["accessible", "connected", "loc", "msg", "input"]
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["success", "ok", "error", "Connected", "could not connect"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=5) | st.sampled_from(KEYS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


def _walk(value):
    yield None, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from _walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner)


EVIDENCE = ("success", "succeeded", "ok", "okay", "passed", "healthy", "accessible")
EVIDENCE += ("connected", "reachable", "available", "active", "true", "yes", "access")
OUTRIGHT = ("success", "ok", "accessible", "connected")


@settings(max_examples=300, deadline=None)
@given(json_values)
@example({"status": "success", "data": {"accessible": False}})
@example({"message": {"message": {"message": "Connected"}}})
@example({"detail": [{"loc": [], "msg": None}, 3, {"loc": [1, None]}]})
def test_any_json_is_read_and_never_green_without_evidence(value):
    content = _read(json.dumps(value))
    assert content.readable
    pairs = list(_walk(value))
    words = [v.lower() for _, v in pairs if isinstance(v, str)]
    evidence = any(part in word for word in words for part in EVIDENCE)
    evidence |= any(v is True for _, v in pairs)
    against = any(key in OUTRIGHT and v is False for key, v in pairs)
    against |= any(key == "error" and v for key, v in pairs)
    if content.verdict:
        assert evidence
        assert not against


@settings(max_examples=200, deadline=None)
@given(st.text() | st.binary().map(lambda b: b.decode("utf-8", "replace")))
def test_any_text_is_read(text):
    content = _read(text)
    assert isinstance(content.message, str)
    assert len(content.text) <= 4096


@pytest.mark.parametrize(
    "body",
    [
        '{"a": ' * 900 + "1" + "}" * 900,
        '{"detail": ' * 900 + '"x"' + "}" * 900,
        "[" * 900 + "]" * 900,
        '{"a": ' + "9" * 5000 + "}",
        '{"a": NaN, "b": Infinity}',
        '{"message": "\\ud800 half a character"}',
        '{"detail": [{"loc": {"a": 1}, "msg": ["x"]}]}',
    ],
)
def test_odd_bodies_are_read_and_can_be_sent_on(body):
    content = _read(body)
    (content.text + content.message).encode()


def test_the_echo_of_a_request_is_not_shown():
    echo = {"name": "x", "url": f"postgresql://postgres:{PASSWORD}@h:5432/postgres"}
    entry = {"loc": ["body", "organization_id"], "msg": "Field required", "input": echo}
    content = _read(json.dumps({"detail": [entry]}), 422)
    assert content.errors == ((("body", "organization_id"), "Field required"),)
    assert content.message == "Field required"
    assert "postgresql" not in content.text
    assert PASSWORD not in repr(content)


def test_details_of_all_spellings_are_found():
    assert _read({"detail": "a sentence"}).message == "a sentence"
    assert _read({"detail": ["one", "two"]}).message == "one; two"
    assert _read({"detail": {"message": "inner"}}).message == "inner"
    assert _read({"error": {"message": "inner"}}).message == "inner"
    assert _read({"message": "outer", "detail": "x"}).message == "outer"


def test_a_password_that_is_echoed_is_masked():
    content = _read({"message": f"cannot use {PASSWORD} here"}, 400)
    assert PASSWORD not in content.message + content.text
    assert "cannot use" in content.message
