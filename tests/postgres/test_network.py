"""Addresses and their kinds."""

from __future__ import annotations

import contextlib
import errno
import socket

import pytest

from lamin_widgets.core.deadline import Deadline, DeadlinePassed
from lamin_widgets.core.errors import DatabaseError
from lamin_widgets.postgres.network import is_loopback, is_public, reach, resolve


@pytest.mark.parametrize(
    ("address", "public", "loopback"),
    [
        ("127.0.0.1", False, True),
        ("127.9.9.9", False, True),
        ("::1", False, True),
        ("::ffff:127.0.0.1", False, True),
        ("10.1.2.3", False, False),
        ("192.168.1.1", False, False),
        ("100.64.0.1", False, False),
        ("169.254.1.1", False, False),
        ("fe80::1%eth0", False, False),
        ("fd00::1", False, False),
        ("::ffff:10.0.0.1", False, False),
        ("::ffff:8.8.8.8", True, False),
        ("8.8.8.8", True, False),
        ("2606:4700::1111", True, False),
        ("0.0.0.0", False, False),
    ],
)
def test_address_is_recognized_as_public_or_loopback(address, public, loopback):
    assert is_public(address) is public
    assert is_loopback(address) is loopback


def test_resolve_returns_each_address_once():
    assert resolve("127.0.0.1") == ["127.0.0.1"]
    assert resolve("::1") == ["::1"]


def test_name_with_thousands_of_addresses_is_cut(monkeypatch):
    addresses = [f"127.0.{i // 250}.{i % 250}" for i in range(4000)]
    found = [(socket.AF_INET, 1, 6, "", (each, 0)) for each in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments: found)
    assert resolve("many.example.org") == addresses[:16]


def test_no_address_is_tried_after_the_deadline(monkeypatch):
    deadline, tried = Deadline(0.1), []

    def time_out(target, _limit_s):
        tried.append(target)
        with contextlib.suppress(DeadlinePassed):
            while True:
                deadline.check()
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", time_out)
    with pytest.raises(DeadlinePassed):
        reach(["127.0.0.1", "127.0.0.2", "127.0.0.3"], 5432, 1, deadline)
    assert tried == [("127.0.0.1", 5432)]


def test_missing_address_family_is_reported_as_ipv6_only(monkeypatch):
    def refuse(*_arguments):
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")

    monkeypatch.setattr(socket, "socket", refuse)
    with pytest.raises(DatabaseError) as caught:
        reach(["::1"], 5432, 1, Deadline(9))
    assert caught.value.cause == "ipv6_only"


def test_silent_address_is_tried_once():
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        assert reach([host], port, 1, Deadline(9)) == host
        with pytest.raises(DatabaseError) as caught:
            reach([host], port, 1, Deadline(9), silent=[host])
    assert caught.value.cause == "db_unreachable"
