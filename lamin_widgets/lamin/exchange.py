"""One HTTP exchange, in the terms of the client: what is sent, what comes back."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from lamin_widgets.core.secret import Secret

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

__all__ = ["Reply", "Request", "Transport", "proxy_variable"]


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. Secrets stay wrapped until the last moment.

    Attributes:
        method: HTTP method.
        url: Address without query.
        token: The bearer token, or None for none.
        params: Query parameters.
        json: Body, or None for none.
        idempotent: Whether sending it twice does no harm.
        hidden: More secrets that a text about it may hold.
    """

    method: str
    url: str = ""
    token: Secret | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    json: Mapping[str, str | Secret] | None = None
    idempotent: bool = False
    hidden: tuple[Secret, ...] = ()

    @property
    def secrets(self) -> tuple[Secret | None, ...]:
        """Everything that must not be in a text about this request."""
        inside = (v for v in (self.json or {}).values() if isinstance(v, Secret))
        return (self.token, *self.hidden, *inside)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, at most 1 MB of it. It may echo secrets, so it hides its body.

    Attributes:
        status: HTTP status code.
        headers: Header fields, names in lower case.
        body: Decoded text.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: Secret = field(repr=False)


class Transport(Protocol):
    """Sends one request at a time."""

    def send(self, request: Request, cancelled: threading.Event) -> Reply:
        """Send and wait for the reply.

        Args:
            request: What to send.
            cancelled: Nothing is sent once it is set.

        Raises:
            ConnectionFailed: If there is no complete reply.
            ActionCancelled: If `cancelled` was set meanwhile.
        """
        ...

    def cut(self) -> None:
        """Cut the exchange in flight, from another thread."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...


def proxy_variable(url: str) -> str:
    """Name the environment variable that sets the proxy for `url`, not its value."""
    scheme = urlsplit(url).scheme
    names = (f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY")
    return next((name for name in names if os.environ.get(name)), "the system settings")
