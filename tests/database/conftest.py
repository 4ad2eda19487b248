"""One PostgreSQL for all tests of the diagnosis, mended after each."""

from __future__ import annotations

import ssl
import struct
import time

import pytest
import trustme
from doubles.raw_server import RawServer
from doubles.tls_front import TlsFront

from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.postgres.diagnosis import diagnose
from lamin_widgets.sandbox.breakages import repair
from lamin_widgets.sandbox.postgres import Postgres

PASSWORD = "Zw9-kestrel/@:%+#q"
NAMES = (
    "Name resolution",
    "Port",
    "PostgreSQL protocol and TLS",
    "Sign-in",
    "Rights",
    "Version",
)


@pytest.fixture(scope="session")
def session_postgres():
    with Postgres(password=PASSWORD, max_connections=6) as server:
        yield server


@pytest.fixture
def postgres(session_postgres):
    """The server, to be broken: it is mended after the test."""
    yield session_postgres
    session_postgres.settings.clear()
    repair(session_postgres)


@pytest.fixture
def healthy(session_postgres):
    """The server, to be left as it is."""
    return session_postgres


@pytest.fixture
def connection(session_postgres):
    return PostgresConnection("127.0.0.1", session_postgres.port, PASSWORD)


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture(scope="session")
def tls_context(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture
def tls_front(postgres, tls_context):
    """The server with TLS; clear text reaches it from 127.0.0.2."""
    with TlsFront(postgres.port, tls_context) as front:
        yield front


@pytest.fixture
def serve():
    """Start raw servers, given the function that talks."""
    servers = []

    def start(handler, **options):
        server = RawServer(handler, **options)
        servers.append(server)
        server.start()
        return PostgresConnection("127.0.0.1", server.port, PASSWORD)

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def fails():
    """Diagnose, and check what every failure has in common."""

    def check(connection, cause, *, step, field=None, **options):
        outcome = diagnose(connection, **options)
        assert (outcome.cause, outcome.state) == (cause, "failure"), outcome
        assert outcome.field == field
        assert tuple(s.name for s in outcome.steps) == NAMES
        states = [s.state for s in outcome.steps]
        at = NAMES.index(step)
        expected = ["passed"] * at + ["failed"] + ["skipped"] * (len(NAMES) - at - 1)
        assert states == expected, outcome
        assert outcome.advice
        assert outcome.steps[at].text
        shown = f"{outcome!r}{outcome.to_dict()}"
        assert PASSWORD not in shown
        assert "{" not in outcome.title + outcome.advice
        assert "<host>" not in shown
        assert "<seems>" not in shown
        return outcome

    return check


@pytest.fixture
def eventually():
    def wait(condition, within_s=20.0):
        deadline = time.monotonic() + within_s
        while not condition():
            assert time.monotonic() < deadline, "it never came to be"
            time.sleep(0.01)

    return wait


def message(kind, body=b""):
    """A message of PostgreSQL's protocol."""
    return kind + struct.pack("!i", len(body) + 4) + body


def error(text, *, code="28000", severity="FATAL"):
    fields = {b"S": severity, b"V": "FATAL", b"C": code, b"M": text}
    body = b"".join(key + value.encode() + b"\0" for key, value in fields.items())
    return message(b"E", body + b"\0")


def speaks_postgres(*, at_sign_in=None, at_query=b""):
    """A handler that talks like PostgreSQL, word by word as it is told.

    Args:
        at_sign_in: What to answer to the start, instead of letting in.
        at_query: What to answer to a query.
    """
    welcome = message(b"R", struct.pack("!i", 0))
    for name, value in (
        ("server_version", "12.1"),
        ("client_encoding", "UTF8"),
        ("DateStyle", "ISO, MDY"),
        ("standard_conforming_strings", "on"),
    ):
        welcome += message(b"S", f"{name}\0{value}\0".encode())
    welcome += message(b"Z", b"I")

    def handler(channel, _stopping):
        start = channel.recv(4096)
        if start[4:8] == struct.pack("!i", 80877103):
            channel.sendall(b"N")
            start = channel.recv(4096)
        if not start:
            return
        channel.sendall(welcome if at_sign_in is None else at_sign_in)
        while received := channel.recv(4096):
            if received[:1] == b"Q":
                channel.sendall(at_query)

    return handler


def row(*values):
    """The reply to a query: one row, with texts, numbers (int) and truths (bool)."""
    oids = {str: 25, int: 23, bool: 16}
    columns = b"".join(
        b"c\0" + struct.pack("!ihihih", 0, 0, oids[type(value)], -1, -1, 0)
        for value in values
    )
    texts = [
        (("t" if v else "f") if isinstance(v, bool) else str(v)).encode()
        for v in values
    ]
    data = b"".join(struct.pack("!i", len(text)) + text for text in texts)
    count = struct.pack("!h", len(values))
    return (
        message(b"T", count + columns)
        + message(b"D", count + data)
        + message(b"C", b"SELECT 1\0")
        + message(b"Z", b"I")
    )


@pytest.fixture(name="speaks_postgres")
def _speaks_postgres():
    return speaks_postgres


@pytest.fixture(name="error_message")
def _error():
    return error


@pytest.fixture(name="row")
def _row():
    return row
