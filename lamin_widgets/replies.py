"""Reading what the Lamin API answered: a message, a verdict, what went wrong.

The bodies of its successes are not published, and those of its errors follow
FastAPI: ``{"detail": "a sentence"}`` or ``{"detail": [{"loc", "msg", "input"}]}``,
where `input` echoes the whole request, password included. It is never passed on.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from .secret import Secret, redact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .exchange import Reply

__all__ = ["Content", "read"]

_ECHOES: Final = frozenset({"input", "ctx", "url", "body", "request"})
_SENTENCES: Final = ("message", "detail", "error", "msg", "reason", "description")
_VERDICTS: Final = (
    *("status", "success", "ok", "result", "state"),
    *("accessible", "has_access", "access", "connected", "reachable"),
)
_YES: Final = re.compile(
    r"success|successful|succeeded|ok|okay|passed|healthy|accessible|connected|"
    r"reachable|available|active|true|yes"
)
_NO: Final = re.compile(
    r"error|failure|failed|fail|unhealthy|inaccessible|disconnected|unreachable|"
    r"unavailable|inactive|denied|refused|timeout|false|no"
)
_NO_ERRORS: Final = re.compile(r"(?i)\b(no|without|0) (errors?|problems?|failures?)\b")
_SAYS_NO: Final = re.compile(
    r"(?i)\b(not|no|fail\w*|error\w*|could\s?n.t|can\s?n.t|cannot|unable|refused|denied|"
    r"invalid|unreachable|inaccessible|time[d-]?\s?out|rejected)\b"
)
_SAYS_YES: Final = re.compile(
    r"(?i)\b(success\w*|succeeded|is accessible|is reachable|has access|connected)\b"
)


@dataclass(frozen=True, slots=True)
class Content:
    """A reply, read. All texts are redacted.

    Attributes:
        status: HTTP status code.
        readable: Whether the body is JSON, or empty.
        message: The sentence in it, or an empty string.
        verdict: True or False if the body says so, None if it says neither.
        errors: FastAPI's list of a 422: the field's path and the message.
        text: The body without what echoes the request.
        headers: Header fields, names in lower case.
    """

    status: int
    readable: bool
    message: str
    verdict: bool | None
    errors: tuple[tuple[tuple[str, ...], str], ...]
    text: str
    headers: dict[str, str]

    @property
    def ok(self) -> bool:
        """Whether the status is one of success, 200 to 299."""
        return 200 <= self.status < 300  # noqa: PLR2004  # the class of 2xx


def read(reply: Reply, secrets: Iterable[Secret | None]) -> Content:
    """Read a reply with care.

    Args:
        reply: What came back.
        secrets: What to remove from its texts.
    """
    hidden = tuple(secrets)
    readable, value = _parse(reply.body)
    shown = _without_echoes(value) if readable else None
    body = json.dumps(shown, ensure_ascii=False) if readable else reply.body.reveal()
    return Content(
        status=reply.status,
        readable=readable,
        message=redact(_sentence(value), hidden)[:1000],
        verdict=_verdict(value),
        errors=tuple(
            (path, redact(message, hidden)[:200]) for path, message in _errors(value)
        ),
        text="" if shown is None and readable else redact(body, hidden),
        headers={k: redact(v, hidden) for k, v in reply.headers.items()},
    )


def _parse(body: Secret) -> tuple[bool, Any]:
    if not body.reveal().strip():
        return True, None
    try:
        return True, json.loads(body.reveal())
    except (ValueError, RecursionError):
        return False, None


def _without_echoes(value: Any, depth: int = 0) -> Any:
    if depth > 20:  # noqa: PLR2004  # deeper than any reply that a person could read
        return "…"
    if isinstance(value, dict):
        return {
            key: _without_echoes(inner, depth + 1)
            for key, inner in value.items()
            if key not in _ECHOES
        }
    if isinstance(value, list):
        return [_without_echoes(inner, depth + 1) for inner in value]
    return value


def _sentence(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        for key in _SENTENCES:
            found = _sentence(value.get(key))
            if found:
                return found
    if isinstance(value, list):
        return "; ".join(message for _, message in _errors({"detail": value}))
    return ""


def _errors(value: Any) -> list[tuple[tuple[str, ...], str]]:
    detail = value.get("detail") if isinstance(value, dict) else None
    if not isinstance(detail, list):
        return []
    return [
        (tuple(str(part) for part in item["loc"]), str(item.get("msg", "")))
        for item in detail
        if isinstance(item, dict) and isinstance(item.get("loc"), list)
    ]


def _verdict(value: Any) -> bool | None:
    """True only where the body says so, and nothing in it says otherwise."""
    if isinstance(value, (bool, str)):
        return _word(value)
    if not isinstance(value, dict):
        return None
    said = [value[key] for key in _VERDICTS if isinstance(value.get(key), (bool, str))]
    verdicts = [_word(word) for word in said]
    if value.get("error") or value.get("errors"):
        verdicts.append(False)
    if False in verdicts:
        return False
    if True in verdicts:
        return True
    nested = value.get("data", value.get("result"))
    if isinstance(nested, dict):
        return _verdict(nested)
    # a sentence decides only where no field does
    return None if verdicts else _word(_sentence(value))


def _word(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    if not isinstance(value, str):
        return None
    word = value.strip().strip(".!").lower()
    if _YES.fullmatch(word):
        return True
    if _NO.fullmatch(word) or _SAYS_NO.search(_NO_ERRORS.sub("", value)):
        return False
    return True if _SAYS_YES.search(value) else None
