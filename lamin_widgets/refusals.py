"""What a reply that is no success means."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from .endpoints import INSTANCES, Endpoint
from .errors import LaminWidgetsError, ReplyError
from .libpq import cause_of

if TYPE_CHECKING:
    from .replies import Content

__all__ = ["failed_check", "refusal", "retry_after", "unreadable"]

_EXISTS: Final = re.compile(
    r"(?i)already (exists|registered|taken|in use)|duplicate|must be unique|is taken"
)
_BY_STATUS: Final = {
    401: "token_rejected",
    403: "forbidden",
    407: "api_proxy",
    409: "name_taken",
    429: "rate_limited",
    500: "server_error",
    502: "unavailable",
    503: "unavailable",
    504: "unavailable",
}
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
_REDIRECT: Final = range(300, 400)
_SERVER: Final = range(500, 600)


def refusal(content: Content, endpoint: Endpoint, name: str) -> LaminWidgetsError:
    """Return the error for a reply that is no success."""
    cause = _cause(content)
    facts = {"status": str(content.status), "name": name, "near": ""}
    field = None
    if cause == "rate_limited" or cause == "unavailable":  # noqa: PLR1714  # two facts
        facts["again"] = _again(content)
    elif cause == "redirected":
        facts["location"] = _location(content)
    elif cause == "field_rejected":
        path, reason = content.errors[0]
        field = _field(path, endpoint)
        facts["reason"] = reason or "no reason given"
        if field == "organization_id" and "required" in reason.lower():
            cause = "organization_required"
    elif cause == "name_taken" and endpoint is INSTANCES:
        cause = "instance_name_taken"
    return ReplyError(
        f"The API answered {content.status}.",
        cause=cause,
        field=field,
        details=content.text,
        http_status=content.status,
        facts=facts,
    )


def _cause(content: Content) -> str:
    status = content.status
    if status in _REDIRECT:
        return "redirected"
    if status == 422 and content.errors:  # noqa: PLR2004  # FastAPI's
        return "field_rejected"
    if status == 404:  # noqa: PLR2004  # an unknown route is sorted out before
        return "not_registered"
    known = _BY_STATUS.get(status)
    if known:
        return known
    if 400 <= status < 500 and _EXISTS.search(content.message):  # noqa: PLR2004
        return "name_taken"
    return "server_error" if status in _SERVER else "request_rejected"


def _field(path: tuple[str, ...], endpoint: Endpoint) -> str | None:
    key = path[-1] if path else ""
    if endpoint is INSTANCES and key == "name":
        return "instance_name"
    return _FIELDS.get(key)


def failed_check(content: Content) -> ReplyError:
    """Return the error for a check that says Lamin could not connect."""
    return ReplyError(
        "Lamin could not connect.",
        cause=cause_of(content.message or content.text) or "check_failed",
        details=content.text,
        http_status=content.status,
    )


def unreadable(content: Content) -> ReplyError:
    """Return the error for a 2xx that says neither yes nor no, or says no."""
    refused = content.readable and content.verdict is False
    return ReplyError(
        "The reply cannot be read.",
        cause="request_rejected" if refused else "unreadable_reply",
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


def _location(content: Content) -> str:
    """Where a redirect points to, without anything behind the path."""
    location = content.headers.get("location", "") or "(no address given)"
    return re.split(r"[?#]", location, maxsplit=1)[0][:200]
