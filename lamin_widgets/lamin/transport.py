"""One HTTP exchange with the Lamin API, with a time limit and a way to cancel.

No exception or log of an exchange contains a secret.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

from lamin_widgets.core.deadline import Deadline
from lamin_widgets.core.hosts import is_local
from lamin_widgets.core.secret import Secret

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

    from requests import PreparedRequest

    from lamin_widgets.lamin.connections import Adapter, Exchange

READ_AT_MOST: Final = 1_000_000
"""The number of bytes of a reply that are read."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request. Its secrets are unwrapped only when it's sent.

    Attributes:
        method: HTTP method.
        url: URL without the query.
        token: The bearer token.
        params: Query parameters.
        json: Body, or None for no body.
        hidden: More secrets to redact in texts about the request.
    """

    method: str
    url: str
    token: Secret
    params: Mapping[str, str] = field(default_factory=dict)
    json: Mapping[str, str | Secret] | None = None
    hidden: tuple[Secret, ...] = ()

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The secrets to redact in texts about the request."""
        return (self.token, *self.hidden)


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply, up to its first megabyte. `repr` hides it, because it can have secrets.

    Attributes:
        status: HTTP status code.
        headers: Header fields, with names in lower case.
        body: Decoded text.
        size: The number of bytes that were read.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: Secret
    size: int


class Transport(Protocol):
    """An object that sends requests. Several threads can use it at the same time."""

    def send(self, request: Request, cancelled: threading.Event) -> Reply:
        """Send a request once, and wait for the reply.

        Args:
            request: The request.
            cancelled: Event that another thread sets to cancel the exchange.

        Raises:
            ConnectionFailed: If there's no complete reply.
            ActionCancelled: If the exchange was canceled.
        """
        ...

    def close(self) -> None:
        """Close all idle connections."""
        ...


class RequestsTransport:
    """A transport with the adapter of requests, and a time limit for each exchange.

    It uses the proxies and CA certificates that environment variables set, but no proxy
    for a loopback address. It doesn't follow redirects, keep cookies, or read ~/.netrc.

    Args:
        connect_timeout: Seconds to wait for a connection to each address of the host.
        deadline: Seconds for a whole exchange.
    """

    def __init__(self, *, connect_timeout: float = 5.0, deadline: float = 30.0) -> None:
        self.connect_timeout = connect_timeout
        self.deadline = deadline
        # Keep one adapter per process. After a fork, two processes on one connection
        # would get each other's replies and reuse TLS keys.
        self._adapters: dict[int, Adapter] = {}

    def send(self, request: Request, cancelled: threading.Event) -> Reply:
        """Send a request once, and wait for the reply. See `Transport.send`."""
        from lamin_widgets.lamin.connections import Adapter, Exchange  # slow

        process = os.getpid()
        if process not in self._adapters:
            # Several threads can do this at the same time. All use the adapter of the
            # first.
            self._adapters.setdefault(process, Adapter())
        adapter = self._adapters[process]
        deadline = Deadline(self.deadline, cancelled)
        exchange = Exchange(deadline)
        started = time.monotonic()
        failed: list[BaseException] = []
        try:
            deadline.check()
            # The timeouts of requests restart after each byte, so they don't limit a
            # reply that arrives one byte at a time.
            return deadline.call_here(
                lambda: self._reply(request, exchange, adapter), exchange.end
            )
        except BaseException as error:  # noqa: BLE001  # Its frames have secrets.
            from lamin_widgets.lamin.network_failures import failure  # rare

            elapsed_s = time.monotonic() - started
            if not isinstance(error, Exception):
                # An interrupt at any place can leave a connection or a lock unusable.
                self._adapters.pop(process, None)
            stage = exchange.end()
            failed.append(failure(error, stage, request, exchange.proxy, elapsed_s))
        # Keep no reference to the exception in its own frames. Otherwise, both would
        # stay in memory.
        raise failed.pop()

    def close(self) -> None:
        """Close all idle connections."""
        if adapter := self._adapters.get(os.getpid()):
            adapter.close()

    def _reply(self, request: Request, exchange: Exchange, adapter: Adapter) -> Reply:
        """Send the request, and return the reply. `exchange.end` ends the waits."""
        try:
            url = urlsplit(request.url)
            if not is_local(url.hostname or ""):
                # On macOS and Windows, this can look up the host.
                exchange.proxy = exchange.deadline.call(lambda: proxy_for(request.url))
            with exchange.in_this_thread():
                response = adapter.send(
                    _prepare(request),
                    stream=True,
                    timeout=(self.connect_timeout, self.deadline),
                    verify=ca_bundle() or True,
                    proxies={url.scheme: exchange.proxy} if exchange.proxy else {},
                )
                # After a complete reply, the connection is already back in the pool.
                with contextlib.closing(response):
                    data = response.raw.read(READ_AT_MOST, decode_content=True)
        except BaseException as error:
            from lamin_widgets.lamin.network_failures import chain_of  # rare

            # Delete the tracebacks, because their frames have secrets.
            for each in chain_of(error):
                each.with_traceback(None)
            raise
        return Reply(
            response.status_code,
            {name.lower(): value for name, value in response.headers.items()},
            Secret(data.decode("utf-8-sig", "replace")),
            len(data),
        )


def _prepare(request: Request) -> PreparedRequest:
    import requests  # not needed to show the form

    prepared = requests.PreparedRequest()
    body = None
    if request.json is not None:
        body = {
            key: value.reveal() if isinstance(value, Secret) else value
            for key, value in request.json.items()
        }
    prepared.prepare(
        method=request.method,
        url=request.url,
        headers={
            "Accept": "application/json",
            "Authorization": f"Bearer {request.token.reveal()}",
        },
        params=dict(request.params),
        json=body,
    )
    return prepared


def proxy_for(url: str) -> str:
    """Return the proxy that environment variables set for a URL, or ""."""
    from requests.utils import get_environ_proxies, select_proxy

    if is_local(urlsplit(url).hostname or ""):
        return ""
    return select_proxy(url, get_environ_proxies(url)) or ""


def proxy_variable(url: str) -> str:
    """Return the name of the environment variable that sets the proxy for a URL."""
    scheme = urlsplit(url).scheme
    names = (f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY")
    return next(filter(os.environ.get, names), "the system settings")


def bundle_variable() -> str:
    """Return the name of the environment variable that sets the CA certificates."""
    names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    return next(filter(os.environ.get, names), "REQUESTS_CA_BUNDLE")


def ca_bundle() -> str:
    """Return the path of CA certificates that an environment variable sets, or ""."""
    return os.environ.get(bundle_variable(), "")
