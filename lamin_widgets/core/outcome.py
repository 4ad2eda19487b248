"""`Outcome`, the result of an action, and `explain`, which returns that of an error."""

from __future__ import annotations

import dataclasses
import textwrap
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

from lamin_widgets.core.action_names import CHANGES_SOMETHING, FIND_OUT, LABELS
from lamin_widgets.core.errors import (
    ActionCancelled,
    ConnectionFailed,
    InvalidInput,
    LaminWidgetsError,
    text_of,
)
from lamin_widgets.core.failures import CATALOG
from lamin_widgets.core.front_end import reader_place
from lamin_widgets.core.redaction import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lamin_widgets.core.action_names import Action
    from lamin_widgets.core.failures import CauseId
    from lamin_widgets.core.failures.failure import Place, VantagePoint
    from lamin_widgets.core.secret import Secret

OutcomeState: TypeAlias = Literal["success", "failure", "unknown"]
StepState: TypeAlias = Literal["passed", "failed", "skipped", "warning", "running"]

_WIDTH: Final = 79


class Step(NamedTuple):
    """One step of a diagnosis.

    Attributes:
        name: For example "Name resolution".
        state: "passed", "failed", "skipped", "warning", or "running".
        text: The result, with secrets redacted.
        elapsed_s: Duration in seconds.
    """

    name: str
    state: StepState
    text: str = ""
    elapsed_s: float = 0.0

    def __str__(self) -> str:
        """Return the step as one line of text."""
        if self.state == "skipped":
            return f"{self.state:8}{self.name}"
        return f"{self.state:8}{self.name}: {self.text} ({self.elapsed_s:.2f} s)"


class Warned(NamedTuple):
    """A warning about a connection that works.

    Attributes:
        cause: Id in the catalog of failures.
        title: The problem, in one sentence.
        advice: How to fix it, or "".
        command: Command to copy and run, or "".
    """

    cause: CauseId
    title: str
    advice: str = ""
    command: str = ""


@dataclass(frozen=True, repr=False)
class Outcome:
    """The result of an action. It's true if the action succeeded.

    The texts are plain text, and can quote a server. Escape them before you show them
    as HTML or Markdown.

    Attributes:
        action: "register", "test", "diagnose", "sign-in", "sign-out", or
            "create-instance".
        state: "success", "failure", or "unknown" if the result can't be determined.
        title: The result, in one sentence.
        cause: Id in the catalog of failures, or None for a success.
        advice: What to do next, or "".
        command: Command to copy and run, or "".
        field: Name of the form field with the error, or None.
        http_status: HTTP status code of Lamin's reply, or None without a reply.
        elapsed_s: Duration in seconds.
        at: Time when the action ended, in UTC.
        details: Text from a server, with secrets redacted, at most 4,096 characters.
        steps: The steps of a diagnosis.
        warnings: The warnings of a diagnosis that succeeded.
        facts: Values in the texts by name, for example "server_address".
    """

    action: Action
    state: OutcomeState
    title: str
    cause: CauseId | None = None
    advice: str = ""
    command: str = ""
    field: str | None = None
    http_status: int | None = None
    elapsed_s: float = 0.0
    at: datetime = dataclasses.field(default_factory=lambda: datetime.now(timezone.utc))
    details: str = ""
    steps: tuple[Step, ...] = ()
    warnings: tuple[Warned, ...] = ()
    facts: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)

    def __bool__(self) -> bool:
        return self.state == "success"

    def __repr__(self) -> str:
        """Return text for a notebook that can't show widgets."""
        mark = {"success": "✓", "failure": "✗", "unknown": "?"}[self.state]
        first = f"{mark} {LABELS[self.action]}: {self.title} ({self.elapsed_s:.1f} s)"
        lines = [_wrap(first)]
        lines += [_wrap(f"  {step}") for step in self.steps]
        lines += [_wrap(f"  {self.advice}")] if self.advice else []
        for warned in self.warnings:
            lines.append(_wrap(f"  ! {warned.title} {warned.advice}"))
            # Don't wrap commands, because users copy them.
            lines += textwrap.indent(warned.command, "  ").splitlines()
        lines += textwrap.indent(self.command, "  ").splitlines()
        if self.details:
            # The bar marks lines that a server wrote.
            quoted = (f"  | {line}" for line in self.details.splitlines())
            lines += ["  Details:", *(_wrap(line, "  | ") for line in quoted)]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return the attributes except `facts`, as values that JSON supports."""
        values = asdict(self) | {
            "at": self.at.isoformat(timespec="seconds"),
            "steps": [step._asdict() for step in self.steps],
            "warnings": [each._asdict() for each in self.warnings],
        }
        del values["facts"]
        return values

    def after(self, elapsed_s: float) -> Outcome:
        """Return the same outcome with another duration, in seconds."""
        return replace(self, elapsed_s=elapsed_s)


def _wrap(line: str, indent: str = "    ") -> str:
    """Wrap a line between words, because Jupyter would wrap it within a word."""
    return textwrap.fill(
        line,
        _WIDTH,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def warning(cause: CauseId, facts: Mapping[str, str] | None = None) -> Warned:
    """Return a warning of the catalog."""
    title, advice, command = CATALOG[cause].fill(facts or {}, place=reader_place())
    return Warned(cause, title, advice, command)


def explain(
    error: BaseException,
    action: Action,
    *,
    facts: Mapping[str, str] | None = None,
    secrets: Iterable[Secret | None] = (),
    steps: tuple[Step, ...] = (),
    place: Place | None = None,
) -> Outcome:
    """Return the outcome for an exception.

    Args:
        error: The exception. If it isn't a `LaminWidgetsError`, the cause is
            `unexpected`.
        action: The action that failed.
        facts: Values for the placeholders of the catalog's texts.
        secrets: Secrets to redact in the details.
        steps: The steps of a diagnosis so far.
        place: Where the reader can run a command. None to find out.
    """
    known = error
    if not isinstance(known, LaminWidgetsError):
        text = safe_text(f"{type(error).__name__}: {text_of(error)}", secrets)
        known = LaminWidgetsError(details=text)
    row = CATALOG[known.cause]
    state = _state(known, action)
    find_out = FIND_OUT.get(action, "") if state == "unknown" else ""
    filled = {"doing": LABELS[action], "find_out": find_out, **(facts or {})}
    filled |= known.facts
    by_lamin = action == "test" and row.concerns_database
    seen_from: VantagePoint = "Lamin" if by_lamin else "this machine"
    title, advice, command = row.fill(filled, seen_from, place or reader_place())
    return Outcome(
        action,
        state,
        title,
        cause=known.cause,
        advice=advice,
        command=command,
        field=known.field or row.field,
        http_status=known.http_status,
        details=known.details,
        steps=steps,
        facts=known.facts,
    )


def _state(error: LaminWidgetsError, action: Action) -> OutcomeState:
    row = CATALOG[error.cause]
    never_arrived = (
        isinstance(error, InvalidInput)
        or (isinstance(error, ConnectionFailed) and not error.sent)
        or (isinstance(error, ActionCancelled) and error.no_effect)
    )
    may_have_worked = action in CHANGES_SOMETHING and row.may_have_taken_effect
    if (row.undecided or may_have_worked) and not never_arrived:
        return "unknown"
    return "failure"
