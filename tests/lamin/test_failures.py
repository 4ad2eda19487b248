"""Every failure of the Lamin API, produced for real, with its cause and its state."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import get_args

import pytest
from doubles.texts import PASSWORD, TOKEN, check_texts

from lamin_widgets.core.errors import LaminWidgetsError
from lamin_widgets.core.failures import CATALOG
from lamin_widgets.core.failures.api import ApiCause
from lamin_widgets.core.outcome import explain
from lamin_widgets.lamin.account import Account, Session
from lamin_widgets.lamin.client import (
    CheckAccess,
    CreateInstance,
    DbServerClient,
    RegisterServer,
)
from lamin_widgets.lamin.transport import Reply

ALL = ("register", "test", "create-instance")
REGISTER, TEST, CREATE = ("register",), ("test",), ("create-instance",)
ELSEWHERE = {  # These modules test the other failures.
    "test_account": {
        *("api_key_expired", "api_key_rejected", "hub_certificate", "hub_insecure"),
        *("hub_misconfigured", "hub_unreachable", "settings_not_writable"),
        "sign_in_failed",
    },
    "test_network_failures": {
        *("api_certificate", "api_certificate_expired", "api_certificate_host"),
        *("api_certificate_refused", "api_name_unknown", "api_no_answer", "api_proxy"),
        *("api_refused", "api_tls", "api_unreachable", "ca_bundle_unreadable"),
        *("connection_lost", "proxy_login", "proxy_malformed", "proxy_needs_socks"),
        "proxy_unreachable",
    },
}
PRODUCED = {
    *("not_signed_in", "registration_not_offered", "instances_not_supported"),
    "account_changed",  # by tests/session/test_store.py
}


@dataclass
class Case:
    """A reply, and the expected failure."""

    cause: str
    reply: dict
    field: str | None = None
    actions: tuple[str, ...] = ALL
    state: str = "failure"
    test_state: str = "failure"
    texts: tuple[str, ...] = ()
    calls: dict | None = None


def _422(key, message="Input should be better"):
    echo = {"url": f"postgresql://postgres:{PASSWORD}@db.example.org:5432/postgres"}
    entry = {"loc": ["body", key], "msg": message, "type": "x", "input": echo}
    return {"status": 422, "body": {"detail": [entry]}}


def _says(status, text):
    return {"status": status, "body": {"detail": text}}


UNKNOWN = {"state": "unknown", "test_state": "unknown"}
FAILED = {"state": "unknown"}
CASES = [
    # These replies are about the account.
    Case("token_rejected", _says(401, "Invalid token"), "api_key"),
    Case("forbidden", _says(403, "No"), actions=("register", "test"), texts=("admin",)),
    Case(
        "instance_forbidden",
        _says(403, "Quota exceeded"),
        "account_id",
        CREATE,
        texts=("quota", "owner"),
    ),
    # These replies are about names.
    *(
        Case("name_taken", reply, "name", REGISTER, texts=("test the connection",))
        for reply in (
            _says(409, "A database server named 'x' already exists"),
            _says(400, "Database server 'x' already registered"),
            _says(422, "x is taken"),
            {"status": 409},
            _422("name", "is already taken"),
        )
    ),
    Case("instance_name_taken", _says(409, "exists"), "instance_name", CREATE),
    Case("not_registered", _says(404, "Database server not found"), "name", TEST),
    Case(
        "not_registered",
        _says(404, "Database server 'my-server' not found"),
        "name",
        (*TEST, *CREATE),
    ),
    # These replies are about routes.
    *(
        case
        for reply in (
            _says(404, "Not Found"),
            {"status": 404, "body": b"404 page not found"},
            _says(405, "Method Not Allowed"),
        )
        for case in (
            Case(
                "endpoint_not_found",
                reply,
                "api_url",
                (*REGISTER, *TEST),
                texts=("https://api.lamin.ai", "https://aws.us-east-1.lamin.ai/api"),
            ),
            Case("instances_not_supported", reply, None, CREATE, texts=("init(",)),
        )
    ),
    # These replies are about values.
    *(
        Case("field_rejected", _422(key), field, actions, texts=("should be better",))
        for key, field, actions in (
            ("name", "name", REGISTER),
            ("url", "host", REGISTER),
            ("api_server_name", "api_server_name", REGISTER),
            ("name", "instance_name", CREATE),
            ("storage", "storage", CREATE),
            ("schema_str", "schema_str", CREATE),
            ("account_id", "account_id", CREATE),
            ("db_server_name", "name", CREATE),
            ("something_else", None, ALL),
        )
    ),
    Case(
        "field_rejected",
        _says(400, "Unknown API server 'prod-us-east-1'"),
        "api_server_name",
        REGISTER,
        texts=("Unknown API server",),
    ),
    Case(
        "organization_required",
        _422("organization_id", "Field required"),
        "organization_id",
        REGISTER,
        texts=("UUID",),
    ),
    Case(
        "field_rejected",
        _422("organization_id", "Input should be a valid UUID"),
        "organization_id",
        REGISTER,
        calls={"organization_id": "8f8a1f1e-0000-4000-8000-000000000000"},
    ),
    *(
        Case("request_rejected", reply, None, actions, texts=texts)
        for reply, actions, texts in (
            (_says(400, "You can't do that"), ALL, ("“You can't do that”",)),
            ({"status": 402}, ALL, ("HTTP 402",)),
            (_says(409, "Busy"), TEST, ("“Busy”",)),
            (_says(404, "Organization not found"), REGISTER, ("Organization",)),
            (_says(400, "No way to db.example.org from prod-us-east-1"), REGISTER, ()),
            (_says(401 + 50, "For legal reasons"), ALL, ("For legal reasons",)),
        )
    ),
    # These replies report trouble of the API.
    Case("rate_limited", {"status": 429}, texts=("in a moment",)),
    *(
        Case(
            "rate_limited",
            {"status": 429, "headers": {"Retry-After": value}},
            texts=(t,),
        )
        for value, t in (
            ("300", "in 5 min"),
            ("20", "in 20 s"),
            ("Wed, 21 Oct 2015 07:28:00 -0000", "in a moment"),
        )
    ),
    *(
        Case("server_error", {"status": status, "body": body}, **FAILED)
        for status, body in (
            (500, {"detail": "Internal Server Error"}),
            (500, {"error": "duplicate key"}),
            (500, "<h1>Oops</h1>"),
            (500, b""),
            (520, b""),
        )
    ),
    *(
        Case("unavailable", {"status": s, "headers": {"Retry-After": "0"}}, **FAILED)
        for s in (502, 503, 504)
    ),
    Case(
        "unreadable_reply",
        {"body": "<html><title>Sign in</title></html>"},
        **UNKNOWN,
        texts=("firewall",),
    ),
    # A page of a gateway is no evidence about the account, the name, or the values.
    *(
        Case("unreadable_reply", {"status": status, "body": page}, **UNKNOWN)
        for status in (400, 401, 403, 409, 418, 422)
        for page in ("<title>Blocked</title>", b"Blocked: already exists")
    ),
    *(
        Case("unreadable_reply", reply, **UNKNOWN)
        for reply in (
            {"body": b'{"status": "succ'},
            {"status": 999},
            {"status": 304},
            {"status": 300, "body": {"detail": "choose"}},
        )
    ),
    *(
        Case("unreadable_reply", {"body": body}, None, (*REGISTER, *CREATE), **UNKNOWN)
        for body in (
            {"success": False, "message": "You have no plan for that"},
            {"status": "error", "message": "Server already exists"},
        )
    ),
    *(
        Case("unreadable_reply", {"body": body}, None, TEST, **UNKNOWN)
        for body in ({}, [], None, {"id": 7}, {"status": "pending"}, 3, b"")
    ),
    *(
        Case(
            "redirected",
            {
                "status": status,
                "headers": {"Location": "https://elsewhere.invalid/x?token=1"},
            },
            "api_url",
            texts=("https://elsewhere.invalid/x.", "didn't follow"),
        )
        for status in (301, 302, 303, 307, 308)
    ),
    Case("proxy_login", {"status": 407}),
]


def _call(action, connection, options):
    call = {
        "register": RegisterServer("my-server", connection, "prod-us-east-1"),
        "test": CheckAccess("my-server"),
        "create-instance": CreateInstance("my-instance", "my-server"),
    }[action]
    return replace(call, **options)


def _outcome(client, action, connection, options=None):
    with pytest.raises(LaminWidgetsError) as caught:
        client.send(_call(action, connection, options or {}))
    return explain(caught.value, action)


@pytest.mark.parametrize(
    ("case", "action"),
    [(case, action) for case in CASES for action in case.actions],
    ids=lambda value: (
        f"{value.cause}-{value.reply}"[:70] if isinstance(value, Case) else value
    ),
)
def test_reply_is_reported_with_its_cause_and_state(
    api, client, connection, case, action
):
    api.reply(**case.reply)
    outcome = _outcome(client, action, connection, case.calls)
    state = case.test_state if action == "test" else case.state
    assert (outcome.cause, outcome.state) == (case.cause, state), outcome.details
    assert outcome.field == case.field
    assert outcome.http_status == case.reply.get("status", 200)
    text = check_texts(outcome)
    assert [part for part in case.texts if part not in text] == []
    if state == "unknown" and action != "test":
        assert "might have" in outcome.advice


@pytest.mark.parametrize(
    "sentence",
    [
        "Something is wrong over there",
        'FATAL:  password authentication failed for user "postgres"',
        "timeout expired",
    ],
)
def test_failed_check_reports_the_sentence_of_the_reply(
    api, client, connection, sentence
):
    api.reply(body={"status": "error", "message": sentence})
    outcome = _outcome(client, "test", connection)
    assert (outcome.cause, outcome.state) == ("check_failed", "failure")
    assert outcome.facts["sentence"] == sentence


class _NotFound:
    """A transport to an API without routes for database servers."""

    def send(self, request, cancelled):
        from lamin_widgets.core.secret import Secret  # noqa: PLC0415

        return Reply(404, {}, Secret('{"detail": "Not Found"}'), 23)


@pytest.mark.parametrize(
    ("url", "action", "cause"),
    [
        ("https://api.lamin.ai", "register", "registration_not_offered"),
        ("https://aws.eu-west-2.lamin.ai/api", "test", "registration_not_offered"),
        ("https://api.lamin.ai", "create-instance", "instances_not_supported"),
        ("https://lamin.example.org", "register", "endpoint_not_found"),
        ("https://\u0430pi.lamin.ai", "register", "endpoint_not_found"),
    ],
)
def test_lamins_api_without_the_route_does_not_blame_the_url(
    connection, url, action, cause
):
    client = DbServerClient(url, TOKEN, transport=_NotFound())
    outcome = _outcome(client, action, connection)
    assert outcome.cause == cause
    if cause == "registration_not_offered":
        assert "ask Lamin" in outcome.advice


@pytest.mark.parametrize(
    "cause", ["registration_not_offered", "instances_not_supported"]
)
def test_missing_route_offers_code_for_an_instance(cause):
    facts = {"host": "db.example.org", "port": "5432"}
    _, _, cell = CATALOG[cause].fill(facts, place="cell")
    install, code = cell.split("\n", 1)
    assert install == "%pip install lamindb"
    compile(code, "cell", "exec")
    assert "postgres:{password}@db.example.org:5432" in code
    _, _, shell = CATALOG[cause].fill(facts, place="shell")
    assert code in shell


class _NoUser(Session):
    def current(self):
        return Account()


def test_call_without_a_user_sends_nothing(api, client_of, connection):
    client = client_of(api.url, token=None, session=_NoUser())
    outcome = _outcome(client, "register", connection)
    assert (outcome.cause, outcome.field) == ("not_signed_in", "api_key")
    assert api.requests == []


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "ключ"])
def test_unsendable_token_is_rejected(api, client_of, connection, token):
    outcome = _outcome(client_of(api.url, token=token), "test", connection)
    assert outcome.cause == "token_rejected"
    assert api.requests == []


def test_every_failure_is_produced_by_a_test():
    produced = {case.cause for case in CASES} | PRODUCED
    for causes in ELSEWHERE.values():
        produced |= causes
    assert set(get_args(ApiCause)) <= produced


@pytest.mark.parametrize("cause", get_args(ApiCause))
def test_failure_has_a_short_title_and_a_condition(cause):
    row = CATALOG[cause]
    title = re.sub(r"\{\w+\}", "x" * 8, row.title)
    assert len(title) <= 60
    assert title.endswith(".")
    assert row.when.endswith(".")
    assert not row.is_warning
    if row.field:
        assert row.short
    if row.commands:
        assert "shell" in row.commands
    if row.layer == "proxy" or row.id.startswith(("api_cert", "hub_cert")):
        assert {"{no_effect}", "sent."} & {*row.advice.split()}
