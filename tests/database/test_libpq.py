"""The cause comes from libpq's text, and where the text is not clear, none does."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamin_widgets.core.failures import CAUSES
from lamin_widgets.postgres.errors import (
    cause_of,
    in_clear_text_only,
    said,
    seen_as,
    without_repeats,
)

TO = 'connection to server at "db.example.org" (203.0.113.9), port 5432 failed: '
TO_V6 = 'connection to server at "db.example.org" (2001:db8::9), port 5432 failed: '
WRONG = 'FATAL:  password authentication failed for user "postgres"\n'
NO_RULE = (
    'FATAL:  no pg_hba.conf entry for host "198.51.100.7", user "postgres", '
    'database "postgres", '
)
HINT = "\tIs the server running on that host and accepting TCP/IP connections?\n"

TEXTS = {
    'could not translate host name "nix" to address: Name or service not known\n': (
        "db_name_unknown"
    ),
    f"{TO}Connection refused\n{HINT}": "db_refused",
    f"{TO}timeout expired\n": "db_unreachable",
    f"{TO}No route to host\n{HINT}": "db_unreachable",
    f"{TO}Connection timed out\n{HINT}": "db_unreachable",
    f"{TO}received invalid response to SSL negotiation: H\n": "db_not_postgres",
    f"{TO}expected authentication request from server, but received H\n": (
        "db_not_postgres"
    ),
    f"{TO}FATAL:  SSL connection is required. Please specify SSL options.\n": (
        "db_tls_required"
    ),
    "ERROR: connection is insecure (try using `sslmode=require`)": "db_tls_required",
    f"{TO}server does not support SSL, but SSL was required\n": "db_tls_unsupported",
    f"{TO}SSL error: certificate verify failed\n": "db_certificate",
    f'{TO}server certificate for "a.example" (and 2 other names) does not match host '
    'name "db.example.org"\n': "db_certificate",
    f"{TO}{NO_RULE}no encryption\n": "db_not_allowed",
    f"{TO}{NO_RULE}SSL off\n": "db_not_allowed",
    f"{TO}{NO_RULE}SSL encryption\n{TO}{NO_RULE}no encryption\n": "db_not_allowed",
    f'{TO}FATAL:  pg_hba.conf rejects connection for host "198.51.100.7", user '
    '"postgres", database "postgres", SSL encryption\n': "db_not_allowed",
    f"{TO}{WRONG}": "password_rejected",
    f"{TO}{WRONG}{TO}{WRONG}": "password_rejected",
    f"{TO}FATAL:  SASL authentication failed\n": "password_rejected",
    f"{TO}fe_sendauth: no password supplied\n": "password_missing",
    f'{TO}FATAL:  role "postgres" does not exist\n': "role_missing",
    f'{TO}FATAL:  database "postgres" does not exist\n': "database_missing",
    f'{TO}FATAL:  role "postgres" is not permitted to log in\n': "login_not_permitted",
    f'{TO}FATAL:  permission denied for database "postgres"\nDETAIL:  User does not '
    "have CONNECT privilege.\n": "connect_not_permitted",
    f"{TO}FATAL:  sorry, too many clients already\n": "too_many_connections",
    f"{TO}FATAL:  remaining connection slots are reserved for roles with the SUPERUSER "
    "attribute\n": "too_many_connections",
    f'{TO}FATAL:  too many connections for role "postgres"\n': "too_many_connections",
    f"{TO}FATAL:  the database system is starting up\n": "starting_up",
    f"{TO}FATAL:  the database system is shutting down\n": "starting_up",
    f"{TO}FATAL:  the database system is in recovery mode\n": "starting_up",
    f"{TO}FATAL:  the database system is not yet accepting connections\n": (
        "starting_up"
    ),
}

UNCLEAR = [
    "",
    f"{TO}FATAL:  Passwort-Authentifizierung für Benutzer »postgres« fehlgeschlagen\n",
    f"{TO}FATAL:  kein pg_hba.conf-Eintrag für Host »198.51.100.7«\n",
    # TLS was turned down in German, and clear text by the rules: not for the rules.
    f"FATAL:  Passwort fehlgeschlagen\n{TO}{NO_RULE}no encryption",
    # A server that ends in the middle, a firewall, a balancer: nobody can tell.
    f"{TO}server closed the connection unexpectedly\n\tThis probably means …\n",
    # What looks like a message is a name.
    'FATAL:  database "password authentication failed for user" does not exist\n',
    'FATAL:  role "no pg_hba.conf entry" does not exist\n',
    'FATAL:  role "someone" does not exist\n',
    'FATAL:  database "other" does not exist\n',
    # Two addresses that say different things.
    f'{TO_V6}FATAL:  role "postgres" does not exist\n{TO}{WRONG}',
]


@pytest.mark.parametrize(("text", "cause"), TEXTS.items(), ids=TEXTS.values())
def test_a_known_text_has_its_cause(text, cause):
    assert cause_of(text) == cause
    # as psycopg2 gives it after an asynchronous connection, without where
    assert cause_of(text.removeprefix(TO)) == cause
    # as SQLAlchemy and Lamin's check may pass it on
    assert cause_of(f"(psycopg2.OperationalError) {text}\n(Background: …)") == cause
    assert cause_of(text.replace('"', '\\"')) == cause
    assert cause in CAUSES


@pytest.mark.parametrize("text", UNCLEAR)
def test_an_unclear_text_has_no_cause(text):
    assert cause_of(text) is None


@pytest.mark.parametrize(
    ("attempts", "cause"),
    [
        # TLS, and then clear text because of sslmode=prefer
        ([WRONG, f"{NO_RULE}no encryption\n"], "password_rejected"),
        ([f"{NO_RULE}SSL encryption\n", WRONG], "password_rejected"),
        (["FATAL:  sorry, too many clients already\n"] * 2, "too_many_connections"),
    ],
)
@pytest.mark.parametrize("prefixes", [(TO, TO), ("", TO), ("", "")])
def test_the_attempt_that_matters_decides(attempts, cause, prefixes):
    pairs = zip(prefixes, attempts, strict=True)
    assert cause_of("".join(prefix + attempt for prefix, attempt in pairs)) == cause


@pytest.mark.parametrize(
    ("attempts", "cause"),
    [
        ([f"{TO_V6}Network is unreachable\n", f"{TO}Connection refused\n"], "refused"),
        ([f"{TO_V6}Network is unreachable\n", f"{TO}timeout expired\n"], "unreachable"),
        ([f"{TO_V6}Connection refused\n", f"{TO}timeout expired\n"], "unreachable"),
    ],
)
def test_addresses_that_were_not_reached(attempts, cause):
    assert cause_of("".join(attempts)) == f"db_{cause}"


def test_the_address_that_was_reached_decides():
    reached = f"{TO_V6}Connection refused\n{HINT}{TO}{WRONG}"
    assert cause_of(reached) == "password_rejected"


def test_whether_only_clear_text_was_turned_down():
    assert in_clear_text_only(f"{TO}{NO_RULE}no encryption\n")
    assert not in_clear_text_only(
        f"{TO}{NO_RULE}SSL encryption\n{TO}{NO_RULE}no encryption\n"
    )
    assert not in_clear_text_only(f"{WRONG}{TO}{NO_RULE}no encryption\n")


def test_what_the_server_said_is_shown_once_and_without_repeats():
    text = f"{TO}{WRONG}{TO}{WRONG}"
    expected = 'FATAL: password authentication failed for user "postgres"'
    assert said(text) == expected
    assert without_repeats(text) == f"{TO}{WRONG}".strip()
    assert seen_as(f"{TO}{NO_RULE}no encryption\n") == "198.51.100.7"
    assert seen_as(WRONG) is None


PARTS = st.sampled_from(
    [*TEXTS, *UNCLEAR, TO, NO_RULE, '"', "FATAL:", "\n", " failed: "]
)


@settings(deadline=None)  # machines are slow at times
@given(st.text() | st.lists(PARTS | st.text(max_size=5)).map("".join))
def test_any_text_has_a_cause_of_the_catalogue_or_none(text):
    cause = cause_of(text)
    assert cause is None or cause in CAUSES
    assert isinstance(said(text), str)
    assert isinstance(in_clear_text_only(text), bool)


@pytest.mark.parametrize(
    "unit",
    [
        '"',
        "FATAL:",
        "connection to server at ",
        'server certificate for ""',
        TO,
        "a" * 9,
    ],
)
def test_a_text_of_megabytes_takes_no_time(unit):
    text = unit * (2_000_000 // len(unit))
    started = time.process_time()
    cause_of(text)
    said(text)
    seen_as(text)
    without_repeats(text)
    assert time.process_time() - started < 2
