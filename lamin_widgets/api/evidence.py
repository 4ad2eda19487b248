"""Whether a reply says yes, no, or neither: the schema of its body is not published.

Green needs evidence: a field or a sentence that says so, and nothing that says
otherwise.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from lamin_widgets.probe.libpq import cause_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["failed", "verdict"]

_DEEPEST: Final = 20
_OF_THE_CALL: Final = ("status", "success", "ok", "result", "state")
_OF_THE_SERVER: Final = ("accessible", "has_access", "access", "connected", "reachable")
_ABOUT_ACCESS: Final = re.compile(
    r"access\w*|connect\w*|reach\w*|valid|available|healthy|online|alive|up"
)
_HTTP_ERRORS: Final = range(400, 600)
_YES: Final = re.compile(
    r"success|successful|succeeded|ok|okay|passed|healthy|accessible|connected|"
    r"reachable|available|active|true|yes"
)
_NO: Final = re.compile(
    r"unhealthy|inaccessible|disconnected|unreachable|unavailable|inactive|denied|"
    r"refused|timeout|false|no"
)
_FAILED: Final = re.compile(r"error|errors|failure|failed|fail|false")
_NO_ERRORS: Final = re.compile(
    r"(?i)\b(no|without|0) (errors?|problems?|failures?|issues?|warnings?)\b"
)
_TROUBLE: Final = (
    r"fail\w*|error\w*|(could|can|did|does|was|is)(\s?n.t| not)|cannot|unable|"
    r"refused|denied|unreachable|inaccessible|time[d-]?\s?out|rejected|unsuccess\w*|"
    r"invalid|no route"
)
_CONTRADICTS: Final = re.compile(rf"(?i)\b({_TROUBLE})\b")
_SAYS_NO: Final = re.compile(
    rf"(?i)\b(not|no|never|without|lost|false|disconnected|{_TROUBLE})\b"
)
_SAYS_YES: Final = re.compile(
    r"(?i)\b(success\w*|succeeded|is accessible|is reachable|has access|connected)\b"
)


def verdict(value: Any, sentence: str, names: Iterable[str] = ()) -> bool | None:
    """Return what a body says: True, False, or None if it says neither.

    Args:
        value: The body, as JSON was read.
        sentence: The sentence for people in it.
        names: Names in the sentence that say nothing themselves.
    """
    text = _NO_ERRORS.sub("", _without(sentence, names))
    if isinstance(value, bool):
        return value
    if not isinstance(value, dict):
        return _of_sentence(text) if isinstance(value, str) else None
    fields = list(_fields(value))
    said = [_of_field(key, word) for key, word in fields]
    if False in said:
        return False
    about_server = [v for (key, _), v in zip(fields, said, strict=True) if key]
    if None in about_server:
        return None
    if True in said:
        return None if _CONTRADICTS.search(text) or cause_of(sentence) else True
    # a sentence decides only where no field tries to
    return None if said else _of_sentence(text)


def failed(value: Any) -> bool:
    """Tell whether a body says that the call itself failed.

    For a call that is confirmed by its status, that is what counts against it: that a
    server is registered and not reachable is no contradiction.
    """
    if not isinstance(value, dict):
        return value is False
    if value.get("error") or value.get("errors"):
        return True
    words = [value.get(key) for key in _OF_THE_CALL]
    return any(word is False or _is(_FAILED, word) for word in words)


def _fields(value: Any, depth: int = 0) -> Iterator[tuple[bool, Any]]:
    """Yield every field that may hold a verdict, and whether it is on the server."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for inner in value:
            yield from _fields(inner, depth + 1)
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if key in ("error", "errors") and inner:
            yield False, False
        elif isinstance(inner, (dict, list)):
            yield from _fields(inner, depth + 1)
        else:
            yield from _of_key(key, inner)


def _of_key(key: str, value: Any) -> Iterator[tuple[bool, Any]]:
    if key in _OF_THE_SERVER:
        yield True, value
    elif key in _OF_THE_CALL:
        yield from _status(value)
    elif _is_about_access(key) and _is_no(value):
        yield True, None  # so named, it is no clear no; but nothing is green any more


def _is_about_access(key: str) -> bool:
    words = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower())
    return any(_ABOUT_ACCESS.fullmatch(word) for word in words)


def _status(value: Any) -> Iterator[tuple[bool, Any]]:
    """Yield a word; a number such as 200 or "200" says nothing, 500 says no."""
    is_text = isinstance(value, str) and re.fullmatch(r"[1-5][0-9]{2}", value)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if not (is_text or is_number):
        yield False, value
    elif int(value) in _HTTP_ERRORS:
        yield False, False


def _of_field(on_server: bool, word: Any) -> bool | None:  # noqa: FBT001  # of a pair
    if isinstance(word, bool):
        return word
    if _is(_YES, word):
        return True
    if _is_no(word):
        return False
    if on_server or not isinstance(word, str):
        return None
    return _of_sentence(_NO_ERRORS.sub("", word))


def _of_sentence(text: str) -> bool | None:
    if _is(_YES, text):
        return True
    if _is_no(text) or _SAYS_NO.search(text):
        return False
    return True if _SAYS_YES.search(text) else None


def _is_no(word: Any) -> bool:
    return word is False or _is(_NO, word) or _is(_FAILED, word)


def _is(words: re.Pattern[str], text: Any) -> bool:
    return isinstance(text, str) and bool(
        words.fullmatch(text.strip().strip(".!").lower())
    )


def _without(sentence: str, names: Iterable[str]) -> str:
    for name in sorted(filter(None, names), key=len, reverse=True):
        sentence = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " … ", sentence)
    return sentence
