"""Connections of urllib3 that another thread can end.

requests has no way to end a call that waits for a reply, and its timeouts start anew
with each byte: a server that sends one a second would hold it for ever.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
from typing import Any, Final

import requests.adapters
import urllib3
import urllib3.connection
from urllib3 import exceptions as u

from lamin_widgets.core.deadline import Deadline
from lamin_widgets.postgres import network

__all__ = ["Adapter", "Call", "serve"]


class Call:
    """One exchange on its way: what ends it, and whether the request went out.

    Args:
        cancelled: Set by the person; nothing is sent once it is.
        deadline_s: Seconds for the whole.

    Attributes:
        expired: Whether the deadline passed.
        sent: Whether the request, or a part of it, may have reached the other side.
    """

    def __init__(self, cancelled: threading.Event, deadline_s: float) -> None:
        self.patience = Deadline(deadline_s, cancelled)
        self.expired = False
        self.sent = False
        self._cancelled = cancelled
        self._over = False
        self._handles: list[socket.socket] = []
        self._lock = threading.Lock()

    @property
    def cancelled(self) -> bool:
        """Whether the person cancelled it."""
        return self._cancelled.is_set()

    @property
    def stopped(self) -> bool:
        """Whether it was ended from outside, so that what was read may lack an end."""
        return self.expired or self.cancelled

    def hold(self, sock: Any) -> None:
        """Keep a handle on a socket: the socket itself is lost when TLS wraps it."""
        handle = socket.fromfd(sock.fileno(), socket.AF_INET, socket.SOCK_STREAM)
        with self._lock:
            self._handles.append(handle)
        if self.stopped:
            self.cut()

    def about_to_send(self, sock: Any) -> None:
        """Take note that the request leaves, or refuse where it was ended before."""
        self.hold(sock)
        self.patience.check()
        self.sent = True

    def expire(self) -> None:
        """End it because the time is over."""
        if not self._over:
            self.expired = True
            self.cut()

    def cut(self) -> None:
        """Shut its connections down; who reads or writes there is woken up."""
        with self._lock:
            for handle in self._handles:
                with contextlib.suppress(OSError):
                    handle.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the connections, which may serve the next call."""
        self._over = True
        with self._lock:
            for handle in self._handles:
                handle.close()
            self._handles.clear()


# urllib3 makes connections deep inside, and only its thread says for which call.
_here = threading.local()


def serve(call: Call) -> None:
    """Make this thread's connections report to `call`."""
    _here.call = call


class Adapter(requests.adapters.HTTPAdapter):
    """Builds connections that report to the call of the thread they serve."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Build the pools for direct connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> urllib3.ProxyManager:
        """Build the pools for connections through a proxy."""
        manager: urllib3.ProxyManager = super().proxy_manager_for(*args, **kwargs)
        if type(manager) is urllib3.ProxyManager:  # SOCKS has connections of its own
            manager.pool_classes_by_scheme = _POOLS
        return manager


def _opened(connection: Any, call: Call) -> socket.socket:
    """Connect as urllib3 does, with its exceptions, except that it can be cancelled."""
    host, timeout = connection.host, connection.timeout
    address = (host.strip("[]"), connection.port)
    try:
        return _connect(address, timeout, connection.socket_options, call)
    except socket.gaierror as error:
        raise u.NameResolutionError(host, connection, error) from error
    except TimeoutError as error:
        text = f"no connection to {host} within {timeout} s"
        raise u.ConnectTimeoutError(connection, text) from error
    except OSError as error:
        raise u.NewConnectionError(connection, str(error)) from error


def _looked_up(address: tuple[str, int], call: Call) -> list[Any]:
    def look_up() -> list[Any]:
        return socket.getaddrinfo(*address, type=socket.SOCK_STREAM)

    try:
        ipaddress.ip_address(address[0])
    except ValueError:
        return call.patience.call(look_up)  # a name server may keep silent
    return look_up()


def _connect(
    address: tuple[str, int], timeout: float, options: Any, call: Call
) -> socket.socket:
    """Connect to the first address of a host that takes the connection."""
    found = _looked_up(address, call)
    failure = OSError("no addresses")
    for family, _, _, _, target in found:
        try:
            sock = network.connect(
                network.Address(family, target, ""), call.patience, timeout
            )
        except OSError as error:
            failure = error
            continue
        call.hold(sock)
        sock.settimeout(timeout)
        for option in options or ():
            sock.setsockopt(*option)
        return sock
    raise failure


class _Reporting:
    """Mixin for urllib3's connections."""

    sock: Any
    _connecting = False

    def _new_conn(self) -> socket.socket:
        return _opened(self, _here.call)

    def connect(self) -> None:
        self._connecting = True
        try:
            super().connect()  # type: ignore[misc]  # of urllib3's class
        finally:
            self._connecting = False

    def _tunnel(self) -> None:
        try:
            super()._tunnel()  # type: ignore[misc]  # of urllib3's class
        except OSError as error:
            # urllib3 takes it for trouble with the host behind the proxy
            raise u.ProxyError(str(error), error) from error

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        if not self._connecting:  # then it is the request, not CONNECT
            _here.call.about_to_send(self.sock)
        super().send(data)  # type: ignore[misc]  # of urllib3's class


class _Http(_Reporting, urllib3.connection.HTTPConnection):
    pass


class _Https(_Reporting, urllib3.connection.HTTPSConnection):
    pass


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Https


_POOLS: Final = {"http": _HttpPool, "https": _HttpsPool}
