"""The rules of the form: `update(state, event)` returns the next state and effects.

It is pure and total: every event is allowed in every state, nothing is read from
outside, and nothing is changed in place. The rules for each kind of event stand in
`entry_rules`, `account_rules`, `action_rules`, and `waiting_rules`.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.outcome import explain
from lamin_widgets.session import (
    account_rules,
    action_rules,
    entry_rules,
    waiting_rules,
)
from lamin_widgets.session import events as e

if TYPE_CHECKING:
    from lamin_widgets.session.events import Event, Next
    from lamin_widgets.session.state import State

__all__ = ["update"]


def update(state: State, event: Event) -> Next:  # noqa: C901, PLR0911, PLR0912  # one case per event
    """Return the state after an event, and the effects for the store.

    Args:
        state: The form before.
        event: What happened.
    """
    if state.closed:
        return _after_the_end(state, event)
    match event:
        case e.FieldsChanged():
            return entry_rules.fields_changed(state, event)
        case e.PasswordEntered():
            return entry_rules.password_entered(state, event)
        case e.ForgetRequested():
            return entry_rules.forget_requested(state)
        case e.StringPasted():
            return entry_rules.string_pasted(state, event)
        case e.StringRefused():
            return entry_rules.string_refused(state, event)
        case e.PanelToggled():
            return state.but(panel=event.panel), ()
        case e.HelloReceived():
            return account_rules.hello_received(state, event)
        case e.AccountFound():
            return account_rules.account_found(state, event)
        case e.ActionRequested():
            return action_rules.action_requested(state, event)
        case e.StepReported():
            return action_rules.step_reported(state, event)
        case e.ActionFinished():
            return action_rules.action_finished(state, event)
        case e.CancelRequested():
            return action_rules.cancel_requested(state)
        case e.WaitRequested():
            return waiting_rules.wait_requested(state, event)
        case e.WaitElapsed():
            return waiting_rules.wait_elapsed(state, event)
        case e.Closed():
            return action_rules.closed(state)


def _after_the_end(state: State, event: Event) -> Next:
    """Refuse actions and clear secrets that arrive after the form was closed."""
    if isinstance(event, e.ActionRequested):
        refused = explain(InvalidInput(cause="closed"), event.action)
        return state, (e.Reject(dataclasses.replace(refused, at=event.at)),)
    if isinstance(event, (e.PasswordEntered, e.StringPasted)):
        return state, (e.ClearSecrets(("password",)),)
    return state, ()
