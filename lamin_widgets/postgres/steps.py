"""The steps of a diagnosis, shown one by one as they begin and end."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lamin_widgets.core.outcome import Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from lamin_widgets.core.outcome import StepState

__all__ = ["NAMES", "PORT", "PROTOCOL", "RESOLUTION", "RIGHTS", "SIGN_IN", "VERSION"]
__all__ += ["Ladder"]

RESOLUTION: Final = "Name resolution"
PORT: Final = "Port"
PROTOCOL: Final = "PostgreSQL protocol and TLS"
SIGN_IN: Final = "Sign-in"
RIGHTS: Final = "Rights"
VERSION: Final = "Version"
NAMES: Final = (RESOLUTION, PORT, PROTOCOL, SIGN_IN, RIGHTS, VERSION)


class Ladder:
    """The steps so far.

    Args:
        on_step: Called with all steps so far whenever one begins or ends.
    """

    def __init__(self, on_step: Callable[[tuple[Step, ...]], None] | None) -> None:
        self._on_step = on_step
        self._since = 0.0
        self.steps: tuple[Step, ...] = ()

    @property
    def current(self) -> str | None:
        """Name of the step that is running."""
        running = self.steps and self.steps[-1].state == "running"
        return self.steps[-1].name if running else None

    def begin(self, name: str) -> None:
        """Show a step as running."""
        self._since = time.monotonic()
        self.steps = (*self.steps, Step(name, "running"))
        self._tell()

    def end(self, text: str, state: StepState = "passed") -> None:
        """Show what the running step came to."""
        step = replace(
            self.steps[-1],
            state=state,
            text=text,
            elapsed_s=time.monotonic() - self._since,
        )
        self.steps = (*self.steps[:-1], step)
        self._tell()

    def judge(self, text: str, warnings: tuple[str, ...]) -> None:
        """End the running step with its warnings, or as passed."""
        self.end(" ".join(warnings) or text, "warning" if warnings else "passed")

    def break_off(self, text: str, state: StepState = "failed") -> None:
        """End the running step, and skip those that are left."""
        if self.current:
            self.end(text, state)
        left = NAMES[len(self.steps) :]
        if left:
            self.steps += tuple(Step(name, "skipped") for name in left)
            self._tell()

    def _tell(self) -> None:
        if self._on_step is not None:
            self._on_step(self.steps)
