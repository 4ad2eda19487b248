"""Rendering of a state: `render(state)`, a pure function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from lamin_widgets.core import regions
from lamin_widgets.core.failures import CATALOG
from lamin_widgets.form.checks import check
from lamin_widgets.form.draft import Note
from lamin_widgets.form.fields import FIELDS
from lamin_widgets.session.actions import ACTIONS
from lamin_widgets.session.guidance import STEPS, guide
from lamin_widgets.session.knowledge import facts_for_python, know
from lamin_widgets.session.panels import PANELS
from lamin_widgets.session.steps import step_views

if TYPE_CHECKING:
    from lamin_widgets.core.failures.failure import Failure
    from lamin_widgets.core.outcome import Outcome
    from lamin_widgets.session.guidance import Guidance
    from lamin_widgets.session.knowledge import Knowledge
    from lamin_widgets.session.state import Cleared, State
    from lamin_widgets.session.view import (
        AccountView,
        Button,
        FieldView,
        NoteView,
        View,
    )

BADGE: Final = "Sandbox · nothing leaves this machine"
NO_PASSWORD: Final[dict[Cleared, str]] = {
    "": "For the postgres user, from your provider or admin",
    "registered": "Cleared after registration. Enter it again to diagnose or register.",
    "forgotten": "Password cleared.",
    "dropped": "Password cleared, because it was for another server.",
}
KEPT_UNTIL_REGISTERED: Final = "Kept in memory only, and cleared after you register"
KEPT: Final = "Kept in memory until you click Forget password or close the form"
SANDBOX_KEY: Final = (
    "Use the sandbox API key, shown in the terminal where you started the sandbox"
)
REGION_OPTIONS: Final = [
    (region.api_server_name, f"{region.api_server_name} ({region.city})")
    for region in regions.REGIONS
]


def render(state: State) -> dict[str, Any]:
    """Return the values of the traits that show a state."""
    known = know(state)
    guidance = guide(known, state)
    view: View = {
        "badge": BADGE if state.draft.sandbox else "",
        "account": _account(state, guidance),
        "fields": _fields(state, known),
        "footer": _footer(known),
        "announcement": _announcement(state),
        "steps": step_views(state, known, guidance),
        "running": state.job.action if state.job else "",
        "secrets": state.secrets,
    }
    if state.panel:
        view["panel"] = PANELS[state.panel](state, known)
    if state.closed:
        view["closed"] = True
    return {
        "view": view,
        "has_password": state.draft.has_password,
        "facts": facts_for_python(known, guidance.primary),
        "outcome": state.outcome,
    }


def _account(state: State, guidance: Guidance) -> AccountView:
    account, is_busy = state.account, state.job is not None
    view: AccountView = {"state": account.state, "text": account.text}
    buttons: list[Button] = []
    if account.state == "checking":
        view["text"] = "Checking your account…"
    elif account.state == "signed-in":
        if account.note:
            view["note"] = account.note
        buttons = [{"label": "Sign out", "action": "sign-out"}]
    else:
        view["text"] = "Not signed in"
        buttons = [{"label": "Sign in", "action": "sign-in", "disabled": is_busy}]
        buttons[0]["primary"] = guidance.primary == "sign-in" and not is_busy
        if not state.shared:
            once: Button = {
                "label": "Sign in for this form only",
                "action": "sign-in-once",
            }
            buttons.append({**once, "disabled": is_busy})
    if buttons and "api_key" not in state.locked:
        view["buttons"] = buttons
    return view


def _footer(known: Knowledge) -> list[Button]:
    buttons: list[Button] = [
        {"label": "Allow-list", "panel": "allow-list"},
        {"label": "Show code", "panel": "code"},
        {"label": "Activity", "panel": "activity"},
    ]
    if known.lamin.state == "yes":
        buttons.append({"label": "Create an instance", "panel": "instance"})
    return buttons


def _announcement(state: State) -> str:
    if state.job is not None and state.refused is None:
        return f"{ACTIONS[state.job.action].title}."
    outcome = state.outcome
    # The truth value of a failed outcome is false, so compare with None.
    return "" if outcome is None else f"{outcome.title} {outcome.advice}".strip()


# --- Fields -----------------------------------------------------------------------


def _fields(state: State, known: Knowledge) -> dict[str, FieldView]:
    notes = _notes(state, known)
    return {name: _field(name, state, known, notes.get(name)) for name in FIELDS}


def _field(name: str, state: State, known: Knowledge, note: Note | None) -> FieldView:
    field = FIELDS[name]
    unsupported = field.kind == "secret" and state.secrets == "unsupported"
    view: FieldView = {
        "label": field.label,
        "hint": _hint(name, state, known),
        "placeholder": field.placeholder,
        "panel": field.panel,
        "readonly": name in state.locked or state.closed or unsupported,
        "held": name == "password" and state.draft.has_password,
    }
    if field.kind:
        view["kind"] = field.kind
    if name == "api_server_name":
        view["options"] = REGION_OPTIONS
    if note is not None:
        view["note"] = _note(note, state)
    # The browser gets the whole view after each change, so leave out empty values.
    return cast("FieldView", {key: value for key, value in view.items() if value})


def _note(note: Note, state: State) -> NoteView:
    view: NoteView = {"level": note.level, "text": note.text}
    buttons: list[Button] = [
        {"label": fix.label, "values": dict(fix.values)}
        for fix in note.fixes
        if not {*fix.values} & state.locked
    ]
    if buttons:
        view["buttons"] = buttons
    return view


def _hint(name: str, state: State, known: Knowledge) -> str:
    if name == "password":
        if not state.draft.has_password:
            return NO_PASSWORD[state.password.cleared]
        kept = state.keep_password or known.registered.state == "yes"
        return KEPT if kept else KEPT_UNTIL_REGISTERED
    if name == "api_server_name" and name in state.locked:
        region = state.draft.parsed.region
        return region.label if region else ""
    if name == "api_key":
        return _api_key_hint(state)
    return FIELDS[name].hint


def _api_key_hint(state: State) -> str:
    if state.draft.sandbox:
        return SANDBOX_KEY
    if state.account.hub:
        return f"Sent to {state.account.hub}"
    return FIELDS["api_key"].hint


def _notes(state: State, known: Knowledge) -> dict[str, Note]:
    """Return the message for each field that has one.

    Messages of events, such as a cleared password, have the highest priority. Errors of
    values, failures of actions, and then warnings and infos follow.
    """
    checked, noted = check(state.draft), state.notes
    if state.secrets == "unsupported":
        row = CATALOG["secrets_unsupported"]
        text = f"{row.title} {row.advice}"
        noted = {**noted, "password": Note("error", text)}
    errors = {name: note for name, note in checked.items() if note.level == "error"}
    return {
        **{name: note for name, note in checked.items() if note.level != "error"},
        **{name: note for name, note in noted.items() if note.level == "info"},
        **_failure_notes(state, known),
        **{name: note for name, note in errors.items() if name in state.touched},
        **{name: note for name, note in noted.items() if note.level != "info"},
    }


def _failure_notes(state: State, known: Knowledge) -> dict[str, Note]:
    """Return short messages for the fields that caused the newest failures."""
    notes: dict[str, Note] = {}
    for outcome, basis in known.newest.values():
        row = CATALOG.get(outcome.cause or "")
        unchanged = basis == state.basis
        if row is not None and outcome.field and row.short and unchanged:
            notes[outcome.field] = Note("error", _short_text(outcome, row, state))
    return notes


def _short_text(outcome: Outcome, row: Failure, state: State) -> str:
    """Return the message at a field for a failure.

    The message is short if a step shows the whole text. Sign-in has no step, so its
    message has the whole text. An error of the API key also has the key's hint.
    """
    if outcome.action not in STEPS:
        return f"{outcome.title} {outcome.advice}"
    if outcome.field == "api_key":
        return f"{row.short}. {_api_key_hint(state)}"
    return row.short
