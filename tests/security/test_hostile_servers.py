"""Servers that try to block the kernel, or to use up its time."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import socket
import struct
import threading
import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from doubles.api_server import ApiServer
from doubles.processes import eventually, is_busy
from doubles.raw_server import RawServer
from security.attacker import open_form

from lamin_widgets import (
    DbServerClient,
    LaminWidgetsError,
    PostgresConnection,
    diagnose,
)

if TYPE_CHECKING:
    from typing_extensions import Self

TOKEN = "zqtoken-wvx8yyq9jjx3kkv"
REGION = "prod-us-east-1"


class SlowProof:
    """A PostgreSQL server for which libpq computes for seconds to prove a password.

    Attributes:
        port: Its port on 127.0.0.1.
        asked: Set when it asks for the proof.
        answered: Set when it receives the proof.
    """

    def __init__(self, least_s: float) -> None:
        started = time.perf_counter()
        hashlib.pbkdf2_hmac("sha256", b"kestrel-Zq7", b"salt", 50_000)
        # libpq takes longer than hashlib for the same computation.
        self._iterations = int(50_000 * least_s / (time.perf_counter() - started))
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.asked = threading.Event()
        self.answered = threading.Event()

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError), self._socket.accept()[0] as channel:
            self._message(channel, startup=True)  # The client asks for TLS.
            channel.sendall(b"N")
            self._message(channel, startup=True)
            self._ask(channel, 10, b"SCRAM-SHA-256\0\0")
            nonce = self._message(channel).rpartition(b"r=")[2]
            salt = base64.b64encode(b"salt")
            terms = b"r=%bx,s=%b,i=%d" % (nonce, salt, self._iterations)
            self._ask(channel, 11, terms)
            self.asked.set()
            if channel.recv(1):
                self.answered.set()

    @staticmethod
    def _ask(channel: socket.socket, kind: int, text: bytes) -> None:
        body = struct.pack("!I", kind) + text
        channel.sendall(b"R" + struct.pack("!I", len(body) + 4) + body)

    @staticmethod
    def _message(channel: socket.socket, *, startup: bool = False) -> bytes:
        with channel.makefile("rb") as stream:
            kind = b"" if startup else stream.read(1)
            (size,) = struct.unpack("!I", stream.read(4).rjust(4, b"\0"))
            return kind + stream.read(size - 4)


@pytest.mark.parametrize("way", ["deadline", "cancel"])
def test_expensive_proof_does_not_block_the_kernel_or_cancel(way):
    """End the computation of libpq, which a server could extend to 20 minutes."""
    with SlowProof(least_s=1) as server:
        if way == "cancel":
            with open_form(host="127.0.0.1", port=server.port) as page:
                page.send("password", "kestrel-Zq7")
                page.send("action", action="diagnose", values={})
                assert server.asked.wait(10)
                began = time.process_time()
                eventually(lambda: time.process_time() - began > 0.2)
                page.click("cancel")
                assert page.widget.outcome.cause == "cancelled"
        else:
            connection = PostgresConnection("127.0.0.1", server.port, "kestrel-Zq7")
            assert diagnose(connection, deadline=0.2).cause == "db_no_answer"
        assert not server.answered.is_set()
        assert is_busy()
        eventually(lambda: not is_busy())


def register(url):
    client = DbServerClient(url, TOKEN)
    with pytest.raises(LaminWidgetsError):
        client.register("x", PostgresConnection("h", 1, "kestrel-Zq7"), REGION)


@pytest.mark.parametrize("cookie", ["a=b;", 'a="\\\\";'])
def test_reply_with_many_cookies_takes_little_time(cookie):
    headers = {"Set-Cookie": "a=b"}
    # http.client reads 100 header fields at most, of 64 KB each.
    endless = cookie * (64_000 // len(cookie))
    headers |= dict.fromkeys(_spellings("set-cookie2"), endless)
    with ApiServer() as api:
        api.reply(400, body={"detail": "no"}, headers=headers)
        began = time.thread_time()
        register(api.url)
        assert time.thread_time() - began < 0.7


def memory_of_register(url):
    """Return the bytes that Register needs at most."""
    tracemalloc.start()
    try:
        register(url)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_reply_expanding_to_200_mb_takes_little_memory():
    bomb = gzip.compress(bytes(10_000_000)) * 20
    with ApiServer() as api:
        api.reply(400, body=bomb, headers={"Content-Encoding": "gzip"})
        assert memory_of_register(api.url) < 20_000_000


def test_chunk_of_negative_size_takes_little_memory():
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n"

    def endless(channel, stopping):
        channel.recv(65536)
        channel.sendall(head)
        with contextlib.suppress(OSError):
            for _ in range(30):
                channel.sendall(bytes(1_000_000))

    with RawServer(endless) as server:
        url = f"http://127.0.0.1:{server.port}"
        assert memory_of_register(url) < 10_000_000


def _spellings(name, count=60):
    """Return the name of a header in different letter case."""
    return [
        "".join(c.upper() if i >> n & 1 else c for n, c in enumerate(name))
        for i in range(count)
    ]
