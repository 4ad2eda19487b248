"""The many spellings of one text, brought to one, and the pieces it may be cut into.

A password comes back percent-encoded from a URL, escaped from JSON, HTML or a `repr`,
and in several of these at once, each library with its own idea of what to escape.
All of them are undone here, in the password and in the text in which it is looked for.
"""

from __future__ import annotations

import base64
import html
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SHORTEST", "forms", "plain"]

SHORTEST: Final = 4
"""Shorter secrets, and shorter pieces of one, occur in any text by chance."""
_LAYERS: Final = 4
"""So often may one encoding be wrapped in another."""

_BYTE: Final = r"(?:%(?:25)*|\\+x)([0-9A-Fa-f]{2})"
_ESCAPE: Final = re.compile(
    rf"(?P<bytes>(?:{_BYTE})+)"
    r"|\\+(?:u(?P<u>[0-9A-Fa-f]{4})|U(?P<U>[0-9A-Fa-f]{8}))"
    r"|\\+(?P<char>[^\\])?"
    r"|&(?:amp;)*(?P<entity>\#[0-9]{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});"
    r"|(?P<pair>[\ud800-\udbff][\udc00-\udfff])",
    re.DOTALL,
)
_BYTES: Final = re.compile(_BYTE)
# UTF-8 that was taken for Latin-1
_TWISTED: Final = re.compile(
    r"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_LETTERS: Final = dict(zip("abfnrtv", "\a\b\f\n\r\t\v", strict=True))
# Characters at which libpq, URL parsers and log lines cut a connection string.
_DELIMITERS: Final = "@:/?#[]%&=+;,'\"\\<>"
_CUT: Final = re.compile(rf"[ \t\r\n{re.escape(_DELIMITERS)}]")
_USERINFO: Final = re.compile(r"\w+://[^:/@]*:(.*)@[^@]*", re.DOTALL)


def plain(text: str) -> tuple[str, list[int] | None]:
    """Return a text with all escapes undone, and where each character comes from.

    Returns:
        The plain text; and the position of each of its characters in `text`, with the
        length of `text` at the end, or None where they are the same.
    """
    origins: list[int] | None = None
    for _ in range(_LAYERS):
        undone, positions = _undo(text)
        if positions is None:
            break
        text = undone
        origins = positions if origins is None else [origins[i] for i in positions]
    # in a URL's query a space is a plus
    return text.replace("+", " "), origins


def _undo(text: str) -> tuple[str, list[int] | None]:
    pieces: list[str] = []
    positions: list[int] = []
    end = 0
    for found in _ESCAPE.finditer(text):
        pieces.append(text[end : found.start()])
        positions.extend(range(end, found.start()))
        for meant, start in _meant(found):
            pieces.append(meant)
            positions.extend([start] * len(meant))
        end = found.end()
    if not end:
        return text, None
    pieces.append(text[end:])
    positions.extend(range(end, len(text) + 1))
    result = "".join(pieces)
    return result, None if result == text else positions


def _meant(escape: re.Match[str]) -> Iterator[tuple[str, int]]:
    """Give what an escape stands for, in pieces, and where each begins."""
    kind = escape.lastgroup
    if kind == "bytes":
        yield from _characters(escape)
    elif kind is not None:  # else backslashes at the end
        yield _character(kind, escape[kind], escape[0]), escape.start()


def _character(kind: str, value: str, whole: str) -> str:
    if kind == "char":
        return _LETTERS.get(value, value)
    if kind == "entity" and value[0] != "#":
        return html.unescape(f"&{value};")
    if kind == "pair":
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    # not by html: it takes &#128; for the euro sign, as browsers do
    decimal = kind == "entity" and value[1] not in "xX"
    code = int(value.lstrip("#xX"), 10 if decimal else 16)
    return chr(code) if code <= 0x10FFFF else whole  # noqa: PLR2004  # Unicode's end


def _characters(run: re.Match[str]) -> Iterator[tuple[str, int]]:
    """Read escaped bytes as UTF-8, and as Latin-1 where they are none."""
    escapes = list(_BYTES.finditer(run.string, run.start(), run.end()))
    values = bytes(int(escape[1], 16) for escape in escapes)
    i = 0
    while i < len(values):
        twisted = _TWISTED.match(values[i : i + 4].decode("latin-1"))
        length = twisted.end() if twisted else 1
        yield _untwisted(values[i : i + length].decode("latin-1")), escapes[i].start()
        i += length


def _untwisted(text: str) -> str:
    return _TWISTED.sub(
        lambda found: found[0].encode("latin-1").decode("utf-8", "replace"), text
    )


def forms(value: str) -> set[str]:
    """Return what to look for in a text, and in a plain text, to find a secret.

    Args:
        value: The secret; of a URL it is only the whole and the password.
    """
    password = _USERINFO.fullmatch(value)
    secrets = (password[1], unquote(password[1])) if password else (value,)
    found = {value}
    encoded: set[str] = set()
    for piece in {piece for secret in secrets for piece in _pieces(secret)}:
        found |= {piece, piece.strip()}
        encoded |= set(_base64(piece))
    # in base64 there is nothing to undo but the plus
    encoded |= {form.replace("+", " ") for form in encoded}
    found = {form for form in found if len(form) >= SHORTEST}
    undone = {plain(form)[0] for form in found}
    # "Ã¼" as bytes may stand for ü: fewer characters are left
    undone |= {_untwisted(form) for form in undone}
    found |= {form for form in encoded if len(form) >= SHORTEST}
    return found | {form for form in undone if len(form) >= SHORTEST - 1}


def _pieces(value: str) -> Iterator[str]:
    """Cut as parsers do; every longer piece holds one of these."""
    yield value
    cuts = [found.start() for found in _CUT.finditer(value)]
    ends = [*cuts, len(value)]
    first = 0
    for start in (0, *(cut + 1 for cut in cuts)):
        while first < len(ends) and not _tells(value[start : ends[first]]):
            first += 1
        if first == len(ends):
            return
        yield value[start : ends[first]]


def _tells(piece: str) -> bool:
    return len(_CUT.sub("", piece)) >= SHORTEST


def _base64(value: str) -> Iterator[str]:
    """Give what base64 makes of it wherever it stands among other bytes."""
    raw = value.encode("utf-8", "replace")
    for before in range(3):
        whole = (before + len(raw)) // 3 * 3
        encoded = base64.b64encode((bytes(before) + raw)[:whole]).decode()
        # the characters that other bytes have a part in are left out
        core = encoded[before and before + 1 :]
        yield core
        yield core.replace("+", "-").replace("/", "_")
