"""Connections of urllib3 that report their stage, and that another thread can end."""

from __future__ import annotations

import contextlib
import functools
import http.client
import importlib
import importlib.util
import os
import socket
import ssl
import threading
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import requests.adapters
from requests import exceptions as r
from urllib3.util import create_urllib3_context
from urllib3.util.connection import allowed_gai_family

from lamin_widgets.core.threads import after_fork

if TYPE_CHECKING:
    from collections.abc import Iterator

    import urllib3
    from urllib3.connection import HTTPSConnection as _AnyConnection
    from urllib3.connectionpool import HTTPSConnectionPool as _AnyPool

    from lamin_widgets.core.deadline import Deadline
else:
    _AnyConnection = _AnyPool = object

Stage: TypeAlias = Literal["proxy", "tunnel", "connect", "tls", "sent"]
"""The stage of an exchange, which waits for: a connection to the proxy, the proxy's
reply, a connection to the API's host, TLS, or the API's reply."""

IDLE_S: Final = 2.0
"""Seconds for which an idle connection is kept. Later, servers might close it."""
_INTERIM: Final = range(100, 200)
"""Statuses of replies that precede the final one."""
_MOST_CONNECTIONS: Final = 24
"""The maximum number of idle connections, so that many threads can use a client."""

# urllib3 uses a connection only in its exchange's thread, so each thread has one
# exchange.
_thread = threading.local()
# This has all open sockets that exchanges have reported.
_sockets: Final[weakref.WeakSet[Any]] = weakref.WeakSet()


@after_fork
def _close_inherited() -> None:
    """Close the sockets of the parent process in a fork, and send nothing to servers.

    Closing the connections instead would wait for locks of the parent's threads.
    """
    for sock in tuple(_sockets):
        with contextlib.suppress(OSError):
            # For TLS inside of TLS, the real socket is an attribute.
            os.close(getattr(sock, "socket", sock).detach())


class Exchange:
    """A request and its reply. One thread runs them, and another thread can end them.

    Args:
        deadline: The time limit for the waits that `end` can't end.

    Attributes:
        stage: The stage. Before "sent", the API has received nothing.
        proxy: URL of the proxy, or "".
    """

    def __init__(self, deadline: Deadline) -> None:
        self.deadline = deadline
        self.stage: Stage = "connect"
        self.proxy = ""
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def in_this_thread(self) -> Iterator[None]:
        """Let connections in this thread report to this exchange within the block."""
        _thread.exchange = self
        try:
            yield
        finally:
            del _thread.exchange
            with self._lock:
                if self._socket:
                    self._socket.close()
                    self._socket = None

    def use(self, sock: Any, stage: Stage) -> None:
        """Set the socket that `end` shuts down, and the stage.

        Raises:
            ActionCancelled: If the action is canceled, so that the request isn't sent.
            DeadlinePassed: If the time is up.
        """
        with self._lock:
            self.deadline.check()
            self.stage = stage
            if self._socket:
                self._socket.close()
            # TLS detaches or wraps the original socket, so keep a duplicate.
            self._socket = socket.socket(fileno=socket.dup(sock.fileno()))
            _sockets.update((sock, self._socket))

    def end(self) -> Stage:
        """End the exchange, and return its stage.

        If the request wasn't sent, it won't be. If the thread waits for data, the wait
        ends.
        """
        with self._lock, contextlib.suppress(OSError):
            if self._socket:
                self._socket.shutdown(socket.SHUT_RDWR)
        return self.stage


@functools.lru_cache(maxsize=4)
def _tls_context(trusted: str, _changed_at: int) -> ssl.SSLContext:
    """Return a context that trusts the CA certificates in a file or folder.

    It's kept, because reading the usual 140 certificates takes 20 ms.
    """
    context = create_urllib3_context()
    kind = "capath" if Path(trusted).is_dir() else "cafile"
    context.load_verify_locations(**{kind: trusted})
    return context


class _Lines:
    """The headers of a reply. Unlike http.client, it requires an empty last line."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.close = file.close

    def readline(self, limit: int) -> bytes:
        """Read a line.

        Raises:
            RemoteDisconnected: If the reply ends before the empty line.
        """
        line: bytes = self._file.readline(limit)
        if not line:
            raise http.client.RemoteDisconnected("The reply ended in its headers.")
        return line


class _Response(http.client.HTTPResponse):
    """A reply that is read more strictly than by http.client and urllib3."""

    def begin(self) -> None:
        """Read the headers, without those that can harm."""
        file: Any = self.fp
        lines: Any = _Lines(file)
        self.fp = lines
        try:
            super().begin()
        finally:
            if self.fp is lines:  # http.client closes unreadable replies.
                self.fp = file
        if self.headers.defects or self.headers.get_payload():
            # A line isn't a header. urllib3 would log it, and it can quote the request.
            raise http.client.HTTPException("A header is malformed.")
        # The request asks for no compression. Decompressing can take minutes.
        del self.headers["Content-Encoding"]

    def _read_status(self) -> tuple[str, int, str]:
        """Read the status of the final reply. http.client ignores only status 100."""
        found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]  # not in its types
        while found[1] in _INTERIM:
            http.client.parse_headers(self.fp)
            found = super()._read_status()  # type: ignore[misc]  # not in its types
        return found

    def _read_next_chunk_size(self) -> int:
        """Read the size of a chunk. http.client accepts a negative one."""
        size = super()._read_next_chunk_size()  # type: ignore[misc]  # not in its types
        if size < 0:
            raise ValueError("The size of a chunk is negative.")
        return int(size)


class _Connection(_AnyConnection):
    """Mixin for urllib3's connections, which reports the stage to the exchange."""

    response_class = _Response
    _socks_options: Any = None
    _sent_at = 0.0

    @property
    def is_connected(self) -> bool:
        """Whether the connection can be used again. A rest of a reply prevents it."""
        fresh = time.monotonic() - self._sent_at < IDLE_S
        has_rest = isinstance(self.sock, ssl.SSLSocket) and self.sock.pending()
        return fresh and not has_rest and super().is_connected

    def _new_conn(self) -> socket.socket:
        """Connect to the host or the proxy within the deadline.

        urllib3 limits the wait for each address of a host, and for each byte of a SOCKS
        proxy, but not for the look-up of the host.
        """
        through = self._socks_options
        is_behind_proxy = self.proxy_is_tunneling or through
        _thread.exchange.stage = "proxy" if is_behind_proxy else "connect"
        host, port = self._dns_host, self.port
        if through:
            host, port = through["proxy_host"], through["proxy_port"]
        failed = OSError("The host has no address.")
        for family, kind, protocol, _, address in self._addresses(host, port):
            try:
                return self._connect_to(
                    address, self._new_socket(family, kind, protocol)
                )
            except OSError as error:  # noqa: PERF203  # Try the next address.
                # The frames would refer to the error.
                failed = error.with_traceback(None)
        raise failed

    def _addresses(self, host: str, port: int) -> list[Any]:
        """Return the addresses of a host, as `socket.getaddrinfo` does."""
        look_up = functools.partial(
            socket.getaddrinfo,
            host.strip("[]"),
            port,
            allowed_gai_family(),
            socket.SOCK_STREAM,
        )
        try:
            return look_up(flags=socket.AI_NUMERICHOST)
        except socket.gaierror:  # This isn't an IP address.
            pass
        exchange: Exchange = _thread.exchange
        return exchange.deadline.call(look_up)  # can't be interrupted

    def _connect_to(self, address: Any, sock: socket.socket) -> socket.socket:
        exchange: Exchange = _thread.exchange
        try:
            exchange.use(sock, exchange.stage)
            for option in self.socket_options or ():
                sock.setsockopt(*option)
            sock.settimeout(self.timeout)
            if self._socks_options:
                # PySocks connects to the proxy, and can look up the host first.
                host = self.host.strip("[]"), self.port
                exchange.deadline.call(lambda: sock.connect(host))
            else:
                sock.connect(address)
            exchange.use(sock, "tunnel" if self.proxy_is_tunneling else "tls")
        except BaseException:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)  # This ends the wait of PySocks.
            sock.close()
            raise
        return sock

    def _new_socket(self, family: int, kind: int, protocol: int) -> socket.socket:
        if not self._socks_options:
            return socket.socket(family, kind, protocol)
        import socks  # type: ignore[import-untyped]  # optional

        through = self._socks_options
        sock = socks.socksocket(family, kind, protocol)
        sock.set_proxy(
            through["socks_version"],
            through["proxy_host"].strip("[]"),
            through["proxy_port"],
            through["rdns"],
            through["username"],
            through["password"],
        )
        return sock  # type: ignore[no-any-return]  # untyped

    def _tunnel(self) -> None:
        super()._tunnel()
        _thread.exchange.stage = "tls"

    def connect(self) -> None:
        trusted = getattr(self, "ca_certs", None) or getattr(self, "ca_cert_dir", None)
        if not trusted:  # This is plain HTTP.
            super().connect()
            return
        kept = self.ca_certs, self.ca_cert_dir
        self.ssl_context = _tls_context(trusted, Path(trusted).stat().st_mtime_ns)
        self.ca_certs = self.ca_cert_dir = None  # The context already has them.
        try:
            super().connect()
        finally:
            self.ca_certs, self.ca_cert_dir = kept

    def _connect_tls_proxy(self, *args: Any) -> Any:
        config: Any = self.proxy_config
        self.proxy_config = config._replace(ssl_context=self.ssl_context)
        return super()._connect_tls_proxy(*args)

    def endheaders(self, *args: Any, **kwargs: Any) -> None:
        """Send the request, unless the exchange has ended."""
        _thread.exchange.use(self.sock, "sent")
        self._sent_at = time.monotonic()
        super().endheaders(*args, **kwargs)


class _Pool(_AnyPool):
    """Mixin for urllib3's pools, which connects before the request is sent."""

    def _validate_conn(self, conn: Any) -> None:
        super()._validate_conn(conn)
        if conn.sock is None:
            conn.connect()


@functools.cache
def _reporting(pool: type[Any]) -> type[Any]:
    """Return a subclass of a pool whose connections report to their exchange."""
    connection = type("Connection", (_Connection, pool.ConnectionCls), {})
    return type("Pool", (_Pool, pool), {"ConnectionCls": connection})


def _with_reports(manager: Any) -> None:
    pools = manager.pool_classes_by_scheme
    manager.pool_classes_by_scheme = {key: _reporting(pools[key]) for key in pools}


class Adapter(requests.adapters.HTTPAdapter):
    """The adapter of requests, with connections that report to their exchange."""

    def __init__(self) -> None:
        self._proxies = threading.Lock()
        super().__init__(pool_maxsize=_MOST_CONNECTIONS)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Create the pools for direct connections."""
        super().init_poolmanager(*args, **kwargs)
        _with_reports(self.poolmanager)

    def build_response(self, req: Any, resp: Any) -> requests.Response:
        """Return a response without cookies, because parsing them can take seconds."""
        headers = getattr(resp._original_response, "msg", {})  # noqa: SLF001  # urllib3's
        for name in ("Set-Cookie", "Set-Cookie2"):
            del headers[name]
        return super().build_response(req, resp)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> urllib3.PoolManager:
        """Create the pools for connections through a proxy."""
        with self._proxies:  # requests publishes a manager before it reports.
            if proxy not in self.proxy_manager:
                self._add_proxy(proxy, **kwargs)
            return self.proxy_manager[proxy]  # type: ignore[no-any-return]  # untyped

    def _add_proxy(self, proxy: str, **kwargs: Any) -> None:
        if proxy.lower().startswith("socks"):
            # requests looks for PySocks only at import, but users can install it later.
            importlib.invalidate_caches()
            if importlib.util.find_spec("socks") is None:
                raise r.InvalidSchema("PySocks is missing")
            from urllib3.contrib import socks  # optional

            manager = socks.SOCKSProxyManager
            requests.adapters.SOCKSProxyManager = manager  # type: ignore[misc]  # a class
        _with_reports(super().proxy_manager_for(proxy, **kwargs))
