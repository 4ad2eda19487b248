"""What an action came to, and how an exception becomes that."""

from __future__ import annotations

import dataclasses
import textwrap
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final, Literal

from lamin_widgets.core import failures as causes
from lamin_widgets.core.errors import ConnectionFailed, LaminWidgetsError, text_of
from lamin_widgets.core.failures.api import FIND_OUT
from lamin_widgets.core.secret import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lamin_widgets.core.secret import Secret

__all__ = ["Action", "Outcome", "State", "Step", "explain", "success"]

Action = Literal["register", "test", "diagnose", "sign-in", "create-instance"]
State = Literal["success", "failure", "unknown"]
StepState = Literal["passed", "failed", "skipped", "warning", "running"]

DOING: Final[dict[Action, str]] = {
    "register": "Register",
    "test": "Test connection",
    "diagnose": "Diagnose",
    "sign-in": "Sign in",
    "create-instance": "Create instance",
}
WIDTH: Final = 79
SHOWN: Final = 4096
"""So much of a foreign text is shown, in characters."""

# Where these happen to a call that changes something, it may have happened.
_OPEN_ENDED: Final = {
    "api_no_answer",
    "connection_lost",
    "server_error",
    "unavailable",
    "unexpected",
}
_NO_VERDICT: Final = {
    *("unreadable_reply", "cancelled"),
    *("diagnosed_wrong", "region_doubtful"),  # questions
}


@dataclass(frozen=True, slots=True)
class Step:
    """One rung of the diagnosis.

    Attributes:
        name: What is looked at, for example "Name resolution".
        state: "passed", "failed", "skipped", "warning" or "running".
        text: What was found, redacted.
        elapsed_s: How long it took, in seconds.
    """

    name: str
    state: StepState
    text: str = ""
    elapsed_s: float = 0.0

    def __str__(self) -> str:
        """Return it as a line of text."""
        if self.state == "skipped":
            return f"{self.state:8}{self.name}"
        return f"{self.state:8}{self.name}: {self.text} ({self.elapsed_s:.2f} s)"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an action came to.

    Attributes:
        action: "register", "test", "diagnose", "sign-in" or "create-instance".
        state: "success", "failure", or "unknown" where nobody can tell.
        cause: Id in the catalogue of failures, or None for a success.
        title: One sentence.
        advice: What to do now.
        command: Something to copy and run, or an empty string.
        field: The form field concerned, or None.
        http_status: Status code of Lamin's reply, or None.
        elapsed_s: Duration in seconds.
        at: When it ended.
        details: Redacted text from outside, at most 4 KB.
        steps: The rungs of a diagnosis.
    """

    action: Action
    state: State
    title: str
    cause: str | None = None
    advice: str = ""
    command: str = ""
    field: str | None = None
    http_status: int | None = None
    elapsed_s: float = 0.0
    at: datetime = dataclasses.field(default_factory=lambda: datetime.now(timezone.utc))
    details: str = ""
    steps: tuple[Step, ...] = ()

    def __bool__(self) -> bool:
        return self.state == "success"

    def __repr__(self) -> str:
        """Return text for a notebook that can show no widgets."""
        mark = {"success": "✓", "failure": "✗", "unknown": "?"}[self.state]
        first = f"{mark} {DOING[self.action]}: {self.title} ({self.elapsed_s:.1f} s)"
        lines = [_wrapped(first)]
        lines += [_wrapped(f"  {step}") for step in self.steps]
        lines += [_wrapped(f"  {self.advice}")] if self.advice else []
        lines += [f"  {self.command}"] if self.command else []  # to be copied
        if self.details:
            lines += [
                _wrapped(line) for line in f"  Details: {self.details}".split("\n")
            ]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON."""
        return asdict(self) | {"at": self.at.isoformat(timespec="seconds")}

    def after(self, elapsed_s: float) -> Outcome:
        """Return the same outcome with its duration in seconds."""
        return replace(self, elapsed_s=elapsed_s)


def _wrapped(line: str) -> str:
    """Break a line at the ends of words: Jupyter would break it within them."""
    return textwrap.fill(
        line,
        WIDTH,
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def success(
    action: Action,
    title: str,
    *,
    advice: str = "",
    details: str = "",
    http_status: int | None = None,
    steps: tuple[Step, ...] = (),
) -> Outcome:
    """Return the outcome of something that was shown to work."""
    return Outcome(
        action,
        "success",
        title,
        advice=advice,
        details=details[:SHOWN],
        http_status=http_status,
        steps=steps,
    )


def explain(
    error: BaseException,
    action: Action,
    *,
    facts: Mapping[str, str] | None = None,
    secrets: Iterable[Secret | None] = (),
    steps: tuple[Step, ...] = (),
) -> Outcome:
    """Turn an exception into an outcome. The one place where that happens.

    Args:
        error: One of this package's exceptions; any other becomes `unexpected`.
        action: What was being done.
        facts: Values for the placeholders of the catalogue's texts.
        secrets: What must not be in the details.
        steps: The rungs of a diagnosis so far.
    """
    if isinstance(error, LaminWidgetsError):
        known, details = error, error.details
    else:
        text = f"{type(error).__name__}: {text_of(error)}"
        known = LaminWidgetsError("unexpected", details=redact(text, secrets))
        details = known.details
    cause = causes.find(known.cause)
    state = _state(known, cause.id, action)
    find_out = FIND_OUT.get(action, "") if state == "unknown" else ""
    title, advice, command = cause.fill(
        {"doing": DOING[action], "find_out": find_out} | dict(facts or {}) | known.facts
    )
    return Outcome(
        action,
        state,
        title,
        cause=cause.id,
        advice=advice,
        command=command,
        field=known.field or cause.field,
        http_status=known.http_status,
        details=details[:SHOWN],
        steps=steps,
    )


def _state(error: LaminWidgetsError, cause: str, action: Action) -> State:
    if cause in _NO_VERDICT:
        return "unknown"
    changes_something = action in {"register", "create-instance"}
    may_have_arrived = not isinstance(error, ConnectionFailed) or error.sent
    if changes_something and may_have_arrived and cause in _OPEN_ENDED:
        return "unknown"
    return "failure"
