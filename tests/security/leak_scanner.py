"""Search for a secret in a text, in every encoding that a program could have used.

It shares no code with `lamin_widgets.core.redaction`, so it finds mistakes there.
"""

from __future__ import annotations

import base64
import html
import json
import re
from functools import lru_cache
from urllib.parse import quote, quote_plus

SECRETS = {
    "plain": "kestrel-Zq7",
    "short parts": "zq@wv:xk@jj/yy",
    "delimiters": "zqk7@wvx8:yyq9/jjx3?kkv#vvq[xxj]",
    "percent": "50%zqk7%41wvx&yyq=jjx+kkv;vvq",
    "spaces": " zqk7@ wvx8: yyq9@",
    "markup": "zqk7'wvx8\"yyq9\\jjx3 <kkv>&ü🦉",
    "control": "zqk7\twvx8\nyyq9\r\x0bjjx3\x1b[2K",
    "umlauts": "zqkwvü-ßyyqé",
    "right to left": "סיסמה\u200f\u202ezqk7",
    "mask": "***zqk7***•••wvx8",
    "long": "zqKwV7xYjQ" * 100,
}
"""Unique secrets, by the property that makes them hard to redact."""

_SHORTEST = 4
_DELIMITERS = re.compile(r"[@:/?#\[\]%&=+;,\s'\"\\<>]")


def find_leaks(text: str, value: str, usual: str = "") -> list[str]:
    """Return the encodings in which a text contains a secret or a part of it.

    Args:
        text: Everything that a reader can see.
        value: The secret.
        usual: What a reader sees with another secret. Its contents are no leak.
    """
    return [
        kind
        for form, kind in _forms(value).items()
        if form in text and form not in usual
    ]


@lru_cache(maxsize=64)
def _forms(value: str) -> dict[str, str]:
    parts = [value, value[:8], value[-8:], *_DELIMITERS.split(value)]
    found: dict[str, str] = {}
    for part in parts:
        if len(part) >= _SHORTEST and len(set(part)) > 2:
            for kind, form in _encoded(part):
                if len(form) >= _SHORTEST:
                    found.setdefault(form, kind if part == value else f"part, {kind}")
    return found


def _encoded(text: str) -> list[tuple[str, str]]:
    raw = text.encode()
    percent = quote(text, safe="")
    once = json.dumps(text)[1:-1]
    found = [
        ("raw", text),
        ("trimmed", text.strip()),
        ("upper case", text.upper()),
        ("lower case", text.lower()),
        ("percent", percent),
        ("percent", percent.replace("%", "%25")),
        ("percent", _lower(percent)),
        ("percent", _lower(percent).replace("%", "%25")),
        ("percent", quote(text, safe="/-_.!~*'()")),
        ("form", quote_plus(text)),
        ("JSON", once),
        ("JSON", json.dumps(once)[1:-1]),
        ("JSON", json.dumps(text, ensure_ascii=False)[1:-1]),
        ("JSON in HTML", html.escape(once)),
        ("HTML", html.escape(text)),
        ("HTML", html.escape(text, quote=False)),
        ("repr", repr(text)[1:-1]),
        ("repr", repr(repr(text))[2:-2]),
        ("repr", repr(f"'{text}")[2:-1]),
        ("bytes", repr(raw)[2:-1]),
        ("ascii", ascii(text)[1:-1]),
        ("Latin-1", raw.decode("latin-1")),
        ("hexadecimal", raw.hex()),
        ("libpq", re.sub(r"(['\\])", r"\\\1", text)),
    ]
    # The surrounding text changes how the first and last characters are encoded.
    for before in range(3):
        first, last = -(-8 * before // 6), 8 * (before + len(raw)) // 6
        encoded = base64.b64encode(bytes(before) + raw)[first:last].decode()
        if len(encoded) > 6:
            found.append(("base64", encoded))
            found.append(("base64", encoded.replace("+", "-").replace("/", "_")))
    return found


def _lower(percent: str) -> str:
    return re.sub("%..", lambda match: match[0].lower(), percent)
