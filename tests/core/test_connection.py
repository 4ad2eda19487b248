"""Host, port, and password become Lamin's URL, and libpq reads the same back."""

from __future__ import annotations

import pickle

import pytest
from doubles.texts import shown_by
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg2.extensions import parse_dsn

from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.secret import Secret
from lamin_widgets.core.url_parts import masked_url

_PASSWORDS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1
)
_LABELS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,20}", fullmatch=True)
_NAMES = (
    st.lists(_LABELS, min_size=1, max_size=4)
    .map(".".join)
    .filter(lambda name: not name.rpartition(".")[2].isdecimal())
)
_HOSTS = (
    _NAMES
    | st.ip_addresses(v=4).map(str)
    | st.ip_addresses(v=6).map(str)
    | st.ip_addresses(v=6).map(lambda address: f"[{address}]")
    | st.ip_addresses(v=6).map(lambda address: f"{address}%eth0")
    | st.sampled_from(["bücher.example", "例え.テスト", "db.example.org."])
)
_PORTS = st.integers(1, 65_535)
FEW = settings(max_examples=50)


@FEW
@given(_HOSTS, _PORTS, _PASSWORDS)
def test_connection_url_is_readable_by_libpq_and_from_url(host, port, password):
    connection = PostgresConnection(host, port, password)
    url = connection.url.reveal()
    assert parse_dsn(url) == {
        "user": "postgres",
        "password": password,
        "host": connection.host,
        "port": str(port),
        "dbname": "postgres",
    }
    assert url.startswith("postgresql://postgres:")
    assert url.endswith(f":{port}/postgres")
    again = PostgresConnection.from_url(connection.url)
    assert again.host.lower() == connection.host.lower()
    assert (again.port, again.password) == (port, connection.password)


@FEW
@given(_HOSTS, _PORTS, _PASSWORDS, _PASSWORDS)
def test_masked_url_does_not_depend_on_the_password(host, port, one, other):
    first, second = (PostgresConnection(host, port, text) for text in (one, other))
    assert first.masked_url == second.masked_url
    start, _, end = first.url.reveal().partition("@")
    assert first.masked_url == f"postgresql://postgres:***@{end}"
    assert start != "postgresql://postgres:***"


@FEW
@given(_NAMES | st.ip_addresses().map(str), _PORTS)
def test_preview_of_a_complete_form_is_the_masked_url(host, port):
    connection = PostgresConnection(host, port)
    assert masked_url(connection.host, port) == connection.masked_url
    assert PostgresConnection(f" {host} \n", f" {port} ") == connection


def test_connection_shows_no_password_and_cannot_be_pickled():
    connection = PostgresConnection("db.example.org", 5432, "Xq7zPa9k")
    assert "Xq7zPa9k" not in f"{connection!r} {connection}"
    with pytest.raises(TypeError):
        pickle.dumps(connection)


@pytest.mark.parametrize("password", ["Xq7z\0Pa9k", "Xq7z\ud800Pa9k"])
def test_password_unusable_in_postgresql_is_refused(password):
    with pytest.raises(InvalidInput) as caught:
        PostgresConnection("h.example", 5432, Secret(password))
    assert (caught.value.cause, caught.value.field) == ("password_unusable", "password")
    assert "Pa9k" not in shown_by(caught)


@pytest.mark.parametrize(
    ("host", "port", "cause", "field"),
    [
        ("  ", 5432, "host_missing", "host"),
        ("h:5432", 5432, "host_malformed", "host"),
        (Secret("db.example.org"), 5432, "connection_string_misplaced", "host"),
        ("postgres://a:b@c/d", 5432, "connection_string_misplaced", "host"),
        ("h", 65_536, "port_invalid", "port"),
        ("h", "Xq7zPa9k", "port_invalid", "port"),
        ("h", ["postgres://a:Xq7zPa9k@c/d"], "port_invalid", "port"),
        ("h", Secret("5432"), "port_invalid", "port"),
    ],
)
def test_unusable_value_is_refused_without_being_shown(host, port, cause, field):
    with pytest.raises(InvalidInput) as caught:
        PostgresConnection(host, port, "x")
    assert (caught.value.cause, caught.value.field) == (cause, field)
    assert "Xq7zPa9k" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        *("", "hello", "postgresql://postgres:x@h.example/postgres"),
        *("postgres://postgres:x@h:1/postgres", "postgresql://bob:x@h:1/postgres"),
        *(
            "postgresql://postgres:x@h:1/sales",
            "postgresql://postgres:x@h:0x1/postgres",
        ),
        *("postgresql://postgres:x@h:1/postgres?a=b", "postgresql://[/postgres"),
        "postgresql://postgres:p%E9@h:1/postgres",
        "postgresql://postgres:a\tb@h:1/postgres",
    ],
)
def test_from_url_accepts_only_the_required_format(url):
    with pytest.raises(InvalidInput) as caught:
        PostgresConnection.from_url(url)
    assert caught.value.cause == "connection_url_malformed"


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://postgres:p@ss@db.example.org/postgres?sslmode=require",
        Secret("Host=db.example.org;Username=postgres;Password=p@ss"),
        '{"host": "db.example.org", "password": "p@ss"}',
    ],
)
def test_from_string_accepts_any_notation(text):
    expected = PostgresConnection("db.example.org", 5432, "p@ss")
    assert PostgresConnection.from_string(text) == expected


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("host=h user=bob password=Xq7zPa9k", "connection_string_user"),
        ("host=h", "password_missing"),
        ("host=h password={your_password}", "password_missing"),
        ("host=h dbname=sales password=Xq7zPa9k", "connection_string_database"),
        ("Xq7zPa9k", "connection_string_unreadable"),
    ],
)
def test_from_string_refuses_a_string_unusable_for_lamin(text, cause):
    with pytest.raises(InvalidInput) as caught:
        PostgresConnection.from_string(text)
    assert caught.value.cause == cause
    assert "Xq7zPa9k" not in shown_by(caught)
