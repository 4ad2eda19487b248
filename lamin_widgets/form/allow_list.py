"""What to enter in a firewall, so that Lamin reaches the PostgreSQL server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lamin_widgets.core.connection import DATABASE, USER, parse_port
from lamin_widgets.core.regions import AS_OF

if TYPE_CHECKING:
    from lamin_widgets.core.regions import Region

__all__ = ["allow_list"]


def allow_list(region: Region, port: int) -> dict[str, str]:
    """Return Lamin's addresses in the notations that firewalls and PostgreSQL take.

    Args:
        region: The region from which Lamin connects.
        port: The PostgreSQL server's TCP port.

    Returns:
        Copyable texts under "Addresses", "CIDR", "pg_hba.conf", "aws", "gcloud" and
        "az", each below a comment with the region and the date. What the person has
        to fill in stands in angle brackets, inside quotes, so that a shell does not
        take it for a redirection.

    Raises:
        InvalidInput: If the port is not from 1 to 65535.
    """
    port = parse_port(port)
    networks = [f"{address}/32" for address in region.addresses]
    texts = {
        "Addresses": "\n".join(region.addresses),
        "CIDR": "\n".join(networks),
        "pg_hba.conf": _pg_hba(networks),
        "aws": _aws(region, port, networks),
        "gcloud": _gcloud(region, port, networks),
        "az": _az(region, port, networks),
    }
    # A list that was copied is found again in a year: for where, and how old is it?
    title = f"# Lamin, {region.label}, as of {AS_OF}"
    return {name: f"{title}\n{text}" for name, text in texts.items()}


def _pg_hba(networks: list[str]) -> str:
    rules = [
        f"hostssl  {DATABASE}  {USER}  {network:<20}scram-sha-256"
        for network in networks
    ]
    return "\n".join(
        (
            "# Reload with: SELECT pg_reload_conf();",
            "# Where the server has no TLS, write host in place of hostssl: the",
            "# connection is then not encrypted.",
            *rules,
        )
    )


def _aws(region: Region, port: int, networks: list[str]) -> str:
    ranges = ",".join(
        f"{{CidrIp={network},Description=lamin-{region.id}}}" for network in networks
    )
    return _command(
        "aws ec2 authorize-security-group-ingress",
        "--group-id '<security-group-id>'",
        f"--ip-permissions 'IpProtocol=tcp,FromPort={port},ToPort={port},"
        f"IpRanges=[{ranges}]'",
    )


def _gcloud(region: Region, port: int, networks: list[str]) -> str:
    sources = ",".join(networks)
    firewall = _command(
        f"gcloud compute firewall-rules create lamin-{region.id}-{port}",
        "--network='<network>'",
        "--direction=INGRESS",
        f"--allow=tcp:{port}",
        f"--source-ranges={sources}",
    )
    return (
        f"{firewall}\n\n"
        "# Cloud SQL instead (this replaces its list: repeat what is there already):\n"
        "# gcloud sql instances patch '<instance>' "
        f"--authorized-networks={sources}"
    )


def _az(region: Region, port: int, networks: list[str]) -> str:
    rule = _command(
        "az network nsg rule create",
        "--resource-group '<resource-group>'",
        "--nsg-name '<network-security-group>'",
        f"--name lamin-{region.id}-{port}",
        "--priority 200",
        "--direction Inbound",
        "--access Allow",
        "--protocol Tcp",
        f"--destination-port-ranges {port}",
        f"--source-address-prefixes {' '.join(networks)}",
    )
    flexible = [
        "# az postgres flexible-server firewall-rule create "
        "--resource-group '<resource-group>' --name '<server>' "
        f"--rule-name lamin-{number} "
        f"--start-ip-address {address} --end-ip-address {address}"
        for number, address in enumerate(region.addresses, start=1)
    ]
    return "\n".join(
        (
            rule,
            "",
            "# Azure Database for PostgreSQL flexible server instead:",
            *flexible,
        )
    )


def _command(*parts: str) -> str:
    return " \\\n  ".join(parts)
