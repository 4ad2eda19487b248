"""The catalogue of failures: what each is called, what it means, what to do.

`Outcome.cause` is an id of this catalogue. The texts hold placeholders such as
``{host}``, which are filled with the facts of the case. They never hold text from
outside: that is redacted and kept apart, under Details.
"""

from __future__ import annotations

from typing import Final

from lamin_widgets.core.failures.api import API
from lamin_widgets.core.failures.cause import Cause
from lamin_widgets.core.failures.database import DATABASE
from lamin_widgets.core.failures.form import FORM

__all__ = ["CAUSES", "Cause", "find"]

_UNEXPECTED: Final = Cause(
    "unexpected",
    "{doing} failed in a way this form does not know.",
    "The Details say what was tried and what came back. If it stays like this, send "
    "them to Lamin's support. {find_out}",
    when="Everything that fits no row of this catalogue.",
)

CAUSES: Final[dict[str, Cause]] = {
    cause.id: cause for cause in (*FORM, *API, *DATABASE, _UNEXPECTED)
}


def find(cause_id: str) -> Cause:
    """Return the catalogue's row, or the one for the unexpected."""
    return CAUSES.get(cause_id, _UNEXPECTED)
