"""What the page is told: what follows from the fields, and from what was done."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from lamin_widgets.control import conclusions, presentation
from lamin_widgets.control.said import Said
from lamin_widgets.control.verdicts import basis
from lamin_widgets.form.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from lamin_widgets.control.model import Model
    from lamin_widgets.control.password import Password
    from lamin_widgets.control.verdicts import Verdicts
    from lamin_widgets.control.wire import ToView
    from lamin_widgets.core.errors import InvalidInput
    from lamin_widgets.core.outcome import Outcome
    from lamin_widgets.form.checks import Draft

__all__ = ["Showing"]


class Showing:
    """Writes into the model all that is shown and not typed.

    Args:
        model: Where it writes.
        tell: Sends a message to every view.
        draft: Returns the form as it stands.
        password: The password of the form.
        verdicts: What is known of the server.

    Attributes:
        said: What is said at the fields.
    """

    def __init__(
        self,
        model: Model,
        tell: Callable[[ToView], None],
        draft: Callable[[], Draft],
        password: Password,
        verdicts: Verdicts,
    ) -> None:
        self._model = model
        self._tell = tell
        self._draft = draft
        self._password = password
        self._verdicts = verdicts
        self._rests_on: tuple[object, ...] = ()
        self._report = ""
        self._turns = itertools.count()
        self._newest = -1
        self.said = Said()

    def show(
        self, outcome: Outcome, rests_on: tuple[object, ...], report: str = ""
    ) -> None:
        """Show what an action came to.

        Args:
            outcome: What it came to.
            rests_on: The values that it rests on, from `basis`.
            report: Text on it for the database's owner.
        """
        self._rests_on, self._report = rests_on, report
        self.said.concluded()
        self._model.outcome = outcome
        self.refresh()

    @property
    def stale(self) -> bool:
        """Whether a field that the outcome rests on has changed since."""
        outcome = self._model.outcome
        if outcome is None:
            return False
        now = basis(outcome.action, self._draft(), self._password.version)
        return now != self._rests_on

    def changed(self, field: str) -> None:
        """Take note that a field has changed: what was said of it is over."""
        self.said.changed(field, self._model.outcome)
        self.refresh()

    def refresh(self) -> None:
        """Work out everything that follows from the fields anew.

        A person types while a worker thread concludes. Who finds that the other has
        begun since does it again, so that what is written last is not the older. No
        lock: people's own observers are called from here, and may wait for an action.
        """
        self._newest = next(self._turns)
        seen = None
        while seen != self._newest:
            seen = self._newest
            self._work_out()

    def _work_out(self) -> None:
        draft, model, stale = self._draft(), self._model, self.stale
        model.has_password = draft.has_password
        model.messages = self.said.messages(
            draft,
            None if stale else model.outcome,
            gone=bool(self._password.gone),
            locked=model.locked,
        )
        if model.outcome is not None:
            model.result = presentation.result(
                model.outcome, stale=stale, report=self._report
            )
        model.facts = conclusions.to_dict(self._verdicts, draft, self._password.version)
        model.next_step = model.facts["lamin"]["state"] == "yes"
        registered = model.facts["registered"]["state"] == "yes"
        note = self._password.note(registered=registered)
        model.hints = presentation.hints(draft, note)
        model.texts = presentation.texts(draft, model.panels, registered=registered)
        model.allow_list_note = presentation.allow_list_note(draft)

    def refuse(self, field: str, error: InvalidInput) -> None:
        """Say at a field why what was entered cannot be used."""
        self.said.refuse(field, error)
        self.point_to(field)
        self.refresh()

    def point_to(self, field: str) -> None:
        """Lead the person to a field."""
        if panel := FIELDS[field].panel:
            self.open(panel)
        self._tell({"kind": "focus", "field": field})

    def open(self, panel: str) -> None:
        """Open a disclosure."""
        if panel not in self._model.panels:
            self._model.panels = [*self._model.panels, panel]

    def clear(self, *fields: str) -> None:
        """Empty secret inputs in every view."""
        self._tell({"kind": "clear-secrets", "fields": [*fields]})
