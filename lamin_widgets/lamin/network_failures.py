"""Classification of network failures between this machine and the Lamin API.

It finds the cause for an exception of requests, urllib3, or Python. The stage of the
exchange decides first, and then the class of the exception. Each stage has a fallback
that quotes the exception.
"""

from __future__ import annotations

import http.client
import os
import re
import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from urllib3 import exceptions as u
from urllib3.util import parse_url

from lamin_widgets.core.deadline import DeadlinePassed
from lamin_widgets.core.errors import (
    ActionCancelled,
    ConnectionFailed,
    text_of,
    without_frames,
)
from lamin_widgets.core.redaction import safe_text
from lamin_widgets.core.secret import Secret
from lamin_widgets.lamin.transport import bundle_variable, ca_bundle, proxy_variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lamin_widgets.core.failures import CauseId
    from lamin_widgets.lamin.connections import Stage
    from lamin_widgets.lamin.transport import Request

_LOST: Final = (
    *(ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError),
    http.client.IncompleteRead,
)
_TIMEOUTS: Final = (DeadlinePassed, TimeoutError, u.TimeoutError)
_OTHERS: Final = (BaseException,)
_BY_STAGE: Final[
    dict[Stage, tuple[tuple[tuple[type[BaseException], ...], CauseId], ...]]
] = {
    "proxy": ((_OTHERS, "proxy_unreachable"),),
    "tunnel": ((_TIMEOUTS, "proxy_unreachable"), (_OTHERS, "api_proxy")),
    "connect": (
        ((socket.gaierror,), "api_name_unknown"),
        ((ConnectionRefusedError,), "api_refused"),
        (_OTHERS, "api_unreachable"),
    ),
    "tls": (
        (_LOST, "connection_lost"),
        (_TIMEOUTS, "api_no_answer"),
        (_OTHERS, "api_tls"),
    ),
    "sent": (
        (_LOST, "connection_lost"),
        (_TIMEOUTS, "api_no_answer"),
        ((http.client.HTTPException, u.DecodeError), "unreadable_reply"),
        (_OTHERS, "connection_lost"),
    ),
}
"""For each stage: classes of exceptions, and their cause. The first match counts."""

_FROM_NETWORK: Final = (
    *(OSError, ValueError, u.HTTPError, http.client.HTTPException, DeadlinePassed),
)
"""The exceptions of the network. Those of requests are subclasses of OSError."""

# OpenSSL documents these codes:
# https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/
_CERTIFICATE_CAUSES: Final[dict[int, CauseId]] = {
    **dict.fromkeys((9, 10), "api_certificate_expired"),
    **dict.fromkeys((18, 19, 20, 21), "api_certificate"),
    **dict.fromkeys((62, 64), "api_certificate_host"),
}

_PROXY_SCHEMES: Final = frozenset(
    ("http", "https", "socks4", "socks4a", "socks5", "socks5h")
)
_TUNNEL_STATUS: Final = re.compile(r"Tunnel connection failed: (\d{3})|^(407)\b")
_BUNDLE_IS_SET: Final = (
    " {} is set, but its file doesn't have the CA of this certificate."
)


def failure(
    error: BaseException, stage: Stage, request: Request, proxy: str, elapsed_s: float
) -> BaseException:
    """Return this package's exception for an exception of an exchange."""
    error.__traceback__ = None  # Its frames have the request.
    if not isinstance(error, Exception):
        return without_frames(type(error))  # for example, KeyboardInterrupt
    sent = stage == "sent"
    not_sent = "" if sent else "Nothing was sent."
    if isinstance(error, ActionCancelled):
        return ActionCancelled(no_effect=not_sent)
    if proxy and stage == "connect":
        stage = "proxy"  # The proxy's URL is wrong, so no connection was opened.
    cause, reason = _find_cause(list(chain_of(error)), stage, request, proxy)
    reason = safe_text(reason, (*request.secrets, *proxy_secrets(proxy)), 200)
    return ConnectionFailed(
        cause=cause,
        sent=sent,
        details=reason,
        facts={
            "seconds": f"{elapsed_s:.0f}" if elapsed_s >= 1 else f"{elapsed_s:.1f}",
            "proxy_variable": proxy_variable(request.url),
            "bundle_variable": bundle_variable(),
            "bundle": _BUNDLE_IS_SET.format(bundle_variable()) if ca_bundle() else "",
            "reason": reason or type(error).__name__,
            "no_effect": not_sent,
        },
    )


def _find_cause(
    chain: list[BaseException], stage: Stage, request: Request, proxy: str
) -> tuple[CauseId, str]:
    """Return the cause, and the text of the exception that shows it."""
    by_proxy = stage in {"proxy", "tunnel"}
    if by_proxy and (cause := proxy_cause(proxy, chain)):
        # Don't quote a malformed URL, because it can contain the password.
        return cause, "" if cause == "proxy_malformed" else _text(chain[-1])
    if not isinstance(chain[0], _FROM_NETWORK):
        return "unexpected", f"{type(chain[0]).__name__}: {text_of(chain[0])}"
    if not by_proxy and stage != "sent":
        if urlsplit(request.url).scheme == "https" and (fault := bundle_fault()):
            return "ca_bundle_unreadable", fault
        for each in chain:
            if isinstance(each, ssl.SSLCertVerificationError):
                known = _CERTIFICATE_CAUSES.get(each.verify_code)
                return known or "api_certificate_refused", _text(each)
    return next(
        (cause, _text(each))
        for kinds, cause in _BY_STAGE[stage]
        for each in reversed(chain)
        if isinstance(each, kinds)
    )


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and all exceptions that it wraps, innermost last."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        current = waiting.pop(0)
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        reason = getattr(current, "reason", None)
        waiting += [*current.args, reason, current.__cause__, current.__context__]


def _text(error: BaseException) -> str:
    """Return the text of an exception, without file names and object addresses."""
    if message := getattr(error, "verify_message", ""):
        return str(message)
    if isinstance(error, ssl.SSLError) and getattr(error, "reason", None):
        return error.reason.replace("_", " ").lower()
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return text_of(error) or type(error).__name__


_NO_TLS: Final = re.compile("(?i)wrong.version.number|https?.(proxy.)?request")


def proxy_cause(proxy: str, chain: list[BaseException]) -> CauseId | None:
    """Return the cause for a proxy with a wrong setting or a missing login, or None."""
    if _is_malformed(proxy):
        return "proxy_malformed"
    for each in chain:
        text = text_of(each)
        status = _TUNNEL_STATUS.search(text)
        kind = type(each).__name__  # PySocks is optional, so compare names.
        if kind == "SOCKS5AuthError" or (status and "407" in status[0]):
            return "proxy_login"
        if "PySocks" in text or "socksio" in text:
            return "proxy_needs_socks"
        if status or kind in {"SOCKS4Error", "SOCKS5Error"}:
            return "api_proxy"
        # The proxy doesn't use TLS, although its URL begins with https.
        if proxy.lower().startswith("https:") and _NO_TLS.search(text):
            return "proxy_malformed"
    return None


def _is_malformed(proxy: str) -> bool:
    """Return whether a proxy's URL isn't valid, or has an unescaped password.

    If the password has a slash, the URL is parsed with the wrong host and a path.
    """
    try:
        url = parse_url(proxy if "://" in proxy else f"http://{proxy}")
    except (u.LocationParseError, ValueError):
        return True
    tail = (url.path or "").strip("/") or url.query or url.fragment
    return url.scheme not in _PROXY_SCHEMES or not url.host or bool(tail)


def proxies() -> dict[str, str]:
    """Return the proxies that environment variables set, by the variable's name."""
    names = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
    every = (*names, *map(str.lower, names))
    return {name: os.environ[name] for name in every if os.environ.get(name)}


def malformed_proxy() -> str:
    """Return the name of a variable with a malformed proxy, or ""."""
    return next((name for name, each in proxies().items() if _is_malformed(each)), "")


def proxy_secrets(proxy: str) -> list[Secret]:
    """Return the password in a proxy's URL, with and without its percent-escapes."""
    userinfo = proxy.split("://", 1)[-1].rpartition("@")[0]
    password = userinfo.partition(":")[2]
    return [Secret(text) for text in {password, unquote(password)} if text]


def bundle_fault(bundle: str | None = None) -> str:
    """Return the reason why a file of CA certificates can't be read, or "".

    Args:
        bundle: Path of the file. Default: that of `REQUESTS_CA_BUNDLE` or
            `CURL_CA_BUNDLE`.
    """
    bundle = ca_bundle() if bundle is None else bundle
    try:
        if bundle and not Path(bundle).is_dir():
            ssl.create_default_context(cafile=bundle)
    except OSError as error:
        return _text(error)
    return ""
