"""The sandbox's web servers refuse web pages, and report when they can't start."""

from __future__ import annotations

import http.client
import time

import pytest
from doubles.processes import eventually

from lamin_widgets.sandbox import server
from lamin_widgets.sandbox.errors import SandboxError
from lamin_widgets.sandbox.faults import FaultLayer
from lamin_widgets.sandbox.server import ServerThread


async def _hello(_scope, _receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


@pytest.fixture
def layer():
    return FaultLayer(_hello)


@pytest.fixture
def port(layer):
    thread = ServerThread([layer])
    thread.start()
    yield thread.ports[0]
    thread.stop()


def _status(port, headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest("POST", "/", skip_host=True)
    for name, text in headers.items():
        connection.putheader(name, text)
    connection.endheaders()
    try:
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST"])
def test_request_for_a_loopback_host_is_served(port, host):
    assert _status(port, {"Host": f"{host}:{port}"}) == 200


@pytest.mark.parametrize(
    "host", ["rebound.example.org", "127.0.0.1.example.org", "192.0.2.1", "evil", ""]
)
def test_request_for_another_host_is_refused(port, layer, host):
    """Refuse pages whose own host name resolves to 127.0.0.1 (DNS rebinding)."""
    assert _status(port, {"Host": f"{host}:{port}"}) == 400
    assert layer.requests == []


@pytest.mark.parametrize("origin", ["https://example.org", "http://localhost", "null"])
def test_request_of_a_web_page_is_refused(port, layer, origin):
    assert _status(port, {"Host": "localhost", "Origin": origin}) == 403
    assert layer.requests == []


@pytest.mark.parametrize("name", ["api", "published_api", "hub"])
def test_service_refuses_requests_of_web_pages(sandbox, name):
    url = getattr(sandbox, f"{name}_url")
    port = int(url.split(":")[2].split("/")[0])
    assert _status(port, {"Host": f"127.0.0.1:{port}", "Origin": "null"}) == 403
    assert _status(port, {"Host": "rebound.example.org"}) == 400


@pytest.mark.parametrize(
    "fault", [{"silent": True}, {"drip_s": 60}, {"endless": True}, {"delay_s": 600}]
)
def test_stop_ends_every_fault(fault):
    layer = FaultLayer(_hello)
    thread = ServerThread([layer])
    thread.start()
    layer.fault(**fault)
    connection = http.client.HTTPConnection("127.0.0.1", thread.ports[0], timeout=10)
    connection.request("GET", "/")
    eventually(lambda: layer.requests)
    start = time.monotonic()
    layer.stop()
    thread.stop()
    assert time.monotonic() - start < 3
    connection.close()


def test_server_without_a_free_port_reports_the_reason(monkeypatch):
    listen = server.socket.socket.listen

    def refuse(sock, *backlog):
        if sock.getsockname()[0] == "127.0.0.1":
            raise OSError(98, "Address already in use")
        listen(sock, *backlog)

    thread = ServerThread([_hello])
    monkeypatch.setattr(server.socket.socket, "listen", refuse)
    with pytest.raises(SandboxError, match=r"didn't start: .*already in use"):
        thread.start()


def test_endless_server_start_is_given_up(monkeypatch):
    async def never(*_args, **_options):
        await server.asyncio.Event().wait()

    monkeypatch.setattr(server, "START_S", 0.2)
    monkeypatch.setattr(server.uvicorn.Server, "serve", never)
    with pytest.raises(SandboxError, match=r"didn't start: no reply within 0\.2 s"):
        ServerThread([_hello]).start()
