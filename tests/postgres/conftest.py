"""PostgreSQL servers to diagnose: a real one, with and without TLS, and fake ones."""

from __future__ import annotations

import pytest
from doubles.postgres_server import FakeServer
from doubles.raw_server import RawServer
from doubles.tls_front import TlsFront

from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.postgres import network
from lamin_widgets.postgres.diagnosis import diagnose
from lamin_widgets.postgres.steps import NAMES

PASSWORD = "Zw9-kestrel/@:%+#q"


@pytest.fixture
def database(breakable):
    """The real server. A test can break it, because it's repaired afterward."""
    return breakable.database


@pytest.fixture
def connection(sandbox):
    server = sandbox.database
    return PostgresConnection("127.0.0.1", server.port, server.password)


@pytest.fixture(scope="session")
def tls_context(tls):
    """A certificate for localhost that no public authority signed."""
    return tls("localhost")


@pytest.fixture
def trusted(monkeypatch, ca_file):
    """Trust the test's certificate authority."""
    monkeypatch.setenv("PGSSLROOTCERT", ca_file)


@pytest.fixture
def tls_front(database, tls_context):
    """The real server with TLS. Plain connections reach it from 127.0.0.2."""
    with TlsFront(database.port, tls_context) as front:
        yield front


@pytest.fixture
def over_tls(tls_front, connection):
    return PostgresConnection("localhost", tls_front.port, connection.password)


@pytest.fixture
def elsewhere(monkeypatch):
    """Treat loopback as another machine, because tests use loopback only."""
    monkeypatch.setattr(network, "is_loopback", lambda _address: False)


@pytest.fixture
def listen():
    """Start raw servers, given the function that serves a connection."""
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
def serve(listen):
    """Start fake PostgreSQL servers, given the script or its attributes."""

    def start(script=None, **attributes):
        return listen((script or FakeServer(**attributes)).handler())

    return start


@pytest.fixture
def fails():
    """Diagnose, and check the common properties of failures."""

    def check(connection, cause, *, step, state="failed", **options):
        outcome = diagnose(connection, **options)
        assert (outcome.cause, outcome.state) == (cause, "failure"), outcome
        assert tuple(each.name for each in outcome.steps) == NAMES
        at = NAMES.index(step)
        states = [each.state for each in outcome.steps]
        assert set(states[:at]) <= {"passed", "warning"}, outcome
        assert states[at:] == [state] + ["skipped"] * (len(NAMES) - at - 1), outcome
        assert outcome.steps[at].text
        assert outcome.advice
        shown = f"{outcome!r}{outcome.to_dict()}{outcome.facts}"
        assert connection.password.reveal() not in shown or not connection.password
        text = outcome.title + outcome.advice + outcome.command
        assert "{" not in text
        for fact in ("host", "port", "sentence", "reason", "seems", "seconds"):
            assert f"<{fact}>" not in text
        return outcome

    return check
