"""Which addresses a call may have: two contracts, with and without `/api`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from .replies import Content

__all__ = ["CHECK", "INSTANCES", "REGISTER", "Endpoint", "candidates"]

_NOT_FOUND: Final = 404
_NOT_ALLOWED: Final = 405
_ROUTE_UNKNOWN: Final = frozenset({"not found", "method not allowed", ""})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A call of the API.

    Attributes:
        method: HTTP method.
        paths: Its spellings, the documented one first.
        missing: Cause in the catalogue when no address knows it.
    """

    method: str
    paths: tuple[str, ...]
    missing: str = "endpoint_not_found"

    def unknown_to(self, content: Content, name: str) -> bool:
        """Tell whether the reply says "no such route", not "no such server".

        FastAPI says ``{"detail": "Not Found"}``, a gateway in front of it something
        else; a reply about the server has its name in it.
        """
        if content.status == _NOT_ALLOWED:
            return True
        if content.status != _NOT_FOUND:
            return False
        message = (content.message or content.text).strip()
        if message.rstrip(".").lower() in _ROUTE_UNKNOWN:
            return True
        return not re.search(rf"(?<!\w){re.escape(name.strip())}(?!\w)", message)

    def speaks_of_server(self, content: Content) -> bool:
        """Tell whether a 404 is about a database server, though it has no name."""
        said = content.message.lower() if content.readable else ""
        return content.status == _NOT_FOUND and bool(
            re.search(r"\b(db|database)\s*_?server\b", said)
        )


REGISTER: Final = Endpoint("POST", ("/db/server/register",))
CHECK: Final = Endpoint("POST", ("/db/server/checks-access", "/db/server/check-access"))
INSTANCES: Final = Endpoint("PUT", ("/instances",), missing="instances_not_supported")


def candidates(api_url: str, endpoint: Endpoint, known: str | None) -> list[str]:
    """Return the addresses to try, in order.

    Args:
        api_url: The API's address, without a slash at its end.
        endpoint: The call.
        known: The address that worked before, if any.
    """
    if known is not None and known.startswith(api_url.removesuffix("/api")):
        return [known]
    if api_url.endswith("/api"):
        bases = [api_url, api_url.removesuffix("/api")]
    elif urlsplit(api_url).path in {"", "/"}:
        bases = [api_url, f"{api_url}/api"]
    else:
        bases = [api_url]
    return [base + path for base in bases for path in endpoint.paths]
