"""One exchange with an API: request, destination, end, and cleanup."""

from __future__ import annotations

import contextlib
import gc
import gzip
import json
import logging
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
import requests
from doubles.api_server import ApiServer
from doubles.processes import eventually, in_fork, is_busy, needs_fork
from doubles.proxies import http_connect
from doubles.raw_server import RawServer, speaks
from doubles.texts import PASSWORD, TOKEN
from security.watching import Seen

from lamin_widgets.core.errors import ActionCancelled, ConnectionFailed
from lamin_widgets.core.secret import Secret
from lamin_widgets.lamin.connections import IDLE_S
from lamin_widgets.lamin.transport import Request, RequestsTransport

SUCCESS = {"status": "success"}
FINAL = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
PROMPTLY_S = 1.0
BEHIND = "https://api.lamin.invalid"


@pytest.fixture
def transport():
    made = RequestsTransport(connect_timeout=30, deadline=30)
    yield made
    made.close()


def _request(url, **options):
    body = {"url": Secret(f"postgresql://postgres:{PASSWORD}@h:5432/postgres")}
    options = {"json": body, "hidden": (Secret(PASSWORD),)} | options
    return Request("POST", f"{url}/x", Secret(TOKEN), **options)


def _send(transport, url, **options):
    return transport.send(_request(url, **options), threading.Event())


# --- The request ---


def test_send_reveals_secrets_only_in_the_request(api, transport, caplog):
    caplog.set_level(logging.DEBUG)
    api.reply(201, body=SUCCESS, headers={"X-Y": "Z"})
    reply = _send(transport, api.url, params={"name": "a b/c?d&e=f#g%"})
    (received,) = api.requests
    assert received.headers["authorization"] == f"Bearer {TOKEN}"
    assert received.headers["content-type"] == "application/json"
    assert PASSWORD in json.loads(received.body)["url"]
    assert received.query == "name=a+b%2Fc%3Fd%26e%3Df%23g%25"
    assert (reply.status, reply.headers["x-y"]) == (201, "Z")
    assert json.loads(reply.body.reveal()) == SUCCESS
    shown = f"{_request(api.url)!r}{reply!r}{caplog.text}"
    assert not [secret for secret in (PASSWORD, TOKEN) if secret in shown]


def test_send_without_a_body_sends_no_content_type(api, transport):
    api.reply()
    _send(transport, api.url, json=None)
    (received,) = api.requests
    assert (received.body, received.headers.get("content-type")) == (b"", None)


def test_netrc_does_not_replace_the_token(api, transport, home):
    netrc = home / ".netrc"
    netrc.write_text("machine 127.0.0.1 login someone password w8-netrc-pass\n")
    netrc.chmod(0o600)
    try:
        api.reply()
        _send(transport, api.url)
    finally:
        netrc.unlink()
    assert api.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("status", [302, 307])
def test_redirect_is_not_followed(api, transport, status):
    with ApiServer() as target:
        api.reply(status, headers={"Location": f"{target.url}/x"})
        reply = _send(transport, api.url)
        assert (reply.status, reply.headers["location"]) == (status, f"{target.url}/x")
        assert target.requests == []


def test_cookies_are_not_kept(api, transport):
    api.reply(headers={"Set-Cookie": "a=b; Path=/"})
    _send(transport, api.url)
    _send(transport, api.url)
    assert "cookie" not in api.requests[1].headers


# --- The destination ---


@pytest.mark.usefixtures("trusted")
def test_ca_bundle_of_the_environment_is_trusted(transport, tls):
    with ApiServer(tls=tls()) as api:
        api.reply()
        assert _send(transport, api.url).status == 200


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_proxy_of_the_environment_sees_no_secret(transport, tls, monkeypatch, scheme):
    seen = []
    with ApiServer(tls=tls("api.lamin.invalid")) as api:
        api.reply()
        own_tls = tls() if scheme == "https" else None
        with RawServer(http_connect(api.port, seen), tls=own_tls) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://127.0.0.1:{proxy.port}")
            assert _send(transport, BEHIND).status == 200
    assert seen[0].startswith(b"CONNECT api.lamin.invalid:443 ")
    assert TOKEN.encode() not in b"".join(seen)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_request_to_this_machine_does_not_use_the_proxy(
    api, transport, monkeypatch, host, closed_port
):
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port}")
    api.reply()
    assert _send(transport, api.url.replace("127.0.0.1", host)).status == 200


# --- Connections ---


def test_requests_share_a_connection(api, transport):
    api.reply(body=SUCCESS)
    for _ in range(3):
        _send(transport, api.url)
    assert api.connections == 1


def test_closed_connection_is_replaced(api, transport):
    api.reply(body=SUCCESS, headers={"Connection": "close"})
    _send(transport, api.url)
    _send(transport, api.url)
    assert api.connections == 2


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_idle_connection_is_not_used_again(transport, monkeypatch, tls, scheme):
    with ApiServer(tls=tls() if scheme == "https" else None) as api:
        api.reply(body=SUCCESS)
        _send(transport, api.url)
        now = time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: now + IDLE_S + 0.1)
        _send(transport, api.url)
        assert api.connections == 2


def test_threads_use_separate_connections(api, transport):
    api.reply(body=SUCCESS, delay_s=0.3)
    started = time.monotonic()
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda _: _send(transport, api.url), range(20)))
    assert time.monotonic() - started < 20 * 0.3
    assert {reply.status for reply in replies} == {200}
    # If a busy machine starts a thread late, the thread uses the connection of an ended
    # one.
    assert 1 < api.connections <= 20


@needs_fork
@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_forked_process_uses_its_own_connection(transport, tls, scheme):
    """A shared connection would swap replies, and use TLS keys twice."""
    with ApiServer(tls=tls() if scheme == "https" else None) as api:
        api.reply(body=SUCCESS)
        _send(transport, api.url)
        assert in_fork(lambda: str(_send(transport, api.url).status)) == "200"
        _send(transport, api.url)
        assert [request.connection for request in api.requests] == [0, 1, 0]


@needs_fork
def test_forked_process_closes_inherited_connections(api, transport):
    def used():
        found = psutil.Process().net_connections("tcp")
        return str(len([c for c in found if c.raddr and c.raddr.port == api.port]))

    api.reply(body=SUCCESS)
    _send(transport, api.url)
    assert (used(), in_fork(used)) == ("1", "0")


# --- The reply ---


@pytest.mark.parametrize("scripted", [{"mode": "endless"}, {"body": b"x" * 5_000_000}])
def test_reply_is_read_up_to_a_megabyte(api, transport, scripted):
    api.reply(**scripted)
    assert _send(transport, api.url).size == 1_000_000
    api.clear()
    api.reply(body=SUCCESS)
    assert json.loads(_send(transport, api.url).body.reveal()) == SUCCESS


def test_compressed_reply_is_not_decompressed(api, transport):
    zipped = gzip.compress(b"{}")
    api.reply(body=zipped, headers={"Content-Encoding": "gzip"})
    reply = _send(transport, api.url)
    assert (reply.status, reply.size) == (200, len(zipped))
    assert reply.body.reveal() != "{}"


def test_malformed_header_is_refused_and_not_logged(transport, caplog):
    reply = f"HTTP/1.1 200 OK\r\nX: y\r\nyour token is {TOKEN}\r\n\r\n{{}}".encode()
    with RawServer(speaks(reply=reply)) as server:
        with pytest.raises(ConnectionFailed) as caught:
            _send(transport, f"http://127.0.0.1:{server.port}")
        assert caught.value.cause == "unreadable_reply"
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("status", [100, 101, 103])
def test_interim_reply_is_not_the_reply_of_a_request(transport, status):
    interim = f"HTTP/1.1 {status} x\r\nLink: y\r\n\r\n".encode()
    with RawServer(speaks(reply=interim * 2 + FINAL)) as server:
        reply = _send(transport, f"http://127.0.0.1:{server.port}")
    assert (reply.status, reply.body.reveal()) == (200, "{}")


@pytest.mark.usefixtures("trusted")
def test_rest_of_a_tls_record_is_not_the_next_reply(transport, tls):
    def handler(client, _):
        client.recv(65536)
        client.sendall(FINAL + b" " * 10_000 + FINAL.replace(b"{}", b"[]"))
        client.recv(65536)
        client.sendall(FINAL)

    with RawServer(handler, tls=tls()) as server:
        url = f"https://127.0.0.1:{server.port}"
        replies = {_send(transport, url).body.reveal() for _ in range(2)}
    assert replies == {"{}"}


@pytest.mark.parametrize(
    ("body", "text"),
    [(b"\xef\xbb\xbf{}", "{}"), (b"\xff{}", "\N{REPLACEMENT CHARACTER}{}")],
    ids=["byte order mark", "invalid byte"],
)
def test_reply_is_decoded_as_utf_8(api, transport, body, text):
    api.reply(body=body)
    assert _send(transport, api.url).body.reveal() == text


# --- Cancel ---


def _cancel(transport, url, when):
    """Cancel an exchange once a condition holds, and return its error."""
    cancelled = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(transport.send, _request(url), cancelled)
        eventually(when)
        started = time.monotonic()
        cancelled.set()
        error = future.exception(10)
        assert time.monotonic() - started < PROMPTLY_S
    transport.close()
    assert isinstance(error, ActionCancelled)
    return error


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize(
    "scripted",
    [
        {"mode": "silent"},
        {"mode": "drip", "body": SUCCESS},
        {"mode": "drip", "body": b" " * 1000},
        {"delay_s": 30},
    ],
    ids=["no reply", "slow JSON", "slow spaces", "late reply"],
)
def test_cancel_ends_the_wait_for_a_reply(api, transport, scripted):
    api.reply(**scripted)
    error = _cancel(transport, api.url, lambda: api.requests)
    assert error.facts["no_effect"] == ""
    assert len(api.requests) == 1


@pytest.mark.usefixtures("nothing_left")
def test_cancel_ends_a_tls_handshake(transport):
    accepted = threading.Event()

    def handler(_, stopping):
        accepted.set()
        stopping.wait()

    with RawServer(handler) as server:
        error = _cancel(transport, f"https://127.0.0.1:{server.port}", accepted.is_set)
    assert error.facts["no_effect"] == "Nothing was sent."


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize(
    ("scheme", "replies"),
    [("http", [b"HTTP/1.1 200 "]), ("socks5h", [b"\5\0", b"\5\0\0\3\xff"])],
)
def test_cancel_ends_the_slow_reply_of_a_proxy(transport, monkeypatch, scheme, replies):
    asked = threading.Event()

    def handler(client, stopping):
        for reply in replies:
            client.recv(65536)
            client.sendall(reply)
        asked.set()
        with contextlib.suppress(OSError):
            while not stopping.wait(0.05):
                client.sendall(b"x")

    with RawServer(handler) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://127.0.0.1:{proxy.port}")
        error = _cancel(transport, "https://api.example.org", asked.is_set)
        eventually(lambda: not is_busy(), 2)
    assert error.facts["no_effect"] == "Nothing was sent."


@pytest.mark.usefixtures("nothing_left")
def test_cancel_ends_attempts_to_connect_to_many_addresses(
    transport, full_port, monkeypatch
):
    def connecting():
        found = psutil.Process().net_connections("tcp")
        return len([c for c in found if c.raddr and c.raddr.port == full_port]) > 4

    look_up = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: look_up(*a, **k) * 60)
    error = _cancel(transport, f"http://127.0.0.1:{full_port}", connecting)
    assert error.facts["no_effect"] == "Nothing was sent."
    eventually(lambda: not is_busy(), 2)


def test_cancel_ends_a_name_lookup(api, transport, monkeypatch):
    looking, go_on = threading.Event(), threading.Event()
    look_up = socket.getaddrinfo

    def slow(host, *args, **kwargs):
        if host == "slow.example.org" and not kwargs.get("flags"):
            looking.set()
            go_on.wait(10)
            host = "127.0.0.1"
        return look_up(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    url = api.url.replace("127.0.0.1", "slow.example.org")
    error = _cancel(transport, url, looking.is_set)
    go_on.set()
    assert error.facts["no_effect"] == "Nothing was sent."
    eventually(lambda: not is_busy())
    assert api.requests == []


def test_slow_name_lookup_is_given_up_at_the_time_limit(monkeypatch):
    go_on = threading.Event()

    def slow(*_, flags=0):
        if flags:  # This isn't an IP address.
            raise socket.gaierror
        return go_on.wait(10) or []

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    transport = RequestsTransport(deadline=0.2)
    with pytest.raises(ConnectionFailed) as caught:
        _send(transport, "https://slow.example.org")
    go_on.set()
    assert (caught.value.cause, caught.value.sent) == ("api_unreachable", False)


@pytest.mark.usefixtures("trusted")
def test_request_is_not_sent_after_a_handshake_during_which_it_was_canceled(
    tls, transport, monkeypatch
):
    cancelled, received = threading.Event(), []
    shake_hands = ssl.SSLSocket.do_handshake

    def canceled_meanwhile(sock, *args):
        shake_hands(sock, *args)
        cancelled.set()

    monkeypatch.setattr(ssl.SSLSocket, "do_handshake", canceled_meanwhile)
    with RawServer(lambda sock, _: received.append(sock.recv(1)), tls=tls()) as server:
        with pytest.raises(ActionCancelled):
            transport.send(_request(f"https://127.0.0.1:{server.port}"), cancelled)
        transport.close()
        eventually(lambda: received)
    assert received == [b""]


def test_canceled_request_is_not_sent(api, transport):
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(ActionCancelled):
        transport.send(_request(api.url), cancelled)
    assert api.requests == []


# --- Cleanup ---


@pytest.mark.usefixtures("nothing_left")
def test_exchanges_leave_no_thread_and_no_connection(api):
    transport = RequestsTransport(deadline=0.3)
    for scripted in ({}, {"mode": "silent"}, {"mode": "close before"}, {"status": 500}):
        api.clear()
        api.reply(**scripted)
        try:
            _send(transport, api.url)
        except ConnectionFailed as error:
            assert error.sent  # noqa: PT017  # two of four fail
    transport.close()


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_interrupt_leaves_no_secret_in_frames(transport, monkeypatch, interrupt):
    def look_up(*_, **__):
        raise interrupt

    monkeypatch.setattr(socket, "create_connection", look_up)
    monkeypatch.setattr(requests.PreparedRequest, "prepare_hooks", look_up)
    seen = Seen()
    error = seen.failing(lambda: _send(transport, "http://127.0.0.1:9"))
    assert isinstance(error, (interrupt, ConnectionFailed))
    assert error.__cause__ is error.__context__ is None
    assert "lamin_widgets" in seen.text("frames")
    shown = seen.text("frames") + seen.text("exceptions")
    assert not [secret for secret in (PASSWORD, TOKEN) if secret in shown]


@pytest.mark.parametrize("failing", ["refused", "certificate", "silent", "success"])
def test_request_leaves_memory_after_the_call(api, tls, closed_port, failing):
    urls = {"refused": f"http://127.0.0.1:{closed_port}"}
    api.reply(mode="silent" if failing == "silent" else "")
    transport = RequestsTransport(deadline=0.3)
    gc.collect()
    gc.disable()  # Without the collector, only reference counts free objects.
    try:
        with ApiServer(tls=tls()) as other:
            urls["certificate"] = other.url
            try:
                _send(transport, urls.get(failing, api.url))
            except ConnectionFailed as error:
                assert failing != "success", error.cause  # noqa: PT017
        eventually(lambda: requests.PreparedRequest not in map(type, gc.get_objects()))
    finally:
        gc.enable()
        transport.close()


def test_default_time_limits_are_reasonable():
    transport = RequestsTransport()
    assert 3 <= transport.connect_timeout <= 10
    assert 15 <= transport.deadline <= 60
