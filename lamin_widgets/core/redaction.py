r"""Redaction of secrets in texts from servers, before they're displayed.

Replies, exceptions, server messages, and server names are passed to `safe_text` once,
before they become part of an `Outcome`. So every text of an outcome is safe to display.

`safe_text` finds a secret in these forms, and in up to four of them combined:

- as entered, or with other letter case;
- percent-encoded, with `+` for a space, or escaped as in JSON, `repr`, HTML, SQL, or a
  shell;
- UTF-8 read as Latin-1 or Windows-1252, Latin-1 read as UTF-8, or `?` for non-ASCII;
- in hexadecimal or base64 (standard or URL-safe), also inside longer encoded data and
  broken into lines;
- in part: 6 characters or more at its start or end, 11 characters or more anywhere, and
  4 characters or more between delimiters (for a long secret, 3% and 6% of its length).

It doesn't find shorter parts, other encodings (UTF-16, compression, a hash), or
characters in another order. Therefore, display the parsed parts of a reply, never its
body.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from lamin_widgets.core.secret import MASK, Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LONGEST_TEXT: Final = 4096
"""The maximum length of a displayed text from a server, in characters."""
WITHHELD: Final = "(Hidden. The secret is too short to redact reliably.)"
HIDDEN_IN_APP: Final = "(hidden in apps)"
EVERY_TEXT: Final = Secret("every text")
"""Pass it in place of secrets to hide each text as a whole.

If readers chose a part of the text, each mask would tell them which guess is right.
"""

_SHORTEST: Final = 4
"""Minimum length, in characters. Shorter strings occur in any text by chance."""
_GROWTH: Final = 24
"""Length of the longest form of one character: an emoji, percent-encoded twice."""


def safe_text(
    text: str, secrets: Iterable[Secret | None] = (), limit: int = LONGEST_TEXT
) -> str:
    """Return a text from a server without secrets and control characters.

    It masks the given secrets, passwords in URLs, bearer tokens, and JSON Web Tokens.
    It escapes control characters, invisible characters, those that change the direction
    of writing, and commands to CI systems. The time is linear in the limit and in the
    length of the secrets. A second call doesn't change the result of the first.

    Args:
        text: The text.
        secrets: The secrets in use, or `EVERY_TEXT`. None and empty ones are ignored.
        limit: Maximum length of the result, in characters.

    Returns:
        The text with a mask in place of each secret. If a secret is shorter than four
        characters, it can't be found reliably, so a sentence replaces the whole text.
    """
    secrets = tuple(secrets)
    if text and any(secret is EVERY_TEXT for secret in secrets):
        return HIDDEN_IN_APP
    values = [secret.reveal() for secret in secrets if secret is not None]
    known = {each for value in values if value for each in _passwords(value)}
    if text and any(len(each) < _SHORTEST for each in known):
        return WITHHELD
    # A mask can be shorter than a secret, so read more than `limit` characters.
    shown = 4 * limit
    window = shown + _GROWTH * max(map(len, known), default=0)
    escaped = _escape(text[:window])
    # A secret that starts before `end` is complete within the window.
    end = len(_escape(text[:shown])) if len(text) > window else len(escaped)
    mask = _mask_for(known)
    spans = _without_public(escaped, sorted(set(_spans(escaped, known))))
    masked = _mask_spans(escaped, end, spans, mask)
    masked = re.sub(_WORD, lambda word: _without_password(word[0], mask), masked)
    masked = re.sub(_BEARER, rf"\g<1>{mask}", masked)
    masked = re.sub(_JWT, mask, masked)
    masked = re.sub(_CI_COMMAND, lambda start: f"\\x{ord(start[0]):02x}", masked)
    if len(masked) > limit or len(text) > window:
        return masked[: limit - 1] + "…"
    return masked


# `str.isprintable` accepts these characters, although they're invisible.
_INVISIBLE: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


def _escape(text: str) -> str:
    """Replace characters that are invisible or change the direction by escapes."""
    text = text.replace("\r\n", "\n")
    if text.isprintable() and _INVISIBLE.isdisjoint(text):
        return text
    return "".join(map(_escape_char, text))


def _escape_char(char: str) -> str:
    if char in "\n\t" or (char.isprintable() and char not in _INVISIBLE):
        return char
    if char in "\xa0\u202f":  # French messages have no-break spaces.
        return " "
    letter, width = "x", 2
    if char > "\xff":
        letter, width = ("u", 4) if char <= "\uffff" else ("U", 8)
    return f"\\{letter}{ord(char):0{width}x}"


# `re` compiles the patterns of this module at their first use, because that is slow.

# These patterns find secrets that the caller doesn't know. Each takes linear time.
_WORD: Final = r"[^\s'\"]+"
_BEARER: Final = r"(?ai)\b(bearer\s{1,8})[\w.~+/=-]{16,}"
_JWT: Final = r"(?a)eyJ[\w.-]{8,}"
# CI systems read commands from the log. Azure and TeamCity look for "##vso[" or
# "##teamcity[" anywhere in a line. GitHub looks for "##[" and "::error::". Other names
# between colons are commands only at the start of a word, so "a::text::varchar" is
# ordinary text.
_CI_COMMAND: Final = r"""(?ix)
    \# (?= \# [a-z]{0,20} \[ )
    | (?<!\S) : (?= : [a-z-]{1,30}:: )
    | : (?= : (?:
        add-(?:mask|matcher|path) | debug | echo | (?:end)?group | error | notice
        | remove-matcher | save-state | set-(?:env|output) | stop-commands | warning
    ) (?: \  | :: ) )"""


def _without_password(word: str, mask: str) -> str:
    scheme, separator, rest = word.partition("://")
    userinfo, at, host = rest.rpartition("@")
    user, _, password = userinfo.partition(":")
    if not (separator and at and password):
        return word
    return f"{scheme}://{user}:{mask}@{host}"


def _mask_for(secrets: Iterable[str]) -> str:
    """Return a mask that shares no character with a secret."""
    for mask in (MASK, "•••", "███"):
        if not any(mask[0] in secret for secret in secrets):
            return mask
    return "\N{REPLACEMENT CHARACTER}"


_PUBLIC: Final = r"(?i)postgres(?:ql)?|password"


def _without_public(
    text: str, spans: Iterable[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """Leave out spans within words that are in the texts of every server.

    A mask in their place would tell that the secret is such a word, or has a part of
    one.
    """
    ends = [0] * (len(text) + 1)
    for word in re.finditer(_PUBLIC, text):
        ends[word.start() : word.end()] = [word.end()] * len(word[0])
    return (span for span in spans if ends[span[0]] < span[1])


def _mask_spans(
    text: str, end: int, spans: Iterable[tuple[int, int]], mask: str
) -> str:
    """Replace spans of the text before `end` by a mask.

    Overlapping and adjacent spans become one mask.
    """
    pieces: list[str] = []
    done = 0
    for start, stop in spans:
        if start >= end:
            break
        if start > done or not pieces:
            pieces += [text[done:start], mask]
        done = max(done, stop)
    return "".join([*pieces, text[done:end]])


# The functions below return the forms of a secret. A needle is one of these forms, as
# bytes.

_USERINFO: Final = r"(?s)\w+://[^:/@]*:(.+)@[^@]*"
# Parsers and loggers split connection strings at these characters.
_DELIMITER: Final = r"[\s@:/?#\[\]%&=+;,'\"\\<>]"
# The search ignores the separators and symbols of encoded data.
_NOISE: Final = b" \t\n+/-_=:,'\"\\"
_PART: Final = 6
_ENCODED_PART: Final = 8


def _passwords(secret: str) -> set[str]:
    """Return the secret parts: the password of a URL, or the whole text."""
    url = re.fullmatch(_USERINFO, secret)
    return {url[1], unquote(url[1])} if url else {secret}


def _needles(secret: str) -> set[bytes]:
    parts = {secret, secret.strip(), *re.split(_DELIMITER, secret)}
    return {
        data
        for part in parts
        if len(part) >= _SHORTEST
        for form in _forms(part)
        for data, _ in _layers(_escape(form))
        if len(data) >= _SHORTEST
    }


def _forms(text: str) -> set[str]:
    """Return the forms of a text from which `_layers` doesn't restore the text."""
    forms = {text}
    if not text.isascii():
        raw = text.encode(errors="replace")
        forms |= {
            text.lower(),
            text.upper(),
            text.swapcase(),
            raw.decode("latin-1"),
            raw.decode("cp1252", "replace"),
            text.encode("latin-1", "replace").decode(errors="replace"),
            text.encode("ascii", "replace").decode(),
            ascii(text)[1:-1],
            json.dumps(text)[1:-1],
        }
    if not text.isalnum():
        forms |= {
            text.replace("'", "''"),
            text.replace('"', '""'),
            shlex.quote(text),
            # The secret itself might contain a percent-escape, so this form escapes it
            # again.
            quote(text, safe="", errors="replace"),
        }
    return forms


def _encoded_needles(secret: str) -> set[bytes]:
    """Return the secret in hexadecimal and base64, at each possible alignment."""
    found = set()
    for form in {secret, quote(secret, safe="", errors="replace")}:
        data = form.encode(errors="replace")
        found.add(data.hex().encode())
        for before in range(3):
            # Use only the characters that no neighboring byte influences.
            first, last = -(-8 * before // 6), 8 * (before + len(data)) // 6
            code = base64.b64encode(bytes(before) + data)[first:last]
            found.add(code.translate(None, _NOISE).lower())
    return {needle for needle in found if len(needle) >= _SHORTEST}


# The functions below search for the needles.


def _spans(text: str, secrets: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each secret, or part of one, in the text."""
    needles = {needle for secret in secrets for needle in _needles(secret)}
    encoded = {needle for secret in secrets for needle in _encoded_needles(secret)}
    if not needles:
        return
    for data, origins in _layers(text):
        for needle in needles:
            for start, stop in _occurrences(data, needle, _PART):
                yield origins[start], origins[stop]
        dense = data.translate(None, _NOISE)
        places: list[int] = []
        for needle in encoded:
            for start, stop in _occurrences(dense, needle, _ENCODED_PART):
                places = places or [i for i, b in enumerate(data) if b not in _NOISE]
                yield origins[places[start]], origins[places[stop - 1] + 1]


def _occurrences(data: bytes, needle: bytes, part: int) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each part of the needle in the data.

    Args:
        data: The bytes to search.
        needle: The bytes to find.
        part: Minimum length of a part, in bytes.
    """
    size = min(max(part, len(needle) // 32), len(needle))
    last = len(needle) - size
    for offset in {*range(0, last, size), last}:
        piece = needle[offset : offset + size]
        done = 0
        start = data.find(piece)
        while start >= 0:
            reach = min(offset, start - done)
            before = data[start - reach : start], needle[offset - reach : offset]
            stop = start + size
            after = data[stop : stop + last - offset], needle[offset + size :]
            stop += _common(*after)
            yield start - _common(*(each[::-1] for each in before)), stop
            done = stop
            start = data.find(piece, done)


def _common(one: bytes, other: bytes) -> int:
    """Return the number of equal bytes at the start of two texts."""
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count


# The functions below decode escapes.

_LAYERS: Final = 4
_ESCAPE: Final = (
    rb"(?:%(?:25)*|\\+x)(?P<byte>[\dA-Fa-f]{2})"
    rb"|\\+u(?P<u>[\dA-Fa-f]{4})"
    rb"|\\+U(?P<U>[\dA-Fa-f]{8})"
    rb"|&(?:amp;)*(?P<entity>[A-Za-z]{2,8}|\#[0-9]{1,7}|\#[xX][\dA-Fa-f]{1,6});"
    rb"|\\+(?P<char>[^\\])?"
)
_LETTERS: Final = dict(zip(b"abfnrtv", b"\a\b\f\n\r\t\v", strict=True))


def _layers(text: str) -> Iterator[tuple[bytes, Sequence[int]]]:
    """Yield a text as UTF-8 bytes, and then decoded once, twice, up to four times.

    The bytes are in lower case, with a space in place of `+`. With the bytes comes the
    index in the text for each byte.
    """
    data = text.encode()
    origins: Sequence[int] = range(len(text) + 1)
    if len(data) > len(text):
        origins = [i for i, char in enumerate(text) for _ in char.encode()]
        origins.append(len(text))
    yield data.lower().replace(b"+", b" "), origins
    for _ in range(_LAYERS):
        undone, places = _undo_escapes(data)
        if undone == data:
            return
        data = undone
        origins = [origins[place] for place in places]
        yield data.lower().replace(b"+", b" "), origins


def _undo_escapes(data: bytes) -> tuple[bytes, list[int]]:
    """Return data with its outermost escapes decoded, and the index of each byte."""
    pieces: list[bytes] = []
    places: list[int] = []
    done = 0
    for escape in re.finditer(_ESCAPE, data):
        start, meant = escape.start(), _meaning(escape)
        pieces += [data[done:start], meant]
        places += range(done, start)
        places += [start] * len(meant)
        done = escape.end()
    places += range(done, len(data) + 1)
    return b"".join([*pieces, data[done:]]), places


def _meaning(escape: re.Match[bytes]) -> bytes:
    kind = escape.lastgroup or ""
    if kind == "byte":
        return bytes([int(escape[kind], 16)])
    if kind == "char":
        char = escape[kind]
        return bytes([_LETTERS.get(char[0], char[0])])
    if kind == "entity":
        value = escape[kind].decode()
        if value[0] != "#":
            import html  # its table of names is slow to import

            return html.unescape(f"&{value};").encode()
        code = int("0" + value[1:].lower(), 16 if value[1] in "xX" else 10)
    elif kind:
        code = int(escape[kind], 16)
    else:  # The text ends with backslashes.
        return b""
    # html.unescape would read &#128; as the euro sign.
    return chr(code).encode(errors="surrogatepass") if code < _UNICODE else escape[0]


_UNICODE: Final = 0x110000
