"""The table of Lamin's regions."""

from __future__ import annotations

import ipaddress
import re

import pytest

from lamin_widgets.core import regions
from lamin_widgets.core.api_urls import normalize_api_url
from lamin_widgets.core.regions import PUBLISHED_API_URLS, REGIONS


def test_regions_are_complete_and_distinct():
    for values in zip(*((r.id, r.label, r.api_url) for r in REGIONS), strict=True):
        assert len(set(values)) == len(REGIONS)
    assert not all(region.inferred for region in REGIONS)


@pytest.mark.parametrize("region", REGIONS, ids=lambda region: region.id)
def test_region_has_valid_values(region):
    assert normalize_api_url(region.api_url) == region.api_url
    assert region.api_url in PUBLISHED_API_URLS
    assert region.addresses
    assert all(ipaddress.IPv4Address(text).is_global for text in region.addresses)
    assert regions.find(f" {region.api_server_name} ") is region


def test_unknown_region_returns_none():
    assert regions.find("elsewhere") is None


def test_regions_have_a_source_and_a_date():
    assert regions.SOURCE.startswith("https://docs.lamin.ai/")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", regions.AS_OF)
