"""Everything that can happen to the form, and what the store does as a consequence.

Events and effects are named tuples, because dataclasses take longer to import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from lamin_widgets.core.connection_strings import ConnectionString
    from lamin_widgets.core.errors import InvalidInput
    from lamin_widgets.core.outcome import Action, Outcome, Step
    from lamin_widgets.form.draft import Draft
    from lamin_widgets.session.state import Basis, Origin, State

__all__ = [
    "AccountFound",
    "ActionFinished",
    "ActionRequested",
    "CancelJob",
    "CancelRequested",
    "ClearSecrets",
    "ClearViews",
    "Closed",
    "Effect",
    "Event",
    "FieldsChanged",
    "Focus",
    "ForgetRequested",
    "HelloReceived",
    "Join",
    "LookUpAccount",
    "Next",
    "PanelToggled",
    "PasswordEntered",
    "Reject",
    "Schedule",
    "StartJob",
    "StepReported",
    "StringPasted",
    "StringRefused",
    "WaitElapsed",
    "WaitRequested",
    "WriteFields",
]


# --- Events -----------------------------------------------------------------------


class FieldsChanged(NamedTuple):
    """Fields have new values."""

    values: Mapping[str, str | int]
    by: Origin


class PasswordEntered(NamedTuple):
    """The store has a new password.

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
    """A connection string was read. Its password, if any, is in the store.

    Attributes:
        pasted: Its parts, without the password.
        field: The field into which it was pasted.
        takes_password: Whether the store has taken its password.
        hint: As in `PasswordEntered`, if it has a password.
        by: Where it comes from.
    """

    pasted: ConnectionString
    field: str
    takes_password: bool
    hint: str
    by: Origin


class StringRefused(NamedTuple):
    """What was entered in a field can't be used.

    Attributes:
        field: The field.
        error: Why. It holds nothing of the text.
    """

    field: str
    error: InvalidInput


class PanelToggled(NamedTuple):
    """A panel was opened, or the open one closed ("")."""

    panel: str


class HelloReceived(NamedTuple):
    """A view was opened.

    Attributes:
        carries_buffers: Whether its binary buffer arrived.
    """

    carries_buffers: bool


class ActionRequested(NamedTuple):
    """An action is to be started.

    Attributes:
        action: What to do.
        at: When, in UTC.
        asks: Whether questions are asked first. Python's methods don't ask.
        confirmed: Whether the user answered the question that is open.
        has_api_key: For "sign-in": whether an API key came with it.
    """

    action: Action
    at: datetime
    asks: bool = False
    confirmed: bool = False
    has_api_key: bool = False


class StepReported(NamedTuple):
    """A diagnosis that runs has taken a step."""

    number: int
    steps: tuple[Step, ...]


class ActionFinished(NamedTuple):
    """An action ended.

    Attributes:
        number: The number of its job.
        outcome: The result.
    """

    number: int
    outcome: Outcome


class CancelRequested(NamedTuple):
    """The action that runs, or the wait, is to be ended."""


class WaitRequested(NamedTuple):
    """A failed check is to be tried again until it succeeds.

    Attributes:
        action: "diagnose" or "test".
        at: When, in UTC.
        until: When to give up, in UTC.
    """

    action: Action
    at: datetime
    until: datetime


class WaitElapsed(NamedTuple):
    """The pause between two tries is over."""

    number: int
    at: datetime


class AccountFound(NamedTuple):
    """A look-up of the account ended.

    Attributes:
        turn: The turn of the look-up.
        text: For example "Signed in as ada", or "" if no user is signed in.
        note: For example "API key expires in 3 days".
        hub: Host that an API key is sent to, if it isn't Lamin's own hub.
    """

    turn: int
    text: str
    note: str = ""
    hub: str = ""


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
    | WaitRequested
    | WaitElapsed
    | AccountFound
    | Closed
)


# --- Effects ----------------------------------------------------------------------


class ClearSecrets(NamedTuple):
    """Clear secrets in the store. It happens before anything is published."""

    names: tuple[Literal["password", "api_key"], ...]


class ClearViews(NamedTuple):
    """Empty secret inputs in every view, apart from those being edited."""

    fields: tuple[str, ...]


class WriteFields(NamedTuple):
    """Write values that were read from a connection string into the traits."""

    values: Mapping[str, str | int]


class Focus(NamedTuple):
    """Move the focus of the view in use to a field."""

    field: str


class StartJob(NamedTuple):
    """Start an action in a worker thread."""

    number: int
    action: Action
    draft: Draft
    basis: Basis


class CancelJob(NamedTuple):
    """End the action that runs."""

    number: int


class Join(NamedTuple):
    """The requested action runs already."""

    number: int


class Reject(NamedTuple):
    """The requested action doesn't start."""

    outcome: Outcome


class Schedule(NamedTuple):
    """Dispatch `WaitElapsed` after a pause."""

    number: int
    seconds: float


class LookUpAccount(NamedTuple):
    """Look up who is signed in, in a worker thread."""

    turn: int
    api_url: str


Effect: TypeAlias = (
    ClearSecrets
    | ClearViews
    | Focus
    | StartJob
    | CancelJob
    | Join
    | Reject
    | Schedule
    | LookUpAccount
    | WriteFields
)

Next: TypeAlias = "tuple[State, tuple[Effect, ...]]"
"""What a rule returns: the next state, and the effects for the store."""
