"""The errors for replies that aren't a success."""

from __future__ import annotations

import contextlib
import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from lamin_widgets.core.errors import ReplyError
from lamin_widgets.lamin.endpoints import CHECK, INSTANCES, Endpoint
from lamin_widgets.lamin.transport import proxy_variable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lamin_widgets.core.failures import CauseId
    from lamin_widgets.core.secret import Secret
    from lamin_widgets.lamin.replies import Content
    from lamin_widgets.lamin.transport import Request

__all__ = ["is_route_unknown", "refusal", "retry_after", "route_missing"]

_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404
_NOT_ALLOWED: Final = 405
_CONFLICT: Final = 409
_INVALID: Final = 422
_REFUSED: Final = range(400, 500)
_REDIRECTED: Final = range(300, 400)
_BY_RANGE: Final[tuple[tuple[range, CauseId], ...]] = (
    (range(400, 500), "request_rejected"),
    (range(500, 600), "server_error"),
)
_BY_STATUS: Final[dict[int, CauseId]] = {
    403: "forbidden",
    407: "proxy_login",
    429: "rate_limited",
    502: "unavailable",
    503: "unavailable",
    504: "unavailable",
}

_EXISTS: Final = re.compile(
    r"(?i)already (exists|registered|taken|in use)|duplicate|must be unique|is taken"
)
_ROUTE: Final = re.compile(r"(?i)\b(routes?|paths?|pages?|urls?|endpoints?)\b")
_THING: Final = re.compile(
    r"(?i)\b(servers?|organi[sz]ations?|accounts?|storages?|regions?|instances?"
    r"|schemas?)\b"
)
_WRONG: Final = (
    r"\b(unknown|invalid|unsupported|unrecogni[sz]ed|no such)\s+([\w-]+[\s:=]+){0,4}"
)
_IS_WRONG: Final = (
    r"\s+((is|was)\s+)?(not\s+(a\s+)?(found|known|valid|supported|available)|unknown|"
    r"invalid|unsupported|does\s+not\s+exist)"
)
# The keys of the requests, and the fields of the form that they come from.
_FIELDS: Final = {
    "name": "name",
    "url": "host",
    "api_server_name": "api_server_name",
    "organization_id": "organization_id",
    "storage": "storage",
    "schema_str": "schema_str",
    "db_server_name": "name",
    "account_id": "account_id",
}


def is_route_unknown(content: Content, name: str) -> bool:
    """Return whether a reply means "no such route", and not "no such server".

    Args:
        content: The reply.
        name: Name of the database server.
    """
    if content.status == _NOT_ALLOWED:
        return True
    if content.status != _NOT_FOUND:
        return False
    # A web page can quote the URL, which has the name in it.
    message = content.message if content.readable else ""
    is_named = name and re.search(rf"(?<![\w=/]){re.escape(name)}(?!\w)", message)
    is_thing = _THING.search(message) and not _ROUTE.search(message)
    return not (is_named or is_thing)


def route_missing(
    content: Content, endpoint: Endpoint, *, at_lamin: bool
) -> ReplyError:
    """Return the error for an API that doesn't have an endpoint.

    Args:
        content: The last reply.
        endpoint: The endpoint.
        at_lamin: Whether the API is one of Lamin's own.
    """
    return ReplyError(
        "The API doesn't have the endpoint.",
        cause=endpoint.missing_at_lamin if at_lamin else endpoint.missing,
        http_status=content.status,
        details=content.details,
    )


def refusal(content: Content, endpoint: Endpoint, request: Request) -> ReplyError:
    """Return the error for a reply that isn't a success.

    Args:
        content: The reply.
        endpoint: The endpoint that was called.
        request: The request.
    """
    sent = {**request.params, **(request.json or {})}
    cause = _cause(content, endpoint)
    path, sentence = _most_telling(content)
    sentence = sentence or content.message
    if cause == "request_rejected" and (key := _rejected_key(content.message, sent)):
        cause, path = "field_rejected", (key,)
    field = _field(path, endpoint) if cause == "field_rejected" else None
    if field == "organization_id" and field not in sent:
        cause = "organization_required"
    return ReplyError(
        f"The API replied {content.status}.",
        cause=cause,
        field=field,
        details=content.details,
        http_status=content.status,
        facts={
            "status": str(content.status),
            "again": _again(content.retry_after),
            "retry_after_s": str(retry_after(content.retry_after) or 0),
            "proxy_variable": proxy_variable(request.url),
            "location": _location(content.location, request.url),
            "sentence": sentence or content.details,
        },
    )


def _cause(content: Content, endpoint: Endpoint) -> CauseId:
    status = content.status
    if endpoint is not CHECK and _says_taken(content):
        return "instance_name_taken" if endpoint is INSTANCES else "name_taken"
    if content.ok:
        return _cause_of_success(content, endpoint)
    if status == _INVALID and content.errors:
        return "field_rejected"
    if status == _NOT_FOUND and _is_server_missing(content, endpoint):
        return "not_registered"
    if status == _FORBIDDEN and endpoint is INSTANCES:
        return "instance_forbidden"
    return _cause_of_status(content)


def _cause_of_status(content: Content) -> CauseId:
    if content.status in _BY_STATUS:
        return _BY_STATUS[content.status]
    if content.status in _REDIRECTED and content.location:
        return "redirected"
    for statuses, cause in _BY_RANGE:
        if content.status in statuses:
            return cause
    return "unreadable_reply"


def _is_server_missing(content: Content, endpoint: Endpoint) -> bool:
    """Return whether a 404 of a known route is about the database server."""
    about_server = endpoint is INSTANCES and "server" in content.message.lower()
    return endpoint is CHECK or about_server


def _cause_of_success(content: Content, endpoint: Endpoint) -> CauseId:
    """Return the cause for a status of success with a body that contradicts."""
    if endpoint is CHECK:
        return "unreadable_reply" if content.verdict is None else "check_failed"
    return "request_rejected" if content.failed else "unreadable_reply"


def _says_taken(content: Content) -> bool:
    """Return whether a reply reports that the name exists."""
    if content.status == _CONFLICT:
        return True
    rejected = content.status in _REFUSED and content.status not in (
        *(_FORBIDDEN, _NOT_FOUND),
        *_BY_STATUS,
    )
    contradicted = content.ok and content.failed
    return (rejected or contradicted) and bool(_EXISTS.search(content.message))


def _most_telling(content: Content) -> tuple[tuple[str, ...], str]:
    """Return the path and message of the error of a 422 to show first."""
    for path, message in content.errors:
        if path and path[-1] == "organization_id":  # The form hides that field.
            return path, message
    return content.errors[0] if content.errors else ((), "")


def _rejected_key(message: str, sent: Mapping[str, str | Secret]) -> str:
    """Return the key whose value a sentence rejects, such as an unknown region."""
    for key in ("api_server_name", "organization_id", "account_id"):
        value = sent.get(key)
        if isinstance(value, str):
            quoted = rf"['\"]?(?<![\w-]){re.escape(value)}(?![\w-])['\"]?"
            if re.search(rf"(?i){_WRONG}{quoted}|{quoted}{_IS_WRONG}", message):
                return key
    return ""


def _field(path: tuple[str, ...], endpoint: Endpoint) -> str | None:
    key = next((part for part in reversed(path) if part in _FIELDS), "")
    if endpoint is INSTANCES and key == "name":
        return "instance_name"
    return _FIELDS.get(key)


def retry_after(value: str) -> float | None:
    """Return the seconds that a header `Retry-After` asks to wait, or None."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        when = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=timezone.utc)
    return max(0.0, (when - datetime.now(timezone.utc)).total_seconds())


def _again(value: str) -> str:
    seconds = retry_after(value)
    if not seconds:
        return "in a moment"
    if seconds < 90:  # noqa: PLR2004  # above, minutes read better
        return f"in {seconds:.0f} s"
    return f"in {seconds / 60:.0f} min"


def _location(location: str, url: str) -> str:
    """Return the target of a redirect, without anything after the path."""
    with contextlib.suppress(ValueError):  # Otherwise, it's shown as it came.
        location = urljoin(url, location)
    return re.split(r"[?#]", location, maxsplit=1)[0]
