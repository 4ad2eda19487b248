"""The client as a person has it, against Lamin APIs that are good, bad or not there."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading

import pytest
import trustme
from account_kernel import Kernel
from api_bench import Bench, connections, until

from lamin_widgets.lamin import calls


@pytest.fixture
def bench(sandbox, monkeypatch, tmp_path):
    with contextlib.ExitStack() as stack:
        yield Bench(sandbox, monkeypatch, stack, tmp_path)
    sandbox.api.clear_faults()
    sandbox.published_api.clear_faults()


@pytest.fixture
def quick(monkeypatch):
    """The check is tried again after hardly any pause."""
    monkeypatch.setattr(calls, "_BACKOFF_S", (0.01, 0.02))


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture(scope="session")
def tls(authority):
    """Makes the server's side of TLS, with a certificate for a host."""

    def make(host="127.0.0.1"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(host).configure_cert(context)
        return context

    return make


@pytest.fixture
def trusted(authority, tmp_path, monkeypatch):
    """The authority is trusted, as a company's is, through REQUESTS_CA_BUNDLE."""
    path = tmp_path / "company-ca.pem"
    authority.cert_pem.write_to_path(path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    return path


@pytest.fixture
def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture
def full_port():
    """A port that drops connection requests, as a firewall does: its queue is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(address)  # nobody accepts it
        yield address[1]


@pytest.fixture
def nothing_left():
    """After the test there are the threads and connections of before."""
    threads = set(threading.enumerate())
    before = connections()
    yield
    until(lambda: not [t for t in threading.enumerate() if t not in threads])
    until(lambda: connections() <= before)


@pytest.fixture
def kernel(sandbox, tmp_path):
    kernel = Kernel(tmp_path, sandbox.environ)
    yield kernel
    kernel.end()
    sandbox.api.clear_faults()
    sandbox.hub.clear_faults()
