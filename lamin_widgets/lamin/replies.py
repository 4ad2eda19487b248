"""Replies of the Lamin API, read into the parts that can be displayed.

Lamin doesn't publish the bodies of successes. Errors follow FastAPI:
``{"detail": "a sentence"}`` or ``{"detail": [{"loc", "msg", "input"}]}``, where `input`
echoes the whole request, password included. Only sentences and verdicts leave this
module.
"""

from __future__ import annotations

import dataclasses
import html
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lamin_widgets.core.redaction import safe_text
from lamin_widgets.lamin.verdicts import (
    SENTENCES,
    reports_failure,
    verdict,
    verdict_fields,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lamin_widgets.core.secret import Secret
    from lamin_widgets.lamin.transport import Reply

__all__ = ["Content", "read"]

_SUCCESS: Final = range(200, 300)
_LONGEST: Final = 1000
"""Characters of a sentence that are displayed."""
_LONGEST_LINE: Final = 200
_MOST_ERRORS: Final = 10
_DEEPEST: Final = 8
_TITLE: Final = re.compile(r"(?i)<title[^>]{0,100}>([^<]{1,200})")
_TITLE_WITHIN: Final = 20_000


@dataclass(frozen=True, slots=True)
class Content:
    """The parts of a reply. All texts have passed the gate out.

    Attributes:
        status: HTTP status code.
        succeeded: Whether the reply confirms the call.
        readable: Whether the body is JSON, or empty.
        message: The sentence in the body, or "".
        verdict: Whether the body reports that Lamin can connect. None if that's
            unclear, or doesn't matter.
        failed: Whether the body contradicts a status that confirms the call.
        errors: The path and message of each error of a 422.
        details: What to display about a reply that isn't a success.
        location: The header `Location`.
        retry_after: The header `Retry-After`.
    """

    status: int
    succeeded: bool
    readable: bool
    message: str
    verdict: bool | None
    failed: bool
    errors: tuple[tuple[tuple[str, ...], str], ...] = ()
    details: str = ""
    location: str = ""
    retry_after: str = ""

    @property
    def ok(self) -> bool:
        """Whether the status is one of success."""
        return self.status in _SUCCESS


def read(
    reply: Reply,
    secrets: Iterable[Secret | None] = (),
    *,
    names: Iterable[str] = (),
    by_status: bool = False,
) -> Content:
    """Read a reply.

    Args:
        reply: The reply.
        secrets: What to remove from its texts.
        names: Names in its sentences that prove nothing, such as "connected-db".
        by_status: Whether a status of success confirms the call. If it doesn't, the
            body must.
    """
    secrets = tuple(secrets)
    readable, value = _parsed(reply.body.reveal())
    sentence = _sentence(value)
    found = verdict(value, names) if readable and not by_status else None
    failed = by_status and reports_failure(value)
    confirmed = readable and (not failed if by_status else found is True)
    content = Content(
        status=reply.status,
        succeeded=reply.status in _SUCCESS and confirmed,
        readable=readable,
        message=safe_text(sentence, secrets, _LONGEST) if sentence else "",
        verdict=found,
        failed=failed,
    )
    if content.succeeded:
        return content
    return _with_details(content, reply, value, secrets)


def _with_details(
    content: Content, reply: Reply, value: Any, secrets: tuple[Secret | None, ...]
) -> Content:
    """Return the content of a reply that isn't a success."""
    errors = tuple(
        (
            tuple(safe_text(part, secrets, _LONGEST_LINE) for part in path),
            safe_text(message, secrets, _LONGEST_LINE),
        )
        for path, message in _errors(value)[:_MOST_ERRORS]
    )
    headers = {
        name: safe_text(reply.headers.get(name, ""), secrets, _LONGEST_LINE)
        for name in ("content-type", "location", "retry-after")
    }
    lines = [f"{'.'.join(path)}: {message}" for path, message in errors]
    if not lines and content.message:
        lines = [content.message]
    fields = verdict_fields(value) if content.ok else ""
    if fields:
        lines.append(safe_text(fields, secrets, _LONGEST_LINE))
    if not lines:
        lines = [_summary(content.status, headers["content-type"], reply, secrets)]
    return dataclasses.replace(
        content,
        errors=errors,
        details="\n".join(lines),
        location=headers["location"],
        retry_after=headers["retry-after"],
    )


def _summary(
    status: int, kind: str, reply: Reply, secrets: tuple[Secret | None, ...]
) -> str:
    """Describe a reply that has no sentence by its status, type, size, and title."""
    title = _TITLE.search(reply.body.reveal()[:_TITLE_WITHIN])
    parts = [
        f"HTTP {status}",
        kind.partition(";")[0].strip() or "no content type",
        f"{reply.size} bytes",
    ]
    if title:
        text = " ".join(html.unescape(title[1]).split())
        parts.append(f"title “{safe_text(text, secrets, _LONGEST_LINE)}”")
    return ", ".join(parts)


def _parsed(body: str) -> tuple[bool, Any]:
    if not body.strip():
        return True, None
    try:
        return True, json.loads(body)
    except (ValueError, RecursionError):
        return False, None


def _sentence(value: Any, depth: int = 0) -> str:
    if isinstance(value, str):
        return value
    if depth > _DEEPEST:
        return ""
    if isinstance(value, dict):
        found = (_sentence(value.get(key), depth + 1) for key in SENTENCES)
        return next(filter(None, found), "")
    if isinstance(value, list):
        texts = [message for _, message in _errors({"detail": value})]
        texts += [each for each in value if isinstance(each, str)]
        return "; ".join(texts[:_MOST_ERRORS])
    return ""


def _errors(value: Any) -> list[tuple[tuple[str, ...], str]]:
    detail = value.get("detail") if isinstance(value, dict) else None
    if not isinstance(detail, list):
        return []
    return [
        (tuple(str(part) for part in item["loc"][:_DEEPEST]), str(item.get("msg", "")))
        for item in detail
        if isinstance(item, dict) and isinstance(item.get("loc"), list)
    ]
