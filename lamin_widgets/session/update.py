"""The rules of the form: `update(state, event)` returns the next state and effects.

`update` is a pure function that accepts every event in every state. If an event takes
more than a line, it has a function of its name: `_fields_changed` for `FieldsChanged`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from lamin_widgets.core.action_names import LABELS
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.failures import CATALOG
from lamin_widgets.core.texts import join_names
from lamin_widgets.core.url_parts import DEFAULT_PORT
from lamin_widgets.form.checks import first_error
from lamin_widgets.form.draft import Note
from lamin_widgets.session import events as e
from lamin_widgets.session.actions import ACTIONS, as_error, facts_of, pause_after
from lamin_widgets.session.guidance import STEPS, doubts_about
from lamin_widgets.session.knowledge import know
from lamin_widgets.session.state import (
    AccountStatus,
    Job,
    Observation,
    Password,
    Question,
    State,
    Waiting,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from lamin_widgets.core.action_names import Action
    from lamin_widgets.core.outcome import Outcome
    from lamin_widgets.session.events import Effect, Event, Next
    from lamin_widgets.session.knowledge import Knowledge
    from lamin_widgets.session.state import Cleared, Origin

LONGEST_HISTORY: Final = 50
"""The number of observations that the history keeps."""


def update(state: State, event: Event) -> Next:
    """Return the state after an event, and the effects for the store."""
    if not state.closed:
        following, effects = _apply_event(state, event)
        if following.question or following.waiting:
            following = _without_outdated(following, state)
        return following, effects
    if isinstance(event, e.ActionRequested):
        _, effects = _refused(state, InvalidInput(cause="closed"), event)
        return state, effects
    return state, ()


def _apply_event(state: State, event: Event) -> Next:  # noqa: C901, PLR0911, PLR0912  # one case per event
    match event:
        case e.FieldsChanged():
            return _fields_changed(state, event.values, event.by)
        case e.PasswordEntered():
            return _password_entered(state, event)
        case "forget-password":
            return _forget_requested(state)
        case e.StringPasted():
            return _string_pasted(state, event)
        case e.EntryRejected():
            return _entry_rejected(state, event)
        case e.PanelToggled():
            return state._replace(panel=event.panel), ()
        case e.HelloReceived():
            return _hello_received(state, event)
        case e.FrontEndFound():
            return _front_end_found(state, event)
        case e.AccountFound():
            return _account_found(state, event.account), ()
        case e.ActionRequested():
            return _action_requested(state, event)
        case e.StepReported():
            return _step_reported(state, event), ()
        case e.ActionFinished():
            return _action_finished(state, event)
        case "cancel":
            return _cancel_requested(state)
        case e.WaitElapsed():
            return _wait_elapsed(state, event)
        case "close":
            return _closed(state)


def _without_outdated(state: State, before: State) -> State:
    """Return the state without a question or a wait about values that have changed.

    A wait also ends if its check can't be requested again, for example without a
    password.
    """
    was, now, waiting = before.basis, state.basis, state.waiting
    if waiting is not None:
        login = waiting.action == "diagnose"
        same = was.login == now.login if login else was.server == now.server
        waiting = waiting if same and _can_repeat(state, waiting) else None
    return state._replace(
        question=state.question if was == now else None, waiting=waiting
    )


# --- Fields and the password --------------------------------------------------------


def _fields_changed(state: State, given: Mapping[str, str | int], by: Origin) -> Next:
    values = {
        name: value
        for name, value in given.items()
        if getattr(state.draft, name) != value
    }
    moved = ("paste",) if {"host", "port"} & {*values} else ()
    notes = _without(state.notes, *values, *moved)
    # The gate and the traits have checked the type of each value.
    draft = state.draft._replace(**values)  # type: ignore[arg-type]
    if "api_url" in values:
        sandbox = draft.parsed.api_url in state.sandbox_urls
        draft = draft._replace(sandbox=sandbox)
    state = state._replace(draft=draft, notes=notes, touched=state.touched | {*values})
    password, destination = state.password, state.basis.destination
    if by == "page":
        state = state._replace(from_page=state.from_page | {*values})
        if state.draft.has_password and state.basis.host == password.not_for:
            # The page could have sent this host before it had the one of the string.
            return _without_password(state, "dropped"), (e.ClearInputs(("password",)),)
        if password.destination == destination:
            return state, ()
        return _drop_password_from_code(state)
    # Code can send its password to each host and API that it sets.
    if "api_url" in values:
        state = state._replace(trusted=state.trusted | {state.basis.api_url})
    if password.origin == "code":
        password = password._replace(destination=destination)
    # Code confirms a value of the page by setting the same one.
    return state._replace(from_page=state.from_page - {*given}, password=password), ()


def _password_entered(state: State, event: e.PasswordEntered) -> Next:
    seen = {name: getattr(state.draft, name) for name in event.seen}
    if event.by == "code" and (seen != event.seen or _is_chosen_by_visitor(state)):
        return _reject_password(state)
    state = _with_password(state, event.hint, event.by, same=event.same)
    # The inputs on the page don't have a password from code.
    outdated = (e.ClearInputs(("password",)),) if event.by == "code" else ()
    return state, (*outdated, "keep-password")


def _is_chosen_by_visitor(state: State) -> bool:
    """Return whether a visitor chose the place that a password would go to."""
    chosen = {"host", "port", "api_url", "api_key"} & state.from_page
    return state.shared and bool(chosen)


def _drop_password_from_code(state: State) -> Next:
    """Clear a password from code, because the page chose another destination."""
    if state.draft.has_password and state.password.origin == "code":
        return _reject_password(state)
    return state, ()


def _reject_password(state: State) -> Next:
    row = CATALOG["password_other_destination"]
    note = Note("warning", f"{row.title} {row.advice}")
    return _without_password(state, "dropped", note), (e.ClearInputs(("password",)),)


def _with_password(state: State, hint: str, by: Origin, *, same: bool = False) -> State:
    # With a new password, an unreadable string doesn't prevent actions anymore.
    notes = _without(state.notes, "password", "paste")
    version = state.password.version + (0 if same else 1)
    destination = state.basis.destination if by == "code" else ()
    return state._replace(
        password=Password("", version, by, destination),
        draft=state.draft.with_password(hint),
        notes=notes,
        touched=state.touched | {"password"},
    )


def _without_password(
    state: State, cleared: Cleared, note: Note | None = None
) -> State:
    """Return the state after the password was cleared, with the reason."""
    notes = _without(state.notes, "password")
    return state._replace(
        password=state.password._replace(cleared=cleared),
        draft=state.draft.with_password(None),
        notes={**notes, "password": note} if note else notes,
        # A missing password isn't an error until an action needs it again.
        touched=state.touched - {"password"},
    )


def _forget_requested(state: State) -> Next:
    cleared = "forgotten" if state.draft.has_password else state.password.cleared
    return _without_password(state, cleared), (e.ClearInputs(("password",)),)


def _string_pasted(state: State, event: e.StringPasted) -> Next:
    """Fill in the form from a connection string."""
    before = state
    locked = state.locked if event.by == "page" else frozenset()
    port = event.port or DEFAULT_PORT
    values: dict[str, str | int] = {"host": event.host, "port": port}
    # A string's port and password are used only if the form also has the string's host.
    same_host = event.host.lower() == before.basis.host
    is_for_host = same_host or "host" not in locked
    taken = {
        name: value
        for name, value in values.items()
        if is_for_host and name not in locked
    }
    state, effects = _fields_changed(state, taken, event.by)
    is_open = "password" not in locked and is_for_host
    is_open &= event.by == "page" or not _is_chosen_by_visitor(state)
    hint = event.hint if is_open else None
    if hint is not None:
        state = _with_password(state, hint, event.by)
        effects += (e.ClearInputs(("password",)), "keep-password")
    elif state.draft.has_password and state.draft.host != before.draft.host:
        state = _without_password(state, "dropped")
        effects += (e.ClearInputs(("password",)),)
    if hint is not None and event.by == "page" and not same_host:
        password = state.password._replace(not_for=before.basis.host or None)
        state = state._replace(password=password)
    field = event.field if event.field in values else "paste"
    used = {*taken} if hint is None else {*taken, "password"}
    text = _sentences_about(event, used, locked)
    note = Note("info", text)
    notes, touched = {**state.notes, field: note}, state.touched | {*values}
    effects += (e.ClearInputs(("paste",)),)
    return state._replace(notes=notes, touched=touched), effects


def _sentences_about(
    event: e.StringPasted, used: Collection[str], locked: Collection[str]
) -> str:
    """Return the sentences that tell which fields a connection string filled in."""
    has = {
        "host": bool(event.host),
        "port": event.port is not None,
        "password": event.hint is not None,
    }
    filled = [name for name, given in has.items() if given and name in used]
    kept = [name for name, given in has.items() if given and name in locked]
    sentences: list[str] = []
    if filled:
        article = "an" if event.notation[0] in "AEIO" else "a"
        names = join_names(filled)
        sentences.append(f"Filled in the {names} from {article} {event.notation}.")
    if event.port is None and "port" in used:
        sentences.append("No port in the string, so the form used 5432.")
    sentences += event.remarks
    if kept:
        verb = "it's" if len(kept) == 1 else "they're"
        sentences.append(f"Didn't change {join_names(kept)}, because {verb} locked.")
    if has["password"] and not {"password"} & {*used, *kept}:
        sentences.append("The password in the string is for another host.")
    return " ".join(sentences)


def _entry_rejected(state: State, event: e.EntryRejected) -> Next:
    """Show at a field the reason why its text can't be used."""
    field = event.field
    effects: tuple[Effect, ...] = (e.Focus(field),)
    if field == "password":
        state = _without_password(state, "")
        effects = (e.ClearInputs(("password",)), *effects)
    return _with_error(state, field, event.error), effects


def _with_error(state: State, field: str, error: InvalidInput) -> State:
    """Return the state with an error at a field, until the field changes."""
    row = CATALOG[error.cause]
    title, advice, _ = row.fill({**facts_of(state.draft), **error.facts})
    text = f"{title} {advice}".strip()
    note = Note("error", text, cause=error.cause, facts=error.facts)
    return state._replace(
        notes={**state.notes, field: note}, touched=state.touched | {field}
    )


def _without(notes: Mapping[str, Note], *fields: str) -> dict[str, Note]:
    return {field: note for field, note in notes.items() if field not in fields}


# --- The account --------------------------------------------------------------------


def _hello_received(state: State, event: e.HelloReceived) -> Next:
    """Look up the account for a view that was opened.

    A view whose buffer doesn't arrive repeats its hello without a buffer.
    """
    carries = event.carries_buffers or state.secrets == "ok"
    return _look_up(state._replace(secrets="ok" if carries else "unsupported"))


def _front_end_found(state: State, event: e.FrontEndFound) -> Next:
    """Keep from visitors what the owner entered, when an app begins to use the form."""
    was_owners = not state.shared
    state = state._replace(shared=event.shared, locked=event.locked)
    if not (event.shared and was_owners):
        return state, ()
    effects: tuple[Effect, ...] = ()
    if "api_key" in state.from_page:
        effects = ("forget-sign-in",)
    if state.job is not None:
        state = state._replace(job=state.job._replace(canceling=True))
        effects += ("cancel-job",)
    if state.draft.has_password and state.password.origin == "page":
        state = _without_password(state, "forgotten")
        effects += (e.ClearInputs(("password",)),)
    from_page = state.from_page - {"api_key"}
    state, account = _look_up(
        state._replace(confirmed=frozenset(), from_page=from_page)
    )
    return state, effects + account


def _account_found(state: State, account: AccountStatus) -> State:
    if account.turn != state.account.turn:
        return state
    if account.state == "signed-in":
        state = _for_user(state, account.text)
    return state._replace(account=account)


def _for_user(state: State, user: str) -> State:
    """Forget the outcomes of Lamin if another user has signed in.

    A name that one user has registered can be free, or another server's, for the other.
    """
    history = state.history
    if state.user not in {"", user}:
        history = tuple(
            each for each in history if not ACTIONS[each.outcome.action].calls_api
        )
    return state._replace(user=user, history=history)


def _look_up(state: State) -> Next:
    """Look up the account, which only views show. A script needs no thread for it."""
    if state.secrets == "unknown":
        return state, ()
    turn = state.account.turn + 1
    account = state.account._replace(turn=turn)
    return state._replace(account=account), (
        e.LookUpAccount(turn, state.draft.api_url),
    )


def _after_outcome(state: State, outcome: Outcome) -> Next:
    """Look up the account again, or mark it as signed out, after an outcome."""
    if outcome.action in {"sign-in", "sign-out"}:
        state, effects = _look_up(state)
        return state, (e.ClearInputs(("api_key",)), *effects)
    row = CATALOG.get(outcome.cause or "")
    if row is not None and row.layer == "account" and row.field == "api_key":
        turn, hub = state.account.turn + 1, state.account.hub
        return state._replace(
            account=AccountStatus("signed-out", turn=turn, hub=hub)
        ), ()
    # If Lamin replied, the user has signed in meanwhile.
    has_signed_in = state.account.state == "signed-out" and outcome.http_status
    is_call = ACTIONS[outcome.action].calls_api
    shows_other = is_call and state.user not in {"", state.account.text}
    if has_signed_in or shows_other or outcome.cause == "account_changed":
        return _look_up(state)
    return state, ()


# --- Actions ------------------------------------------------------------------------


def _action_requested(state: State, event: e.ActionRequested) -> Next:
    """Join the running action, or refuse, ask about, or start another one."""
    action = event.action
    if state.job is not None and _joins(state.job, state, event):
        return _with_wait(state, event), ()
    known = know(state)
    reason = _reason_to_refuse(state, known, event)
    if reason is None or reason.field:  # The values of the fields matter.
        state = state._replace(touched=state.touched | {*ACTIONS[action].required})
    if reason is not None:
        return _refused(state, reason, event)
    asks = event.by == "page" and action in STEPS  # Only a step shows a question.
    doubts = doubts_about(action, state, known, asks=asks)
    if "trust_destination" in doubts and state.shared:
        # Visitors share this machine's sign-in, so they can't send its token elsewhere.
        error = InvalidInput(cause="destination_not_allowed")
        return _refused(_with_error(state, "api_url", error), error, event)
    question = Question(action, doubts) if doubts else None
    if question and not (event.confirmed and state.question == question):
        refused, effects = _refused(state, InvalidInput(cause=doubts[0]), event)
        if asks:  # The step shows the question.
            return refused._replace(question=question, notes=state.notes), effects
        return refused._replace(question=None), effects
    if "trust_destination" in doubts:
        state = state._replace(confirmed=state.confirmed | {state.basis.api_url})
    return _start_requested(state, event)


def _start_requested(state: State, event: e.ActionRequested) -> Next:
    action, by = event.action, event.by
    # A visitor's sign-in is for the form only. Python decides for the machine.
    remember = event.remember and (by == "code" or not state.shared)
    state, effects = _start(_with_wait(state, event), action, by, remember=remember)
    if action == "sign-in" and by == "page":
        state = state._replace(from_page=state.from_page | {"api_key"})
        if state.shared:
            state, cleared = _drop_password_from_code(state)
            effects += cleared
    return state, effects


def _joins(job: Job, state: State, event: e.ActionRequested) -> bool:
    """Return whether a request repeats the running job with the same values.

    Python's sign-in can have another API key, and its sign-out is for the machine.
    """
    if event.by == "code" and event.action in {"sign-in", "sign-out"}:
        return False
    return (job.action, job.basis) == (event.action, state.basis)


def _reason_to_refuse(
    state: State, known: Knowledge, event: e.ActionRequested
) -> InvalidInput | None:
    """Return the reason why an action can't start, or None."""
    if state.job is not None:
        running = LABELS[state.job.action]
        return InvalidInput(cause="busy", facts={"running": running})
    if event.action == "register" and known.is_saved:
        return InvalidInput(cause="already_registered")
    if event.action == "sign-in" and not event.has_api_key:
        return InvalidInput(cause="api_key_missing")
    required = ACTIONS[event.action].required
    found = first_error(state.draft, required)
    for field in (*required, "paste"):
        note = state.notes.get(field)
        if note is not None and note.level == "error":
            found = field, note
            break
    return None if found is None else as_error(*found)


def _refused(state: State, error: InvalidInput, event: e.ActionRequested) -> Next:
    """Return the state and effects for an action that doesn't start."""
    from lamin_widgets.core.outcome import explain  # not needed to show the form

    outcome = explain(
        error, event.action, facts=facts_of(state.draft), place=state.place
    )
    outcome = replace(outcome, at=event.at)
    effects: tuple[Effect, ...] = (e.Refuse(outcome, event.by),)
    if outcome.field:
        effects = (e.Focus(outcome.field), *effects)
    return _with_reason(state, outcome)._replace(refused=outcome), effects


def _with_reason(state: State, outcome: Outcome) -> State:
    """Show why an action was refused at its field, unless the field has a message."""
    name = outcome.field
    if name is None or name in state.notes or first_error(state.draft, (name,)):
        return state
    note = Note("warning", f"{outcome.title} {outcome.advice}")
    return state._replace(notes={**state.notes, name: note})


def _start(
    state: State, action: Action, by: Origin = "page", *, remember: bool = False
) -> Next:
    job = Job(state.counter + 1, action, by, state.basis)
    waiting = state.waiting
    state = state._replace(
        job=job,
        counter=job.number,
        question=None,
        refused=None,
        waiting=waiting and waiting._replace(next_at=None),
        notes={
            name: note for name, note in state.notes.items() if note.level == "error"
        },
    )
    return state, (e.StartJob(job, remember),)


def _step_reported(state: State, event: e.StepReported) -> State:
    if state.job is None or state.job.number != event.number:
        return state
    return state._replace(job=state.job._replace(steps=event.steps))


def _action_finished(state: State, event: e.ActionFinished) -> Next:
    """Add the outcome to the history. Clear a password that Lamin has saved."""
    job, outcome = state.job, event.outcome
    if job is None or job.number != event.number:
        return state, ()
    if outcome.cause == "account_changed":
        state = _for_user(state, "")  # The look-up finds the new user.
    elif event.user and ACTIONS[outcome.action].calls_api:
        state = _for_user(state, event.user)
    history = _shortened((*state.history, Observation(outcome, job.basis)))
    state = state._replace(job=None, history=history, refused=None)
    if outcome.action == "sign-in" and outcome.state == "success":
        state = _for_user(state, outcome.facts.get("user", state.user))
        if job.by == "code":
            state = state._replace(from_page=state.from_page - {"api_key"})
    effects: tuple[Effect, ...] = ()
    if outcome.action == "register" and outcome.state == "success":
        # Lamin doesn't have a password that was entered after the action started.
        entered_since = state.password.version != job.basis.password_version
        if state.draft.has_password and not state.keep_password and not entered_since:
            state = _without_password(state, "registered")
            effects = (e.ClearInputs(("password",)),)
    state, account = _after_outcome(state, outcome)
    state, timer = _after_try(state, outcome)
    return state, (*effects, *account, *timer)


def _shortened(history: tuple[Observation, ...]) -> tuple[Observation, ...]:
    """Drop one observation of a long history, but not the newest one.

    It's the oldest one that the next one of its action repeats. If there's none, it's
    the oldest one that doesn't tell whether the server is registered.
    """
    if len(history) <= LONGEST_HISTORY:
        return history
    outcomes = [each.outcome for each in history[:-1]]
    dropped = next(
        (
            at
            for at, each in enumerate(outcomes)
            if each.action != "register" and each.cause != "not_registered"
        ),
        0,
    )
    newer: dict[Action, Observation] = {}
    for at, each in reversed([*enumerate(history)]):
        following = newer.get(each.outcome.action)
        if following is not None and _result(each) == _result(following):
            dropped = at
        newer[each.outcome.action] = each
    return history[:dropped] + history[dropped + 1 :]


def _result(observation: Observation) -> tuple[object, ...]:
    """Return the result of an observation, without texts and the password's version."""
    outcome, basis = observation
    return outcome.state, outcome.cause, basis._replace(password_version=0)


def _cancel_requested(state: State) -> Next:
    """Cancel the running action, and end the wait."""
    state = state._replace(waiting=None)
    if state.job is None:
        return state, ()
    return state._replace(job=state.job._replace(canceling=True)), ("cancel-job",)


def _closed(state: State) -> Next:
    """Clear all secrets, and end the action, the wait, and the question."""
    state = _without_password(state, "forgotten")
    state = state._replace(closed=True, waiting=None, job=None, question=None)
    return state, (e.ClearInputs(("password", "paste", "api_key")), "cancel-job")


# --- Waiting: a failed check is tried again until it succeeds -------------------------


def _with_wait(state: State, event: e.ActionRequested) -> State:
    """Begin a wait if the event asks for one, or end the wait for another action."""
    if event.until is not None:
        return state._replace(waiting=Waiting(event.action, event.until))
    waiting = state.waiting
    ends = waiting is not None and waiting.action != event.action
    return state._replace(waiting=None) if ends else state


def _after_try(state: State, outcome: Outcome) -> Next:
    """Schedule the next try if the failure is transient. Otherwise, end the wait."""
    waiting = state.waiting
    if waiting is None or waiting.action != outcome.action:
        return state, ()
    row = CATALOG.get(outcome.cause or "")
    if row is None or not row.transient:
        return state._replace(waiting=None), ()
    tries = waiting.tries + 1
    next_at = outcome.at + timedelta(seconds=pause_after(outcome, tries))
    if next_at > waiting.until:
        return state._replace(waiting=None), ()
    waiting = waiting._replace(tries=tries, next_at=next_at)
    return state._replace(waiting=waiting), (e.Schedule(next_at),)


def _can_repeat(state: State, waiting: Waiting) -> bool:
    """Return whether a request would start the check, if no action was running."""
    again = e.ActionRequested(waiting.action, waiting.until, "code")
    repeated, _ = _action_requested(state._replace(job=None), again)
    return repeated.job is not None


def _wait_elapsed(state: State, event: e.WaitElapsed) -> Next:
    """Repeat the check after its pause. Ignore the timer of an earlier wait."""
    if state.waiting is None or state.waiting.next_at != event.next_at:
        return state, ()
    return _start(state, state.waiting.action)
