"""One HTTP exchange: bounded, cancellable, and silent about what it carries.

With `transport_errors` the only place that imports requests.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import requests
import requests.adapters
import requests.auth
import urllib3

from .connection import is_local
from .errors import ActionCancelled, ConnectionFailed
from .exchange import Reply
from .secret import Secret, redact
from .transport_errors import cause_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .exchange import Request

__all__ = ["RequestsTransport"]

READ_AT_MOST: Final = 1_000_000
"""Bytes of a reply that are read; the rest is left."""
IDLE_S: Final = 2.0
"""A connection idle for longer may be gone; a call that changes something avoids it."""


class RequestsTransport:
    """A pooled `requests.Session` with a deadline for the whole exchange.

    Proxies and `REQUESTS_CA_BUNDLE` are honoured, except that nothing for a loopback
    address goes through a proxy. Redirects are not followed.

    Args:
        connect_timeout: Seconds for each address of the API's host.
        deadline: Seconds for one whole exchange.
    """

    def __init__(self, *, connect_timeout: float = 5.0, deadline: float = 30.0) -> None:
        self.connect_timeout = connect_timeout
        self.deadline = deadline
        self._line = _Line()
        self._session = requests.Session()
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, _Adapter(self._line))
        self._used_at = 0.0

    def send(self, request: Request, cancelled: threading.Event) -> Reply:
        """Send and wait for the reply. See `Transport.send`."""
        if not request.idempotent and time.monotonic() - self._used_at > IDLE_S:
            self._session.close()
        self._line.open(cancelled)
        watchdog = threading.Timer(self.deadline, self._line.expire)
        watchdog.daemon = True
        watchdog.start()
        result = self._exchange(request)
        watchdog.cancel()
        self._used_at = time.monotonic()
        if isinstance(result, BaseException):
            # Raised here, where no frame below it can show what was sent.
            raise result
        return result

    def cut(self) -> None:
        """Cut the exchange in flight, from another thread."""
        self._line.cut()

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def _exchange(self, request: Request) -> Reply | BaseException:
        """Return what happened, never raise: frames below hold revealed secrets."""
        failure: BaseException
        try:
            with self._post(request) as response:
                body = self._read(response)
                headers = {k.lower(): v for k, v in response.headers.items()}
                if not self._line.stopped:
                    return Reply(response.status_code, headers, body)
                failure = self._failure(None, request)
        except Exception as error:  # noqa: BLE001  # every one is translated
            failure = self._failure(error, request)
        except BaseException as interrupt:  # noqa: BLE001  # its traceback shows frames
            failure = type(interrupt)()
        self._session.close()
        return failure

    def _post(self, request: Request) -> requests.Response:
        host = urlsplit(request.url).hostname or ""
        return self._session.request(
            request.method,
            request.url,
            params=dict(request.params),
            json=None if request.json is None else _revealed(request.json),
            auth=_Bearer(request.token or Secret("")),
            timeout=(self.connect_timeout, self.deadline),
            allow_redirects=False,
            verify=True,
            stream=True,
            proxies={"no_proxy": host} if is_local(host) else None,
        )

    def _read(self, response: requests.Response) -> Secret:
        pieces: list[bytes] = []
        size = 0
        for piece in response.iter_content(65_536):
            pieces.append(piece)
            size += len(piece)
            if size >= READ_AT_MOST:
                response.close()
                break
        data = b"".join(pieces)[:READ_AT_MOST]
        return Secret(data.decode("utf-8", "replace"))

    def _failure(self, error: Exception | None, request: Request) -> Exception:
        if self._line.cancelled.is_set():
            return ActionCancelled("Cancelled.", cause="cancelled")
        cause = "api_no_answer"
        if error is not None and not self._line.expired:
            cause = cause_of(error)
        text = f"{type(error).__name__}: {error}" if error else ""
        return ConnectionFailed(
            f"{request.method} {request.url}: {cause}",
            cause=cause,
            sent=self._line.sent,
            details=redact(text, request.secrets),
            facts={
                "seconds": f"{self.deadline:g}",
                "proxy_variable": _proxy_variable(request.url),
            },
        )


def _revealed(body: Mapping[str, str | Secret]) -> dict[str, str]:
    return {k: v.reveal() if isinstance(v, Secret) else v for k, v in body.items()}


def _proxy_variable(url: str) -> str:
    """Name the environment variable that sets the proxy, not its value."""
    scheme = urlsplit(url).scheme
    names = (f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY")
    return next((name for name in names if os.environ.get(name)), "the system settings")


class _Bearer(requests.auth.AuthBase):
    """Sets the token last, so that an entry of ~/.netrc does not replace it."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        return request


class _Line:
    """The sockets in use, so that another thread can cut them.

    requests has no way to end a call that waits for a reply, and its timeouts start
    anew with each byte: a server that sends one a second would hold it for ever.
    """

    def __init__(self) -> None:
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.open(threading.Event())

    def open(self, cancelled: threading.Event) -> None:
        self.cancelled = cancelled
        self.expired = False
        self.sent = False

    @property
    def stopped(self) -> bool:
        return self.expired or self.cancelled.is_set()

    def hold(self, sock: socket.socket) -> None:
        """Take note of a connected socket."""
        with self._lock:
            self._sockets = {s for s in self._sockets if s.fileno() >= 0} | {sock}

    def about_to_send(self) -> None:
        """Refuse to send over a line that was cut before there was a socket."""
        if self.stopped:
            raise OSError("cut")
        self.sent = True

    def expire(self) -> None:
        self.expired = True
        self.cut()

    def cut(self) -> None:
        with self._lock:
            for sock in self._sockets:
                with contextlib.suppress(OSError):
                    # of the socket below TLS: ending TLS would wait for the peer
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)


class _Adapter(requests.adapters.HTTPAdapter):
    """Builds connections that report to a `_Line`."""

    def __init__(self, line: _Line) -> None:
        self._pools = _pool_classes(line)
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> urllib3.ProxyManager:
        manager: urllib3.ProxyManager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager


def _pool_classes(line: _Line) -> dict[str, Any]:
    class Reporting:
        """Mixin for urllib3's connections."""

        sock: Any

        def connect(self) -> None:
            super().connect()  # type: ignore[misc]  # of urllib3's class
            line.hold(self.sock)

        def send(self, data: Any) -> None:
            if self.sock is None:
                self.connect()
            line.about_to_send()
            super().send(data)  # type: ignore[misc]  # of urllib3's class

    class Http(Reporting, urllib3.connection.HTTPConnection):
        pass

    class Https(Reporting, urllib3.connection.HTTPSConnection):
        pass

    class HttpPool(urllib3.HTTPConnectionPool):
        ConnectionCls = Http

    class HttpsPool(urllib3.HTTPSConnectionPool):
        ConnectionCls = Https

    return {"http": HttpPool, "https": HttpsPool}
