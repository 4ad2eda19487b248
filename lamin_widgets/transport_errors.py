"""The exceptions of requests and urllib3, translated in one place."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Final

from requests import exceptions as r
from urllib3 import exceptions as u

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["KNOWN", "cause_of"]

# The first row that fits any exception of the chain decides: what the socket said is
# more telling than what urllib3 and requests made of it.
KNOWN: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (r.ProxyError, "api_proxy"),
    (u.ProxyError, "api_proxy"),
    (ssl.SSLCertVerificationError, "api_certificate"),
    (socket.gaierror, "api_name_unknown"),
    (ConnectionRefusedError, "api_refused"),
    (r.ConnectTimeout, "api_unreachable"),
    (u.ConnectTimeoutError, "api_unreachable"),
    (r.Timeout, "api_no_answer"),
    (u.TimeoutError, "api_no_answer"),
    (r.ContentDecodingError, "unreadable_reply"),
    (u.DecodeError, "unreadable_reply"),
    (ssl.SSLError, "unexpected"),  # no certificate, no TLS: the details tell
    (r.SSLError, "unexpected"),
    (u.SSLError, "unexpected"),
    (u.NewConnectionError, "api_unreachable"),  # no route, or no network at all
    (r.InvalidURL, "api_url_invalid"),
    (r.MissingSchema, "api_url_invalid"),
    (r.InvalidSchema, "api_url_invalid"),
    (u.LocationValueError, "api_url_invalid"),
    (u.ProtocolError, "connection_lost"),
    (r.ChunkedEncodingError, "connection_lost"),
    (ConnectionError, "connection_lost"),
    (r.RequestException, "unexpected"),
    (u.HTTPError, "unexpected"),
    (OSError, "connection_lost"),
)


def cause_of(error: BaseException) -> str:
    """Return the catalogue's id for an exception of requests or urllib3."""
    chain = list(_chain(error))
    for kind, cause in KNOWN:
        if any(isinstance(wrapped, kind) for wrapped in chain):
            return cause
    return "unexpected"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the exception and everything it wraps."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        current = waiting.pop(0)
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [
            *current.args,
            getattr(current, "reason", None),
            current.__cause__,
            current.__context__,
        ]
