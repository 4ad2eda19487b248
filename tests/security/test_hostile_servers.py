"""Servers that try to block the kernel, or to use up its time."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import time
import tracemalloc

import pytest
from doubles.api_server import ApiServer
from doubles.postgres_server import FakeServer, authentication, scram
from doubles.processes import eventually, is_busy
from doubles.raw_server import RawServer
from security.attacker import open_form

from lamin_widgets import (
    DbServerClient,
    LaminWidgetsError,
    PostgresConnection,
    diagnose,
)

TOKEN = "zqtoken-wvx8yyq9jjx3kkv"
REGION = "prod-us-east-1"


def slow_proof(least_s):
    """Return a server for which libpq computes for seconds to prove a password."""
    started = time.thread_time()
    hashlib.pbkdf2_hmac("sha256", b"kestrel-Zq7", b"salt", 50_000)
    # libpq takes longer than hashlib for the same computation.
    iterations = int(50_000 * least_s / (time.thread_time() - started))

    def ask_for_proof(first):
        nonce, salt = first.rpartition(b"r=")[2], base64.b64encode(b"salt")
        return authentication(11, b"r=%bx,s=%b,i=%d" % (nonce, salt, iterations))

    asked = scram("SCRAM-SHA-256")
    return FakeServer(at_startup=asked, after_password=ask_for_proof)


@pytest.mark.parametrize("way", ["deadline", "cancel"])
def test_expensive_proof_does_not_block_the_kernel_or_cancel(way):
    """End the computation of libpq, which a server could extend to 20 minutes."""
    script = slow_proof(least_s=1)
    with RawServer(script.handler()) as server:
        if way == "cancel":
            with open_form(host="127.0.0.1", port=server.port) as page:
                page.send("password", "kestrel-Zq7")
                page.send("action", action="diagnose", values={})
                eventually(lambda: script.passwords)
                began = time.process_time()
                eventually(lambda: time.process_time() - began > 0.2)
                page.click("cancel")
                assert page.widget.outcome.cause == "cancelled"
        else:
            connection = PostgresConnection("127.0.0.1", server.port, "kestrel-Zq7")
            assert diagnose(connection, deadline=0.2).cause == "db_no_answer"
        assert len(script.passwords) == 1  # The proof wasn't sent.
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
