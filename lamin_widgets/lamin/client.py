"""`DbServerClient`, the client for the Lamin API."""

from __future__ import annotations

import difflib
import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlsplit

from lamin_widgets.core.api_urls import default_api_url, is_lamin_url, normalize_api_url
from lamin_widgets.core.deadline import Deadline, DeadlinePassed
from lamin_widgets.core.errors import (
    ActionCancelled,
    ConnectionFailed,
    LaminWidgetsError,
    SignInError,
    without_frames,
)
from lamin_widgets.core.redaction import safe_text
from lamin_widgets.core.regions import PUBLISHED_API_URLS
from lamin_widgets.core.secret import Secret, hides_secrets
from lamin_widgets.lamin.account import Account, Session
from lamin_widgets.lamin.calls import Call, CheckAccess, CreateInstance, RegisterServer
from lamin_widgets.lamin.replies import Content, read
from lamin_widgets.lamin.reply_errors import (
    is_route_unknown,
    reply_error,
    route_missing,
)
from lamin_widgets.lamin.transport import RequestsTransport

if TYPE_CHECKING:
    from collections.abc import Callable

    from lamin_widgets.core.connection import PostgresConnection
    from lamin_widgets.lamin.transport import Transport

_PAUSES_S: Final = (0.5, 1.5)
"""Pauses before the second and the third try of a check."""
_LONGEST_PAUSE_S: Final = 10.0
"""The maximum `Retry-After` to wait for. A longer one is reported instead."""
_ACCOUNT_LIMIT_S: Final = 60.0
_TRANSIENT: Final = frozenset({502, 503, 504})
_FROM_API: Final = frozenset({409, 422})
"""Statuses that prove, like a success, that the API has the route."""
_USABLE_TOKEN: Final = re.compile(r"[!-~]+")
_SAVED_NOTHING: Final = "Lamin saved nothing."
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Receipt:
    """The successful reply to a call.

    Attributes:
        message: What the API reported, with secrets redacted.
        http_status: HTTP status code.
    """

    message: str
    http_status: int


@dataclass(slots=True)
class _Sending:
    """A call while it's sent, possibly several times and to several URLs.

    Attributes:
        handle: The handle of the user as whom it's sent, or None.
        was_sent: Whether the API might have received the call.
    """

    call: Call
    cancelled: threading.Event
    check: Callable[[Account], None] | None
    handle: str | None = None
    was_sent: bool = False


class DbServerClient:
    """A client that registers database servers with Lamin and tests their connections.

    The client detects the version of the API: that of Lamin's guide, or that of 2026.
    Each call blocks until Lamin replies. A request takes at most 30 seconds. A test
    that fails for a transient reason is sent up to three times. Several threads can use
    one client.

    Args:
        api_url: URL of the API. Default: `LAMIN_API_URL`, or https://api.lamin.ai.
        access_token: Token to use instead of the signed-in user's token.
        transport: Object that sends the requests. Default: HTTP with `requests`.
        session: The sign-in to use. Default: the sign-in of lamindb_setup.

    Attributes:
        api_url: URL of the API, in its normal form.
        session: The sign-in.

    Raises:
        InvalidInput: If the URL isn't https, or http to a loopback address.

    Examples:
        >>> client = DbServerClient()  # doctest: +SKIP
        >>> client.check_access("my-postgres-server")  # doctest: +SKIP
        'Connection successful'
    """

    @hides_secrets("access_token")
    def __init__(
        self,
        api_url: str | None = None,
        access_token: Secret | str | None = None,
        *,
        transport: Transport | None = None,
        session: Session | None = None,
    ) -> None:
        self._token = None if access_token is None else Secret(access_token)
        self.api_url = normalize_api_url(api_url or default_api_url())
        self.session = session or Session()
        self._transport = transport or RequestsTransport()
        self._known_urls: dict[type[Call], str] = {}
        self._known_names: set[tuple[str | None, str]] = set()
        self._running: set[threading.Event] = set()

    def __repr__(self) -> str:
        # A traceback can show a client before it has a URL.
        return f"DbServerClient(api_url={getattr(self, 'api_url', '')!r})"

    @hides_secrets()
    def register(
        self,
        name: str,
        connection: PostgresConnection,
        api_server_name: str,
        organization_id: str | None = None,
        *,
        cancelled: threading.Event | None = None,
    ) -> str:
        """Register a database server with Lamin.

        If the connection breaks, the request isn't repeated. If the API rejects an
        expired token, the request is sent once more with a renewed token.

        Args:
            name: Name of the server in Lamin.
            connection: The server. Its password is sent to Lamin.
            api_server_name: The Lamin region, for example ``"prod-us-east-1"``.
            organization_id: UUID of the organization, if the API requires it.
            cancelled: Event that another thread sets to cancel the call.

        Returns:
            The message of the API, with secrets redacted.

        Raises:
            LaminWidgetsError: If the call fails. The subclass and `cause` give the
                reason.
        """
        call = RegisterServer(name, connection, api_server_name, organization_id)
        return self.send(call, cancelled).message

    @hides_secrets()
    def check_access(
        self, name: str, *, cancelled: threading.Event | None = None
    ) -> str:
        """Ask Lamin to connect to a registered server.

        Args:
            name: Name of the server in Lamin.
            cancelled: Event that another thread sets to cancel the call.

        Returns:
            The message of the API, with secrets redacted. Lamin can connect to the
            server if the call returns.

        Raises:
            LaminWidgetsError: If the call fails. The subclass and `cause` give the
                reason.
        """
        return self.send(CheckAccess(name), cancelled).message

    @hides_secrets()
    def create_instance(
        self,
        name: str,
        db_server_name: str,
        *,
        storage: str | None = None,
        schema_str: str | None = None,
        account_id: str | None = None,
        cancelled: threading.Event | None = None,
    ) -> str:
        """Create a LaminDB instance on a registered server.

        Args:
            name: Name of the instance.
            db_server_name: Name of the server in Lamin.
            storage: Storage location, for example ``"s3://my-bucket"``.
            schema_str: Modules, separated by commas.
            account_id: UUID of the account that owns the instance. Default: your own
                account, even if the server belongs to an organization.
            cancelled: Event that another thread sets to cancel the call.

        Returns:
            The message of the API, with secrets redacted.

        Raises:
            LaminWidgetsError: If the call fails. The subclass and `cause` give the
                reason.
        """
        call = CreateInstance(name, db_server_name, storage, schema_str, account_id)
        return self.send(call, cancelled).message

    @hides_secrets()
    def send(
        self,
        call: Call,
        cancelled: threading.Event | None = None,
        *,
        check: Callable[[Account], None] | None = None,
    ) -> Receipt:
        """Send a call, and wait for the reply.

        Args:
            call: The call.
            cancelled: Event that another thread sets to cancel the call.
            check: Function that raises an exception to keep an account's token from
                being sent.

        Raises:
            SignInError: If no user is signed in, or Lamin rejects the token.
            ConnectionFailed: If there's no complete reply.
            ReplyError: If the reply isn't a success.
            ActionCancelled: If the call was canceled.
            KeyboardInterrupt: If you interrupt the kernel.
        """
        cancelled = cancelled or threading.Event()
        sending = _Sending(call, cancelled, check)
        stopped: list[BaseException] = []
        self._running.add(cancelled)
        try:
            return self._send(sending)
        except LaminWidgetsError as error:
            error.facts = self._facts_of(sending) | error.facts
            if isinstance(error, SignInError):
                error.facts.setdefault("no_effect", _SAVED_NOTHING)
            if sending.was_sent and error.facts.get("no_effect"):
                # The API refused the earlier requests, or they changed nothing.
                error.facts["no_effect"] = _SAVED_NOTHING
            raise
        except Exception as error:  # noqa: BLE001  # A bug. Its frames can have secrets.
            error.__cause__ = error.__context__ = None
            stopped.append(error.with_traceback(None))
        except BaseException as error:  # noqa: BLE001  # for example, KeyboardInterrupt
            stopped.append(without_frames(type(error)))
        finally:
            self._running.discard(cancelled)
        raise stopped.pop()

    def cancel(self) -> None:
        """Cancel all running calls, from another thread.

        Each call then raises a `LaminWidgetsError`.
        """
        for cancelled in tuple(self._running):
            cancelled.set()

    def close(self) -> None:
        """Close idle connections. The client can be used again."""
        self._transport.close()

    def account(self) -> Account:
        """Return the account. For an `access_token`, it has no handle.

        Raises:
            SignInError: If `LAMIN_API_KEY` is set and Lamin rejects it.
        """
        if self._token is None:
            return self.session.current()
        return Account(None, self._token)

    def _send(self, sending: _Sending) -> Receipt:
        call, token = sending.call, self._find_token(sending)
        known_url = self._known_urls.get(type(call))
        for url in call.urls(self.api_url, known_url):
            content, token = self._send_with_token(sending, url, token)
            if is_route_unknown(content, call.server_name):
                continue
            if content.readable and (content.ok or content.status in _FROM_API):
                self._known_urls[type(call)] = url
            if content.succeeded:
                self._known_names.add((sending.handle, call.server_name))
                return Receipt(content.message or call.done, content.status)
            raise reply_error(content, call, call.request(url, token))
        raise route_missing(content, call, at_lamin=is_lamin_url(self.api_url))

    def _send_with_token(
        self, sending: _Sending, url: str, token: Secret
    ) -> tuple[Content, Secret]:
        """Send a call. If the API replies 401, renew the token and send it again.

        Returns:
            The reply, and the token that the API accepted.

        Raises:
            SignInError: If the API accepts no token.
        """
        content = self._send_with_retries(sending, url, token)
        if not content.rejects_token:
            return content, token
        if self._token is None:
            renew = self.session.renew
            account = _call_with_deadline(lambda: renew(token), sending.cancelled)
            if account.token is not None:
                token = _usable_token(account, sending)
                content = self._send_with_retries(sending, url, token)
                if not content.rejects_token:
                    return content, token
        raise SignInError(
            cause="token_rejected",
            http_status=content.status,
            details=content.details,
        )

    def _send_with_retries(self, sending: _Sending, url: str, token: Secret) -> Content:
        """Send a call. Repeat a call that changes nothing after a transient failure."""
        for pause in () if sending.call.changes else _PAUSES_S:
            wait = pause
            try:
                content = self._send_once(sending, url, token)
            except ConnectionFailed as error:
                if error.cause != "connection_lost":
                    raise
            else:
                if content.status not in _TRANSIENT:
                    return content
                asked = content.retry_after_s
                wait = pause if asked is None else asked
                if wait > _LONGEST_PAUSE_S:
                    return content
            if sending.cancelled.wait(wait):
                raise ActionCancelled
        return self._send_once(sending, url, token)

    def _send_once(self, sending: _Sending, url: str, token: Secret) -> Content:
        call = sending.call
        request = call.request(url, token)
        try:
            reply = self._transport.send(request, sending.cancelled)
        except ConnectionFailed as error:
            sending.was_sent |= error.sent
            raise
        sending.was_sent = True
        return read(
            reply,
            request.secrets,
            names=[call.name, call.server_name],
            by_status=call.changes,
        )

    def _find_token(self, sending: _Sending) -> Secret:
        if self._token is not None:
            return _usable_token(self.account(), sending)
        account = _call_with_deadline(self.session.current, sending.cancelled)
        return _usable_token(account, sending)

    def _facts_of(self, sending: _Sending) -> dict[str, str]:
        call = sending.call
        connection = call.connection if isinstance(call, RegisterServer) else None
        server = (
            {"host": connection.host, "port": str(connection.port)}
            if connection
            else {}
        )
        return {
            "name": safe_text(call.server_name, limit=100),
            "instance": safe_text(call.name, limit=100),
            "api_url": self.api_url,
            "api_host": urlsplit(self.api_url).netloc,
            "published": ", ".join(PUBLISHED_API_URLS),
            "near": self._similar_name(call.server_name, sending.handle),
            **server,
        }

    def _similar_name(self, name: str, handle: str | None) -> str:
        """Return a question if a server of the user has a similar name, or ""."""
        own = {known for user, known in self._known_names if user == handle}
        names = sorted(own - {name})
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.7)
        return f" Did you mean {near[0]}?" if near else ""


def _usable_token(account: Account, sending: _Sending) -> Secret:
    """Return the token of an account, if it can be sent.

    Raises:
        SignInError: If it can't, or mustn't.
    """
    token = account.token
    if token is None:
        raise SignInError(cause="not_signed_in")
    sending.handle = account.handle
    if sending.check is not None:
        sending.check(account)
    if not _USABLE_TOKEN.fullmatch(token.reveal()):
        raise SignInError(cause="token_rejected")
    return token


def _call_with_deadline(function: Callable[[], _T], cancelled: threading.Event) -> _T:
    """Call a function of the session, with a time limit and a way to cancel.

    Raises:
        ActionCancelled: If the call was canceled.
        SignInError: If the time is up.
    """
    # Raise after the block. Otherwise, the context would keep frames with secrets.
    try:
        return Deadline(_ACCOUNT_LIMIT_S, cancelled).call(function)
    except (ActionCancelled, DeadlinePassed):
        pass
    if cancelled.is_set():
        raise ActionCancelled(no_effect="Nothing was sent.")
    raise SignInError(cause="hub_unreachable")
