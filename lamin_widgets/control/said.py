"""What is said at the fields: their own checks, and what has happened to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lamin_widgets.control import presentation
from lamin_widgets.core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Collection

    from lamin_widgets.core.outcome import Outcome
    from lamin_widgets.form.checks import Draft

__all__ = ["Said"]


class Said:
    """Keeps the notes that no field's value explains, until they are over."""

    def __init__(self) -> None:
        self._notes: dict[str, Any] = {}
        self._refused: dict[str, InvalidInput] = {}
        self._answered = False  # the field that the outcome blames has changed

    def note(self, field: str, note: dict[str, str]) -> None:
        """Say something at a field."""
        self._notes[field] = note
        self._refused.pop(field, None)

    def refuse(self, field: str, error: InvalidInput) -> None:
        """Say at a field why something that was entered cannot be used."""
        self.note(field, {"level": "error", "text": str(error)})
        facts = error.facts  # not the error itself, whose traceback has frames
        self._refused[field] = InvalidInput(
            "Not taken over.", cause=error.cause, field=field, facts=facts
        )

    def refused(self, field: str) -> InvalidInput | None:
        """Return why the last entry at a field was not taken over, if so."""
        return self._refused.get(field)

    def forget(self, field: str) -> None:
        """Take back what was said at a field."""
        self._notes.pop(field, None)
        self._refused.pop(field, None)

    def forget_pasted(self) -> None:
        """Take back what was said of a pasted string: the fields have changed."""
        for field in tuple(self._notes):
            if field != "password":
                self.forget(field)

    def forget_all(self) -> None:
        """Take back everything: something is tried anew."""
        self._notes.clear()
        self._refused.clear()

    def concluded(self) -> None:
        """Take note of a new outcome: the field that it blames is yet to change."""
        self._answered = False

    def changed(self, field: str, outcome: Outcome | None) -> None:
        """Take note that a field has changed: what was said of it is over."""
        if outcome is not None and outcome.field == field:
            self._answered = True
        self.forget(field)
        if field in {"host", "port"}:
            self.forget("paste")
            for other, note in tuple(self._notes.items()):
                if note["level"] != "error":
                    self.forget(other)

    def messages(
        self,
        draft: Draft,
        outcome: Outcome | None,
        *,
        gone: bool,
        locked: Collection[str],
    ) -> dict[str, Any]:
        """Return what is to be said now, by field.

        Args:
            draft: The form as it stands.
            outcome: The last one, unless it is out of date.
            gone: Whether the password was let go of. That it is missing is no fault
                then, and its note says where it went.
            locked: Fields that nobody can change, by a fix no more than by hand.
        """
        messages = presentation.messages(draft, dict(self._notes), locked)
        if gone:
            messages.pop("password", None)
        if outcome is not None and not self._answered:
            presentation.blame(messages, outcome)
        return messages
