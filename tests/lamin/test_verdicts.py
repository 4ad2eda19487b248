"""Verdicts of replies. A success requires evidence, without a contradiction."""

from __future__ import annotations

import json

import pytest
from doubles.timing import takes_linear_time
from hypothesis import example, given
from hypothesis import strategies as st

from lamin_widgets.lamin.verdicts import verdict, verdict_fields

NAMES = ["no-access", "connected-db", "success", "my-server-7"]


def _values(text):
    """Return the JSON values of a text, with two spaces or a line end between them."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [json.loads(value) for line in lines for value in line.split("  ")]


def _rows(yes, no, unclear):
    return [
        (body, expected)
        for expected, bodies in ((True, yes), (False, no), (None, unclear))
        for body in bodies
    ]


YES = _values("""
# The guide's API and the sandbox reply like the first two.
{"status": "success", "message": "Connection successful"}
{"status": "success", "message": "Connected to the database server"}
{"status": "success"}  {"status": "SUCCESS"}  {"status": "ok", "message": "Connected."}
{"status": 200, "message": "Connection successful"}
{"status": "200", "message": "Connection successful"}  {"success": true}
{"accessible": true}  {"can_connect": true}  {"result": {"accessible": true}}
{"status": "success", "data": {"connected": true}}
{"status": "success", "latency_ms": 12, "host": "db.example.org", "port": 5432}
{"status": "success", "database": "postgres", "is_ok": true}
{"accessible": true, "access_denied": false}
{"status": "success", "connection_error": false, "connection_error_code": null}
{"access": "granted"}  {"message": "Access granted"}  {"message": "Connection OK"}
{"message": "Connection established"}
{"status": "success", "error": null, "errors": []}
{"message": "Connection to 'no-access' successful"}
{"status": "success", "statusCode": "200", "errorCode": null}
{"status": "success", "http_status": 200}
{"status": "success", "host": "failover.example.org"}
{"status": "success", "serverHost": "no-db.example.org", "connection_name": "down-2"}
{"status": "success", "connection_status": "Connected", "checked_at": "2026-11-26"}
{"status": "success", "server": "no-access", "organization_id": "8f8a1f1e"}
{"status": "success", "db_version": 18, "connection_id": "no-2"}
{"detail": "Server is accessible"}
{"status": "ok", "message": "Lamin can connect to the server"}
{"message": "Lamin has successfully connected to the server"}
{"message": "Server `no-access` is accessible from Lamin"}
{"message": "Server no-access is reachable"}
{"message": "Successfully connected to the database."}
{"message": "Connection test passed"}
{"message": "Connection has been established"}
{"status": "success", "message": "", "checked_at": "2026-11-26 12:00"}
{"status": "success", "data": {}, "message": "Connection to my-server-7 successful"}
{"status": "success", "version": "16.3", "server_url": "db-1.example.org:5432"}  "ok"
"Connection successful"  true
""")
NO = _values("""
{"success": false}  {"status": "error", "message": "Something is wrong over there"}
{"status": "error", "message": "timeout expired"}  {"message": "could not connect"}
{"message": "Connection unsuccessful"}  {"message": "Not connected"}
{"status": "success", "data": {"accessible": false}}
{"status": "success", "server": {"reachable": false}}
{"success": true, "is_accessible": false}  {"data": [{"connected": false}], "ok": true}
{"status": "unhealthy"}  {"detail": "Connection refused"}
{"error": "x"}  false  "failed"
""")
UNCLEAR = _values("""
# A security review found these replies.
{"status": "active", "db": "down"}  {"result": "ok", "is_up": false}
{"status": "success", "message": "Check queued"}
# These replies contain no known field.
[]  {}  null  3  ""  {"status": 500}
[true]  {"id": 7}  {"status": 200}  {"name": "success"}
{"message": "Checking connected-db"}  {"message": "Checking 'success'"}
# These actions haven't finished, or aren't certain to succeed.
{"status": "pending"}  {"status": "pending", "message": "Connected soon"}
{"status": "success", "message": "Connecting, will be connected soon"}
{"status": "success", "message": "Is the server connected?"}
{"status": "ok", "reachable": "unknown"}  {"status": "success", "connected": null}
{"status": "success", "can_connect": 0}
# These replies contradict themselves.
{"status": "error", "message": "Connection successful"}
{"status": "success", "error": "x"}  {"status": "success", "errors": ["x"]}
{"status": 500, "message": "Connected"}  {"status": "success", "http_status": 500}
{"status": "success", "message": "could not connect"}
{"status": "success", "access_status": "denied"}
{"status": "success", "message": "Not connected"}
{"status": "success", "message": "Database not reachable"}
{"status": "success", "message": "Lamin has no access to the server"}
{"status": "success", "message": "Connection lost"}
{"ok": true, "detail": "wrong password"}
{"status": "success", "data": {"message": "Could not connect"}}
{"status": "success", "message": "ok", "reason": "could not connect"}
{"status": "success", "note": "could not connect"}
{"status": "success", "error_message": "connection refused"}
{"status": "success", "server_status": "unreachable"}
{"status": "success", "access_denied": true}
{"status": "ok", "message": "No route to host"}  {"message": "Success rate: 0 %"}
{"status": "ok", "message": "Host is down"}
{"status": "ok", "message": "no pg_hba.conf entry for host"}
{"status": "ok", "message": "FATAL: the database system is starting up"}
{"status": "success", "message": "Verbindung fehlgeschlagen"}
# These replies have an error, or the code of one, with all spellings of the key.
{"ok": true, "error_code": 7}  {"success": true, "errorCode": "ECONNREFUSED"}
{"status": "success", "code": "08006"}  {"status": "ok", "result": {"status_code": 500}}
{"status": "success", "exit-code": 1}  {"status": "ok", "errors_count": 3}
{"success": true, "exception": "OperationalError"}  {"ok": true, "Ok": false}
{"status": "success", "note": "Nothing was checked"}
{"status": "success", "note": "The server wasn't asked"}
# These replies have a result that isn't positive, with all spellings.
{"success": true, "db_status": "not_connected"}
{"success": true, "database": "not-connected"}
{"success": true, "DBStatus": "notConnected"}
{"success": true, "connection_status": "timed_out"}
{"success": true, "connection_status": "connection_refused"}
{"success": true, "connection_status": "closed"}
{"success": true, "connection.status": "ConnectionStatus.NOT_CONNECTED"}
{"success": true, "access_status": "AccessDenied"}
{"success": true, "access_status": "UNVERIFIED"}
{"success": true, "message": "Connected, state: not_connected"}
{"success": true, "check": "pending"}  {"success": true, "phase": "queued"}
{"success": true, "outcome": "unsuccessful"}  {"success": true, "outcome": "aborted"}
{"success": true, "conclusion": "cancelled"}  {"success": true, "can_login": "never"}
{"success": true, "connection": 0}  {"success": true, "connection": null}
{"success": true, "connection": "unreachable_host"}
{"success": true, "connection_ok": 0}  {"success": true, "connected_at": null}
{"success": true, "connected_count": "0"}
{"success": true, "data": {"connection": {"established": 0}}}
# These replies have an unknown field, or a known field of something else.
{"status": "success", "cached": true}  {"status": "success", "queued": true}
{"status": "success", "job_id": "a1b2"}
{"status": "success", "scheduled_at": "2026-11-27"}
{"status": "success", "previous": {"status": "error"}}
{"status": "success", "connection": "postgresql"}  {"previous": {"status": "success"}}
{"request": {"status": "success"}}  {"api_status": "ok"}  {"account": {"status": "ok"}}
{"name_available": true}  {"registration": {"success": true}}  {"valid": true}
{"status": "available"}  {"": "success"}  {"!ok": true}  {"is_ok?": true}
# These replies have a known field with an unknown value.
{"status": "success", "checked_at": "never"}
{"status": "success", "host": "unreachable"}  {"success": true, "latency_ms": -1}
{"status": "success", "server_version": "could not connect to 10.0.0.1"}
{"status": "success", "host": "db.example.org: connection refused"}
{"status": "success", "no_errors": false}
{"status": "success", "database": "postgres, read-only"}
{"status": "success", "completed": false}  {"status": "success", "warning": true}
{"status": "success", "test": true}  {"was_connected": true}
{"status": "success", "result": []}  {"status": "success", "data": true, "code": 202}
{"ok": 1}  {"ok": -1}  {"ok": "maybe"}  {"status": "notOk"}  {"ok": 0.5}
# These sentences aren't a report of success, although most words are known.
{"message": "Check the server is reachable"}  {"message": "Is the server accessible"}
{"message": "Can Lamin connect to the server"}
{"message": "Server is available to check"}
{"message": "Successfully queued"}  {"message": "Registration successful"}
{"message": "Health ok"}  {"message": "Server was connected"}
{"message": "The database has been online"}
{"message": "Connected with no errors"}  {"message": "Connected in 12 ms"}
{"message": "Connected to 0 servers"}
{"message": "Connection was successful yesterday"}  {"message": "0 successful checks"}
{"message": "❌ connected"}
""")
UNCLEAR += [
    # These replies are beyond the limits.
    {"message": "Connected" + " " * 1000 + "to nothing"},
    {"status": "success", "more": [1] * 1000},
    {"status": "success", "connection": " " * 1000 + "lost"},
    {"status": "success", "more": [[[[[[[[["deep"]]]]]]]]]},
]


@pytest.mark.parametrize(
    ("body", "expected"),
    _rows(YES, NO, UNCLEAR),
    ids=lambda value: json.dumps(value)[:60],
)
def test_verdict_is_true_false_or_none_for_each_reply(body, expected):
    assert verdict(body, NAMES) is expected


CONFIRMED = _values("""
# The sandbox replies like the one with “Database server 'no-access' registered”.
null  []  "Registered"  {"message": "Server added"}
{"message": "Database server 'no-access' registered"}
{"message": "Registration successful", "statusCode": 201}
{"id": 7, "name": "x", "host": "failover.example.org", "tags": null}
{"message": "Registered", "ok": true, "error": null}
{"message": "Server no-access registered in us-east-1. Well done"}
{"message": "Registration completed", "public": false}
{"message": "Server no-access registered", "accessible": false}
{"status": "created", "result": {"name": "x"}}
{"status": "created", "connection_status": "not_checked"}
{"message": "Registered", "connected_at": null, "access_status": ""}  {"status": 201}
{"id": 7, "name": "prod", "connection_error": "timeout"}  {"new_server_id": 7}
{"message": "New server registered"}
""")
IN_DOUBT = _values("""
# The status reports a success, and the body a failure.
false  {"success": false}  {"status": "error"}  {"error": "x"}  {"Success": false}
{"data": {"success": false}}  {"data": {"error": "permission denied"}}
{"result": {"status": "error"}}  [{"error": "x"}]  {"registered": false}
{"exception": "KeyError"}  {"status": "denied"}  {"id": 7, "status": "unreachable"}
["Registration failed"]  {"registration": "failed"}  {"HTTPError": "quota"}
{"registration_status": "rejected"}  {"message": {"text": "failed"}}
# These replies deny or defer the change, with all spellings.
{"status": "success", "already_exists": true}  {"id": 7, "pending_approval": true}
{"message": "The server would be registered"}  {"status": "ok", "alreadyExists": true}
# These replies don't report a success.
{"success": true, "outcome": "unsuccessful"}  {"status": "skipped"}  {"ok": null}
{"success": true, "error": "x"}  {"status": "created", "data": {"success": false}}
{"status_code": 500}  {"code": 403, "message": "Forbidden"}
{"warnings": ["not saved"]}
{"message": "Database server was not registered, quota reached"}
{"message": "Nothing was saved"}  {"message": "Already registered"}
{"detail": "Quota exceeded"}  "Forbidden"  {"ok": 0}  {"ok": 1}
{"message": "Added to queue"}  {"message": "Successfully queued"}
{"message": "The name must be registered"}
{"message": "A registered server is required"}  {"success": 0}
{"status": "pending"}  {"status": 500}  {"status": "inactive"}
{"detail": "The server could not be registered"}  "Registration failed"
""")


@pytest.mark.parametrize(
    ("body", "expected"),
    _rows(CONFIRMED, [], IN_DOUBT),
    ids=lambda value: json.dumps(value)[:60],
)
def test_body_of_a_change_can_contradict_its_status(body, expected):
    assert verdict(body, ["no-access"], is_change=True) is expected


def test_verdict_fields_contain_no_sentence_and_no_secret():
    body = {"status": "active", "db": "down", "message": "a sentence", "id": "x7"}
    assert verdict_fields(body) == "status: active; db: down"
    body = {"data": {"queued": True, "connected": "soon"}, "password": "failed-7"}
    expected = "data.queued: True; data.connected: soon; password: …"
    assert verdict_fields(body) == expected


_bodies = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(_bodies)
@example({"detail": [{"loc": [], "msg": None}, 3, {"loc": [1, None]}]})
def test_verdict_is_not_true_if_one_field_is_negative(body):
    for negative in ({"message": "could not connect"}, {"accessible": False}):
        assert verdict({"status": "success", "data": [body, negative]}) is not True


@given(st.text())
def test_verdict_is_not_true_with_an_unknown_key_or_word(text):
    assert verdict({"status": "success", f"x{text}": True}) is None
    assert verdict({"status": "success", "message": f"Connected x{text}"}) is None


@pytest.mark.parametrize("name", ["not", "soon", "never", "not yet", "could not"])
def test_name_that_negates_is_ignored_only_in_quotes(name):
    assert not verdict({"message": f"Server {name} connected"}, [name])
    assert verdict({"message": f"Server '{name}' is accessible"}, [name])


@pytest.mark.parametrize(
    "unit",
    [
        *("no ", "not a ", "time", "connected", "no errors ", "is ", "\n", "-", "1"),
        "to a1",
    ],
)
def test_verdict_takes_linear_time(unit):
    long, short = (unit * (size // len(unit)) for size in (125_000, 990))

    def judge(size):
        text = long * size
        fields = {"message": text, "id": f"{text}$ x", text: False}
        verdict({**fields, "data": [f"{short}$"] * 12 * size}, ["a-1", "to"])

    assert takes_linear_time(judge)
