"""The allow-list in each format."""

from __future__ import annotations

import ipaddress
import re
import shlex

import pytest

from lamin_widgets.core import regions
from lamin_widgets.core.regions import REGIONS
from lamin_widgets.form.allow_list import FORMATS, allow_list, format_for, note_for
from lamin_widgets.form.providers import provider_of

REGION = REGIONS[0]
MINE = "1.2.3.4"
IPV6 = "2606:4700::1"


@pytest.mark.parametrize("mine", [None, MINE])
@pytest.mark.parametrize("region", REGIONS, ids=lambda region: region.id)
def test_format_has_each_address_of_its_region_and_no_other(region, mine):
    texts = allow_list(region, 6000, mine)
    assert [*texts] == [*FORMATS]
    for text in texts.values():
        found = re.findall(r"\b(?:\d{1,3}\.){3}\d{1,3}\b", text)
        assert set(found) == {*region.addresses, *filter(None, [mine])}
        title, everyone = text.splitlines()[:2]
        assert title.startswith("# Lamin's outbound IP addresses for ")
        assert title.endswith(f"{region.label} as of {regions.AS_OF}")
        assert "Everyone who uses an instance" in everyone
    for label in ("AWS", "Google Cloud", "Azure", "Terraform"):
        assert "6000" in texts[label]


def lines_of(label, *args, **kwargs):
    text = allow_list(REGION, 5432, *args, **kwargs)[label]
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_addresses_and_networks_are_those_of_the_region():
    addresses = [ipaddress.IPv4Address(line) for line in lines_of("Addresses")]
    networks = [ipaddress.IPv4Network(line) for line in lines_of("CIDR")]
    assert [ipaddress.IPv4Network(address) for address in addresses] == networks


@pytest.mark.parametrize(("tls", "kind"), [(True, "hostssl"), (False, "host")])
def test_pg_hba_entries_require_tls_if_the_server_has_it(tls, kind):
    rules = [line.split() for line in lines_of("pg_hba.conf", MINE, tls=tls)]
    assert rules == [
        [kind, "postgres", "postgres", f"{address}/32", "scram-sha-256"]
        for address in (*REGION.addresses, MINE)
    ]
    text = allow_list(REGION, 5432, tls=tls)["pg_hba.conf"]
    assert ("aren't encrypted" in text) is not tls


@pytest.mark.parametrize(
    ("label", "program"), [("AWS", "aws"), ("Google Cloud", "gcloud"), ("Azure", "az")]
)
def test_command_is_valid_shell_with_quoted_placeholders(label, program):
    text = "\n".join(lines_of(label, MINE)).replace("\\\n", " ").strip()
    for line in text.split("\n"):
        assert shlex.split(line)[0] == program
    bare = re.sub(r"'[^']*'", "", text)
    assert not re.search(r"[<>|;&`$]", bare)


@pytest.mark.parametrize(
    ("label", "mine", "text"),
    [
        ("Google Cloud", None, "--authorized-networks='<existing-ranges>',"),
        *(
            (label, IPV6, f"# Not included, because it's IPv6: {IPV6}\n")
            for label in ("Google Cloud", "Azure", "Terraform")
        ),
        ("AWS", IPV6, f"Ipv6Ranges=[{{CidrIpv6={IPV6}/128"),
        ("CIDR", IPV6, f"\n{IPV6}/128"),
        ("Terraform", MINE, f'"this-machine" = "{MINE}"'),
    ],
)
def test_format_has_the_text_for_its_service(label, mine, text):
    found = allow_list(REGION, 5432, mine)[label]
    assert text in found
    assert mine is None or found.count(mine) == 1
    assert found.count("{") == found.count("}")


@pytest.mark.parametrize("mine", ["", "not an address", "$(touch x)", "fe80::1%$(x)"])
def test_this_machine_is_left_out_if_it_is_not_an_address(mine):
    texts = allow_list(REGION, 5432, mine)
    assert "$(" not in "".join(texts.values()).replace("${", "")


@pytest.mark.parametrize(
    ("host", "label"),
    [
        ("x.abc.us-east-1.rds.amazonaws.com", "AWS"),
        ("x.postgres.database.azure.com", "Azure"),
        ("x.abc.us-central1.sql.goog", "Google Cloud"),
        ("x.b.db.ondigitalocean.com", "Addresses"),
        ("db.abc.supabase.co", "CIDR"),
        ("db.example.org", "pg_hba.conf"),
        ("", "pg_hba.conf"),
    ],
)
def test_format_fits_the_provider(host, label):
    assert format_for(provider_of(host)) == label


def test_note_has_the_date_and_mentions_other_users():
    note = note_for(REGION)
    assert regions.AS_OF in note
    assert "Everyone who uses an instance" in note
