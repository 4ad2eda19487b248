"""One HTTP exchange: bounded, cancellable, and silent about what it carries.

With `interruptible` and `transport_errors` the only place that imports requests.
"""

from __future__ import annotations

import http.cookiejar
import threading
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import requests
import requests.auth

from lamin_widgets.core.connection import is_local
from lamin_widgets.core.deadline import DeadlinePassed
from lamin_widgets.core.errors import ActionCancelled, ConnectionFailed, without_frames, text_of
from lamin_widgets.core.secret import Secret, redact
from lamin_widgets.lamin.exchange import Reply, proxy_variable
from lamin_widgets.lamin.interruptible import Adapter, Call, serve
from lamin_widgets.lamin.transport_errors import decisive

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lamin_widgets.lamin.exchange import Request

__all__ = ["RequestsTransport"]

READ_AT_MOST: Final = 1_000_000
"""Bytes of a reply that are read; the rest is left."""
IDLE_S: Final = 2.0
"""A connection idle for longer may be gone; a call that changes something avoids it."""


class RequestsTransport:
    """A pooled `requests.Session` with a deadline for the whole exchange.

    Proxies and `REQUESTS_CA_BUNDLE` are honoured, except that nothing for a loopback
    address goes through a proxy. Redirects are not followed, cookies not kept.

    Args:
        connect_timeout: Seconds for each address of the API's host, and for TLS.
        deadline: Seconds for one whole exchange.
    """

    def __init__(self, *, connect_timeout: float = 5.0, deadline: float = 30.0) -> None:
        self.connect_timeout = connect_timeout
        self.deadline = deadline
        self._calls: set[Call] = set()
        self._used_at = 0.0
        self._session = requests.Session()
        nobody = http.cookiejar.DefaultCookiePolicy(allowed_domains=[])
        self._session.cookies.set_policy(nobody)
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, Adapter())

    def send(self, request: Request, cancelled: threading.Event) -> Reply:
        """Send and wait for the reply. See `Transport.send`."""
        if not request.idempotent and time.monotonic() - self._used_at > IDLE_S:
            self._session.close()
        call = Call(cancelled, self.deadline)
        serve(call)
        self._calls.add(call)
        watchdog = threading.Timer(self.deadline, call.expire)
        watchdog.daemon = True
        watchdog.start()
        result = self._exchange(request, call)
        watchdog.cancel()
        self._calls.discard(call)
        call.close()
        self._used_at = time.monotonic()
        if isinstance(result, BaseException):
            # Raised here, where no frame below it can show what was sent.
            raise result
        return result

    def cut(self) -> None:
        """Cut every exchange in flight, from another thread."""
        for call in tuple(self._calls):
            call.cut()

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def _exchange(self, request: Request, call: Call) -> Reply | BaseException:
        """Return what happened, never raise: frames below hold revealed secrets."""
        started = time.monotonic()
        error: Exception | None = None
        stopped: type[BaseException] | None = None
        try:
            call.patience.check()
            with self._post(request) as response:
                body = self._read(response)
                headers = {k.lower(): v for k, v in response.headers.items()}
                if not call.stopped:
                    return Reply(response.status_code, headers, body)
        except Exception as caught:  # noqa: BLE001  # every one is translated
            error = caught
        except BaseException as interrupt:  # noqa: BLE001  # its traceback shows frames
            stopped = type(interrupt)
        self._session.close()
        if stopped is not None:
            return without_frames(stopped)
        return _failure(error, request, call, time.monotonic() - started)

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


def _failure(
    error: Exception | None, request: Request, call: Call, elapsed_s: float
) -> Exception:
    """Say why there is no reply."""
    if call.cancelled:
        return ActionCancelled("Cancelled.", cause="cancelled")
    text = ""
    if call.expired or error is None:
        cause = "api_no_answer"
    elif isinstance(error, DeadlinePassed):  # while it looked for the host
        cause = "api_unreachable"
    else:
        decided, cause = decisive(error)
        text = f"{type(decided).__name__}: {text_of(decided)}"
    return ConnectionFailed(
        f"{request.method} {request.url}: {cause}",
        cause=cause,
        sent=call.sent,
        details=redact(text, request.secrets),
        facts={
            "seconds": f"{elapsed_s:.0f}" if elapsed_s >= 1 else f"{elapsed_s:.1f}",
            "proxy_variable": proxy_variable(request.url),
        },
    )


def _revealed(body: Mapping[str, str | Secret]) -> dict[str, str]:
    return {k: v.reveal() if isinstance(v, Secret) else v for k, v in body.items()}


class _Bearer(requests.auth.AuthBase):
    """Sets the token last, so that an entry of ~/.netrc does not replace it."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        return request
