"""Every row of "The Lamin API" in the table of failures, produced for real.

`pytest tests/api/test_table.py -s` prints what a person would read.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import pytest
from api_bench import PASSWORD
from doubles import raw_server as raw

from lamin_widgets.core.failures.api import API, FIND_OUT

ALL = ("register", "test", "create-instance")
ACCOUNT = {"api_key_rejected", "api_key_expired", "hub_unreachable"}  # test_account.py
CANCELLED = {"cancelled"}  # test_cancel.py
ROWS = []


@dataclass
class Row:
    name: str
    arrange: object
    cause: str
    field: str | None = None
    actions: tuple[str, ...] = ALL
    # where Register and Create instance may have happened all the same
    open_ended: bool = False
    test_state: str = "failure"
    says: tuple[str, ...] = ()

    def state(self, action):
        if action == "test":
            return self.test_state
        return "unknown" if self.open_ended else "failure"


def row(cause, name, **expected):
    def take(arrange):
        ROWS.append(Row(name, arrange, cause, **expected))
        return arrange

    return take


def fault(cause, name, *, row_field=None, actions=ALL, **arguments):
    own = {key: arguments.pop(key) for key in _OWN if key in arguments}
    ROWS.append(
        Row(
            name,
            lambda bench, _: bench.fault(**arguments),
            cause,
            row_field,
            actions,
            **own,
        )
    )


_OWN = ("open_ended", "test_state", "says")


# --- The account ---


@row("not_signed_in", "no token", field="api_key", says=("lamin login",))
def _(bench, _):
    bench.token = None  # the home folder of the tests is empty


@row(
    "token_rejected",
    "a token that Lamin does not know",
    field="api_key",
    actions=("register", "test"),
    says=("Sign in again",),
)
def _(bench, _):
    bench.token = "qVn3-not-a-token"


fault(
    "token_rejected",
    "401",
    row_field="api_key",
    status=401,
    body={"detail": "Invalid token"},
)
fault("forbidden", "403", status=403, body={"detail": "No"}, says=("admin",))
fault("forbidden", "403 as a web page", status=403, body="<h1>Forbidden</h1>")

# --- Names, routes and values ---

CHANGES = ("register",)
CHECKS = ("test",)
CREATES = ("create-instance",)
TAKEN = {"detail": "A database server named 'x' already exists"}
for status in (409, 400, 422):
    fault(
        "name_taken",
        f"{status} that says it exists",
        row_field="name",
        actions=CHANGES,
        status=status,
        body=TAKEN,
        says=("test the connection",),
    )
fault("name_taken", "409 with nothing", row_field="name", actions=CHANGES, status=409)
fault(
    "name_taken",
    "422 with loc that says it exists",
    row_field="name",
    actions=CHANGES,
    status=422,
    body={"detail": [{"loc": ["body", "name"], "msg": "is already taken"}]},
)
fault(
    "name_taken",
    "200 that says it exists",
    row_field="name",
    actions=CHANGES,
    body={"status": "error", "message": "Server already exists"},
)
fault(
    "instance_name_taken",
    "409",
    row_field="instance_name",
    actions=CREATES,
    status=409,
    body={"detail": "Instance 'my-instance' already exists"},
)


@row("not_registered", "an unknown name", field="name", actions=CHECKS)
def _(bench, _):
    bench.draft["name"] = "never-registered"


fault(
    "not_registered",
    "404 that speaks of a server",
    row_field="name",
    actions=CHECKS,
    status=404,
    body={"detail": "Database server not found"},
)
fault(
    "not_registered",
    "404 that names the server",
    row_field="name",
    actions=(*CHECKS, *CREATES),
    status=404,
    body={"detail": "Database server 'my-postgres-server' not found"},
)
ROUTE_UNKNOWN = {
    "FastAPI's 404": {"status": 404, "body": {"detail": "Not Found"}},
    "a gateway's 404": {
        "status": 404,
        "body": {"message": "no Route matched with those values"},
    },
    "a gateway's 404 as text": {"status": 404, "body": b"404 page not found"},
    "a web page's 404": {
        "status": 404,
        "body": "<h1>404</h1>/db/server/checks-access?name=my-postgres-server",
    },
    "404 with nothing": {"status": 404},
    "405": {"status": 405, "body": {"detail": "Method Not Allowed"}},
}
for title, answer in ROUTE_UNKNOWN.items():
    fault(
        "endpoint_not_found",
        title,
        row_field="api_url",
        actions=(*CHANGES, *CHECKS),
        **answer,
        says=("https://api.lamin.ai", "https://aws.us-east-1.lamin.ai/api"),
    )
    fault("instances_not_supported", title, actions=CREATES, **answer)


def _422(key, message="Input should be better", **more):
    echo = {"url": f"postgresql://postgres:{PASSWORD}@db.example.org:5432/postgres"}
    entry = {"loc": ["body", key], "msg": message, "type": "x", "input": echo}
    return {"status": 422, "body": {"detail": [{**entry, **more}]}}


for key, at in {
    "name": "name",
    "url": "host",
    "api_server_name": "api_server_name",
}.items():
    fault(
        "field_rejected",
        f"422 at {key}",
        row_field=at,
        actions=CHANGES,
        **_422(key),
        says=("Input should be better",),
    )
for key, at in {
    "name": "instance_name",
    "storage": "storage",
    "schema_str": "schema_str",
    "db_server_name": "name",
}.items():
    fault("field_rejected", f"422 at {key}", row_field=at, actions=CREATES, **_422(key))
fault(
    "organization_required",
    "422 at organization_id",
    row_field="organization_id",
    actions=CHANGES,
    **_422("organization_id", "Field required"),
    says=("UUID",),
)


@row(
    "organization_required",
    "the published contract",
    field="organization_id",
    actions=CHANGES,
)
def _(bench, _):
    bench.url = bench.box.published_api_url


@row("field_rejected", "422 at the given one", field="organization_id", actions=CHANGES)
def _(bench, _):
    bench.draft["organization_id"] = "8f8a1f1e-0000-4000-8000-000000000000"
    bench.fault(**_422("organization_id", "Input should be a valid UUID"))


fault("request_rejected", "400", status=400, body={"detail": "Unknown API server"})
fault(
    "field_rejected",
    "400 that quotes the region",
    row_field="api_server_name",
    actions=CHANGES,
    status=400,
    body={"detail": "Unknown API server 'prod-us-east-1'"},
    says=("Unknown API server",),
)
for words in (
    "Could not reach db.example.org from prod-us-east-1",
    'FATAL: password authentication failed for user "postgres" in prod-us-east-1',
):
    fault(
        "request_rejected",
        f"400 that mentions the region: {words[:20]}",
        actions=CHANGES,
        status=400,
        body={"detail": words},
    )
fault("request_rejected", "418 as a web page", status=418, body="<h1>Teapot</h1>")
fault(
    "request_rejected",
    "404 that speaks of something else",
    actions=CHANGES,
    status=404,
    body={"detail": "Organization not found"},
)
fault(
    "request_rejected",
    "200 that says no",
    actions=(*CHANGES, *CREATES),
    body={"success": False, "message": "You have no plan for that"},
)

# --- The API has trouble ---

fault("rate_limited", "429", status=429, says=("in a moment",))
fault(
    "rate_limited",
    "429 with Retry-After",
    status=429,
    headers={"Retry-After": "300"},
    says=("in 5 min",),
)
fault(
    "rate_limited",
    "429 with a short Retry-After",
    status=429,
    headers={"Retry-After": "20"},
    says=("in 20 s",),
)
fault(
    "rate_limited",
    "429 with a Retry-After that is over and has no time zone",
    status=429,
    headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 -0000"},
    says=("in 0 s",),
)
for kind, body in {
    "JSON": {"detail": "Internal Server Error"},
    "a web page": "<h1>Oops</h1>",
    "nothing": b"",
}.items():
    fault("server_error", f"500 with {kind}", status=500, body=body, open_ended=True)
fault("server_error", "a status of a CDN, 520", status=520, open_ended=True)
for status in (502, 503, 504):
    fault(
        "unavailable", str(status), status=status, body="<h1>Bad</h1>", open_ended=True
    )
fault("unexpected", "a status that is none", status=999, open_ended=True)
fault(
    "unreadable_reply",
    "200 with a sign-in page",
    body="<html><title>Sign in</title></html>",
    open_ended=True,
    test_state="unknown",
    says=("proxy or VPN",),
)
fault(
    "unreadable_reply",
    "200 with broken JSON",
    body=b'{"status": "succ',
    open_ended=True,
    test_state="unknown",
)
for body in ({}, [], None, {"id": 7}, {"status": "pending"}, 3):
    fault(
        "unreadable_reply",
        f"200 with {json.dumps(body)}",
        actions=CHECKS,
        body=json.dumps(body).encode(),
        test_state="unknown",
    )
for status in (301, 302, 303, 307, 308):
    fault(
        "redirected",
        str(status),
        row_field="api_url",
        status=status,
        headers={"Location": "https://elsewhere.invalid/x?token=1"},
        says=("https://elsewhere.invalid/x", "not followed"),
    )

# --- The way to the API ---


@row("api_name_unknown", "a host under .invalid", field="api_url")
def _(bench, _):
    bench.url = "https://api.lamin.invalid"


@row("api_refused", "a closed port", field="api_url", says=("Nothing was sent",))
def _(bench, get):
    bench.url = f"http://127.0.0.1:{get('closed_port')}"


@row("api_unreachable", "no answer to the connection", says=("HTTPS_PROXY",))
def _(bench, get):
    bench.connect_timeout = 0.2
    bench.url = f"http://127.0.0.1:{get('full_port')}"


@row("api_no_answer", "accepts and never answers", open_ended=True)
def _(bench, _):
    bench.deadline = 1.0
    bench.fault(silent=True)


@row("api_no_answer", "one byte a second", open_ended=True)
def _(bench, _):
    bench.deadline = 1.0
    bench.fault(drip_s=1.0, body={"status": "success"})


@row("api_no_answer", "one byte a second of the body", open_ended=True)
def _(bench, _):
    bench.deadline = 1.0
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n"
    bench.serve(_answers_then_drips(head, b'{"status":"success"}'))


@row("api_no_answer", "never takes part in TLS")
def _(bench, _):
    bench.deadline = 1.0
    port = bench.serve(raw.silent)
    bench.url = f"https://127.0.0.1:{port}"


fault("connection_lost", "closes before the reply", close="before", open_ended=True)
fault(
    "connection_lost",
    "closes in the middle",
    close="middle",
    body={"status": "success"},
    open_ended=True,
)


@row("connection_lost", "hangs up during TLS")
def _(bench, _):
    port = bench.serve(lambda connection, _: connection.recv(1))
    bench.url = f"https://127.0.0.1:{port}"


@row(
    "unreadable_reply",
    "something else than HTTP",
    open_ended=True,
    test_state="unknown",
)
def _(bench, _):
    bench.serve(raw.speaks(**raw.SSH))


@row("unexpected", "https to a port without TLS")
def _(bench, _):
    bench.url = bench.box.api_url.replace("http:", "https:")


@row("api_certificate", "a self-signed certificate", field="api_url")
def _(bench, get):
    bench.serve(raw.silent, tls=get("tls")())


@row("api_certificate", "a certificate for another host", field="api_url")
def _(bench, get):
    get("trusted")
    bench.serve(raw.silent, tls=get("tls")("db.example.org"))


@row("api_certificate", "REQUESTS_CA_BUNDLE names no file", field="api_url")
def _(bench, get):
    bench.env.setenv("REQUESTS_CA_BUNDLE", str(bench.tmp_path / "missing.pem"))
    bench.serve(raw.silent, tls=get("tls")())


def _through(bench, proxy):
    bench.url = "https://api.lamin.invalid"
    bench.env.setenv("HTTPS_PROXY", proxy)


PROXY = ("HTTPS_PROXY", "NO_PROXY")


@row("api_proxy", "HTTPS_PROXY refuses", says=PROXY)
def _(bench, get):
    _through(bench, f"http://127.0.0.1:{get('closed_port')}")


@row("api_proxy", "HTTPS_PROXY does not answer the connection", says=PROXY)
def _(bench, get):
    bench.connect_timeout = 0.2
    _through(bench, f"http://127.0.0.1:{get('full_port')}")


@row("api_proxy", "the proxy answers 407", says=PROXY)
def _(bench, _):
    port = bench.serve(raw.speaks(**raw.PROXY_407))
    _through(bench, f"http://user:tk8w-proxy-pass@127.0.0.1:{port}")


@row("api_proxy", "the proxy answers 403", says=PROXY)
def _(bench, _):
    _through(bench, f"http://127.0.0.1:{bench.serve(raw.speaks(**raw.PROXY_403))}")


@row("api_proxy", "HTTPS_PROXY of a scheme that is none", says=PROXY)
def _(bench, _):
    _through(bench, "gopher://127.0.0.1:1")


fault("api_proxy", "407 of a gateway", status=407)

# --- The check ---

SAYS_NO = {
    "check_failed": "Something is wrong over there",
    "db_refused": "connection to server at 'db.example.org', port 5432 failed: "
    "Connection refused",
    "db_unreachable": "timeout expired",
    "password_rejected": 'FATAL:  password authentication failed for user "postgres"',
    "db_not_allowed": "FATAL:  no pg_hba.conf entry for host",
}
for cause, text in SAYS_NO.items():
    fault(
        cause,
        "the check says that it could not connect",
        row_field={"db_refused": "port", "password_rejected": "password"}.get(
            cause, "host"
        ),
        actions=CHECKS,
        body={"status": "error", "message": text},
    )


def _answers_then_drips(head, body):
    def handler(connection, stopping):
        connection.recv(65536)
        connection.sendall(head)
        raw.drips(body)(connection, stopping)

    return handler


CASES = [(row, action) for row in ROWS for action in row.actions]
_printed = []


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("row", "action"), CASES, ids=[f"{r.cause}: {r.name}, {a}" for r, a in CASES]
)
def test_failure_names_its_cause_and_its_field(bench, request, row, action):
    row.arrange(bench, request.getfixturevalue)
    outcome = bench.perform(action)
    state = row.state(action)
    assert (outcome.cause, outcome.state) == (row.cause, state), outcome.details
    assert outcome.field == row.field
    text = f"{outcome.title} {outcome.advice} {outcome.command}"
    text = text.replace("<owner>", "")  # which is the person's to fill in
    assert not re.search(r"[<{]\w+[>}]", text), "a placeholder was not filled"
    assert not re.search(r"  | \.", outcome.advice)
    assert all(words in text for words in row.says)
    if state == "unknown" and action in FIND_OUT:
        assert FIND_OUT[action] in outcome.advice
    shown = f"{outcome!r}{json.dumps(outcome.to_dict())}"
    secrets = (PASSWORD, "tk8w-proxy-pass", "qVn3-not-a-token", bench.box.api_key)
    assert not [secret for secret in secrets if secret in shown]
    line = f"{outcome.cause} | {outcome.field} | {outcome.state} | {outcome.title}"
    _printed.append(f"{line}  ← {row.name}, {action}")


def test_the_table_is_complete():
    """Each cause of the API is produced here, or in the test named above."""
    print("\ncause | field | state | title")  # noqa: T201
    print("\n".join(dict.fromkeys(_printed)))  # noqa: T201
    produced = {row.cause for row in ROWS} | ACCOUNT | CANCELLED
    assert {cause.id for cause in API} <= produced
