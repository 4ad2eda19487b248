"""Looks for a secret in a text, in all the spellings that it could have taken on.

Written without a look at `lamin_widgets.core.secret`, so that a mistake there is found.
"""

from __future__ import annotations

import base64
import re
from functools import lru_cache

from secret_values import SHORTEST, parts

RFC_3986 = "-._~"
JAVASCRIPT = "-_.!~*'()"
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"}
SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def find_leaks(text: str, value: str, usual: str = "") -> list[str]:
    """Return the kinds of spelling in which a text holds the secret.

    Args:
        text: What can be seen.
        value: The secret.
        usual: What is seen with another secret; what is in it as well is no leak.
    """
    text = re.sub(r"0x[0-9a-f]{6,}", "0x", text)  # addresses
    return [
        kind
        for kind, spelling in _all_spellings(value)
        if spelling in text and spelling not in usual
    ]


def count_spellings(value: str) -> int:
    """Return how many spellings are looked for."""
    return len(_all_spellings(value))


@lru_cache(maxsize=512)
def _all_spellings(value: str) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for part in parts(value):
        whole = "" if part == value else "part, "
        for kind, spelling in spellings(part):
            if len(spelling) >= SHORTEST:
                found.setdefault(spelling, whole + kind)
    return [(kind, spelling) for spelling, kind in found.items()]


def spellings(value: str) -> list[tuple[str, str]]:
    """Return what encoders make of a text, by the kind of encoding."""
    found = [("raw", value), ("trimmed", value.strip())]
    for name, safe in (("RFC 3986", RFC_3986), ("JavaScript", JAVASCRIPT)):
        for hexadecimal in ("%{:02X}", "%{:02x}"):
            once = _percent(value, safe, hexadecimal)
            found += [
                (f"percent, {name}", once),
                ("percent, / kept", _percent(value, safe + "/", hexadecimal)),
                ("plus", once.replace("%20", "+")),
                ("percent twice", once.replace("%", "%25")),
            ]
    found += [("percent, all", "".join(f"%{byte:02X}" for byte in value.encode()))]
    for ascii_only in (True, False):
        once = _json(value, ascii_only=ascii_only)
        found += [
            ("JSON", once),
            ("JSON twice", _json(once, ascii_only=ascii_only)),
            ("JSON in HTML", _html(once)),
        ]
    found += [
        ("HTML", _html(value)),
        ("HTML, quotes kept", re.sub("[&<>]", lambda m: ENTITIES[m[0]], value)),
        ("HTML, decimal", _html(value).replace("&#x27;", "&#39;")),
        ("HTML, numbers", _numbers(_html(value))),
        ("repr", repr(value)[1:-1]),
        ("repr of repr", repr(repr(value))[2:-2]),
        ("repr, other quotes", repr("'" + value)[2:-1]),
        ("unicode escape", value.encode("unicode_escape").decode()),
        ("repr of bytes", repr(value.encode())[2:-1]),
        ("libpq", re.sub(r"(['\\])", r"\\\1", value)),
    ]
    found += [("base64", piece) for piece in _base64(value)]
    return found


def _percent(value: str, safe: str, hexadecimal: str) -> str:
    return "".join(
        char
        if (char.isascii() and char.isalnum()) or char in safe
        else "".join(hexadecimal.format(byte) for byte in char.encode())
        for char in value
    )


def _json(value: str, *, ascii_only: bool) -> str:
    def escaped(char: str) -> str:
        if char in '"\\':
            return f"\\{char}"
        if char < " ":
            return SHORT_ESCAPES.get(char, f"\\u{ord(char):04x}")
        if not ascii_only or char.isascii():
            return char
        units = char.encode("utf-16-be").hex()
        return "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))

    return "".join(escaped(char) for char in value)


def _html(value: str) -> str:
    return "".join(ENTITIES.get(char, char) for char in value)


def _numbers(value: str) -> str:
    return "".join(char if char.isascii() else f"&#{ord(char)};" for char in value)


def _base64(value: str) -> list[str]:
    """Return what is the same in base64, whatever stands before and after it."""
    found = []
    for before in range(3):
        raw = bytes(before) + value.encode()
        whole = len(raw) // 3 * 3
        encoded = base64.b64encode(raw[:whole]).decode()[-(-before * 8 // 6) :]
        found += [encoded, encoded.replace("+", "-").replace("/", "_")]
    return [piece for piece in found if len(piece) >= 6]
