"""The calls to the Lamin API, without Jupyter."""

from __future__ import annotations

import difflib
import threading
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lamin_widgets.core.api_urls import default_api_url, normalize_api_url
from lamin_widgets.core.errors import (
    LaminWidgetsError,
    SignInError,
)
from lamin_widgets.core.regions import PUBLISHED_API_URLS
from lamin_widgets.core.secret import Secret
from lamin_widgets.lamin.account import Account, Session
from lamin_widgets.lamin.calls import Calls
from lamin_widgets.lamin.endpoints import CHECK, INSTANCES, REGISTER, Endpoint
from lamin_widgets.lamin.exchange import Request
from lamin_widgets.lamin.refusals import failed_check, unreadable

if TYPE_CHECKING:
    from lamin_widgets.core.connection import PostgresConnection
    from lamin_widgets.lamin.exchange import Transport
    from lamin_widgets.lamin.replies import Content

__all__ = ["DbServerClient"]


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
        try:
            self._token = None if access_token is None else Secret(access_token)
        finally:
            del access_token  # no frame of a traceback holds it
        self.api_url = normalize_api_url(api_url or default_api_url())
        self.session = session or Session()
        self._calls = Calls(self.api_url, transport)
        self._names: set[str] = set()  # that Lamin has
        self._cancelled = threading.Event()

    def __repr__(self) -> str:
        # a traceback may show it half made
        return f"DbServerClient(api_url={getattr(self, 'api_url', '')!r})"

    @property
    def published(self) -> bool:
        """Whether the API was found to spell the check as published in 2026."""
        return self._calls.known.get(CHECK, "").endswith(CHECK.paths[-1])

    @property
    def http_status(self) -> int | None:
        """Status code of the last reply, or None."""
        return self._calls.http_status

    def register(
        self,
        name: str,
        connection: PostgresConnection,
        api_server_name: str,
        organization_id: str | None = None,
        *,
        cancelled: threading.Event | None = None,
    ) -> str:
        """Register a database server. `POST /db/server/register` of the guide.

        It is sent once: where the API does not answer, the server may be registered.

        Args:
            name: What to call the server in Lamin.
            connection: Where it is. The password is sent to Lamin.
            api_server_name: Lamin's region, for example ``"prod-us-east-1"``.
            organization_id: UUID; some APIs require it.
            cancelled: Set from elsewhere before `cancel`; nothing is sent from then on.

        Returns:
            What the API said, redacted.

        Raises:
            LaminWidgetsError: One of its subclasses, with the cause.
        """
        url = getattr(connection, "url", None)
        if url is None:
            del connection  # a URL as a str, maybe: it stays out of the traceback
            raise TypeError("connection has to be a PostgresConnection.")
        body: dict[str, str | Secret] = {
            "name": name.strip(),
            "url": url,
            "api_server_name": api_server_name.strip(),
        }
        if organization_id:
            body["organization_id"] = organization_id
        request = Request(REGISTER.method, json=body, hidden=(connection.password,))
        content = self._call(REGISTER, name, request, cancelled)
        if not content.readable or content.failed:
            raise self._with_facts(unreadable(content, REGISTER), name)
        self._names.add(name.strip())
        return content.message or "Registered."

    def check_access(
        self, name: str, *, cancelled: threading.Event | None = None
    ) -> str:
        """Ask Lamin whether it can connect. `POST /db/server/checks-access`.

        Args:
            name: The name the server was registered under.
            cancelled: As for `register`.

        Returns:
            What the API said, redacted.

        Raises:
            LaminWidgetsError: One of its subclasses, with the cause. It returns only
                where the reply says that the server is accessible.
        """
        request = Request(CHECK.method, params={"name": name.strip()}, idempotent=True)
        content = self._call(CHECK, name, request, cancelled)
        if content.verdict is None:
            raise self._with_facts(unreadable(content, CHECK), name)
        self._names.add(name.strip())
        if not content.verdict:
            raise self._with_facts(failed_check(content), name)
        return content.message or "Lamin can connect."

    def create_instance(
        self,
        name: str,
        db_server_name: str,
        *,
        storage: str | None = None,
        schema_str: str | None = None,
        cancelled: threading.Event | None = None,
    ) -> str:
        """Create a LaminDB instance on a registered server. `PUT /instances`.

        Args:
            name: What to call the instance.
            db_server_name: The name the server was registered under.
            storage: Storage location, for example ``"s3://my-bucket"``.
            schema_str: Schema modules, comma-separated.
            cancelled: As for `register`.

        Returns:
            What the API said, redacted.

        Raises:
            LaminWidgetsError: One of its subclasses, with the cause.
        """
        given = {
            "name": name,
            "db_server_name": db_server_name,
            "storage": storage,
            "schema_str": schema_str,
        }
        params = {k: v.strip() for k, v in given.items() if v and v.strip()}
        request = Request(INSTANCES.method, params=params)
        content = self._call(INSTANCES, db_server_name, request, cancelled)
        if not content.readable or content.failed:
            raise self._with_facts(unreadable(content, INSTANCES), db_server_name)
        return content.message or "Created."

    def cancel(self) -> None:
        """Cut the call in flight, from another thread."""
        self._cancelled.set()
        if self._calls.transport is not None:
            self._calls.transport.cut()

    def close(self) -> None:
        """Close the connections. The client can be used again."""
        if self._calls.transport is not None:
            self._calls.transport.close()

    def account(self) -> Account:
        """Return whose token is used: a given one belongs to nobody known."""
        if self._token is not None:
            return Account(None, self._token)
        return self.session.current()

    def _call(
        self,
        endpoint: Endpoint,
        name: str,
        request: Request,
        cancelled: threading.Event | None,
    ) -> Content:
        """Return the successful reply, or raise with the facts of the case."""
        # Its own for each call: one that was cancelled and given up on stays cancelled.
        self._cancelled = cancelled = cancelled or threading.Event()
        try:
            token = self.account().token
            if token is None:
                raise SignInError("Nobody is signed in.", cause="not_signed_in")
            return self._calls.make(
                endpoint,
                name,
                replace(request, token=token),
                renew=self._renewed,
                cancelled=cancelled,
            )
        except LaminWidgetsError as error:
            raise self._with_facts(error, name)  # noqa: B904  # it is the same

    def _with_facts(self, error: LaminWidgetsError, name: str) -> LaminWidgetsError:
        error.facts = {
            "name": name.strip(),
            "api_url": self.api_url,
            "api_host": urlsplit(self.api_url).netloc,
            "published": ", ".join(PUBLISHED_API_URLS),
            "near": self._near(name),
        } | error.facts
        return error

    def _near(self, name: str) -> str:
        """Offer the name of a server that is spelled like `name`."""
        names = [known for known in sorted(self._names) if known != name.strip()]
        near = difflib.get_close_matches(name.strip(), names, n=1, cutoff=0.7)
        return f" Did you mean {near[0]}?" if near else ""

    def _renewed(self, content: Content) -> Secret:
        """Return a new token, or raise what kept lamindb_setup from getting one."""
        if self._token is None:
            token = self.session.renew()
            if token is not None:
                return token
        raise SignInError(
            "The API refused the token.",
            cause="token_rejected",
            http_status=content.status,
            details=content.text,
        )
