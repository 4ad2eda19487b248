"""Warnings and infos: what may be wrong, said before anything is sent. None blocks."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

from lamin_widgets.core import hosts
from lamin_widgets.core.api_urls import is_hosted, normalize_api_url
from lamin_widgets.core.connection import DEFAULT_PORT, is_local, parse_port
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.regions import REGIONS, find
from lamin_widgets.form.draft import Draft, Fix, Message

__all__ = [
    "host_idn",
    "host_service",
    "host_unreachable",
    "password_space",
    "port_of_other",
    "port_of_pooler",
    "region_has_own_api",
    "region_unknown",
    "usual_port",
]

_POOLERS: Final = {
    6543: "Supabase's pooler",
    6432: "PgBouncer",
    25061: "DigitalOcean's pooler",
}
_OTHERS: Final = {
    22: "SSH",
    80: "the web (http)",
    443: "the web (https)",
    1433: "SQL Server",
    1521: "Oracle",
    3306: "MySQL",
    6379: "Redis",
    27017: "MongoDB",
}


def _usable_host(draft: Draft) -> str:
    host = draft.host.strip()
    return "" if hosts.problem(host) else host


def _port(draft: Draft) -> int:
    try:
        return parse_port(draft.port)
    except InvalidInput:
        return 0


def host_unreachable(draft: Draft) -> Message | None:
    """Warn of a host that Lamin's cloud cannot reach; other APIs may be near it."""
    host = _usable_host(draft)
    kind = hosts.unreachable_from_cloud(host) if host else ""
    stands_in = draft.sandbox and not is_local(host)
    if not kind or not (stands_in or is_hosted(draft.api_url)):
        return None
    return Message(
        "warning",
        "host_unreachable",
        f"Lamin's cloud cannot reach this host: it is {kind}. Enter its public name or "
        "address, or the API URL of an on-premises Lamin.",
    )


def host_service(draft: Draft) -> Message | None:
    """Tell what is known of the managed service that runs this host."""
    host = _usable_host(draft)
    known = hosts.known_service(host) if host else None
    return Message("warning", f"host_{known[0]}", known[1]) if known else None


def host_idn(draft: Draft) -> Message | None:
    """Offer an international name as it is on the wire."""
    host = _usable_host(draft)
    if host.isascii():
        return None
    try:
        wire = host.encode("idna").decode()
    except UnicodeError:
        return None
    if hosts.problem(wire):  # ² is 2 on the wire
        return None
    return Message(
        "warning",
        "host_idn",
        "PostgreSQL's tools look this name up as it is written, and may not find it.",
        (Fix(f"Use {wire}", {"host": wire}),),
    )


def usual_port(draft: Draft) -> tuple[Fix, ...]:
    """Offer PostgreSQL's own port, which is never that of a sandbox."""
    if draft.sandbox or _port(draft) == DEFAULT_PORT:
        return ()
    return (Fix(f"Use {DEFAULT_PORT}", {"port": DEFAULT_PORT}),)


def port_of_pooler(draft: Draft) -> Message | None:
    """Warn of a port on which a connection pooler usually listens."""
    port = _port(draft)
    pooled = "-pooler." in _usable_host(draft)
    if port not in _POOLERS and not pooled:
        return None
    what = f"the port of {_POOLERS[port]}" if port in _POOLERS else "a pooler"
    return Message(
        "warning",
        "port_pooler",
        f"This looks like {what}. Lamin sets up databases, which needs a direct "
        "connection to PostgreSQL.",
        usual_port(draft),
    )


def port_of_other(draft: Draft) -> Message | None:
    """Warn of a port that belongs to something else."""
    other = _OTHERS.get(_port(draft))
    if other is None:
        return None
    return Message(
        "warning",
        "port_other",
        f"This is the usual port of {other}. PostgreSQL's is 5432.",
        usual_port(draft),
    )


def password_space(draft: Draft) -> Message | None:
    """Warn of spaces around the password, which is never trimmed."""
    if not draft.has_password or not draft.password_has_outer_space:
        return None
    return Message(
        "warning",
        "password_space",
        "The password begins or ends with a space. It is sent as it is.",
    )


def region_unknown(draft: Draft) -> Message | None:
    """Warn of a region that is not published, and offer the nearest that is."""
    name = draft.api_server_name.strip()
    if not name or find(name):
        return None
    ids = {region.id: region.api_server_name for region in REGIONS}
    names = list(ids.values())
    near = [ids[i] for i in ids if i in name.lower()]
    near += get_close_matches(name.lower(), names, n=1)
    cloud = draft.sandbox or is_hosted(draft.api_url)
    fixes = [Fix(f"Use {match}", {"api_server_name": match}) for match in near[:1]]
    published = "" if fixes else f": {', '.join(names)}"
    return Message(
        "warning" if cloud else "info",
        "region_unknown",
        f"Not one of the regions that Lamin publishes{published}. It is sent as it is.",
        tuple(fixes),
    )


def region_has_own_api(draft: Draft) -> Message | None:
    """Offer the region's own API. It is never switched by itself."""
    region = find(draft.api_server_name)
    if region is None or not is_hosted(draft.api_url):
        return None
    if normalize_api_url(draft.api_url) == region.api_url:
        return None
    return Message(
        "info",
        "region_api",
        f"Lamin publishes an API of its own for {region.label}. It is not chosen by "
        "itself, because the password goes there.",
        (Fix(f"Use {region.api_url}", {"api_url": region.api_url}),),
    )
