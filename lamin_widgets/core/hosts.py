"""Syntax of host names, IP addresses, and ports, without name resolution."""

from __future__ import annotations

import ipaddress
import re
from typing import Final, TypeAlias

IPAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

HIGHEST_PORT: Final = 65535

_LONGEST_LABEL: Final = 63
_LONGEST_NAME: Final = 253
_LONGEST_LOOKED_AT: Final = 1024
# `re` compiles these patterns at their first use, because compiling them is slow.
_FORBIDDEN: Final = r"[\\%'\"<>\[\]{}|^`*!$&();=+~]"
_ZONE: Final = r"(?a)[\w.-]+"
_NUMBER: Final = r"\d+|0[xX][0-9a-fA-F]*"
CLOUD_SQL_NAME: Final = r"[a-z][\w.:-]+:[a-z]+-[a-z]+\d+:[\w-]+"


def problem(host: str) -> str:
    """Return an instruction to correct a host, or "" if the host is valid.

    Args:
        host: DNS name, or IPv4 or IPv6 address with or without brackets.

    Returns:
        A sentence that quotes at most one character of the host, or "".
    """
    name = host.strip()
    if len(name) > _LONGEST_LOOKED_AT:
        return "The host name is too long."
    return _foreign_part(name) or _colon_problem(name) or _name_problem(name)


def _foreign_part(name: str) -> str:
    for found, sentence in (
        ("://" in name, "Remove the scheme (such as https://)."),
        (any(char.isspace() for char in name), "Remove the space."),
        (
            not name.isprintable(),
            "Remove the invisible character. Typing the host again is easiest.",
        ),
        ("@" in name, "Remove the part with the @ sign."),
        ("," in name or ";" in name, "Enter one host."),
        (
            name.startswith("/"),
            "Enter a host, not a socket path. Lamin connects over TCP.",
        ),
        ("/" in name, "Remove the path."),
        ("?" in name or "#" in name, "Remove the ? or # and what follows."),
    ):
        if found:
            return sentence
    return ""


def _colon_problem(name: str) -> str:
    """Distinguish an IPv6 address from a host with a port."""
    if ":" not in name:
        return ""
    bare = name[1:-1] if name.startswith("[") and name.endswith("]") else name
    if _is_ipv6(bare):
        return ""
    if re.fullmatch(CLOUD_SQL_NAME, name):
        return (
            "This is a Cloud SQL connection name. Enter the instance's public IP "
            "address."
        )
    if re.fullmatch(r"(\[[^\]]*\]|[^:\[\]]*):\d*", name):
        return "Remove the port."
    return "Remove the colon, or enter a complete IPv6 address."


def _is_ipv6(text: str) -> bool:
    address, percent, zone = text.partition("%")
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return False
    return not percent or re.fullmatch(_ZONE, zone) is not None


def _name_problem(name: str) -> str:
    if ":" in name:
        return ""
    strange = re.search(_FORBIDDEN, name)
    if strange:
        return f"Remove the {strange[0]} character."
    labels = name.removesuffix(".").split(".")
    if not all(labels):
        return "Remove the extra dot."
    # These limits are for ASCII. In DNS, an international name is longer still.
    if len(name) > _LONGEST_NAME or max(map(len, labels)) > _LONGEST_LABEL:
        return "The host name is too long."
    # Resolvers read a name that ends in a number as an IPv4 address (RFC 1123).
    if re.fullmatch(_NUMBER, labels[-1]) and literal_address(name) is None:
        return "Enter a complete IPv4 address."
    return ""


def literal_address(host: str) -> IPAddress | None:
    """Return a host as an IP address, or None if it's a name.

    Brackets and an IPv6 zone are accepted. An IPv4-mapped address is returned as IPv4.
    """
    bare = host.strip().strip("[]").partition("%")[0]
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_local(host: str) -> bool:
    """Return whether a host is this machine's loopback interface."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def port_number(port: object) -> int | None:
    """Return a port as a number from 1 to 65535, or None if it isn't one.

    Args:
        port: A number, or text with or without spaces around it.
    """
    if isinstance(port, str):
        text = port.strip()
        if not (text.isascii() and text.isdigit()):
            return None
        port = int(text.lstrip("0")[:6] or 0)
    if isinstance(port, int) and not isinstance(port, bool):
        return port if 1 <= port <= HIGHEST_PORT else None
    return None
