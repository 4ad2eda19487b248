"""Verdicts: whether the body of a reply reports a success.

Lamin doesn't publish the bodies of its replies. A check succeeds only if a field
reports a success and each other field agrees. Keys and words that this module doesn't
list make the verdict unclear. The table shows which fields agree.

| Key | Value |
|---|---|
| has a word of failure, such as `error` | empty |
| ends with one of `_RESULT_KEYS` or `_GOOD` | true, a good sentence, or a good code |
| ends with one of `_TEXT_KEYS` | empty, or a good sentence |
| has one of `_LABEL_KEYS` | a name, an address, a date, a measure, or true |
| has only words of `_NEUTRAL` | the name of the server, or a good or neutral sentence |

A good sentence has only words of `_GOOD` and `_NEUTRAL`, and at least one of `_GOOD`.
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


_GOOD: Final = _set(
    "accessible connected established granted healthy ok okay online pass passed"
    " reachable reached succeeded success successful successfully true up verified"
    " works yes"
)
_CHANGED: Final = _GOOD | _set(
    "added completed created creation done inserted instance registered registration"
    " saved"
)
"""Words of success, for a check and for a change."""
_NEUTRAL: Final = _set(
    "a access active all and are as available by check checked checks connection"
    " database db for from is it now of postgre postgres postgresql ready server"
    " sql superuser test tested the to valid with your"
)
_MARKS: Final = _set(", : ; ! ' \" ` ( )")
"""Words and marks that can't negate or defer a success, as "not" and "soon" can."""

_ACCESS_KEYS: Final = _set("access accessible connect connected connection reachable")
_CALL_KEYS: Final = _set("ok result state status success")
_RESULT_KEYS: Final = _ACCESS_KEYS | _CALL_KEYS | _set("code outcome reach")
_TEXT_KEYS: Final = _set("data details info note warning warnings") | {*SENTENCES}
_LABEL_KEYS: Final = _set(
    "account address api at creation date duration elapsed host hostname id instance ip"
    " latency ms name organization port region registration s seconds slug ssl string"
    " time timestamp tls uid uri url user uuid version"
)
_KEYS: Final = _set("can has http").union(
    _CHANGED, _NEUTRAL - {"test"}, _RESULT_KEYS, _TEXT_KEYS, _LABEL_KEYS
)
"""The words of all keys. A key such as `test` can mean that nothing was done."""

_NO: Final = re.compile(
    r"^(no|[45]\d\d)$|\b(fail\w*|error\w*|exceptions?|fatal|false|denied|disconnected"
    r"|down|in(accessible|valid)|lost|offline|refused|rejected|time(d )?out"
    r"|un(available|healthy|reachable|success\w*)"
    r"|(not|no|never|cannot|unable to|without|n ['\u2019] t) (\w{1,20} )?"
    r"(access|connect|creat|reach|regist|route|sav)\w*)\b"
)
"""Words of failure. They need not be complete, because unlisted words aren't a yes."""
_FAILED: Final = _set("error errors fail failed failure false rejected")
_NOT: Final = _set("must never no none not nothing required")
_EMPTY: Final = _set("0 false no none null") | {""}
_AGREES: Final = re.compile(
    rf"(code|status) 20[014]|code 0(0{{4}})?|({'|'.join(_TEXT_KEYS)}) (null)?"
)
"""A key and its value, if the value isn't a result."""
_LABEL: Final = re.compile(
    r"(?!-|[0.]+$)(?=\S*\d)\S+|[\w-]+(\.[\w-]+)+|\d{4}-\d\d-\d\d [\d:.+]+"
    r"|PostgreSQL \S+ on \S+(, compiled by .*)?"
)
_IGNORED: Final = re.compile(
    r"(?i)\b(no|without|0) (connection )?(error|failure|issue|problem|warning)s?\b"
    r"|\b(has been|was) (?=add|creat|establish|grant|ok|regist|sav|success|verif)"
    r"|\b(by|from) lamin\b|\bin [\d.]+ ?m?s\b|\bpostgresql [\d.]+"
    r"|\b(in|to) (?=[a-z][\w-]*\d|[\w-]+\.\w)[\w.-]*\w(:\d+)?(?=[.,!]?(\s|$))"
)
"""Parts of sentences, such as "no errors", "in 12 ms", and "to db-1.example.org"."""
_CONNECTS: Final = re.compile(
    r"\b(lamin )?((can|able to) (access|connect|reach)|has access"
    r"|(is|has)( successfully)? connected)\b"
)
_ASKS: Final = re.compile(r"^(are|is)\b|\b(check|test)\b(?! (:|is|pass|succe|ok))")
"""Questions and requests, such as "Check the server is reachable"."""
_WORD: Final = re.compile(r"[^\W_]+|[^\w\s.-]")
_WORD_BOUNDARY: Final = re.compile(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def verdict(body: Any, names: Iterable[str] = ()) -> bool | None:
    """Return whether a body reports that Lamin can connect, or None if it's unclear.

    Args:
        body: The body, read as JSON.
        names: Names to ignore in sentences, such as "connected-db".

    Examples:
        >>> verdict({"status": "success", "message": "Connection successful"})
        True
        >>> verdict({"status": "error", "message": "could not connect"})
        False
        >>> verdict({"status": "success", "message": "Check queued"}) is None
        True
    """
    votes = {vote for _, _, vote in _fields(body, names, _GOOD)} - {"agrees"}
    if votes == {"yes"}:
        return True
    # A successful call can report a failed connection.
    if "no access" in votes or ("no" in votes and "yes" not in votes):
        return False
    return None


def verdict_fields(body: Any) -> str:
    """Return the fields that contribute to `verdict`, except sentences, as text.

    It leaves out the values of unknown keys, because they can be secret.
    """

    def shown(path: Path, value: Any) -> Any:
        is_known = _KEYS.issuperset(_words(*path))
        return value if is_known or value in (True, False, None) else "…"

    return "; ".join(
        f"{'.'.join(path)}: {shown(path, value)}"
        for path, value, vote in _fields(body, (), _GOOD)
        if path and vote != "agrees" and len(str(value).split()) <= 1
    )


def change_verdict(body: Any, names: Iterable[str] = ()) -> bool | None:
    """Return whether a body agrees with the status of success of a change.

    The status confirms a change, so unknown fields agree. Fields about access don't
    count, because a server can be registered without being reachable.

    Args:
        body: The body, read as JSON.
        names: Names to ignore in sentences.

    Returns:
        False if the body as a whole reports a failure, and None if it's unclear.

    Examples:
        >>> change_verdict({"id": 7, "message": "Registered"})
        True
        >>> change_verdict({"success": False})
        False
        >>> change_verdict({"status": "pending"}) is None
        True
    """
    if body in (None, [], {}):
        return True
    votes: set[Vote] = set()
    for path, value, vote in _fields(body, names, _CHANGED):
        key = _words(*path)
        is_call = not key or (len(path) == 1 and key[0] in _CALL_KEYS)
        has_failed = is_call and _phrase(value) in _FAILED
        is_error = _words(*path[:1]) in (["error"], ["errors"])
        if vote == "no" and (has_failed or is_error):
            return False
        if _ACCESS_KEYS.isdisjoint(key):
            votes.add(vote)
    return True if votes <= {"yes", "agrees", "unknown"} else None


def _fields(
    body: Any, names: Iterable[str], good: frozenset[str]
) -> Iterator[tuple[Path, Any, Vote]]:
    """Yield the path, the value, and the vote of each field."""
    names = tuple(filter(None, names))
    for count, (path, value) in enumerate(_leaves((), body, 0)):
        if count == _MOST_FIELDS or value is ...:
            yield (), None, "doubt"
            return
        yield path, value, _vote(path, value, names, good)


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


def _vote(path: Path, value: Any, names: tuple[str, ...], good: frozenset[str]) -> Vote:
    """Return the vote of a field, by the table at the top of this module."""
    key, phrase = _words(*path), _phrase(value, names)
    end = "".join(key[-1:]) if path else "result"
    if _NO.search(" ".join(key)):
        # A number is a code or a limit, such as that of a timeout.
        is_empty, is_no = _phrase(value) in _EMPTY, isinstance(value, (str, bool))
        return "agrees" if is_empty else "no" if is_no else "doubt"
    if _KEYS.issuperset(key):
        # A key such as account.status is about something else.
        is_result = (_LABEL_KEYS | _CHANGED - good).isdisjoint(key)
        if is_result and end in _RESULT_KEYS | _TEXT_KEYS | good:
            return _vote_on_result(end, value, phrase, good)
        is_label = end in _LABEL_KEYS and _LABEL.fullmatch(str(value))
        is_neutral = phrase and (_NEUTRAL | good).issuperset(phrase.split())
        if value in names or is_label or is_neutral:
            return "agrees"
    return "doubt" if isinstance(value, str) and _NO.search(phrase) else "unknown"


def _vote_on_result(end: str, value: Any, phrase: str, good: frozenset[str]) -> Vote:
    if value is False and end in _ACCESS_KEYS:
        return "no access"
    if value is True and end in _TEXT_KEYS:
        return "doubt"
    is_result = not _AGREES.fullmatch(f"{end} {phrase}")
    return _vote_on_sentence(phrase, good) if is_result else "agrees"


def _vote_on_sentence(phrase: str, good: frozenset[str]) -> Vote:
    words, known = phrase.split(), _NEUTRAL | _MARKS | good
    if _NO.search(phrase):
        return "no"
    if known.issuperset(words) and not _ASKS.search(phrase):
        return "doubt" if good.isdisjoint(words) else "yes"
    # After "registered", a sentence can have any words except those that deny it.
    before, found, after = phrase.partition("registered")
    is_done = found in good and known.issuperset(before.split())
    return "yes" if is_done and _NOT.isdisjoint(after.split()) else "doubt"


def _words(*texts: str) -> list[str]:
    """Return words in lower case, for example error and code for errorCode."""
    if sum(map(len, texts)) > _LONGEST_TEXT:
        return ["…"]
    return [
        word
        for text in texts
        for word in _WORD.findall(_WORD_BOUNDARY.sub(" ", text).lower())
    ]


def _phrase(value: Any, names: Iterable[str] = ()) -> str:
    """Return the words of a value, without names and parts to ignore."""
    text = value if isinstance(value, str) else json.dumps(value)
    if len(text) > _LONGEST_TEXT:
        return "…"
    for name in sorted(names, key=len, reverse=True):
        each = re.escape(name)
        # A name such as "not" counts as a name only at places of names.
        places = (
            rf"(?<=['\"`]){each}(?=['\"`])|(?<=\bto ){each}(?!\w)"
            rf"|(?<=[Ss]erver ){each}(?= is\b)"
        )
        if re.search(r"[\d_-]", name):
            places = rf"(?<!\w){each}(?!\w)"
        text = re.sub(places, " ", text)
    return _CONNECTS.sub("connected", " ".join(_words(_IGNORED.sub(" ", text))))
