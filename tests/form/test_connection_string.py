"""Whatever a person pastes is read as libpq reads it, or as it was meant."""

from __future__ import annotations

import time
import traceback
from contextlib import suppress

import psycopg2
import pytest
from connection_strings import READ, REFUSED, H
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from psycopg2.extensions import parse_dsn

from lamin_widgets.core import hosts
from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.secret import Secret
from lamin_widgets.form.connection_strings import _read_text, looks_like_one, parse


@pytest.mark.parametrize(("text", "host", "port", "password"), READ)
def test_a_pasted_string_fills_host_port_and_password(text, host, port, password):
    pasted = parse(Secret(text))
    assert (pasted.host, pasted.port) == (host, port)
    assert (pasted.password and pasted.password.reveal()) == password
    assert pasted.recognised.startswith("Read as ")


def test_there_are_enough_strings():
    assert len(READ) + len(REFUSED) >= 100


@pytest.mark.parametrize(("text", "cause", "reason"), REFUSED)
def test_what_cannot_be_used_is_refused_with_its_reason(text, cause, reason):
    with pytest.raises(InvalidInput) as caught:
        parse(Secret(text))
    assert caught.value.cause == cause
    assert caught.value.field == "paste"
    assert reason in str(caught.value)
    assert "Xq7!z" not in str(caught.value)


def test_a_fault_that_a_string_does_not_have_is_not_named():
    with pytest.raises(InvalidInput) as caught:
        parse(Secret("postgresql://bob:Xq7!z@h/postgres"))
    assert "database" not in str(caught.value)


@pytest.mark.parametrize("text", [text for text, *_ in READ])
def test_every_string_of_these_is_known_as_one_in_another_field(text):
    assert looks_like_one(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "my-postgres-server", "db.example.org", "db.example.org:5432", "::1"),
        *("prod-us-east-1", "https://api.lamin.ai", "https://db.example.org:5432/x"),
        *(
            "s3://my-bucket/folder",
            "a server for tests",
            "bionty,wetlab",
            "psql-server",
        ),
    ],
)
def test_an_ordinary_value_is_not_taken_for_one(text):
    assert not looks_like_one(text)


def test_it_says_what_it_recognised_and_what_it_ignored():
    pasted = parse(
        Secret(f"postgres://postgres:Xq7!z@{H}:1/postgres?sslmode=require&pgbouncer=1")
    )
    assert pasted.recognised == "Read as a URI: host, port and password."
    assert pasted.ignored == ("sslmode", "pgbouncer")
    unfilled = parse(Secret(f"postgres://postgres:[YOUR-PASSWORD]@{H}"))
    assert "placeholder" in unfilled.recognised


def test_an_unknown_setting_is_not_named_as_it_could_be_a_piece_of_a_password():
    pasted = parse(Secret(f"postgres://{H}/postgres?password=abc&Xq7!z=1"))
    assert pasted.ignored == ("another setting",)


def _judge(text):
    """libpq's reading, or None where it has none that Lamin could use."""
    try:
        dsn = parse_dsn(text)
    except (psycopg2.Error, UnicodeError, ValueError):
        return None
    host, port = dsn.get("host") or dsn.get("hostaddr") or "", dsn.get("port") or ""
    password = dsn.get("password") or ""
    usable = (
        (dsn.get("user") or "postgres") == "postgres"
        and (dsn.get("dbname") or "postgres") == "postgres"
        and not (host and hosts.problem(host))
        and (not port or (port.isdecimal() and 0 < int(port) < 65_536))
        and (host or port or password)
    )
    return (host, int(port) if port else None, password) if usable else None


def _same_as_libpq(text, judged):
    host, port, password = judged
    pasted = parse(Secret(text))
    read = pasted.password.reveal() if pasted.password else ""
    assert pasted.host == (PostgresConnection(host, 1, "x").host if host else None)
    assert pasted.port == port
    assert read == password or "placeholder" in pasted.recognised


JUDGED = [text.lstrip() for text, *_ in READ if _judge(text.lstrip()) is not None]


def test_libpq_accepts_a_good_part_of_these_strings():
    assert len(JUDGED) >= 35


@pytest.mark.parametrize("text", JUDGED)
def test_libpq_agrees_on_every_string_that_it_accepts(text):
    _same_as_libpq(text, _judge(text))


_PIECES = st.sampled_from(
    [
        *("postgres", "postgresql://", "postgres://", "postgres://postgres:", "h.x"),
        *("@", ":", "/", "?", "#", "%", "%40", "%zz", "[", "]", "::1", "[::1]", "&"),
        *("=", "'", '"', "\\", " ", "\n", "host=", "port=", "5432", "password="),
        *("user=", "user=postgres", "dbname=", "sslmode=require", "/postgres", ","),
        *("host=h ", "password='", "ssl=true", "pa", "ä", "+", ";", "psql ", "$"),
    ]
)
_STARTS = st.sampled_from(["", "postgres://", "postgres://postgres:", "host=h "])
_HOSTS = st.sampled_from(["h", "db.x", "[::1]", "%68", "192.0.2.1", "", "a b", "h%20"])
_WORDS = st.lists(_PIECES, max_size=4).map("".join)


@st.composite
def _uris(draw):
    user = draw(st.sampled_from(["", "postgres", "%70ostgres"]))
    password = draw(st.sampled_from(["", ":"])) + draw(_WORDS)
    userinfo = draw(st.sampled_from(["", f"{user}{password}@"]))
    port = draw(st.sampled_from(["", ":", ":1", ":65535", ":05432", ":%35"]))
    path = draw(st.sampled_from(["", "/", "/postgres", "/%70ostgres"]))
    key = draw(st.sampled_from(["password", "sslmode", "host", "port", "%75ser", "x"]))
    value = draw(_WORDS)
    query = draw(st.sampled_from(["", "?", "?ssl=true", f"?{key}={value}"]))
    scheme = draw(st.sampled_from(["postgres://", "postgresql://"]))
    return scheme + userinfo + draw(_HOSTS) + port + path + query


@st.composite
def _key_values(draw):
    quoted = draw(_WORDS).replace("'", "\\'")
    bare = draw(_WORDS)
    value = draw(st.sampled_from([f"'{quoted}'", f" '{quoted}'", bare, f"{bare}\\ "]))
    space = draw(st.sampled_from([" ", "\n", "\t  "]))
    more = draw(st.sampled_from(["", "port=7", "host = h", "user=postgres", "port=''"]))
    return f"host=db.x{space}password={value}{space}{more}"


@settings(max_examples=500, suppress_health_check=[HealthCheck.filter_too_much])
@given(_uris() | _key_values() | st.tuples(_STARTS, _WORDS).map("".join))
@example("postgres://postgres:p?q@h.x")
@example("postgres://postgres:5/w%zz@h.x/postgres")
def test_libpq_is_the_judge_of_every_text_that_it_accepts(text):
    text = text.strip(" \n\t") if "://" in text else text
    judged = _judge(text)
    assume(judged is not None)
    _same_as_libpq(text, judged)


@given(_STARTS, st.lists(_PIECES | st.text(max_size=4), max_size=12))
def test_no_text_breaks_it(start, pieces):
    text = start + "".join(pieces)
    looks_like_one(text)
    with suppress(InvalidInput):
        parse(Secret(text))
    _read_text(text)  # which hides nothing


_PASSWORDS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1
)


@given(
    st.sampled_from([H, "192.0.2.7", "2001:db8::7", "fe80::1%eth0", "db"]),
    st.integers(1, 65_535),
    _PASSWORDS,
)
def test_the_guides_url_is_read_back_for_every_password(host, port, password):
    connection = PostgresConnection(host, port, password)
    pasted = parse(connection.url)
    assume("placeholder" not in pasted.recognised)
    assert (pasted.host, pasted.port) == (connection.host, connection.port)
    assert pasted.password == connection.password


@given(_PASSWORDS)
def test_key_value_is_read_back_for_every_password(password):
    escaped = password.replace("\\", "\\\\").replace("'", "\\'")
    pasted = parse(Secret(f"host={H} password='{escaped}'"))
    assume("placeholder" not in pasted.recognised)
    assert pasted.password == Secret(password)


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://postgres:Xq7zPa9k@h:99999/postgres",
        "postgresql://bob:Xq7zPa9k@h/postgres",
        "postgresql://postgres:Xq7zPa9k@h/Xq7zPa9k",
        "postgresql://postgres:Xq7zPa9k\0@h/postgres",
        "host=h password='Xq7zPa9k",
        "psql 'Xq7zPa9k",
    ],
)
def test_a_refusal_holds_no_secret_in_any_frame(text):
    with pytest.raises(InvalidInput) as caught:
        parse(Secret(text))
    error = caught.value
    found = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert found.stack[0].name.startswith("test_")  # which holds it itself
    del found.stack[0]
    assert "Xq7zPa9k" not in "".join(found.format())
    assert "Xq7zPa9k" not in repr((error.args, vars(error)))
    assert error.__context__ is None


@pytest.mark.parametrize(
    "piece", ["@", "a@", "@/", "%", "'", "=", "x=", "x=y ", "\\", ":", " ", " \n", "' "]
)
def test_a_long_text_takes_no_longer_than_a_blink(piece):
    for start in (
        "postgres://",
        "http://",
        "jdbc:postgresql:",
        "host=h password='",
        "psql ",
        "",
    ):
        text = (start + piece * 16_000)[:16_000]
        began = time.process_time()
        looks_like_one(text)
        _read_text(text)
        assert time.process_time() - began < 3
