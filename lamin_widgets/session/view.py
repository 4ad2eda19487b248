"""The view: all that the browser draws, apart from the values of the fields.

The same types stand in `view/src/view.ts`. A key that isn't needed is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from lamin_widgets.core.outcome import StepState


class Button(TypedDict, total=False):
    """A button. It does one thing, given by the one key it has beside its label.

    Attributes:
        label: Its text and accessible name.
        action: Sends the message `action` with this action.
        values: Fills in these fields.
        panel: Opens the panel, or closes it if it is open (`aria-expanded`).
        format: The format in which the panel opens.
        focus: Moves the focus to this field and selects its text.
        copy: Copies this text.
        href: Opens this page in a new tab.
        primary: The one button that the text recommends.
        disabled: The action can't start now (`aria-disabled`).
    """

    label: str
    action: str
    values: dict[str, str | int]
    panel: str
    format: str
    focus: str
    copy: str
    href: str
    primary: bool
    disabled: bool


class NoteView(TypedDict, total=False):
    """A message under a field.

    Attributes:
        level: "error", "warning", or "info".
        text: One or two sentences.
        buttons: Corrections that are one click away.
    """

    level: Literal["error", "warning", "info"]
    text: str
    buttons: list[Button]


class FieldView(TypedDict, total=False):
    """An input.

    Attributes:
        label: Its accessible name.
        hint: Text under it while it has no note.
        placeholder: An example, shown while it is empty.
        kind: "number", "secret", or "select". Without it, a text.
        options: For "select": value and label of each option. The view adds "Other…".
        panel: The panel that has the field. Without it, the form itself.
        readonly: The field is locked.
        held: For "secret": the kernel has a value in memory.
        note: A message.
    """

    label: str
    hint: str
    placeholder: str
    kind: Literal["number", "secret", "select"]
    options: list[tuple[str, str]]
    panel: str
    readonly: bool
    held: bool
    note: NoteView


class AccountView(TypedDict, total=False):
    """The line about the account.

    Attributes:
        state: "checking", "signed-in", or "signed-out". The API key is asked for only
            if it is "signed-out".
        text: For example "Signed in as ada".
        note: For example "API key expires in 3 days".
        buttons: Beside the API key while signed out: Sign in, Use for this form only.
            While signed in: Sign out.
    """

    state: Literal["checking", "signed-in", "signed-out"]
    text: str
    note: str
    buttons: list[Button]


class CommandView(TypedDict):
    """Something to copy and run.

    Attributes:
        label: Where it runs: "Notebook cell", "Shell", "SQL", or "Addresses".
        text: The command.
    """

    label: str
    text: str


class RungView(TypedDict, total=False):
    """One step of a diagnosis.

    Attributes:
        name: For example "Port".
        state: "passed", "failed", "skipped", "warning", or "running".
        text: What was found.
    """

    name: str
    state: StepState
    text: str


class StepView(TypedDict, total=False):
    """One of the three steps: diagnose, register, test.

    Attributes:
        id: The action of the step.
        state: What the dot shows.
        stale: Whether the result is out of date.
        title: What the step does, or its result.
        time: Duration of the last run, for example "0.2 s".
        text: Sentences below the title, in one or more lines.
        button: Diagnose, Register, or Test connection; Cancel while it runs.
        commands: Texts to copy and run, one for each place.
        rungs: The steps of the diagnosis, while it runs and after it failed.
        buttons: Follow-ups, then Details and Copy report. A button with a panel whose
            id begins with the step's id shows its panel inside the step.
    """

    id: Literal["diagnose", "register", "test"]
    state: Literal[
        "idle",
        "next",
        "running",
        "waiting",
        "passed",
        "warned",
        "failed",
        "unknown",
        "question",
    ]
    stale: bool
    title: str
    time: str
    text: str
    button: Button
    commands: list[CommandView]
    rungs: list[RungView]
    buttons: list[Button]


class EntryView(TypedDict):
    """A line of the activity.

    Attributes:
        at: ISO 8601, UTC. The browser shows its own time zone.
        state: "success", "failure", or "unknown".
        text: Label of the action, and the title of its outcome.
    """

    at: str
    state: str
    text: str


class PanelView(TypedDict, total=False):
    """The open panel. Panels with fields have none of these keys but `id`.

    Attributes:
        id: "paste", "advanced", "allow-list", "code", "activity", "instance",
            "diagnose-steps", or "diagnose-details" (and so on for each step).
        texts: Copyable text by format. The view shows a Format menu if there are two
            or more.
        format: The format to show first.
        note: Text above them.
        link: A page with the source.
        entries: For "activity", the newest first.
        rungs: For "diagnose-steps".
        buttons: For "instance": Create instance.
    """

    id: str
    texts: dict[str, str]
    format: str
    note: str
    link: Button
    entries: list[EntryView]
    rungs: list[RungView]
    buttons: list[Button]


class View(TypedDict, total=False):
    """The view that the browser draws.

    Attributes:
        badge: "Sandbox · nothing leaves this machine", or "".
        account: The line about the account.
        fields: The inputs, by the name of their trait or secret, in order.
        steps: Diagnose, Register, Test connection.
        footer: Buttons that open panels: Allow-list, Show code, Activity, and, when the
            server is ready, Create an instance.
        panel: The open panel, if one is open.
        announcement: The newest outcome as one sentence, for the live region.
        running: The action that runs, or "".
        secrets: Whether this front end can carry secrets: "unknown" until the kernel
            has received a buffer with `hello`, then "ok" or "unsupported".
        closed: The form is closed.
    """

    badge: str
    account: AccountView
    fields: dict[str, FieldView]
    steps: list[StepView]
    footer: list[Button]
    panel: PanelView
    announcement: str
    running: str
    secrets: Literal["unknown", "ok", "unsupported"]
    closed: bool
