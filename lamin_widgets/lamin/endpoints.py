"""Which addresses a call may have: two contracts, with and without `/api`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from lamin_widgets.lamin.replies import Content

__all__ = ["CHECK", "INSTANCES", "REGISTER", "Endpoint", "candidates"]

_NOT_FOUND: Final = 404
_NOT_ALLOWED: Final = 405
_ROUTE_UNKNOWN: Final = frozenset({"not found", "method not allowed", ""})
_ROUTE: Final = re.compile(r"(?i)\b(routes?|paths?|pages?|urls?|endpoints?)\b")
_THING: Final = re.compile(
    r"(?i)\b(servers?|organi[sz]ations?|storages?|regions?|instances?|schemas?)\b"
)


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
        else; a reply about the server has its name in it. A web page, or a text that
        quotes the address, may have the name in it as well.
        """
        if content.status == _NOT_ALLOWED:
            return True
        if content.status != _NOT_FOUND:
            return False
        message = (content.message or content.text).strip()
        if message.rstrip(".").lower() in _ROUTE_UNKNOWN or message.startswith("<"):
            return True
        return not re.search(rf"(?<![\w=/]){re.escape(name.strip())}(?!\w)", message)

    def speaks_of_thing(self, content: Content) -> bool:
        """Tell whether a 404 is about something that is missing behind the route."""
        said = content.message if content.readable else ""
        return (
            content.status == _NOT_FOUND
            and bool(_THING.search(said))
            and not _ROUTE.search(said)
        )


REGISTER: Final = Endpoint("POST", ("/db/server/register",))
CHECK: Final = Endpoint("POST", ("/db/server/checks-access", "/db/server/check-access"))
INSTANCES: Final = Endpoint("PUT", ("/instances",), missing="instances_not_supported")


def candidates(api_url: str, endpoint: Endpoint, known: str | None) -> list[str]:
    """Return the addresses to try, in order.

    Args:
        api_url: The API's address, without a slash at its end.
        endpoint: The call.
        known: The address that worked before, if any: it comes first.
    """
    if api_url.endswith("/api"):
        bases = [api_url, api_url.removesuffix("/api")]
    elif urlsplit(api_url).path in {"", "/"}:
        bases = [api_url, f"{api_url}/api"]
    else:
        bases = [api_url]
    addresses = [base + path for base in bases for path in endpoint.paths]
    return list(dict.fromkeys([*([known] if known else []), *addresses]))
