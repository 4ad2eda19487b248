"""Texts of failed connections and their causes."""

from __future__ import annotations

import json
import re

import pytest
from doubles.timing import takes_linear_time
from hypothesis import given, settings
from hypothesis import strategies as st

from lamin_widgets.core.failures import CATALOG
from lamin_widgets.postgres.errors import classify, classify_text, progress

TO = 'connection to server at "db.example.org" (203.0.113.9), port 5432 failed: '
TO_V6 = 'connection to server at "db.example.org" (2001:db8::9), port 5432 failed: '
WRONG = 'FATAL:  password authentication failed for user "postgres"\n'
NO_RULE = (
    'FATAL:  no pg_hba.conf entry for host "198.51.100.7", user "postgres", '
    'database "postgres", '
)
HINT = "\tIs the server running on that host and accepting TCP/IP connections?\n"
GSSAPI = (
    "could not initiate GSSAPI security context: Unspecified GSS failure.  Minor code "
    "may provide more information: Server not found in Kerberos database\n"
)
SLOTS = "FATAL:  remaining connection slots are reserved for"

LIBPQ = {
    "db_name_unknown": ['could not translate host name "nix" to address: Unknown'],
    "db_refused": [f"{TO}Connection refused\n{HINT}"],
    "db_unreachable": [
        f"{TO}timeout expired\n",
        f"{TO}No route to host\n{HINT}",
        f"{TO}Connection timed out\n{HINT}",
        f"{TO}Network is unreachable\n{HINT}",
    ],
    "ipv6_only": [
        f"{TO_V6}Network is unreachable\n{HINT}",
        f"{TO_V6}Cannot assign requested address\n{HINT}",
    ],
    "db_not_postgres": [
        f"{TO}received invalid response to SSL negotiation: H\n",
        f"{TO}expected authentication request from server, but received H\n",
    ],
    "db_hangs_up": [
        f"{TO}server closed the connection unexpectedly\n\tThis",
        f"{TO}SSL SYSCALL error: EOF detected\n",
    ],
    "db_tls_unsupported": [f"{TO}server does not support SSL, but SSL was required\n"],
    "db_certificate": [
        f"{TO}SSL error: certificate verify failed\n",
        (
            f'{TO}server certificate for "a.example" (and 2 other names) does not '
            'match host name "db.example.org"\n'
        ),
        f'{TO}root certificate file "/x" does not exist\nEither',
    ],
    "tls_failed": [f"{TO}SSL error: tlsv1 alert protocol version\n"],
    "tls_ended_in_between": [
        (
            f"{TO}server offered SCRAM-SHA-256-PLUS authentication over a non-SSL "
            "connection\n"
        ),
        f"{TO}FATAL:  SCRAM channel binding check failed\n",
    ],
    "server_not_authentic": [f"{TO}incorrect server signature\n"],
    "password_would_be_exposed": [
        (
            f'{TO}authentication method requirement "scram-sha-256,none" failed: '
            "server requested a cleartext password\n"
        ),
    ],
    "authentication_method": [
        (
            f'{TO}authentication method requirement "x" failed: server requested '
            "GSSAPI authentication\n"
        ),
        f"{TO}authentication method 7 not supported\n",
    ],
    "password_missing": [f"{TO}fe_sendauth: no password supplied\n"],
}
POSTGRESQL = {
    "db_not_allowed": [
        f"{TO}{NO_RULE}no encryption\n",
        f"{TO}{NO_RULE}SSL off\n",
        f"{TO}{NO_RULE}SSL encryption\n{TO}{NO_RULE}no encryption\n",
        (
            f'{TO}FATAL:  pg_hba.conf rejects connection for host "198.51.100.7", user '
            '"postgres", database "postgres", SSL encryption\n'
        ),
    ],
    "password_rejected": [
        f"{TO}{WRONG}",
        f"{TO}{WRONG}{TO}{WRONG}",
    ],
    "role_missing": [f'{TO}FATAL:  role "postgres" does not exist\n'],
    "database_missing": [f'{TO}FATAL:  database "postgres" does not exist\n'],
    "login_not_permitted": [
        f'{TO}FATAL:  role "postgres" is not permitted to log in\n'
    ],
    "connect_not_permitted": [
        (
            f'{TO}FATAL:  permission denied for database "postgres"\nDETAIL:  User '
            "does not have CONNECT privilege.\n"
        ),
    ],
    "database_closed": [
        f'{TO}FATAL:  database "postgres" is not currently accepting connections\n',
    ],
    "too_many_connections": [
        f"{TO}FATAL:  sorry, too many clients already\n",
        f"{TO}{SLOTS} roles with the SUPERUSER attribute\n",
        f"{TO}{SLOTS} non-replication superuser connections\n",
        f'{TO}FATAL:  too many connections for role "postgres"\n',
    ],
    "starting_up": [
        f"{TO}FATAL:  the database system is starting up\n",
        f"{TO}FATAL:  the database system is shutting down\n",
        f"{TO}FATAL:  the database system is in recovery mode\n",
        f"{TO}FATAL:  the database system is not yet accepting connections",
    ],
    "pam_authentication": [
        f'{TO}FATAL:  PAM authentication failed for user "postgres"'
    ],
    "authentication_method": [
        f'{TO}FATAL:  LDAP authentication failed for user "postgres"',
        f'{TO}FATAL:  Ident authentication failed for user "postgres"',
    ],
    "client_certificate_required": [
        f"{TO}FATAL:  connection requires a valid client certificate\n"
    ],
}
RELATIVES = {
    "supabase_pooler": [
        "FATAL:  Tenant or user not found",
        "FATAL:  (ENOTFOUND) tenant/user postgres.abc not found",
        "FATAL:  (ENOIDENTIFIER) no tenant identifier provided (external_id or sni)",
    ],
    "blocked_after_failures": [
        (
            "FATAL:  (ECIRCUITBREAKER) too many authentication failures, new "
            "connections are temporarily blocked"
        ),
    ],
    "too_many_connections": [
        "FATAL:  Max client connections reached",
        "FATAL:  (EMAXCONNSESSION) max clients reached in session",
        "FATAL:  no more connections allowed (max_client_conn)",
    ],
    "neon_endpoint": [
        (
            "ERROR:  Endpoint ID is not specified. Either please upgrade the postgres "
            "client library (libpq) for SNI support"
        ),
    ],
    "db_tls_required": [
        "ERROR:  connection is insecure (try using `sslmode=require`)",
        "FATAL:  SSL connection is required. Please specify SSL",
        "FATAL:  SSL/TLS required",
        "FATAL:  SSL required",
        "FATAL:  This RDS Proxy requires TLS connections",
    ],
    "pooler_refused": [
        "FATAL:  This RDS proxy has no credentials for the role postgres.",
        "FATAL:  no such database: postgres",
        "FATAL:  no such user: postgres",
        "FATAL:  unsupported startup parameter: extra_float_digits",
        'FATAL:  No pool configured for database: "postgres", user: "postgres"',
        "ERROR:  odyssey: c1a2: route for 'postgres.postgres' is not found",
    ],
    "pooler_backend": [
        (
            "FATAL:  server login failed: FATAL password authentication failed for "
            'user "postgres"'
        ),
        "FATAL:  server login has been failing, try again later (server_login_retry)",
        "FATAL:  pgbouncer cannot connect to server",
        "FATAL:  query_wait_timeout",
        "ERROR:  odyssey: failed to get remote server connection",
        "ERROR:  Couldn't connect to compute node",
    ],
    "password_rejected": [
        "FATAL:  SASL authentication failed",
        "ERROR:  password authentication failed for user postgres",
    ],
    "db_not_allowed": [
        (
            "FATAL:  no server.host_based_authentication.configuration entry for host "
            '"198.51.100.7", user "postgres"'
        ),
        (
            "FATAL:  Client with IP address '198.51.100.7' is not allowed to access "
            "the server."
        ),
    ],
}
OTHER_LANGUAGES = {
    "password_rejected": [
        "Passwort-Authentifizierung für Benutzer »postgres« fehlgeschlagen",
        "authentification par mot de passe échouée pour l'utilisateur « postgres »",
        "la autentificación password falló para el usuario «postgres»",
        'пользователь "postgres" не прошёл проверку подлинности (по паролю)',
        '用户 "postgres" Password 认证失败',
        'ユーザー"postgres"のパスワード認証に失敗しました',
        'autenticazione con password fallita per l\'utente "postgres"',
        'autenticação do tipo senha falhou para usuário "postgres"',
    ],
    "db_not_allowed": [
        "kein pg_hba.conf-Eintrag für Host »198.51.100.7«, SSL-Verschlüsselung",
        'в pg_hba.conf нет записи для компьютера "198.51.100.7"',
        '没有用于主机 "198.51.100.7", 用户 "postgres" 的 pg_hba.conf 记录',
    ],
    "pam_authentication": [
        "PAM-Authentifizierung für Benutzer »postgres« fehlgeschlagen"
    ],
    "authentication_method": [
        "LDAP-Authentifizierung für Benutzer »postgres« fehlgeschlagen"
    ],
    "database_missing": [
        "die Datenbank »postgres« existiert nicht",
        "Datenbank »postgres« existiert nicht",
        "la base de données « postgres » n'existe pas",
        "no existe la base de datos «postgres»",
        '数据库 "postgres" 不存在',
    ],
    "role_missing": [
        "Rolle »postgres« existiert nicht",
        '角色 "postgres" 不存在',
    ],
}
DRIVERS = {
    "password_rejected": [
        'password authentication failed for user "postgres"',
        "asyncpg.exceptions.InvalidPasswordError: Passwort falsch für »postgres«",
        f"connection failed: {TO}{WRONG}",
        (
            "Multiple connection attempts failed. All failures were:\n- host: 'db', "
            f"port: 5432, hostaddr: '2001:db8::9': connection failed: {TO_V6}Network "
            "is unreachable\n- host: 'db', port: 5432, hostaddr: '203.0.113.9': "
            f"connection failed: {TO}{WRONG}"
        ),
        f"(psycopg2.OperationalError) {TO}{WRONG}\n(Background: …)",
        (
            "failed to connect to `user=postgres`: 203.0.113.9:5432: failed SASL auth: "
            'FATAL: password authentication failed for user "postgres" (SQLSTATE 28P01)'
        ),
    ],
    "database_missing": [
        "asyncpg.exceptions.InvalidCatalogNameError: Datenbank »postgres« fehlt",
    ],
    "db_refused": ["[Errno 111] Connect call failed ('203.0.113.9', 5432)"],
    "db_unreachable": [
        "[Errno 110] Connect call failed ('203.0.113.9', 5432)",
        "TimeoutError",
        "connection timeout expired",
    ],
    "db_name_unknown": [
        "[Errno -2] Name or service not known",
        "failed to resolve host 'nix': [Errno -2] Name or service not known",
    ],
    "db_tls_unsupported": ['PostgreSQL server at "db:5432" rejected SSL upgrade'],
    "db_hangs_up": ["connection was closed in the middle of operation"],
}


def rows(*tables):
    """Return each text of the tables with its cause."""
    return [
        (text, cause)
        for table in tables
        for cause, texts in table.items()
        for text in texts
    ]


KNOWN = rows(LIBPQ, POSTGRESQL, RELATIVES, DRIVERS)
UNKNOWN_MESSAGES = [
    "FATAL:  something that no version has sent so far",
    "ERROR:  the endpoint has been disabled",
    "FEHLER:  unbekannter Fehler",
    "致命的错误:  未知",
    "PANIC:  could not write to file",
    # The quoted name looks like a message.
    'FATAL:  database "password authentication failed for user" does not exist\n',
    'FATAL:  role "no pg_hba.conf entry" does not exist\n',
    'FATAL:  role "someone" does not exist\n',
    'FATAL:  database "other" does not exist\n',
    "FATAL:  die Datenbank »Passwort-Authentifizierung« ist kaputt\n",
    # The server sent the message, so no firewall is in the way.
    "FATAL:  the disk timed out",
    "FATAL:  connection refused by policy",
    "FATAL:  Network is unreachable",
    # The cause is the refusal over TLS, not the missing entry for clear text.
    f"FATAL:  Passwort unbrauchbar\n{TO}{NO_RULE}no encryption",
]


@pytest.mark.parametrize(("text", "cause"), KNOWN)
def test_known_text_is_classified(text, cause):
    assert classify_text(text).cause == cause
    # For an asynchronous connection, psycopg2 reports the message without the prefix.
    assert classify_text(text.removeprefix(TO)).cause == cause or TO_V6 in text
    assert classify_text(json.dumps(text)).cause == cause
    assert classify_text(json.dumps({"detail": [text]})).cause == cause
    assert classify_text(f"b'{json.dumps({'detail': text})}'").cause == cause


@pytest.mark.parametrize(("text", "cause"), rows(POSTGRESQL, RELATIVES))
def test_attempt_without_a_reason_is_ignored(text, cause):
    assert classify_text(f"{GSSAPI}{text}").cause == cause
    assert classify_text(f"{TO_V6}{GSSAPI}{text}").cause == cause
    assert classify_text(f"{text}\n{GSSAPI}").cause == cause


@pytest.mark.parametrize(("text", "cause"), rows(OTHER_LANGUAGES))
@pytest.mark.parametrize("severity", ["FATAL", "SCHWERWIEGEND", "ВАЖНО", "致命的错误"])
def test_translated_text_is_classified_without_an_sqlstate(text, cause, severity):
    found = classify_text(f"{TO}{severity}:  {text}\n")
    assert found.cause == cause
    assert found.facts["sentence"] == text


@pytest.mark.parametrize("text", UNKNOWN_MESSAGES)
def test_unknown_message_of_a_server_is_quoted(text):
    found = classify_text(text)
    assert found.cause == "server_refused"
    first = text.split("\n")[0].partition("  ")[2]
    assert found.facts["sentence"] == first
    title, _, _ = CATALOG[found.cause].fill(found.facts, "Lamin")
    assert first in title


@pytest.mark.parametrize(
    "text",
    [
        *("", "It didn't work.", GSSAPI, "postgres", "status: 7", "\\", "Error 5"),
        '{"detail": null}',
    ],
)
def test_text_without_a_reason_is_reported_unchanged(text):
    found = classify_text(text)
    assert found.cause == "check_failed"
    reported = found.facts["reported"]
    assert (" ".join(text.split()) in reported) if text else not reported


CODES = [
    ("28P01", "Falsch", "password_rejected"),
    ("3D000", "Weg", "database_missing"),
    ("3D000", "Datenbank »postgres« weg", "database_missing"),
    ("3D000", "Datenbank »andere« weg", "server_refused"),
    ("53300", "Voll", "too_many_connections"),
    ("53200", "Kein Speicher", "out_of_resources"),
    ("53100", "Platte voll", "out_of_resources"),
    ("57P01", "Ende", "starting_up"),
    ("57P03", "Noch nicht", "starting_up"),
    ("42501", "keine Berechtigung für Datenbank »postgres«", "connect_not_permitted"),
    ("42501", "keine Berechtigung für Funktion »x«", "server_refused"),
    ("28000", "unbekannt", "server_refused"),
    ("28000", "kein pg_hba.conf-Eintrag", "db_not_allowed"),
    ("XX000", "pg_hba.conf is missing", "server_refused"),
    ("22023", "invalid value", "server_refused"),
    ("08P01", "password authentication failed", "password_rejected"),
    ("XX000", "Tenant or user not found", "supabase_pooler"),
    ("28P01", "(ECIRCUITBREAKER) slow down", "blocked_after_failures"),
    ("99999", "Connection refused", "server_refused"),
    ("P0001", "Network is unreachable from the login trigger", "server_refused"),
    ("3D000", 'No pool configured for database: "postgres"', "pooler_refused"),
    ("08P01", "no such database: postgres", "pooler_refused"),
    ("08P01", "server login failed: FATAL password is wrong", "pooler_backend"),
    ("28000", "Rolle »postgres« existiert nicht", "role_missing"),
]


@pytest.mark.parametrize(("code", "text", "cause"), CODES)
@pytest.mark.parametrize(
    "shape", ["FATAL:  {c}: {t}", "УЖАС:  {c}: {t}\nORT:  x, y.c:1"]
)
def test_sqlstate_takes_precedence_over_the_text(code, text, cause, shape):
    found = classify(shape.format(c=code, t=text))
    assert found.cause == cause
    assert found.facts["sentence"] == text
    assert classify(text, code=code).cause == cause


@pytest.mark.parametrize(
    ("attempts", "cause"),
    [
        # libpq tries TLS, and then clear text because of sslmode=prefer.
        ([WRONG, f"{NO_RULE}no encryption\n"], "password_rejected"),
        ([f"{NO_RULE}SSL encryption\n", WRONG], "password_rejected"),
        (["FATAL:  sorry, too many clients already\n"] * 2, "too_many_connections"),
        (
            [
                "SSL error: certificate verify failed\n",
                f"{NO_RULE}no encryption\n",
            ],
            "db_certificate",
        ),
        (
            [
                "ERROR:  Endpoint ID is not specified.\n",
                "ERROR:  connection is insecure (try using `sslmode=require`)\n",
            ],
            "neon_endpoint",
        ),
        (["server closed the connection unexpectedly\n", WRONG], "password_rejected"),
    ],
)
@pytest.mark.parametrize("prefixes", [(TO, TO), ("", TO)])
def test_farthest_attempt_decides_the_cause(attempts, cause, prefixes):
    pairs = zip(prefixes, attempts, strict=True)
    text = "".join(prefix + attempt for prefix, attempt in pairs)
    assert classify_text(text).cause == cause


@pytest.mark.parametrize(
    ("attempts", "cause"),
    [
        ([f"{TO_V6}Network is unreachable\n", f"{TO}Connection refused\n"], "refused"),
        ([f"{TO_V6}Network is unreachable\n", f"{TO}timeout expired\n"], "unreachable"),
        ([f"{TO_V6}Connection refused\n", f"{TO}timeout expired\n"], "unreachable"),
        (
            [f"{TO_V6}Network is unreachable\n", f"{TO}Network is unreachable\n"],
            "unreachable",
        ),
    ],
)
def test_unreached_addresses_are_classified_together(attempts, cause):
    assert classify_text("".join(attempts)).cause == f"db_{cause}"


def test_severity_in_another_format_does_not_prove_a_server():
    assert classify_text("ERROR: connection timed out").cause == "db_unreachable"
    assert classify_text("ERROR:  connection timed out").cause == "server_refused"


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        (
            f"{NO_RULE}SSL encryption",
            {
                "from_address": "198.51.100.7",
                "seen_as": "198.51.100.7",
                "encrypted": "yes",
                "hba_entry": "hostssl postgres postgres 198.51.100.7/32 scram-sha-256",
            },
        ),
        (
            f"{NO_RULE}no encryption",
            {
                "encrypted": "no",
                "hba_entry": "host postgres postgres 198.51.100.7/32 scram-sha-256",
            },
        ),
        (
            'FATAL:  no pg_hba.conf entry for host "::ffff:198.51.100.7"',
            {"seen_as": "198.51.100.7"},
        ),
        (
            'FATAL:  no pg_hba.conf entry for host "2001:db8::7", SSL on',
            {"hba_entry": "hostssl postgres postgres 2001:db8::7/128 scram-sha-256"},
        ),
        (
            (
                "FATAL:  kein pg_hba.conf-Eintrag für Host »198.51.100.7«, keine "
                "Verschlüsselung"
            ),
            {"seen_as": "198.51.100.7", "encrypted": "no"},
        ),
        ("FATAL:  no pg_hba.conf entry", {"from_address": "this connection"}),
    ],
)
def test_pg_hba_entry_has_the_address_quoted_by_the_server(text, facts):
    found = classify_text(text).facts
    assert facts.items() <= found.items()


def test_missing_pg_hba_entry_has_a_managed_service_cause():
    text = f"{TO}{NO_RULE}SSL encryption"
    assert classify_text(text, {"managed": "yes"}).cause == "db_not_allowed_managed"
    assert classify_text(text, {"managed": ""}).cause == "db_not_allowed"


@pytest.mark.parametrize(
    ("text", "fact", "value"),
    [
        ("server requested a hashed password", "in_what_form", "as an MD5 hash"),
        ("server requested a cleartext password", "in_what_form", "in clear text"),
        (
            'FATAL:  RADIUS authentication failed for user "postgres"',
            "method",
            "RADIUS",
        ),
        (
            "SSL error: certificate verify failed",
            "reason",
            "Reason: SSL error: certificate verify failed.",
        ),
    ],
)
def test_cause_has_its_facts(text, fact, value):
    assert classify_text(text).facts[fact] == value


def test_progress_orders_causes_by_how_far_the_connection_got():
    assert progress(None) < progress("db_refused") < progress("db_tls_required")
    assert progress("db_tls_required") == progress("db_not_allowed", without_tls=True)
    assert progress("db_not_allowed") < progress("password_rejected")


PARTS = st.sampled_from(
    [
        *(text for text, _ in [*KNOWN, *rows(OTHER_LANGUAGES)]),
        *UNKNOWN_MESSAGES,
        *(TO, NO_RULE, '"', "»", "FATAL:", "ERROR:  ", "\n", " failed: ", "28P01: "),
    ]
)


@settings(max_examples=200)
@given(st.text() | st.lists(PARTS | st.text(max_size=5), max_size=8).map("".join))
def test_any_text_becomes_a_failure_of_the_server_or_its_path(text):
    found = classify_text(text)
    row = CATALOG[found.cause]
    assert row.concerns_database or row.id == "password_missing"
    title, advice, command = row.fill(
        {"host": "db", "port": "5432", "seconds": "5"} | found.facts, "Lamin"
    )
    assert advice
    for fact in ("sentence", "from_address", "method", "in_what_form", "hba_entry"):
        assert f"<{fact}>" not in title + advice + command
    if re.search(r"^FATAL:  [a-z]", text, re.MULTILINE):
        assert row.layer not in {"name", "tcp"} or found.cause == "check_failed"


@pytest.mark.parametrize(
    "unit",
    [
        *('"', "»", "«", "„", "a", " ", "\n", "\\u0041", "FATAL:", "FATAL:  28P01: "),
        *("connection to server at ", 'server certificate for ""', TO, GSSAPI, "1:"),
        *("tenant/user ", "route for ", "sqlstate ", "x:  ", "SQLSTATE ", "(1:"),
    ],
)
def test_classify_text_takes_linear_time(unit):
    text = unit * (250_000 // len(unit))
    assert takes_linear_time(lambda size: classify_text(text * size))
