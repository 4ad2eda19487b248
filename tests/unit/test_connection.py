"""Host, port and password become the guide's URL, and libpq reads the same back."""

from __future__ import annotations

import ipaddress
import pickle
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg2.extensions import parse_dsn

from lamin_widgets.core.connection import PostgresConnection, is_local, masked_url
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.secret import Secret

_PASSWORDS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1
)
_LABELS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,20}", fullmatch=True)
_NAMES = st.lists(_LABELS, min_size=1, max_size=4).map(".".join)
_HOSTS = (
    _NAMES
    | st.ip_addresses(v=4).map(str)
    | st.ip_addresses(v=6).map(str)
    | st.ip_addresses(v=6).map(lambda address: f"[{address}]")
    | st.ip_addresses(v=6).map(lambda address: f"{address}%eth0")
    | st.sampled_from(["bücher.example", "例え.テスト", "db.example.org."])
)
_PORTS = st.integers(1, 65_535)


@given(_HOSTS, _PORTS, _PASSWORDS)
def test_libpq_reads_back_the_same_host_port_and_password(host, port, password):
    connection = PostgresConnection(host, port, password)
    assert parse_dsn(connection.url.reveal()) == {
        "user": "postgres",
        "password": password,
        "host": connection.host,
        "port": str(port),
        "dbname": "postgres",
    }


@given(_HOSTS, _PORTS, _PASSWORDS)
def test_the_url_is_of_the_guides_form_and_reads_back(host, port, password):
    connection = PostgresConnection(host, port, password)
    url = connection.url.reveal()
    assert url.startswith("postgresql://postgres:")
    assert url.endswith(f":{port}/postgres")
    assert url.isascii() or not connection.host.isascii()
    again = PostgresConnection.from_url(connection.url)
    assert again.host.lower() == connection.host.lower()
    assert (again.port, again.password) == (port, connection.password)


@given(_HOSTS, _PORTS, _PASSWORDS, _PASSWORDS)
def test_the_masked_url_does_not_depend_on_the_password(host, port, one, other):
    first, second = (PostgresConnection(host, port, text) for text in (one, other))
    assert first.masked_url == second.masked_url
    assert first.masked_url == first.url.reveal().replace(
        first.url.reveal().split("@")[0], "postgresql://postgres:***"
    )


@given(_NAMES | st.ip_addresses().map(str), _PORTS)
def test_the_preview_of_a_finished_form_is_the_masked_url(host, port):
    connection = PostgresConnection(host, port, "x")
    assert masked_url(connection.host, port) == connection.masked_url


def test_the_preview_names_what_is_missing():
    assert (
        masked_url(" ", "")
        == "postgresql://postgres:***@<your-host>:<your-port>/postgres"
    )


@given(_HOSTS, _PORTS)
def test_spaces_around_the_host_are_taken_off_and_a_password_is_never_trimmed(
    host, port
):
    connection = PostgresConnection(f"  {host} \n", port, " x ")
    assert connection == PostgresConnection(host, port, " x ")
    assert connection.password.reveal() == " x "


@given(_NAMES)
def test_nothing_of_the_password_is_in_its_text_or_its_pickle(host):
    connection = PostgresConnection(host, 5432, "Xq7zPa9k")
    for text in (repr(connection), str(connection), f"{connection}"):
        assert "Xq7zPa9k" not in text
    with pytest.raises(TypeError):
        pickle.dumps(connection)


@pytest.mark.parametrize("password", ["Xq7z\0Pa9k", "Xq7z\ud800Pa9k"])
def test_a_password_that_postgresql_cannot_take_is_refused_with_the_reason(password):
    with pytest.raises(InvalidInput) as caught:
        PostgresConnection("h.example", 5432, Secret(password))
    assert (caught.value.cause, caught.value.field) == ("password_unusable", "password")
    frames = traceback.TracebackException.from_exception(
        caught.value, capture_locals=True
    )
    del frames.stack[0]  # this test holds it
    shown = "".join(frames.format())
    assert "Xq7z" not in shown
    assert "Pa9k" not in shown


@pytest.mark.parametrize(
    ("host", "cause"),
    [
        ("", "host_missing"),
        ("  ", "host_missing"),
        ("h@evil.example", "host_malformed"),
        ("h/x", "host_malformed"),
        ("h:5432", "host_malformed"),
        ("fe80::1%/@evil.example", "host_malformed"),
        ("fe80::1%eth 0", "host_malformed"),
        ("h\u200b.example", "host_malformed"),
        ("h%2f.example", "host_malformed"),
    ],
)
def test_what_is_no_host_is_refused(host, cause):
    with pytest.raises(InvalidInput) as caught:
        PostgresConnection(host, 5432, "x")
    assert (caught.value.cause, caught.value.field) == (cause, "host")


@pytest.mark.parametrize("port", [0, -1, 65_536, "", "x", "5.5", "\u0665", "9" * 5000])
def test_what_is_no_port_is_refused(port):
    with pytest.raises(InvalidInput) as caught:
        PostgresConnection("h.example", port, "x")
    assert (caught.value.cause, caught.value.field) == ("port_invalid", "port")


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
        *(
            "postgresql://postgres:p%E9@h:1/postgres",
            "postgresql://postgres:a\tb@h:1/postgres",
        ),
    ],
)
def test_only_the_guides_own_form_is_read_back(url):
    with pytest.raises(InvalidInput) as caught:
        PostgresConnection.from_url(url)
    assert caught.value.cause == "connection_url_malformed"
    assert "postgresql://postgres:<password>@<host>:<port>/postgres" in str(
        caught.value
    )


@given(st.ip_addresses())
def test_loopback_is_told_from_the_rest(address):
    assert is_local(str(address)) == ipaddress.ip_address(address).is_loopback
    assert is_local("LOCALHOST.")
    assert not is_local("localhost.example")
