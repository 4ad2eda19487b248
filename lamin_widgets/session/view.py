"""The types of the `view` trait: everything that the browser draws.

Only the values of the fields are separate traits. `view/src/view.ts` has the same
types. A key without a value is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from lamin_widgets.core.outcome import StepState


class Button(TypedDict, total=False):
    """A button. One of the keys from `action` to `href` gives its effect.

    Attributes:
        label: Text and accessible name.
        action: Sends the message `action` with this name.
        values: Fills in these fields.
        panel: Opens this panel, or closes it if it's open (`aria-expanded`).
        format: For a panel: the format to show first.
        focus: Moves the focus to this field and selects its text.
        copy: Copies this text.
        href: Opens this page in a new tab.
        primary: Whether it's the recommended button.
        disabled: Whether its action can't start now (`aria-disabled`).
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
        buttons: Corrections that a click applies.
    """

    level: Literal["error", "warning", "info"]
    text: str
    buttons: list[Button]


class FieldView(TypedDict, total=False):
    """An input.

    Attributes:
        label: Accessible name.
        hint: Text under the input if it has no note.
        placeholder: An example, shown in the empty input.
        kind: "number", "secret", or "select". Left out for text.
        options: For "select": value and label of each option. The view adds "Other…".
        panel: The panel with the input. Left out for the main part of the form.
        readonly: Whether the input can't be edited.
        held: For "secret": whether the kernel has a value in memory.
        note: A message under the input.
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
        state: "checking", "signed-in", or "signed-out". The view has an input for the
            API key only in the last case.
        text: For example "Signed in as ada".
        note: For example "API key expires in 3 days".
        buttons: "Sign in" and "Sign in for this form only", or "Sign out".
    """

    state: Literal["checking", "signed-in", "signed-out"]
    text: str
    note: str
    buttons: list[Button]


class CommandView(TypedDict):
    """A command or a list of addresses to copy.

    Attributes:
        label: "Notebook cell", "Shell", or "SQL" for a command, or "Addresses".
        text: The text to copy.
    """

    label: str
    text: str


class DiagnosisStepView(TypedDict, total=False):
    """A step of a diagnosis, such as name resolution.

    Attributes:
        name: For example "Port".
        state: "passed", "failed", "skipped", "warning", or "running".
        text: The result.
    """

    name: str
    state: StepState
    text: str


class StepView(TypedDict, total=False):
    """One of the three steps: diagnose, register, test.

    Attributes:
        id: The action of the step.
        state: The state that the step's icon shows.
        stale: Whether the form has changed since the result.
        title: The task, or its result.
        time: Duration of the last run, for example "0.2 s".
        text: Sentences below the title, in one or more lines.
        button: Diagnose, Register, or Test connection; Cancel while the action runs.
        commands: Commands or addresses to copy.
        diagnosis: The steps of the diagnosis, while it runs and after it failed.
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
    diagnosis: list[DiagnosisStepView]
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
    """The open panel. A panel that has only fields has no other key than `id`.

    Attributes:
        id: "paste", "advanced", "allow-list", "code", "activity", "instance",
            "diagnose-steps", or "diagnose-details" (and so on for each step).
        texts: Copyable text by format. The view shows a Format menu if there are two
            or more.
        format: The format to show first.
        note: Text above them.
        link: A page with the source.
        entries: For "activity", the newest first.
        diagnosis: For "diagnose-steps".
        buttons: For "instance": Create instance.
    """

    id: str
    texts: dict[str, str]
    format: str
    note: str
    link: Button
    entries: list[EntryView]
    diagnosis: list[DiagnosisStepView]
    buttons: list[Button]


class View(TypedDict, total=False):
    """The view that the browser draws.

    Attributes:
        badge: "Sandbox · nothing leaves this machine", or "".
        account: The line about the account.
        fields: The inputs, by the name of their trait or secret, in order.
        steps: Diagnose, Register, Test connection.
        footer: Buttons that open panels: Allow-list, Show code, Activity, and, after
            Lamin can connect, Create an instance.
        panel: The open panel, if one is open.
        announcement: The newest outcome as one sentence, for the live region.
        running: The action that runs, or "".
        secrets: Whether this front end can send secrets: "unknown" until the kernel
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
