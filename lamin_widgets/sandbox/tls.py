"""TLS in front of PostgreSQL, because the bundled PostgreSQL is built without it."""

from __future__ import annotations

import select
import socket
import socketserver
import ssl
import sys
import threading
from typing import TYPE_CHECKING, Any, Final

import trustme

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Self

# https://www.postgresql.org/docs/current/protocol-message-formats.html
_SSL_REQUEST: Final = bytes.fromhex("00000008 04d2162f")
_GSS_REQUEST: Final = bytes.fromhex("00000008 04d21630")
_STARTUP_BYTES: Final = 10_000
_HOST: Final = "127.0.0.1"
_TICK_S: Final = 0.05
_HANDSHAKE_S: Final = 5.0


def make_certificate(ca_file: Path) -> ssl.SSLContext:
    """Create a certificate for localhost and 127.0.0.1, signed by a new CA.

    Args:
        ca_file: Path to which the CA certificate is written, for PGSSLROOTCERT.

    Returns:
        The context for a server with that certificate.
    """
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost", _HOST).configure_cert(context)
    authority.cert_pem.write_to_path(str(ca_file))
    return context


class TlsFront(socketserver.ThreadingTCPServer):
    """A relay that accepts PostgreSQL connections with TLS and refuses all others.

    Args:
        server_port: Port of the PostgreSQL server on 127.0.0.1.
        context: TLS context with the certificate.
        port: Port to listen on. Default: a free port.

    Attributes:
        host: Always 127.0.0.1.
        port: The port to connect to.
    """

    allow_reuse_address = True

    def __init__(
        self, server_port: int, context: ssl.SSLContext, *, port: int = 0
    ) -> None:
        super().__init__((_HOST, port), socketserver.BaseRequestHandler)
        self._server_port = server_port
        self._context = context
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=self.serve_forever, args=[_TICK_S], name="lamin-sandbox-tls"
        )
        self.host = _HOST
        self.port = int(self.server_address[1])

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start to accept connections."""
        self._thread.start()

    def stop(self) -> None:
        """End all connections and wait for their threads."""
        self._stopping.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve one connection in its own thread."""
        del client_address
        client: socket.socket = request
        client.settimeout(_HANDSHAKE_S)
        start = client.recv(8, socket.MSG_PEEK)
        if start == _GSS_REQUEST:
            client.recv(8)
            client.sendall(b"N")
            start = client.recv(8, socket.MSG_PEEK)
        if start != _SSL_REQUEST:
            self.serve_plain(client)
            return
        client.recv(8)
        client.sendall(b"S")
        with self._context.wrap_socket(client, server_side=True) as encrypted:
            self.relay(encrypted)

    def serve_plain(self, client: socket.socket) -> None:
        """Refuse a connection without TLS, as PostgreSQL does under `hostssl` rules."""
        client.recv(_STARTUP_BYTES)
        client.sendall(_REFUSAL)

    def relay(self, client: socket.socket, source: str = _HOST) -> None:
        """Relay bytes in both directions until one side closes the connection.

        Args:
            client: The connection.
            source: Address to connect to the server from.
        """
        with socket.create_connection(
            (_HOST, self._server_port), source_address=(source, 0)
        ) as server:
            client.settimeout(None)
            other = {client: server, server: client}
            while not self._stopping.is_set():
                for one in select.select([client, server], [], [], _TICK_S)[0]:
                    # More bytes than a TLS record has, because select() doesn't report
                    # the rest of a decrypted record.
                    data = one.recv(65536)
                    if not data:
                        return
                    other[one].sendall(data)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that close the connection or don't trust the certificate."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def _error_response(code: str, message: str) -> bytes:
    fields = {"S": "FATAL", "V": "FATAL", "C": code, "M": message}
    body = b"".join(f"{kind}{text}\0".encode() for kind, text in fields.items()) + b"\0"
    return b"E" + (len(body) + 4).to_bytes(4, "big") + body


_REFUSAL: Final = _error_response(
    "28000",
    f'no pg_hba.conf entry for host "{_HOST}", user "postgres", database "postgres", '
    "no encryption",
)
