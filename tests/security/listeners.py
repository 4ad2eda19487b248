"""Servers of an attacker, which record everything that they receive."""

from __future__ import annotations

import contextlib
import socket
import sys
from typing import TYPE_CHECKING, Any

from doubles.postgres_server import CLEAR_TEXT, MD5, FakeServer, error, scram
from doubles.raw_server import RawServer

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator


def own_address() -> str:
    """Return an address of this machine that isn't loopback.

    Without a network, it's 0.0.0.0, which Linux also connects to this machine.
    """
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with probe, contextlib.suppress(OSError):
        probe.connect(("203.0.113.1", 9))  # A UDP connect sends nothing.
        return str(probe.getsockname()[0])
    return "0.0.0.0"


class Listener(RawServer):
    """A PostgreSQL server that asks for the password, and keeps what it receives.

    Args:
        ask: "password" in clear text, "md5", or "scram".
        tls: Context to serve TLS with, or None.
        host: Address to listen on.
        message: Error, sent after the password. `{password}` is the one that it got.

    Attributes:
        received: Everything that it received, after TLS.
    """

    def __init__(
        self,
        ask: str = "password",
        *,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        message: str = "no such role {password}",
    ) -> None:
        def refuse(password: bytes) -> bytes:
            text = password.decode("utf-8", "replace").rstrip("\0")
            return error(message.replace("{password}", text), "28000")

        asks = {"password": CLEAR_TEXT, "md5": MD5, "scram": scram("SCRAM-SHA-256")}
        script = FakeServer(at_startup=asks[ask], tls=tls, after_password=refuse)
        self.received = script.received
        super().__init__(script.handler(), host=host)


@contextlib.contextmanager
def connections() -> Iterator[list[Any]]:
    """Collect the addresses that Python's sockets of this process connect to."""
    found: list[Any] = []
    _watchers.append(found)
    try:
        yield found
    finally:
        # `remove` would compare by value.
        _watchers[:] = [each for each in _watchers if each is not found]


_watchers: list[list[Any]] = []


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        for found in _watchers:
            found.append(arguments[1])


sys.addaudithook(_audit)
