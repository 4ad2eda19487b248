"""What the form knows and does. The widget shows it; nothing here is Jupyter's."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

from lamin_widgets.control import engine, presentation
from lamin_widgets.control.clients import Clients
from lamin_widgets.control.identity import Identity
from lamin_widgets.control.password import Password
from lamin_widgets.control.registered import Registered
from lamin_widgets.control.runner import Job, Runner
from lamin_widgets.control.showing import Showing
from lamin_widgets.control.verdicts import Verdicts, basis
from lamin_widgets.core.connection import DEFAULT_PORT, check_password, masked_url
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.outcome import LABELS, explain
from lamin_widgets.form.checks import REQUIRED, Draft
from lamin_widgets.form.connection_strings import parse
from lamin_widgets.form.fields import SECRET, WRITABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from lamin_widgets.control.model import Model
    from lamin_widgets.control.wire import ToView
    from lamin_widgets.core.outcome import Action, Outcome, Step
    from lamin_widgets.core.secret import Secret
    from lamin_widgets.form.connection_strings import Pasted
    from lamin_widgets.lamin.client import DbServerClient

__all__ = ["Controller"]

_STILL: Final = (
    "The form still has what it had before: to use that, press the button again."
)
REMEMBERED: Final = 50
"""Entries of the activity."""


class Controller:
    """Keeps the secrets, runs the actions, and says what follows.

    Args:
        model: Where it writes what is to be shown.
        tell: Sends a message to every view.
        password: Of the user `postgres`, or None if it is yet to be typed.
        client: Client to use instead of one made for the form's API URL.
        keep_password: Keep the password after Lamin has accepted it.
    """

    def __init__(
        self,
        model: Model,
        tell: Callable[[ToView], None],
        *,
        password: Secret | None = None,
        client: DbServerClient | None = None,
        keep_password: bool = False,
    ) -> None:
        self.model = model
        self.runner = Runner()
        self._clients = Clients(client)
        self.identity = Identity(model, self._clients)
        self._password = Password(password, keep=keep_password)
        self._registered = Registered()
        self._verdicts = Verdicts()
        self._asked: tuple[object, ...] = ()  # the values that were asked about
        self.showing = Showing(
            model, tell, lambda: self.draft, self._password, self._verdicts
        )
        self.closed = False

    @property
    def draft(self) -> Draft:
        """The form as it stands."""
        return Draft(
            **{field: getattr(self.model, field) for field in WRITABLE},
            has_password=self._password.secret is not None,
            password_has_outer_space=self._password.has_outer_space,
            sandbox=presentation.is_sandbox(self.model.api_url),
            published=self._clients.speaks_published(self.model.api_url),
        )

    # --- Secrets ----------------------------------------------------------------

    def set_password(self, password: Secret | None) -> None:
        """Hold a password; None or an empty one forgets it.

        Raises:
            InvalidInput: If PostgreSQL cannot take it.
        """
        if self.closed:
            return
        self._password.hold(password)
        self.showing.said.forget("password")
        self.showing.changed("password")

    def offer_password(self, password: Secret) -> None:
        """Hold a password that was typed, or say at its field why not."""
        try:
            self.set_password(password)
        except InvalidInput as error:
            self.set_password(None)
            self.showing.refuse("password", error)

    def forget_password(self) -> None:
        """Drop the password and empty the inputs of every view."""
        self._password.forget()
        self.showing.said.forget("password")
        self.showing.refresh()
        self.showing.clear("password")

    def take_connection_string(self, text: Secret, field: str = "paste") -> None:
        """Fill the form from what a person pasted into a field, or say why not."""
        if self.closed:
            return
        self.showing.said.forget_pasted()
        try:
            pasted = parse(text)
            if pasted.password:
                check_password(pasted.password)
        except InvalidInput as error:
            self.showing.refuse(field, error)
        else:
            self._fill(pasted)
            held, locked = self._password.secret is not None, self.model.locked
            note = presentation.recognised(pasted, held=held, locked=locked)
            self.showing.said.note(field, note)
        self.showing.clear("paste")
        self.showing.refresh()

    def _fill(self, pasted: Pasted) -> None:
        locked = set(self.model.locked)
        if pasted.host and "host" not in locked:
            self.model.host = pasted.host
        # a string that names a host leaves the port to PostgreSQL's default
        port = pasted.port or (DEFAULT_PORT if pasted.host else None)
        if port and "port" not in locked:
            self.model.port = port
        if pasted.password and "password" not in locked:
            self.set_password(pasted.password)
            self.showing.clear("password")  # what was typed is another one

    # --- Actions ----------------------------------------------------------------

    def start(
        self,
        action: Action,
        finished: Callable[[Outcome], None],
        api_key: Secret | None = None,
        *,
        ask: bool = False,
    ) -> Job | Outcome:
        """Start an action, join it if it runs already, or say why neither.

        Args:
            action: What to do.
            finished: Told the outcome, in a worker thread, unless it was joined; of
                a form that is not ready, in this one.
            api_key: Lamin's key, for "sign-in".
            ask: Ask once before values are registered that are known to be wrong.
        """
        running = self.runner.current
        if running is not None and running.action == action:
            return running
        refusal = self._refusal(action, ask=ask)
        if refusal is not None:
            finished(refusal)
            return refusal
        draft, password = self.draft, self._password.secret
        version = self._password.version
        # Diagnose does without Lamin, and so without a usable API URL.
        sends = action != "diagnose"
        client = self._clients.get(self.model.api_url) if sends else None

        def work(job: Job) -> Outcome:
            self._progress(job, ())
            outcome = engine.perform(
                action,
                draft,
                client=client,
                password=password,
                api_key=api_key,
                on_step=lambda steps: self._progress(job, steps),
                cancelled=job.cancelled,
            )
            if action == "register" and outcome.state == "success":
                self._registered.take_in(draft, version)
            return self._put_right(outcome, draft, version)

        def finish(outcome: Outcome) -> None:
            if not self.closed:
                self._conclude(outcome, draft, version)
            finished(outcome)

        self.showing.said.forget_all()  # something is tried anew
        mine = Job(action, work, finish, stop=client.cancel if client else None)
        job = self.runner.start(mine)
        if job.action != action:
            busy = InvalidInput(
                "busy", cause="busy", facts={"running": LABELS[job.action]}
            )
            refusal = explain(busy, action)
            finished(refusal)
            return refusal
        return job

    def cancel(self) -> None:
        """End the action that runs. It may have come through all the same."""
        self.runner.cancel()

    def _put_right(self, outcome: Outcome, draft: Draft, version: int) -> Outcome:
        given = basis("test", self._registered.as_given(draft), version)
        reachable = self._verdicts.is_reachable(given)
        return self._registered.put_right(outcome, draft, version, reachable=reachable)

    def _refusal(self, action: Action, *, ask: bool) -> Outcome | None:
        if self.closed:
            return explain(InvalidInput("closed", cause="closed"), action)
        draft = self.draft
        invalid = engine.invalid(draft, action)
        if invalid is None:  # an outcome that failed counts as false
            invalid = self._not_taken(action)
        if invalid is None and ask and action == "register":
            invalid = self._doubt(draft)
        if invalid is None:
            return None
        rests_on = basis(action, draft, self._password.version)
        if invalid.cause == "password_missing":
            if action == "register" and self._verdicts.is_registered(rests_on):
                # no need to type it to learn that
                taken = engine.name_taken(draft)
                invalid = self._put_right(taken, draft, self._password.version)
            elif self._password.gone == "to Lamin":
                again = "The form let go of it when Lamin had it. Type it again."
                invalid = dataclasses.replace(invalid, advice=again)
        self.showing.show(invalid, rests_on)
        if invalid.field:
            self.showing.point_to(invalid.field)
        return invalid

    def _not_taken(self, action: Action) -> Outcome | None:
        """Stop once where an entry was refused: the field has another value then."""
        for field in (*REQUIRED[action], "paste"):
            error = self.showing.said.refused(field)
            if error is not None:
                self.showing.said.forget(field)
                outcome = explain(error, action)
                advice = f"{outcome.advice} {_STILL}"
                return dataclasses.replace(outcome, advice=advice)
        return None

    def _doubt(self, draft: Draft) -> Outcome | None:
        """Ask, once for each set of values: what is registered cannot be changed."""
        here = basis("diagnose", draft, self._password.version)
        values = (*here, draft.api_server_name)
        doubt = engine.doubt(draft, self._verdicts.refused_by_server(here))
        if doubt is None or self._asked == values:
            return None
        self._asked = values
        return doubt

    def _progress(self, job: Job, steps: tuple[Step, ...]) -> None:
        job.progress = presentation.progress(job.action, steps)
        self._show_progress()

    def _show_progress(self) -> None:
        """Show what the action that runs has come to; after the last one, nothing.

        No lock, as in `Showing.refresh`: who was overtaken looks again.
        """
        shown = None
        while shown != self._progress_now():
            self.model.progress = shown = self._progress_now()

    def _progress_now(self) -> dict[str, Any]:
        job = self.runner.current
        return job.progress if job is not None else {}

    def _conclude(self, outcome: Outcome, draft: Draft, version: int) -> None:
        """Show an outcome and what follows from it. Runs in the worker thread."""
        # Lamin speaks of what it was given, Diagnose of what the form shows.
        diagnosed = outcome.action == "diagnose"
        known = draft if diagnosed else self._registered.as_given(draft)
        self._verdicts.learn(outcome, basis(outcome.action, known, version))
        registered = outcome.action == "register" and outcome.state == "success"
        if registered and self._password.hand_over(version):
            self.showing.clear("password")
        entries = [presentation.entry(outcome), *self.model.activity]
        self.model.activity = entries[:REMEMBERED]
        server = masked_url(*draft.address)
        server = server if diagnosed else self._registered.server(draft)
        report = presentation.report(outcome, draft, server)
        self.showing.show(outcome, basis(outcome.action, draft, version), report)
        self._show_progress()
        facts = self.model.facts
        stale = facts["lamin"]["stale"] or facts["here"]["stale"]
        if self._verdicts.firewall and not stale:
            self.showing.open("allow_list")
        if outcome.action == "sign-in":
            self.showing.clear("api_key")
        if outcome.field:
            self.showing.point_to(outcome.field)
        self.identity.learn(outcome)

    def close(self) -> None:
        """Drop every secret and end what runs."""
        if self.closed:
            return
        self.closed = True
        self.cancel()
        self._password.hold(None)
        self.model.has_password = False
        self.showing.clear(*SECRET)
        self._clients.close()
