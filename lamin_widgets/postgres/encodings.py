"""Decoding of server messages in an unknown encoding.

Until a session has started, PostgreSQL sends its messages in the encoding of the
server's operating system.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

from lamin_widgets.postgres.messages import SEVERITIES, TRANSLATIONS

LONGEST_MESSAGE: Final = 20_000
"""The length at which messages are cut, in bytes. No real message is that long."""

_ENCODINGS: Final[tuple[tuple[str, str, float], ...]] = (
    # Each row has an encoding, characters of its languages, and their minimum share.
    ("cp1251", "[\u0430-яёіїєґ«»]", 0.7),
    ("koi8-r", "[\u0430-яё]", 0.7),
    ("euc_jp", "[ぁ-ヿ]", 0.3),
    ("shift_jis", "[ぁ-ヿ]", 0.3),
    ("euc_kr", "[가-힣]", 0.9),
    ("cp1253", "[ά-ώΑ-Ω«»]", 0.9),
)
_CANDIDATES: Final = (
    *("cp1252", "gb18030", "big5", "cp1250", "cp1254", "iso8859-9"),
    *(encoding for encoding, _, _ in _ENCODINGS),
)
_KNOWN: Final = (
    *TRANSLATIONS.values(),
    re.compile(f"^({'|'.join(each for each in SEVERITIES if not each.isascii())}):"),
)
_MOSTLY_LATIN: Final = 0.25
"""The maximum share of accented letters and quotation marks in Western languages."""


def decode(raw: bytes) -> str:
    """Return the start of a message as text, in the encoding that fits it best."""
    raw = raw[:LONGEST_MESSAGE]
    text = _try_decode(raw, "utf-8")
    if text is not None:
        return text
    for known in _KNOWN:
        for encoding in _CANDIDATES:
            text = _try_decode(raw, encoding)
            if text is not None and known.search(text):
                return text
    latin = raw.decode("cp1252", "replace")
    if _share("[^\x00-\x7f]", latin, r"\S") < _MOSTLY_LATIN:
        return latin
    for encoding, letters, least in _ENCODINGS:
        text = _try_decode(raw, encoding)
        if text is not None and _share(letters, text) >= least:
            return text
    return raw.decode("gb18030", "replace")


def _try_decode(raw: bytes, encoding: str) -> str | None:
    is_whole = len(raw) < LONGEST_MESSAGE  # Otherwise, a character can be cut.
    try:
        return codecs.getincrementaldecoder(encoding)().decode(raw, is_whole)
    except UnicodeDecodeError:
        return None


def _share(letters: str, text: str, among: str = "[^\x00-\x7f]") -> float:
    """Return the share of the characters matching `among` that match `letters`."""
    return len(re.findall(letters, text)) / max(1, len(re.findall(among, text)))
