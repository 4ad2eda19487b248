"""From a host name to a connected socket, within a deadline."""

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
    from lamin_widgets.core.deadline import Deadline

__all__ = ["Address", "connect", "is_public", "reach", "resolve"]

_IN_PROGRESS: Final = {0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY}


@dataclass(frozen=True, slots=True)
class Address:
    """One of the addresses of a host.

    Attributes:
        family: `socket.AF_INET` or `socket.AF_INET6`.
        target: What `socket.connect` takes.
        text: The IP address, with its zone where it has one.
    """

    family: int
    target: tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
    text: str


def resolve(host: str, port: int, patience: Deadline) -> list[Address]:
    """Look up the addresses of a host, in the order to try them.

    Raises:
        DatabaseError: `db_name_unknown`.
        ActionCancelled: The person pressed Cancel.
        DeadlinePassed: The name server does not answer.
    """
    try:
        return _look_up(host, port, socket.AI_NUMERICHOST)
    except OSError:
        pass  # a name, not an address
    try:
        # getaddrinfo has no timeout.
        return patience.call(lambda: _look_up(host, port, 0))
    except (OSError, UnicodeError) as error:
        # UnicodeError: a label longer than DNS allows
        reason = getattr(error, "strerror", None) or "not a valid host name"
    raise DatabaseError(
        f"The name cannot be resolved: {reason}.", cause="db_name_unknown"
    )


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
    addresses: list[Address], patience: Deadline, limit_s: float
) -> tuple[socket.socket, Address]:
    """Connect to the first address that takes the connection, as libpq does.

    Args:
        addresses: What the host resolves to.
        patience: The deadline of the whole.
        limit_s: How long to try each address, in seconds.

    Returns:
        The connected socket, which the caller closes, and its address.

    Raises:
        DatabaseError: `db_refused` or `db_unreachable`, with what each address said.
    """
    problems: dict[str, int] = {}
    for address in addresses:
        channel, code = _try(address, patience, limit_s)
        if channel is not None:
            return channel, address
        problems[address.text] = code
    codes = set(problems.values())
    # An address family this machine has no network for says nothing about the host.
    codes = codes.difference({errno.ENETUNREACH, errno.EADDRNOTAVAIL}) or codes
    refused = codes == {errno.ECONNREFUSED}
    raise DatabaseError(
        "; ".join(f"{text}: {os.strerror(code)}" for text, code in problems.items()),
        cause="db_refused" if refused else "db_unreachable",
    )


def connect(address: Address, patience: Deadline, limit_s: float) -> socket.socket:
    """Open a TCP connection.

    Returns:
        A non-blocking socket.

    Raises:
        OSError: With its errno; `ETIMEDOUT` where `limit_s` passed.
    """
    channel, code = _try(address, patience, limit_s)
    if channel is None:
        raise OSError(code, os.strerror(code))
    return channel


def _try(
    address: Address, patience: Deadline, limit_s: float
) -> tuple[socket.socket | None, int]:
    """Return a connected socket, or None and the errno."""
    with contextlib.ExitStack() as stack:
        channel = stack.enter_context(socket.socket(address.family, socket.SOCK_STREAM))
        channel.setblocking(False)  # noqa: FBT003 - the standard library's signature
        code = channel.connect_ex(address.target)
        if code in _IN_PROGRESS:
            ready = patience.wait(channel, to_write=True, limit_s=limit_s)
            code = errno.ETIMEDOUT
            if ready:
                code = channel.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        # Reset already: it was taken, and ended. The next read shows that.
        if code not in (0, errno.ECONNRESET):
            return None, code
        stack.pop_all()  # it stays open
        return channel, 0


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the internet's.

    Args:
        address: IPv4 or IPv6 address.
    """
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return parsed.is_global
