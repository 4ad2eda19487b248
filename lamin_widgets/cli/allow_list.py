"""The command `allow-list`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lamin_widgets.cli.arguments import UsageError
from lamin_widgets.cli.commands import FORMATS
from lamin_widgets.core import regions
from lamin_widgets.form.allow_list import allow_list as texts

if TYPE_CHECKING:
    import argparse


def allow_list(options: argparse.Namespace) -> int:
    """Print Lamin's outbound IP addresses for a firewall, and return the exit status.

    Raises:
        UsageError: If Lamin doesn't list the region.
    """
    region = regions.find(options.region)
    if region is None:
        names = ", ".join(region.api_server_name for region in regions.REGIONS)
        raise UsageError(f"Lamin doesn't list this region. Listed regions: {names}.")
    print(texts(region, options.port)[FORMATS[options.format]])
    return 0
