"""Servers of an attacker, which record everything that they receive."""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from typing_extensions import Self

_SSL_REQUEST = struct.pack("!I", 80877103)


def own_address() -> str:
    """Return an address of this machine that isn't loopback.

    Without a network, it's 0.0.0.0, which Linux also connects to this machine.
    """
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with probe, contextlib.suppress(OSError):
        probe.connect(("203.0.113.1", 9))  # A UDP connect sends nothing.
        return str(probe.getsockname()[0])
    return "0.0.0.0"


class Listener:
    """A PostgreSQL server that asks for the password, and keeps what it receives.

    Args:
        ask: "password" in clear text, "md5", or "scram".
        tls: Context to serve TLS with, or None.
        host: Address to listen on.
        message: Error, sent after the password. `{password}` is the one that it got.

    Attributes:
        host: Its address.
        port: Its port.
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
        self._ask, self._tls, self._message = ask, tls, message
        self._socket = socket.create_server((host, 0))
        self.host, self.port = host, self._socket.getsockname()[1]
        self.received = b""

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                channel, _ = self._socket.accept()
            except OSError:
                return  # The listener was stopped.
            channel.settimeout(10)
            with channel, contextlib.suppress(OSError):
                self._greet(channel)

    def _greet(self, channel: socket.socket) -> None:
        if not self._read(channel).startswith(_SSL_REQUEST):
            self._ask_for_password(channel)
        elif self._tls is None:
            channel.sendall(b"N")
            self._read(channel)
            self._ask_for_password(channel)
        else:
            channel.sendall(b"S")
            with self._tls.wrap_socket(channel, server_side=True) as encrypted:
                self._read(encrypted)
                self._ask_for_password(encrypted)

    def _ask_for_password(self, channel: socket.socket) -> None:
        kinds = {
            "password": struct.pack("!I", 3),
            "md5": struct.pack("!I", 5) + b"salt",
            "scram": struct.pack("!I", 10) + b"SCRAM-SHA-256\0\0",
        }
        body = kinds[self._ask]
        channel.sendall(b"R" + struct.pack("!I", len(body) + 4) + body)
        if not channel.recv(1):
            return
        password = self._read(channel).rstrip(b"\0")
        text = self._message.encode().replace(b"{password}", password)
        body = b"SFATAL\0VFATAL\0C28000\0M" + text + b"\0\0"
        channel.sendall(b"E" + struct.pack("!I", len(body) + 4) + body)
        channel.shutdown(socket.SHUT_WR)
        while channel.recv(4096):
            pass

    def _read(self, channel: Any) -> bytes:
        (size,) = struct.unpack("!I", self._exactly(channel, 4))
        return self._exactly(channel, min(size, 65536) - 4)

    def _exactly(self, channel: Any, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = channel.recv(size - len(data))
            if not more:
                raise OSError("closed")
            data += more
            self.received += more
        return data


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
