"""Texts of failed connections and their causes."""

from __future__ import annotations

import json
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamin_widgets.core.failures import CATALOG
from lamin_widgets.core.secret import Secret
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

LIBPQ = [
    ('could not translate host name "nix" to address: Unknown', "db_name_unknown"),
    (f"{TO}Connection refused\n{HINT}", "db_refused"),
    (f"{TO}timeout expired\n", "db_unreachable"),
    (f"{TO}No route to host\n{HINT}", "db_unreachable"),
    (f"{TO}Connection timed out\n{HINT}", "db_unreachable"),
    (f"{TO}Network is unreachable\n{HINT}", "db_unreachable"),
    (f"{TO_V6}Network is unreachable\n{HINT}", "ipv6_only"),
    (f"{TO_V6}Cannot assign requested address\n{HINT}", "ipv6_only"),
    (f"{TO}received invalid response to SSL negotiation: H\n", "db_not_postgres"),
    (
        f"{TO}expected authentication request from server, but received H\n",
        "db_not_postgres",
    ),
    (f"{TO}server closed the connection unexpectedly\n\tThis", "db_hangs_up"),
    (f"{TO}SSL SYSCALL error: EOF detected\n", "db_hangs_up"),
    (f"{TO}server does not support SSL, but SSL was required\n", "db_tls_unsupported"),
    (f"{TO}SSL error: certificate verify failed\n", "db_certificate"),
    (
        (
            f'{TO}server certificate for "a.example" (and 2 other names) does not '
            'match host name "db.example.org"\n'
        ),
        "db_certificate",
    ),
    (f'{TO}root certificate file "/x" does not exist\nEither', "db_certificate"),
    (f"{TO}SSL error: tlsv1 alert protocol version\n", "tls_failed"),
    (
        (
            f"{TO}server offered SCRAM-SHA-256-PLUS authentication over a non-SSL "
            "connection\n"
        ),
        "tls_ended_in_between",
    ),
    (f"{TO}FATAL:  SCRAM channel binding check failed\n", "tls_ended_in_between"),
    (f"{TO}incorrect server signature\n", "server_not_authentic"),
    (
        (
            f'{TO}authentication method requirement "scram-sha-256,none" failed: '
            "server requested a cleartext password\n"
        ),
        "password_would_be_exposed",
    ),
    (
        (
            f'{TO}authentication method requirement "x" failed: server requested '
            "GSSAPI authentication\n"
        ),
        "authentication_method",
    ),
    (f"{TO}authentication method 7 not supported\n", "authentication_method"),
    (f"{TO}fe_sendauth: no password supplied\n", "password_missing"),
]
POSTGRESQL = [
    (f"{TO}{NO_RULE}no encryption\n", "db_not_allowed"),
    (f"{TO}{NO_RULE}SSL off\n", "db_not_allowed"),
    (f"{TO}{NO_RULE}SSL encryption\n{TO}{NO_RULE}no encryption\n", "db_not_allowed"),
    (
        (
            f'{TO}FATAL:  pg_hba.conf rejects connection for host "198.51.100.7", user '
            '"postgres", database "postgres", SSL encryption\n'
        ),
        "db_not_allowed",
    ),
    (f"{TO}{WRONG}", "password_rejected"),
    (f"{TO}{WRONG}{TO}{WRONG}", "password_rejected"),
    (f'{TO}FATAL:  role "postgres" does not exist\n', "role_missing"),
    (f'{TO}FATAL:  database "postgres" does not exist\n', "database_missing"),
    (
        f'{TO}FATAL:  role "postgres" is not permitted to log in\n',
        "login_not_permitted",
    ),
    (
        (
            f'{TO}FATAL:  permission denied for database "postgres"\nDETAIL:  User '
            "does not have CONNECT privilege.\n"
        ),
        "connect_not_permitted",
    ),
    (
        f'{TO}FATAL:  database "postgres" is not currently accepting connections\n',
        "database_closed",
    ),
    (f"{TO}FATAL:  sorry, too many clients already\n", "too_many_connections"),
    (f"{TO}{SLOTS} roles with the SUPERUSER attribute\n", "too_many_connections"),
    (f"{TO}{SLOTS} non-replication superuser connections\n", "too_many_connections"),
    (f'{TO}FATAL:  too many connections for role "postgres"\n', "too_many_connections"),
    (f"{TO}FATAL:  the database system is starting up\n", "starting_up"),
    (f"{TO}FATAL:  the database system is shutting down\n", "starting_up"),
    (f"{TO}FATAL:  the database system is in recovery mode\n", "starting_up"),
    (
        f"{TO}FATAL:  the database system is not yet accepting connections",
        "starting_up",
    ),
    (
        f'{TO}FATAL:  PAM authentication failed for user "postgres"',
        "pam_authentication",
    ),
    (
        f'{TO}FATAL:  LDAP authentication failed for user "postgres"',
        "authentication_method",
    ),
    (
        f'{TO}FATAL:  Ident authentication failed for user "postgres"',
        "authentication_method",
    ),
    (
        f"{TO}FATAL:  connection requires a valid client certificate\n",
        "client_certificate_required",
    ),
]
RELATIVES = [
    ("FATAL:  Tenant or user not found", "supabase_pooler"),
    ("FATAL:  (ENOTFOUND) tenant/user postgres.abc not found", "supabase_pooler"),
    (
        "FATAL:  (ENOIDENTIFIER) no tenant identifier provided (external_id or sni)",
        "supabase_pooler",
    ),
    (
        (
            "FATAL:  (ECIRCUITBREAKER) too many authentication failures, new "
            "connections are temporarily blocked"
        ),
        "blocked_after_failures",
    ),
    ("FATAL:  Max client connections reached", "too_many_connections"),
    (
        "FATAL:  (EMAXCONNSESSION) max clients reached in session",
        "too_many_connections",
    ),
    ("FATAL:  no more connections allowed (max_client_conn)", "too_many_connections"),
    (
        (
            "ERROR:  Endpoint ID is not specified. Either please upgrade the postgres "
            "client library (libpq) for SNI support"
        ),
        "neon_endpoint",
    ),
    ("ERROR:  connection is insecure (try using `sslmode=require`)", "db_tls_required"),
    ("FATAL:  SSL connection is required. Please specify SSL", "db_tls_required"),
    ("FATAL:  SSL/TLS required", "db_tls_required"),
    ("FATAL:  SSL required", "db_tls_required"),
    ("FATAL:  This RDS Proxy requires TLS connections", "db_tls_required"),
    (
        "FATAL:  This RDS proxy has no credentials for the role postgres.",
        "pooler_refused",
    ),
    ("FATAL:  no such database: postgres", "pooler_refused"),
    ("FATAL:  no such user: postgres", "pooler_refused"),
    ("FATAL:  unsupported startup parameter: extra_float_digits", "pooler_refused"),
    (
        'FATAL:  No pool configured for database: "postgres", user: "postgres"',
        "pooler_refused",
    ),
    (
        "ERROR:  odyssey: c1a2: route for 'postgres.postgres' is not found",
        "pooler_refused",
    ),
    (
        (
            "FATAL:  server login failed: FATAL password authentication failed for "
            'user "postgres"'
        ),
        "pooler_backend",
    ),
    (
        "FATAL:  server login has been failing, try again later (server_login_retry)",
        "pooler_backend",
    ),
    ("FATAL:  pgbouncer cannot connect to server", "pooler_backend"),
    ("FATAL:  query_wait_timeout", "pooler_backend"),
    ("ERROR:  odyssey: failed to get remote server connection", "pooler_backend"),
    ("ERROR:  Couldn't connect to compute node", "pooler_backend"),
    ("FATAL:  SASL authentication failed", "password_rejected"),
    ("ERROR:  password authentication failed for user postgres", "password_rejected"),
    (
        (
            "FATAL:  no server.host_based_authentication.configuration entry for host "
            '"198.51.100.7", user "postgres"'
        ),
        "db_not_allowed",
    ),
    (
        (
            "FATAL:  Client with IP address '198.51.100.7' is not allowed to access "
            "the server."
        ),
        "db_not_allowed",
    ),
]
OTHER_LANGUAGES = [
    (
        "Passwort-Authentifizierung für Benutzer »postgres« fehlgeschlagen",
        "password_rejected",
    ),
    (
        "kein pg_hba.conf-Eintrag für Host »198.51.100.7«, SSL-Verschlüsselung",
        "db_not_allowed",
    ),
    (
        "PAM-Authentifizierung für Benutzer »postgres« fehlgeschlagen",
        "pam_authentication",
    ),
    (
        "LDAP-Authentifizierung für Benutzer »postgres« fehlgeschlagen",
        "authentication_method",
    ),
    ("die Datenbank »postgres« existiert nicht", "database_missing"),
    ("Datenbank »postgres« existiert nicht", "database_missing"),
    ("Rolle »postgres« existiert nicht", "role_missing"),
    (
        "authentification par mot de passe échouée pour l'utilisateur « postgres »",
        "password_rejected",
    ),
    ("la base de données « postgres » n'existe pas", "database_missing"),
    (
        "la autentificación password falló para el usuario «postgres»",
        "password_rejected",
    ),
    ("no existe la base de datos «postgres»", "database_missing"),
    (
        'пользователь "postgres" не прошёл проверку подлинности (по паролю)',
        "password_rejected",
    ),
    ('в pg_hba.conf нет записи для компьютера "198.51.100.7"', "db_not_allowed"),
    ('用户 "postgres" Password 认证失败', "password_rejected"),
    (
        '没有用于主机 "198.51.100.7", 用户 "postgres" 的 pg_hba.conf 记录',
        "db_not_allowed",
    ),
    ('数据库 "postgres" 不存在', "database_missing"),
    ('角色 "postgres" 不存在', "role_missing"),
    ('ユーザー"postgres"のパスワード認証に失敗しました', "password_rejected"),
    (
        'autenticazione con password fallita per l\'utente "postgres"',
        "password_rejected",
    ),
    ('autenticação do tipo senha falhou para usuário "postgres"', "password_rejected"),
]
DRIVERS = [
    # asyncpg
    ('password authentication failed for user "postgres"', "password_rejected"),
    (
        "asyncpg.exceptions.InvalidPasswordError: Passwort falsch für »postgres«",
        "password_rejected",
    ),
    (
        "asyncpg.exceptions.InvalidCatalogNameError: Datenbank »postgres« fehlt",
        "database_missing",
    ),
    ("[Errno 111] Connect call failed ('203.0.113.9', 5432)", "db_refused"),
    ("[Errno 110] Connect call failed ('203.0.113.9', 5432)", "db_unreachable"),
    ("[Errno -2] Name or service not known", "db_name_unknown"),
    ("TimeoutError", "db_unreachable"),
    ('PostgreSQL server at "db:5432" rejected SSL upgrade', "db_tls_unsupported"),
    ("connection was closed in the middle of operation", "db_hangs_up"),
    # psycopg
    (f"connection failed: {TO}{WRONG}", "password_rejected"),
    ("connection timeout expired", "db_unreachable"),
    (
        "failed to resolve host 'nix': [Errno -2] Name or service not known",
        "db_name_unknown",
    ),
    (
        (
            "Multiple connection attempts failed. All failures were:\n- host: 'db', "
            f"port: 5432, hostaddr: '2001:db8::9': connection failed: {TO_V6}Network "
            "is unreachable\n- host: 'db', port: 5432, hostaddr: '203.0.113.9': "
            f"connection failed: {TO}{WRONG}"
        ),
        "password_rejected",
    ),
    # SQLAlchemy and a pooler's client
    (f"(psycopg2.OperationalError) {TO}{WRONG}\n(Background: …)", "password_rejected"),
    (
        (
            "failed to connect to `user=postgres`: 203.0.113.9:5432: failed SASL auth: "
            'FATAL: password authentication failed for user "postgres" (SQLSTATE 28P01)'
        ),
        "password_rejected",
    ),
]
KNOWN = [*LIBPQ, *POSTGRESQL, *RELATIVES, *DRIVERS]
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


@pytest.mark.parametrize(("text", "cause"), [*POSTGRESQL, *RELATIVES])
def test_attempt_without_a_reason_is_ignored(text, cause):
    assert classify_text(f"{GSSAPI}{text}").cause == cause
    assert classify_text(f"{TO_V6}{GSSAPI}{text}").cause == cause
    assert classify_text(f"{text}\n{GSSAPI}").cause == cause


@pytest.mark.parametrize(("text", "cause"), OTHER_LANGUAGES)
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
        "",
        "It didn't work.",
        GSSAPI,
        "postgres",
        "status: 7",
        "\\",
        "Error 5",
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
                "tls": "yes",
                "hba_entry": "hostssl postgres postgres 198.51.100.7/32 scram-sha-256",
            },
        ),
        (
            f"{NO_RULE}no encryption",
            {
                "tls": "no",
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
            {"seen_as": "198.51.100.7", "tls": "no"},
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


def test_secret_in_a_message_is_removed_from_the_facts():
    secret = Secret("kestrel-9-kestrel")
    text = f'FATAL:  role "{secret.reveal()}" is odd, {secret.reveal()[:12]}'
    found = classify(text, secrets=[secret])
    assert found.cause == "server_refused"
    assert "kestrel" not in str(found.facts)


def test_progress_orders_causes_by_how_far_the_connection_got():
    assert progress(None) < progress("db_refused") < progress("db_tls_required")
    assert progress("db_tls_required") == progress("db_not_allowed", without_tls=True)
    assert progress("db_not_allowed") < progress("password_rejected")


PARTS = st.sampled_from(
    [
        *(text for text, _ in [*KNOWN, *OTHER_LANGUAGES]),
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
    text = unit * (2_000_000 // len(unit))
    started = time.thread_time()
    classify_text(text)
    assert time.thread_time() - started < 1
