"""A value that hides itself, and the removal of secrets from foreign text."""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Final, NoReturn

from lamin_widgets.core.spelling import SHORTEST, forms, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["WITHHELD", "Secret", "redact", "redactor"]

MASK: Final = "***"
WITHHELD: Final = (
    "(Text withheld: the secret is too short to be removed from it reliably.)"
)
_PATTERNS: Final = (
    (re.compile(r"(?i)\b(bearer\s+)[\w.~+/=-]{8,}"), rf"\g<1>{MASK}"),
    (re.compile(r"\beyJ[\w-]{5,}\.[\w-]{5,}(\.[\w-]*)?"), MASK),
)


# One word of a text; the password in it is everything up to its last @.
_WORD_WITH_URL: Final = re.compile(r"[^\s'\"]+")


class Secret:
    """A string that is shown nowhere.

    `repr`, `str` and `format` give a mask; it cannot be pickled or turned into
    JSON; copies are the same object.

    Args:
        value: The secret, or another `Secret`.

    Raises:
        TypeError: If `value` is neither.

    Examples:
        >>> Secret("s3cr3t")
        Secret('***')
    """

    __slots__ = ("_reveal",)
    _reveal: Callable[[], str]

    def __init__(self, value: str | Secret) -> None:
        text: object = value.reveal() if isinstance(value, Secret) else value
        del value
        if not isinstance(text, str):
            # the value stays out of the message, and out of this frame
            del text
            raise TypeError("A Secret takes a str.")
        known = text
        # A closure, so that tools which list attributes find a function.
        self._reveal = lambda: known

    def reveal(self) -> str:
        """Return the secret. Call it at the last moment and keep no copy."""
        return self._reveal()

    def __repr__(self) -> str:
        return f"Secret('{MASK}')"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __bool__(self) -> bool:
        return bool(self._reveal())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        mine, theirs = (s.reveal().encode("utf-8", "replace") for s in (self, other))
        return hmac.compare_digest(mine, theirs)

    __hash__ = None  # type: ignore[assignment]  # a hash would tell equal secrets

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Secret:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("A Secret cannot be pickled: it would be written down.")

    def __getstate__(self) -> NoReturn:
        raise TypeError("A Secret has no state to give away.")


def redact(text: str, secrets: Iterable[Secret | None] = ()) -> str:
    """Return `text` without the secrets, in any spelling they may have taken on.

    Applied where foreign text enters: replies, and messages of other libraries.
    Beside the given secrets it masks what looks like one: the password of any URL,
    bearer tokens, JSON Web Tokens. It is linear in the length of the text, and
    applying it twice changes nothing.

    Args:
        text: Text from outside.
        secrets: The secrets in use. None and empty ones are passed over.

    Returns:
        The text with a mask where a secret stood, or a sentence in place of the whole
        text where a secret is too short to be removed reliably.
    """
    return redactor(secrets)(text)


def redactor(secrets: Iterable[Secret | None]) -> Callable[[str], str]:
    """Return `redact` for several texts: the spellings are worked out once."""
    wanted: set[str] = set()
    for secret in secrets:
        if secret is None or not secret:
            continue
        if len(secret.reveal()) < SHORTEST:
            return lambda _: WITHHELD
        wanted |= forms(secret.reveal())

    def redacted(text: str) -> str:
        text = _WORD_WITH_URL.sub(_mask_userinfo, _mask_spans(text, wanted))
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text

    return redacted


def _mask_userinfo(word: re.Match[str]) -> str:
    scheme, separator, rest = word[0].partition("://")
    userinfo, at, host = rest.rpartition("@")
    user, colon, password = userinfo.partition(":")
    if not (separator and at and colon and password):
        return word[0]
    return f"{scheme}://{user}:{MASK}@{host}"


def _mask_spans(text: str, wanted: set[str]) -> str:
    """Replace every occurrence, overlapping ones together, by one mask."""
    found = [span for form in wanted for span in _occurrences(text, form)]
    undone, origins = plain(text) if wanted else (text, None)
    for form in wanted if undone != text else ():
        for start, stop in _occurrences(undone, form):
            span = (start, stop)
            found.append(span if origins is None else (origins[start], origins[stop]))
    pieces: list[str] = []
    end = 0
    mask = _mask_for(wanted)
    for start, stop in sorted(found):
        if start >= end:
            pieces += [text[end:start], mask]
        end = max(end, stop)
    return "".join([*pieces, text[end:]])


def _occurrences(text: str, form: str) -> Iterator[tuple[int, int]]:
    start = text.find(form)
    while start >= 0:
        yield start, start + len(form)
        start = text.find(form, start + 1)


def _mask_for(wanted: set[str]) -> str:
    """A mask that no secret contains, so that masking makes no new occurrence."""
    for mask in (MASK, "•••", "███"):
        if not any(mask[0] in form for form in wanted):
            return mask
    return "\N{REPLACEMENT CHARACTER}"
