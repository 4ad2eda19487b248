"""The exceptions of requests and urllib3, translated in one place."""

from __future__ import annotations

import http.client
import socket
import ssl
from typing import TYPE_CHECKING, Final

from requests import exceptions as r
from urllib3 import exceptions as u

from lamin_widgets.core.errors import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["KNOWN", "cause_of", "decisive"]

# The first row that fits any exception of the chain decides: what the socket said is
# more telling than what urllib3 and requests made of it.
KNOWN: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (r.ProxyError, "api_proxy"),
    (r.InvalidProxyURL, "api_proxy"),
    (u.ProxyError, "api_proxy"),
    (u.ProxySchemeUnknown, "api_proxy"),
    (u.ProxySchemeUnsupported, "api_proxy"),
    # The API URL has been checked before, so the scheme is that of a proxy.
    (r.InvalidSchema, "api_proxy"),
    (u.URLSchemeUnknown, "api_proxy"),
    (ssl.SSLCertVerificationError, "api_certificate"),
    (socket.gaierror, "api_name_unknown"),
    (u.NameResolutionError, "api_name_unknown"),
    (ConnectionRefusedError, "api_refused"),
    (r.ConnectTimeout, "api_unreachable"),
    (u.NewConnectionError, "api_unreachable"),  # no route, or no network at all
    (u.ConnectTimeoutError, "api_unreachable"),
    (r.Timeout, "api_no_answer"),
    (u.TimeoutError, "api_no_answer"),
    (r.ContentDecodingError, "unreadable_reply"),
    (u.DecodeError, "unreadable_reply"),
    # It hung up during, or after, the TLS handshake.
    (ssl.SSLEOFError, "connection_lost"),
    (ssl.SSLZeroReturnError, "connection_lost"),
    (ConnectionError, "connection_lost"),
    # Something else than HTTP; it is quoted in the details.
    (http.client.BadStatusLine, "unreadable_reply"),
    (http.client.IncompleteRead, "connection_lost"),
    (u.IncompleteRead, "connection_lost"),
    (u.InvalidChunkLength, "connection_lost"),
    (u.ProtocolError, "connection_lost"),
    (r.ChunkedEncodingError, "connection_lost"),
    (r.InvalidURL, "api_url_invalid"),
    (r.MissingSchema, "api_url_invalid"),
    (r.URLRequired, "api_url_invalid"),
    (u.LocationValueError, "api_url_invalid"),
    # Trouble with TLS that is not the certificate's, or a wrong use of the library.
    # The details tell.
    (ssl.SSLError, "unexpected"),
    (r.SSLError, "unexpected"),
    (u.SSLError, "unexpected"),
    (r.TooManyRedirects, "unexpected"),
    (r.RetryError, "unexpected"),
    (r.InvalidHeader, "unexpected"),
    (r.InvalidJSONError, "unexpected"),
    (r.StreamConsumedError, "unexpected"),
    (r.UnrewindableBodyError, "unexpected"),
    (r.HTTPError, "unexpected"),
    (u.BodyNotHttplibCompatible, "unexpected"),
    (u.HeaderParsingError, "unexpected"),
    (u.InvalidHeader, "unexpected"),
    (u.ResponseError, "unexpected"),
    (u.TimeoutStateError, "unexpected"),
    (u.UnrewindableBodyError, "unexpected"),
    (u.PoolError, "unexpected"),
    (r.ConnectionError, "connection_lost"),
)
_CA_BUNDLE: Final = "TLS CA certificate bundle"


def cause_of(error: BaseException) -> str:
    """Return the catalogue's id for an exception of requests or urllib3."""
    return decisive(error)[1]


def decisive(error: BaseException) -> tuple[BaseException, str]:
    """Return the exception of the chain that decides, and the catalogue's id for it."""
    chain = list(_chain(error))
    for kind, cause in KNOWN:
        for wrapped in chain:
            if isinstance(wrapped, kind):
                return wrapped, cause
    if _CA_BUNDLE in text_of(error):  # an OSError: REQUESTS_CA_BUNDLE names no file
        return error, "api_certificate"
    return error, "unexpected"


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
