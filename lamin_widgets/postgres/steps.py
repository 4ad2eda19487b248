"""The steps of a diagnosis, reported as they begin and end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from lamin_widgets.core.outcome import Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from lamin_widgets.core.outcome import StepState, Warned

RESOLUTION: Final = "Name resolution"
PORT: Final = "Port"
PROTOCOL: Final = "PostgreSQL protocol and TLS"
AUTHENTICATION: Final = "Authentication"
PRIVILEGES: Final = "Privileges"
VERSION: Final = "Version"
NAMES: Final = (RESOLUTION, PORT, PROTOCOL, AUTHENTICATION, PRIVILEGES, VERSION)


class Steps:
    """The steps of one diagnosis.

    Args:
        on_step: Called with all steps so far when a step begins or ends, or None.

    Attributes:
        done: The steps so far. The last one can be running.
    """

    def __init__(self, on_step: Callable[[tuple[Step, ...]], None] | None) -> None:
        self._on_step = on_step
        self._since = 0.0
        self.done: tuple[Step, ...] = ()

    @property
    def current(self) -> str | None:
        """Name of the running step."""
        running = self.done and self.done[-1].state == "running"
        return self.done[-1].name if running else None

    def begin(self, name: str) -> None:
        """Begin a step. If it began before, remove it and the steps after it first."""
        if self.current == name:
            return
        self._since = time.monotonic()
        before = NAMES[: NAMES.index(name)]
        kept = tuple(step for step in self.done if step.name in before)
        self.done = (*kept, Step(name, "running"))
        self._report()

    def end(self, text: str, state: StepState = "passed") -> None:
        """End the running step."""
        elapsed_s = time.monotonic() - self._since
        step = self.done[-1]._replace(state=state, text=text, elapsed_s=elapsed_s)
        self.done = (*self.done[:-1], step)
        self._report()

    def judge(self, text: str, warnings: list[Warned]) -> None:
        """End the running step as passed, or with warnings."""
        titles = " ".join(warned.title for warned in warnings)
        self.end(titles or text, "warning" if warnings else "passed")

    def break_off(self, text: str, state: StepState) -> None:
        """End the running step, and mark the following steps as skipped."""
        if self.current:
            self.end(text, state)
        left = NAMES[len(self.done) :]
        if left:
            self.done += tuple(Step(name, "skipped") for name in left)
            self._report()

    def _report(self) -> None:
        if self._on_step is not None:
            self._on_step(self.done)
