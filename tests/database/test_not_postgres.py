"""Where something else answers, the person hears what it seems to be."""

from __future__ import annotations

import http.server
import socket
import struct
import threading
import time

import psutil
import pytest
from doubles import raw_server as raw

from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.postgres.diagnosis import diagnose
from lamin_widgets.postgres.greeting import seems_to_be

PROTOCOL = "PostgreSQL protocol and TLS"


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (raw.REDIS, "Redis"),
        (raw.SSH, "SSH"),
        (raw.MYSQL, "MySQL"),
        (raw.HTTP, "web server (HTTP)"),
        ({"greeting": b"220 mail.example.org ESMTP Postfix\r\n"}, "mail (SMTP)"),
        ({"greeting": b"220 ProFTPD Server\r\n"}, "FTP"),
        ({"greeting": b"* OK IMAP4rev1 ready\r\n"}, "IMAP"),
        ({"greeting": b"+OK POP3 ready\r\n"}, "POP3"),
        ({"reply": b"ERROR\r\n"}, "memcached"),
        ({"reply": b"It looks like you are trying to access MongoDB"}, "MongoDB"),
        ({"reply": b"AMQP\x00\x00\x09\x01"}, "RabbitMQ"),
        ({"reply": b"\x15\x03\x01\x00\x02\x02\x46"}, "TLS at once"),
        ({"reply": b"Enough of this\r\n"}, "does not know"),
        ({}, "without a word"),
    ],
)
def test_what_seems_to_answer_is_said(serve, fails, behaviour, words):
    connection = serve(raw.speaks(**behaviour))
    outcome = fails(
        connection, "db_not_postgres", step=PROTOCOL, field="port", connect_timeout=2
    )
    assert words in outcome.advice
    assert words in outcome.steps[2].text


def test_a_server_that_hangs_up_at_once(serve, fails):
    connection = serve(lambda _channel, _stopping: None)
    fails(connection, "db_not_postgres", step=PROTOCOL, field="port")


def test_a_server_that_resets_the_connection(serve, fails):
    def reset(channel, _stopping):
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    fails(serve(reset), "db_not_postgres", step=PROTOCOL, field="port")


def test_a_server_that_expects_tls_at_once(serve, fails, tls_context):
    connection = serve(raw.speaks(reply=raw.HTTP["reply"]), tls=tls_context)
    outcome = fails(connection, "db_not_postgres", step=PROTOCOL, field="port")
    assert "https" in outcome.advice


def test_a_web_server_that_waits_for_a_whole_line(fails):
    class Quiet(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        connection = PostgresConnection("127.0.0.1", server.server_port, "x" * 9)
        try:
            outcome = fails(
                connection,
                "db_not_postgres",
                step=PROTOCOL,
                field="port",
                connect_timeout=1,
            )
        finally:
            server.shutdown()
            thread.join()
    assert "web server" in outcome.advice


def test_redis_that_waits_for_a_whole_line(serve, fails):
    def redis(channel, _stopping):
        received = b""
        while b"\n" not in received:
            received += channel.recv(100) or b"\n"
        channel.sendall(b"-ERR unknown command 'HEAD'\r\n")

    outcome = fails(
        serve(redis), "db_not_postgres", step=PROTOCOL, field="port", connect_timeout=1
    )
    assert "Redis" in outcome.advice


def test_a_silent_server(serve, fails):
    started = time.monotonic()
    outcome = fails(
        serve(raw.silent),
        "db_no_answer",
        step=PROTOCOL,
        field="host",
        connect_timeout=0.6,
    )
    assert time.monotonic() - started < 5
    assert "0.6 s" in outcome.title


def test_a_server_that_answers_a_byte_per_second(serve, fails):
    started = time.monotonic()
    connection = serve(raw.drips(raw.SSH["greeting"], every_s=0.2))
    # Its first byte is the one by which PostgreSQL accepts TLS.
    fails(connection, "db_no_answer", step=PROTOCOL, field="host", deadline=1)
    assert time.monotonic() - started < 5


def test_a_silent_sign_in(serve, fails, speaks_postgres):
    connection = serve(speaks_postgres(at_sign_in=b""))
    fails(connection, "db_no_answer", step="Sign-in", field="host", deadline=0.5)


def test_a_server_that_answers_no_query(serve, fails, speaks_postgres):
    connection = serve(speaks_postgres())
    fails(connection, "db_no_answer", step="Rights", field="host", deadline=0.5)


def test_postgres_that_cannot_even_start_a_session(serve, fails):
    # The words of the postmaster when it cannot fork, in the protocol before 7.4.
    connection = serve(
        raw.speaks(reply=b"Ecould not fork new process for connection: Sad\n\0")
    )
    fails(connection, "unexpected", step=PROTOCOL)


def test_any_first_bytes_give_a_sentence():
    for size in range(8):
        for byte in range(256):
            assert seems_to_be(bytes([byte]) * size).endswith(".")


def test_nothing_stays_open(connection, healthy):
    def count():
        return len(psutil.Process().net_connections()), threading.active_count()

    before = count()
    assert diagnose(connection)
    diagnose(PostgresConnection("127.0.0.1", healthy.port, "wrong-kestrel"))
    assert count() == before
    for behaviour in (raw.speaks(**raw.SSH), raw.silent, raw.speaks()):
        with raw.RawServer(behaviour) as server:
            target = PostgresConnection("127.0.0.1", server.port, "kestrel-9")
            diagnose(target, connect_timeout=0.2)
        assert count() == before


def test_words_without_an_end_of_line_are_taken_when_no_more_come(serve, fails):
    def talk(channel, stopping):
        channel.sendall(b"SSH-2.0-slow")
        stopping.wait()

    outcome = fails(
        serve(talk), "db_not_postgres", step=PROTOCOL, field="port", connect_timeout=5
    )
    assert "SSH" in outcome.advice


def test_a_port_that_is_closed_after_the_first_connection(fails):
    listener = socket.create_server(("127.0.0.1", 0))

    def hang_up_for_good():
        channel, _ = listener.accept()
        listener.close()
        channel.close()

    thread = threading.Thread(target=hang_up_for_good)
    port = listener.getsockname()[1]
    thread.start()
    connection = PostgresConnection("127.0.0.1", port, "x" * 9)
    outcome = fails(connection, "db_not_postgres", step=PROTOCOL, field="port")
    thread.join()
    assert "without a word" in outcome.advice
