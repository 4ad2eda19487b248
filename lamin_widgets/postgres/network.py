"""Name resolution and TCP connections within a deadline."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lamin_widgets.core.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lamin_widgets.core.deadline import Deadline
    from lamin_widgets.core.failures import CauseId

__all__ = [
    "Address",
    "connect",
    "is_loopback",
    "is_public",
    "reach",
    "resolve",
]

_IN_PROGRESS: Final = {0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY}
_NO_IPV6: Final = {errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
"""This machine has no network for the family of an address."""


@dataclass(frozen=True, slots=True)
class Address:
    """One of the addresses of a host.

    Attributes:
        family: `socket.AF_INET` or `socket.AF_INET6`.
        target: The argument for `socket.connect`.
        text: The IP address, with its zone if it has one.
    """

    family: int
    target: tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
    text: str


def resolve(host: str, port: int, deadline: Deadline) -> list[Address]:
    """Return the addresses of a host, in the order to try them.

    Raises:
        DatabaseError: The name can't be resolved (`db_name_unknown`).
        ActionCancelled: The user canceled.
        DeadlinePassed: The name server doesn't respond.
    """
    try:
        return _look_up(host, port, socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        pass  # A name, not an address.
    try:
        # getaddrinfo has no timeout.
        found = deadline.call(lambda: _look_up(host, port, 0))
    except (OSError, UnicodeError) as error:
        # UnicodeError means that a label is longer than DNS allows.
        reason = getattr(error, "strerror", None) or "not a valid host name"
    else:
        if found:
            return found
        reason = "it has no IP address"
    raise DatabaseError(f"Can't resolve the name: {reason}.", cause="db_name_unknown")


def _look_up(host: str, port: int, flags: int) -> list[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    numeric = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
    addresses = (
        Address(family, target, str(socket.getnameinfo(target, numeric)[0]))
        for family, _, _, _, target in found
        if family in (socket.AF_INET, socket.AF_INET6)
    )
    return list(dict.fromkeys(addresses))


def reach(
    addresses: Sequence[Address],
    deadline: Deadline,
    limit_s: float,
    silent: Sequence[Address] = (),
) -> Address:
    """Return the first address that accepts a connection.

    Args:
        addresses: The addresses of the host.
        deadline: The deadline of the whole diagnosis.
        limit_s: How long to try each address, in seconds.
        silent: Addresses that didn't respond before, and aren't tried again.

    Raises:
        DatabaseError: No address accepts the connection, for the reason in `cause`.
    """
    problems = {address.text: errno.ETIMEDOUT for address in silent}
    for address in addresses:
        if address in silent:
            continue
        channel, code = _try(address, deadline, limit_s)
        if channel is not None:
            channel.close()
            return address
        problems[address.text] = code
    raise DatabaseError(
        "; ".join(f"{text}: {os.strerror(code)}" for text, code in problems.items()),
        cause=_cause(addresses, set(problems.values())),
    )


def _cause(addresses: Sequence[Address], codes: set[int]) -> CauseId:
    is_ipv6_only = all(address.family == socket.AF_INET6 for address in addresses)
    if is_ipv6_only and codes <= _NO_IPV6:
        return "ipv6_only"
    # Without a network for a family, its addresses prove nothing about the host.
    codes = codes.difference(_NO_IPV6) or codes
    return "db_refused" if codes == {errno.ECONNREFUSED} else "db_unreachable"


def connect(address: Address, deadline: Deadline, limit_s: float) -> socket.socket:
    """Return a connected, non-blocking socket.

    Raises:
        OSError: With its errno, `ETIMEDOUT` if `limit_s` passed.
    """
    channel, code = _try(address, deadline, limit_s)
    if channel is None:
        raise OSError(code, os.strerror(code))
    return channel


def _try(
    address: Address, deadline: Deadline, limit_s: float
) -> tuple[socket.socket | None, int]:
    """Return a connected socket, or None and the errno."""
    with contextlib.ExitStack() as stack:
        try:
            channel = socket.socket(address.family, socket.SOCK_STREAM)
        except OSError as error:  # IPv6 can be disabled on this machine.
            return None, error.errno or errno.EAFNOSUPPORT
        stack.enter_context(channel)
        channel.setblocking(False)  # noqa: FBT003  # the standard library's signature
        code = channel.connect_ex(address.target)
        if code in _IN_PROGRESS:
            ready = deadline.wait(channel, to_write=True, limit_s=limit_s)
            code = errno.ETIMEDOUT
            if ready:
                code = channel.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        # A reset means that the connection was accepted and closed. Reading shows that.
        if code not in (0, errno.ECONNRESET):
            return None, code
        stack.pop_all()  # Keep the socket open.
        return channel, 0


def is_public(address: str) -> bool:
    """Return whether an IP address belongs to the public internet."""
    return _parsed(address).is_global


def is_loopback(address: str) -> bool:
    """Return whether an IP address is on this machine's loopback interface."""
    return _parsed(address).is_loopback


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    return getattr(parsed, "ipv4_mapped", None) or parsed
