"""Verdicts: whether the body of a reply reports a success.

Lamin doesn't publish the bodies of its replies. A body reports a success only if no
field contradicts, at any depth. The success of a check also needs a field that reports
it, and the success of a change needs the status of the reply.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Vote: TypeAlias = Literal["yes", "no", "no access", "doubt"]

SENTENCES: Final = ("message", "detail", "error", "msg", "reason", "description")
"""Keys of sentences, in the order in which to look for them."""

_LONGEST_SENTENCE: Final = 1000
"""The maximum length of a sentence. The verdict about a longer one is unclear."""
_LONGEST_KEY: Final = 100
_MOST_FIELDS: Final = 200
_DEEPEST: Final = 8
"""Limits. The verdict about a larger body is unclear."""

_CALL_KEYS: Final = ("status", "success", "ok", "result", "state")
"""Keys for the state of the call. A successful call can report a failed connection."""
_ACCESS_KEY: Final = re.compile(
    r"(is_?|has_?|can_?)?(access|accessible|connect|connected|reachable|available"
    r"|healthy)"
)
_CODE_KEY: Final = re.compile(
    r"code|(.*_)?(error|exit|http|response|result|return|status)_?code|http_?status"
    r"|(.*_)?(errno|sql_?state)"
)
_ERROR_KEY: Final = re.compile(
    r"(.*_)?(errors?|exceptions?|failures?|problems?|traceback)(_.*)?"
    r"|.*(error|denied|failed|failure|refused|rejected)"
)
_IDENTIFIER_KEY: Final = re.compile(
    r"(.*_)?(address|dsn|host|hostname|ids?|names?|port|region|slug|string|ur[il]"
    r"|version)"
)
"""Keys of values that aren't a result, such as a host. They can contain any words."""
_WORD_BOUNDARY: Final = re.compile(
    r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[_-]+"
)

_FAILED: Final = re.compile(r"errors?|fail(ed|ure)?|false|rejected")
_NO: Final = re.compile(
    rf"{_FAILED.pattern}|no|denied|refused|timeout|down|offline|unhealthy|inaccessible"
    r"|disconnected|unreachable|unavailable|inactive|invalid"
)
_GOOD_CODE: Final = re.compile(
    r"0|0{5}|2\d\d|ok(ay)?|success(ful)?|succeeded|none|null|", re.ASCII
)
_NO_ERROR: Final = frozenset(("", "none", "null", "no", "false", "0"))
_HTTP_STATUS: Final = re.compile(r"[12345]\d\d", re.ASCII)

_NO_ERRORS: Final = re.compile(
    r"(?i)\b(no|without|0) (errors?|problems?|failures?|issues?|warnings?)\b"
)
_SAYS_NO: Final = re.compile(
    r"(?i)\b(fail\w*|error\w*|fatal|(could|can|did|does)(\s?n.t| not)|cannot|unable"
    r"|refused|denied|unreachable|inaccessible|disconnected|time[d-]?\s?out|timeout"
    r"|rejected|unsuccess\w*|invalid|wrong|lost|down"
    r"|(not|no|never|without)\s(\w{1,20}\s)?(access|connect|reach|valid|allow|permit|route)"
    r"\w*)\b"
)
_NEGATED: Final = re.compile(
    r"(?i)\b(not|no|none|nothing|never|neither|nor|without|\w{2,8}n['\u2019]t)\b"
)
_IN_DOUBT: Final = re.compile(
    rf"{_NEGATED.pattern}|\b(already|queued|pending|scheduled|started|starting|progress"
    r"|running|soon|later|will|try\w*|attempt\w*|unknown|maybe|might|may|if|unless"
    r"|until|once|before|yet|almost|partly|partially|should|would|rate)\b|\?"
)
_NOTHING: Final = re.compile(r"[-+]?0+(\.0*)?|null|none|n/a|nan|")
_BAD_STATE: Final = re.compile(
    rf"\b({_NO.pattern}|abort\w*|blocked|broken|cancel\w*|checking|closed|connecting"
    r"|dead|degraded|disabled|expired|forbidden|missing|processing|retry\w*|skipped"
    r"|stale|un(auth|check|confirm|know|reach|respon|stable|success|test|verif)\w*"
    r"|waiting)\b"
)


class _Terms(NamedTuple):
    """Terms for the success of a call, and the keys of its results."""

    word: re.Pattern[str]
    sentence: re.Pattern[str]
    keys: re.Pattern[str]


_OUTCOME: Final = r"conclusion|outcome|verdict"


_REACHED: Final = _Terms(
    re.compile(
        r"success(ful)?|succeeded|ok(ay)?|passed|healthy|accessible|connected|reachable"
        r"|available|active|true|yes|granted"
    ),
    re.compile(
        r"(?i)\b(success\w*|succeeded|(is|are) (accessible|reachable)|has access"
        r"|connected|access granted|connection (is )?(ok|okay|established))\b"
    ),
    re.compile(
        rf"(?:^|_)({_OUTCOME}|phase|results?|stage|state|status|ok|success|can|has|is"
        r"|(access|auth|avail|check|connect|health|log_?in|reach|sign_?in|test)[a-z]*"
        r"|alive|database|db|established|online|ready|server|up)(?:_|$)"
    ),
)
_CHANGED: Final = r"accepted|added|completed?|created|done|inserted|registered|saved"
_DONE: Final = _Terms(
    re.compile(rf"{_REACHED.word.pattern}|1|{_CHANGED}"),
    re.compile(rf"(?i)\b(success\w*|succeeded|ok(ay)?|{_CHANGED})\b"),
    re.compile(rf"(?:^|_)({_OUTCOME})(?:_|$)"),
)


def verdict(value: Any, names: Iterable[str] = ()) -> bool | None:
    """Return whether a body reports that Lamin can connect, or None if it's unclear.

    Args:
        value: The body, read as JSON.
        names: Names to ignore in sentences, such as "connected-db".

    Examples:
        >>> verdict({"status": "success", "message": "Connection successful"})
        True
        >>> verdict({"status": "error", "message": "could not connect"})
        False
        >>> verdict({"status": "success", "message": "Check queued"}) is None
        True
    """
    votes = {vote for _, _, vote in _fields(value, tuple(names), _REACHED)}
    if votes == {"yes"}:
        return True
    if "no access" in votes or ("no" in votes and "yes" not in votes):
        return False
    return None


def verdict_fields(value: Any) -> str:
    """Return the fields that `verdict` uses, except sentences, as text."""
    return "; ".join(
        f"{key}: {leaf}"
        for key, leaf, _ in _fields(value, (), _REACHED)
        if key and not (isinstance(leaf, str) and len(leaf.split()) > 1)
    )


def change_verdict(value: Any, names: Iterable[str] = ()) -> bool | None:
    """Return whether a body agrees with the status of success of a change.

    The status confirms a change, so a body without a verdict agrees. Fields about
    access don't count, because a server can be registered without being reachable.

    Args:
        value: The body, read as JSON.
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
    fields = value if isinstance(value, dict) else {"": value}
    for key, each in fields.items():
        name = _plain(key)
        if name in {"error", "errors"} and each:
            return False
        if name in {"", *_CALL_KEYS} and _FAILED.fullmatch(_word(each)):
            return False
    votes = {
        vote
        for key, _, vote in _fields(value, tuple(names), _DONE)
        if not _ACCESS_KEY.fullmatch(_plain(key))
    }
    return True if votes <= {"yes"} else None


def _fields(
    value: Any, names: tuple[str, ...], terms: _Terms
) -> Iterator[tuple[str, Any, Vote]]:
    """Yield the key, the value, and the vote of each field that has a vote."""
    for count, (key, leaf) in enumerate(_leaves("", value, 0)):
        if count == _MOST_FIELDS or leaf is ...:
            yield "", "", "doubt"
            return
        vote = _vote(_plain(key), leaf, names, terms)
        if vote:
            yield key, leaf, vote


def _plain(key: str) -> str:
    """Return a key in lower case, for example error_code for errorCode."""
    return re.sub(r"[\s.]+", "_", _split(key[:_LONGEST_KEY]).lower())


def _split(text: str) -> str:
    """Return a text with spaces between its words, for example in not_connected."""
    return _WORD_BOUNDARY.sub(" ", text)


def _leaves(key: str, value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > _DEEPEST:
        yield key, ...
    elif isinstance(value, dict):
        for inner_key, inner in value.items():
            yield from _leaves(inner_key, inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(key or "[]", inner, depth + 1)
    else:
        yield key, value


def _vote(key: str, value: Any, names: tuple[str, ...], terms: _Terms) -> Vote | None:
    word = _word(value)
    if _CODE_KEY.fullmatch(key):
        return None if _GOOD_CODE.fullmatch(word) else "doubt"
    if _ERROR_KEY.fullmatch(key):
        return None if word in _NO_ERROR or _NO_ERRORS.fullmatch(word) else "no"
    on_access = _ACCESS_KEY.fullmatch(key) is not None
    is_state = on_access or key in ("", *_CALL_KEYS)
    if not is_state and key not in SENTENCES:
        return "doubt" if _contradicts(key, value, names, terms) else None
    vote: Vote | None
    if terms.word.fullmatch(word):
        vote = "yes"
    elif _NO.fullmatch(word):
        vote = "no"
    elif isinstance(value, str) and not (is_state and _HTTP_STATUS.fullmatch(word)):
        vote = _vote_on_sentence(value, names, terms)
    elif not is_state or word.startswith("2") or (value is None and not key):
        return None
    else:
        vote = "no" if word.startswith(("4", "5")) else "doubt"
    return "no access" if on_access and vote == "no" else vote


def _word(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text.strip().strip(".!").lower() if len(text) <= _LONGEST_SENTENCE else "…"


def _vote_on_sentence(text: str, names: tuple[str, ...], terms: _Terms) -> Vote:
    if len(text) > _LONGEST_SENTENCE:
        return "doubt"
    text = _without_names(text, names)
    words = _split(text)
    if _SAYS_NO.search(words):
        return "no"
    is_yes = terms.sentence.search(text) and not _IN_DOUBT.search(words)
    return "yes" if is_yes else "doubt"


def _contradicts(key: str, value: Any, names: tuple[str, ...], terms: _Terms) -> bool:
    """Return whether a value contradicts a success. A host doesn't, for example."""
    word = _word(value)
    if _NO.fullmatch(word):
        return True
    text = value[:_LONGEST_SENTENCE] if isinstance(value, str) else word
    words = _split(_without_names(text, names))
    if not terms.keys.search(key) or _IDENTIFIER_KEY.fullmatch(key):
        is_sentence = isinstance(value, str) and len(text.split()) > 1
        return is_sentence and bool(_SAYS_NO.search(words) or _NEGATED.search(words))
    return bool(
        len(text) == _LONGEST_SENTENCE
        or _NOTHING.fullmatch(word)
        or _SAYS_NO.search(words)
        or _IN_DOUBT.search(words)
        or _BAD_STATE.search(words.lower())
    )


def _without_names(text: str, names: tuple[str, ...]) -> str:
    for name in sorted(filter(None, names), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "…", text)
    return _NO_ERRORS.sub("", text)
