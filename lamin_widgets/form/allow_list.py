"""Firewall rules that let Lamin reach the PostgreSQL server."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final, NamedTuple

from lamin_widgets.core import hosts
from lamin_widgets.core.regions import AS_OF
from lamin_widgets.core.url_parts import DATABASE, USER

if TYPE_CHECKING:
    from collections.abc import Callable

    from lamin_widgets.core.regions import Region
    from lamin_widgets.form.providers import Provider

EVERYONE: Final = (
    "Everyone who uses an instance on this server also needs network access to it."
)


class _Entry(NamedTuple):
    """An IP address to allow, and the description for its rule."""

    address: hosts.IPAddress
    label: str

    @property
    def network(self) -> str:
        return str(ipaddress.ip_network(self.address))


class _List(NamedTuple):
    """The values for all formats."""

    region: Region
    port: int
    entries: list[_Entry]
    tls: bool

    @property
    def ipv4(self) -> list[_Entry]:
        """The entries for services that accept IPv4 only."""
        return [e for e in self.entries if e.address.version == 4]  # noqa: PLR2004  # IPv4

    @property
    def left_out(self) -> str:
        """A comment that lists the entries that aren't IPv4."""
        others = [e.address for e in self.entries if e not in self.ipv4]
        return "".join(
            f"# Not included, because it's IPv6: {each}\n" for each in others
        )


def allow_list(
    region: Region, port: int, this_machine: str | None = None, *, tls: bool = True
) -> dict[str, str]:
    """Return Lamin's outbound IP addresses in the formats of firewalls and PostgreSQL.

    Args:
        region: The region from which Lamin connects.
        port: The PostgreSQL server's TCP port.
        this_machine: This machine's address as the server reports it, to allow it as
            well. Anything that isn't an IP address is ignored.
        tls: Whether the server supports TLS. If not, entries of `pg_hba.conf` begin
            with ``host``.

    Returns:
        Text to copy by the format's label, as in `FORMATS`. Each text begins with a
        comment that has the region and the date. Values to fill in are in angle
        brackets inside quotation marks, so that a shell doesn't read a redirection.
    """
    entries = [
        _Entry(ipaddress.ip_address(text), f"lamin-{region.id}-{number}")
        for number, text in enumerate(region.addresses, start=1)
    ]
    mine = hosts.literal_address(this_machine or "")
    if mine is not None and mine not in {entry.address for entry in entries}:
        entries.append(_Entry(mine, "this-machine"))
    values = _List(region, port, entries, tls)
    # Label each list with its region and date, because users keep copies of it.
    title = f"# {_heading(region)}\n# {EVERYONE}\n"
    return {label: title + write(values) for label, write in FORMATS.items()}


def format_for(provider: Provider | None) -> str:
    """Return the label of the format that fits a provider."""
    return provider.allow_list_format if provider else "pg_hba.conf"


def note_for(region: Region) -> str:
    """Return the sentences to show with the lists of a region."""
    return f"{_heading(region)}. Check the source for changes. {EVERYONE}"


def _heading(region: Region) -> str:
    return f"Lamin's outbound IP addresses for {region.label} as of {AS_OF}"


def _addresses(values: _List) -> str:
    return "\n".join(str(entry.address) for entry in values.entries)


def _cidr(values: _List) -> str:
    return "\n".join(entry.network for entry in values.entries)


def _pg_hba(values: _List) -> str:
    kind = "hostssl" if values.tls else "host"
    lines = ["# Add these entries, then run: SELECT pg_reload_conf();"]
    if not values.tls:
        lines.append("# The server has no TLS, so these connections aren't encrypted.")
    lines += [
        f"{kind:<8} {DATABASE}  {USER}  {entry.network:<20} scram-sha-256"
        for entry in values.entries
    ]
    return "\n".join(lines)


def _aws(values: _List) -> str:
    lists = []
    for version, ranges, key in (
        (4, "IpRanges", "CidrIp"),
        (6, "Ipv6Ranges", "CidrIpv6"),
    ):
        items = ",".join(
            f"{{{key}={entry.network},Description={entry.label}}}"
            for entry in values.entries
            if entry.address.version == version
        )
        lists += [f"{ranges}=[{items}]"] if items else []
    return _command(
        "aws ec2 authorize-security-group-ingress",
        "--group-id '<security-group-id>'",
        f"--ip-permissions 'IpProtocol=tcp,FromPort={values.port},"
        f"ToPort={values.port},{','.join(lists)}'",
    )


def _gcloud(values: _List) -> str:
    sources = ",".join(entry.network for entry in values.ipv4)
    firewall = _command(
        f"gcloud compute firewall-rules create lamin-{values.region.id}-{values.port}",
        "--network='<network>'",
        "--direction=INGRESS",
        f"--allow=tcp:{values.port}",
        f"--source-ranges={sources}",
    )
    return (
        f"{values.left_out}"
        "# Cloud SQL. This replaces the list, so include the current ranges.\n"
        + _command(
            "gcloud sql instances patch '<instance>'",
            f"--authorized-networks='<existing-ranges>',{sources}",
        )
        + "\n\n# PostgreSQL on your own VM, in place of the command above:\n"
        + _comment(firewall)
    )


def _az(values: _List) -> str:
    rules = [
        _command(
            "az postgres flexible-server firewall-rule create",
            "--resource-group '<resource-group>'",
            "--server-name '<server>'",
            f"--name {entry.label}",
            f"--start-ip-address {entry.address} --end-ip-address {entry.address}",
        )
        for entry in values.ipv4
    ]
    group = _command(
        "az network nsg rule create",
        "--resource-group '<resource-group>'",
        "--nsg-name '<network-security-group>'",
        f"--name lamin-{values.region.id}-{values.port}",
        "--priority 200",
        "--direction Inbound",
        "--access Allow",
        "--protocol Tcp",
        f"--destination-port-ranges {values.port}",
        f"--source-address-prefixes {' '.join(e.network for e in values.ipv4)}",
    )
    return (
        f"{values.left_out}"
        "# Flexible server, with Azure CLI 2.86 or later. Before 2.86, use --name for\n"
        "# the server, and --rule-name for the rule.\n"
        + "\n".join(rules)
        + "\n\n# PostgreSQL on your own VM, in place of the commands above:\n"
        + _comment(group)
    )


def _terraform(values: _List) -> str:
    entries = "\n".join(
        f'    "{entry.label}" = "{entry.address}"' for entry in values.ipv4
    )
    aws = _TERRAFORM_AWS.replace("PORT", str(values.port))
    return (
        f"{values.left_out}locals {{\n  lamin_addresses = {{\n{entries}\n  }}\n}}\n\n"
        f"{aws}\n\n"
        "# Cloud SQL, in settings.ip_configuration of google_sql_database_instance:\n"
        f"{_comment(_TERRAFORM_GOOGLE)}\n\n"
        "# Azure Database for PostgreSQL:\n"
        f"{_comment(_TERRAFORM_AZURE)}"
    )


_TERRAFORM_AWS: Final = """\
# Amazon RDS, Aurora, and EC2:
resource "aws_vpc_security_group_ingress_rule" "lamin" {
  for_each          = local.lamin_addresses
  security_group_id = "<security-group-id>"
  description       = each.key
  ip_protocol       = "tcp"
  from_port         = PORT
  to_port           = PORT
  cidr_ipv4         = "${each.value}/32"
}"""
_TERRAFORM_GOOGLE: Final = """\
dynamic "authorized_networks" {
  for_each = local.lamin_addresses
  content {
    name  = authorized_networks.key
    value = "${authorized_networks.value}/32"
  }
}"""
_TERRAFORM_AZURE: Final = """\
resource "azurerm_postgresql_flexible_server_firewall_rule" "lamin" {
  for_each         = local.lamin_addresses
  name             = each.key
  server_id        = "<server-id>"
  start_ip_address = each.value
  end_ip_address   = each.value
}"""


def _command(*parts: str) -> str:
    return " \\\n  ".join(parts)


def _comment(text: str) -> str:
    return "\n".join(f"# {line}" for line in text.split("\n"))


FORMATS: Final[dict[str, Callable[[_List], str]]] = {
    "Addresses": _addresses,
    "CIDR": _cidr,
    "pg_hba.conf": _pg_hba,
    "AWS": _aws,
    "Google Cloud": _gcloud,
    "Azure": _az,
    "Terraform": _terraform,
}
"""The functions that write the formats, by the format's label."""
