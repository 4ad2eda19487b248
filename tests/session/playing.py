"""Helpers for tests of the rules: a filled-in form, outcomes, and events."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from lamin_widgets.core.errors import (
    ActionCancelled,
    ConnectionFailed,
    DatabaseError,
    ReplyError,
    SignInError,
)
from lamin_widgets.core.outcome import Outcome, Step, explain, warning
from lamin_widgets.form.draft import Draft
from lamin_widgets.session import events as e
from lamin_widgets.session.render import render
from lamin_widgets.session.state import AccountStatus, Password, State
from lamin_widgets.session.update import update

if TYPE_CHECKING:
    from lamin_widgets.session.view import View

START = datetime(2026, 7, 3, 12, tzinfo=timezone.utc)
API = "https://api.lamin.ai"
TYPED = e.PasswordEntered(hint="", same=False, by="page")


def filled_in(**values: object) -> State:
    """Return a form with valid values, a password, and an account."""
    draft = Draft(
        name="my-server",
        api_server_name="prod-us-east-1",
        host="db.example.org",
        port=5432,
        api_url=API,
        has_password=True,
    )
    return State(
        draft=draft._replace(**values),
        password=Password(version=1),
        account=AccountStatus("signed-in", "Signed in as ada"),
        trusted=frozenset({API}),
        secrets="ok",
    )


def play(state: State, *events: e.Event) -> State:
    """Return the state after some events."""
    for event in events:
        state, _ = update(state, event)
    return state


def effects(state: State, event: e.Event) -> list[str]:
    """Return the names of an event's effects."""
    found = update(state, event)[1]
    return [each if isinstance(each, str) else type(each).__name__ for each in found]


def request(action: str, by: str = "page", **how: object) -> e.ActionRequested:
    """Return the event of a click on a button."""
    return e.ActionRequested(action, START, by, **how)


def after(state: State, outcome: Outcome) -> State:
    """Return the state after an action ran, without questions."""
    started, said = update(state, request(outcome.action, "code", has_api_key=True))
    assert started.job is not None, said
    at = START + timedelta(seconds=len(state.history) + 1)
    finished = e.ActionFinished(started.job.number, replace(outcome, at=at))
    return play(started, finished)


def played(*history: Outcome | e.Event, state: State | None = None) -> State:
    """Return a form after outcomes and events. A cleared password is entered again."""
    state = state or filled_in()
    for each in history:
        if not isinstance(each, Outcome):
            state = play(state, each)
            continue
        if not state.draft.has_password and each.action != "test":
            state = play(state, TYPED)
        state = after(state, each)
    return state


def changed(by: str = "page", **values: object) -> e.FieldsChanged:
    """Return the event of new values in fields."""
    return e.FieldsChanged(values, by)


def passed(action: str, *warned: str) -> Outcome:
    """Return a success."""
    steps = (Step("Name resolution", "passed", "192.0.2.1", 0.01),)
    return Outcome(
        action,
        "success",
        "It works.",
        advice="PostgreSQL 18.1",
        steps=steps if action == "diagnose" else (),
        warnings=tuple(warning(cause) for cause in warned),
        http_status=None if action == "diagnose" else 200,
    )


def failed(action: str, cause: str, *, status: int | None = 400) -> Outcome:
    """Return a failure, with a status if Lamin replied."""
    if cause == "cancelled":
        error: Exception = ActionCancelled()
    elif cause in {"api_no_answer", "connection_lost"}:
        error = ConnectionFailed(cause=cause, sent=True)
    elif cause in {"api_refused", "api_unreachable"}:
        error = ConnectionFailed(cause=cause, sent=False)
    elif cause in {"not_signed_in", "api_key_rejected", "token_rejected"}:
        error = SignInError(cause=cause)
    elif action == "diagnose":
        error = DatabaseError(cause=cause)
    else:
        error = ReplyError(cause=cause, http_status=status)
    return explain(error, action)


def view_of(state: State) -> View:
    """Return the view that the browser draws."""
    return render(state)["view"]


def step(state: State, action: str) -> dict[str, object]:
    """Return a step as the browser draws it."""
    return next(each for each in view_of(state)["steps"] if each["id"] == action)


def primary(state: State) -> str:
    """Return the label of the one primary button, or ""."""
    view = view_of(state)
    buttons = [*view["account"].get("buttons", []), *view["footer"]]
    for each in view["steps"]:
        buttons += [each["button"], *each.get("buttons", [])]
    labels = [button["label"] for button in buttons if button.get("primary")]
    assert len(labels) <= 1, labels
    return labels[0] if labels else ""
