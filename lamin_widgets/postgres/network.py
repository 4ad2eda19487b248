"""Name resolution and TCP connections. `resolve` and `reach` block."""

from __future__ import annotations

import errno
import os
import socket
from typing import TYPE_CHECKING, Final

from lamin_widgets.core.errors import DatabaseError
from lamin_widgets.core.hosts import literal_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lamin_widgets.core.deadline import Deadline
    from lamin_widgets.core.failures import CauseId

_MOST_ADDRESSES: Final = 16
"""The number of a host's addresses that are tried, more than any real host has."""
_NO_IPV6: Final = {errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
"""Errors if this machine has no network for an address family, such as IPv6."""


def resolve(host: str) -> list[str]:
    """Return the IP addresses of a host, in the order to try them.

    Raises:
        DatabaseError: `db_name_unknown` if the name can't be resolved.
    """
    try:
        found = _look_up(host)
    except (OSError, UnicodeError) as error:
        # Python raises UnicodeError if a label is longer than DNS allows.
        reason = getattr(error, "strerror", None) or "not a valid host name"
    else:
        if found:
            return found
        reason = "it has no IP address"
    raise DatabaseError(f"Can't resolve the name: {reason}.", cause="db_name_unknown")


def _look_up(host: str) -> list[str]:
    numeric = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
    found = (
        str(socket.getnameinfo(target, numeric)[0])  # with the zone of IPv6
        for family, _, _, _, target in socket.getaddrinfo(host, 0)
        if family in (socket.AF_INET, socket.AF_INET6)
    )
    return list(dict.fromkeys(found))[:_MOST_ADDRESSES]


def reach(
    addresses: Sequence[str],
    port: int,
    limit_s: float,
    deadline: Deadline,
    silent: Sequence[str] = (),
) -> str:
    """Return the first address that accepts a connection.

    Args:
        addresses: The addresses of the host.
        port: The port.
        limit_s: Seconds to wait for each address.
        deadline: No further address is tried after this.
        silent: Addresses to skip, because they didn't respond before.

    Raises:
        DatabaseError: If no address accepts a connection, for the reason in `cause`.
        ActionCancelled: If the user canceled.
        DeadlinePassed: If the time is up.
    """
    problems = dict.fromkeys(silent, errno.ETIMEDOUT)
    for address in addresses:
        if address in silent:
            continue
        deadline.check()
        try:
            socket.create_connection((address, port), limit_s).close()
        except ConnectionResetError:
            return address  # The server accepted the connection, and then closed it.
        except OSError as error:
            problems[address] = error.errno or errno.ETIMEDOUT
        else:
            return address
    raise DatabaseError(
        "; ".join(f"{text}: {os.strerror(code)}" for text, code in problems.items()),
        cause=_cause(addresses, set(problems.values())),
    )


def _cause(addresses: Sequence[str], codes: set[int]) -> CauseId:
    if all(":" in address for address in addresses) and codes <= _NO_IPV6:
        return "ipv6_only"
    # If this machine has no network for a family, errors of that family prove nothing
    # about the host.
    codes = codes.difference(_NO_IPV6) or codes
    return "db_refused" if codes == {errno.ECONNREFUSED} else "db_unreachable"


def is_public(address: str) -> bool:
    """Return whether an IP address belongs to the public internet."""
    parsed = literal_address(address)
    return parsed is not None and parsed.is_global


def is_loopback(address: str) -> bool:
    """Return whether an IP address is on this machine's loopback interface."""
    parsed = literal_address(address)
    return parsed is not None and parsed.is_loopback
