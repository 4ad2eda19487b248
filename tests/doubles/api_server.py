"""An HTTP API whose replies a test scripts, well-behaved or not.

```python
with ApiServer() as api:
    api.reply(503, times=2)
    api.reply(body={"status": "success"})
    client = DbServerClient(api.url, "some-token")
```
"""

from __future__ import annotations

import http.client
import json
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

from doubles.raw_server import RawServer

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Mapping

Mode = Literal["", "silent", "drip", "close before", "close in the middle", "endless"]
_CHUNK = b"x" * 10_000


@dataclass
class Received:
    """A request.

    Attributes:
        method: HTTP method.
        path: Path of the URL.
        query: Query of the URL, as sent.
        headers: Header fields, with names in lower case.
        body: The body.
        connection: Number of the connection, starting at 0.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    connection: int


@dataclass
class Scripted:
    """A reply, with the way to send it, and the requests that get it."""

    status: int = 200
    body: Any = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    mode: Mode = ""
    delay_s: float = 0.0
    path: str | None = None
    token: str | None = None
    times: int | None = None

    def encoded(self) -> bytes:
        """Return the reply as it's sent. A str body is HTML, an object is JSON."""
        body, kind = self.body, "application/json"
        if isinstance(body, str):
            body, kind = body.encode(), "text/html; charset=utf-8"
        elif not isinstance(body, bytes):
            body = json.dumps(body).encode()
        headers = {"Content-Type": kind, **self.headers}
        if self.mode != "endless":
            headers["Content-Length"] = str(len(body))
        phrases = {status.value: status.phrase for status in HTTPStatus}
        lines = [f"HTTP/1.1 {self.status} {phrases.get(self.status, 'Unusual')}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


class ApiServer(RawServer):
    """An HTTP API on a free loopback port.

    Args:
        tls: Context to serve https with.

    Attributes:
        url: Its URL, without a slash at the end.
        requests: The requests that it received, in order.
        connections: Number of connections that sent something.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(self._talk, tls=tls)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.requests: list[Received] = []
        self.connections = 0
        self._script: list[Scripted] = []
        self._lock = threading.Lock()

    def reply(self, status: int = 200, **scripted: Any) -> None:
        """Add a reply to the script. Each one is used `times` times, default always."""
        with self._lock:
            self._script.append(Scripted(status, **scripted))

    def clear(self) -> None:
        """Empty the script. Without a script, the reply is FastAPI's 404."""
        with self._lock:
            self._script.clear()

    def _talk(self, connection: socket.socket, stopping: threading.Event) -> None:
        with self._lock:
            number = self.connections
            self.connections += 1
        with connection.makefile("rb") as stream:
            while line := stream.readline().decode("latin-1"):
                method, _, target = line.rpartition(" ")[0].partition(" ")
                if not target:
                    return  # This isn't HTTP. It might be TLS.
                headers = {
                    name.lower(): value
                    for name, value in http.client.parse_headers(stream).items()
                }
                body = stream.read(int(headers.get("content-length", 0)))
                path, _, query = target.partition("?")
                request = Received(method, path, query, headers, body, number)
                with self._lock:
                    self.requests.append(request)
                    scripted = self._next(request)
                if not _send(scripted, connection, stopping):
                    return

    def _next(self, request: Received) -> Scripted:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        for scripted in self._script:
            if scripted.times == 0 or scripted.path not in (None, request.path):
                continue
            if scripted.token not in (None, token):
                continue
            if scripted.times is not None:
                scripted.times -= 1
            return scripted
        return Scripted(404, {"detail": "Not Found"})


def _send(
    scripted: Scripted, connection: socket.socket, stopping: threading.Event
) -> bool:
    """Send a reply. Returns whether the connection stays open."""
    if stopping.wait(scripted.delay_s) or scripted.mode == "close before":
        return False
    if scripted.mode == "silent":
        stopping.wait()
        return False
    data = scripted.encoded()
    if scripted.mode == "close in the middle":
        connection.sendall(data[:-1])
        return False
    if scripted.mode == "drip":
        for byte in data:
            connection.sendall(bytes([byte]))
            if stopping.wait(0.02):
                return False
        return True
    connection.sendall(data)
    while scripted.mode == "endless" and not stopping.is_set():
        connection.sendall(_CHUNK)
    return True
