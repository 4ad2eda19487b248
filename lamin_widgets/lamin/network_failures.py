"""Failures of the network between this machine and the Lamin API.

This module turns the exceptions of requests, urllib3, and Python into causes of the
catalog. The stage that the exchange had reached decides first, and the kind of
exception second. Each stage has a fallback that quotes the exception.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from requests import exceptions as r
from urllib3 import exceptions as u
from urllib3.util import parse_url

from lamin_widgets.core.deadline import DeadlinePassed
from lamin_widgets.core.errors import (
    ActionCancelled,
    ConnectionFailed,
    LaminWidgetsError,
    text_of,
)
from lamin_widgets.core.redaction import safe_text
from lamin_widgets.core.secret import Secret
from lamin_widgets.lamin.transport import (
    bundle_variable,
    ca_bundle,
    proxy_for,
    proxy_variable,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lamin_widgets.core.failures import CauseId
    from lamin_widgets.lamin.connections import Stage
    from lamin_widgets.lamin.transport import Request

__all__ = ["certificate_cause", "chain_of", "failure", "proxy_cause"]

Rows = tuple[tuple[tuple[type[BaseException], ...], "CauseId"], ...]

_LOST: Final = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
_TIMEOUTS: Final = (DeadlinePassed, TimeoutError, r.Timeout, u.TimeoutError)
_NO_NAME: Final = (socket.gaierror, u.NameResolutionError)
_PROXY_SCHEMES: Final = frozenset(
    ("http", "https", "socks4", "socks4a", "socks5", "socks5h")
)

# The first row that has any exception of the chain decides.
_BY_STAGE: Final[dict[Stage, Rows]] = {
    "proxy": (
        (_NO_NAME, "proxy_unreachable"),
        ((ssl.SSLError,), "api_proxy"),
        (
            (ConnectionRefusedError, u.NewConnectionError, r.ConnectTimeout),
            "proxy_unreachable",
        ),
        (_TIMEOUTS, "proxy_unreachable"),
    ),
    "connect": (
        (_NO_NAME, "api_name_unknown"),
        ((ConnectionRefusedError,), "api_refused"),
    ),
    "tls": (
        (_LOST, "connection_lost"),
        (_TIMEOUTS, "api_no_answer"),
        ((ssl.SSLError,), "api_tls"),
    ),
    "sent": (
        (_LOST, "connection_lost"),
        (_TIMEOUTS, "api_no_answer"),
        ((http.client.IncompleteRead, u.IncompleteRead), "connection_lost"),
        (
            (
                http.client.HTTPException,
                u.DecodeError,
                u.HeaderParsingError,
                r.ContentDecodingError,
            ),
            "unreadable_reply",
        ),
    ),
}
_FALLBACK: Final[dict[Stage, CauseId]] = {
    "proxy": "api_proxy",
    "connect": "api_unreachable",
    "tls": "api_tls",
    "sent": "connection_lost",
}
_FOREIGN: Final = (
    OSError,
    ValueError,
    u.HTTPError,
    http.client.HTTPException,
    DeadlinePassed,
)
"""What the network can raise. requests derives its exceptions from OSError."""


_BUNDLE_IS_SET: Final = (
    " {} is set, but its file doesn't have the CA of this certificate."
)


def failure(
    error: Exception, stage: Stage, request: Request, elapsed_s: float
) -> Exception:
    """Return this package's error for an exception of an exchange.

    The exception and those that it wraps lose their tracebacks, because their frames
    keep the request in memory.

    Args:
        error: The exception.
        stage: How far the exchange was.
        request: What was to be sent.
        elapsed_s: Seconds since the exchange began.
    """
    chain = list(chain_of(error))
    for each in chain:
        each.with_traceback(None)
    sent = stage == "sent"
    facts = {"sent": "" if sent else "Nothing was sent."}
    if isinstance(error, ActionCancelled):
        return ActionCancelled("Canceled.", cause="cancelled", facts=facts)
    proxy = proxy_for(request.url)
    if proxy and stage == "connect":
        stage = "proxy"  # The proxy's URL failed before a connection was opened.
    cause, reason = _explained(chain, stage, request, proxy)
    secrets = (*request.secrets, *_proxy_secrets(proxy))
    reason = safe_text(reason, secrets, 200)
    return ConnectionFailed(
        f"{request.method} {request.url}: {cause}",
        cause=cause,
        sent=sent,
        details=reason,
        facts={
            "seconds": f"{elapsed_s:.0f}" if elapsed_s >= 1 else f"{elapsed_s:.1f}",
            "proxy_variable": proxy_variable(request.url),
            "bundle_variable": bundle_variable(),
            "bundle": _BUNDLE_IS_SET.format(bundle_variable()) if ca_bundle() else "",
            "reason": reason or "no reason",
            **facts,
        },
    )


def _explained(
    chain: list[BaseException], stage: Stage, request: Request, proxy: str
) -> tuple[CauseId, str]:
    """Return the cause, and the text of the exception that decides."""
    if not isinstance(chain[0], (*_FOREIGN, LaminWidgetsError)):
        return "unexpected", f"{type(chain[0]).__name__}: {text_of(chain[0])}"
    if stage == "proxy" and (cause := proxy_cause(proxy, chain)):
        return cause, "" if cause == "proxy_malformed" else _text(chain[-1])
    if stage != "sent" and (fault := _bundle_fault(request.url)):
        return "ca_bundle_unreadable", fault
    for each in chain:
        if isinstance(each, ssl.SSLCertVerificationError) and stage != "proxy":
            return certificate_cause(each), _text(each)
    for kinds, cause in _BY_STAGE[stage]:
        for each in chain:
            if isinstance(each, kinds):
                return cause, _text(each)
    return _FALLBACK[stage], _text(chain[-1])


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """Give an exception and all that it wraps, the innermost last."""
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


def _text(error: BaseException) -> str:
    """Return the text of an exception, without Python's file names and addresses."""
    if message := getattr(error, "verify_message", ""):
        return str(message)
    if isinstance(error, ssl.SSLError) and getattr(error, "reason", None):
        return error.reason.replace("_", " ").lower()
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return text_of(error) or type(error).__name__


# Codes of OpenSSL, https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/
_CERTIFICATE_CAUSES: Final[dict[int, CauseId]] = {
    9: "api_certificate_expired",
    10: "api_certificate_expired",
    18: "api_certificate",
    19: "api_certificate",
    20: "api_certificate",
    21: "api_certificate",
    62: "api_certificate_host",
    64: "api_certificate_host",
}


def certificate_cause(error: ssl.SSLCertVerificationError) -> CauseId:
    """Return the cause for a certificate that OpenSSL doesn't accept."""
    return _CERTIFICATE_CAUSES.get(error.verify_code, "api_certificate_refused")


_TUNNEL_STATUS: Final = re.compile(r"Tunnel connection failed: (\d{3})|^(407)\b")


_REPLIES_OF_SOCKS: Final = frozenset(("SOCKS4Error", "SOCKS5Error"))


def proxy_cause(proxy: str, chain: Iterable[BaseException]) -> CauseId | None:
    """Return the cause for a proxy that is set wrong or wants a login, or None."""
    if _is_malformed(proxy):
        return "proxy_malformed"
    for each in chain:
        text = text_of(each)
        status = _TUNNEL_STATUS.search(text)
        kind = type(each).__name__  # PySocks is optional, so its classes are too.
        if kind == "SOCKS5AuthError" or (status and "407" in status[0]):
            return "proxy_login"
        if "PySocks" in text or "socksio" in text:
            return "proxy_needs_socks"
        if status or kind in _REPLIES_OF_SOCKS:
            return "api_proxy"
    return None


def _is_malformed(proxy: str) -> bool:
    """Return whether a proxy's URL can't be meant as it is.

    A password with a slash in it ends up in the path, and hides the real host.
    """
    try:
        url = parse_url(proxy if "://" in proxy else f"http://{proxy}")
    except (u.LocationParseError, ValueError):
        return True
    tail = (url.path or "").strip("/") or url.query or url.fragment
    return url.scheme not in _PROXY_SCHEMES or not url.host or bool(tail)


def _proxy_secrets(proxy: str) -> list[Secret]:
    userinfo = proxy.partition("://")[2].rpartition("@")[0]
    password = userinfo.partition(":")[2]
    return [Secret(text) for text in {password, unquote(password)} if text]


def _bundle_fault(url: str) -> str:
    """Return why the CA certificates of the environment can't be read, or ""."""
    bundle = ca_bundle()
    if not bundle or urlsplit(url).scheme != "https" or Path(bundle).is_dir():
        return ""
    try:
        ssl.create_default_context(cafile=bundle)
    except OSError as error:
        return _text(error)
    return ""
