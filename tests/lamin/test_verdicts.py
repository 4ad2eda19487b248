"""Verdicts of replies. A success requires evidence, without a contradiction."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lamin_widgets.lamin.verdicts import change_verdict, verdict, verdict_fields

NAMES = ["no-access", "connected-db", "success"]

YES = [
    {"status": "success", "message": "Connection successful"},  # Lamin's guide
    {"status": "success", "message": "Connected to the database server"},  # the sandbox
    {"status": "success"},
    {"status": "SUCCESS"},
    {"status": "ok", "message": "Connected."},
    {"status": 200, "message": "Connection successful"},
    {"status": "200", "message": "Connection successful"},
    {"success": True},
    {"accessible": True},
    {"can_connect": True},
    {"result": {"accessible": True}},
    {"status": "success", "data": {"connected": True}},
    {"status": "success", "message": "Connected with no errors"},
    {"status": "success", "cached": True, "latency_ms": 12, "host": "db.example.org"},
    {"status": "success", "connection": "postgresql", "is_valid": True},
    {"accessible": True, "access_denied": False},
    {"status": "success", "connection_error": False, "connection_error_code": None},
    {"access": "granted"},
    {"message": "Access granted"},
    {"message": "Connection OK"},
    {"message": "Connection established"},
    {"status": "success", "error": None, "errors": []},
    {"message": "Connection to 'no-access' successful"},
    {"status": "success", "code": 0, "statusCode": "200", "errorCode": None},
    {"status": "success", "host": "failover.example.org"},
    {
        "status": "success",
        "serverHost": "no-db.example.org",
        "connection_name": "down-2",
    },
    {"status": "success", "connection_status": "Connected", "checked_at": "2026-11-26"},
    {"status": "success", "server": "no-access", "access_level": "superuser"},
    {"status": "success", "db_version": 18, "connection_id": "no-2", "note": None},
    {"detail": "Server is accessible"},
    "ok",
    "Connection successful",
    True,
]
NO = [
    {"success": False},
    {"status": "error", "message": "Something is wrong over there"},
    {"status": "error", "message": "timeout expired"},
    {"message": "could not connect"},
    {"message": "Connection unsuccessful"},
    {"message": "Not connected"},
    {"status": "success", "data": {"accessible": False}},
    {"status": "success", "server": {"reachable": False}},
    {"success": True, "is_accessible": False},
    {"data": [{"connected": False}], "ok": True},
    {"status": 500},
    {"status": "unhealthy"},
    {"detail": "Connection refused"},
    {"error": "x"},
    False,
    "failed",
]
UNCLEAR = [
    # A security review found these replies.
    {"status": "active", "db": "down"},
    {"result": "ok", "is_up": False},
    {"status": "success", "message": "Check queued"},
    # These replies contain no known field.
    *([], {}, None, 3, "", [True], {"id": 7}, {"status": 200}, {"name": "success"}),
    {"message": "Checking connected-db"},
    {"message": "Checking 'success'"},
    # These actions haven't finished, or aren't certain to succeed.
    {"status": "pending"},
    {"status": "pending", "message": "Connected soon"},
    {"status": "success", "message": "Connecting, will be connected soon"},
    {"status": "success", "message": "Is the server connected?"},
    {"status": "ok", "reachable": "unknown"},
    {"status": "success", "connected": None},
    {"status": "success", "can_connect": 0},
    # These replies contradict themselves.
    {"status": "error", "message": "Connection successful"},
    {"status": "success", "error": "x"},
    {"status": "success", "errors": ["x"]},
    {"status": 500, "message": "Connected"},
    {"status": "success", "message": "could not connect"},
    {"status": "success", "access_status": "denied"},
    {"status": "success", "message": "Not connected"},
    {"status": "success", "message": "Database not reachable"},
    {"status": "success", "message": "Lamin has no access to the server"},
    {"status": "success", "message": "Connection lost"},
    {"ok": True, "detail": "wrong password"},
    {"status": "success", "data": {"message": "Could not connect"}},
    {"status": "success", "message": "ok", "reason": "could not connect"},
    {"status": "success", "note": "could not connect"},
    {"status": "success", "error_message": "connection refused"},
    {"status": "success", "server_status": "unreachable"},
    {"status": "success", "access_denied": True},
    {"status": "ok", "message": "No route to host"},
    {"message": "Success rate: 0 %"},
    {"message": "Connected" + " " * 1000 + "to nothing"},
    {"status": "ok", "message": "Host is down"},
    {"status": "ok", "message": "no pg_hba.conf entry for host"},
    {"status": "ok", "message": "FATAL: the database system is starting up"},
    {"status": "success", "message": "Verbindung fehlgeschlagen"},
    # These replies have an error, or the code of one, with all spellings of the key.
    {"ok": True, "error_code": 7},
    {"success": True, "errorCode": "ECONNREFUSED"},
    {"status": "success", "code": "08006"},
    {"status": "ok", "result": {"status_code": 500}},
    {"status": "success", "exit-code": 1},
    {"status": "ok", "errors_count": 3},
    {"success": True, "exception": "OperationalError"},
    {"ok": True, "Ok": False},
    {"status": "success", "note": "Nothing was checked"},
    {"status": "success", "note": "The server wasn't asked"},
    # These replies have a result that isn't positive, with all spellings.
    {"success": True, "db_status": "not_connected"},
    {"success": True, "database": "not-connected"},
    {"success": True, "DBStatus": "notConnected"},
    {"success": True, "connection_status": "timed_out"},
    {"success": True, "connection_status": "connection_refused"},
    {"success": True, "connection_status": "closed"},
    {"success": True, "connection.status": "ConnectionStatus.NOT_CONNECTED"},
    {"success": True, "access_status": "AccessDenied"},
    {"success": True, "access_status": "UNVERIFIED"},
    {"success": True, "message": "Connected, state: not_connected"},
    {"success": True, "check": "pending"},
    {"success": True, "phase": "queued"},
    {"success": True, "outcome": "unsuccessful"},
    {"success": True, "outcome": "aborted"},
    {"success": True, "conclusion": "cancelled"},
    {"success": True, "can_login": "never"},
    {"success": True, "connection": 0},
    {"success": True, "connection": None},
    {"success": True, "connection": "unreachable_host"},
    {"success": True, "connection_ok": 0},
    {"success": True, "connected_at": None},
    {"success": True, "connected_count": "0"},
    {"success": True, "data": {"connection": {"established": 0}}},
    # These replies are beyond the limits.
    {"status": "success", "more": [1] * 1000},
    {"status": "success", "connection": " " * 1000 + "lost"},
    {"status": "success", "more": [[[[[[[[["deep"]]]]]]]]]},
]


@pytest.mark.parametrize(
    ("body", "expected"),
    [(b, True) for b in YES] + [(b, False) for b in NO] + [(b, None) for b in UNCLEAR],
    ids=lambda value: json.dumps(value)[:60],
)
def test_verdict_is_true_false_or_none_for_each_reply(body, expected):
    assert verdict(body, NAMES) is expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (None, True),
        ([], True),
        ("Registered", True),
        ({"message": "Database server 'no-access' registered"}, True),  # the sandbox
        ({"message": "Registration successful", "statusCode": 201}, True),
        ({"id": 7, "name": "x", "host": "failover.example.org", "tags": None}, True),
        ({"message": "Registered", "ok": 1, "error": None}, True),
        ({"message": "Server no-access registered", "accessible": False}, True),
        ({"status": "created", "result": {"name": "x"}}, True),
        ({"status": "created", "connection_status": "not_checked"}, True),
        ({"message": "Registered", "connected_at": None, "access_status": ""}, True),
        ({"success": True, "outcome": "unsuccessful"}, None),
        ({"status": 201}, True),
        (False, False),
        ({"success": False}, False),
        ({"status": "error"}, False),
        ({"error": "x"}, False),
        ({"Success": False}, False),
        ({"data": {"success": False}}, None),
        ({"data": {"error": "permission denied"}}, None),
        ({"result": {"status": "error"}}, None),
        ([{"error": "x"}], None),
        ({"registered": False}, None),
        ({"status": "skipped"}, None),
        ({"ok": None}, None),
        ({"status_code": 500}, None),
        ({"code": 403, "message": "Forbidden"}, None),
        ({"exception": "KeyError"}, None),
        ({"warnings": ["not saved"]}, None),
        ({"message": "Database server was not registered, quota reached"}, None),
        ({"message": "Nothing was saved"}, None),
        ({"message": "Already registered"}, None),
        ({"detail": "Quota exceeded"}, None),
        ("Forbidden", None),
        ({"ok": 0}, None),
        ({"success": 0}, None),
        ({"status": "denied"}, None),
        ({"status": "pending"}, None),
        ({"status": 500}, None),
        ({"status": "inactive"}, None),
        ({"detail": "The server could not be registered"}, None),
        ("Registration failed", None),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_body_of_a_change_can_contradict_its_status(body, expected):
    assert change_verdict(body, ["no-access"]) is expected


def test_verdict_fields_contain_only_words():
    body = {"status": "active", "db": "down", "message": "a sentence", "id": "x7"}
    assert verdict_fields(body) == "status: active; db: down"


_keys = st.sampled_from(
    ["status", "success", "ok", "message", "detail", "error", "data", "connected"]
)
_bodies = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["success", "ok", "error", "Connected", "could not connect"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=5) | _keys, inner, max_size=5)
    ),
    max_leaves=15,
)


def _leaves(value, key=""):
    if isinstance(value, dict):
        for inner_key, inner in value.items():
            yield from _leaves(inner, inner_key)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, key)
    else:
        yield key, value


@given(_bodies)
@example({"status": "success", "data": {"accessible": False}})
@example({"detail": [{"loc": [], "msg": None}, 3, {"loc": [1, None]}]})
def test_verdict_is_not_true_if_one_field_is_negative(body):
    if verdict(body):
        leaves = list(_leaves(body))
        assert any(value is True or isinstance(value, str) for _, value in leaves)
        assert ("could not connect") not in [value for _, value in leaves]
        assert not any(
            value is False and "err" not in key.lower() for key, value in leaves
        )


@pytest.mark.parametrize(
    "unit", ["no ", "not a ", "time", "connected", "no errors ", "is ", "\n", "-"]
)
def test_verdict_takes_linear_time(unit):
    started = time.thread_time()
    verdict({"message": unit * (1_000_000 // len(unit)), unit * 100_000: False})
    assert time.thread_time() - started < 1
