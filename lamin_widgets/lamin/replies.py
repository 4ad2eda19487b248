"""Reading what the Lamin API answered: a message, a verdict, what went wrong.

The bodies of its successes are not published, and those of its errors follow
FastAPI: ``{"detail": "a sentence"}`` or ``{"detail": [{"loc", "msg", "input"}]}``,
where `input` echoes the whole request, password included. It is never passed on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lamin_widgets.core.secret import Secret, redactor
from lamin_widgets.lamin.verdicts import failed, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lamin_widgets.lamin.exchange import Reply

__all__ = ["Content", "read"]

SHOWN: Final = 4096
"""So much of a reply is kept to be shown, in characters."""
_DEEPEST: Final = 20
"""Levels; deeper than any reply that a person could read."""
_LOOKED_AT: Final = frozenset({"location", "retry-after"})
_ECHOES: Final = frozenset({"input", "ctx", "url", "body", "request"})
_SENTENCES: Final = ("message", "detail", "error", "msg", "reason", "description")


@dataclass(frozen=True, slots=True)
class Content:
    """A reply, read. All texts are redacted.

    Attributes:
        status: HTTP status code.
        readable: Whether the body is JSON, or empty.
        message: The sentence in it, or an empty string.
        verdict: True or False if the body says so, None if it says neither.
        failed: Whether the body says that the call itself failed.
        errors: FastAPI's list of a 422: the field's path and the message.
        text: The body without what echoes the request, at most 4 KB.
        headers: The fields `location` and `retry-after`, where it has them.
    """

    status: int
    readable: bool
    message: str
    verdict: bool | None
    failed: bool
    errors: tuple[tuple[tuple[str, ...], str], ...]
    text: str
    headers: dict[str, str]

    @property
    def ok(self) -> bool:
        """Whether the status is one of success, 200 to 299."""
        return 200 <= self.status < 300  # noqa: PLR2004  # the class of 2xx


def read(
    reply: Reply, secrets: Iterable[Secret | None], names: Iterable[str] = ()
) -> Content:
    """Read a reply with care.

    Args:
        reply: What came back.
        secrets: What to remove from its texts.
        names: Names in it that say nothing about success, such as "connected-db".
    """
    redact = redactor(secrets)

    def shown(text: str) -> str:
        # JSON may hold half a character, which could not be sent to the browser.
        return redact(text.encode("utf-8", "replace").decode())

    readable, value = _parse(reply.body)
    if not readable:
        body = reply.body.reveal()
    elif value is None:
        body = ""
    else:
        body = json.dumps(_without_echoes(value), ensure_ascii=False)
    sentence = _sentence(value)
    return Content(
        status=reply.status,
        readable=readable,
        message=shown(sentence)[:1000],
        verdict=verdict(value, sentence, names),
        failed=failed(value),
        errors=tuple(
            (tuple(map(shown, path)), shown(message)[:200])
            for path, message in _errors(value)
        ),
        text=shown(body)[:SHOWN],
        headers={k: redact(v) for k, v in reply.headers.items() if k in _LOOKED_AT},
    )


def _parse(body: Secret) -> tuple[bool, Any]:
    if not body.reveal().strip():
        return True, None
    try:
        return True, json.loads(body.reveal())
    except (ValueError, RecursionError):
        return False, None


def _without_echoes(value: Any, depth: int = 0) -> Any:
    if depth > _DEEPEST:
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


def _sentence(value: Any, depth: int = 0) -> str:
    if isinstance(value, str):
        return value
    if depth > _DEEPEST:
        return ""
    if isinstance(value, dict):
        found = (_sentence(value.get(key), depth + 1) for key in _SENTENCES)
        return next(filter(None, found), "")
    if isinstance(value, list):
        said = [message for _, message in _errors({"detail": value})]
        said += [item for item in value if isinstance(item, str)]
        return "; ".join(said)
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
