"""What a reply that is no success means."""

from __future__ import annotations

import contextlib
import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from lamin_widgets.core.errors import LaminWidgetsError, ReplyError
from lamin_widgets.lamin.endpoints import CHECK, INSTANCES, Endpoint
from lamin_widgets.lamin.exchange import proxy_variable
from lamin_widgets.postgres.errors import cause_of

if TYPE_CHECKING:
    from lamin_widgets.lamin.exchange import Request
    from lamin_widgets.lamin.replies import Content

__all__ = ["failed_check", "refusal", "retry_after", "unreadable"]

_EXISTS: Final = re.compile(
    r"(?i)already (exists|registered|taken|in use)|duplicate|must be unique|is taken"
)
_BY_STATUS: Final = {
    301: "redirected",
    302: "redirected",
    303: "redirected",
    307: "redirected",
    308: "redirected",
    401: "token_rejected",
    403: "forbidden",
    404: "not_registered",  # an unknown route is sorted out before
    407: "api_proxy",
    409: "name_taken",
    429: "rate_limited",
    502: "unavailable",
    503: "unavailable",
    504: "unavailable",
}
_WRONG: Final = (
    r"\b(unknown|invalid|unsupported|unrecogni[sz]ed|no such)\s+([\w-]+[\s:=]+){0,4}"
)
_IS_WRONG: Final = (
    r"\s+((is|was)\s+)?(not\s+(a\s+)?(found|known|valid|supported|available)|unknown|"
    r"invalid|unsupported|does\s+not\s+exist)"
)
_NOT_ABOUT_NAMES: Final = frozenset({401, 403, 404, 407, 429})
# How libpq names the server that Lamin has under this name.
_SERVER_AT: Final = re.compile(
    r'server at "(?P<host>[^"\n]+)"(?: \([^)\n]*\))?, port (?P<port>\d{1,5})\b'
)
# The keys of the request, and the form's fields they come from.
_FIELDS: Final = {
    "name": "name",
    "url": "host",
    "api_server_name": "api_server_name",
    "organization_id": "organization_id",
    "storage": "storage",
    "schema_str": "schema_str",
    "db_server_name": "name",
}
_REFUSED: Final = range(400, 500)
_SERVER: Final = range(500, 600)


def refusal(
    content: Content, endpoint: Endpoint, request: Request
) -> LaminWidgetsError:
    """Return the error for a reply that is no success."""
    cause = _cause(content, endpoint)
    path, reason = _most_telling(content)
    if cause == "request_rejected" and (blamed := _named_in(content.message, request)):
        cause, path, reason = "field_rejected", (blamed,), content.message
    facts = {
        "status": str(content.status),
        "again": _again(content),
        "location": _location(content, request),
        "proxy_variable": proxy_variable(request.url),
        "reason": reason or "no reason given",
    }
    field = _field(path, endpoint) if cause == "field_rejected" else None
    if field == "organization_id" and field not in (request.json or {}):
        cause = "organization_required"
    return ReplyError(
        f"The API answered {content.status}.",
        cause=cause,
        field=field,
        details=content.text,
        http_status=content.status,
        facts=facts,
    )


def _cause(content: Content, endpoint: Endpoint) -> str:
    status = content.status
    taken = "instance_name_taken" if endpoint is INSTANCES else "name_taken"
    may_exist = status in _REFUSED and status not in _NOT_ABOUT_NAMES
    if may_exist and endpoint is not CHECK and _EXISTS.search(content.message):
        return taken
    if status == 422 and content.errors:  # noqa: PLR2004  # FastAPI's
        return "field_rejected"
    if status in _SERVER:
        return _BY_STATUS.get(status, "server_error")
    other = "request_rejected" if status in _REFUSED else "unexpected"
    cause = _BY_STATUS.get(status, other)
    if cause == "not_registered" and not _is_server_missing(content, endpoint):
        return "request_rejected"
    if cause == "name_taken":
        return "request_rejected" if endpoint is CHECK else taken
    return cause


def _is_server_missing(content: Content, endpoint: Endpoint) -> bool:
    """Tell whether a 404 behind a known route is about the database server."""
    if endpoint is CHECK:
        return True
    return endpoint is INSTANCES and "server" in content.message.lower()


def _most_telling(content: Content) -> tuple[tuple[str, ...], str]:
    """Return the path and message of the 422 to point at."""
    for path, reason in content.errors:
        if path and path[-1] == "organization_id":  # people do not know of it
            return path, reason
    return content.errors[0] if content.errors else ((), "")


def _named_in(message: str, request: Request) -> str:
    """Return the key whose value a sentence calls wrong, such as an unknown region."""
    if cause_of(message):
        return ""  # it speaks of the server, seen from there
    for key in ("api_server_name", "organization_id"):
        value = (request.json or {}).get(key)
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


def failed_check(content: Content) -> ReplyError:
    """Return the error for a check that says Lamin could not connect."""
    said = content.message or content.text
    where = _SERVER_AT.search(said)
    return ReplyError(
        "Lamin could not connect.",
        cause=cause_of(said) or "check_failed",
        details=content.text,
        http_status=content.status,
        facts=where.groupdict() if where else None,
    )


def unreadable(content: Content, endpoint: Endpoint) -> ReplyError:
    """Return the error for a 2xx that says neither yes nor no, or says no."""
    cause = "request_rejected" if content.failed else "unreadable_reply"
    if content.failed and endpoint is not CHECK and _EXISTS.search(content.message):
        cause = "instance_name_taken" if endpoint is INSTANCES else "name_taken"
    return ReplyError(
        "The reply cannot be read.",
        cause=cause,
        details=content.text or "(an empty reply)",
        http_status=content.status,
    )


def retry_after(content: Content) -> float | None:
    """Return the seconds that `Retry-After` asks to wait, or None."""
    value = content.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        when = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=timezone.utc)
    return max(0.0, (when - datetime.now(timezone.utc)).total_seconds())


def _again(content: Content) -> str:
    seconds = retry_after(content)
    if seconds is None:
        return "in a moment"
    if seconds < 90:  # noqa: PLR2004  # above, minutes read better
        return f"in {seconds:.0f} s"
    return f"in {seconds / 60:.0f} min"


def _location(content: Content, request: Request) -> str:
    """Where a redirect points to, without anything behind the path."""
    location = content.headers.get("location", "")
    if not location:
        return "(no address given)"
    with contextlib.suppress(ValueError):  # else it is shown as it came
        location = urljoin(request.url, location)
    return re.split(r"[?#]", location, maxsplit=1)[0][:200]
