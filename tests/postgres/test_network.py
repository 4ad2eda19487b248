"""Addresses and their kinds."""

from __future__ import annotations

import contextlib
import errno
import socket

import pytest

from lamin_widgets.core.deadline import Deadline
from lamin_widgets.core.errors import DatabaseError
from lamin_widgets.postgres.network import (
    Address,
    connect,
    is_loopback,
    is_public,
    reach,
    resolve,
)


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
def test_kind_of_an_address(address, public, loopback):
    assert is_public(address) is public
    assert is_loopback(address) is loopback


def test_address_needs_no_lookup():
    addresses = resolve("127.0.0.1", 5432, Deadline(1))
    assert [(each.family, each.text) for each in addresses] == [
        (socket.AF_INET, "127.0.0.1")
    ]
    assert resolve("::1", 5432, Deadline(1))[0].family == socket.AF_INET6


def test_family_that_the_system_does_not_have(monkeypatch):
    def refuse(*_arguments):
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")

    addresses = resolve("::1", 5432, Deadline(1))
    monkeypatch.setattr(socket, "socket", refuse)
    with pytest.raises(DatabaseError) as caught:
        reach(addresses, Deadline(1), 1)
    assert caught.value.cause == "ipv6_only"


def test_silent_address_is_not_tried_again():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = resolve("127.0.0.1", server.getsockname()[1], Deadline(1))[0]
        assert reach([address], Deadline(1), 1) == address
        with pytest.raises(DatabaseError) as caught:
            reach([address], Deadline(1), 1, silent=[address])
    assert caught.value.cause == "db_unreachable"


def test_address_that_drops_packets():
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        target = server.getsockname()
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.settimeout(0)
            filler.connect_ex(target)
        with pytest.raises(DatabaseError) as caught:
            reach(resolve(*target, Deadline(1)), Deadline(5), 0.1)
    assert caught.value.cause == "db_unreachable"


def test_connect_raises_the_errno():
    with socket.create_server(("127.0.0.1", 0)) as server:
        target = server.getsockname()
    with pytest.raises(ConnectionRefusedError):
        connect(Address(socket.AF_INET, target, "127.0.0.1"), Deadline(1), 1)
