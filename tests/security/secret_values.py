"""The secrets that the matrix is run with, and which of them can be told apart."""

from __future__ import annotations

import re
import string
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import lamin_widgets

DELIMITERS = "@:/?#[]%&=+; \t\r\n'\"\\<>,"
SHORTEST = 4
"""What is shorter cannot be told from ordinary text."""

FIXED = (
    "kestrel-Zq7",
    "pa@rd",  # of which libpq says: could not translate host name "rd@127.0.0.1"
    "zq@wv:xk@jj/yy",  # each part is short, what lies behind the first @ is not
    "zqk7@wvx8:yyq9/jjx3?kkv#vvq[xxj]",
    "50%zqk7%41wvx&yyq=jjx+kkv;vvq",
    "zqk7 wvx8 yyq9",
    " zqk7wvx8 ",
    " zqk7@ wvx8: yyq9@",  # what follows "user:" is a space
    "zqk7'wvx8\"yyq9`jjx3",
    "zqk7\\wvx8\\nyyq9\\",
    "<zqk7 onerror=wvx8>yyq9</zqk7>",
    "zqk7(wvx8)!*~yyq9",  # JavaScript leaves other characters alone than Python
    "zqk7\twvx8\nyyq9\r\x0bjjx3",
    "zqk7\x01wvx8\x7fyyq9",
    "zqkwvü-ßyyqé",
    "пароль-щюж",
    "密码钥匙柒捌",
    "🔐🐘🦉🦊",
    "סיסמה\u200f\u202ezqk7",
    "zqk7e\u0301\u0308wvx8\u0335",
    "zqk7{wvx8}{0}%s%(yyq9)s${jjx3}",
    "eyJzqk7wvx8",
    "***zqk7***",
    "•••zqk7•••███",
    "=?&:/@#[]%+;'\"\\<>",
    "zqKwV7xYjQ" * 100,
    ("zq@kv:wx/yy?" * 84)[:1000],
)
SHORT = ("z", "ü", "🦉", "@", " q", "zq:", "q'\"")
"""Texts from outside are withheld as a whole for these."""

RECOGNISABLE = (
    "kestrel-Zq7",
    "zq@wv:xk@jj/yy",
    "zqk7'wvx8\"yyq9\\jjx3 <kkv>&ü🦉",
)
"""For the tests that take long."""

VERBOSE_OF = 10
"""One in so many of the made-up values is played with IPython's Verbose, too."""

CONTROL = "Ncx4-rules-Mf6"
"""What is seen with this password is there whatever the password is."""

_structured = st.lists(
    st.one_of(
        st.text(string.ascii_letters + "0123456789._~!$*()-", min_size=1, max_size=9),
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6),
    ),
    min_size=2,
    max_size=8,
).flatmap(
    lambda parts: st.lists(
        st.sampled_from(DELIMITERS), min_size=len(parts), max_size=len(parts)
    ).map(lambda cuts: "".join(a + b for a, b in zip(parts, cuts, strict=True)))
)
_anything = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    min_size=SHORTEST,
    max_size=60,
)
_long = st.text(string.printable.strip() + " üß🦉", min_size=200, max_size=1000)


@cache
def passwords() -> tuple[str, ...]:
    """Return the fixed passwords and at least 200 that hypothesis makes up."""
    made: dict[str, None] = {}

    @settings(
        max_examples=700,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of(_structured, _structured, _anything, _anything, _long))
    def collect(value: str) -> None:
        if is_recognisable(value):
            made[value] = None

    collect()
    longest = [value for value in made if len(value) >= 200][:10]
    others = [value for value in made if len(value) < 200][:200]
    return (*FIXED, *others, *longest)


@cache
def values(kind: str) -> dict[str, bool]:
    """Return what a kind of secret is played with, and whether with Verbose as well.

    IPython's tracebacks take long: the chosen ones have them, and a part of the others.
    """
    chosen = {*FIXED, *RECOGNISABLE}
    found = passwords() if kind == "password" else passwords()[::4]
    ordered = dict.fromkeys([*RECOGNISABLE, *found])
    return {
        value: value in chosen or index % VERBOSE_OF == 0
        for index, value in enumerate(ordered)
    }


def is_recognisable(value: str) -> bool:
    """Whether it would not stand in a text by chance.

    ``0000`` does, in a time; ``none``, which hypothesis likes, in our own words.
    """
    return (
        len(value) >= SHORTEST
        and len(set(value)) >= SHORTEST
        and not any(re.fullmatch(r"[\s0-9a-fA-F.:-]*", part) for part in parts(value))
        and not any(part.lower() in _our_words() for part in parts(value))
    )


@cache
def _our_words() -> str:
    """Return the package's texts, of which messages are made."""
    folder = Path(lamin_widgets.__file__).parent
    found = (path for path in folder.rglob("*.*") if path.suffix in {".py", ".js"})
    return "\n".join(path.read_text("utf-8") for path in found).lower()


def parts(value: str) -> list[str]:
    """Return the value and its pieces as URL parsers cut them, from 4 characters on.

    A longer piece holds one of these. A piece of nothing but delimiters tells nothing.
    """
    starts = [0] + [i + 1 for i, char in enumerate(value) if char in DELIMITERS]
    ends = [i for i, char in enumerate(value) if char in DELIMITERS] + [len(value)]
    found = {value: None}
    for start in starts:
        pieces = (value[start:end] for end in ends)
        piece = next((p for p in pieces if _tells(p)), None)
        if piece is not None:
            found[piece] = None
    return list(found)


def _tells(piece: str) -> bool:
    return sum(char not in DELIMITERS for char in piece) >= SHORTEST
