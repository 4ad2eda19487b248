"""Texts that reveal slow regular expressions, derived from their parts."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

if sys.version_info >= (3, 11):
    from re import _parser as parser
else:
    import sre_parse as parser

_WORDS = "a0A"
_OTHERS = "-._:/@%\\=&;+'\" \t\n#~<>[]{}(),!?*|$^`\x00\x1bé"
_MOST = 200


def repeated_units(pattern: re.Pattern[Any]) -> list[str]:
    """Return texts to repeat, one for each sequence of parts of the pattern.

    A text such as "eyJaaaaa-" comes of `eyJ[\\w-]{5,}`: characters of each class that
    match, a word character first, because of word boundaries.
    """
    text = pattern.pattern
    if isinstance(text, bytes):
        text = text.decode("latin-1")
    units: dict[str, None] = {}
    _collect(parser.parse(text, pattern.flags & ~1024), units)
    return list(units)[:_MOST]


def _collect(parts: Any, units: dict[str, None]) -> str:
    """Add the units of a sequence of parts, and return a text that the parts match."""
    samples = [_sample(part, units) for part in parts]
    for start in range(len(samples)):
        for stop in range(start + 1, len(samples) + 1):
            unit = "".join(samples[start:stop])
            if unit:
                units[unit] = None
    return "".join(samples)


def _sample(part: Any, units: dict[str, None]) -> str:
    kind, value = str(part[0]), part[1]
    samples: dict[str, Callable[[], str]] = {
        "LITERAL": lambda: chr(value),
        "NOT_LITERAL": lambda: "a" if value != ord("a") else "b",
        "ANY": lambda: "a",
        "IN": lambda: _members(value),
        "MAX_REPEAT": lambda: _collect(value[2], units) * min(max(value[0], 1), 20),
        "SUBPATTERN": lambda: _collect(value[-1], units),
        "ATOMIC_GROUP": lambda: _collect(value, units),
        "BRANCH": lambda: max([_collect(e, units) for e in value[1]], key=len),
        "ASSERT": lambda: _collect(value[1], units)[:0],
    }
    samples["MIN_REPEAT"] = samples["POSSESSIVE_REPEAT"] = samples["MAX_REPEAT"]
    samples["ASSERT_NOT"] = samples["ASSERT"]
    return samples[kind]() if kind in samples else ""


def _members(items: Any) -> str:
    """Return a word character and another one that a class has."""
    negated = str(items[0][0]) == "NEGATE"
    has = [
        char
        for candidates in (_WORDS, _OTHERS)
        for char in [c for c in candidates if _is_in(items, c) != negated][:1]
    ]
    return "".join(has) or next(chr(v) for k, v in items if str(k) == "LITERAL")


def _is_in(items: Any, char: str) -> bool:
    for kind, value in items:
        if str(kind) == "LITERAL" and ord(char) == value:
            return True
        if str(kind) == "RANGE" and value[0] <= ord(char) <= value[1]:
            return True
        if str(kind) == "CATEGORY" and _CATEGORIES[str(value)](char):
            return True
    return False


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


_CATEGORIES = {
    "CATEGORY_DIGIT": str.isdigit,
    "CATEGORY_NOT_DIGIT": lambda char: not char.isdigit(),
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_NOT_SPACE": lambda char: not char.isspace(),
    "CATEGORY_WORD": _is_word,
    "CATEGORY_NOT_WORD": lambda char: not _is_word(char),
}
