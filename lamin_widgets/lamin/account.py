"""Who is signed in to Lamin: the only module that imports lamindb_setup.

Its private names are used here and nowhere else, and missed gently. Frames of
lamindb_setup hold the key in plain text, so nothing it raises leaves this module.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from lamin_widgets.core.errors import SignInError, text_of
from lamin_widgets.core.secret import Secret, redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Account", "Session"]

ANONYMOUS: Final = "anonymous"
LIMIT_S: Final = 45.0
"""lamindb_setup tries up to three times with 12 s each, on two addresses."""

_NETWORK: Final = (ConnectionError, TimeoutError, socket.gaierror)
_importing: Final = threading.Lock()
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Account:
    """Who is signed in.

    Attributes:
        handle: The user's handle on Lamin, or None if nobody is signed in.
        token: The access token, or None.
    """

    handle: str | None = None
    token: Secret | None = None


class Session:
    """The sign-in of this machine, as lamindb_setup keeps it.

    Calls may reach the network and take seconds: keep them off the main thread.
    """

    def current(self) -> Account:
        """Return who is signed in; nobody, if lamindb_setup cannot tell.

        Raises:
            SignInError: If `LAMIN_API_KEY` is set and does not sign in, and nobody
                else is signed in.
        """
        result = _guarded(_read_account, ())
        if isinstance(result, Account):
            return result
        if os.environ.get("LAMIN_API_KEY") and result.cause != "unexpected":
            raise result
        return Account()

    def sign_in(self, api_key: Secret) -> Account:
        """Sign in as `lamin login` does.

        Raises:
            SignInError: If Lamin does not accept the key or cannot be reached.
        """
        result = _guarded(lambda: _login(api_key), (api_key,))
        if isinstance(result, SignInError):
            raise result
        return result

    def renew(self) -> Secret | None:
        """Return a new access token, stored by lamindb_setup, or None.

        Raises:
            SignInError: If the key has expired or the hub cannot be reached.
        """
        result = _guarded(_renew, ())
        if isinstance(result, SignInError):
            if result.cause in {"api_key_expired", "hub_unreachable"}:
                raise result
            return None
        return result


def _read_account() -> Account:
    from lamindb_setup import settings  # noqa: PLC0415  # imports Django

    if not _somebody_is_stored() and not os.environ.get("LAMIN_API_KEY"):
        # Reading `settings.user` would write an anonymous user and warn about it.
        return Account()
    user = settings.user
    if user.handle == ANONYMOUS or not _is_the_stored(user):
        # It may have been read before the person ran `lamin login` in a terminal.
        if hasattr(settings, "_user_settings"):
            settings._user_settings = None  # noqa: SLF001  # there is no public way
        user = settings.user
    if user.handle in (None, ANONYMOUS) or not user.access_token:
        return Account()
    return Account(user.handle, Secret(user.access_token))


def _somebody_is_stored() -> bool:
    try:
        from lamindb_setup.core._settings_store import (  # noqa: PLC0415
            current_user_settings_file,
        )
    except ImportError:
        return True
    return bool(current_user_settings_file().exists())


def _is_the_stored(user: Any) -> bool:
    """Tell whether nobody else has signed in since, in another process."""
    try:
        from lamindb_setup.core._settings_load import (  # noqa: PLC0415
            load_user_settings,
        )
        from lamindb_setup.core._settings_store import (  # noqa: PLC0415
            current_user_settings_file,
        )

        return bool(load_user_settings(current_user_settings_file()).uid == user.uid)
    except Exception:  # noqa: BLE001  # private, or the file is being written
        return True


def _login(api_key: Secret) -> Account:
    import lamindb_setup  # noqa: PLC0415  # imports Django

    lamindb_setup.login(api_key=api_key.reveal().strip())
    return _read_account()


def _renew() -> Secret | None:
    from lamindb_setup import settings  # noqa: PLC0415
    from lamindb_setup.core._hub_client import get_access_token  # noqa: PLC0415
    from lamindb_setup.core._settings_save import (  # noqa: PLC0415
        save_user_settings,
    )

    user = settings.user
    token = get_access_token(user.email, user.password, user.api_key)
    if token is None:
        return None
    user.access_token = token
    save_user_settings(user)
    return Secret(token)


def _guarded(call: Callable[[], _T], secrets: tuple[Secret, ...]) -> _T | SignInError:
    """Run `call` in a thread of its own, for at most `LIMIT_S`.

    Its exceptions and their frames end there; what comes out is a value.
    """
    box: list[Any] = []

    def run() -> None:
        try:
            with _quiet():
                box.append(call())
        except BaseException as error:  # noqa: BLE001  # SystemExit among them
            box.append(_sign_in_error(error, secrets))

    thread = threading.Thread(target=run, name="lamin-widgets-account", daemon=True)
    thread.start()
    thread.join(LIMIT_S)
    if not box:
        return SignInError("The hub did not answer.", cause="hub_unreachable")
    result: _T | SignInError = box[0]
    return result


def _sign_in_error(error: BaseException, secrets: tuple[Secret, ...]) -> SignInError:
    name = type(error).__name__
    text = f"{name}: {text_of(error)}"
    module = type(error).__module__.partition(".")[0]
    if name == "ApiKeyExpired":
        cause = "api_key_expired"
    elif name == "ApiKeyNotFound" or "invalid-api-key" in text:
        cause = "api_key_rejected"
    elif (
        module in {"httpx", "httpcore", "urllib"}
        or isinstance(error, _NETWORK)
        or name == "JSONDecodeError"  # a web page: something stands in between
    ):
        cause = "hub_unreachable"
    elif name.startswith("Functions"):  # the hub's answer
        # to a key it does not like, or one of a gateway in front of it
        refused = getattr(error, "status", 400) in range(400, 500)
        cause = "api_key_rejected" if refused else "hub_unreachable"
    else:
        cause = "unexpected"
    return SignInError("Signing in failed.", cause=cause, details=redact(text, secrets))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep lamindb_setup from printing what happens: the form shows it."""
    try:
        with _importing, _quiet_import():
            from lamindb_setup.core._logger import logger  # noqa: PLC0415
    except ImportError:
        yield
        return
    here = threading.get_ident()

    def from_elsewhere(record: logging.LogRecord) -> bool:
        return record.thread != here

    logger.addFilter(from_elsewhere)
    try:
        yield
    finally:
        logger.removeFilter(from_elsewhere)


@contextlib.contextmanager
def _quiet_import() -> Iterator[None]:
    """Keep the first import from printing "loaded LAMIN_ENV" into the person's cell.

    The logger that does it is made by this very import and cannot be filtered before;
    but the level of its records can be lowered, so that its handler passes them over.
    """
    if "lamindb_setup" in sys.modules:
        yield
        return
    here = threading.get_ident()
    make = logging.getLogRecordFactory()

    def lowered(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        if record.thread == here and "lamindb_setup" in record.pathname:
            record.levelno = logging.NOTSET
        return record

    logging.setLogRecordFactory(lowered)
    try:
        yield
    finally:
        logging.setLogRecordFactory(make)
