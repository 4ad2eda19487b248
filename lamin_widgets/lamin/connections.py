"""Connections of urllib3 that keep a deadline and can be canceled.

The timeouts of requests start again with each byte, so a server that sends one byte a
second holds a call forever. The operations of these connections wait for a moment
only, check the deadline, and go on.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import socket
import ssl
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import requests.adapters
from requests import exceptions as r
from requests.utils import get_auth_from_url
from urllib3 import exceptions as u
from urllib3.util import create_urllib3_context

from lamin_widgets.core.connection import is_local

if TYPE_CHECKING:
    from collections.abc import Callable

    import urllib3

    from lamin_widgets.core.deadline import Deadline

__all__ = ["Adapter", "Progress", "Stage", "use"]

Stage: TypeAlias = Literal["proxy", "connect", "tls", "sent"]
"""How far an exchange is: it waits for the proxy, the API's host, TLS, or the reply."""

IDLE_S: Final = 2.0
"""A connection idle for longer isn't used again, because the server may close it."""
_MOMENT_S: Final = 0.05
_MOST_CONNECTIONS: Final = 24
"""Idle connections that are kept, so that many threads can share a client."""


class Progress:
    """The progress of one exchange.

    Args:
        deadline: For the whole exchange.

    Attributes:
        deadline: As given.
        stage: How far it is. Before "sent", the API has received nothing.
    """

    def __init__(self, deadline: Deadline) -> None:
        self.deadline = deadline
        self.stage: Stage = "connect"


# urllib3 creates and uses connections in the thread of their exchange.
_thread = threading.local()


def use(progress: Progress) -> None:
    """Let the connections of this thread keep the deadline of an exchange."""
    _thread.progress = progress


def _patient(operation: Callable[..., Any]) -> Callable[..., Any]:
    """Return an operation of a socket that waits until the deadline of its exchange."""

    @functools.wraps(operation)
    def wait(*args: Any) -> Any:
        while True:
            try:
                _thread.progress.deadline.check()
            except Exception:
                args[0].close()
                raise
            try:
                return operation(*args)
            except TimeoutError:
                continue

    return wait


class _Socket(socket.socket):
    """A socket that waits for a moment only, whatever timeout urllib3 wants."""

    recv = _patient(socket.socket.recv)
    recv_into = _patient(socket.socket.recv_into)

    def settimeout(self, _: float | None) -> None:
        super().settimeout(_MOMENT_S)


class _TlsSocket(ssl.SSLSocket):
    """The same with TLS."""

    do_handshake = _patient(ssl.SSLSocket.do_handshake)
    recv = _patient(ssl.SSLSocket.recv)
    recv_into = _patient(ssl.SSLSocket.recv_into)
    send = _patient(ssl.SSLSocket.send)  # sendall() uses it

    def settimeout(self, _: float | None) -> None:
        super().settimeout(_MOMENT_S)


@functools.lru_cache(maxsize=4)
def _tls_context(trusted: str, _changed_at: int) -> ssl.SSLContext:
    """Return a context that trusts the CA certificates in a file or folder.

    It's kept, because reading the usual 140 certificates takes 20 ms.
    """
    context = create_urllib3_context()
    context.sslsocket_class = _TlsSocket
    if Path(trusted).is_dir():
        context.load_verify_locations(capath=trusted)
    else:
        context.load_verify_locations(cafile=trusted)
    return context


class _Connection:
    """Mixin for the connection classes of urllib3."""

    ca_cert_dir: Any
    ca_certs: Any
    host: str
    proxy_config: Any
    sock: Any
    timeout: Any
    _sent_at = 0.0

    @property
    def is_connected(self) -> bool:
        """Whether the connection can be used again."""
        fresh = time.monotonic() - self._sent_at < IDLE_S
        return fresh and super().is_connected  # type: ignore[misc]  # urllib3's

    def _new_conn(self) -> socket.socket:
        progress: Progress = _thread.progress
        tunnels = self.proxy_is_tunneling  # type: ignore[attr-defined]  # urllib3's
        through_proxy = tunnels or hasattr(self, "_socks_options")
        progress.stage = "proxy" if through_proxy else "connect"
        found = self._open_local()
        if found is None:
            # A name server can be slow, and nothing interrupts getaddrinfo().
            found = progress.deadline.call(lambda: self._open(progress.deadline))
        if not tunnels:
            progress.stage = "tls"
        sock = _Socket(fileno=found.detach())
        sock.settimeout(_MOMENT_S)
        return sock

    def _open(self, deadline: Deadline) -> socket.socket:
        """Connect, unless the call ended meanwhile."""
        found: socket.socket = super()._new_conn()  # type: ignore[misc]  # urllib3's
        try:
            deadline.check()
        except Exception:
            found.close()
            raise
        return found

    def _open_local(self) -> socket.socket | None:
        """Connect to a loopback address, which saves the thread, or return None."""
        if not is_local(self.host):
            return None
        timeout, self.timeout = self.timeout, _MOMENT_S
        try:
            return super()._new_conn()  # type: ignore[misc,no-any-return]  # urllib3's
        except u.ConnectTimeoutError:
            return None
        finally:
            self.timeout = timeout

    def _tunnel(self) -> None:
        super()._tunnel()  # type: ignore[misc]  # urllib3's
        _thread.progress.stage = "tls"

    def connect(self) -> None:
        if not hasattr(self, "ssl_context"):
            super().connect()  # type: ignore[misc]  # urllib3's
            return
        kept = self.ca_certs, self.ca_cert_dir
        trusted = self.ca_certs or self.ca_cert_dir
        self.ssl_context = _tls_context(trusted, Path(trusted).stat().st_mtime_ns)
        self.ca_certs = self.ca_cert_dir = None  # The context has them already.
        try:
            super().connect()  # type: ignore[misc]  # urllib3's
        finally:
            self.ca_certs, self.ca_cert_dir = kept

    def _connect_tls_proxy(self, *args: Any) -> Any:
        self.proxy_config = self.proxy_config._replace(ssl_context=self.ssl_context)
        return super()._connect_tls_proxy(*args)  # type: ignore[misc]  # urllib3's

    def endheaders(self, *args: Any, **kwargs: Any) -> None:
        """Send the request, unless the call ended before."""
        if self.sock is None:
            self.connect()
        _thread.progress.deadline.check()
        _thread.progress.stage = "sent"
        self._sent_at = time.monotonic()
        super().endheaders(*args, **kwargs)  # type: ignore[misc]  # urllib3's


@functools.cache
def _patient_pool(pool: type[Any]) -> type[Any]:
    """Return a subclass of a connection pool that uses `_Connection`."""
    connection = type("Connection", (_Connection, pool.ConnectionCls), {})
    return type("Pool", (pool,), {"ConnectionCls": connection})


def _with_patient_pools(manager: Any) -> Any:
    manager.pool_classes_by_scheme = {
        scheme: _patient_pool(pool)
        for scheme, pool in manager.pool_classes_by_scheme.items()
    }
    return manager


class Adapter(requests.adapters.HTTPAdapter):
    """The adapter of requests, with connections that keep a deadline."""

    def __init__(self) -> None:
        super().__init__(pool_maxsize=_MOST_CONNECTIONS)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Create the pools for direct connections."""
        super().init_poolmanager(*args, **kwargs)
        _with_patient_pools(self.poolmanager)

    def build_response(self, req: Any, resp: Any) -> requests.Response:
        """Return a response without cookies. Reading them can take many seconds."""
        headers = getattr(resp._original_response, "msg", {})  # noqa: SLF001  # urllib3's
        for name in ("Set-Cookie", "Set-Cookie2"):
            del headers[name]
        return super().build_response(req, resp)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> urllib3.PoolManager:
        """Create the pools for connections through a proxy."""
        if proxy in self.proxy_manager:
            return self.proxy_manager[proxy]  # type: ignore[no-any-return]
        if not proxy.lower().startswith("socks"):
            return _with_patient_pools(super().proxy_manager_for(proxy, **kwargs))  # type: ignore[no-any-return]
        # requests looks for PySocks once only, but users install it when asked to.
        importlib.invalidate_caches()
        if importlib.util.find_spec("socks") is None:
            raise r.InvalidSchema("PySocks is missing")
        from urllib3.contrib.socks import SOCKSProxyManager  # noqa: PLC0415  # optional

        username, password = get_auth_from_url(proxy)
        manager = SOCKSProxyManager(
            proxy, username or None, password or None, maxsize=_MOST_CONNECTIONS
        )
        self.proxy_manager[proxy] = _with_patient_pools(manager)
        return manager
