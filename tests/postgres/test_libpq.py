"""libpq's environment, which must not choose the server, and the password's secrecy."""

from __future__ import annotations

import ctypes
import re
import sys
import threading
from contextlib import closing

import psutil
import psycopg2
import pytest
from doubles.postgres_server import (
    CLEAR_TEXT,
    MD5,
    READY,
    WELCOME,
    FakeServer,
    about,
    error,
    message,
)
from doubles.processes import (
    eventually,
    in_fork,
    is_busy,
    needs_fork,
    with_longest_pause,
)
from doubles.raw_server import speaks
from doubles.texts import shown_by
from psycopg2 import errors, extensions

from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.core.deadline import Deadline
from lamin_widgets.postgres import connector, libpq, tls
from lamin_widgets.postgres.diagnosis import diagnose


def all_classes():
    found = set()
    left = [psycopg2.Warning, psycopg2.Error]
    while left:
        kind = left.pop()
        found.add(kind)
        left.extend(kind.__subclasses__())
    return sorted(found - {psycopg2.Warning}, key=lambda kind: kind.__name__)


def shown(outcome):
    return f"{outcome!r}{outcome.to_dict()}{outcome.facts}"


WRONG = {
    "PGHOST": "192.0.2.1",
    "PGHOSTADDR": "192.0.2.1",
    "PGPORT": "1",
    "PGUSER": "someone",
    "PGDATABASE": "elsewhere",
    "PGPASSWORD": "not-this-kestrel",
    "PGPASSFILE": "/nowhere",
    "PGOPTIONS": "-c no_such_setting=1",
    "PGREQUIREAUTH": "gss",
    "PGCHANNELBINDING": "require",
    "PGLOADBALANCEHOSTS": "random",
    "PGTARGETSESSIONATTRS": "standby",
    "PGAPPNAME": "someone",
    "PGCLIENTENCODING": "no-such-encoding",
    "PGCONNECT_TIMEOUT": "soon",
    "PGSSLNEGOTIATION": "direct",
    "PGSSLCERT": "/nowhere/client.crt",
    "PGSSLKEY": "/nowhere/client.key",
    "PGSSLCERTMODE": "require",
    "PGSSLMINPROTOCOLVERSION": "TLSv9",
    "PGSSLMAXPROTOCOLVERSION": "TLSv0",
    "PGSSLSNI": "0",
    "PGGSSENCMODE": "require",
    "PGGSSLIB": "gssapi",
    "PGGSSDELEGATION": "1",
    "PGKRBSRVNAME": "someone",
    "PGREQUIREPEER": "someone",
    "PGMINPROTOCOLVERSION": "3.2",
    "PGMAXPROTOCOLVERSION": "3.2",
    "PGSERVICEFILE": "/nowhere",
}


def test_connection_settings_in_the_environment_are_ignored(connection, monkeypatch):
    for variable, value in WRONG.items():
        monkeypatch.setenv(variable, value)
    outcome = diagnose(connection)
    assert outcome, outcome
    assert outcome.warnings == ()


def test_unknown_service_in_pgservice_is_named(connection, fails, monkeypatch):
    monkeypatch.setenv("PGSERVICE", "no-such-service")
    outcome = fails(connection, "environment_setting", step="Port", state="skipped")
    assert outcome.title.startswith("PGSERVICE")
    assert "no-such-service" in outcome.advice


@pytest.mark.parametrize("content", ["[mine\n", "[mine]\nhost\n", "[mine]\nx=1\n"])
def test_malformed_service_file_is_named(
    connection, fails, monkeypatch, tmp_path, content
):
    path = tmp_path / "service.conf"
    path.write_text(content)
    monkeypatch.setenv("PGSERVICE", "mine")
    monkeypatch.setenv("PGSERVICEFILE", str(path))
    fails(connection, "environment_setting", step="Port", state="skipped")


@pytest.fixture
def elsewhere_in_files(monkeypatch, tmp_path, sandbox, home):
    """Store the correct password in each place where libpq searches for it."""
    password = sandbox.database.password
    escaped = re.sub(r"([:\\])", r"\\\1", password)
    line = f"*:*:*:*:{escaped}\n"
    places = (tmp_path / "passfile", home / ".pgpass")
    for place in places:
        place.write_text(line)
        place.chmod(0o600)
    service = tmp_path / "service.conf"
    service.write_text(f"[mine]\npassword={password}\nhost=192.0.2.1\n")
    yield {
        "PGPASSFILE": str(places[0]),
        "PGPASSWORD": password,
        "PGSERVICE": "mine",
        "PGSERVICEFILE": str(service),
    }
    places[1].unlink()


def test_libpq_finds_the_password_in_each_place(
    elsewhere_in_files, sandbox, monkeypatch
):
    """Check that libpq finds the password, so that the next test can fail."""
    for names in (("PGPASSFILE",), ("PGPASSWORD",), ("PGSERVICE", "PGSERVICEFILE"), ()):
        with monkeypatch.context() as patch:
            for name in names:
                patch.setenv(name, elsewhere_in_files[name])
            psycopg2.connect(
                hostaddr="127.0.0.1",
                host="127.0.0.1",
                port=sandbox.database.port,
                user="postgres",
                dbname="postgres",
            ).close()


def test_empty_password_is_not_replaced_by_a_stored_one(
    elsewhere_in_files, sandbox, fails, monkeypatch, capfd
):
    for name, value in elsewhere_in_files.items():
        monkeypatch.setenv(name, value)
    connection = PostgresConnection("127.0.0.1", sandbox.database.port, "")
    fails(connection, "password_missing", step="Authentication", state="skipped")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_interrupt_shows_no_password(monkeypatch, connection, kind):
    def interrupt(dsn, *_arguments, **_options):
        assert "password" in dsn  # The frame around this one has the password.
        raise kind

    monkeypatch.setattr(psycopg2, "_connect", interrupt)
    with pytest.raises(kind) as caught:
        diagnose(connection)
    text = shown_by(caught)
    assert "diagnosis.py" in text
    assert connection.password.reveal()[:12] not in text
    assert caught.value.__context__ is None


def test_every_exception_of_psycopg2_becomes_an_outcome(monkeypatch, connection):
    password = connection.password.reveal()
    for kind in all_classes():

        def fail(dsn, *_arguments, kind=kind, **_options):
            raise kind(f"Meldung mit {password} und {dsn}")

        # psycopg2.connect calls this function. The frame of psycopg2.connect has the
        # password.
        monkeypatch.setattr(psycopg2, "_connect", fail)
        outcome = diagnose(connection)
        assert outcome.state == "failure"
        assert outcome.cause != "unexpected"
        assert "Meldung" in outcome.details
        assert password not in shown(outcome)


def test_every_exception_class_of_psycopg2_is_tested():
    named = {kind for kind in vars(errors).values() if isinstance(kind, type)}
    assert len(named) > 200
    assert named - {psycopg2.Warning} <= set(all_classes())


@pytest.mark.parametrize("kind", [RuntimeError, ValueError, MemoryError])
def test_other_exception_is_unexpected_and_shows_no_password(
    monkeypatch, connection, kind
):
    def fail(dsn, *_arguments, **_options):
        raise kind(f"with {dsn}")

    monkeypatch.setattr(psycopg2, "_connect", fail)
    outcome = diagnose(connection)
    assert outcome.cause == "unexpected"
    assert kind.__name__ in outcome.details
    assert connection.password.reveal()[:12] not in shown(outcome)


@pytest.mark.parametrize("wrong", ["postgresql://postgres:kestrel@db/postgres", 7])
def test_connection_of_another_type_is_refused(wrong):
    with pytest.raises(TypeError) as caught:
        diagnose(wrong)
    assert "kestrel" not in shown_by(caught)


def test_missing_psycopg2_is_reported(monkeypatch, connection):
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    outcome = diagnose(connection)
    assert outcome.cause == "unexpected"
    assert "psycopg2" in outcome.details


ECHOES = [
    "role {} doesn't exist",
    "no such thing as {} here",
    "password authentication failed for user {}",
    "no pg_hba.conf entry for host {}",
]
SPELLINGS = {
    "whole": lambda text: text,
    "cut": lambda text: text[:14],
    "end": lambda text: text[-14:],
    "hex": lambda text: text.encode().hex(),
    "other case": str.upper,
    "quoted": lambda text: f'"{text}"',
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("text", ECHOES)
def test_password_in_a_server_error_is_redacted(serve, spelling, text):
    script = FakeServer()
    connection = serve(script)
    echoed = SPELLINGS[spelling](connection.password.reveal())
    script.at_startup = error(text.format(echoed), "28000")
    outcome = diagnose(connection, deadline=5)
    assert outcome.state == "failure"
    assert "kestrel" not in shown(outcome).lower()
    assert echoed not in shown(outcome)


def test_password_in_a_server_version_is_redacted(serve):
    script = FakeServer()
    connection = serve(script)
    password = connection.password.reveal()
    script.at_query = (about(f"Mine {password} 1", "18.1"),)
    assert "kestrel" not in shown(diagnose(connection))
    script.at_query = (about(f"PostgreSQL 18 {password}", "18.1"),)
    assert "kestrel" not in shown(diagnose(connection))


def test_password_in_a_banner_is_redacted(listen):
    connection = listen(speaks())
    banner = f"HTTP/1.1 400 {connection.password.reveal()}\r\n".encode()
    outcome = diagnose(listen(speaks(greeting=banner)))
    assert outcome.cause == "db_not_postgres"
    assert "kestrel" not in shown(outcome)


SINCE_14 = ("sslsni", "require_auth", "sslcertmode", "load_balance", "sslnegotiation")


@pytest.fixture
def older_libpq(monkeypatch):
    """libpq 13, which lacks some of the options."""
    parse = extensions.parse_dsn

    def parse_old(dsn):
        if dsn.startswith((*SINCE_14, "min_protocol", "max_protocol")):
            raise psycopg2.ProgrammingError("invalid connection option")
        return parse(dsn)

    monkeypatch.setattr(extensions, "parse_dsn", parse_old)


@pytest.mark.usefixtures("elsewhere", "older_libpq")
def test_older_libpq_protects_the_password(serve, tls_context):
    for request in (CLEAR_TEXT, MD5):
        for context in (tls_context, None):
            script = FakeServer(tls=context, at_startup=request)
            outcome = diagnose(serve(script))
            assert outcome.cause == "password_would_be_exposed", outcome
            assert script.passwords == []


@pytest.mark.usefixtures("older_libpq")
def test_older_libpq_diagnoses_loopback(connection):
    assert diagnose(connection)


def test_text_decides_the_cause_if_there_is_no_sqlstate(connection, fails, monkeypatch):
    def fail(*_arguments):
        raise OSError("no such library")

    monkeypatch.setattr(ctypes, "CDLL", fail)
    uncached = libpq._functions.__wrapped__  # noqa: SLF001  # no other way
    monkeypatch.setattr(libpq, "_functions", uncached)
    wrong = PostgresConnection("127.0.0.1", connection.port, "not-this-kestrel")
    outcome = fails(wrong, "password_rejected", step="Authentication")
    assert "28P01" not in outcome.details


LONG = "é" * 5_000_000
UNREADABLE = b"\xe9\xa1"  # not UTF-8, and as long as the letter in UTF-8
LONG_REPLIES = {
    "error before authentication": {"at_startup": error(LONG)},
    "error after authentication": {"at_startup": WELCOME + error(LONG)},
    "error of the query": {"at_query": (error(LONG) + READY,)},
    "value": {"at_query": (about(LONG),)},
}


@pytest.mark.parametrize("where", LONG_REPLIES)
def test_long_text_of_a_server_does_not_block_other_threads(serve, where):
    script = FakeServer(**LONG_REPLIES[where])
    script.at_startup = script.at_startup.replace("é".encode(), UNREADABLE)
    script.at_query = tuple(
        each.replace("é".encode(), UNREADABLE) for each in script.at_query
    )
    connection = serve(script)
    outcome, pause_s = with_longest_pause(lambda: diagnose(connection, deadline=5))
    assert pause_s < 0.5
    assert outcome.cause != "db_no_answer"


@pytest.mark.parametrize("size", [19_999, 20_000, 20_001])
def test_text_of_a_server_is_cut_between_two_characters(serve, size):
    text = "é" * (size // 2)
    for padding in ("", "x"):
        sentence = diagnose(serve(at_startup=error(padding + text))).facts["sentence"]
        assert set(sentence) <= set("xé…")


def test_diagnosis_works_if_psycopg2_hides_libpqs_functions(
    connection, serve, monkeypatch
):
    monkeypatch.setattr(libpq, "_functions", lambda: None)
    assert diagnose(connection)
    assert diagnose(serve(at_startup=error("too bad"))).cause == "server_refused"
    assert diagnose(serve(at_query=(error("bad") + READY,))).cause == "query_failed"


# --- Forks ---


@needs_fork
def test_forked_process_closes_an_inherited_connection(serve):
    """Free the connection in a fork, while the parent process uses it."""
    script = FakeServer()
    connection, deadline = serve(script), Deadline(20)
    protection = tls.Protection("disable", is_safe=True)
    link = libpq.Link(connection, "127.0.0.1", protection, deadline, 5)
    with closing(link):
        link.open(lambda _link: None)

        def free():
            found = psutil.Process().net_connections("tcp")
            link.close()
            return str(
                [c for c in found if c.raddr and c.raddr.port == connection.port]
            )

        assert in_fork(free) == "[]"
        assert link.ask("SELECT 1")


# --- Results without an end ---

COPY_REPLIES = [message(kind, b"\0\0\1\0\0") for kind in (b"G", b"H", b"W")]


@pytest.mark.parametrize("hides_libpq", [False, True])
@pytest.mark.parametrize("reply", COPY_REPLIES)
def test_query_that_starts_a_copy_fails_at_once(serve, monkeypatch, reply, hides_libpq):
    if hides_libpq:
        monkeypatch.setattr(libpq, "_functions", lambda: None)
    outcome = diagnose(serve(at_query=(about(superuser="off"), reply)), deadline=5)
    assert outcome, outcome  # This query is optional.
    outcome = diagnose(serve(at_query=(reply,)), deadline=5)
    assert outcome.cause == "query_failed"
    eventually(lambda: not is_busy())


def test_close_ends_an_endless_sequence_of_results(connection, monkeypatch):
    """Close a connection while another thread uses it."""
    endless, real = threading.Event(), dict(libpq._functions())  # noqa: SLF001  # a double
    closed = []

    def next_result(_pointer):
        endless.set()
        return 1

    class Link(libpq.Link):
        def close(self):
            super().close()
            closed.append(self._link.closed)

    results = {"PQgetResult": next_result, "PQresultStatus": lambda _result: 2}
    results |= {"PQclear": lambda _result: None, "PQntuples": lambda _result: 0}
    results |= {"PQresultErrorMessage": lambda _result: None}
    results |= {"PQresultErrorField": lambda _result, _code: None}
    monkeypatch.setattr(libpq, "_functions", lambda: real | results)
    monkeypatch.setattr(connector, "Link", Link)
    assert diagnose(connection, deadline=0.3).cause == "db_no_answer"
    assert endless.is_set()
    eventually(lambda: not is_busy())
    assert closed[-1]
