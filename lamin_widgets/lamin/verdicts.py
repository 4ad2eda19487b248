"""Whether a reply says yes, no, or neither: the schema of its body is not published.

Green needs evidence: a field or a sentence that says so, and nothing that says
otherwise.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from lamin_widgets.postgres.errors import cause_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["failed", "verdict"]

_DEEPEST: Final = 20
_ON_CALL: Final = ("status", "success", "ok", "result", "state")
_ON_SERVER: Final = ("accessible", "has_access", "access", "connected", "reachable")
# Names beside these that may contradict, and never show a success.
_ABOUT: Final = re.compile(
    r"access\w*|connect\w*|reach\w*|status|state|valid|available|healthy|online|alive"
)
_OF_TROUBLE: Final = re.compile(
    r"errors?|denied|failed|failures?|refused|lost|timeout|timed"
)
_BESIDE_THE_POINT: Final = re.compile(r"limit\w*|restricted|date|at|count|attempts?")
_HTTP_ERRORS: Final = range(400, 600)
_YES: Final = re.compile(
    r"success|successful|succeeded|ok|okay|passed|healthy|accessible|connected|"
    r"reachable|available|active|true|yes|granted|established|verified|online|valid"
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
    r"fail\w*|error\w*|(could|can|did|does)(\s?n.t| not)|cannot|unable|refused|denied|"
    r"unreachable|inaccessible|time[d-]?\s?out|rejected|unsuccess\w*|invalid|wrong|"
    r"no route|disconnected|lost|"
    r"(not|no|never|without)\s+(\w+\s+)?(access|connect|reach|valid|allow|permit)\w*"
)
_CONTRADICTS: Final = re.compile(rf"(?i)\b({_TROUBLE})\b")
_SAYS_NO: Final = re.compile(rf"(?i)\b(not|no|never|without|false|{_TROUBLE})\b")
_SAYS_YES: Final = re.compile(
    r"(?i)\b(success\w*|succeeded|is accessible|is reachable|has access|connected|"
    r"access granted|connection (is )?(ok|okay|established))\b"
)


class _Said(NamedTuple):
    """What one field says: True, False, or None for neither.

    A field that speaks of the server itself leaves nothing open: where it says
    neither, the whole says neither.
    """

    verdict: bool | None
    on_server: bool


def verdict(value: Any, sentence: str, names: Iterable[str] = ()) -> bool | None:
    """Return what a body says: True, False, or None if it says neither.

    A field that says no decides. Then one that leaves the server open. Then one that
    says yes, unless anything in the body contradicts. A sentence decides only where
    no field tries to.

    Args:
        value: The body, as JSON was read.
        sentence: The sentence for people in it.
        names: Names in the sentence that say nothing themselves.
    """
    if isinstance(value, bool):
        return value
    text = _NO_ERRORS.sub("", _without(sentence, names))
    if not isinstance(value, dict):
        return _of_sentence(text) if isinstance(value, str) else None
    said = list(_fields(value))
    verdicts = [each.verdict for each in said]
    if False in verdicts:
        return False
    if any(each.on_server and each.verdict is None for each in said):
        return None
    if True in verdicts:
        return None if _contradicted(value, names) else True
    return None if said else _of_sentence(text)


def _contradicted(value: Any, names: Iterable[str]) -> bool:
    """Tell whether any text in a body speaks of a failure."""
    for text in _texts(value):
        plain = _NO_ERRORS.sub("", _without(text, names))
        if _CONTRADICTS.search(plain) or cause_of(plain):
            return True
    return False


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner, depth + 1)


def failed(value: Any) -> bool:
    """Tell whether a body says that the call itself failed.

    For a call that is confirmed by its status, that is what counts against it: that a
    server is registered and not reachable is no contradiction.
    """
    if not isinstance(value, dict):
        return value is False
    if value.get("error") or value.get("errors"):
        return True
    words = [value.get(key) for key in _ON_CALL]
    return any(word is False or _is(_FAILED, word) for word in words)


def _fields(value: Any, depth: int = 0) -> Iterator[_Said]:
    """Yield what each field says that may hold a verdict."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for inner in value:
            yield from _fields(inner, depth + 1)
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if key in ("error", "errors") and inner:
            yield _Said(verdict=False, on_server=False)
        elif isinstance(inner, (dict, list)):
            yield from _fields(inner, depth + 1)
        else:
            yield from _of_field(key, inner)


def _of_field(key: str, value: Any) -> Iterator[_Said]:
    if key in _ON_SERVER:
        yield _Said(_of_word(value), on_server=True)
    elif key in _ON_CALL:
        yield from _status(value)
    elif _speaks_against(key, value):
        yield _Said(verdict=None, on_server=True)


def _speaks_against(key: str, value: Any) -> bool:
    """Tell whether a field of a name that is not known keeps a body from being green.

    It is no clear no, because nobody knows what the name means.
    """
    words = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower())
    if any(map(_BESIDE_THE_POINT.fullmatch, words)):
        return False
    if any(map(_OF_TROUBLE.fullmatch, words)):
        return bool(value) and not _is_no(value)
    about = any(map(_ABOUT.fullmatch, words))
    return about and (not value or _of_word(value) is False)


def _status(value: Any) -> Iterator[_Said]:
    """Yield a word; a number such as 200 or "200" says nothing, 500 says no."""
    is_text = isinstance(value, str) and re.fullmatch(r"[1-5][0-9]{2}", value)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if not (is_text or is_number):
        sentence = isinstance(value, str) and not _of_word(value)
        said = _of_sentence(_NO_ERRORS.sub("", value)) if sentence else _of_word(value)
        yield _Said(said, on_server=False)
    elif int(value) in _HTTP_ERRORS:
        yield _Said(verdict=False, on_server=False)


def _of_word(word: Any) -> bool | None:
    if isinstance(word, bool):
        return word
    if _is(_YES, word):
        return True
    return False if _is_no(word) else None


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
