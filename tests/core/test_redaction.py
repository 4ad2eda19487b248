"""`safe_text` removes secrets and control characters, in linear time."""

from __future__ import annotations

import base64
import html
import json
import shlex
from urllib.parse import quote, quote_plus

import pytest
from doubles.timing import takes_linear_time
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from lamin_widgets.core.redaction import LONGEST_TEXT, WITHHELD, safe_text
from lamin_widgets.core.secret import Secret

SECRET = "Xq7zPa9k"
FORMS = {
    "raw": str,
    "upper case": str.upper,
    "lower case": str.lower,
    "swapped case": str.swapcase,
    "percent-encoded": lambda text: quote(text, safe=""),
    "percent-encoded in lower case": lambda text: quote(text, safe="").lower(),
    "percent-encoded except slashes": quote,
    "form-encoded": quote_plus,
    "percent-encoded twice": lambda text: quote(quote(text, safe=""), safe=""),
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON in UTF-8": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "JSON in HTML": lambda text: html.escape(json.dumps(text)[1:-1]),
    "HTML": html.escape,
    "HTML twice": lambda text: html.escape(html.escape(text)),
    "XML references": lambda text: text.encode("ascii", "xmlcharrefreplace").decode(),
    "repr": lambda text: repr(text)[1:-1],
    "ascii": lambda text: ascii(text)[1:-1],
    "repr of bytes": lambda text: repr(text.encode())[2:-1],
    "SQL literal": lambda text: text.replace("'", "''"),
    "shell": shlex.quote,
    "Latin-1": lambda text: text.encode().decode("latin-1"),
    "Windows-1252": lambda text: text.encode().decode("cp1252", "replace"),
    "hexadecimal": lambda text: text.encode().hex(),
    "hexadecimal with colons": lambda text: text.encode().hex(":").upper(),
    "base64": lambda text: base64.b64encode(text.encode()).decode().rstrip("="),
    "base64 of URL": lambda text: (
        base64.b64encode(quote(text, safe="").encode()).decode().rstrip("=")
    ),
    "percent-encoded base64": lambda text: quote(
        base64.b64encode(text.encode()).decode().rstrip("="), safe=""
    ),
}
# Secrets without words, so that the text around them can't contain them.
_SECRETS = st.text(
    st.sampled_from("XqZ7k9ßЖ語🔑@:/?#[]%&=+;'\"\\<> ~^"), min_size=8, max_size=24
).filter(lambda text: len(set(text)) > 5)
_few = settings(max_examples=40)


@pytest.mark.parametrize("form", sorted(FORMS))
@settings(max_examples=8)
@given(_SECRETS)
@example(":::;<79ß")  # followed by the dot, Latin-1 that looks like UTF-8
@example("%41%42%43%44Xq")
@example("a\u200b\x1b[31m\x85ßé\xa0!")
def test_secret_is_redacted_in_every_encoding(form, value):
    written = FORMS[form](value)
    shown = safe_text(f"before \u00b7{written}\u00b7 after", [Secret(value)])
    assert written not in shown
    assert value not in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")


@pytest.mark.parametrize("before", ["", "p", "postgres:", "a" * 70, "ä€"])
@pytest.mark.parametrize("encode", [base64.encodebytes, base64.urlsafe_b64encode])
@settings(max_examples=12)
@given(_SECRETS)
def test_secret_inside_longer_base64_is_redacted(before, encode, value):
    encoded = encode(f"{before}{value}@db.example.org".encode()).decode()
    shown = safe_text(f"received {encoded} at once", [Secret(value)])
    raw = value.encode()
    for alignment in range(3):  # These bytes belong to the secret only.
        first = -(-8 * alignment // 6)
        last = 8 * (alignment + len(raw)) // 6
        inner = base64.b64encode(bytes(alignment) + raw)[first:last].decode()
        assert inner not in shown.replace("\n", "")
        assert inner.replace("+", "-").replace("/", "_") not in shown


@_few
@given(_SECRETS, st.text("XqZ7k9ßЖ語🔑~^", min_size=4, max_size=9))
def test_part_of_a_secret_after_a_delimiter_is_redacted(head, piece):
    text = f'could not translate host name "{piece}@127.0.0.1" to address'
    assert piece not in safe_text(text, [Secret(f"{head}@{piece}")])


LONG = "h7Qm2Zr9Vx4Kp6Tn8Lw3"


@pytest.mark.parametrize(
    "part",
    [
        *(LONG[:length] for length in (6, 8, 11, 15)),
        *(LONG[-length:] for length in (6, 8, 11, 15)),
        *(LONG[start : start + 11] for start in range(1, len(LONG) - 12)),
    ],
)
def test_part_of_a_secret_is_redacted(part):
    assert safe_text(f"role {part} unknown", [Secret(LONG)]) == "role *** unknown"


def test_secret_url_hides_only_its_password():
    secret = Secret("postgresql://postgres:p%40ss-Xq7z@db.example.org/postgres")
    text = "postgres at db.example.org refused p@ss-Xq7z and p%40ss-Xq7z"
    assert safe_text(text, [secret]) == "postgres at db.example.org refused *** and ***"


@_few
@given(_SECRETS, st.text(max_size=60))
@example("*****Xq7z", "a ***** b")
@example("*•█Xq7z", "a *•█ b")
@example("Xq7zXq7z9", "Xq7zXq7zXq7z9")
@example("x1bq", "\x1bq")
@example("AAAAAAAA", "4141")
def test_redacting_twice_changes_nothing(value, text):
    secrets = [Secret(value)]
    for around in (text, f"{text}{value}{text}", f"x://u:{value}@h {text}"):
        once = safe_text(around, secrets)
        assert safe_text(once, secrets) == once
        assert value not in once


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Lamin could not connect to db.example.org:5432: timeout expired",
        "postgresql://postgres@db.example.org:5432/postgres",
        "https://api.lamin.ai/db/server/register?name=my-server",
        "someone@example.org wrote: see https://docs.lamin.ai/hub",
        'FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "postgres"',
        "»postgres« fehlgeschlagen: Größe 3 µm, 50 % & <b>\n\tدليل 語 🔑",
        "a:b@c",
        "bearer of news; a Bearer authentication is needed",
        "'x'::regclass, a::text::varchar, b::error_code, 2001:db8::1, ::ffff:1.2.3.4",
        "## A heading [1], #[derive], and a C# array #a[0]",
    ],
)
def test_text_without_secrets_is_unchanged(text):
    assert safe_text(text) == text
    assert safe_text(text, [None, Secret(""), Secret(SECRET)]) == text


@_few
@given(st.text(st.characters(exclude_characters=":@", exclude_categories="CZ")))
def test_printable_text_without_url_or_token_is_unchanged(text):
    assume("bearer" not in text.lower() and "eyJ" not in text)
    assume(text.isprintable() and "\u2800" not in text and "\u3164" not in text)
    assert safe_text(text, [Secret(SECRET)]) == safe_text(text)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("postgresql://postgres:Xq7z@h:1/postgres", "Xq7z"),
        ("postgresql://postgres:X@q@7z@h:1/postgres", "q@7z"),
        ("HTTPS_PROXY=http://someone:Pr0xy/word@127.0.0.1:9", "Pr0xy"),
        ("Authorization: Bearer abcDEF123456ghiJKL", "abcDEF123456"),
        ("token eyJhbGciOi.eyJzdWIiOi.c2lnbmF0 end", "eyJzdWIiOi"),
    ],
)
def test_unknown_secret_in_a_url_or_token_is_redacted(text, hidden):
    assert hidden not in safe_text(text)


@pytest.mark.parametrize("secret", ["postgres", "postgres7", "password", "a-password"])
def test_word_of_every_server_is_not_masked(secret):
    """A mask would tell that the secret is this word, or has it as a part."""
    text = 'password authentication failed for user "postgres"'
    assert safe_text(text, [Secret(secret)]) == text
    url = f"postgresql://postgres:{secret}@db.example.org/postgres"
    assert safe_text(url, [Secret(secret)]).count("***") == 1


@pytest.mark.parametrize("short", ["a", "ab", "abc", "postgres://postgres:ab@h/db"])
def test_text_is_withheld_if_the_secret_is_too_short_to_find(short):
    assert safe_text("any abc text", [Secret(short)]) == WITHHELD
    assert safe_text(WITHHELD, [Secret(short)]) == WITHHELD


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2K\x1b[32m✓ Registered\x1b[0m", r"\x1b[2K\x1b[32m✓ Registered\x1b[0m"),
        ("a\rb\x08\x07\x00\x7f", r"a\x0db\x08\x07\x00\x7f"),
        ("\x9b31m\x85", r"\x9b31m\x85"),
        ("\u202egro\u2066.\u200b\u200f\ufeff", r"\u202egro\u2066.\u200b\u200f\ufeff"),
        ("\U000e0041\ud800\u2028", r"\U000e0041\ud800\u2028"),
        ("a\u3164\u2800b", r"a\u3164\u2800b"),
        (
            "a\n::error title=x::b ::debug::c",
            "a\n\\x3a:error title=x::b \\x3a:debug::c",
        ),
        ("::set-output name=a:b::c", r"\x3a:set-output name=a:b::c"),
        ("a::error::b ::resume-id::c", r"a\x3a:error::b \x3a:resume-id::c"),
        ("x ##[set-output name=a;]b", r"x \x23#[set-output name=a;]b"),
        ("x###vso[task.uploadfile]/etc", r"x#\x23#vso[task.uploadfile]/etc"),
        ("##TeamCity[buildStatus]", r"\x23#TeamCity[buildStatus]"),
        ("one\r\ntwo\n\tthree", "one\ntwo\n\tthree"),
        ("« utilisateur »".replace(" ", "\xa0"), "« utilisateur »"),
    ],
)
def test_control_characters_and_ci_commands_are_escaped(text, shown):
    assert safe_text(text) == shown


@_few
@given(st.text(max_size=80))
def test_safe_text_is_printable(text):
    assert safe_text(text).replace("\n", "").replace("\t", "").isprintable()


def test_safe_text_is_cut_at_the_limit():
    assert safe_text("ab" * 5000, limit=10) == "ababababa…"
    assert len(safe_text("ab" * 5000)) == LONGEST_TEXT
    assert safe_text("a" * 10, limit=10) == "a" * 10


@pytest.mark.parametrize("shift", range(0, 60, 7))
def test_secret_across_the_cut_is_redacted(shift):
    for at in (4096, 4 * 4096):
        text = "-" * (at - shift) + f"{LONG} " * 900
        shown = safe_text(text, [Secret(LONG)])
        assert not any(LONG[i : i + 3] in shown for i in range(len(LONG) - 3))


UNITS = [
    pytest.param(unit, marks=[] if number < 4 else pytest.mark.full, id=ascii(unit))
    for number, unit in enumerate(
        [
            *(SECRET, SECRET.encode().hex(), "&amp;", "x://u:p@"),
            *("a", "@", "a://", "%", "%25", "\\", "\\\\x", "&", ": ", "\x1b", "\u202e"),
            *("🔑", "eyJ", "eyJaaaaa-", "bearer ", SECRET[:6], "##a", "::a", "::a "),
            base64.b64encode(SECRET.encode()).decode(),
        ]
    )
]


@pytest.mark.parametrize("unit", UNITS)
def test_safe_text_takes_linear_time(unit):
    secrets = [Secret(f"{SECRET}{SECRET[:4]}@%{SECRET}")]
    for length, limit in ((125_000, LONGEST_TEXT), (5_000, 1_000_000)):
        text = (unit * length)[:length]
        assert takes_linear_time(
            lambda size, text=text, limit=limit: safe_text(text * size, secrets, limit)
        )
