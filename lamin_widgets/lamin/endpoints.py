"""The routes of the Lamin API: two descriptions, with and without `/api`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from lamin_widgets.core.failures import CauseId

__all__ = ["CHECK", "INSTANCES", "REGISTER", "Endpoint", "candidates"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A route of the API.

    Attributes:
        method: HTTP method.
        paths: Its spellings, the one of Lamin's guide first.
        missing: Cause if no URL of the API has it.
        missing_at_lamin: Cause if one of Lamin's own APIs doesn't have it.
        changes: Whether a call changes something. If it does, it's sent once, and its
            status confirms it. If it doesn't, it can be sent again, and the body of
            the reply has the result.
    """

    method: str
    paths: tuple[str, ...]
    missing: CauseId
    missing_at_lamin: CauseId
    changes: bool = True


REGISTER: Final = Endpoint(
    "POST",
    ("/db/server/register",),
    missing="endpoint_not_found",
    missing_at_lamin="registration_not_offered",
)
CHECK: Final = Endpoint(
    "POST",
    ("/db/server/checks-access", "/db/server/check-access"),
    missing="endpoint_not_found",
    missing_at_lamin="registration_not_offered",
    changes=False,
)
INSTANCES: Final = Endpoint(
    "PUT",
    ("/instances",),
    missing="instances_not_supported",
    missing_at_lamin="instances_not_supported",
)


def candidates(api_url: str, endpoint: Endpoint, known: str | None) -> list[str]:
    """Return the URLs that an endpoint may have, in the order in which to try them.

    Args:
        api_url: The API URL in its normal form.
        endpoint: The endpoint.
        known: The URL that worked before, if any. It comes first.
    """
    if api_url.endswith("/api"):
        bases = [api_url, api_url.removesuffix("/api")]
    elif not urlsplit(api_url).path:
        bases = [api_url, f"{api_url}/api"]
    else:
        bases = [api_url]
    urls = [base + path for base in bases for path in endpoint.paths]
    return list(dict.fromkeys([*([known] if known else []), *urls]))
