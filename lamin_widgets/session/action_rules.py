"""Rules for actions: what must be true before one starts, and what it changes."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final, cast

from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.failures import CATALOGUE
from lamin_widgets.core.outcome import LABELS, explain
from lamin_widgets.form.checks import first_error
from lamin_widgets.form.draft import Note
from lamin_widgets.session.account_rules import after_outcome
from lamin_widgets.session.actions import ACTIONS, facts_of
from lamin_widgets.session.doubts import doubts_about
from lamin_widgets.session.entry_rules import without_password
from lamin_widgets.session.events import (
    ActionFinished,
    ActionRequested,
    CancelJob,
    ClearSecrets,
    ClearViews,
    Effect,
    Focus,
    Join,
    Next,
    Reject,
    StartJob,
    StepReported,
)
from lamin_widgets.session.knowledge import know
from lamin_widgets.session.retries import after_try
from lamin_widgets.session.state import Job, Observation, Question

if TYPE_CHECKING:
    from lamin_widgets.core.failures import CauseId
    from lamin_widgets.core.outcome import Action
    from lamin_widgets.session.knowledge import Knowledge
    from lamin_widgets.session.state import State

__all__ = ["action_finished", "action_requested", "cancel_requested", "closed"]
__all__ += ["start", "step_reported"]

REMEMBERED: Final = 50
"""The longest history, in observations."""


def action_requested(state: State, event: ActionRequested) -> Next:
    """Start an action, ask first, or refuse it."""
    if state.job is not None and state.job.action == event.action:
        return state, (Join(state.job.number),)
    required = ACTIONS[event.action].required
    state = state.but(touched=state.touched | {*required})
    known = know(state)
    refusal = _refusal(state, known, event)
    if refusal is not None:
        return _rejected(state, refusal, event)
    doubts = doubts_about(event.action, state, known, asks=event.asks)
    if "trust_destination" in doubts and not state.remembers:
        # A visitor must not choose where the token of this machine goes.
        facts, row = facts_of(state.draft), CATALOGUE["destination_not_allowed"]
        text = " ".join(row.fill(facts)[:2])
        note = Note("error", row.id, text, row.short, facts=facts)
        state = state.but(notes={**state.notes, "api_url": note})
        return _rejected(state, _error_of("api_url", note), event)
    if doubts:
        question = Question(event.action, doubts, state.basis, facts_of(state.draft))
        if not (event.confirmed and state.question == question):
            rejected, effects = _rejected(state, InvalidInput(cause=doubts[0]), event)
            return rejected.but(question=question if event.asks else None), effects
    if "trust_destination" in doubts:
        state = state.but(trusted=state.trusted | {state.basis.api_url})
    if state.waiting is not None and state.waiting.action != event.action:
        state = state.but(waiting=None)
    return start(state, event.action)


def _refusal(
    state: State, known: Knowledge, event: ActionRequested
) -> InvalidInput | None:
    """Return why an action can't start, or None."""
    if state.job is not None:
        running = LABELS[state.job.action]
        return InvalidInput(cause="busy", facts={"running": running})
    is_registered = known.given is not None and not known.registered.stale
    if event.action == "register" and is_registered:
        return InvalidInput(cause="already_registered")
    if event.action == "sign-in" and not event.has_api_key:
        return InvalidInput(cause="api_key_missing")
    return _invalid(state, event.action)


def _invalid(state: State, action: Action) -> InvalidInput | None:
    """Return why the fields don't allow an action, or None."""
    required = ACTIONS[action].required
    for field in (*required, "paste"):
        note = state.notes.get(field)
        if note is not None and note.level == "error":
            return _error_of(field, note)
    found = first_error(state.draft, required)
    if found is None:
        return None
    field, note = found
    return _error_of(field, note)


def _error_of(field: str, note: Note) -> InvalidInput:
    cause = cast("CauseId", note.cause)  # as for every note that is an error
    return InvalidInput(note.text, cause=cause, field=field, facts=note.facts)


def _rejected(state: State, error: InvalidInput, event: ActionRequested) -> Next:
    """Return an outcome for an action that doesn't start."""
    outcome = explain(error, event.action, facts=facts_of(state.draft))
    outcome = dataclasses.replace(outcome, at=event.at)
    row = CATALOGUE[error.cause]
    effects: tuple[Effect, ...] = (Reject(outcome),)
    if outcome.field and row.layer == "input":
        effects = (*effects, Focus(outcome.field))
    return state.but(refused=outcome), effects


def start(state: State, action: Action) -> Next:
    """Start an action."""
    number = state.counter + 1
    job = Job(number, action, state.basis)
    notes = {
        field: note for field, note in state.notes.items() if note.level == "error"
    }
    state = state.but(job=job, counter=number, question=None, refused=None, notes=notes)
    return state, (StartJob(number, action, state.draft, job.basis),)


def step_reported(state: State, event: StepReported) -> Next:
    """Take a step of the diagnosis that runs."""
    if state.job is None or state.job.number != event.number:
        return state, ()
    return state.but(job=state.job._replace(steps=event.steps)), ()


def action_finished(state: State, event: ActionFinished) -> Next:
    """Add an outcome to the history, and draw the consequences."""
    job, outcome = state.job, event.outcome
    if job is None or job.number != event.number:
        return state, ()
    history = (*state.history, Observation(outcome, job.basis))[-REMEMBERED:]
    state = state.but(job=None, history=history, refused=None)
    effects: list[Effect] = []
    if outcome.action == "register" and outcome.state == "success":
        # A password that was entered meanwhile is another one and stays.
        entered_since = state.password.version != job.basis.password_version
        if state.draft.has_password and not state.keep_password and not entered_since:
            state = without_password(state, "registered")
            effects += [ClearSecrets(("password",)), ClearViews(("password",))]
    state, more = after_outcome(state, outcome)
    effects += more
    state, more = after_try(state, outcome)
    return state, (*effects, *more)


def cancel_requested(state: State) -> Next:
    """End the action that runs and the wait."""
    state = state.but(waiting=None)
    if state.job is None:
        return state, ()
    job = state.job._replace(canceling=True)
    return state.but(job=job), (CancelJob(job.number),)


def closed(state: State) -> Next:
    """Clear everything that the form has in memory."""
    effects: list[Effect] = [ClearSecrets(("password", "api_key"))]
    if state.job is not None:
        effects.append(CancelJob(state.job.number))
    effects.append(ClearViews(("password", "paste", "api_key")))
    state = without_password(state, "forgotten")
    return state.but(closed=True, waiting=None, job=None, question=None), tuple(effects)
