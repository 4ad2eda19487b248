"""What to enter in a firewall, in the notation that it takes."""

from __future__ import annotations

import ipaddress
import re
import shlex

import pytest

from lamin_widgets.core import regions
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.regions import REGIONS
from lamin_widgets.form.allow_list import allow_list


@pytest.mark.parametrize("region", REGIONS, ids=lambda region: region.id)
def test_every_notation_names_each_address_of_the_region_and_no_other(region):
    texts = allow_list(region, 6000)
    assert set(texts) == {"Addresses", "CIDR", "pg_hba.conf", "aws", "gcloud", "az"}
    for text in texts.values():
        found = re.findall(r"\b(?:\d{1,3}\.){3}\d{1,3}\b", text)
        assert set(found) == set(region.addresses)
        title = text.splitlines()[0]
        assert title == f"# Lamin, {region.label}, as of {regions.AS_OF}"
    for name in ("aws", "gcloud", "az"):
        assert "6000" in texts[name]


def test_the_lists_are_addresses_and_networks():
    texts = allow_list(REGIONS[0], 5432)
    listed = {name: text.splitlines()[1:] for name, text in texts.items()}
    addresses = [ipaddress.IPv4Address(a) for a in listed["Addresses"]]
    networks = [ipaddress.IPv4Network(n) for n in listed["CIDR"]]
    assert [ipaddress.IPv4Network(a) for a in addresses] == networks
    assert all(address.is_global for address in addresses)


def test_pg_hba_lines_are_for_the_required_user_and_database():
    lines = allow_list(REGIONS[0], 5432)["pg_hba.conf"].splitlines()
    rules = [line.split() for line in lines if not line.startswith("#")]
    assert rules == [
        ["hostssl", "postgres", "postgres", f"{address}/32", "scram-sha-256"]
        for address in REGIONS[0].addresses
    ]


@pytest.mark.parametrize("name", ["aws", "gcloud", "az"])
def test_a_command_is_one_line_of_shell_whose_placeholders_are_quoted(name):
    text = allow_list(REGIONS[0], 5432)[name].replace("\\\n", " ")
    words = shlex.split(text, comments=True)
    assert words[0] == name
    bare = re.sub(r"'[^']*'", "", text)
    assert not re.search(r"[<>|;&`$]", bare)


def test_a_port_that_is_none_is_refused():
    with pytest.raises(InvalidInput):
        allow_list(REGIONS[0], 0)


def test_the_table_says_where_it_is_from_and_when():
    assert regions.SOURCE.startswith("https://docs.lamin.ai/")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", regions.AS_OF)
    assert len({region.id for region in REGIONS}) == len(REGIONS) == 4
