"""Running of actions for a command, with progress, retries, and Ctrl+C."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lamin_widgets.cli.signals import handle_signals
from lamin_widgets.core.action_names import CHANGES_SOMETHING
from lamin_widgets.core.errors import ActionCancelled
from lamin_widgets.core.failures import CATALOG
from lamin_widgets.core.outcome import explain
from lamin_widgets.session.actions import ACTIONS, pause_after
from lamin_widgets.session.runner import ActionContext, run_action

if TYPE_CHECKING:
    from lamin_widgets.core.action_names import Action
    from lamin_widgets.core.outcome import Outcome, Step
    from lamin_widgets.core.secret import Secret
    from lamin_widgets.form.draft import Draft

GIVE_UP_S: Final = 1.0
"""Seconds to wait for a canceled action. Name resolution can't be interrupted."""
_GLANCE_S: Final = 0.1


class Interrupted(Exception):
    """A signal with this number asked the command to stop."""

    def __init__(self, number: int, outcome: Outcome) -> None:
        super().__init__(number)
        self.number = number
        self.outcome = outcome


@dataclass
class Runner:
    """A runner of actions.

    Attributes:
        draft: The values of the command.
        password: The password for the `postgres` user, if the command requires it.
        as_json: Whether the result is JSON. If so, the progress includes the steps.
        quiet: Whether to print no progress.
        wait_s: Seconds for which to repeat an action that fails for a transient reason.
        attempts: Number of tries of the last action.
    """

    draft: Draft
    password: Secret | None
    as_json: bool
    quiet: bool
    wait_s: float
    attempts: int = field(default=0, init=False)
    _stopped: threading.Event = field(default_factory=threading.Event, init=False)
    _signal: int = field(default=0, init=False)

    def run(self, action: Action) -> Outcome:
        """Run an action, and repeat it while its failure is transient.

        Raises:
            Interrupted: If a signal canceled the action.
        """
        until = time.monotonic() + self.wait_s
        self.attempts = 0
        with contextlib.ExitStack() as stack:

            def stop(number: int, _frame: object) -> None:
                stack.close()  # A second signal has its default effect.
                self._signal = number
                self._stopped.set()

            stack.enter_context(handle_signals((signal.SIGINT, signal.SIGTERM), stop))
            while True:
                self.attempts += 1
                outcome = self._run_once(action)
                pause_s = pause_after(outcome, self.attempts)
                is_late = time.monotonic() + pause_s > until
                if self._signal or is_late or not _can_pass(outcome):
                    break
                self._progress(f"{outcome.title} Next try in {pause_s:.0f} s.")
                if self._stopped.wait(pause_s):
                    break
        if self._signal:
            raise Interrupted(self._signal, outcome)
        return outcome

    def _run_once(self, action: Action) -> Outcome:
        self._progress(f"{ACTIONS[action].title}…")
        done: list[Outcome] = []
        context = ActionContext(
            self.draft,
            password=self.password,
            on_step=self._show_step,
            cancelled=self._stopped,
        )
        started = time.monotonic()
        thread = threading.Thread(
            target=lambda: done.append(run_action(action, context)), daemon=True
        )
        thread.start()
        while thread.is_alive():
            # Each wait is short, because on Windows, join() delays the signal.
            thread.join(_GLANCE_S)
            if self._signal:
                thread.join(GIVE_UP_S)
                break
        outcome = done[0] if done else explain(ActionCancelled(), action)
        return outcome.after(time.monotonic() - started)

    def _show_step(self, steps: tuple[Step, ...]) -> None:
        # Print steps only with JSON, because the report in plain text already has them.
        if self.as_json and steps and steps[-1].state != "running":
            self._progress(str(steps[-1]))

    def _progress(self, text: str) -> None:
        if not self.quiet:
            print(text, file=sys.stderr, flush=True)


def _can_pass(outcome: Outcome) -> bool:
    """Return whether the failure is transient, and another try is safe."""
    if outcome.cause is None or not CATALOG[outcome.cause].transient:
        return False
    return outcome.state == "failure" or outcome.action not in CHANGES_SOMETHING
