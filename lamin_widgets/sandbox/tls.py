"""TLS in front of a PostgreSQL whose own build has none."""

from __future__ import annotations

import select
import socket
from typing import TYPE_CHECKING, Final

from lamin_widgets.sandbox.raw import RawServer

if TYPE_CHECKING:
    import ssl
    import threading

# https://www.postgresql.org/docs/current/protocol-message-formats.html, SSLRequest
_SSL_REQUEST: Final = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")
_TICK_S: Final = 0.1
_HANDSHAKE_S: Final = 5.0


class TlsFront(RawServer):
    """Answers PostgreSQL's request for TLS and relays to the real server.

    Connections in plain text come to the server from another address, so that its
    `pg_hba.conf` can treat them differently.

    Args:
        port: Of the PostgreSQL on 127.0.0.1.
        context: With the certificate to show.
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
            # More than a record of TLS holds: what is decrypted already would wait
            # unseen by select.
            data = source.recv(65536)
            if not data:
                return
            other[source].sendall(data)
