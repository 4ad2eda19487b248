"""Timing of repeated checks, and the end of a wait."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from lamin_widgets.core.failures import CATALOGUE
from lamin_widgets.session.events import Next, Schedule

if TYPE_CHECKING:
    from lamin_widgets.core.outcome import Outcome
    from lamin_widgets.session.state import State

__all__ = ["FIRST_PAUSE_S", "LONGEST_PAUSE_S", "after_try", "pause_after"]

FIRST_PAUSE_S: Final = 5.0
LONGEST_PAUSE_S: Final = 60.0
"""Pauses between two tries grow from the first to the longest."""


def after_try(state: State, outcome: Outcome) -> Next:
    """Try again later if the same passing failure was seen, or end the wait."""
    waiting = state.waiting
    if waiting is None or waiting.action != outcome.action:
        return state, ()
    row = CATALOGUE[outcome.cause] if outcome.cause else None
    other = waiting.cause is not None and waiting.cause != outcome.cause
    if row is None or not row.transient or other:
        return state.but(waiting=None), ()
    tries = waiting.tries + 1
    pause = pause_after(outcome, tries)
    next_at = outcome.at + timedelta(seconds=pause)
    if next_at > waiting.until:
        return state.but(waiting=None), ()
    number = state.counter + 1  # a timer of an earlier pause has another number
    waiting = waiting._replace(
        number=number, cause=outcome.cause, tries=tries, next_at=next_at
    )
    state = state.but(counter=number, waiting=waiting)
    return state, (Schedule(number, pause),)


def pause_after(outcome: Outcome, tries: int) -> float:
    """Return the seconds until the next try, after so many tries."""
    growing = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** (tries - 1))
    return max(growing, float(outcome.facts.get("retry_after_s", 0)))
