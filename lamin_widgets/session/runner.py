"""Runs an action, and returns its outcome.

The form, the Python API, and the command line run the same functions.
"""

from __future__ import annotations

import contextlib
import shlex
import threading
from typing import TYPE_CHECKING, Final

from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.core.errors import InvalidInput, SignInError
from lamin_widgets.core.outcome import Outcome, explain
from lamin_widgets.session.actions import facts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from lamin_widgets.core.action_names import Action
    from lamin_widgets.core.failures import CauseId
    from lamin_widgets.core.outcome import Step
    from lamin_widgets.core.secret import Secret
    from lamin_widgets.form.draft import Draft
    from lamin_widgets.lamin.account import Account
    from lamin_widgets.lamin.calls import Call
    from lamin_widgets.lamin.client import DbServerClient, Receipt


def new_client(api_url: str) -> DbServerClient:
    """Return a new client for an API."""
    from lamin_widgets.lamin.client import DbServerClient  # slow

    return DbServerClient(api_url)


class ActionContext:
    """The values, secrets, and callbacks that an action runs with.

    Args:
        draft: The values of the fields.
        open_client: Function that returns the client for an API URL.
        password: The password for the `postgres` user, if the action requires it.
        api_key: The Lamin API key, for "sign-in".
        hidden: More secrets to redact, because a reply could quote them.
        remember: For "sign-in": whether to store the sign-in for this machine.
        user: The user that the form shows, as text. Calls are sent only as this user.
            If it's "", a call is sent as any user, and sets this attribute.
        on_step: Called with all steps so far when a step of the diagnosis begins or
            ends.
        cancelled: Event that another thread sets to cancel the action.
    """

    def __init__(
        self,
        draft: Draft,
        *,
        open_client: Callable[[str], DbServerClient] = new_client,
        password: Secret | None = None,
        api_key: Secret | None = None,
        hidden: tuple[Secret, ...] = (),
        remember: bool = True,
        user: str = "",
        on_step: Callable[[tuple[Step, ...]], None] | None = None,
        cancelled: threading.Event | None = None,
    ) -> None:
        self.draft = draft
        self.open_client = open_client
        self.password = password
        self.api_key = api_key
        self.hidden = hidden
        self.remember = remember
        self.user = user
        self.on_step = on_step
        self.cancelled = cancelled or threading.Event()

    @property
    def connection(self) -> PostgresConnection:
        """The PostgreSQL server, with its password."""
        return PostgresConnection(self.draft.host, self.draft.port, self.password)

    def send(self, call: Call) -> Receipt:
        """Send a call to the API that the draft names, and return its receipt.

        Raises:
            LaminWidgetsError: If the call fails, with the cause.
        """
        client = self.open_client(self.draft.api_url)
        return client.send(call, self.cancelled, check=self.check_user)

    def check_user(self, account: Account) -> None:
        """Check that an account is that of the user that the form shows.

        Raises:
            SignInError: `account_changed` if it's another user's.
        """
        if self.user not in {"", account.user}:
            facts = {"no_effect": "Nothing was sent."}
            raise SignInError(cause="account_changed", facts=facts)
        self.user = account.user

    def forget_secrets(self) -> None:
        """Delete the secrets after the action has ended."""
        self.password = self.api_key = None
        self.hidden = ()


def run_action(action: Action, context: ActionContext) -> Outcome:
    """Run an action and return its outcome. Blocks, and never raises an exception."""
    try:
        return _FUNCTIONS[action](context)
    except BaseException as error:  # noqa: BLE001  # every error becomes an outcome
        outcome = explain(
            error,
            action,
            facts=facts_of(context.draft),
            secrets=(context.password, context.api_key, *context.hidden),
        )
        _drop_frames(error)
        return outcome


def _drop_frames(error: BaseException | None) -> None:
    """Delete the tracebacks of an error, because their frames have the password."""
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


def _diagnose(context: ActionContext) -> Outcome:
    from lamin_widgets.postgres.diagnosis import diagnose  # slow

    return diagnose(
        context.connection,
        on_step=context.on_step,
        cancelled=context.cancelled,
        facts=facts_of(context.draft),
        loopback_only=context.draft.sandbox,
    )


def _register(context: ActionContext) -> Outcome:
    from lamin_widgets.lamin.calls import RegisterServer  # slow

    draft = context.draft
    call = RegisterServer(
        draft.name.strip(),
        context.connection,
        draft.api_server_name.strip(),
        draft.organization_id.strip() or None,
        hidden=context.hidden,
    )
    return _success(
        "register",
        context.send(call),
        f"Registered {facts_of(draft)['name']} with Lamin.",
        "Test the connection to check that Lamin can reach the server.",
    )


def _test(context: ActionContext) -> Outcome:
    from lamin_widgets.lamin.calls import CheckAccess  # slow
    from lamin_widgets.postgres.errors import classify_text

    facts = facts_of(context.draft)

    def classify(
        sentence: Secret, secrets: tuple[Secret, ...]
    ) -> tuple[CauseId, dict[str, str]]:
        found = classify_text(sentence.reveal(), facts, secrets)
        return found.cause, found.facts

    call = CheckAccess(
        context.draft.name.strip(), hidden=context.hidden, classify=classify
    )
    return _success(
        "test",
        context.send(call),
        f"Lamin can connect to {facts['name']}.",
        "Next, create a LaminDB instance on this server.",
    )


def _create_instance(context: ActionContext) -> Outcome:
    from lamin_widgets.lamin.calls import CreateInstance  # slow

    draft = context.draft
    instance = draft.instance_name.strip()
    call = CreateInstance(
        instance,
        draft.name.strip(),
        storage=draft.storage.strip() or None,
        schema_str=draft.schema_str.strip() or None,
        account_id=draft.account_id.strip() or None,
        hidden=context.hidden,
    )
    return _success(
        "create-instance",
        context.send(call),
        f"Created the instance {facts_of(draft)['instance']}.",
        "To connect, replace <owner> with the account that owns the instance, and run "
        f"in a terminal: lamin connect {shlex.quote(f'<owner>/{instance}')}",
    )


def _success(action: Action, receipt: Receipt, title: str, advice: str) -> Outcome:
    """Return the outcome of a call that succeeded."""
    return Outcome(
        action,
        "success",
        title,
        advice=advice,
        details=receipt.message,
        http_status=receipt.http_status,
    )


def _sign_in(context: ActionContext) -> Outcome:
    if not context.api_key:
        raise InvalidInput(cause="api_key_missing")
    account = context.open_client(context.draft.api_url).session.sign_in(
        context.api_key, remember=context.remember, cancelled=context.cancelled
    )
    facts = {"user": account.user}
    return Outcome("sign-in", "success", f"{account.user}.", facts=facts)


def _sign_out(context: ActionContext) -> Outcome:
    client = context.open_client(context.draft.api_url)
    account = None
    with contextlib.suppress(SignInError):  # LAMIN_API_KEY might be wrong.
        account = client.account() if context.user else None
    if account is not None and account.token is not None:
        context.check_user(account)
    client.session.sign_out(for_machine=context.remember, cancelled=context.cancelled)
    return Outcome("sign-out", "success", "Signed out.")


_FUNCTIONS: Final[dict[Action, Callable[[ActionContext], Outcome]]] = {
    "diagnose": _diagnose,
    "register": _register,
    "test": _test,
    "create-instance": _create_instance,
    "sign-in": _sign_in,
    "sign-out": _sign_out,
}
"""Functions that return the outcome of an action, or raise a `LaminWidgetsError`."""
