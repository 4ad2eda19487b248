"""The content of the open panel. Closed panels aren't rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from lamin_widgets.core import regions
from lamin_widgets.core.action_names import LABELS
from lamin_widgets.core.url_parts import DEFAULT_PORT
from lamin_widgets.session.steps import diagnosis_view, seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from lamin_widgets.core.action_names import Action
    from lamin_widgets.session.knowledge import Knowledge
    from lamin_widgets.session.state import State
    from lamin_widgets.session.view import Button, EntryView, PanelView

NOTHING: Final = "No activity yet."
SANDBOX: Final = (
    "The sandbox only simulates creating an instance. To create a real one, use the "
    "form with your Lamin account."
)


def _fields_only(state: State, _: Knowledge) -> PanelView:
    return {"id": state.panel}


def _allow_list(state: State, known: Knowledge) -> PanelView:
    from lamin_widgets.form.allow_list import allow_list, format_for, note_for  # slow

    region = state.draft.parsed.region
    link: Button = {"label": "Source", "href": regions.SOURCE}
    if region is None:
        note = (
            "Lamin doesn't publish outbound IP addresses for this region. For a "
            "self-hosted Lamin, ask its administrator."
        )
        return {"id": state.panel, "note": note, "link": link}
    newest, now = known.newest.get("diagnose"), state.basis
    # Another server's words say nothing about this one.
    is_same = newest and (newest.basis.host, newest.basis.port) == (now.host, now.port)
    facts = newest.outcome.facts if newest and is_same else {}
    texts = allow_list(
        region,
        state.draft.parsed.port or DEFAULT_PORT,
        this_machine=facts.get("seen_as"),
        tls=facts.get("tls") != "no",
    )
    return {
        "id": state.panel,
        "texts": texts,
        "format": format_for(state.draft.parsed.provider),
        "note": note_for(region),
        "link": link,
    }


def _code(state: State, known: Knowledge) -> PanelView:
    from lamin_widgets.form.snippets import (  # slow
        init_code,
        instance_snippets,
        snippets,
    )

    texts = dict(snippets(state.draft))
    if known.registered.state == "yes":
        first = (
            "# A server with this name is already registered. Change the name, or "
            "remove the registration step.\n"
        )
        texts = {label: first + code for label, code in texts.items()}
    if state.draft.sandbox:  # A sandbox can't create an instance that works.
        return {"id": state.panel, "texts": texts}
    if known.lamin.state == "yes":
        texts |= {
            f"Create an instance: {label}": code
            for label, code in instance_snippets(state.draft).items()
        }
    texts["Create an instance without registering"] = init_code(state.draft)
    return {"id": state.panel, "texts": texts}


def _activity(state: State, _: Knowledge) -> PanelView:
    entries: list[EntryView] = [
        {
            "at": each.outcome.at.isoformat(timespec="seconds"),
            "state": each.outcome.state,
            "text": f"{LABELS[each.outcome.action]}: {each.outcome.title}",
        }
        for each in reversed(state.history)
    ]
    if not entries:
        return {"id": state.panel, "note": NOTHING}
    return {"id": state.panel, "entries": entries}


def _instance(state: State, known: Knowledge) -> PanelView:
    view: PanelView = {
        "id": state.panel,
        "buttons": [
            {
                "label": "Create instance",
                "action": "create-instance",
                "primary": state.job is None and not state.draft.sandbox,
                "disabled": state.job is not None,
            }
        ],
    }
    newest = known.newest.get("create-instance")
    if state.job is not None and state.job.action == "create-instance":
        view["note"] = "Creating the instance."
    elif newest is not None:
        outcome = newest.outcome
        if state.draft.sandbox:
            view["note"] = f"{outcome.title} {SANDBOX}"
            return view
        view["note"] = f"{outcome.title} {outcome.advice}".strip()
        if outcome.command:
            view["texts"] = {"Command": outcome.command}
    elif state.draft.sandbox:
        view["note"] = SANDBOX
    return view


def _details(state: State, known: Knowledge) -> PanelView:
    action = cast("Action", state.panel.removesuffix("-details"))
    newest = known.newest.get(action)
    if newest is None:
        return {"id": state.panel, "note": NOTHING}
    outcome = newest.outcome
    status = f"HTTP {outcome.http_status}" if outcome.http_status else ""
    parts = (outcome.cause, status, seconds(outcome.elapsed_s))
    view: PanelView = {"id": state.panel, "note": " · ".join(filter(None, parts))}
    if outcome.details:
        view["texts"] = {"Details": outcome.details}
    return view


def _steps(state: State, known: Knowledge) -> PanelView:
    newest = known.newest.get("diagnose")
    steps = newest.outcome.steps if newest else ()
    return {"id": state.panel, "diagnosis": diagnosis_view(steps)}


PANELS: Final[dict[str, Callable[[State, Knowledge], PanelView]]] = {
    "paste": _fields_only,
    "advanced": _fields_only,
    "allow-list": _allow_list,
    "code": _code,
    "activity": _activity,
    "instance": _instance,
    "diagnose-steps": _steps,
    "diagnose-details": _details,
    "register-details": _details,
    "test-details": _details,
}
"""The functions that render the panels, by the panel's id."""
