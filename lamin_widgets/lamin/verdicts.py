"""Verdicts: whether the body of a reply reports a success.

Lamin doesn't publish the bodies of its replies. A check succeeds only if a field
reports a success and each other field agrees. Keys and words that this module doesn't
list make the verdict unclear.

| Last word of the key | Yes | Agrees | No |
|---|---|---|---|
| in `_RESULTS` | true, or words of success | 200, 201, 204 | false, or a failure |
| in `_SENTENCES` | words of success | empty, or neutral words | a failure |
| in `_DATA` | | a name, a number, a date, or an address | |
| in `_OTHERS` | | null, or a name | |
| anywhere a word of `_ERRORS` | | empty or false | anything else |

A name is that of the server or the instance. A word of `_DENIES` in a key makes the
verdict unclear. A failure makes that about a change unclear, because its HTTP status
reports a success.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Path: TypeAlias = tuple[str, ...]
Vote: TypeAlias = Literal["yes", "agrees", "no", "no access", "doubt", "unknown"]

SENTENCES: Final = ("message", "detail", "error", "msg", "reason", "description")
"""Keys of sentences, in the order in which to look for them."""

_LONGEST_TEXT: Final = 1000
_MOST_FIELDS: Final = 200
_DEEPEST: Final = 8
"""Limits. The verdict about a larger body is unclear."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_ACCESS: Final = _set("access accessible connect connected connection reachable")
_RESULTS: Final = _ACCESS | _set("code ok outcome result state status success up")
_ERRORS: Final = _set("denied error errors exception failed failure rejected")
_SENTENCES: Final = _set("details info warning warnings") | {*SENTENCES} - _ERRORS
_DATA: Final = _set("at duration host id ip latency ms name port time url version")
_OTHERS: Final = _set("can checked data database db has http is organization server")
_KEYS: Final = _RESULTS | _ERRORS | _SENTENCES | _DATA | _OTHERS
"""Words of keys."""
_DATUM: Final = re.compile(
    r"(?=\S*\d)[\w.:+]+(-[\w.:+]+)*|[\w-]+(\.[\w-]+)+|\d{4}-\d\d-\d\d [\d:.+]+"
)

_GOOD: Final = _set(
    "accessible connected established granted healthy ok okay passed reachable reached"
    " succeeded success successful successfully true up verified works"
)
_CHANGED: Final = _GOOD | _set("added completed created done registered saved")
"""Words of success, for a check and for a change."""
_NEUTRAL: Final = _set(
    "a access and been can connect connection database db from has is lamin now of"
    " postgre postgres postgresql reach server sql superuser test the to with you your"
    " . , : ; ! ' \" ` ( ) -"
)
"""Words and marks that can't negate or defer a success, as "not" and "soon" can."""
_DENIES: Final = _set(
    "already could exist exists might must never no not nothing pending queue queued"
    " required soon will would"
)
"""Words that make a key, or the sentence of a change, unclear."""
_FAILURE: Final = re.compile(
    r"\b((?<!no )(fail|error)\w*|fatal|false|denied|down|in(accessible|valid)|lost"
    r"|offline|refused|rejected|time(d )?out|un(available|healthy|reachable|success\w*)"
    r"|(cannot|no|not|unable to) (\w{1,20} )?(access|connect|reach|route)\w*)\b"
)
"""Words of failure. They need not be complete, because unlisted words aren't a yes."""
_ROOTS: Final = {str: ("message",), bool: ("result",)}
"""How to read a body that isn't an object."""
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\s_]")


def verdict(
    body: Any, names: Iterable[str] = (), *, is_change: bool = False
) -> bool | None:
    """Return whether a body reports a success, or None if it's unclear.

    The HTTP status confirms a change. So unknown fields, and fields about access, don't
    count in a reply to a change: a server can be registered without being reachable.

    Args:
        body: The body, read as JSON.
        names: Names to ignore in sentences, such as "connected-db".
        is_change: Whether the body is a reply to a change, and not to a check.

    Examples:
        >>> verdict({"status": "success", "message": "Connection successful"})
        True
        >>> verdict({"status": "error", "message": "could not connect"})
        False
        >>> verdict({"status": "success", "message": "Check queued"}) is None
        True
        >>> verdict({"id": 7, "message": "Registered"}, is_change=True)
        True
    """
    votes = {vote for _, _, vote in _fields(body, names, is_change=is_change)} - {
        "agrees"
    }
    if is_change:
        return True if votes <= {"yes"} else None
    if votes == {"yes"}:
        return True
    # A successful call can report a failed connection.
    if "no access" in votes or ("no" in votes and "yes" not in votes):
        return False
    return None


def verdict_fields(body: Any) -> str:
    """Return the fields that don't agree with a success, except sentences, as text.

    It leaves out the values of unknown keys, because they can be secret.
    """

    def shown(path: Path, value: Any) -> Any:
        is_shown = _KEYS.issuperset(_words(" ".join(path))) or isinstance(value, bool)
        return value if is_shown else "…"

    return "; ".join(
        f"{'.'.join(path)}: {shown(path, value)}"
        for path, value, vote in _fields(body, (), is_change=False)
        if path and vote != "agrees" and len(str(value).split()) <= 1
    )


def _fields(
    body: Any, names: Iterable[str], *, is_change: bool
) -> Iterator[tuple[Path, Any, Vote]]:
    """Yield the path, the value, and the vote of each field that counts."""
    names = ("postgres", *filter(None, names))
    for count, (path, value) in enumerate(_leaves((), body, 0)):
        if count == _MOST_FIELDS or value is ...:
            yield (), None, "doubt"
            return
        vote = _vote(path, value, names, is_change=is_change)
        if vote != "unknown" or not is_change:
            yield path, value, vote


def _leaves(path: Path, value: Any, depth: int) -> Iterator[tuple[Path, Any]]:
    """Yield the path and the value of each field. An empty list or object is null."""
    if depth > _DEEPEST:
        yield path, ...
    elif isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves((*path, key), inner, depth + 1)
    elif isinstance(value, list) and value:
        for inner in value:
            yield from _leaves(path or ("[]",), inner, depth + 1)
    else:
        yield path, None if isinstance(value, (dict, list)) else value


def _vote(path: Path, value: Any, names: tuple[str, ...], *, is_change: bool) -> Vote:
    """Return the vote of a field, by the table at the top of this module."""
    key = _words(" ".join(path or _ROOTS.get(type(value), ())))
    good = _CHANGED if is_change else _GOOD
    if is_change and not _ACCESS.isdisjoint(key):
        return "unknown"
    if not _DENIES.isdisjoint(key):
        return "doubt" if value else "unknown"
    if not _ERRORS.isdisjoint(key):
        return "no" if value else "agrees"
    last = key[-1] if key and (_KEYS | good).issuperset(key) else ""
    if last in _SENTENCES and (value is None or isinstance(value, str)):
        return _vote_on_sentence(_words(value or "", names), is_change=is_change)
    if last in _RESULTS | good:
        return _vote_on_result(key, value, good)
    return _vote_on_data(last, value, names)


def _vote_on_data(last: str, value: Any, names: tuple[str, ...]) -> Vote:
    is_data = last in _DATA and _DATUM.fullmatch(str(value))
    is_empty = last in _OTHERS and value is None
    if is_data or is_empty or (last and value in names):
        return "agrees"
    is_failure = isinstance(value, str) and _FAILURE.search(" ".join(_words(value)))
    return "doubt" if is_failure else "unknown"


def _vote_on_result(key: list[str], value: Any, good: frozenset[str]) -> Vote:
    words = _words(value)
    if words in (["200"], ["201"], ["204"]):
        return "agrees"
    if value is False and not _ACCESS.isdisjoint(key):
        return "no access"
    if _FAILURE.search(" ".join(words)):
        return "no"
    return "yes" if words and good.issuperset(words) else "doubt"


def _vote_on_sentence(words: list[str], *, is_change: bool) -> Vote:
    is_failure = _FAILURE.search(" ".join(words))
    if not words:
        return "agrees"
    if is_change:
        is_done = not _CHANGED.isdisjoint(words) and _DENIES.isdisjoint(words)
        return "yes" if is_done and not is_failure else "doubt"
    if is_failure:
        return "no"
    is_question = words[0] == "is"
    if is_question or not (_GOOD | _NEUTRAL).issuperset(words):
        return "doubt"
    return "agrees" if _GOOD.isdisjoint(words) else "yes"


def _words(value: Any, names: Iterable[str] = ()) -> list[str]:
    """Return words in lower case, for example error and code for errorCode.

    It leaves out a name in quotes. Elsewhere, a name such as "not" could be a word of
    the sentence, so it leaves out only names with other characters, such as "not-1".
    """
    text = value if isinstance(value, str) else json.dumps(value)
    if len(text) > _LONGEST_TEXT:
        return ["…"]
    for name in sorted(names, key=len, reverse=True):
        each = re.escape(name)
        is_word = not re.search(r"[\d_-]", name)
        places = rf"(['\"`]){each}\1" if is_word else rf"(?<![\w-]){each}(?![\w-])"
        text = re.sub(places, " ", text)
    return [word.lower() for word in _WORD.findall(text)]
