"""Rules for waiting: a failed check is tried again until it succeeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lamin_widgets.session.action_rules import action_requested, start
from lamin_widgets.session.entry_rules import values_for
from lamin_widgets.session.events import (
    ActionRequested,
    Next,
    Reject,
    Schedule,
    WaitElapsed,
    WaitRequested,
)
from lamin_widgets.session.retries import FIRST_PAUSE_S
from lamin_widgets.session.state import Waiting

if TYPE_CHECKING:
    from lamin_widgets.session.state import State

__all__ = ["wait_elapsed", "wait_requested"]


def wait_requested(state: State, event: WaitRequested) -> Next:
    """Start to repeat a check."""
    number = state.counter + 1
    waiting = Waiting(
        number, event.action, None, event.until, values_for(event.action, state)
    )
    state = state.but(counter=number, waiting=waiting)
    next_state, effects = action_requested(
        state, ActionRequested(event.action, event.at)
    )
    if any(isinstance(effect, Reject) for effect in effects):
        next_state = next_state.but(waiting=None)
    return next_state, effects


def wait_elapsed(state: State, event: WaitElapsed) -> Next:
    """Repeat the check after a pause."""
    waiting = state.waiting
    if waiting is None or waiting.number != event.number:
        return state, ()
    if state.job is not None:
        return state, (Schedule(waiting.number, FIRST_PAUSE_S),)
    waiting = waiting._replace(next_at=None)
    return start(state.but(waiting=waiting), waiting.action)
