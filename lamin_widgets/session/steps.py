"""The three steps of the view: diagnose, register, test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from lamin_widgets.core.connection import DEFAULT_PORT
from lamin_widgets.core.failures import CATALOGUE
from lamin_widgets.core.outcome import LABELS
from lamin_widgets.session.actions import ACTIONS
from lamin_widgets.session.report import report

if TYPE_CHECKING:
    from lamin_widgets.core.failures import FollowUp, Place
    from lamin_widgets.core.outcome import Step
    from lamin_widgets.session.guidance import Guidance
    from lamin_widgets.session.knowledge import Knowledge
    from lamin_widgets.session.state import Observation, State
    from lamin_widgets.session.view import Button, CommandView, RungView, StepView

__all__ = ["STEPS", "rungs_of", "seconds", "step_views"]

StepId: TypeAlias = Literal["diagnose", "register", "test"]

STEPS: Final[tuple[StepId, ...]] = ("diagnose", "register", "test")
IDLE: Final[dict[StepId, tuple[str, str]]] = {
    "diagnose": (
        "Connect from this machine",
        "Checks the values above step by step. Sends nothing to Lamin.",
    ),
    "register": (
        "Register with Lamin",
        "Saves the server in Lamin. You can't edit it afterwards.",
    ),
    "test": ("Connect from Lamin", "Lamin connects to the registered server."),
}
"""Title and text of a step that hasn't run."""
PASSED: Final[dict[StepId, str]] = {
    "diagnose": "This machine can connect",
    "register": "Registered with Lamin",
    "test": "Lamin can connect",
}
PROGRESS: Final = {
    "Name resolution": "Looking up the host name.",
    "Port": "Waiting for the server to accept the connection.",
    "PostgreSQL protocol and TLS": "Waiting for the server's first reply.",
    "Authentication": "Waiting for the server to check the password.",
    "Privileges": "Checking the privileges of the postgres user.",
    "Version": "Checking the version.",
}
"""Text while a step of the diagnosis runs."""
PLACES: Final[dict[Place, str]] = {
    "cell": "Notebook cell",
    "shell": "Shell",
    "sql": "SQL",
}
FOCUS: Final[dict[FollowUp, tuple[str, str]]] = {
    "change-host": ("Change the host", "host"),
    "change-name": ("Use another name", "name"),
    "change-password": ("Change the password", "password"),
    "change-port": ("Change the port", "port"),
    "change-region": ("Change the region", "api_server_name"),
    "sign-in": ("Enter an API key", "api_key"),
}
"""Follow-ups that lead to a field: label and field."""


def step_views(state: State, known: Knowledge, guidance: Guidance) -> list[StepView]:
    """Return the three steps."""
    return [_step(step, state, known, guidance) for step in STEPS]


def _step(step: StepId, state: State, known: Knowledge, guidance: Guidance) -> StepView:
    """Return one step, drawn from the first of these that applies to it."""
    if state.job is not None and state.job.action == step:
        view = _running(step, state)
    elif state.question is not None and state.question.action == step:
        view = _question(step, state)
    elif state.waiting is not None and state.waiting.action == step:
        view = _waiting(step, state, known)
    elif (observation := known.newest.get(step)) is not None:
        view = _result(step, observation, state, known)
    else:
        view = _idle(step)
    if guidance.step == step and guidance.text and "running" not in view["state"]:
        view["text"] = guidance.text.format(port=state.draft.port)
    _mark_next(view, step, guidance, state)
    return view


def _idle(step: StepId) -> StepView:
    title, text = IDLE[step]
    return {"id": step, "state": "idle", "title": title, "text": text}


def _running(step: StepId, state: State) -> StepView:
    job = state.job
    steps = job.steps if job else ()
    current = steps[-1].name if steps else ""
    view: StepView = {
        "id": step,
        "state": "running",
        "title": ACTIONS[step].running,
        "text": PROGRESS.get(current, IDLE[step][1]),
        "button": {"label": "Cancel", "action": "cancel"},
    }
    if job and job.canceling:
        view["text"] = "Canceling."
        view["button"]["disabled"] = True
    if steps:
        view["rungs"] = rungs_of(steps)
    return view


def _question(step: StepId, state: State) -> StepView:
    question = state.question
    causes = question.causes if question else ()
    facts = dict(question.facts) if question else {}
    rows = [CATALOGUE[cause].fill(facts) for cause in causes]
    sends = "trust_destination" in causes
    label = f"Send to {facts.get('destination', '')}" if sends else "Register anyway"
    others = [f"{title} {advice}" for title, advice, _ in rows[1:]]
    view: StepView = {
        "id": step,
        "state": "question",
        "title": rows[0][0] if rows else "",
        "text": " ".join([rows[0][1], *others]) if rows else "",
        "button": {
            "label": label,
            "action": "send-anyway" if sends else "register-anyway",
        },
    }
    buttons = _follow_ups(CATALOGUE[causes[0]].follow_ups, state) if causes else []
    if buttons:
        view["buttons"] = buttons
    return view


def _waiting(step: StepId, state: State, known: Knowledge) -> StepView:
    waiting, observation = state.waiting, known.newest.get(step)
    view = _result(step, observation, state, known) if observation else _idle(step)
    view["state"] = "waiting"
    view["button"] = {"label": "Cancel", "action": "cancel"}
    if waiting and waiting.next_at and observation:
        tried = f"{observation.outcome.at:%H:%M:%S}"
        view["text"] = (
            f"Checking again automatically. Last try at {tried}, next try at "
            f"{waiting.next_at:%H:%M:%S} (UTC)."
        )
    return view


def _result(
    step: StepId, observation: Observation, state: State, known: Knowledge
) -> StepView:
    outcome = observation.outcome
    failed: Literal["failed", "unknown"] = (
        "unknown" if outcome.state == "unknown" else "failed"
    )
    succeeded = outcome.state == "success"
    view: StepView = {
        "id": step,
        "state": ("warned" if outcome.warnings else "passed") if succeeded else failed,
        "title": PASSED[step] if succeeded else outcome.title.rstrip("."),
        "time": seconds(outcome.elapsed_s),
        "text": outcome.advice,
    }
    if _is_stale(step, observation, state, known):
        view["stale"] = True
    if succeeded:
        return _passed(view, step, observation, state)
    return _failed(view, step, observation, state, known)


def _is_stale(
    step: StepId, observation: Observation, state: State, known: Knowledge
) -> bool:
    if step == "diagnose":
        return observation.basis.login != state.basis.login
    # Changing the form doesn't change the values that Lamin has.
    saved = observation.outcome.state == "success" or step == "test"
    return not saved and observation.basis != state.basis and not known.registered.stale


def _passed(
    view: StepView, step: StepId, observation: Observation, state: State
) -> StepView:
    outcome = observation.outcome
    if step == "register":
        view["text"] = f"{observation.basis.name} · {observation.basis.region}"
    if outcome.warnings:
        count = len(outcome.warnings)
        noun = "1 warning" if count == 1 else f"{count} warnings"
        view["title"] = f"{PASSED[step]}, with {noun}"
        sentences = [f"{each.title} {each.advice}".strip() for each in outcome.warnings]
        view["text"] = " ".join([f"{outcome.advice}.", *sentences])
        commands = [
            _command(each.cause, each.command, state)
            for each in outcome.warnings
            if each.command
        ]
        if commands:
            label = commands[0]["label"]
            texts = [each["text"] for each in commands if each["label"] == label]
            view["command"] = {"label": label, "text": "\n".join(texts)}
    if outcome.steps:
        view["buttons"] = [{"label": "Steps", "panel": f"{step}-steps"}]
    return view


def _failed(
    view: StepView,
    step: StepId,
    observation: Observation,
    state: State,
    known: Knowledge,
) -> StepView:
    outcome = observation.outcome
    row = CATALOGUE[outcome.cause] if outcome.cause else None
    follow_ups = row.follow_ups if row else ()
    region = state.draft.parsed.region
    if step == "test" and known.is_firewall and region is not None:
        view["command"] = {
            "label": "Addresses",
            "text": ", ".join(region.addresses),
        }
        follow_ups = ("allow-list", *(f for f in follow_ups if f != "allow-list"))
    elif outcome.command and outcome.cause:
        view["command"] = _command(outcome.cause, outcome.command, state)
    if outcome.steps:
        view["rungs"] = rungs_of(outcome.steps)
    buttons = _follow_ups(follow_ups, state)
    if row is not None and row.transient and step != "register":
        buttons.append({"label": "Keep checking", "action": f"keep-checking-{step}"})
    if outcome.cause != "cancelled":
        buttons.append({"label": "Details", "panel": f"{step}-details"})
        buttons.append({"label": "Copy report", "copy": report(observation, state)})
    view["buttons"] = buttons
    return view


def _command(cause: str, text: str, state: State) -> CommandView:
    """Return a command with the place where it runs."""
    place = "sql" if CATALOGUE[cause].commands.get("sql") else state.place
    return {"label": PLACES[place], "text": text}


def _follow_ups(follow_ups: tuple[FollowUp, ...], state: State) -> list[Button]:
    buttons = (_follow_up(each, state) for each in follow_ups)
    return [button for button in buttons if button is not None]


def _follow_up(follow_up: FollowUp, state: State) -> Button | None:
    """Return the button for a follow-up, or None if it can't be carried out."""
    if follow_up in FOCUS:
        label, field = FOCUS[follow_up]
        return None if field in state.locked else {"label": label, "focus": field}
    if follow_up == "allow-list":
        # The form is shown without it.
        from lamin_widgets.form.allow_list import format_for  # noqa: PLC0415

        return {
            "label": "Open the allow-list",
            "panel": "allow-list",
            "format": format_for(state.draft.host),
        }
    values: dict[str, str | int] = {}
    region = state.draft.parsed.region
    if follow_up == "use-default-port" and state.basis.port != str(DEFAULT_PORT):
        values = {"port": DEFAULT_PORT}
    elif follow_up == "use-region-api" and region is not None:
        values = {"api_url": region.api_url}
    if not values or set(values) & state.locked:
        return None
    return {"label": f"Use {next(iter(values.values()))}", "values": values}


def _mark_next(view: StepView, step: StepId, guidance: Guidance, state: State) -> None:
    """Give the step its button, and mark the one that is recommended."""
    running = state.job is not None
    if "button" not in view:
        view["button"] = {"label": LABELS[step], "action": step}
        if running:
            view["button"]["disabled"] = True
    if running or state.closed:
        return
    if guidance.primary == step and "action" in view["button"]:
        view["button"]["primary"] = view["button"]["action"] == step
        if view["state"] == "idle":
            view["state"] = "next"
    if guidance.step != step or guidance.primary in {*STEPS, "", "create-instance"}:
        return
    if guidance.primary == "sign-in":
        return  # The button is next to the API key field.
    recommended = _follow_up(guidance.primary, state)  # type: ignore[arg-type]
    if recommended is None:
        return
    others = [each for each in view.get("buttons", []) if each != recommended]
    recommended["primary"] = True
    view["buttons"] = [recommended, *others]


def rungs_of(steps: tuple[Step, ...]) -> list[RungView]:
    """Return the steps of a diagnosis for the view."""
    return [
        {"name": each.name, "state": each.state, "text": each.text} for each in steps
    ]


def seconds(elapsed_s: float) -> str:
    """Return a duration as text."""
    if elapsed_s < 0.1:  # noqa: PLR2004  # shorter than a person notices
        return "< 0.1 s"
    return f"{elapsed_s:.1f} s" if elapsed_s < 10 else f"{elapsed_s:.0f} s"  # noqa: PLR2004
