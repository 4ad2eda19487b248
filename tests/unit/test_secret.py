"""A secret shows itself nowhere, and is found in any text that has it."""

from __future__ import annotations

import base64
import copy
import html
import json
import logging
import pickle
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from lamin_widgets.core.secret import WITHHELD, Secret, redact

SPELLINGS = {
    "raw": lambda text: text,
    "percent-encoded": lambda text: quote(text, safe=""),
    "percent-encoded, but for slashes": quote,
    "plus-encoded": quote_plus,
    "doubly encoded": lambda text: quote(quote(text, safe=""), safe=""),
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON in UTF-8": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "HTML": html.escape,
    "repr": lambda text: repr(text)[1:-1],
    "ascii": lambda text: ascii(text)[1:-1],
    "base64": lambda text: base64.b64encode(text.encode()).decode().rstrip("="),
}
# No plain words, and none that a text around it has by itself.
_SECRETS = st.text(
    st.sampled_from("XqZ7k9ßЖ語🔑@:/?#[]%&=+;'\"\\<> ~^"), min_size=8, max_size=24
).filter(lambda text: len(set(text)) > 5)


@given(_SECRETS, st.sampled_from(sorted(SPELLINGS)))
@example(":::;<79ß", "HTML")  # with the dot after it, Latin-1 that looks like UTF-8
def test_a_secret_is_removed_in_every_spelling(value, spelling):
    spelt = SPELLINGS[spelling](value)
    shown = redact(f"before \u00b7{spelt}\u00b7 after", [Secret(value)])
    assert spelt not in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")


@given(_SECRETS, st.text("XqZ7k9ßЖ語🔑~^", min_size=4, max_size=9))
def test_what_libpq_cuts_off_at_a_delimiter_is_removed_too(head, piece):
    text = f'could not translate host name "{piece}@127.0.0.1" to address'
    assert piece not in redact(text, [Secret(f"{head}@{piece}")])


@given(_SECRETS, st.text(max_size=60))
@example("*****Xq7z", "a ***** b")
@example("Xq7zXq7z9", "Xq7zXq7zXq7z9")
def test_redacting_twice_changes_nothing(value, text):
    secrets = [Secret(value)]
    for around in (text, f"{text}{value}{text}", f"x://u:{value}@h {text}"):
        once = redact(around, secrets)
        assert redact(once, secrets) == once
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
        "Größe: 3 µm, 50 % & <b>",
        "a:b@c",
        "bearer of news",
    ],
)
def test_a_text_without_secrets_is_left_as_it_is(text):
    assert redact(text) == text
    assert redact(text, [None, Secret(""), Secret("Xq7zPa9k")]) == text


@given(st.text(st.characters(exclude_characters=":@"), max_size=200))
def test_any_text_without_url_or_token_is_left_as_it_is(text):
    assume("bearer" not in text.lower() and "eyJ" not in text)
    assert redact(text, [Secret("Xq7zPa9k")]) == text


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("postgresql://postgres:Xq7z@h:1/postgres", "Xq7z"),
        ("postgresql://postgres:X@q@7z@h:1/postgres", "q@7z"),
        ("Authorization: Bearer abcDEF123456", "abcDEF123456"),
        ("token eyJhbGciOi.eyJzdWIiOi.c2lnbmF0 end", "eyJzdWIiOi"),
    ],
)
def test_what_looks_like_a_secret_is_removed_without_being_told(text, hidden):
    assert hidden not in redact(text)


@pytest.mark.parametrize("short", ["a", "ab", "abc"])
def test_a_secret_too_short_to_be_found_withholds_the_text(short):
    assert redact("any abc text", [Secret(short)]) == WITHHELD
    assert redact(WITHHELD, [Secret(short)]) == WITHHELD


@pytest.mark.parametrize(
    "piece",
    ["a", "@", "a://", "x://u:p@", "Xq7z", "bearer ", "eyJ", "eyJaaaaa.", "%", ": "],
)
def test_redacting_is_linear_in_the_length_of_the_text(piece):
    secrets = [Secret("Xq7zXq7zPa9k@%Xq7z")]

    def lasts(length):
        text = (piece * length)[:length]
        return min(_timed(text, secrets) for _ in range(3))

    # Eight times the text may take eight times as long; quadratic is sixty-four.
    assert lasts(160_000) < 24 * max(lasts(20_000), 0.002)


def _timed(text, secrets):
    began = time.thread_time()  # whatever else the machine does
    redact(text, secrets)
    return time.thread_time() - began


def _shown(secret):
    yield repr(secret)
    yield str(secret)
    yield f"{secret}"
    yield f"{secret!s:>12}"
    yield "{}".format(secret)  # noqa: UP032  # one of the ways
    yield "%s %r" % (secret, secret)  # noqa: UP031  # one of the ways
    yield repr([secret, {"password": secret}])
    yield repr({name: getattr(secret, name, None) for name in dir(secret)})
    yield logging.makeLogRecord({"msg": "%s", "args": (secret,)}).getMessage()


@given(st.text(st.sampled_from("XqZ7k9"), min_size=6))
def test_a_secret_is_in_none_of_its_texts(value):
    secret = Secret(value)
    assert all(value not in text for text in _shown(secret))
    assert secret.reveal() == value


def test_a_secret_cannot_be_written_down():
    secret = Secret("Xq7zPa9k")
    for write in (pickle.dumps, json.dumps, vars, Secret.__getstate__):
        with pytest.raises(TypeError) as caught:
            write(secret)
        assert "Xq7zPa9k" not in str(caught.value)
    assert copy.copy(secret) is secret
    assert copy.deepcopy({"a": secret})["a"] is secret


@given(st.text(), st.text())
def test_secrets_are_equal_as_their_values_are(one, other):
    assert (Secret(one) == Secret(other)) == (one == other)
    assert bool(Secret(one)) == bool(one)
    assert Secret(Secret(one)) == Secret(one)
    assert Secret(one) != one


def test_a_secret_is_no_key_and_takes_only_text():
    with pytest.raises(TypeError):
        hash(Secret("Xq7zPa9k"))
    with pytest.raises(TypeError) as caught:
        Secret(b"Xq7zPa9k")
    assert "Xq7zPa9k" not in str(caught.value)
