"""The API misbehaves as told, for as many requests as told, and then no more."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time

import psycopg2
import pytest
import requests
import trustme
from doubles import raw_server as raw
from doubles.tls_front import TlsFront

from lamin_widgets.sandbox.faults import FaultLayer
from lamin_widgets.sandbox.server import ServerThread


@pytest.mark.parametrize(
    ("body", "kind"),
    [({"detail": "x"}, "application/json"), ("<h1>x</h1>", "text/html"), (b"", None)],
)
def test_any_status_with_any_body(api, body, kind):
    api.layer.fault(status=503, body=body, headers={"Retry-After": "7"})
    answer = api.check("x")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "7"
    assert answer.headers.get("Content-Type", "").startswith(kind or "")
    assert bool(answer.content) == bool(body)
    assert api.check("x").status_code == 404


def test_a_redirect_says_where_to(guide):
    guide.layer.fault(status=307, headers={"Location": "http://elsewhere.invalid/"})
    answer = guide.check("x")
    assert answer.status_code == 307
    assert answer.headers["Location"] == "http://elsewhere.invalid/"


def test_a_fault_lasts_as_often_as_told_and_at_one_path(guide, server_name):
    guide.layer.fault(status=500, times=2, path=guide.check_path)
    assert guide.register(server_name).status_code == 201
    statuses = [guide.check(server_name).status_code for _ in range(3)]
    assert statuses == [500, 500, 200]
    guide.layer.fault(status=500, times=None)
    assert {guide.check(server_name).status_code for _ in range(3)} == {500}
    guide.layer.clear_faults()
    assert guide.check(server_name).status_code == 200


def test_a_request_that_met_a_fault_was_received(guide, server_name):
    guide.layer.fault(close="before")
    with pytest.raises(requests.ConnectionError):
        guide.register(server_name)
    assert server_name.encode() in guide.layer.requests[-1].body


def test_no_answer(guide):
    guide.layer.fault(silent=True)
    with pytest.raises(requests.ReadTimeout):
        guide.check("x", timeout=0.3)


def test_a_late_answer_is_the_real_one(guide):
    guide.layer.fault(delay_s=0.3)
    start = time.monotonic()
    assert guide.check("x").status_code == 404
    assert time.monotonic() - start >= 0.3


def test_closing_before_the_reply(guide):
    guide.layer.fault(close="before")
    with pytest.raises(requests.ConnectionError, match="without response"):
        guide.check("x")


@pytest.mark.parametrize("body", [{"status": "success"}, b"", "x"])
def test_closing_in_the_middle_of_the_reply(guide, body):
    guide.layer.fault(close="middle", body=body)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        guide.check("x")


def test_one_byte_at_a_time(guide):
    guide.layer.fault(drip_s=0.05, body={"status": "success"})
    with socket.create_connection(guide.base[7:].split(":")) as connection:
        start = time.monotonic()
        connection.sendall(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        received = [connection.recv(1) for _ in range(5)]
    assert b"".join(received) == b"HTTP/"
    assert time.monotonic() - start > 0.15


def test_all_bytes_one_at_a_time_are_the_whole_reply(guide):
    guide.layer.fault(drip_s=0.001, body={"status": "success"})
    assert guide.check("x").json() == {"status": "success"}


def test_a_body_without_an_end(guide):
    guide.layer.fault(endless=True, body="x")
    answer = guide.check("x", stream=True)
    read = 0
    for chunk in answer.iter_content(1024):
        read += len(chunk)
        if read > 8192:
            break
    answer.close()
    assert read > 8192


@pytest.mark.parametrize(
    "fault",
    [
        {"silent": True},
        {"drip_s": 60},
        {"endless": True},
        {"delay_s": 600},
    ],
)
def test_every_fault_ends_with_the_server(fault):
    async def app(scope, receive, send):
        raise AssertionError("the fault comes first")

    layer = FaultLayer(app)
    server = ServerThread([layer])
    server.start()
    layer.fault(**fault)
    connection = http.client.HTTPConnection("127.0.0.1", server.ports[0], timeout=10)
    connection.request("GET", "/")
    waiting = threading.Event()
    while not layer.requests:
        waiting.wait(0.01)
    start = time.monotonic()
    server.stop()
    assert time.monotonic() - start < 3
    connection.close()


@pytest.mark.parametrize(
    ("talk", "first"),
    [
        (raw.SSH, b"SSH-"),
        (raw.MYSQL, b"\x4a\x00\x00\x00\x0a"),
        (raw.REDIS, b"-ERR"),
        (raw.HTTP, b"HTTP/1.1 400"),
        (raw.PROXY_407, b"HTTP/1.1 407"),
        (raw.PROXY_403, b"HTTP/1.1 403"),
    ],
)
def test_other_kinds_of_servers(talk, first):
    with (
        raw.RawServer(raw.speaks(**talk)) as server,
        socket.create_connection((server.host, server.port), timeout=5) as connection,
    ):
        connection.sendall(b"hello\r\n")
        assert connection.recv(64).startswith(first)


def test_a_raw_server_hangs_up_on_who_says_nothing_and_hears_out_who_goes_on():
    with raw.RawServer(raw.speaks(**raw.HTTP)) as server:
        address = (server.host, server.port)
        with socket.create_connection(address, timeout=5) as connection:
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(64) == b""
        with socket.create_connection(address, timeout=5) as connection:
            connection.sendall(b"hello\r\n")
            assert connection.recv(64).startswith(b"HTTP/1.1 400")
            connection.sendall(b"and another thing\r\n")
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(64):
                pass


def test_a_raw_server_that_drips_comes_to_an_end():
    with (
        raw.RawServer(raw.drips(b"slow", every_s=0.01)) as server,
        socket.create_connection((server.host, server.port), timeout=5) as connection,
    ):
        connection.sendall(b"x")
        assert connection.makefile("rb").read() == b"slow"


@pytest.mark.parametrize("handler", [raw.silent, raw.drips(b"x" * 99, every_s=60)])
def test_a_raw_server_stops_whatever_it_is_doing(handler):
    before = threading.active_count()
    server = raw.RawServer(handler)
    server.start()
    with socket.create_connection((server.host, server.port)) as connection:
        connection.sendall(b"x")
        start = time.monotonic()
        server.stop()
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(1) == b""
    assert time.monotonic() - start < 3
    assert threading.active_count() == before


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def context(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def test_a_raw_server_with_a_certificate_nobody_trusts(context):
    with raw.RawServer(raw.speaks(**raw.HTTP), tls=context) as server:
        session = requests.Session()
        session.trust_env = False
        with session, pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE"):
            session.get(f"https://127.0.0.1:{server.port}/", timeout=5)


def _connect(front, database, **options):
    connection = psycopg2.connect(
        host=front.host,
        port=front.port,
        user="postgres",
        password=database.password,
        dbname="postgres",
        connect_timeout=5,
        **options,
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT repeat('x', 100000), host(inet_client_addr())")
            text, address = cursor.fetchone()
            return connection.info.ssl_in_use, len(text), address
    finally:
        connection.close()


def test_tls_in_front_of_the_database(breakable, context, authority, tmp_path):
    root = tmp_path / "root.pem"
    authority.cert_pem.write_to_path(root)
    with TlsFront(breakable.database.port, context) as front:
        verified = {"sslmode": "verify-full", "sslrootcert": str(root)}
        seen = _connect(front, breakable.database, **verified)
        assert seen == (True, 100000, "127.0.0.1")
        plain = _connect(front, breakable.database, sslmode="disable")
        assert plain == (False, 100000, "127.0.0.2")


def test_a_database_that_wants_tls_refuses_plain_text(breakable, context):
    breakable.database.set_hba(
        [
            "hostssl all all 127.0.0.2/32 scram-sha-256",
            "host all all 127.0.0.1/32 scram-sha-256",
        ]
    )
    with TlsFront(breakable.database.port, context) as front:
        assert _connect(front, breakable.database, sslmode="require")[0]
        with pytest.raises(psycopg2.OperationalError, match="no encryption"):
            _connect(front, breakable.database, sslmode="disable")


def test_a_certificate_that_is_not_trusted_is_told(breakable, context, tmp_path):
    root = tmp_path / "root.pem"
    trustme.CA().cert_pem.write_to_path(root)
    with (
        TlsFront(breakable.database.port, context) as front,
        pytest.raises(psycopg2.OperationalError, match="certificate verify failed"),
    ):
        _connect(front, breakable.database, sslmode="verify-full", sslrootcert=root)
