"""The actions: what each requires, and how it runs.

The form, the Python API, and the command line run the same functions.
"""

from __future__ import annotations

import shlex
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, cast
from urllib.parse import urlsplit

from lamin_widgets.core.connection import PostgresConnection, is_local
from lamin_widgets.core.errors import InvalidInput, ReplyError
from lamin_widgets.core.outcome import Outcome, explain
from lamin_widgets.core.redaction import safe_text
from lamin_widgets.core.regions import PUBLISHED_API_URLS

if TYPE_CHECKING:
    from collections.abc import Callable

    from lamin_widgets.core.failures import CauseId
    from lamin_widgets.core.outcome import Action, Step
    from lamin_widgets.core.secret import Secret
    from lamin_widgets.form.draft import Draft, Note
    from lamin_widgets.lamin.calls import Call
    from lamin_widgets.lamin.client import DbServerClient, Receipt

LONGEST_SHOWN: Final = 200
"""The longest value of a field in a text, in characters."""
FIRST_PAUSE_S: Final = 5.0
LONGEST_PAUSE_S: Final = 60.0
"""Pauses between two tries of a check grow from the first to the longest."""


def new_client(api_url: str) -> DbServerClient:
    """Return a new client for an API."""
    # Importing requests takes longer than showing the form.
    from lamin_widgets.lamin.client import DbServerClient  # noqa: PLC0415

    return DbServerClient(api_url)


@dataclass
class ActionContext:
    """The means of an action.

    Attributes:
        draft: The values of the fields.
        open_client: Returns the client for an API URL. Diagnose needs none.
        password: The password of the database, if the action needs it.
        api_key: Lamin's key, for "sign-in".
        hidden: Secrets that a reply could quote, although the action doesn't use them.
        remember: Whether a sign-in is stored for this machine.
        on_step: Called with the steps of a diagnosis as they come.
        cancelled: Set by another thread to end the action.
    """

    draft: Draft
    open_client: Callable[[str], DbServerClient] = new_client
    password: Secret | None = None
    api_key: Secret | None = None
    hidden: tuple[Secret, ...] = ()
    remember: bool = True
    on_step: Callable[[tuple[Step, ...]], None] | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def connection(self) -> PostgresConnection:
        """The server, with its password."""
        return PostgresConnection(self.draft.host, self.draft.port, self.password)

    def send(self, call: Call) -> Receipt:
        """Send a call to the API of the draft."""
        return self.open_client(self.draft.api_url).send(call, self.cancelled)

    def forget_secrets(self) -> None:
        """Clear the secrets after the action ended."""
        self.password = self.api_key = None
        self.hidden = ()


class ActionRow(NamedTuple):
    """An action.

    Attributes:
        running: The title while it runs.
        required: The fields that it rests on, in the order of the form.
        run: Does it, and returns its outcome or raises one of the package's errors.
    """

    running: str
    required: tuple[str, ...]
    run: Callable[[ActionContext], Outcome]


def run_action(action: Action, context: ActionContext) -> Outcome:
    """Run an action and return its outcome. It blocks, and it never raises.

    Args:
        action: What to do.
        context: The values, secrets, and callbacks of the action.
    """
    try:
        return ACTIONS[action].run(context)
    except BaseException as error:  # noqa: BLE001  # every error becomes an outcome
        outcome = explain(
            error,
            action,
            facts=facts_of(context.draft),
            secrets=(context.password, context.api_key, *context.hidden),
        )
        _drop_frames(error)
        return outcome


def pause_after(outcome: Outcome, tries: int) -> float:
    """Return the seconds until the next try, after so many tries."""
    growing = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** (tries - 1))
    return max(growing, float(outcome.facts.get("retry_after_s", 0)))


def _drop_frames(error: BaseException | None) -> None:
    """Drop the frames of an error, which hold the connection with its password."""
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


def as_error(field: str, note: Note) -> InvalidInput:
    """Return the error for a field whose value doesn't allow an action."""
    cause = cast("CauseId", note.cause)  # as for every note that is an error
    return InvalidInput(note.text, cause=cause, field=field, facts=note.facts)


def facts_of(draft: Draft) -> dict[str, str]:
    """Return the facts of the form that the catalog's texts use."""
    host, port = draft.host.strip(), str(draft.port).strip()
    api_url = draft.parsed.api_url
    api_host = urlsplit(api_url).netloc
    provider = draft.parsed.provider
    managed: dict[str, str] = {}
    if provider is not None and not provider.edits_pg_hba:
        managed = {"provider": provider.name, "managed": "yes"}
    if provider is not None and provider.allow_advice:
        managed["allow_advice"] = provider.allow_advice.format(port=port)
    entered = {
        "name": draft.name.strip(),
        "host": host,
        "port": port,
        "region": draft.api_server_name.strip(),
        "instance": draft.instance_name.strip(),
        "api_url": api_url,
        "api_host": api_host,
        "destination": api_host,
    }
    # A page can enter anything, and some of these weren't checked.
    shown = {
        name: safe_text(value, limit=LONGEST_SHOWN) for name, value in entered.items()
    }
    return {**shown, "published": ", ".join(PUBLISHED_API_URLS), **managed}


def _diagnose(context: ActionContext) -> Outcome:
    # psycopg2 isn't needed to show the form.
    from lamin_widgets.postgres.diagnosis import diagnose  # noqa: PLC0415

    return diagnose(
        context.connection,
        on_step=context.on_step,
        cancelled=context.cancelled,
        facts=facts_of(context.draft),
        loopback_only=context.draft.sandbox,
    )


def _register(context: ActionContext) -> Outcome:
    from lamin_widgets.lamin.calls import RegisterServer  # noqa: PLC0415  # as above

    draft = context.draft
    call = RegisterServer(
        draft.name.strip(),
        context.connection,
        draft.api_server_name.strip(),
        draft.organization_id.strip() or None,
    )
    return _done(
        "register",
        context.send(call),
        f"Registered {facts_of(draft)['name']} with Lamin.",
        "Test the connection to check that Lamin can reach the server.",
    )


def _test(context: ActionContext) -> Outcome:
    from lamin_widgets.lamin.calls import CheckAccess  # noqa: PLC0415  # as above
    from lamin_widgets.postgres.errors import classify_text  # noqa: PLC0415

    call = CheckAccess(context.draft.name.strip(), hidden=context.hidden)
    facts = facts_of(context.draft)
    try:
        receipt = context.send(call)
    except ReplyError as error:
        if error.cause == "check_failed":
            # Lamin reports a failure of the database.
            classified = classify_text(error.facts.get("sentence", ""), facts)
            error.cause = classified.cause
            error.facts |= classified.facts
        raise
    return _done(
        "test",
        receipt,
        f"Lamin can connect to {facts['name']}.",
        "The server is ready for a LaminDB instance.",
    )


def _create_instance(context: ActionContext) -> Outcome:
    from lamin_widgets.lamin.calls import CreateInstance  # noqa: PLC0415  # as above

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
    return _done(
        "create-instance",
        context.send(call),
        f"Created the instance {facts_of(draft)['instance']}.",
        f"To connect, run: lamin connect {shlex.quote(f'<owner>/{instance}')}",
    )


def _done(action: Action, receipt: Receipt, title: str, advice: str) -> Outcome:
    """Return the success of a call of the Lamin API."""
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
    from lamin_widgets.lamin.account import hub_url  # noqa: PLC0415  # as above

    if context.draft.sandbox and not is_local(urlsplit(hub_url()).hostname or ""):
        raise InvalidInput(cause="sandbox_only")
    account = context.open_client(context.draft.api_url).session.sign_in(
        context.api_key, remember=context.remember
    )
    return Outcome(
        "sign-in", "success", f"Signed in as {account.handle or 'an unknown user'}."
    )


def _sign_out(context: ActionContext) -> Outcome:
    context.open_client(context.draft.api_url).session.sign_out()
    return Outcome("sign-out", "success", "Signed out.")


ACTIONS: Final[dict[Action, ActionRow]] = {
    "diagnose": ActionRow(
        "Connecting from this machine", ("host", "port", "password"), _diagnose
    ),
    "register": ActionRow(
        "Registering with Lamin",
        (
            *("name", "api_server_name", "host", "port", "password"),
            *("api_url", "organization_id"),
        ),
        _register,
    ),
    "test": ActionRow("Connecting from Lamin", ("name", "api_url"), _test),
    "create-instance": ActionRow(
        "Creating the instance",
        ("instance_name", "name", "api_url", "storage", "schema_str", "account_id"),
        _create_instance,
    ),
    "sign-in": ActionRow("Signing in", ("api_url",), _sign_in),
    "sign-out": ActionRow("Signing out", ("api_url",), _sign_out),
}
"""Every action by its id."""
