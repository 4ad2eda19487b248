"""First replies of other services to a PostgreSQL client."""

from __future__ import annotations

import http.server
import socket
import threading

import pytest
from doubles.postgres_server import error
from doubles.raw_server import SSH, speaks

from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.postgres.greeting import (
    certificate_problem,
    error_in,
    seems_to_be,
)

PROTOCOL = "PostgreSQL protocol and TLS"


def target_of(connection):
    return (connection.host, connection.port)


def test_error_in_returns_the_message_and_sqlstate():
    reply = error("zu viele »Verbindungen«", "53300", encoding="cp1252")
    assert error_in(reply) == ("FATAL:  zu viele »Verbindungen«", "53300")
    assert error_in(b"Eno memory\n\0") == ("FATAL:  no memory", "")
    assert error_in(b"Enough") is error_in(b"S") is None


@pytest.mark.parametrize(
    ("received", "words"),
    [
        (b"220 ProFTPD Server\r\n", "FTP"),
        (b"220 mail ESMTP\r\n", "SMTP"),
        (b"* OK IMAP4rev1 ready\r\n", "IMAP"),
        (b"+OK POP3 ready\r\n", "POP3"),
        (b"ERROR\r\n", "memcached"),
        (b"It looks like you are trying to access MongoDB", "MongoDB"),
        (b"AMQP\x00\x00\x09\x01", "RabbitMQ"),
        (b"RFB 003.008\n", "VNC"),
        (b"<html>plain HTTP request was sent to HTTPS port", "HTTPS"),
        (b"\x15\x03\x01\x00\x02\x02\x46", "TLS-only"),
        (b"\x4a\x00\x00\x00\x0a8.4.0\x00", "MySQL"),
        (b"-NOAUTH Authentication required", "Redis"),
        (b"", "another protocol"),
    ],
)
def test_service_is_recognized_by_its_first_bytes(received, words):
    assert words in seems_to_be(received)


def test_any_first_bytes_are_described():
    for size in range(8):
        for byte in range(256):
            assert seems_to_be(bytes([byte]) * size).endswith(".")


def test_tls_only_server_is_named(listen, fails, tls_context):
    connection = listen(speaks(reply=b"HTTP/1.1 400 Bad Request\r\n"), tls=tls_context)
    outcome = fails(connection, "db_not_postgres", step=PROTOCOL)
    assert "TLS-only" in outcome.advice


def test_web_server_waiting_for_a_line_is_named(fails):
    class Quiet(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        connection = PostgresConnection("127.0.0.1", server.server_port, "x" * 9)
        try:
            outcome = fails(
                connection, "db_not_postgres", step=PROTOCOL, connect_timeout=0.4
            )
        finally:
            server.shutdown()
            thread.join()
    assert "web server" in outcome.advice


def test_banner_without_a_line_break_is_reported(listen, fails):
    def talk(channel, stopping):
        channel.sendall(b"HTTP-like")
        stopping.wait()

    outcome = fails(listen(talk), "db_not_postgres", step=PROTOCOL, connect_timeout=1)
    assert "another protocol" in outcome.advice


def test_port_closing_after_one_connection_is_reported(fails):
    listener = socket.create_server(("127.0.0.1", 0))

    def hang_up_and_close():
        channel, _ = listener.accept()
        listener.close()
        channel.close()

    thread = threading.Thread(target=hang_up_and_close)
    port = listener.getsockname()[1]
    thread.start()
    connection = PostgresConnection("127.0.0.1", port, "x" * 9)
    fails(connection, "db_hangs_up", step=PROTOCOL)
    thread.join()


@pytest.mark.parametrize("behavior", [{"reply": b"N"}, {"reply": b"S"}, {}, SSH])
def test_certificate_problem_is_empty_without_a_handshake(listen, behavior, ca_file):
    target = target_of(listen(speaks(**behavior)))
    assert certificate_problem(target, 1, host="localhost", root=ca_file) == ""


def test_certificate_problem_is_empty_if_the_handshake_hangs(listen, ca_file):
    def hang(channel, stopping):
        channel.recv(8)
        channel.sendall(b"S")
        stopping.wait()

    target = target_of(listen(hang))
    assert certificate_problem(target, 0.1, host="localhost", root=ca_file) == ""
