"""Syntax of hosts and ports."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamin_widgets.core import hosts

PROBLEMS = {
    "https://db.example.org": "Remove the scheme (such as https://).",
    "db. example.org": "Remove the space.",
    "db.exam\u200bple.org": "Remove the invisible character.",
    "db.exam\x00ple.org": "Remove the invisible character.",
    "postgres@db.example.org": "Remove the part with the @ sign.",
    "fe80::1%/@evil": "Remove the part with the @ sign.",
    "a.example.org,b.example.org": "Enter one host.",
    "/var/run/postgresql": "Enter a host, not a socket path.",
    "db.example.org/postgres": "Remove the path.",
    "db.example.org?x=1": "Remove the ? or # and what follows.",
    "my-project:us-central1:my-db": "This is a Cloud SQL connection name.",
    "example.com:my-project:europe-west3:my-db": "This is a Cloud SQL connection name.",
    "db.example.org:5432": "Remove the port.",
    "[2606:4700::7]:5433": "Remove the port.",
    "2001:db8::7::1": "Remove the colon, or enter a complete IPv6 address.",
    "fe80::1%eth 0": "Remove the space.",
    "db%2f.example.org": "Remove the % character.",
    "'db.example.org'": "Remove the ' character.",
    "db..example.org": "Remove the extra dot.",
    f"{'a' * 64}.example.org": "The host name is too long.",
    f"{'a.' * 127}a": "The host name is too long.",
    "a" * 10_000: "The host name is too long.",
    "256.1.1.1": "Enter a complete IPv4 address.",
    "10.0.0": "Enter a complete IPv4 address.",
    "5432": "Enter a complete IPv4 address.",
    "0x7f000001": "Enter a complete IPv4 address.",
    "127.0.0.0x1": "Enter a complete IPv4 address.",
}


@pytest.mark.parametrize(("host", "problem"), PROBLEMS.items())
def test_problem_of_a_malformed_host_is_an_instruction(host, problem):
    assert hosts.problem(host).startswith(problem)


@pytest.mark.parametrize(
    "host",
    [
        *("db.example.org", "db.example.org.", "db_1.example.org", "DB.Example.ORG"),
        *("xn--bcher-kva.example", "bücher.example", "localhost", "1.1.1.1", " db "),
        *("2606:4700::1111", "[2606:4700::1111]", "fe80::1%eth0", "::ffff:10.0.0.1"),
        *("db.0xffs.example", "4.example", "a-b.example.org"),
    ],
)
def test_problem_of_a_valid_host_is_empty(host):
    assert hosts.problem(host) == ""


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("10.0.0.1", "10.0.0.1"),
        (" [2606:4700::1111] ", "2606:4700::1111"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        *((name, None) for name in ("db.example.org", "", "10.0.0", "010.0.0.1")),
    ],
)
def test_literal_address_returns_the_address_or_none(host, address):
    found = hosts.literal_address(host)
    assert found == (address and ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("port", "number"),
    [
        *(
            (1, 1),
            ("5432", 5432),
            (" 5432 \n", 5432),
            ("05432", 5432),
            (65_535, 65_535),
        ),
        *((port, None) for port in (0, -1, 65_536, "0", "65536", "", "5432x", "5 432")),
        *((port, None) for port in ("5432.0", "\u0665", "+1", "9" * 5000, 10**20)),
        *((port, None) for port in (None, True, 5432.0, ["5432"], "Xq7zPa9k")),
    ],
    ids=lambda value: repr(value)[:12],
)
def test_port_number_returns_1_to_65535_or_none(port, number):
    assert hosts.port_number(port) == number


@given(st.text(max_size=30) | st.from_regex(r"[\w.\-:\[\]%]{1,30}", fullmatch=True))
def test_problem_quotes_at_most_one_character(host):
    problem = hosts.problem(host)
    assert problem == "" or problem.endswith(".")
    # A shorter one, such as "e s", can be part of the sentence itself.
    assert len(host.strip()) < 10 or host.strip() not in problem


@given(st.ip_addresses())
def test_is_local_is_true_only_for_loopback(address):
    assert hosts.is_local(str(address)) == ipaddress.ip_address(address).is_loopback
    assert hosts.is_local("LOCALHOST.")
    assert not hosts.is_local("localhost.example")
