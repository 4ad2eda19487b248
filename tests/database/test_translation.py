"""Every exception psycopg2 has becomes an outcome; nothing escapes."""

from __future__ import annotations

import psycopg2
import pytest
from psycopg2 import errorcodes, errors

from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.postgres.diagnosis import diagnose

KNOWN = {
    "53300": "too_many_connections",
    "57P01": "starting_up",
    "57P02": "starting_up",
    "57P03": "starting_up",
}
# Codes of two characters are classes; success and warnings are never an error.
CODES = sorted(
    value
    for name, value in vars(errorcodes).items()
    if name.isupper()
    and isinstance(value, str)
    and len(value) == 5
    and value[:2] not in ("00", "01", "02")
)


def all_classes():
    found = set()
    left = [psycopg2.Warning, psycopg2.Error]
    while left:
        kind = left.pop()
        found.add(kind)
        left.extend(kind.__subclasses__())
    return sorted(found, key=lambda kind: kind.__name__)


def test_each_code_that_a_server_can_send_is_mapped(
    serve, speaks_postgres, error_message
):
    pending = []

    def handler(channel, stopping):
        reply = error_message("Meldung", code=pending[-1], severity="FEHLER")
        speaks_postgres(at_query=reply + b"Z\0\0\0\x05I")(channel, stopping)

    connection = serve(handler)
    for code in CODES:
        pending.append(code)
        outcome = diagnose(connection, deadline=5)
        assert (outcome.state, outcome.cause) == (
            "failure",
            KNOWN.get(code, "unexpected"),
        ), outcome
        assert "Meldung" in outcome.details
        assert outcome.steps[4].state == "failed"
    assert len(CODES) > 200


@pytest.mark.parametrize("kind", all_classes(), ids=lambda kind: kind.__name__)
def test_each_class_is_mapped_wherever_it_comes_from(monkeypatch, connection, kind):
    password = connection.password.reveal()

    def fail(dsn, *_arguments, **_options):
        raise kind(f"Meldung mit {password} und {dsn}")

    # inside psycopg2.connect, whose frame holds the password
    monkeypatch.setattr(psycopg2, "_connect", fail)
    outcome = diagnose(connection)
    expected = KNOWN.get(getattr(kind("x"), "pgcode", None), "unexpected")
    assert (outcome.state, outcome.cause) == ("failure", expected)
    assert "Meldung" in outcome.details
    assert password not in f"{outcome!r}{outcome.to_dict()}"


def test_no_class_is_left_out():
    named = {kind for kind in vars(errors).values() if isinstance(kind, type)}
    assert len(named) > 200
    assert named <= set(all_classes())


def test_a_server_that_speaks_german(serve, speaks_postgres, error_message, fails):
    text = "Passwort-Authentifizierung für Benutzer »postgres« fehlgeschlagen"
    reply = error_message(text, code="28P01", severity="SCHWERWIEGEND")
    connection = serve(speaks_postgres(at_sign_in=reply))
    outcome = fails(connection, "unexpected", step="Sign-in", deadline=5)
    assert text in outcome.details
    assert connection.masked_url in outcome.details  # what was tried


def test_a_server_that_is_stopped_meanwhile(serve, speaks_postgres, error_message):
    reply = error_message(
        "terminating connection due to administrator command", code="57P01"
    )

    def handler(channel, stopping):
        welcome = speaks_postgres(at_query=reply)
        channel.settimeout(0.5)  # it hangs up after its last words
        welcome(channel, stopping)

    outcome = diagnose(serve(handler), deadline=10)
    assert outcome.cause == "starting_up", outcome


def test_a_server_whose_answer_makes_no_sense(serve, speaks_postgres, row):
    outcome = diagnose(serve(speaks_postgres(at_query=row("only", "two"))), deadline=5)
    assert (outcome.state, outcome.cause) == ("failure", "unexpected")
    assert outcome.steps[4].state == "failed"


def test_without_psycopg2(monkeypatch, healthy):
    monkeypatch.setitem(__import__("sys").modules, "psycopg2", None)
    outcome = diagnose(PostgresConnection("127.0.0.1", healthy.port, "kestrel-77"))
    assert (outcome.state, outcome.cause) == ("failure", "unexpected")
    assert "psycopg2" in outcome.details
