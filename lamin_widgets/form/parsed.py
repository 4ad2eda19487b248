"""The values of the form, parsed once for everything that rests on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lamin_widgets.core import hosts, regions
from lamin_widgets.core.api_urls import is_lamin_api, normalize_api_url
from lamin_widgets.core.connection import is_local
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.form.connection_strings import looks_like_connection_string
from lamin_widgets.form.fields import WRITABLE
from lamin_widgets.form.providers import lamin_region, provider_of
from lamin_widgets.form.reachability import private_reason

if TYPE_CHECKING:
    from lamin_widgets.core.failures import CauseId
    from lamin_widgets.core.regions import Region
    from lamin_widgets.form.draft import Draft
    from lamin_widgets.form.providers import Provider

__all__ = ["Parsed", "parse"]


class Parsed(NamedTuple):
    """The values of a draft, parsed.

    Attributes:
        host: The host, or "" if it can't be used.
        host_problem: What to change to make it a host, or "".
        port: The port, or None if it isn't a number from 1 to 65535.
        api_url: The API URL in its normal form, or as entered if it can't be used.
        api_problem: Why the API URL can't be used, or None.
        is_lamin: Whether the API is one of Lamin's own.
        unreachable: Why the API likely can't reach the host, or "".
        in_cloud: Whether the API runs in a cloud, so that it can't reach every host.
        provider: The managed service that the host belongs to, or None.
        region: The region, or None if Lamin doesn't publish it.
        region_near: Lamin's region near a managed host, or None.
        misplaced: The fields that have a connection string.
    """

    host: str
    host_problem: str
    port: int | None
    api_url: str
    api_problem: CauseId | None
    is_lamin: bool
    in_cloud: bool
    unreachable: str
    provider: Provider | None
    region: Region | None
    region_near: Region | None
    misplaced: frozenset[str]

    def __repr__(self) -> str:
        """Return no values, because any field can have a stray password."""
        return "Parsed()"


def parse(draft: Draft) -> Parsed:
    """Parse the values of a draft.

    Args:
        draft: The values of the form.
    """
    entered = draft.host.strip()
    host_problem = hosts.problem(entered)
    host = "" if host_problem else entered
    port = hosts.port_number(draft.port)
    api_problem: CauseId | None = None
    try:
        api_url = normalize_api_url(draft.api_url)
    except InvalidInput as error:
        api_url, api_problem = draft.api_url.strip(), error.cause
    is_lamin = api_problem is None and is_lamin_api(api_url)
    # A sandbox stands in for Lamin's cloud, except that it reaches this machine.
    in_cloud = is_lamin or (draft.sandbox and not is_local(host))
    return Parsed(
        host=host,
        host_problem=host_problem,
        port=port,
        api_url=api_url,
        api_problem=api_problem,
        is_lamin=is_lamin,
        in_cloud=in_cloud,
        unreachable=private_reason(host) if in_cloud and host else "",
        provider=provider_of(host),
        region_near=lamin_region(host),
        region=regions.find(draft.api_server_name),
        misplaced=frozenset(
            name
            for name in WRITABLE
            if looks_like_connection_string(str(getattr(draft, name)))
        ),
    )
