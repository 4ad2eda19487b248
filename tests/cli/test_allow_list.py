"""The allow-list command prints the form's texts for a region."""

from __future__ import annotations

import pytest

from lamin_widgets.cli import main
from lamin_widgets.core.regions import REGIONS

WORDS = {
    "addresses": "\n54.157.171.81\n",
    "cidr": "54.157.171.81/32",
    "pg_hba": "scram-sha-256",
    "aws": "aws ec2 authorize-security-group-ingress",
    "gcloud": "gcloud compute firewall-rules create",
    "az": "az network nsg rule create",
    "terraform": 'resource "',
}


@pytest.mark.parametrize(("name", "word"), WORDS.items())
def test_format_has_the_addresses_and_the_port(capsys, name, word):
    options = ("--region", "us-east-1", "--port", "6543")
    assert main(["allow-list", *options, "--format", name]) == 0
    text = capsys.readouterr().out
    assert word in text
    if name in {"aws", "gcloud", "az", "terraform"}:
        assert "6543" in text


@pytest.mark.parametrize("region", REGIONS, ids=lambda region: region.id)
def test_region_is_accepted_by_its_id_and_its_server_name(capsys, region):
    texts = []
    for name in (region.id, region.api_server_name):
        assert main(["allow-list", "--region", name]) == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]
    assert all(f"{address}/32" in texts[0] for address in region.addresses)
