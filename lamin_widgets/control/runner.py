"""One action at a time, in a thread of its own."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from lamin_widgets.core.errors import ActionCancelled
from lamin_widgets.core.outcome import Outcome, explain

if TYPE_CHECKING:
    from collections.abc import Callable

    from lamin_widgets.core.outcome import Action

__all__ = ["Job", "Runner"]

GRACE_S: Final = 1.0
"""A cancelled action that has not ended by then is given up on. What can hold it up
longer, such as name resolution, cannot be interrupted."""


@dataclass(eq=False)
class Job:
    """An action that runs, or ran.

    Attributes:
        action: What is being done.
        work: What does it. It is given the job, and heeds `cancelled`.
        finish: Told the outcome, once, in the job's thread.
        stop: Wakes `work` up where it waits, once `cancelled` is set.
        cancelled: Set when the person cancels.
        done: Set when there is an outcome.
        outcome: What it came to.
        progress: What is shown of it while it runs.
    """

    action: Action
    work: Callable[[Job], Outcome]
    finish: Callable[[Outcome], None]
    stop: Callable[[], None] | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)
    outcome: Outcome | None = None
    progress: dict[str, Any] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)


class Runner:
    """Runs jobs in worker threads and refuses a second one while one runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.current: Job | None = None

    def start(self, job: Job) -> Job:
        """Start `job`, or return the one that runs: the caller compares."""
        with self._lock:
            if self.current is not None:
                return self.current
            self.current = job
        name = f"lamin-widgets-{job.action}"
        threading.Thread(target=self._run, args=(job,), name=name, daemon=True).start()
        return job

    def cancel(self) -> Job | None:
        """Cancel the job that runs, and return it. Does not wait."""
        job = self.current
        if job is not None and not job.cancelled.is_set():
            job.cancelled.set()
            if job.stop is not None:
                job.stop()
            threading.Thread(target=self._give_up, args=(job,), daemon=True).start()
        return job

    def _run(self, job: Job) -> None:
        try:
            outcome = job.work(job)
        except BaseException as error:  # noqa: BLE001  # whatever it is, it is shown
            outcome = explain(error, job.action)
        self._end(job, outcome)

    def _give_up(self, job: Job) -> None:
        if not job.done.wait(GRACE_S):
            cancelled = ActionCancelled("Cancelled.", cause="cancelled")
            self._end(job, explain(cancelled, job.action))

    def _end(self, job: Job, outcome: Outcome) -> None:
        with self._lock:
            if self.current is not job:
                return  # given up on before
            job.outcome = outcome.after(time.monotonic() - job.started)
            self.current = None
        try:
            job.finish(job.outcome)
        finally:
            job.done.set()
