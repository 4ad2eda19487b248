"""A scripted server on loopback for the PostgreSQL protocol.

The messages are described in PostgreSQL's documentation, "Message Formats".
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    import ssl
    import threading
    from collections.abc import Callable

_SSL_REQUEST = struct.pack("!i", 80877103)
OIDS = {str: 25, int: 23, bool: 16}


def message(kind, body=b""):
    """Return a message of the protocol."""
    return kind + struct.pack("!i", len(body) + 4) + body


def error(text, code="XX000", severity="FATAL", encoding="utf-8"):
    """Return an error message."""
    fields = {b"S": severity, b"V": "FATAL", b"C": code, b"M": text}
    fields |= {b"F": "auth.c", b"L": "326", b"R": "auth_failed"}
    body = b"".join(
        key + value.encode(encoding) + b"\0" for key, value in fields.items()
    )
    return message(b"E", body + b"\0")


def authentication(kind, body=b""):
    """Return a request to authenticate, such as 3 for a password in clear text."""
    return message(b"R", struct.pack("!i", kind) + body)


WELCOME = authentication(0) + b"".join(
    message(b"S", f"{name}\0{value}\0".encode())
    for name, value in {
        "server_version": "18.1",
        "client_encoding": "UTF8",
        "DateStyle": "ISO, MDY",
        "standard_conforming_strings": "on",
    }.items()
)
READY = message(b"Z", b"I")
CLEAR_TEXT = authentication(3)
MD5 = authentication(5, b"salt")


def scram(*mechanisms):
    """Return a request to authenticate with one of some SASL mechanisms."""
    return authentication(
        10, b"".join(each.encode() + b"\0" for each in mechanisms) + b"\0"
    )


def row(*values):
    """Return the reply to a query: one row."""
    columns = b"".join(
        b"c\0" + struct.pack("!ihihih", 0, 0, OIDS[type(value)], -1, -1, 0)
        for value in values
    )
    texts = [str(value).encode() for value in values]
    data = b"".join(struct.pack("!i", len(text)) + text for text in texts)
    count = struct.pack("!h", len(values))
    return (
        message(b"T", count + columns)
        + message(b"D", count + data)
        + message(b"C", b"SELECT 1\0")
        + READY
    )


def about(version="PostgreSQL 18.1 on x86_64", number="18.1", **changes):
    """Return the reply of a server to the first query of a diagnosis."""
    major, _, minor = number.partition(".")
    facts = {"standby": "false", "superuser": "on", "create": "true"} | changes
    return row(
        version, number, f"{int(major) * 10_000 + int(minor or 0)}", *facts.values()
    )


@dataclass
class FakeServer:
    """A server that follows a script for each connection.

    Attributes:
        at_startup: Sent after the startup message.
        tls: Context for TLS, or None if the server doesn't offer TLS.
        plain: Sent after a startup message without TLS, instead of `at_startup`.
        after_password: Sent after the password, or a function that makes the reply from
            it. None closes the connection.
        at_query: Sent after each query, one after the other, the last one repeatedly.
        received: Everything that came, after TLS.
        passwords: The bodies of all password messages that came.
        startups: All startup messages that came.
        closes_after_query: Whether the connection ends after the first query.
    """

    at_startup: bytes = WELCOME + READY
    tls: ssl.SSLContext | None = None
    plain: bytes | None = None
    after_password: bytes | Callable[[bytes], bytes] | None = WELCOME + READY
    at_query: tuple[bytes, ...] = field(default_factory=lambda: (about(),))
    received: bytearray = field(default_factory=bytearray)
    passwords: list[bytes] = field(default_factory=list)
    startups: list[bytes] = field(default_factory=list)
    closes_after_query: bool = False

    def handler(self) -> Callable[[socket.socket, threading.Event], None]:
        """Return the function that serves a connection."""

        def serve(channel, _stopping):
            start = channel.recv(4096)
            if start[4:8] != _SSL_REQUEST:
                self._talk(channel, start, self.plain)
            elif self.tls is None:
                channel.sendall(b"N")
                self._talk(channel, channel.recv(4096), self.plain)
            else:
                channel.sendall(b"S")
                with self.tls.wrap_socket(channel, server_side=True) as encrypted:
                    self._talk(encrypted, encrypted.recv(4096), None)

        return serve

    def _talk(self, channel, start, greeting):
        if not start:
            return
        self.startups.append(start)
        self.received += start
        channel.sendall(self.at_startup if greeting is None else greeting)
        queries = iter(self.at_query)
        answer = b""
        while received := channel.recv(4096):
            self.received += received
            if received[:1] == b"p":
                self.passwords.append(received[5:])
                reply = self.after_password
                if reply is None:
                    return
                channel.sendall(reply(received[5:]) if callable(reply) else reply)
            elif received[:1] == b"Q":
                answer = next(queries, answer)
                channel.sendall(answer)
                if self.closes_after_query:
                    return
