"""One call of the Lamin API: the right address, a good token, and some patience."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lamin_widgets.core.errors import (
    ActionCancelled,
    ConnectionFailed,
    LaminWidgetsError,
    ReplyError,
)
from lamin_widgets.lamin.endpoints import Endpoint, candidates
from lamin_widgets.lamin.refusals import refusal, retry_after

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from lamin_widgets.core.secret import Secret
    from lamin_widgets.lamin.exchange import Request, Transport
    from lamin_widgets.lamin.replies import Content

__all__ = ["Calls"]

_BACKOFF_S: Final = (0.5, 1.5)
"""Pauses before the check is tried a second and a third time."""
_LONGEST_WAIT_S: Final = 10.0
"""A longer `Retry-After` is reported, not waited for."""
_PASSING: Final = frozenset({502, 503, 504})
_FROM_BEHIND: Final = frozenset({404, 409, 422})
"""Statuses that show, where the route is known, that the API itself answered."""


class Calls:
    """Calls one API, and remembers which addresses it knows.

    Args:
        api_url: The API's address, without a slash at its end.
        transport: What sends the requests. Default: a pooled requests session.

    Attributes:
        transport: As given, or None until it is needed.
        known: The address that worked for each call.
        http_status: Status code of the last reply, or None.
    """

    def __init__(self, api_url: str, transport: Transport | None) -> None:
        self._api_url = api_url
        self.transport = transport
        self.known: dict[Endpoint, str] = {}
        self.http_status: int | None = None

    def make(
        self,
        endpoint: Endpoint,
        name: str,
        request: Request,
        *,
        renew: Callable[[Content], Secret],
        cancelled: threading.Event,
    ) -> Content:
        """Try the addresses that the call may have, until one knows it.

        Args:
            endpoint: The call.
            name: The database server's name.
            request: What to send, with a token.
            renew: Gets a new token where that one is refused, or raises.
            cancelled: Nothing is sent once it is set.

        Returns:
            The reply, which is a success.

        Raises:
            LaminWidgetsError: One of its subclasses, with the cause.
        """
        self.http_status = None
        refused: list[tuple[Content, Request]] = []
        renewed = False
        addresses = candidates(self._api_url, endpoint, self.known.get(endpoint))
        while addresses:
            asked = request = replace(request, url=addresses[0])
            content = self._patiently(asked, cancelled)
            self.http_status = content.status
            if content.status == 401 and not renewed:  # noqa: PLR2004  # HTTP
                renewed = True
                request = replace(request, token=renew(content))
                continue
            if not endpoint.unknown_to(content, name):
                if content.ok or content.status in _FROM_BEHIND:
                    self.known[endpoint] = addresses[0]
                if content.ok:
                    return content
                raise refusal(content, endpoint, asked)
            refused.append((content, asked))
            addresses.pop(0)
        raise _not_found(refused, endpoint)

    def _patiently(self, request: Request, cancelled: threading.Event) -> Content:
        """Send, and send again after a pause where that does no harm."""
        for pause in _BACKOFF_S if request.idempotent else ():
            wait = pause
            try:
                content = self._send(request, cancelled)
            except ConnectionFailed as error:
                if error.cause != "connection_lost":
                    raise
            else:
                asked = retry_after(content)
                wait = pause if asked is None else asked
                if content.status not in _PASSING or wait > _LONGEST_WAIT_S:
                    return content
            if cancelled.wait(wait):
                raise ActionCancelled("Cancelled.", cause="cancelled")
        return self._send(request, cancelled)

    def _send(self, request: Request, cancelled: threading.Event) -> Content:
        from lamin_widgets.lamin.replies import read  # noqa: PLC0415  # not needed to show the form

        reply = self._opened().send(request, cancelled)
        return read(reply, request.secrets, names=_names(request))

    def _opened(self) -> Transport:
        if self.transport is None:
            # requests is not needed to show the form
            from lamin_widgets.lamin.transport import RequestsTransport  # noqa: PLC0415

            self.transport = RequestsTransport()
        return self.transport


def _names(request: Request) -> list[str]:
    """Return the names that a reply may quote."""
    sent: list[object] = [*request.params.values(), (request.json or {}).get("name")]
    return [value for value in sent if isinstance(value, str)]


def _not_found(
    refused: list[tuple[Content, Request]], endpoint: Endpoint
) -> LaminWidgetsError:
    """Tell a wrong address from something that Lamin does not know."""
    for content, request in refused:
        if endpoint.speaks_of_thing(content):
            return refusal(content, endpoint, request)
    last = refused[-1][0]
    return ReplyError(
        "The API does not know the call.",
        cause=endpoint.missing,
        http_status=last.status,
        details=last.text,
    )
