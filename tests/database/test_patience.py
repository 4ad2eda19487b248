"""A diagnosis ends in time, and at once when the person cancels it."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from doubles import raw_server as raw

from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.postgres import diagnosis
from lamin_widgets.postgres.diagnosis import diagnose

LOOK_UP = socket.getaddrinfo


def cancelled_at(connection, name, **options):
    """Cancel while the step runs."""
    cancel = threading.Event()

    def on_step(steps):
        if (steps[-1].name, steps[-1].state) == (name, "running"):
            cancel.set()

    started = time.monotonic()
    outcome = diagnose(connection, on_step=on_step, cancelled=cancel, **options)
    assert time.monotonic() - started < 3
    assert (outcome.cause, outcome.state) == ("cancelled", "unknown")
    assert not outcome
    assert len(outcome.steps) == 6
    assert all(step.state in {"passed", "skipped"} for step in outcome.steps)
    return outcome


@pytest.mark.parametrize("name", ["Port", "PostgreSQL protocol and TLS"])
def test_cancel_while_a_server_keeps_silent(serve, name):
    cancelled_at(serve(raw.silent), name)


def test_cancel_while_the_sign_in_hangs(serve, speaks_postgres):
    cancelled_at(serve(speaks_postgres(at_sign_in=b"")), "Sign-in")


def test_cancel_while_a_query_hangs(serve, speaks_postgres):
    cancelled_at(serve(speaks_postgres()), "Rights")


def test_cancel_from_another_thread_while_it_waits(serve):
    cancel = threading.Event()
    timer = threading.Timer(0.2, cancel.set)
    timer.start()
    started = time.monotonic()
    outcome = diagnose(serve(raw.silent), cancelled=cancel)
    timer.join()
    assert outcome.cause == "cancelled"
    assert time.monotonic() - started < 2


def test_cancel_before_it_began(connection):
    cancel = threading.Event()
    cancel.set()
    assert diagnose(connection, cancelled=cancel).cause == "cancelled"


@pytest.fixture
def name_server(monkeypatch):
    """A name server that takes as long as it is told to."""
    answers = threading.Event()

    def look_up(host, *arguments, flags=0, **options):
        if flags & socket.AI_NUMERICHOST == 0 and not answers.wait(10):
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure")
        return LOOK_UP(host, *arguments, flags=flags, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield answers
    answers.set()


def test_a_name_server_that_does_not_answer(name_server, fails):
    started = time.monotonic()
    connection = PostgresConnection("db.example.org", 5432, "kestrel-77")
    step = "Name resolution"
    fails(connection, "db_name_unknown", step=step, field="host", deadline=0.3)
    assert time.monotonic() - started < 3


def test_cancel_while_a_name_is_looked_up(name_server):
    connection = PostgresConnection("db.example.org", 5432, "kestrel-77")
    cancelled_at(connection, "Name resolution")


def test_several_addresses_are_tried_until_one_answers(connection, monkeypatch):
    def look_up(host, port, *arguments, **options):
        if host != "db.example.org":
            return LOOK_UP(host, port, *arguments, **options)
        return [
            found
            for address in ("127.0.0.9", "127.0.0.1")
            for found in LOOK_UP(address, port, *arguments, **options)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    named = PostgresConnection("db.example.org", connection.port, connection.password)
    outcome = diagnose(named)
    assert outcome, outcome
    assert outcome.steps[0].text == "127.0.0.9, 127.0.0.1"
    assert "127.0.0.1" in outcome.steps[1].text


def test_a_broken_listener_leaves_nothing_open(connection):
    # ResourceWarnings are errors in this suite.
    with pytest.raises(ZeroDivisionError):
        diagnose(connection, on_step=lambda steps: 1 / (len(steps) < 5))


def test_where_the_question_about_tls_hangs_what_was_said_before_counts(
    serve, error_message
):
    """It refuses clear text, and is silent when asked for more of TLS."""
    text = (
        'no pg_hba.conf entry for host "127.0.0.1", user "postgres", '
        'database "postgres", no encryption'
    )
    starts = iter([b"S", b"N"])

    def handler(channel, stopping):
        channel.recv(8)
        answer = next(starts, None)
        if answer is None:
            stopping.wait()
            return
        channel.sendall(answer)
        if channel.recv(4096):
            channel.sendall(error_message(text))

    outcome = diagnose(serve(handler), deadline=1.5)
    assert outcome.cause == "db_not_allowed", outcome


def test_a_query_that_cannot_even_be_sent_is_explained(connection, monkeypatch):
    # A character that no encoding of PostgreSQL has.
    monkeypatch.setattr(diagnosis, "QUERY", "SELECT '\ud800'")
    outcome = diagnose(connection)
    assert outcome.cause == "unexpected"
    assert [step.state for step in outcome.steps][-2:] == ["failed", "skipped"]
