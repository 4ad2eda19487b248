"""What can be told from a host alone: whether it is one, and what is known of it."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import Final

__all__ = ["is_lamin", "known_service", "problem", "unreachable_from_cloud"]

_LONGEST_LABEL: Final = 63
_LONGEST_NAME: Final = 253
_FORBIDDEN: Final = re.compile(r"[\\%'\"<>\[\]{}|^`*!$&();=+~]")
_ZONE: Final = re.compile(r"[\w.-]+", re.ASCII)
_CLOUD_SQL_NAME: Final = re.compile(r"[a-z][\w.-]+:[a-z]+-[a-z]+\d+:[\w-]+")
_PRIVATE_ENDINGS: Final = (
    *(".local", ".internal", ".lan", ".localhost", ".localdomain", ".home"),
    *(".corp", ".intranet", ".private", ".home.arpa"),
)


def problem(host: str) -> str:
    """Say what makes a text unusable as a host: "it has a port".

    Args:
        host: DNS name, IPv4 or IPv6 address, with or without brackets.

    Returns:
        A clause that quotes one character at most, or "" if there is no problem.
    """
    name = host.strip()
    return _foreign_part(name) or _colon_problem(name) or _name_problem(name)


def _foreign_part(name: str) -> str:
    for found, clause in (
        ("://" in name, "it has a scheme, such as https://"),
        (any(char.isspace() for char in name), "it has a space in it"),
        (any(map(_invisible, name)), "it has an invisible character in it"),
        ("@" in name, "it has an @ in it"),
        ("," in name or ";" in name, "it names several hosts"),
        (name.startswith("/"), "it is a path; Lamin connects over TCP"),
        ("/" in name, "it has a path"),
        ("?" in name or "#" in name, "it has a ? or # in it"),
    ):
        if found:
            return clause
    return ""


def _invisible(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _colon_problem(name: str) -> str:
    """Tell an IPv6 address from a host with a port."""
    if ":" not in name:
        return ""
    bare = name[1:-1] if name.startswith("[") and name.endswith("]") else name
    if _is_ipv6(bare):
        return ""
    if _CLOUD_SQL_NAME.fullmatch(name):
        return "it is Cloud SQL's connection name; enter the instance's IP address"
    if re.fullmatch(r"(\[.*\]|[^:\[\]]*):\d*", name):
        return "it has a port"
    return "it has a colon, and is no IPv6 address"


def _is_ipv6(text: str) -> bool:
    address, percent, zone = text.partition("%")
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return False
    return not percent or _ZONE.fullmatch(zone) is not None


def _name_problem(name: str) -> str:
    if ":" in name:
        return ""
    strange = _FORBIDDEN.search(name)
    if strange:
        return f"it has the character {strange[0]} in it"
    labels = name.removesuffix(".").split(".")
    if not all(labels):
        return "it has an empty part between two dots"
    # An international name is longer on the wire than it is written.
    if len(name) > _LONGEST_NAME or max(map(len, labels)) > _LONGEST_LABEL:
        return "it is longer than a host name can be"
    if labels[-1].isdecimal() and _address(name) is None:
        return "it is a number, and no complete IPv4 address"
    return ""


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(name.strip().strip("[]").partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def unreachable_from_cloud(host: str) -> str:
    """Say why a host cannot be reached from the internet.

    Args:
        host: A host without a `problem`.

    Returns:
        A clause such as "a private address", or "" if it may well be reachable.
    """
    name = host.strip().lower().rstrip(".")
    address = _address(name)
    if address is not None:
        return _kind(address)
    if name == "localhost" or name.endswith(".localhost"):
        return "this machine itself"
    if name.endswith(_PRIVATE_ENDINGS):
        return "a name inside a private network"
    if name and "." not in name:
        return "a name without a domain, known on a local network only"
    return ""


def _kind(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    if address.is_loopback or address.is_unspecified:
        return "this machine itself"
    if address.is_link_local:
        return "an address of the local link"
    if address.is_private:
        return "a private address"
    return "" if address.is_global else "not a public address"


_RIGHTS: Final = (
    "Lamin's guide asks for superuser rights; whether these suffice is not documented."
)
_SERVICES: Final = (
    (
        "supabase_pooler",
        r"\.pooler\.supabase\.com$",
        (
            "Supabase's pooler wants the user postgres.<project>, and Lamin "
            "connects as postgres. Use the direct connection, "
            "db.<project>.supabase.co."
        ),
    ),
    (
        "supabase",
        r"\.supabase\.(co|com)$",
        (
            f"On Supabase, postgres is not a superuser. {_RIGHTS} The direct "
            "connection has an IPv6 address only, unless the project has the IPv4 "
            "add-on."
        ),
    ),
    (
        "neon",
        r"\.neon\.(tech|build)$",
        (
            "Neon's default user is neondb_owner, and Lamin connects as postgres: "
            "create that role, and a database postgres. It can be neon_superuser. "
            f"{_RIGHTS}"
        ),
    ),
    (
        "rds_reader",
        r"\.cluster-ro-[^.]+\.[^.]+\.rds\.amazonaws\.com(\.cn)?$",
        (
            "This is Aurora's reader endpoint, which cannot be written to. Use the "
            "cluster's writer endpoint."
        ),
    ),
    (
        "rds",
        r"\.rds\.amazonaws\.com(\.cn)?$",
        (
            "On RDS and Aurora, the master user (postgres, unless another name was "
            f"chosen) has rds_superuser. {_RIGHTS} The instance has to be publicly "
            "accessible."
        ),
    ),
    (
        "azure",
        r"\.postgres\.database\.(azure\.com|usgovcloudapi\.net|chinacloudapi\.cn)$",
        (
            "On Azure, the administrator has the name chosen when the server was "
            f"made, and azure_pg_admin. Lamin connects as postgres. {_RIGHTS}"
        ),
    ),
    (
        "cloud_sql",
        r"\.sql(-psc)?\.goog$",
        (
            f"On Cloud SQL, postgres has cloudsqlsuperuser. {_RIGHTS} The instance "
            "needs a public IP address."
        ),
    ),
)


def known_service(host: str) -> tuple[str, str] | None:
    """Return what is known of a managed service, told by its host names.

    Args:
        host: A host without a `problem`.

    Returns:
        Short id and sentences for people, or None.
    """
    name = host.strip().lower().rstrip(".")
    for service, pattern, text in _SERVICES:
        if re.search(pattern, name):
            return service, text
    return None


def is_lamin(host: str) -> bool:
    """Tell whether `host` is one of Lamin's own, which run in its cloud."""
    name = host.strip().lower().rstrip(".")
    return name == "lamin.ai" or name.endswith(".lamin.ai")
