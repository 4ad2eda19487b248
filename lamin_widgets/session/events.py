"""Everything that can happen to the form, and what the store does as a consequence.

Events and effects are named tuples, because dataclasses take longer to import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from lamin_widgets.core.errors import InvalidInput
    from lamin_widgets.core.outcome import Action, Outcome, Step
    from lamin_widgets.session.state import Account, Job, Origin, State


# --- Events -----------------------------------------------------------------------


class FieldsChanged(NamedTuple):
    """Fields have new values."""

    values: Mapping[str, str | int]
    by: Origin


class PasswordEntered(NamedTuple):
    """A password was entered. The event doesn't hold it.

    Attributes:
        hint: What is unusual about its first or last character, or "".
        same: Whether it equals the previous one.
        by: Where it comes from.
    """

    hint: str
    same: bool
    by: Origin


class ForgetRequested(NamedTuple):
    """The password is to be cleared."""


class StringPasted(NamedTuple):
    """A connection string was read.

    Attributes:
        host: Its host, or "".
        port: Its port, or None.
        note: Sentences about what it fills in.
        field: The field into which it was pasted.
        hint: As in `PasswordEntered`, or None if it has no password.
        by: Where it comes from.
    """

    host: str
    port: int | None
    note: str
    field: str
    hint: str | None
    by: Origin


class StringRefused(NamedTuple):
    """What was entered in a field can't be used. The error holds nothing of it."""

    field: str
    error: InvalidInput


class PanelToggled(NamedTuple):
    """A panel was opened, or the open one closed ("")."""

    panel: str


class HelloReceived(NamedTuple):
    """A view was opened, and its binary buffer arrived or not."""

    carries_buffers: bool


class ActionRequested(NamedTuple):
    """An action is to be started.

    Attributes:
        action: What to do.
        at: When, in UTC.
        by: Where the request comes from. Only the page is asked questions first.
        confirmed: Whether the user answered the question that is open.
        has_api_key: For "sign-in": whether an API key came with it.
        remember: For "sign-in": whether it may be stored for this machine.
        until: Until when to try again if it fails, in UTC. None tries once.
    """

    action: Action
    at: datetime
    by: Origin
    confirmed: bool = False
    has_api_key: bool = False
    remember: bool = True
    until: datetime | None = None


class StepReported(NamedTuple):
    """A diagnosis that runs has taken a step."""

    number: int
    steps: tuple[Step, ...]


class ActionFinished(NamedTuple):
    """The action with this job number ended."""

    number: int
    outcome: Outcome


class CancelRequested(NamedTuple):
    """The action that runs, or the wait, is to be ended."""


class WaitElapsed(NamedTuple):
    """The pause until the next try is over."""

    next_at: datetime


class AccountFound(NamedTuple):
    """A look-up of the account ended."""

    account: Account


class Closed(NamedTuple):
    """The form was closed."""


Event: TypeAlias = (
    FieldsChanged
    | PasswordEntered
    | ForgetRequested
    | StringPasted
    | StringRefused
    | PanelToggled
    | HelloReceived
    | ActionRequested
    | StepReported
    | ActionFinished
    | CancelRequested
    | WaitElapsed
    | AccountFound
    | Closed
)


# --- Effects ----------------------------------------------------------------------


class Clear(NamedTuple):
    """Clear secrets: in memory before anything is published, then in every view.

    A view keeps the input that is being edited.
    """

    fields: tuple[str, ...]


class KeepPassword(NamedTuple):
    """Keep the password that came with the event."""


class WriteFields(NamedTuple):
    """Write values that were read from a connection string into the traits."""

    values: Mapping[str, str | int]


class Focus(NamedTuple):
    """Move the focus of the view in use to a field."""

    field: str


class StartJob(NamedTuple):
    """Start an action in a worker thread.

    Attributes:
        job: The action.
        remember: Whether a sign-in is stored for this machine.
    """

    job: Job
    remember: bool


class CancelJob(NamedTuple):
    """End the action that runs."""


class Reject(NamedTuple):
    """The requested action doesn't start."""

    outcome: Outcome


class Schedule(NamedTuple):
    """Dispatch `WaitElapsed` at this time, in UTC."""

    next_at: datetime


class LookUpAccount(NamedTuple):
    """Look up who is signed in, in a worker thread."""

    turn: int
    api_url: str


Effect: TypeAlias = (
    Clear
    | KeepPassword
    | WriteFields
    | Focus
    | StartJob
    | CancelJob
    | Reject
    | Schedule
    | LookUpAccount
)

Next: TypeAlias = "tuple[State, tuple[Effect, ...]]"
"""What a rule returns: the next state, and the effects for the store."""
