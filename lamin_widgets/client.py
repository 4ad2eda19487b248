"""The calls to the Lamin API, without Jupyter."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from .account import Account, Session
from .endpoints import CHECK, INSTANCES, REGISTER, Endpoint, candidates
from .errors import ActionCancelled, LaminWidgetsError, ReplyError, SignInError
from .exchange import Request
from .form import normalize_api_url
from .refusals import failed_check, refusal, retry_after, unreadable
from .regions import PUBLISHED_API_URLS
from .secret import Secret

if TYPE_CHECKING:
    from .connection import PostgresConnection
    from .exchange import Transport
    from .replies import Content

__all__ = ["DEFAULT_API_URL", "DbServerClient", "default_api_url"]

DEFAULT_API_URL: Final = "https://api.lamin.ai"
_BACKOFF_S: Final = (0.5, 1.5)
"""Pauses before the check is tried a second and a third time."""
_LONGEST_WAIT_S: Final = 10.0
"""A longer `Retry-After` is reported, not waited for."""
_PASSING: Final = frozenset({502, 503, 504})


def default_api_url() -> str:
    """Return the API's address from `LAMIN_API_URL`, else the documented one."""
    return os.environ.get("LAMIN_API_URL") or DEFAULT_API_URL


class DbServerClient:
    """Registers database servers with Lamin and asks Lamin to test them.

    It speaks the guide's contract and the one published in 2026, and finds out which
    one the API understands. Calls may take seconds and can be cancelled from another
    thread; one at a time.

    Args:
        api_url: Address of the API. Default: `LAMIN_API_URL`, else
            https://api.lamin.ai.
        access_token: Token to use instead of that of the signed-in user.
        transport: What sends the requests. Default: a pooled requests session.
        session: The sign-in to use. Default: that of lamindb_setup.

    Attributes:
        api_url: Address of the API, without a slash at its end.
        session: The sign-in in use.
        http_status: Status code of the last reply, or None.

    Raises:
        InvalidInput: If the address is not https, or http to a loopback address.

    Examples:
        >>> client = DbServerClient()  # doctest: +SKIP
        >>> client.check_access("my-postgres-server")  # doctest: +SKIP
        'Connection successful'
    """

    def __init__(
        self,
        api_url: str | None = None,
        access_token: Secret | str | None = None,
        *,
        transport: Transport | None = None,
        session: Session | None = None,
    ) -> None:
        self._token = None if access_token is None else Secret(access_token)
        del access_token  # no frame of a later traceback holds it
        self.api_url = normalize_api_url(api_url or default_api_url())
        self.session = session or Session()
        self._transport = transport
        self._paths: dict[Endpoint, str] = {}
        self._cancelled = threading.Event()
        self.http_status: int | None = None

    def __repr__(self) -> str:
        return f"DbServerClient(api_url={self.api_url!r})"

    @property
    def published(self) -> bool:
        """Whether the API was found to spell the check as published in 2026."""
        return self._paths.get(CHECK, "").endswith(CHECK.paths[-1])

    def register(
        self,
        name: str,
        connection: PostgresConnection,
        api_server_name: str,
        organization_id: str | None = None,
    ) -> str:
        """Register a database server. `POST /db/server/register` of the guide.

        It is sent once: where the API does not answer, the server may be registered.

        Args:
            name: What to call the server in Lamin.
            connection: Where it is. The password is sent to Lamin.
            api_server_name: Lamin's region, for example ``"prod-us-east-1"``.
            organization_id: UUID; some APIs require it.

        Returns:
            What the API said, redacted.

        Raises:
            LaminWidgetsError: One of its subclasses, with the cause.
        """
        url = connection.url
        body: dict[str, str | Secret] = {
            "name": name.strip(),
            "url": url,
            "api_server_name": api_server_name.strip(),
        }
        if organization_id:
            body["organization_id"] = organization_id
        request = Request(REGISTER.method, json=body, hidden=(connection.password,))
        content = self._call(REGISTER, name, request)
        if not content.readable or content.verdict is False:
            raise unreadable(content)
        return content.message or "Registered."

    def check_access(self, name: str) -> str:
        """Ask Lamin whether it can connect. `POST /db/server/checks-access`.

        Args:
            name: The name the server was registered under.

        Returns:
            What the API said, redacted.

        Raises:
            LaminWidgetsError: One of its subclasses, with the cause. It returns only
                where the reply says that the server is accessible.
        """
        request = Request(CHECK.method, params={"name": name.strip()}, idempotent=True)
        content = self._call(CHECK, name, request)
        if content.verdict is None:
            raise unreadable(content)
        if not content.verdict:
            raise failed_check(content)
        return content.message or "Lamin can connect."

    def create_instance(
        self,
        name: str,
        db_server_name: str,
        *,
        storage: str | None = None,
        schema_str: str | None = None,
    ) -> str:
        """Create a LaminDB instance on a registered server. `PUT /instances`.

        Args:
            name: What to call the instance.
            db_server_name: The name the server was registered under.
            storage: Storage location, for example ``"s3://my-bucket"``.
            schema_str: Schema modules, comma-separated.

        Returns:
            What the API said, redacted.

        Raises:
            LaminWidgetsError: One of its subclasses, with the cause.
        """
        given = {"storage": storage, "schema_str": schema_str}
        params = {"name": name.strip(), "db_server_name": db_server_name.strip()}
        params |= {key: value.strip() for key, value in given.items() if value}
        request = Request(INSTANCES.method, params=params)
        content = self._call(INSTANCES, db_server_name, request)
        if not content.readable or content.verdict is False:
            raise unreadable(content)
        return content.message or "Created."

    def cancel(self) -> None:
        """Cut the call in flight, from another thread."""
        self._cancelled.set()
        if self._transport is not None:
            self._transport.cut()

    def close(self) -> None:
        """Close the connections. The client can be used again."""
        if self._transport is not None:
            self._transport.close()

    def account(self) -> Account:
        """Return whose token is used: a given one belongs to nobody known."""
        if self._token is not None:
            return Account(None, self._token)
        return self.session.current()

    def _call(self, endpoint: Endpoint, name: str, request: Request) -> Content:
        """Return the successful reply, or raise with the facts of the case."""
        self._cancelled.clear()
        try:
            return self._find(endpoint, name, request)
        except LaminWidgetsError as error:
            error.facts = {
                "name": name.strip(),
                "api_url": self.api_url,
                "api_host": urlsplit(self.api_url).netloc,
                "published": ", ".join(PUBLISHED_API_URLS),
            } | error.facts
            raise

    def _find(self, endpoint: Endpoint, name: str, request: Request) -> Content:
        """Try the addresses that the call may have, until one knows it."""
        token = self.account().token
        if token is None:
            raise SignInError("Nobody is signed in.", cause="not_signed_in")
        refused: list[Content] = []
        renewed = False
        addresses = candidates(self.api_url, endpoint, self._paths.get(endpoint))
        while addresses:
            content = self._patiently(replace(request, url=addresses[0], token=token))
            if content.status == 401 and not renewed:  # noqa: PLR2004  # HTTP
                renewed = True
                token = self._renewed(content)
                continue
            if not endpoint.unknown_to(content, name):
                self._paths[endpoint] = addresses[0]
                self.http_status = content.status
                if content.ok:
                    return content
                raise refusal(content, endpoint, name)
            refused.append(content)
            addresses.pop(0)
        raise self._not_found(refused, endpoint, name)

    def _patiently(self, request: Request) -> Content:
        """Send, and send again after a pause where that does no harm."""
        from .replies import read  # noqa: PLC0415  # not needed to show the form

        transport = self._opened()
        content = read(transport.send(request, self._cancelled), request.secrets)
        for pause in _BACKOFF_S if request.idempotent else ():
            asked = retry_after(content)
            wait = pause if asked is None else asked
            if content.status not in _PASSING or wait > _LONGEST_WAIT_S:
                break
            if self._cancelled.wait(wait):
                raise ActionCancelled("Cancelled.", cause="cancelled")
            content = read(transport.send(request, self._cancelled), request.secrets)
        return content

    def _opened(self) -> Transport:
        if self._transport is None:
            # requests is not needed to show the form
            from .transport import RequestsTransport  # noqa: PLC0415

            self._transport = RequestsTransport()
        return self._transport

    def _renewed(self, content: Content) -> Secret:
        token = self.session.renew() if self._token is None else None
        if token is None:
            raise SignInError(
                "The API refused the token.",
                cause="token_rejected",
                http_status=content.status,
                details=content.text,
            )
        return token

    def _not_found(
        self, refused: list[Content], endpoint: Endpoint, name: str
    ) -> LaminWidgetsError:
        """Tell a wrong address from a server that Lamin does not know."""
        about_server = next((c for c in refused if endpoint.speaks_of_server(c)), None)
        if about_server is not None:
            return refusal(about_server, endpoint, name)
        return ReplyError(
            "The API does not know the call.",
            cause=endpoint.missing,
            http_status=refused[-1].status,
            details=refused[-1].text,
        )
