"""Rules for what is entered: fields, the password, and connection strings."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from lamin_widgets.core.connection import DEFAULT_PORT
from lamin_widgets.core.failures import CATALOGUE
from lamin_widgets.form.draft import Note
from lamin_widgets.session.events import (
    ClearSecrets,
    ClearViews,
    Effect,
    FieldsChanged,
    Focus,
    Next,
    PasswordEntered,
    StringPasted,
    StringRefused,
    WriteFields,
)
from lamin_widgets.session.state import (
    Password,
    PasswordStatus,
    State,
)

if TYPE_CHECKING:
    from lamin_widgets.core.connection_strings import ConnectionString
    from lamin_widgets.core.outcome import Action
    from lamin_widgets.session.state import Basis, Origin

__all__ = [
    "fields_changed",
    "forget_requested",
    "password_entered",
    "string_pasted",
    "string_refused",
    "values_for",
    "without_password",
]


def fields_changed(state: State, event: FieldsChanged) -> Next:
    """Accept new values of fields."""
    values = {
        name: value
        for name, value in event.values.items()
        if getattr(state.draft, name) != value
        and (event.by == "code" or name not in state.locked)
    }
    if not values:
        return state, ()
    state = _with_values(state, values)
    if event.by == "code":
        return _allow_in_code(state, values), ()
    return _without_stranded_password(state)


def _with_values(state: State, values: dict[str, str | int]) -> State:
    notes = {
        field: note
        for field, note in state.notes.items()
        if field not in values
        and not (field == "paste" and {"host", "port"} & {*values})
    }
    draft = dataclasses.replace(state.draft, **values)  # type: ignore[arg-type]
    if "api_url" in values:
        sandbox = draft.parsed.api_url in state.sandbox_urls
        draft = dataclasses.replace(draft, sandbox=sandbox)
    state = state.but(draft=draft, notes=notes, touched=state.touched | {*values})
    return _without_old_question(_without_old_wait(state))


def _allow_in_code(state: State, values: dict[str, str | int]) -> State:
    """Trust the API, and the host for the password, that Python chose."""
    password, trusted = state.password, state.trusted
    if "api_url" in values:
        trusted |= {state.basis.api_url}
    if password.origin == "code":
        password = password._replace(destination=_destination_of(state.basis))
    return state.but(password=password, trusted=trusted)


def _destination_of(basis: Basis) -> tuple[str, ...]:
    """Return where a password would go: to the database server and to the API."""
    return basis.host, basis.port, basis.api_url


def _without_stranded_password(state: State) -> Next:
    """Clear a password from Python if the page changed its destination."""
    password = state.password
    from_code = password.status == "held" and password.origin == "code"
    if not from_code or password.destination == _destination_of(state.basis):
        return state, ()
    row = CATALOGUE["password_other_destination"]
    note = Note("warning", row.id, f"{row.title} {row.advice}", row.short)
    state = without_password(state, "dropped")
    return state.but(notes={**state.notes, "password": note}), (
        ClearSecrets(("password",)),
        ClearViews(("password",)),
    )


def without_password(state: State, status: PasswordStatus) -> State:
    """Return the state after the password was cleared."""
    password = state.password._replace(status=status)
    draft = state.draft.with_password(None)
    # That it's missing is no error until an action needs it again.
    touched = state.touched - {"password"}
    return state.but(password=password, draft=draft, touched=touched)


def _without_old_question(state: State) -> State:
    question = state.question
    if question is None or question.basis == state.basis:
        return state
    return state.but(question=None)


def _without_old_wait(state: State) -> State:
    """End a wait whose values have changed."""
    waiting = state.waiting
    if waiting is None or waiting.basis == values_for(waiting.action, state):
        return state
    return state.but(waiting=None)


def values_for(action: Action, state: State) -> tuple[object, ...]:
    """Return the values that a check rests on."""
    return state.basis.login if action == "diagnose" else state.basis.server


def password_entered(state: State, event: PasswordEntered) -> Next:
    """Take note of a new password."""
    state = _with_password(state, event.hint, event.by, same=event.same)
    return _without_old_question(_without_old_wait(state)), ()


def _with_password(state: State, hint: str, by: Origin, *, same: bool) -> State:
    password = Password(
        "held",
        state.password.version + (0 if same else 1),
        by,
        _destination_of(state.basis) if by == "code" else (),
    )
    draft = state.draft.with_password(hint)
    notes = {field: note for field, note in state.notes.items() if field != "password"}
    touched = state.touched | {"password"}
    return state.but(password=password, draft=draft, notes=notes, touched=touched)


def forget_requested(state: State) -> Next:
    """Clear the password."""
    notes = {field: note for field, note in state.notes.items() if field != "password"}
    if state.draft.has_password:
        state = without_password(state, "forgotten")
    return _without_old_wait(state.but(notes=notes)), (
        ClearSecrets(("password",)),
        ClearViews(("password",)),
    )


def string_pasted(state: State, event: StringPasted) -> Next:
    """Fill in the form from a connection string."""
    locked = state.locked if event.by == "page" else frozenset()
    values = _values_of(event.pasted)
    changed = {
        field: value
        for field, value in values.items()
        if field not in locked and getattr(state.draft, field) != value
    }
    state = _with_values(state, changed)
    clearing: tuple[Effect, ...] = ()
    if event.takes_password:
        state = _with_password(state, event.hint, event.by, same=False)
        clearing = (ClearViews(("password",)),)
    else:
        if event.by == "page":
            state, clearing = _without_stranded_password(state)
        if "host" in changed and state.draft.has_password:
            # The password belongs to the host that was there before.
            state = without_password(state, "dropped")
            clearing = (ClearSecrets(("password",)), ClearViews(("password",)))
    if event.by == "code":
        state = _allow_in_code(state, changed)
    note = _note_of(event.pasted, sorted(locked & {*values}))
    field = event.field if event.field in values else "paste"
    state = state.but(
        notes={**state.notes, field: note}, touched=state.touched | {*values}
    )
    state = _without_old_question(_without_old_wait(state))
    return state, (*clearing, ClearViews(("paste",)), WriteFields(changed))


def _values_of(pasted: ConnectionString) -> dict[str, str | int]:
    """Return the values of a connection string. A host without a port means 5432."""
    values: dict[str, str | int] = {}
    if pasted.host:
        values["host"] = pasted.host
    if pasted.host or pasted.port:
        values["port"] = pasted.port or DEFAULT_PORT
    return values


def _note_of(pasted: ConnectionString, kept: list[str]) -> Note:
    text = pasted.note
    if kept:
        verb = "it's" if len(kept) == 1 else "they're"
        text += f" Didn't change {' and '.join(kept)}, because {verb} locked."
    return Note("info", "connection_string_read", text)


def string_refused(state: State, event: StringRefused) -> Next:
    """Show at a field why what was entered can't be used."""
    row = CATALOGUE[event.error.cause]
    title, advice, _ = row.fill(event.error.facts)
    text = f"{title} {advice}".strip()
    note = Note("error", row.id, text, row.short, facts=event.error.facts)
    field = event.field
    if field == "password":
        state = without_password(state, "none")
    state = state.but(
        notes={**state.notes, field: note}, touched=state.touched | {field}
    )
    return state, (Focus(field),)
