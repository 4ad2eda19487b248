"""Proxies on loopback that lead every connection to one port.

```python
with RawServer(socks5("the password", api.port)) as proxy:
    monkeypatch.setenv("ALL_PROXY", f"socks5h://someone:the password@127.0.0.1:…")
```
"""

from __future__ import annotations

import select
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading

    from doubles.raw_server import Handler

_TICK_S = 0.05
_SOCKS_GRANTED = b"\x05\x00\x00\x01" + bytes(6)
_SOCKS_REFUSED = b"\x05\x05\x00\x01" + bytes(6)


def http_connect(port: int, seen: list[bytes]) -> Handler:
    """Return a handler that is an HTTP proxy.

    Args:
        port: Target of every connection.
        seen: Gets what the client sends.
    """

    def handler(client: socket.socket, stopping: threading.Event) -> None:
        seen.append(client.recv(65536))
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        _relay(client, port, stopping, seen)

    return handler


def socks5(password: str, port: int | None) -> Handler:
    """Return a handler that is a SOCKS5 proxy (RFC 1928 and 1929).

    Args:
        password: Password of its one user.
        port: Target of every connection, or None to refuse it.
    """

    def handler(client: socket.socket, stopping: threading.Event) -> None:
        client.recv(100)
        client.sendall(b"\x05\x02")  # The proxy requires a user name and a password.
        if not client.recv(100).endswith(password.encode()):
            client.sendall(b"\x01\x01")
            return
        client.sendall(b"\x01\x00")
        client.recv(300)
        client.sendall(_SOCKS_REFUSED if port is None else _SOCKS_GRANTED)
        if port is not None:
            _relay(client, port, stopping, [])

    return handler


def _relay(
    client: socket.socket, port: int, stopping: threading.Event, seen: list[bytes]
) -> None:
    with socket.create_connection(("127.0.0.1", port)) as server:
        other = {client: server, server: client}
        while not stopping.is_set():
            for source in select.select([client, server], [], [], _TICK_S)[0]:
                data = source.recv(65536)
                if not data:
                    return
                if source is client:
                    seen.append(data)
                other[source].sendall(data)
