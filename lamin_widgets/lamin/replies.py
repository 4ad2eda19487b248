"""Reading of the Lamin API's replies.

Lamin doesn't publish the bodies of successes. Errors follow FastAPI:
``{"detail": "a sentence"}`` or ``{"detail": [{"loc", "msg", "input"}]}``. The value of
`input` is the whole request, with the password. So this module returns only redacted
sentences and verdicts, and never a whole body. A reply is judged before it's redacted,
because a mask could hide a phrase, or tell a part of a secret by what it changes.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from lamin_widgets.core.redaction import safe_text
from lamin_widgets.core.secret import Secret
from lamin_widgets.lamin.verdicts import SENTENCES, verdict, verdict_fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lamin_widgets.lamin.transport import Reply

_SUCCESS: Final = range(200, 300)
_CONFIRMING: Final = frozenset((200, 201, 204))
"""Statuses of a request that the API has carried out."""
_LONGEST_SENTENCE: Final = 1000
"""The maximum length of a displayed sentence, in characters."""
_LONGEST_LINE: Final = 200
_MOST_ERRORS: Final = 10
_DEEPEST: Final = 8
_LONGEST_WAIT_S: Final = 21_600.0
"""A longer time in a header counts as six hours, as in newer versions of urllib3."""
FIELDS: Final = {
    **{key: key for key in ("name", "api_server_name", "organization_id")},
    **{key: key for key in ("storage", "schema_str", "account_id")},
    "url": "host",
    "db_server_name": "name",
}
"""The fields of the form, by their keys in requests."""
_TITLE: Final = re.compile(r"(?i)<title[^>]{0,100}>([^<]{1,200})")
_TITLE_WITHIN: Final = 20_000


@dataclass(frozen=True, slots=True)
class Content:
    """The parts of a reply. The texts to display have no secrets.

    Attributes:
        status: HTTP status code.
        ok: Whether the status is from 200 to 299.
        succeeded: Whether the reply confirms the call.
        readable: Whether the body is JSON, or empty.
        sentence: The sentence in the body, or "". It isn't redacted, to be judged.
        message: The same sentence, to display.
        verdict: Whether the body reports a success, or a failure. None if that's
            unclear.
        errors: The key in `FIELDS` or "", and the message, of each error of a 422.
        details: A description of the reply, to display if it isn't a success.
        location: The header `Location`. It isn't redacted.
        retry_after_s: The seconds in the header `Retry-After`, or None.
    """

    status: int
    ok: bool
    succeeded: bool
    readable: bool
    sentence: Secret
    message: str
    verdict: bool | None
    errors: tuple[tuple[str, str], ...]
    details: str
    location: Secret
    retry_after_s: float | None

    @property
    def rejects_token(self) -> bool:
        """Whether the API rejects the token. A gateway's page doesn't count."""
        return self.readable and self.status == HTTPStatus.UNAUTHORIZED


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
        secrets: Secrets to redact.
        names: Names to ignore in sentences, such as "connected-db".
        by_status: Whether the status confirms the call. Otherwise, the body must.
    """
    secrets = tuple(secrets)

    def clean(text: str) -> str:
        return safe_text(text, secrets, _LONGEST_LINE) if text else ""

    readable, value = _parse_json(reply.body.reveal())
    ok = reply.status in _SUCCESS
    found = verdict(value, names, is_change=by_status) if readable else None
    sentence = _sentence(value)
    message = safe_text(sentence, secrets, _LONGEST_SENTENCE)
    errors = _errors(value)[:_MOST_ERRORS]
    lines = [clean(f"{'.'.join(path)}: {text}") for path, text in errors] or [message]
    lines.append(clean(verdict_fields(value)) if ok and not found else "")
    details = "\n".join(filter(None, dict.fromkeys(lines)))  # hidden lines are equal
    return Content(
        status=reply.status,
        ok=ok,
        succeeded=reply.status in _CONFIRMING and found is True,
        readable=readable,
        sentence=Secret(sentence[:_LONGEST_SENTENCE]),
        message=message,
        verdict=found,
        errors=tuple((_key(path), clean(text)) for path, text in errors),
        details=details or clean(_summary(reply)),
        location=Secret(reply.headers.get("location", "")),
        retry_after_s=retry_after(reply.headers.get("retry-after", "")),
    )


def retry_after(value: str) -> float | None:
    """Return the seconds in a header `Retry-After`, at most six hours.

    The result is None if there's no header, or it isn't valid.
    """
    if not value:
        return None
    from urllib3.util import Retry  # not needed to show the form

    try:
        return min(float(Retry().parse_retry_after(value)), _LONGEST_WAIT_S)
    except Exception:  # noqa: BLE001  # An invalid date raises one of many kinds.
        return None


def _summary(reply: Reply) -> str:
    """Return a description of a reply: its status, type, size, and title."""
    kind = reply.headers.get("content-type", "").partition(";")[0].strip()
    title = _TITLE.search(reply.body.reveal()[:_TITLE_WITHIN])
    text = " ".join(html.unescape(title[1]).split()) if title else ""
    parts = [f"HTTP {reply.status}", kind or "no content type", f"{reply.size} bytes"]
    return ", ".join(parts + ([f"title “{text}”"] if text else []))


def _parse_json(body: str) -> tuple[bool, Any]:
    if not body.strip():
        return True, None
    try:
        return True, json.loads(body, object_pairs_hook=_require_unique_names)
    except (ValueError, RecursionError):
        return False, None


def _require_unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object.

    Raises:
        ValueError: If a name occurs twice, because either value could be meant.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("A field occurs twice.")
    return found


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


def _key(path: tuple[str, ...]) -> str:
    """Return the innermost key of a request in a path, or ""."""
    return next((part for part in reversed(path) if part in FIELDS), "")


def _errors(value: Any) -> list[tuple[tuple[str, ...], str]]:
    detail = value.get("detail") if isinstance(value, dict) else None
    if not isinstance(detail, list):
        return []
    return [
        (tuple(str(part) for part in item["loc"][:_DEEPEST]), str(item.get("msg", "")))
        for item in detail
        if isinstance(item, dict) and isinstance(item.get("loc"), list)
    ]
