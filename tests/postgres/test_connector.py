"""Refusals of real servers, and the protection of the password."""

from __future__ import annotations

import socket
import ssl
import struct
import time

import pytest
from doubles.postgres_server import (
    CLEAR_TEXT,
    MD5,
    READY,
    WELCOME,
    FakeServer,
    about,
    authentication,
    error,
    message,
    row,
    scram,
)
from doubles.processes import with_longest_pause
from doubles.raw_server import (
    HTTP,
    MYSQL,
    SSH,
    drips,
    silent,
    speaks,
)
from doubles.tls_front import TlsFront
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.core.failures import CATALOG
from lamin_widgets.postgres.diagnosis import diagnose

PROTOCOL = "PostgreSQL protocol and TLS"
GERMAN = "Passwort-Authentifizierung für Benutzer »postgres« fehlgeschlagen"
NO_ENTRY = (
    'no pg_hba.conf entry for host "198.51.100.7", user "postgres", database '
    '"postgres", '
)


def causes(outcome):
    return [warned.cause for warned in outcome.warnings]


REFUSALS = [
    ("XX000", "(ENOIDENTIFIER) no tenant identifier provided", "supabase_pooler"),
    ("28000", 'PAM authentication failed for user "postgres"', "pam_authentication"),
    ("28P01", GERMAN, "password_rejected"),
    ("53300", "tut mir leid, schon zu viele Verbindungen", "too_many_connections"),
    ("28000", "völlig unbekannter Grund", "server_refused"),
    ("P0001", "Network is unreachable from the login trigger", "server_refused"),
]
"""One refusal of each kind. tests/postgres/test_errors.py has the others."""


@pytest.mark.parametrize(("code", "text", "cause"), REFUSALS)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
@pytest.mark.parametrize("severity", ["FATAL", "SCHWERWIEGEND"])
def test_refusal_has_the_same_cause_in_any_language(
    serve, fails, code, text, cause, encoding, severity
):
    reply = error(text, code, severity, encoding)
    outcome = fails(serve(at_startup=reply), cause, step="Authentication")
    assert outcome.steps[3].text == text
    assert code in outcome.details
    assert "auth.c" not in outcome.details
    assert CATALOG[cause].concerns_database
    if cause == "server_refused":
        assert outcome.title == f"The server refused the connection: “{text}”"


def test_refusal_in_gbk_is_readable(serve, fails):
    text = '用户 "postgres" Password 认证失败'
    reply = error(text, "28P01", "致命错误", "gbk")
    outcome = fails(serve(at_startup=reply), "password_rejected", step="Authentication")
    assert text in outcome.details


def test_refusal_after_the_password_is_reported(serve, fails):
    script = FakeServer(at_startup=CLEAR_TEXT, after_password=error(GERMAN, "28P01"))
    fails(serve(script), "password_rejected", step="Authentication")
    assert len(script.passwords) == 1


def test_neon_without_sni_is_explained(serve, fails, tls_context):
    endpoint = "Endpoint ID is not specified. Either please upgrade libpq for SNI"
    insecure = "connection is insecure (try using `sslmode=require`)"
    outcome = fails(
        serve(
            tls=tls_context,
            at_startup=error(endpoint, "08P01", "ERROR"),
            plain=error(insecure, "08P01", "ERROR"),
        ),
        "neon_endpoint",
        step="Authentication",
    )
    assert "SNI" in outcome.advice


def test_tls_ended_by_a_proxy_is_reported(serve, fails):
    reply = scram("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256")
    fails(serve(at_startup=reply), "tls_ended_in_between", step=PROTOCOL)


def test_connection_closed_after_the_password_is_reported(serve, fails):
    script = FakeServer(at_startup=CLEAR_TEXT, after_password=None)
    outcome = fails(
        serve(script), "closed_during_authentication", step="Authentication"
    )
    assert "after the password was sent" in outcome.advice
    assert "log" in outcome.advice


def test_connection_closed_before_the_password_is_reported(listen, fails):
    def hang_up(channel, _stopping):
        channel.recv(8)
        channel.sendall(b"N")
        channel.recv(4096)

    outcome = fails(
        listen(hang_up), "closed_during_authentication", step="Authentication"
    )
    assert "before the server asked for the password" in outcome.advice


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("mode", ["prefer", "verify-full"])
def test_error_before_tls_is_only_quoted(listen, fails, monkeypatch, mode):
    """Anyone on the network can send it."""
    monkeypatch.setenv("PGSSLMODE", mode)

    def forge(channel, _stopping):
        channel.recv(8)
        channel.sendall(error(f"{NO_ENTRY}SSL encryption", "28000"))

    outcome = fails(listen(forge), "tls_failed", step=PROTOCOL)
    assert "no pg_hba.conf entry" in outcome.title
    assert {"seen_as", "hba_entry"}.isdisjoint(outcome.facts)


@pytest.mark.usefixtures("elsewhere")
def test_server_without_a_proof_of_the_password_is_reported(serve, fails):
    reply = scram("SCRAM-SHA-256") + WELCOME + READY
    fails(serve(at_startup=reply), "server_not_authentic", step="Authentication")


@pytest.mark.parametrize(
    ("reply", "method"),
    [
        (authentication(7), "GSSAPI"),
        (authentication(9), "SSPI"),
        (authentication(2), "another kind of"),
        (scram("OAUTHBEARER"), "another kind of"),
    ],
    ids=["GSSAPI", "SSPI", "Kerberos 5", "OAuth"],
)
def test_authentication_method_without_a_password_is_named(serve, fails, reply, method):
    connection = serve(at_startup=reply)
    outcome = fails(connection, "authentication_method", step="Authentication")
    assert f"uses {method} authentication" in outcome.title


def test_server_silent_during_authentication_is_reported(serve, fails):
    outcome = fails(
        serve(at_startup=b""), "db_no_answer", step="Authentication", deadline=0.5
    )
    assert "0.5 s" in outcome.title


@pytest.mark.parametrize(
    ("behavior", "words"),
    [
        (MYSQL, "MySQL"),
        (HTTP, "web server (HTTP)"),
        ({"reply": b"Enough of this\r\n"}, "another protocol"),
    ],
)
def test_another_service_on_the_port_is_named(listen, fails, behavior, words):
    outcome = fails(
        listen(speaks(**behavior)),
        "db_not_postgres",
        step=PROTOCOL,
        connect_timeout=2,
    )
    assert words in outcome.advice
    assert words in outcome.steps[2].text
    assert outcome.field == "port"


def _hang_up(_channel, _stopping):
    pass


def _reset(channel, _stopping):
    channel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize(
    "handler",
    [_hang_up, _reset, speaks()],
    ids=["closes", "resets", "closes after data"],
)
def test_tunnel_without_a_server_is_explained(listen, fails, handler):
    outcome = fails(listen(handler), "db_hangs_up", step=PROTOCOL, connect_timeout=1)
    assert "tunnel" in outcome.advice
    assert "5432" not in outcome.advice


def test_silent_server_is_reported_at_the_time_limit(listen, fails):
    started = time.monotonic()
    outcome = fails(listen(silent), "db_no_answer", step=PROTOCOL, connect_timeout=0.6)
    assert time.monotonic() - started < 3
    assert "0.6 s" in outcome.title


def test_server_sending_single_bytes_is_given_up_in_time(listen, fails):
    # The banner starts with the byte by which PostgreSQL accepts TLS.
    connection = listen(drips(SSH["greeting"], every_s=0.2))
    started = time.monotonic()
    fails(connection, "db_no_answer", step=PROTOCOL, deadline=1)
    assert time.monotonic() - started < 3


NO_FORK = "could not fork new process for connection: Sad"


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (f"E{NO_FORK}\n\0".encode(), "server_refused"),
        (error(NO_FORK, "58000"), "server_refused"),
        (error("zu viele Verbindungen", "53300"), "too_many_connections"),
    ],
    ids=["text alone", "error with an SQLSTATE", "error with a known SQLSTATE"],
)
def test_error_before_tls_is_classified(listen, fails, reply, cause):
    outcome = fails(listen(speaks(reply=reply)), cause, step=PROTOCOL)
    assert cause != "server_refused" or NO_FORK in outcome.title


@pytest.mark.parametrize(
    "reply",
    [
        error("Rechenfehler", "22012") + READY,
        row("only one column"),
        row("PostgreSQL 18.1", "18.1", "no number", "false", "on", "true"),
        message(b"C", b"SELECT 0\0") + READY,
    ],
    ids=["error", "one column", "text for a number", "no row"],
)
def test_query_with_an_unusable_result_is_reported(serve, fails, reply):
    fails(serve(at_query=(reply,)), "query_failed", step="Privileges")


@pytest.mark.parametrize(
    "reply",
    [b"", message(b"X", b"unknown"), message(b"D", b"\xff\xff")],
    ids=["nothing", "unknown message", "malformed row"],
)
def test_query_without_a_result_is_reported(serve, fails, reply):
    connection = serve(at_query=(reply,))
    fails(connection, "db_no_answer", step="Privileges", deadline=0.3)


@pytest.mark.parametrize("at", ["at_startup", "at_query"])
def test_flood_of_settings_blocks_no_other_thread(serve, at):
    """libpq keeps settings in a list, so its time grows quadratically."""
    flood = b"".join(message(b"S", b"a%d\0\0" % number) for number in range(30_000))
    # libpq reads a long message and all messages behind it in one step.
    long = message(b"N", b"SNOTICE\0C00000\0M" + b"x" * 2 * len(flood) + b"\0\0")
    reply = authentication(0) + long + flood
    connection = serve(**{at: reply if at == "at_startup" else (long + flood,)})
    outcome, pause_s = with_longest_pause(lambda: diagnose(connection, deadline=1))
    assert outcome.cause == "db_no_answer"
    assert pause_s < 0.5


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (error("Verbindung wird abgebrochen", "57P01"), "starting_up"),
        (b"", "query_failed"),
    ],
    ids=["with a message", "without a message"],
)
def test_session_closed_during_a_query_is_reported(serve, fails, reply, cause):
    connection = serve(at_query=(reply,), closes_after_query=True)
    fails(connection, cause, step="Privileges")


def test_server_refusing_to_list_roles_has_a_warning(serve):
    refuses = error("permission denied", "42501", "ERROR") + READY
    outcome = diagnose(serve(at_query=(about(superuser="off"), refuses)))
    assert outcome, outcome
    assert "not_superuser" in causes(outcome)


def test_derivative_of_postgresql_has_a_warning(serve):
    version = "CockroachDB CCL v23.1.11 (x86_64-pc-linux-gnu)"
    whole = diagnose(serve(at_query=(about(version, "13.0"),)))
    # Some of these servers answer only version(), because they have no other functions.
    refuses = error("unknown function: pg_is_in_recovery()", "42883", "ERROR") + READY
    partly = diagnose(serve(at_query=(refuses, row(version))))
    for outcome in (whole, partly):
        assert outcome, outcome
        assert "not_postgresql" in causes(outcome)
        assert "CockroachDB" in outcome.warnings[-1].title
        assert outcome.advice.startswith("CockroachDB")
        assert "end_of_life" not in causes(outcome)
        assert "unsupported_by_lamindb" not in causes(outcome)


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize(
    ("host", "trusts", "reason"),
    [
        ("localhost", True, ""),
        ("localhost", False, "unable to get local issuer certificate"),
        ("127.0.0.1", True, "IP address mismatch"),
    ],
)
def test_unverified_certificate_has_a_warning(request, over_tls, host, trusts, reason):
    if trusts:
        request.getfixturevalue("trusted")
    outcome = diagnose(PostgresConnection(host, over_tls.port, over_tls.password))
    assert outcome, outcome
    verified = "not verified" if reason else "verified"
    assert outcome.steps[2].text == f"TLS 1.3, certificate {verified}"
    assert outcome.steps[2].state == ("warning" if reason else "passed")
    assert outcome.steps[2].text in outcome.advice
    assert outcome.facts["tls"] == "yes"
    warned = [w for w in outcome.warnings if w.cause == "certificate_unverified"]
    assert len(warned) == bool(reason)
    for each in warned:
        assert reason in each.advice
        assert "PGSSLROOTCERT" in each.command


@pytest.mark.usefixtures("elsewhere")
def test_server_without_tls_has_a_warning(connection):
    outcome = diagnose(connection)
    assert outcome, outcome
    assert outcome.steps[2].text == "Not encrypted"
    assert outcome.steps[2].state == "warning"
    assert causes(outcome) == ["not_encrypted"]
    assert outcome.facts["tls"] == "no"
    assert "lamin connect command requires TLS" in outcome.warnings[0].advice


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("encrypted", [True, False])
def test_remote_server_without_authentication_is_refused(
    serve, fails, tls_context, encrypted
):
    connection = serve(tls=tls_context if encrypted else None)
    fails(connection, "password_not_asked", step="Authentication")


@pytest.mark.usefixtures("elsewhere", "trusted")
def test_verified_server_gets_one_connection_and_the_password(serve, tls_context):
    script = FakeServer(tls=tls_context, at_startup=CLEAR_TEXT)
    connection = serve(script)
    named = PostgresConnection("localhost", connection.port, connection.password)
    assert diagnose(named)
    assert len(script.startups) == 1
    assert script.passwords == [connection.password.reveal().encode() + b"\0"]


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require", "verify-ca"])
@pytest.mark.parametrize("request_", [CLEAR_TEXT, MD5], ids=["clear text", "MD5"])
def test_unverified_server_gets_no_password_with_any_sslmode(
    serve, tls_context, monkeypatch, mode, request_
):
    monkeypatch.setenv("PGSSLMODE", mode)
    monkeypatch.setenv("PGREQUIREAUTH", "password")
    for context in (tls_context, None):
        script = FakeServer(tls=context, at_startup=request_)
        assert not diagnose(serve(script))
        assert script.passwords == []


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize(("mode", "reply"), [("", b"this is no TLS"), ("require", b"")])
def test_failed_tls_handshake_is_reported(listen, fails, monkeypatch, mode, reply):
    monkeypatch.setenv("PGSSLMODE", mode)

    def handler(channel, _stopping):
        channel.recv(8)
        channel.sendall(b"S")
        channel.recv(4096)
        channel.sendall(reply)

    fails(listen(handler), "tls_failed", step=PROTOCOL)


@pytest.mark.usefixtures("elsewhere")
def test_failed_handshake_leads_to_an_attempt_without_tls(database, connection):
    """Connect without TLS, as libpq does, but only with SCRAM and a warning."""
    without_certificate = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TlsFront(database.port, without_certificate, plain_from="127.0.0.1") as front:
        behind = PostgresConnection("127.0.0.1", front.port, connection.password)
        outcome = diagnose(behind)
    assert outcome, outcome
    assert causes(outcome) == ["not_encrypted"]
    assert "tls" not in outcome.facts  # The server might support it.
    assert "TLS couldn't be set up" in outcome.warnings[0].advice


@pytest.mark.usefixtures("elsewhere", "trusted")
def test_server_with_only_unencrypted_access_has_a_warning(database, over_tls):
    database.set_hba(["host all all 127.0.0.2/32 scram-sha-256"])
    outcome = diagnose(over_tls)
    assert outcome, outcome
    assert "only connections without TLS" in outcome.warnings[0].advice


@pytest.mark.usefixtures("elsewhere", "trusted")
def test_wrong_password_is_not_reported_as_a_tls_rule(database, over_tls, fails):
    database.set_hba(["host all all 127.0.0.1/32 scram-sha-256"])
    wrong = PostgresConnection("localhost", over_tls.port, "not-this-kestrel")
    fails(wrong, "password_rejected", step="Authentication")
    database.set_hba(["host all all 127.0.0.2/32 scram-sha-256"])
    fails(wrong, "password_rejected", step="Authentication")


@pytest.mark.usefixtures("elsewhere", "trusted")
def test_server_without_any_pg_hba_entry_shows_the_entry_to_add(
    database, over_tls, fails
):
    database.set_hba([])
    outcome = fails(over_tls, "db_not_allowed", step="Authentication")
    # The real server behind the relay doesn't see TLS.
    assert "host postgres postgres 127.0.0.1/32" in outcome.command


TEXTS = st.one_of(
    st.text(
        alphabet=st.characters(exclude_characters="\0", codec="utf-8"), max_size=80
    ),
    st.sampled_from([GERMAN, "用户认证失败", "ошибка", "timeout expired", NO_ENTRY]),
)
CODES = st.from_regex(r"[0-9A-Z]{5}", fullmatch=True)
ENCODINGS = st.sampled_from(["utf-8", "cp1252", "gb18030", "cp1251", "shift_jis"])


@pytest.fixture
def refusing(serve):
    """One server for all examples: its script and the connection to it."""
    script = FakeServer()
    return script, serve(script)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS, code=CODES, severity=TEXTS, encoding=ENCODINGS)
def test_refusal_with_any_text_has_a_consistent_outcome(
    refusing, text, code, severity, encoding
):
    script, connection = refusing
    raw, word = (
        each.encode(encoding, "replace").decode(encoding) for each in (text, severity)
    )
    script.at_startup = error(raw, code, word, encoding)
    outcome = diagnose(connection, deadline=5)
    assert outcome.state == "failure"
    known = CATALOG[outcome.cause]
    assert known.concerns_database, outcome
    assert known.layer not in {"name", "tcp"}, outcome
    assert outcome.advice
    assert "firewall" not in outcome.advice
    assert "failed" in {step.state for step in outcome.steps}
    assert "<" not in outcome.title.partition("“")[0]


@pytest.mark.parametrize("variable", ["PGTZ", "PGDATESTYLE", "PGGEQO"])
def test_environment_variable_rejected_by_the_server_is_named(
    connection, fails, monkeypatch, variable
):
    monkeypatch.setenv(variable, "bogus/value")
    outcome = fails(
        connection, "environment_setting", step="Authentication", state="skipped"
    )
    assert outcome.title == f"{variable} has an invalid value."
    assert "The reason is: “" in outcome.advice
    assert variable in outcome.command
