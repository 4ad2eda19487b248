"""A TLS relay that also accepts plain connections, from another address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lamin_widgets.sandbox import tls

if TYPE_CHECKING:
    import socket
    import ssl


class TlsFront(tls.TlsFront):
    """A relay that adds TLS to a PostgreSQL server built without it.

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
        super().__init__(port, context)
        self._plain_from = plain_from
        self._tls_from = tls_from

    def serve_plain(self, client: socket.socket) -> None:
        super().relay(client, self._plain_from)

    def relay(self, client: socket.socket, source: str = "") -> None:
        super().relay(client, source or self._tls_from)
