"""The exceptions for replies of the Lamin API that aren't a success."""

from __future__ import annotations

import contextlib
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from lamin_widgets.core.errors import ReplyError
from lamin_widgets.lamin.calls import Call, CheckAccess, CreateInstance
from lamin_widgets.lamin.transport import proxy_variable

if TYPE_CHECKING:
    from lamin_widgets.core.failures import CauseId
    from lamin_widgets.lamin.replies import Content
    from lamin_widgets.lamin.transport import Request

_REDIRECTED: Final = range(300, 400)
_LONGEST_WAIT_S: Final = 21_600.0
"""A longer time in a header counts as six hours, as in newer versions of urllib3."""
_BY_STATUS: Final[dict[int, CauseId]] = {
    **dict.fromkeys(range(400, 500), "request_rejected"),
    **dict.fromkeys(range(500, 600), "server_error"),
    403: "forbidden",
    407: "proxy_login",
    429: "rate_limited",
    **dict.fromkeys((502, 503, 504), "unavailable"),
}

_EXISTS: Final = re.compile(
    r"(?i)already (exists|registered|taken|in use)|duplicate|must be unique|is taken"
)
_ROUTE: Final = re.compile(r"(?i)\b(routes?|paths?|pages?|urls?|endpoints?)\b")
_THING: Final = re.compile(
    r"(?i)\b(servers?|organi[sz]ations?|accounts?|storages?|regions?|instances?"
    r"|schemas?)\b"
)
_WRONG: Final = re.compile(
    r"(?i)\b(unknown|invalid|unsupported|unrecogni[sz]ed|no such|does not exist"
    r"|not (a )?(found|known|valid|supported|available))\b"
)
_FIELDS: Final = {
    **{key: key for key in ("name", "api_server_name", "organization_id")},
    **{key: key for key in ("storage", "schema_str", "account_id")},
    "url": "host",
    "db_server_name": "name",
}
"""The fields of the form, by their keys in requests."""


def is_route_unknown(content: Content, name: str) -> bool:
    """Return whether a reply reports an unknown path, and not an unknown server."""
    if content.status != HTTPStatus.NOT_FOUND:
        return content.status == HTTPStatus.METHOD_NOT_ALLOWED
    # An HTML page could quote the URL, which contains the name.
    message = content.message if content.readable else ""
    is_named = name and re.search(rf"(?<![\w=/]){re.escape(name)}(?!\w)", message)
    is_thing = _THING.search(message) and not _ROUTE.search(message)
    return not (is_named or is_thing)


def route_missing(content: Content, call: Call, *, at_lamin: bool) -> ReplyError:
    """Return the exception for an API that doesn't have any path of a call."""
    cause: CauseId = "registration_not_offered" if at_lamin else "endpoint_not_found"
    if isinstance(call, CreateInstance):
        cause = "instances_not_supported"
    return ReplyError(
        cause=cause,
        http_status=content.status,
        details=content.details,
    )


def reply_error(content: Content, call: Call, request: Request) -> ReplyError:
    """Return the exception for a reply that isn't a success."""
    cause, key, sentence = _cause(content, call), "", content.message
    if content.errors:
        # Prefer an error about the organization, because its field is in a closed
        # panel.
        path, sentence = min(
            content.errors, key=lambda e: "organization_id" not in e[0]
        )
        key = next((part for part in reversed(path) if part in _FIELDS), "")
    elif cause == "request_rejected":
        key = _rejected_key(content.message, call)
        cause = "field_rejected" if key else cause
    field = _FIELDS.get(key) if cause == "field_rejected" else None
    if field == "organization_id" and not getattr(call, field, None):
        cause = "organization_required"
    elif field == key == "name" and isinstance(call, CreateInstance):
        field = "instance_name"
    return ReplyError(
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


def _cause(content: Content, call: Call) -> CauseId:
    status, message = content.status, content.message
    checks, creates = isinstance(call, CheckAccess), isinstance(call, CreateInstance)
    exists = status in range(400, 500) and _EXISTS.search(message)
    taken = exists or status == HTTPStatus.CONFLICT
    is_invalid = status == HTTPStatus.UNPROCESSABLE_ENTITY
    about_server = checks or (creates and "server" in message.lower())
    default = _BY_STATUS.get(status, "unreadable_reply")
    is_api_needed = default in {"request_rejected", "forbidden"}
    rules: tuple[tuple[object, CauseId], ...] = (
        # A gateway's page is no evidence about the account or the values.
        (is_api_needed and not content.readable, "unreadable_reply"),
        (content.ok and content.verdict is False, "check_failed"),
        (creates and taken, "instance_name_taken"),
        (taken and not checks, "name_taken"),
        (is_invalid and content.errors, "field_rejected"),
        (status == HTTPStatus.NOT_FOUND and about_server, "not_registered"),
        (status == HTTPStatus.FORBIDDEN and creates, "instance_forbidden"),
        (status in _REDIRECTED and content.location, "redirected"),
    )
    return next((cause for applies, cause in rules if applies), default)


def _rejected_key(message: str, call: Call) -> str:
    """Return the key of a value that a sentence rejects, such as a region, or ""."""
    for key in ("api_server_name", "organization_id", "account_id"):
        value = getattr(call, key, None)
        is_quoted = value and re.search(
            rf"(?<![\w-]){re.escape(value)}(?![\w-])", message
        )
        if is_quoted and _WRONG.search(message):
            return key
    return ""


def retry_after(value: str) -> float | None:
    """Return the seconds in a header `Retry-After`, at most six hours.

    The result is None if the header isn't valid.
    """
    from urllib3.util import Retry  # not needed to show the form

    try:
        return min(float(Retry().parse_retry_after(value)), _LONGEST_WAIT_S)
    except Exception:  # noqa: BLE001  # An invalid date raises one of many kinds.
        return None


def _again(value: str) -> str:
    seconds = retry_after(value)
    if not seconds:
        return "in a moment"
    if seconds < 90:  # noqa: PLR2004  # above, minutes read better
        return f"in {seconds:.0f} s"
    return f"in {seconds / 60:.0f} min"


def _location(location: str, url: str) -> str:
    """Return the target of a redirect, without its query and fragment."""
    with contextlib.suppress(ValueError):  # Return a malformed target unchanged.
        location = urljoin(url, location)
    return re.split(r"[?#]", location, maxsplit=1)[0]
