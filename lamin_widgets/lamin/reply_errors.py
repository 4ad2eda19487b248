"""The exceptions for replies of the Lamin API that aren't a success."""

from __future__ import annotations

import contextlib
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from lamin_widgets.core.errors import ReplyError
from lamin_widgets.core.redaction import safe_text
from lamin_widgets.core.secret import Secret
from lamin_widgets.lamin.calls import Call, CheckAccess, CreateInstance
from lamin_widgets.lamin.replies import FIELDS
from lamin_widgets.lamin.transport import proxy_variable

if TYPE_CHECKING:
    from lamin_widgets.core.failures import CauseId
    from lamin_widgets.lamin.replies import Content
    from lamin_widgets.lamin.transport import Request

_REDIRECTED: Final = range(300, 400)
_LONGEST_TARGET: Final = 200
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


def is_route_unknown(content: Content, name: str) -> bool:
    """Return whether a reply reports an unknown path, and not an unknown server."""
    if content.status != HTTPStatus.NOT_FOUND:
        return content.status == HTTPStatus.METHOD_NOT_ALLOWED
    message = content.sentence.reveal()
    # Look for the name only in the redacted sentence. Otherwise, a visitor of an app
    # could enter words to find out whether the API quotes them from a secret.
    is_named = name and re.search(
        rf"(?<![\w=/]){re.escape(name)}(?!\w)", content.message
    )
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
        key, sentence = min(content.errors, key=lambda e: e[0] != "organization_id")
    elif cause == "request_rejected":
        key = _rejected_key(content.message, call)
        cause = "field_rejected" if key else cause
    field = FIELDS.get(key) if cause == "field_rejected" else None
    if field == "organization_id" and not getattr(call, field, None):
        cause = "organization_required"
    elif field == key == "name" and isinstance(call, CreateInstance):
        field = "instance_name"
    facts = {
        "status": str(content.status),
        "again": _again(content.retry_after_s),
        "retry_after_s": str(content.retry_after_s or 0),
        "proxy_variable": proxy_variable(request.url),
        "location": _location(content, request),
        "sentence": sentence or content.details,
    }
    if cause == "check_failed" and isinstance(call, CheckAccess) and call.classify:
        sentence_or_fields = content.sentence or Secret(content.details)
        cause, found = call.classify(sentence_or_fields, request.secrets)
        facts |= found
    return ReplyError(
        cause=cause,
        field=field,
        details=content.details,
        http_status=content.status,
        facts=facts,
    )


def _cause(content: Content, call: Call) -> CauseId:
    status, message = content.status, content.sentence.reveal()
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


def _again(seconds: float | None) -> str:
    if not seconds:
        return "in a moment"
    if seconds < 90:  # noqa: PLR2004  # above, minutes read better
        return f"in {seconds:.0f} s"
    return f"in {seconds / 60:.0f} min"


def _location(content: Content, request: Request) -> str:
    """Return the target of a redirect, without its query and fragment."""
    location = content.location.reveal()
    with contextlib.suppress(ValueError):  # Return a malformed target unchanged.
        location = urljoin(request.url, location)
    target = re.split(r"[?#]", location, maxsplit=1)[0]
    return safe_text(target, request.secrets, _LONGEST_TARGET)
