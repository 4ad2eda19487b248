"""The view of the form's three steps: diagnose, register, and test.

The steps of a diagnosis, such as name resolution, are in the view as `diagnosis`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lamin_widgets.core.action_names import LABELS
from lamin_widgets.core.failures import CATALOG
from lamin_widgets.core.url_parts import DEFAULT_PORT, masked_url
from lamin_widgets.session.actions import ACTIONS, facts_of
from lamin_widgets.session.guidance import STEPS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lamin_widgets.core.failures.failure import Place
    from lamin_widgets.core.outcome import Step, Warned
    from lamin_widgets.session.guidance import Guidance, StepId
    from lamin_widgets.session.knowledge import Knowledge
    from lamin_widgets.session.state import Job, Observation, Question, State, Waiting
    from lamin_widgets.session.view import (
        Button,
        CommandView,
        DiagnosisStepView,
        StepView,
    )

IDLE: Final[dict[StepId, tuple[str, str]]] = {
    "diagnose": (
        "Connect from this machine",
        "Connects from the computer that runs this notebook. Sends nothing to Lamin.",
    ),
    "register": (
        "Register with Lamin",
        "Lets you create LaminDB instances on this server. You can't undo this.",
    ),
    "test": ("Connect from Lamin", "Lamin connects to the registered server."),
}
"""The title and text of a step before it has run."""
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
"""The text of Diagnose while it runs, by the step of the diagnosis."""
PLACES: Final[dict[Place, str]] = {
    "cell": "Notebook cell",
    "shell": "Shell",
    "sql": "SQL",
}
FOCUS: Final[dict[str, tuple[str, str]]] = {
    "change-host": ("Change the host", "host"),
    "change-name": ("Change the name", "name"),
    "change-password": ("Change the password", "password"),
    "change-port": ("Change the port", "port"),
    "change-region": ("Change the region", "api_server_name"),
    "sign-in": ("Enter an API key", "api_key"),
}
"""Follow-ups that move the focus to a field: the button's label, and the field."""


def step_views(state: State, known: Knowledge, guidance: Guidance) -> list[StepView]:
    """Return the views of the three steps."""
    return [_step(step, state, known, guidance) for step in STEPS]


def _step(step: StepId, state: State, known: Knowledge, guidance: Guidance) -> StepView:
    """Return a step's view: its running job, its question, or its newest result."""
    job, question, waiting = state.job, state.question, state.waiting
    if job is not None and job.action == step:
        view = _running(step, job)
    elif question is not None and question.action == step:
        view = _question(step, question, state)
    else:
        newest = known.newest.get(step)
        view = _result(step, newest, state, known) if newest else _idle(step)
    if guidance.step == step and guidance.text and view["state"] != "running":
        view["text"] = guidance.text.format(port=state.draft.port)
    if waiting is not None and waiting.action == step and view["state"] != "running":
        _show_waiting(view, waiting, known)
    _mark_next(view, step, guidance, state)
    return view


def _idle(step: StepId) -> StepView:
    title, text = IDLE[step]
    return {"id": step, "state": "idle", "title": title, "text": text}


def _running(step: StepId, job: Job) -> StepView:
    current = job.steps[-1].name if job.steps else ""
    view: StepView = {
        "id": step,
        "state": "running",
        "title": ACTIONS[step].title,
        "text": PROGRESS.get(current, IDLE[step][1]),
        "button": {"label": "Cancel", "action": "cancel"},
    }
    if job.canceling:
        view["text"] = "Canceling."
        view["button"]["disabled"] = True
    if job.steps:
        view["diagnosis"] = diagnosis_view(job.steps)
    return view


def _question(step: StepId, question: Question, state: State) -> StepView:
    facts = facts_of(state.draft)
    rows = [CATALOG[cause] for cause in question.causes]
    texts = [row.fill(facts) for row in rows]
    others = [f"{title} {advice}" for title, advice, _ in texts[1:]]
    answer: Button = {"label": "Register anyway", "action": "register-anyway"}
    if "trust_destination" in question.causes:
        answer = {"label": f"Send to {facts['destination']}", "action": "send-anyway"}
    return {
        "id": step,
        "state": "question",
        "title": texts[0][0],
        "text": "\n".join([texts[0][1], *others]),
        "button": answer,
        "buttons": _follow_ups(rows[0].follow_ups, state),
    }


def _result(
    step: StepId, observation: Observation, state: State, known: Knowledge
) -> StepView:
    outcome = observation.outcome
    view: StepView = {
        "id": step,
        "state": "unknown" if outcome.state == "unknown" else "failed",
        "title": outcome.title.rstrip("."),
        "time": seconds(outcome.elapsed_s),
        "text": outcome.advice,
    }
    if _is_stale(step, observation, state, known):
        view["stale"] = True
    if outcome.state == "success":
        _show_success(view, step, observation, state)
    else:
        _show_failure(view, step, observation, state, known)
    return view


def _show_waiting(view: StepView, waiting: Waiting, known: Knowledge) -> None:
    """Show that a step is repeated, and keep the buttons that still work."""
    newest = known.newest.get(waiting.action)
    view["state"] = "waiting"
    view["button"] = {"label": "Cancel", "action": "cancel"}
    view["buttons"] = [
        button
        for button in view.get("buttons", [])
        if not button.get("action", "").startswith("keep-checking")
    ]
    if waiting.next_at and newest:
        view["text"] += (
            "\nChecking again automatically. "
            f"Last try at {newest.outcome.at:%H:%M:%S}, "
            f"next try at {waiting.next_at:%H:%M:%S} (UTC)."
        )


def _is_stale(
    step: StepId, observation: Observation, state: State, known: Knowledge
) -> bool:
    if step == "diagnose":
        return observation.basis.login != state.basis.login
    # Changing the form doesn't change the values that Lamin has.
    saved = observation.outcome.state == "success" or step == "test"
    return not saved and observation.basis != state.basis and not known.registered.stale


def _show_success(
    view: StepView, step: StepId, observation: Observation, state: State
) -> None:
    outcome, basis = observation
    view["state"], view["title"] = "passed", PASSED[step]
    if step == "register":
        view["text"] = f"{basis.name} · {basis.region}"
    if outcome.warnings:
        count = len(outcome.warnings)
        view["state"] = "warned"
        view["title"] += f", with {count} warning{'s' if count > 1 else ''}"
        sentences = [f"{each.title} {each.advice}".strip() for each in outcome.warnings]
        view["text"] = "\n".join([f"{outcome.advice}.", *sentences])
        view["commands"] = _commands(outcome.warnings, state)
    if outcome.steps:
        view["buttons"] = [{"label": "Checks", "panel": f"{step}-steps"}]


def _show_failure(
    view: StepView,
    step: StepId,
    observation: Observation,
    state: State,
    known: Knowledge,
) -> None:
    outcome = observation.outcome
    row = CATALOG[outcome.cause or "unexpected"]
    follow_ups = row.follow_ups
    region = state.draft.parsed.region
    if step == "test" and known.is_firewall and region is not None:
        text = ", ".join(region.addresses)
        view["commands"] = [{"label": "Addresses", "text": text}]
        follow_ups = ("allow-list", *(f for f in follow_ups if f != "allow-list"))
    elif outcome.command:
        view["commands"] = [_command(row.id, outcome.command, state)]
    if outcome.steps:
        view["diagnosis"] = diagnosis_view(outcome.steps)
    buttons = view["buttons"] = _follow_ups(follow_ups, state)
    if row.transient and step != "register":
        buttons.append({"label": "Keep checking", "action": f"keep-checking-{step}"})
    if outcome.cause != "cancelled":
        buttons.append({"label": "Details", "panel": f"{step}-details"})
        buttons.append({"label": "Copy report", "copy": report(observation, state)})


def _commands(warnings: Iterable[Warned], state: State) -> list[CommandView]:
    """Return the commands of warnings, joined into one text for each place."""
    texts: dict[str, str] = {}
    for each in warnings:
        if each.command:
            command = _command(each.cause, each.command, state)
            before = texts.get(command["label"], "")
            texts[command["label"]] = f"{before}\n{command['text']}".strip()
    return [{"label": label, "text": text} for label, text in texts.items()]


def _command(cause: str, text: str, state: State) -> CommandView:
    """Return a command, labeled with the place where it runs."""
    place = "sql" if CATALOG[cause].commands.get("sql") else state.place
    return {"label": PLACES[place], "text": text}


def _follow_ups(follow_ups: tuple[str, ...], state: State) -> list[Button]:
    buttons = (_follow_up(each, state) for each in follow_ups)
    return [button for button in buttons if button is not None]


def _follow_up(follow_up: str, state: State) -> Button | None:
    """Return the button for a follow-up, or None if it can't be carried out."""
    if follow_up in FOCUS:
        label, field = FOCUS[follow_up]
        return None if field in state.locked else {"label": label, "focus": field}
    if follow_up == "allow-list":
        from lamin_widgets.form.allow_list import format_for  # slow

        return {
            "label": "Open the allow-list",
            "panel": "allow-list",
            "format": format_for(state.draft.parsed.provider),
        }
    other_api_url = state.draft.parsed.other_api_url
    value: str | int
    if follow_up == "use-default-port" and state.basis.port != str(DEFAULT_PORT):
        field, value = "port", DEFAULT_PORT
    elif follow_up == "use-region-api" and other_api_url:
        field, value = "api_url", other_api_url
    else:
        return None
    if field in state.locked:
        return None
    return {"label": f"Use {value}", "values": {field: value}}


def _mark_next(view: StepView, step: StepId, guidance: Guidance, state: State) -> None:
    """Add the step's own button, and mark the recommended one as primary."""
    is_busy = state.job is not None
    if "button" not in view:
        view["button"] = {"label": LABELS[step], "action": step}
        if is_busy:
            view["button"]["disabled"] = True
    if is_busy or state.closed:
        return
    if guidance.primary == step:
        view["button"]["primary"] = view["button"]["action"] == step
        if view["state"] == "idle":
            view["state"] = "next"
    # The button to sign in is next to the API key field.
    if guidance.step == step and guidance.primary != "sign-in":
        recommended = _follow_up(guidance.primary, state)
        if recommended is not None:
            others = [each for each in view.get("buttons", []) if each != recommended]
            view["buttons"] = [{**recommended, "primary": True}, *others]


def diagnosis_view(steps: tuple[Step, ...]) -> list[DiagnosisStepView]:
    """Return the view of a diagnosis's steps."""
    return [
        {"name": each.name, "state": each.state, "text": each.text} for each in steps
    ]


def seconds(elapsed_s: float) -> str:
    """Return a duration as text, for example "0.2 s"."""
    if elapsed_s < 0.1:  # noqa: PLR2004  # too short to notice
        return "< 0.1 s"
    return f"{elapsed_s:.{1 if elapsed_s < 10 else 0}f} s"  # noqa: PLR2004


def report(observation: Observation, state: State) -> str:
    """Return an outcome as text that a user can send to the database administrator."""
    outcome, basis = observation
    seen_from, server = "this machine", masked_url(basis.host, basis.port)
    if outcome.action == "test":
        seen_from, server = "Lamin", f"{basis.name}, as registered with Lamin"
    lines = [
        f"PostgreSQL server: {server}",
        f"Checked from {seen_from} on {outcome.at:%Y-%m-%d at %H:%M:%S} UTC",
        "",
        f"Result: {outcome.title}",
        *(f"  {step}" for step in outcome.steps),
    ]
    lines += [f"Cause: {outcome.cause}"] if outcome.cause else []
    lines += [f"Advice: {outcome.advice}"] if outcome.advice else []
    lines += [f"  {outcome.command}"] if outcome.command else []
    lines += ["", f"Details: {outcome.details}"] if outcome.details else []
    region = state.draft.parsed.region
    if region is not None:
        addresses = ", ".join(region.addresses)
        lines += [
            "",
            f"Lamin ({region.label}) connects from these IP addresses: {addresses}",
        ]
    return "\n".join(lines)
