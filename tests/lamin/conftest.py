"""A scripted API, a client for it, and certificates."""

from __future__ import annotations

import contextlib

import psutil
import pytest
from doubles.ports import closed_port, full_port
from doubles.processes import eventually, working_threads
from doubles.texts import PASSWORD, TOKEN

from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.lamin.client import DbServerClient
from lamin_widgets.lamin.transport import RequestsTransport


@pytest.fixture
def client_of():
    """Returns a client for a URL, closed after the test."""
    with contextlib.ExitStack() as stack:

        def make(url, *, token=TOKEN, connect_timeout=5.0, deadline=20.0, **options):
            transport = RequestsTransport(
                connect_timeout=connect_timeout, deadline=deadline
            )
            client = DbServerClient(url, token, transport=transport, **options)
            stack.callback(client.close)
            return client

        yield make


@pytest.fixture
def client(api, client_of):
    return client_of(api.url)


@pytest.fixture(scope="session")
def connection():
    return PostgresConnection("db.example.org", 5432, PASSWORD)


@pytest.fixture
def trusted(ca_file, monkeypatch):
    """Trust the test's certificate authority through REQUESTS_CA_BUNDLE."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca_file)


@pytest.fixture(name="closed_port")
def _closed_port():
    return closed_port()


@pytest.fixture(name="full_port")
def _full_port():
    with full_port() as port:
        yield port


@pytest.fixture
def nothing_left():
    """Check that the test leaves no threads and no connections."""
    threads, before = working_threads(), _connections()
    yield
    eventually(lambda: working_threads() <= threads)
    eventually(lambda: _connections() <= before)


def _connections():
    found = psutil.Process().net_connections("tcp")
    return {(each.fd, each.laddr) for each in found if each.status != "LISTEN"}
