"""Lamin's regions: names, API URLs, and outbound IP addresses.

The values are in `regions.json`, with their source and date.
"""

import json
from pathlib import Path
from typing import Final, NamedTuple


class Region(NamedTuple):
    """A region in which Lamin runs its API.

    Attributes:
        id: The AWS region, for example ``"us-east-1"``.
        label: The display name, for example ``"US East (N. Virginia)"``.
        api_server_name: The name in Lamin's API, for example ``"prod-us-east-1"``.
        api_url: The URL of the region's own API.
        addresses: Outbound IPv4 addresses from which Lamin connects to databases.
        inferred: Whether `api_server_name` follows the pattern of a documented name
            but isn't documented itself.
    """

    id: str
    label: str
    api_server_name: str
    api_url: str
    addresses: tuple[str, ...]
    inferred: bool

    @property
    def city(self) -> str:
        """The place in parentheses in the label, for example ``"N. Virginia"``."""
        return self.label.partition("(")[2].rstrip(")")


_TABLE: Final = json.loads(
    Path(__file__).with_name("regions.json").read_text(encoding="utf-8")
)

SOURCE: Final[str] = _TABLE["source"]
"""Page on which Lamin publishes the table."""

AS_OF: Final[str] = _TABLE["as_of"]
"""Date on which the table was read there, as YYYY-MM-DD."""

REGIONS: Final = tuple(
    Region(**row | {"addresses": tuple(row["addresses"])}) for row in _TABLE["regions"]
)

DEFAULT_API_URL: Final[str] = _TABLE["default_api_url"]
"""URL of the Lamin API in Lamin's guide."""

PUBLISHED_API_URLS: Final = (
    DEFAULT_API_URL,
    *(region.api_url for region in REGIONS),
)


def find(api_server_name: str) -> Region | None:
    """Return the region with this name, or None if Lamin doesn't publish the name."""
    name = api_server_name.strip()
    return next((r for r in REGIONS if r.api_server_name == name), None)
