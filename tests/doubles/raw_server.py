"""A TCP server that sends exactly the bytes a test wants, and canned greetings.

```python
from doubles.raw_server import SSH, RawServer, speaks

with RawServer(speaks(**SSH)) as server:
    outcome = diagnose(PostgresConnection(server.host, server.port, password))
```
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from typing_extensions import Self

    Handler = Callable[[socket.socket, threading.Event], None]

SSH: Final = {"greeting": b"SSH-2.0-OpenSSH_9.9\r\n"}
MYSQL: Final = {"greeting": b"\x4a\x00\x00\x00\x0a8.4.0\x00" + bytes(67)}
HTTP: Final = {
    "reply": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n"
    b"Connection: close\r\n\r\n"
}
PROXY_407: Final = {
    "reply": b"HTTP/1.1 407 Proxy Authentication Required\r\n"
    b'Proxy-Authenticate: Basic realm="proxy"\r\nContent-Length: 0\r\n'
    b"Connection: close\r\n\r\n"
}
PROXY_403: Final = {
    "reply": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
}

_HANDSHAKE_S: Final = 5.0


class RawServer:
    """A TCP server on a free port that hands each connection to a function.

    Args:
        handler: Called in its own thread with the connection and an event. The event
            is set when the server stops. The server closes the connection afterward.
        tls: Context to start TLS with at the first byte. None means plain TCP.
        host: Address to listen on.

    Attributes:
        host: The address.
        port: The port.
    """

    def __init__(
        self,
        handler: Handler,
        *,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self._handler = handler
        self._tls = tls
        self._stopping = threading.Event()
        self._connections: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server((host, 0))
        self.host, self.port = self._listener.getsockname()[:2]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start to accept connections."""
        self._spawn(self._accept)

    def stop(self) -> None:
        """Close everything and wait for the threads."""
        self._stopping.set()
        # This connection wakes up the thread that accepts connections.
        socket.create_connection((self.host, self.port)).close()
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(_HANDSHAKE_S)
        self._listener.close()

    def _spawn(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(
            target=target, args=args, name="raw-server", daemon=True
        )
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._stopping.is_set():
                connection.close()
                return
            connection.settimeout(_HANDSHAKE_S)
            self._spawn(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        # Tests make clients hang up on purpose, so a lost connection isn't an error.
        with contextlib.suppress(OSError):
            try:
                if self._tls is not None:
                    connection = self._tls.wrap_socket(connection, server_side=True)
                connection.settimeout(None)
                self._connections.add(connection)
                if self._stopping.is_set():
                    return
                self._handler(connection, self._stopping)
            finally:
                self._connections.discard(connection)
                connection.close()


def speaks(*, greeting: bytes = b"", reply: bytes = b"") -> Handler:
    """Return a handler that greets, waits for data, replies, and hangs up.

    Args:
        greeting: Bytes to send first.
        reply: Bytes to send after the first data from the client.
    """

    def handler(connection: socket.socket, _stopping: threading.Event) -> None:
        connection.sendall(greeting)
        if connection.recv(65536):
            connection.sendall(reply)
        connection.shutdown(socket.SHUT_WR)
        # Read to the end, because an early close resets the connection and loses bytes.
        while connection.recv(65536):
            pass

    return handler


def silent(_connection: socket.socket, stopping: threading.Event) -> None:
    """Accept the connection and send nothing."""
    stopping.wait()


def drips(data: bytes, *, every_s: float = 1.0) -> Handler:
    """Return a handler that replies one byte at a time.

    Args:
        data: The whole reply.
        every_s: Seconds before each byte.
    """

    def handler(connection: socket.socket, stopping: threading.Event) -> None:
        connection.recv(65536)
        for byte in data:
            if stopping.wait(every_s):
                return
            connection.sendall(bytes([byte]))

    return handler
