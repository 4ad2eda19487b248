"""Sign-in to Lamin. Apart from the sandbox, only this module uses lamindb_setup.

It uses private names of lamindb_setup if they exist, and works without them. Tracebacks
of lamindb_setup have the API key in plain text, so this module raises its own
exceptions instead.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import socket
import ssl
import sys
import threading
from dataclasses import dataclass
from datetime import datetime, timezone
from http import HTTPStatus
from json import JSONDecodeError
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies

from lamin_widgets.core.action_names import MAY_BE_STORED
from lamin_widgets.core.api_urls import normalize_api_url, sandbox_urls
from lamin_widgets.core.deadline import Deadline, DeadlinePassed
from lamin_widgets.core.errors import (
    ActionCancelled,
    InvalidInput,
    SignInError,
    text_of,
)
from lamin_widgets.core.hosts import is_local
from lamin_widgets.core.redaction import safe_text
from lamin_widgets.core.secret import Secret, hides_secrets, may_hold_secret
from lamin_widgets.core.threads import after_fork
from lamin_widgets.lamin.transport import proxy_for, proxy_variable

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterator

    from lamin_widgets.core.failures import CauseId

HUB_URL: Final = "https://hub.lamin.ai"
LIMIT_S: Final = 45.0
"""Time limit. lamindb_setup tries up to three times, for 12 s each."""

_LONGEST_HANDLE: Final = 100
_NOTHING_STORED: Final = "Nothing was stored."
_HUBS_OF_LAMIN: Final = frozenset({"staging", "staging-test", "prod-test"})
_T = TypeVar("_T")


class _TimeUp(SignInError):
    """lamindb_setup takes too long, and could still finish."""


class _OtherNames(Exception):
    """This version of lamindb_setup doesn't have the private names that we use."""


# lamindb_setup keeps the user in files and global variables, so only one thread uses it
# at a time. A thread that waited for the lock finds the new token of the thread before.
_lamindb_setup = threading.Lock()
_sessions = threading.Lock()
"""Held while the attributes of a `Session` change."""


@after_fork
def _forget_locks() -> None:
    """Replace the locks in a fork, because a thread of the parent can hold them."""
    global _lamindb_setup, _sessions
    _lamindb_setup, _sessions = threading.Lock(), threading.Lock()


@dataclass(frozen=True, slots=True)
class Account:
    """An account.

    Attributes:
        handle: The user's handle in Lamin, or None if no user is signed in.
        token: The access token, or None.
        expires_at: When the API key expires, or None if that isn't known.
    """

    handle: str | None = None
    token: Secret | None = None
    expires_at: datetime | None = None

    @property
    def user(self) -> str:
        """The user, as the form shows it."""
        return f"Signed in as {self.handle}" if self.handle else "Using an access token"


class Session:
    """A sign-in to Lamin: that of this machine, or one for this object only.

    The name is that of the public attribute `DbServerClient.session`. It has nothing to
    do with the package `lamin_widgets.session`.

    Each method can block, because it uses the network. A request takes at most 45
    seconds. Several threads can use one object.
    """

    def __init__(self) -> None:
        self._own: Account | None = None
        self._own_by_environment = False
        self._uses_environment = True
        self._uses_machine = True
        self._changes = 0

    def current(self) -> Account:
        """Return the account of the signed-in user.

        If no user is signed in, sign in with `LAMIN_API_KEY`, for this object only.

        Raises:
            SignInError: If the sign-in with `LAMIN_API_KEY` fails.
        """
        if self._own is not None:
            return self._own
        if not self._uses_machine:
            return Account()
        try:
            account = _run_guarded(lambda _: _stored_account())
        except _TimeUp:
            raise
        except SignInError:  # The stored user isn't readable.
            account = Account()
        key = self._environment_key()
        if account.token is None and key is not None:
            return self._sign_in_by_environment(key, None)
        return account

    @hides_secrets("api_key")
    def sign_in(
        self,
        api_key: Secret | str,
        *,
        remember: bool = True,
        cancelled: threading.Event | None = None,
    ) -> Account:
        """Sign in with an API key.

        Args:
            api_key: The key.
            remember: Whether to sign in for this machine, as `lamin login` does.
                Otherwise, sign in for this object only, and store nothing.
            cancelled: Event that another thread sets to cancel the sign-in.

        Raises:
            SignInError: If Lamin rejects the key, or can't be reached, or if the key is
                a connection string.
            ActionCancelled: If the sign-in was canceled, or another one ended first.
                This object is unchanged, but lamindb_setup can still store the sign-in.
        """
        key = Secret(Secret(api_key).reveal().strip())
        _check_key(key)
        changes, may_store, is_stored = self._changes, False, threading.Event()

        def exchange(secrets: list[Secret]) -> Account:
            try:
                return _exchange(key, secrets)
            except _OtherNames:
                if not remember:
                    raise
                return Account()

        def store(secrets: list[Secret]) -> Account:
            with _private_files(account.handle):
                before = _stored_files()
                try:
                    return _login(key, secrets)
                finally:  # lamindb_setup can fail after it has stored the user.
                    if _stored_files() != before:
                        is_stored.set()

        try:
            # lamindb_setup hides the answer of the hub, so exchange the key first.
            account = _run_guarded(exchange, cancelled, exclusive=False)
            if remember:
                may_store = True
                account = _run_guarded(store, cancelled)
            with _sessions:
                # An app that took over the form meanwhile doesn't get the sign-in.
                if self._changes == changes and not (cancelled and cancelled.is_set()):
                    self._own = None if remember else account
                    self._own_by_environment = False
                    self._uses_environment = self._uses_machine = True
                    self._changes += 1
                    return account
        except SignInError as error:
            is_late = may_store and isinstance(error, _TimeUp)
            may_be_stored = is_late or is_stored.is_set()
            error.facts["no_effect"] = (
                MAY_BE_STORED if may_be_stored else _NOTHING_STORED
            )
            raise
        except ActionCancelled:
            pass
        raise ActionCancelled(no_effect="" if may_store else _NOTHING_STORED)

    def renew(self, refused: Secret | None = None) -> Account:
        """Return the account with a new access token, or without one if that fails.

        Args:
            refused: The token that the API refused. If another thread or process has
                renewed it meanwhile, the result has the newer token.

        Raises:
            SignInError: If the API key has expired, or the hub can't be reached.
        """
        own, problem = self._own, None
        if own is not None and own.token != refused:
            return own
        user = own
        if own is None and self._uses_machine:
            try:
                user = _run_guarded(lambda _: _stored_account())
                renewed = _run_guarded(lambda secrets: _renew(refused, secrets))
            except SignInError as error:
                problem = error
            else:
                if renewed.token is not None:
                    return renewed
        key = self._environment_key()
        # The key could belong to another user than the one that this object used.
        if key is not None and (own is None or self._own_by_environment):
            account = self._sign_in_by_environment(key, refused, user)
            if account.token is not None:
                return account
        if problem is not None and problem.cause != "api_key_rejected":
            raise problem
        return Account()

    def sign_out(
        self, *, for_machine: bool = True, cancelled: threading.Event | None = None
    ) -> None:
        """End the sign-in of this object if it has one, or that of this machine.

        This object doesn't use `LAMIN_API_KEY` until the next sign-in.

        Args:
            for_machine: Whether the sign-in of this machine can end. Otherwise, this
                object ignores it until the next sign-in.
            cancelled: Event that another thread sets to cancel the sign-out.

        Raises:
            SignInError: If the stored sign-in can't be removed.
            ActionCancelled: If the sign-out was canceled.
        """
        with _sessions:
            if cancelled is not None and cancelled.is_set():
                raise ActionCancelled
            had_own, self._own = self._own is not None, None
            self._uses_environment = False
            self._uses_machine = for_machine
            self._changes += 1
        if for_machine and not had_own:
            _run_guarded(_logout, cancelled)

    def forget(self) -> None:
        """End the sign-in of this object, if it has one. That of the machine stays."""
        with _sessions:
            self._own = None
            self._changes += 1

    def _environment_key(self) -> Secret | None:
        key = Secret(os.environ.get("LAMIN_API_KEY", "").strip())
        if not key or not self._uses_environment:
            return None
        _check_key(key)
        return key

    def _sign_in_by_environment(
        self, key: Secret, refused: Secret | None, user: Account | None = None
    ) -> Account:
        """Sign in for this object, unless another thread signs in or out meanwhile.

        Args:
            key: The key.
            refused: The token that the API refused.
            user: If given, sign in only as this user.
        """
        changes = self._changes

        def sign_in(secrets: list[Secret]) -> Account:
            own = self._own
            if own is not None and own.token != refused:
                return own
            account = _exchange(key, secrets)
            if user is not None and user.handle not in (None, account.handle):
                return Account()
            with _sessions:
                if self._changes == changes and self._uses_environment:
                    self._own, self._own_by_environment = account, True
                return self._own or Account()

        return _run_guarded(sign_in)


def hub_url() -> str:
    """Return the URL of the hub, which API keys are sent to.

    Raises:
        SignInError: `hub_misconfigured` if `LAMIN_ENV` names another hub without a
            valid URL, or `hub_insecure` for http to another machine.
    """
    environment = os.environ.get("LAMIN_ENV", "prod")
    if environment == "prod":
        return HUB_URL
    if environment in _HUBS_OF_LAMIN:
        try:
            from lamindb_setup.core._hub_client import Environment

            return str(Environment().supabase_api_url)
        except ImportError:
            return HUB_URL
    variables = ("SUPABASE_API_URL", "SUPABASE_ANON_KEY")
    cause: CauseId = "hub_misconfigured"
    if all(os.environ.get(variable) for variable in variables):
        try:
            return normalize_api_url(os.environ["SUPABASE_API_URL"])
        except InvalidInput as error:
            if error.cause == "api_url_insecure":
                cause = "hub_insecure"
    raise _hub_error(cause)


def _hub_error(cause: CauseId) -> SignInError:
    environment = safe_text(os.environ.get("LAMIN_ENV", "prod"), limit=40)
    return SignInError(cause=cause, facts={"environment": environment})


def _check_key(key: Secret) -> None:
    """Check that a key isn't a connection string, whose password the hub would get.

    Raises:
        SignInError: `connection_string_misplaced` if it could be one.
    """
    if may_hold_secret(key.reveal()) and not key.reveal().startswith("eyJ"):
        raise SignInError(cause="connection_string_misplaced", field="api_key")


def _check_hub() -> None:
    """Check that API keys can be sent to the hub.

    Raises:
        SignInError: `sandbox_only` if this process is in the sandbox, and the hub isn't
            on this machine. `hub_insecure` if a proxy could read the key. See `hub_url`
            for other causes.
    """
    url = urlsplit(hub_url())
    host = url.hostname or ""
    if not is_local(host) and sandbox_urls():
        raise SignInError(cause="sandbox_only")
    if url.scheme == "http" and _can_use_proxy(host):
        raise _hub_error("hub_insecure")


def _can_use_proxy(host: str) -> bool:
    """Return whether lamindb_setup could use a proxy for plain HTTP to a host.

    Unlike this package, its HTTP library also uses proxies for this machine. Libraries
    read networks and ports in NO_PROXY differently, so only the host itself counts.
    """
    proxies = getproxies()
    excluded = {each.strip().lower() for each in proxies.get("no", "").split(",")}
    has_proxy = proxies.get("http") or proxies.get("all")
    return bool(has_proxy) and excluded.isdisjoint({host, "*"})


def _stored_user() -> Any:
    """Return the user that lamindb_setup has stored, or None."""
    try:
        from lamindb_setup.core._settings_load import load_user_settings
        from lamindb_setup.core._settings_store import current_user_settings_file
    except ImportError:
        from lamindb_setup import settings  # imports Django

        # If no user is stored, this call stores an anonymous user.
        return settings.user
    path = current_user_settings_file()
    return load_user_settings(path) if path.exists() else None


def _stored_account() -> Account:
    return _account_of_user(_stored_user())


def _settings_folder() -> Path | None:
    """Return the folder in which lamindb_setup stores users, or None if unknown."""
    try:
        from lamindb_setup.core._settings_store import current_user_settings_file

        return Path(current_user_settings_file()).parent
    except (ImportError, OSError):
        return None


def _stored_files() -> dict[str, tuple[int, int]]:
    """Return the sizes and times of the files of users, to notice a change."""
    folder, found = _settings_folder(), {}
    for path in folder.glob("*user*.env") if folder else ():
        with contextlib.suppress(OSError):
            status = path.stat()
            found[path.name] = status.st_size, status.st_mtime_ns
    return found


def _account_of_user(user: Any) -> Account:
    """Return the account of a user of lamindb_setup, or of None."""
    if user is None or user.handle in (None, "anonymous") or not user.access_token:
        return Account()
    return _account_of(user.handle, user.access_token, user.api_key, user.password)


def _account_of(handle: object, token: str, *others: str | None) -> Account:
    """Return the account for values from the hub, or from a file.

    Args:
        handle: The handle. Like each text of a server, it can contain anything.
        token: The access token.
        others: More secrets to redact in the handle.
    """
    secrets = [Secret(text) for text in (token, *others) if text]
    shown = " ".join(safe_text(str(handle), secrets, _LONGEST_HANDLE).split())
    return Account(shown, Secret(token), _key_expires.get(str(handle)))


def _login(key: Secret, secrets: list[Secret]) -> Account:
    """Sign in for this machine."""
    secrets.append(key)
    _check_hub()
    import lamindb_setup  # imports Django

    lamindb_setup.login(api_key=key.reveal())
    return _stored_account()


@contextlib.contextmanager
def _private_files(handle: str | None) -> Iterator[None]:
    """Let only their owner read the files that lamindb_setup writes in the block.

    lamindb_setup creates files that everyone can read. But it keeps the mode of a file
    that exists, so create the files without a secret.
    """
    path: Path | None = None
    # If this fails, lamindb_setup also fails to write, or its names have changed.
    with contextlib.suppress(Exception):
        from lamindb_setup.core._settings_load import load_or_create_user_settings
        from lamindb_setup.core._settings_store import user_settings_file_handle

        load_or_create_user_settings()
        if handle is not None:
            path = Path(user_settings_file_handle(handle))
            path.touch(mode=0o600)
    _protect_files()
    try:
        yield
    finally:
        _protect_files()
        with contextlib.suppress(OSError):
            if path is not None and path.stat().st_size == 0:
                path.unlink()  # lamindb_setup can't read an empty file.


def _protect_files() -> None:
    """Let only their owner read the files of users, which have the API key."""
    folder = _settings_folder()
    for path in folder.glob("*user*.env") if folder else ():
        with contextlib.suppress(OSError):
            path.chmod(0o600)


def _logout(_: list[Secret]) -> None:
    import lamindb_setup  # imports Django

    lamindb_setup.logout()


def _exchange(key: Secret, secrets: list[Secret]) -> Account:
    """Sign in without storing anything.

    The public function of lamindb_setup asks a second hub if the first one fails, and
    raises only the error of the second. It has no time limit. So use its parts.
    """
    secrets.append(key)
    _check_hub()
    try:
        from lamindb_setup.core._hub_client import connect_hub  # imports supabase
        from lamindb_setup.core._hub_core import _sign_in_hub_api_key
    except ImportError as error:
        raise _OtherNames(str(error)) from None
    result = _sign_in_hub_api_key(key.reveal(), connect_hub())
    if isinstance(result, str):
        raise SystemExit(result)
    _, _, handle, _, token = result
    _find_expiry(handle, key)
    return _account_of(handle, token, key.reveal())


def _renew(refused: Secret | None, secrets: list[Secret]) -> Account:
    """Renew the token of the stored user, and store it."""
    user = _stored_user()
    if user is None or not user.access_token:
        return Account()
    if refused is not None and Secret(user.access_token) != refused:
        return _account_of_user(user)
    texts = (user.access_token, user.api_key, user.password)
    secrets.extend(Secret(text) for text in texts if text)
    _check_hub()
    from lamindb_setup import settings
    from lamindb_setup.core._hub_client import get_access_token
    from lamindb_setup.core._settings_save import save_user_settings

    token = get_access_token(user.email, user.password, user.api_key)
    if token is None:
        return Account()
    user.access_token = token
    newest = _stored_user()
    if newest is None or newest.uid != user.uid:
        return _account_of_user(user)  # Another user has signed in meanwhile.
    with _private_files(user.handle):
        save_user_settings(user)
    if settings.user.uid == user.uid:
        settings.user.access_token = token
    if user.api_key and user.handle not in _key_expires:
        _find_expiry(user.handle, Secret(user.api_key))
    return _account_of_user(user)


_key_expires: Final[dict[str, datetime]] = {}
"""The expiry of API keys by handle, because lamindb_setup doesn't store it."""


def _find_expiry(handle: str | None, key: Secret) -> None:
    """Ask the hub when a key expires. Errors are ignored."""
    if handle is None:
        return
    _key_expires.pop(handle, None)
    # The sign-in has succeeded, so a failure of this call doesn't matter.
    with contextlib.suppress(Exception):
        from lamindb_setup.core._hub_client import connect_hub

        hub = connect_hub()
        reply = hub.functions.invoke(
            "get-jwt-v1", invoke_options={"body": {"api_key": key.reveal()}}
        )
        text = json.loads(reply)["apiKeyExpiresAt"].replace("Z", "+00:00")
        expires_at = datetime.fromisoformat(text)
        if expires_at.tzinfo is None:
            expires_at = expires_at.replace(tzinfo=timezone.utc)
        _key_expires[handle] = expires_at


def _run_guarded(
    function: Callable[[list[Secret]], _T],
    cancelled: threading.Event | None = None,
    *,
    exclusive: bool = True,
) -> _T:
    """Call a function that uses lamindb_setup in a thread, for at most `LIMIT_S`.

    Args:
        function: Function that takes a list, and adds the secrets that it uses.
        cancelled: Event that another thread sets to end the wait.
        exclusive: Whether the function uses the stored user. If so, it waits until no
            other thread does.

    Raises:
        SignInError: If the function raises an exception, or the time is up.
        ActionCancelled: If the wait was canceled.
    """
    is_over = threading.Event()

    def run() -> _T | SignInError | ActionCancelled:
        secrets: list[Secret] = []
        _silenced.here = True
        try:
            with _lamindb_setup if exclusive else contextlib.nullcontext():
                _silence_lamindb_setup()
                # The caller doesn't wait for a thread that got the lock too late.
                return ActionCancelled() if is_over.is_set() else function(secrets)
        except BaseException as error:  # noqa: BLE001  # SystemExit among them
            return _sign_in_error(error, secrets)

    result: _T | SignInError | ActionCancelled
    try:
        result = Deadline(LIMIT_S, cancelled).call(run)
    except DeadlinePassed:
        result = _TimeUp(cause="hub_unreachable")
    finally:
        is_over.set()
    if isinstance(result, (SignInError, ActionCancelled)):
        raise result
    return result


def _sign_in_error(error: BaseException, secrets: list[Secret]) -> SignInError:
    """Return this package's exception for an exception of lamindb_setup."""
    if isinstance(error, SignInError):
        return error
    from lamin_widgets.lamin import network_failures  # slow

    cause, reason, facts = _find_cause(error)
    # httpx parses all proxies, and its errors quote them.
    for proxy in network_failures.proxies().values():
        secrets += network_failures.proxy_secrets(proxy)
    reason = safe_text(reason, secrets, 200)
    facts["reason"] = reason or type(error).__name__
    return SignInError(cause=cause, details=reason, facts=facts)


# The keys are names of lamindb_setup's exceptions, or parts of their messages.
_KINDS: Final[dict[str, CauseId]] = {
    "ApiKeyExpired": "api_key_expired",
    "ApiKeyNotFound": "api_key_rejected",
    "invalid-api-key": "api_key_rejected",
}
_NO_IPV6: Final = (
    "It has an IPv6 network or an address in brackets, which the sign-in can't use."
)
_NETWORK: Final = (ConnectionError, TimeoutError, socket.gaierror)
_NETWORK_MODULES: Final = frozenset({"httpx", "httpcore", "urllib"})
_REFUSED: Final = {*range(400, 500)} - {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
}


def _find_cause(error: BaseException) -> tuple[CauseId, str, dict[str, str]]:
    """Return the cause, the text, and the facts for an exception."""
    from lamin_widgets.lamin import network_failures  # slow

    name, text = type(error).__name__, text_of(error)
    for kind, cause in _KINDS.items():
        if kind in f"{name} {text}":
            return cause, text, {}
    status = getattr(error, "status", 0)
    # Supabase's client raises this for an HTTP error of the hub.
    if name == "FunctionsHttpError" and _is_about_key(status, text):
        is_expired = "expired" in text.lower()
        return "api_key_expired" if is_expired else "api_key_rejected", text, {}
    chain = list(network_failures.chain_of(error))
    for each in chain:
        if isinstance(each, ssl.SSLCertVerificationError):
            return "hub_certificate", getattr(each, "verify_message", "") or text, {}
        # In urllib's exceptions, the file name is a URL.
        if isinstance(each, OSError) and each.filename and _module(each) == "builtins":
            path, folder = Path(str(each.filename)), _settings_folder()
            if folder in {None, path, path.parent}:
                facts = {"folder": safe_text(str(folder or path.parent), limit=200)}
                return "settings_not_writable", each.strerror or text, facts
    return _network_cause(error, chain)


def _is_about_key(status: int, text: str) -> bool:
    """Return whether an error of the hub is about the API key.

    A gateway or a rate limit can also refuse, and the hub also has a public key.
    """
    words = text.lower()
    if status not in _REFUSED or "jwt" in words or "anon" in words:
        return False
    return "api key" in words or status in {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.UNAUTHORIZED,
    }


def _network_cause(
    error: BaseException, chain: list[BaseException]
) -> tuple[CauseId, str, dict[str, str]]:
    """Return the cause, text, and facts for a network failure, or a fallback."""
    from lamin_widgets.lamin import network_failures  # slow

    name, text = type(error).__name__, text_of(error)
    if network_failures.bundle_fault(os.environ.get("SSL_CERT_FILE", "")):
        return "ca_bundle_unreadable", text, {"bundle_variable": "SSL_CERT_FILE"}
    if name == "InvalidURL" and not network_failures.malformed_proxy():
        variable = "no_proxy" if os.environ.get("no_proxy") else "NO_PROXY"
        return "environment_setting", "", {"variable": variable, "sentence": _NO_IPV6}
    for each in chain:
        if isinstance(each, JSONDecodeError):
            reply = next((e.response for e in chain if hasattr(e, "response")), None)
            status = f"HTTP {reply.status_code}" if reply is not None else "A reply"
            return "hub_unreachable", f"{status}, and the body isn't JSON", {}
    is_network = _module(error) in _NETWORK_MODULES or isinstance(error, _NETWORK)
    if is_network and (variable := network_failures.malformed_proxy()):
        # Don't quote a malformed URL, because it can contain the password.
        return "proxy_malformed", "", {"proxy_variable": variable}
    url = HUB_URL
    with contextlib.suppress(SignInError):
        url = hub_url()
    proxy = proxy_for(url)
    facts = {"api_host": urlsplit(url).netloc, "proxy_variable": proxy_variable(url)}
    if proxy and (found := network_failures.proxy_cause(proxy, chain)):
        return found, "" if found == "proxy_malformed" else text or name, facts
    cause: CauseId = "sign_in_failed"
    if is_network:
        cause = "api_proxy" if name == "ProxyError" else "hub_unreachable"
        if proxy and "Connect" in name:
            cause = "proxy_unreachable"
    return cause, text or name, facts


def _module(error: BaseException) -> str:
    return type(error).__module__.partition(".")[0]


_silenced: Final = threading.local()
_LOGGER: Final = "lamindb_setup.core._logger"


def _may_log(_: logging.LogRecord) -> bool:
    return not getattr(_silenced, "here", False)


def _silence_lamindb_setup() -> None:
    """Prevent lamindb_setup from printing in the threads of this module.

    Importing lamindb_setup already prints. So load the module with its logger first,
    which doesn't import the rest, and add a filter to the logger.
    """
    with contextlib.suppress(Exception):  # If that fails, lamindb_setup prints.
        if "lamindb_setup" not in sys.modules and _LOGGER not in sys.modules:
            package: Any = importlib.util.find_spec("lamindb_setup")
            path = Path(package.origin).parent / "core" / "_logger.py"
            spec: Any = importlib.util.spec_from_file_location(_LOGGER, path)
            sys.modules[_LOGGER] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(sys.modules[_LOGGER])
        importlib.import_module(_LOGGER).logger.addFilter(_may_log)
