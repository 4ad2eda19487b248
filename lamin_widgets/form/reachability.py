"""Recognition of hosts that the internet, and so Lamin's cloud, can't reach."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from lamin_widgets.core import hosts

_NAMES: Final[tuple[tuple[str, str], ...]] = (
    (r"(.*\.)?localhost|.*\.localdomain", "the local machine (loopback)"),
    (r".*\.(svc|svc\..*|cluster\.local)", "a Kubernetes name"),
    (
        r".*\.(local|internal|intranet|lan|home|corp|private|test|home\.arpa)",
        "a private network name",
    ),
    # Clouds
    (r".*\.proxy-[^.]+\.[^.]+\.rds\.amazonaws\.com(\.cn)?", "an RDS Proxy endpoint"),
    (r".*\.vpce\.amazonaws\.com(\.cn)?", "an AWS PrivateLink name"),
    (
        r".*\.private(link)?\..*\.(azure\.com|usgovcloudapi\.net|chinacloudapi\.cn)",
        "an Azure private network name",
    ),
    (r".*\.(sql|alloydb)-ps[ac]\.goog", "a Google Cloud private network name"),
    (r"private-.*\.db\.ondigitalocean\.com", "a DigitalOcean VPC name"),
    (r"private-.*\.horizon\.psdb\.cloud", "a PlanetScale private network name"),
    (r".*\.private\.databases\.appdomain\.cloud", "an IBM Cloud private network name"),
    (r".*\.(flycast|flympg\.net)|.*\.nearest\.of\..*", "a Fly.io private network name"),
    # Clusters and VPNs
    (r".*\.consul", "a Consul name"),
    (r".*\.(ts\.net|beta\.tailscale\.net)", "a Tailscale name"),
    (r".*\.netbird\.cloud", "a NetBird name"),
    (r".*\.onion", "a Tor name"),
    # Reserved: RFC 2606 and 6761
    (r".*\.(invalid|alt)", "a reserved name"),
)
"""Patterns of names that don't resolve on the internet, or resolve to a private
address, with their descriptions. The first match counts."""


def private_reason(host: str) -> str:
    """Return the reason why the internet can't reach a host, or "".

    An IPv6 address that contains an IPv4 address (mapped, NAT64, 6to4, or Teredo) is
    treated like the IPv4 address.

    Args:
        host: A host name, or an IP address with or without brackets and zone.

    Returns:
        A noun phrase such as "a private address", or "" if the host is probably public.
    """
    address = hosts.literal_address(host)
    if address is not None:
        return _address_reason(_embedded_ipv4(address) or address)
    name = host.strip().lower().rstrip(".")
    # The patterns aren't compiled at import, because that would slow down the display
    # of the form.
    found = next((what for pattern, what in _NAMES if re.fullmatch(pattern, name)), "")
    if not found and "." not in name:
        return "a name that only resolves on a local network"
    return found


_NETWORKS: Final = tuple(
    (ipaddress.ip_network(network), what)
    for network, what in (
        ("100.64.0.0/10", "a shared address (carrier-grade NAT or Tailscale)"),
        ("192.0.2.0/24", "an address for documentation"),
        ("198.51.100.0/24", "an address for documentation"),
        ("203.0.113.0/24", "an address for documentation"),
        ("2001:db8::/32", "an address for documentation"),
        ("3fff::/20", "an address for documentation"),
        ("fec0::/10", "a private address"),
    )
)


def _address_reason(ip: hosts.IPAddress) -> str:
    for network, what in _NETWORKS:
        if ip in network:
            return what
    for found, what in (
        (ip.is_loopback or ip.is_unspecified, "the local machine (loopback)"),
        (ip.is_link_local, "a link-local address"),
        (ip.is_multicast, "a multicast address"),
        (ip.is_private, "a private address"),
        (not ip.is_global, "not a public address"),
    ):
        if found:
            return what
    return ""


_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


def _embedded_ipv4(address: hosts.IPAddress) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 address contains, or None."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address.sixtofour
