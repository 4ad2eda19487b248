"""A relay that adds TLS to a PostgreSQL server built without it."""

from __future__ import annotations

import select
import socket
from typing import TYPE_CHECKING, Final

from doubles.raw_server import RawServer

if TYPE_CHECKING:
    import ssl
    import threading

# https://www.postgresql.org/docs/current/protocol-message-formats.html, SSLRequest
_SSL_REQUEST: Final = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")
_TICK_S: Final = 0.1
_HANDSHAKE_S: Final = 5.0


class TlsFront(RawServer):
    """A relay that accepts PostgreSQL's request for TLS.

    Plain and TLS connections reach the real server from different source addresses,
    so that its `pg_hba.conf` can have separate rules for them.

    Args:
        port: Port of the real server on 127.0.0.1.
        context: TLS context with the server's certificate.
        plain_from: Source address of relayed plain connections.
        tls_from: Source address of relayed TLS connections.

    Attributes:
        host: Always 127.0.0.1.
        port: The port to connect to.
    """

    def __init__(
        self,
        port: int,
        context: ssl.SSLContext,
        *,
        plain_from: str = "127.0.0.2",
        tls_from: str = "127.0.0.1",
    ) -> None:
        super().__init__(self._relay)
        self._target = ("127.0.0.1", port)
        self._context = context
        self._plain_from = plain_from
        self._tls_from = tls_from

    def _relay(self, client: socket.socket, stopping: threading.Event) -> None:
        client.settimeout(_HANDSHAKE_S)
        start = client.recv(8, socket.MSG_PEEK)
        source = self._plain_from
        if start == _SSL_REQUEST:
            client.recv(8)
            client.sendall(b"S")
            client = self._context.wrap_socket(client, server_side=True)
            source = self._tls_from
        with (
            client,
            socket.create_connection(self._target, source_address=(source, 0)) as to,
        ):
            client.settimeout(None)
            _copy_both_ways(client, to, stopping)


def _copy_both_ways(
    client: socket.socket, server: socket.socket, stopping: threading.Event
) -> None:
    other = {client: server, server: client}
    while not stopping.is_set():
        ready, _, _ = select.select([client, server], [], [], _TICK_S)
        for source in ready:
            # A TLS record is smaller than this. Otherwise, select() would miss the
            # rest of a decrypted record.
            data = source.recv(65536)
            if not data:
                return
            other[source].sendall(data)
