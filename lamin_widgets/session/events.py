"""Events that change the form, and effects that the store carries out in reply.

Events and effects are named tuples, because dataclasses take longer to import. The
annotations aren't postponed, because named tuples would compile each of them.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from lamin_widgets.core.action_names import Action
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.session.state import AccountStatus, Job, Origin, State

if TYPE_CHECKING:
    from lamin_widgets.core.outcome import Outcome, Step

# --- Events -----------------------------------------------------------------------


class FieldsChanged(NamedTuple):
    """Fields have new values."""

    values: Mapping[str, str | int]
    by: Origin


class PasswordEntered(NamedTuple):
    """A password was entered. The event doesn't contain the password.

    Attributes:
        hint: As `password_hint` in `Draft`.
        same: Whether it equals the previous password.
        by: Where it comes from.
        seen: The host, port, and API URL that Python saw when it set the password.
    """

    hint: str
    same: bool
    by: Origin
    seen: Mapping[str, str | int] = MappingProxyType({})


class StringPasted(NamedTuple):
    """A connection string was read.

    Attributes:
        notation: The name of its notation, for example "URI".
        remarks: Sentences for the user about the parts that aren't used.
        field: The field into which it was pasted.
        hint: As in `PasswordEntered`, or None if the string has no password.
        by: Where it comes from.
    """

    host: str
    port: int | None
    notation: str
    remarks: tuple[str, ...]
    field: str
    hint: str | None
    by: Origin


class EntryRejected(NamedTuple):
    """A text in a field can't be used. The error doesn't quote the text."""

    field: str
    error: InvalidInput


class PanelToggled(NamedTuple):
    """A panel was opened, or, if `panel` is "", the open panel was closed."""

    panel: str


class HelloReceived(NamedTuple):
    """A view was opened, with or without a binary buffer in its message."""

    carries_buffers: bool


class FrontEndFound(NamedTuple):
    """The form got a connection to a front end. The values are those for `State`."""

    shared: bool
    locked: frozenset[str]


class ActionRequested(NamedTuple):
    """The user, or Python, asked to start an action.

    Attributes:
        at: The time of the request, in UTC.
        by: Where the request comes from. Questions are asked only on the page.
        confirmed: Whether the user confirmed the question that is open.
        has_api_key: For "sign-in": whether an API key came with the request.
        remember: For "sign-in": whether to store the sign-in for this machine.
        until: The time until which to repeat a failed action, in UTC. None tries once.
    """

    action: Action
    at: datetime
    by: Origin
    confirmed: bool = False
    has_api_key: bool = False
    remember: bool = True
    until: datetime | None = None


class StepReported(NamedTuple):
    """A step of the running diagnosis began or ended."""

    number: int
    steps: "tuple[Step, ...]"


class ActionFinished(NamedTuple):
    """The action with this job number ended.

    Attributes:
        user: For a call of the API: the user as whom it was sent, as text, or "".
    """

    number: int
    outcome: "Outcome"
    user: str = ""


class WaitElapsed(NamedTuple):
    """The pause until the next try is over."""

    next_at: datetime


class AccountFound(NamedTuple):
    """A look-up of the account ended."""

    account: AccountStatus


SimpleEvent: TypeAlias = Literal["forget-password", "cancel", "close"]
"""Events without values: the user, or Python, asked to clear the password, asked to
cancel the running action and the wait, or closed the form."""

Event: TypeAlias = (
    FieldsChanged
    | PasswordEntered
    | StringPasted
    | EntryRejected
    | PanelToggled
    | HelloReceived
    | FrontEndFound
    | ActionRequested
    | StepReported
    | ActionFinished
    | WaitElapsed
    | AccountFound
    | SimpleEvent
)


# --- Effects ----------------------------------------------------------------------


class ClearInputs(NamedTuple):
    """Clear the inputs of these secrets in every view, except one being edited."""

    fields: tuple[str, ...]


class Focus(NamedTuple):
    """Move the focus to a field, in the view that has the focus."""

    field: str


class StartJob(NamedTuple):
    """Start an action in a worker thread."""

    job: Job
    remember: bool


class Refuse(NamedTuple):
    """Deliver the outcome of an action that doesn't start."""

    outcome: "Outcome"
    by: Origin


class Schedule(NamedTuple):
    """Dispatch `WaitElapsed` at this time, in UTC."""

    next_at: datetime


class LookUpAccount(NamedTuple):
    """Look up the Lamin account in a worker thread."""

    turn: int
    api_url: str


SimpleEffect: TypeAlias = Literal["keep-password", "cancel-job", "forget-sign-in"]
"""Effects without values: keep the password that came with the event, in place of the
previous one; cancel the running action; or end the sign-in for this form only."""

Effect: TypeAlias = (
    ClearInputs | Focus | StartJob | Refuse | Schedule | LookUpAccount | SimpleEffect
)

Next: TypeAlias = "tuple[State, tuple[Effect, ...]]"
"""The result of a rule: the next state, and the effects for the store."""
