"""Identification of the service on a port, after a connection failed.

The functions block, so `Connector` calls them with the deadline of the diagnosis.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import struct
from typing import Final

from lamin_widgets.postgres.encodings import decode

# PostgreSQL documents this request under "Message Formats". It has its length, and a
# number instead of a version.
_SSL_REQUEST: Final = struct.pack("!ii", 8, 80877103)
IS_POSTGRESQL: Final = (b"S", b"N")
"""PostgreSQL's answers to the request for TLS."""
# Servers that wait for a line of text, such as web servers, answer this one.
_LINE: Final = b"HEAD / HTTP/1.0\r\n\r\n"
_ENOUGH: Final = 512
_REST_S: Final = 0.3
"""Seconds to wait for the rest of a banner."""
_HEADER: Final = 5
"""Bytes before the fields of an error message: its type and its length."""

_SERVICES: Final = (
    (rb"SSH-", "an SSH server"),
    (rb"-(ERR|NOAUTH|DENIED)", "Redis"),
    (rb"[\x15\x16]\x03", "a TLS-only server, such as HTTPS"),
    (rb"\* OK", "a mail server (IMAP)"),
    (rb"\+OK", "a mail server (POP3)"),
    (rb"RFB ", "a remote desktop (VNC)"),
    (rb"AMQP", "RabbitMQ (AMQP)"),
    (rb"ERROR\r\n", "memcached"),
    (rb"(?is).*mongodb", "MongoDB"),
    (rb"(?is)(http/|<!doctype|<html).*https", "a web server (HTTPS)"),
    (rb"(?i)http/|<!doctype|<html", "a web server (HTTP)"),
    (rb"(?is)220.*ftp", "an FTP server"),
    (rb"220", "a mail (SMTP) server"),
    # The packet has three bytes of length, the number 0, and version 10 or an error.
    (rb"(?s)...\0[\n\xff]", "MySQL or MariaDB"),
)
"""Patterns of the first bytes that a service sends, and the service."""


def greet(
    target: tuple[str, int], limit_s: float, *, was_silent: bool = False
) -> bytes | None:
    """Return the start of the answer to PostgreSQL's request for TLS.

    Args:
        target: IP address and port to connect to.
        limit_s: Seconds to wait for an answer.
        was_silent: Whether the server already left a request for TLS unanswered.

    Returns:
        The answer. It's b"" if the server closed the connection, and None if the server
        didn't answer in time.
    """
    answer = None if was_silent else _ask(_SSL_REQUEST, target, limit_s)
    if answer:
        return answer
    # Some servers answer only a whole line or a TLS handshake.
    other = _ask(_LINE, target, limit_s / 2)
    if not other and answer is not None:
        other = _ask(_client_hello(), target, limit_s / 2)
    # PostgreSQL answers neither, so an answer proves that this is another service.
    return other or answer


def certificate_problem(
    target: tuple[str, int], limit_s: float, *, host: str, root: str
) -> str:
    """Return OpenSSL's reason not to trust a server's certificate.

    libpq reports only that the verification failed.

    Args:
        target: IP address and port to connect to.
        limit_s: Seconds to wait for each answer.
        host: The name that the certificate must be for.
        root: A file with the trusted CA certificates.

    Returns:
        For example "certificate has expired", or "" if OpenSSL trusts it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(root)
    except OSError as error:
        return f"can't read the CA certificates in {root} ({error.strerror})"
    try:
        with socket.create_connection(target, limit_s) as channel:
            channel.sendall(_SSL_REQUEST)
            if channel.recv(1) == b"S":
                context.wrap_socket(channel, server_hostname=host).close()
    except ssl.SSLCertVerificationError as error:
        return error.verify_message.rstrip(".")
    except (OSError, ValueError):
        pass
    return ""


def _client_hello() -> bytes:
    """Return the first message of a TLS connection."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(
        incoming, outgoing, server_hostname="localhost"
    )
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def _ask(question: bytes, target: tuple[str, int], limit_s: float) -> bytes | None:
    received = b""
    # Some servers reset the connection instead of closing it.
    with (
        contextlib.suppress(OSError),
        socket.create_connection(target, limit_s) as channel,
    ):
        channel.sendall(question)
        try:
            while chunk := channel.recv(_ENOUGH):
                received += chunk
                # PostgreSQL sends one byte. Other services can send a banner in pieces.
                is_complete = received in IS_POSTGRESQL or b"\n" in received
                if is_complete or len(received) >= _ENOUGH:
                    break
                channel.settimeout(_REST_S)
        except TimeoutError:
            return received or None
    return received


def seems_to_be(received: bytes) -> str:
    """Return a sentence about the server that sent these first bytes."""
    for pattern, service in _SERVICES:
        if re.match(pattern, received):
            return f"It seems to be {service}."
    return "It uses another protocol."


def error_in(answer: bytes) -> tuple[str, str] | None:
    """Return the message and SQLSTATE if an answer is an error of PostgreSQL."""
    if answer[:1] != b"E":
        return None
    if answer[1:2] == b"\0" and answer[_HEADER : _HEADER + 1].isupper():
        fields = {each[:1]: each[1:] for each in answer[_HEADER:].split(b"\0")}
        message, code = fields.get(b"M", b""), fields.get(b"C", b"")
    elif answer.endswith(b"\n\0"):  # Servers before protocol 3 end a message like this.
        message, code = answer[1:-2], b""
    else:
        return None
    return f"FATAL:  {decode(message)}", code.decode("ascii", "replace")
