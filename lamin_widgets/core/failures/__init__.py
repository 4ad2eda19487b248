"""The catalog of failures, with the title, advice, and commands for each.

`Outcome.cause` is an id of this catalog. The rows are in three modules: `input`, `api`
(with the account), and `database`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from lamin_widgets.core.failures.api import API, ApiCause
from lamin_widgets.core.failures.database import DATABASE, DatabaseCause
from lamin_widgets.core.failures.failure import (
    Failure,
    FollowUp,
    Layer,
    Place,
    VantagePoint,
)
from lamin_widgets.core.failures.input import INPUT, InputCause

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CATALOG",
    "CauseId",
    "Failure",
    "FollowUp",
    "Layer",
    "Place",
    "VantagePoint",
]

CauseId: TypeAlias = InputCause | ApiCause | DatabaseCause | Literal["unexpected"]

UNEXPECTED: Final = Failure(
    "unexpected",
    "{doing} failed because of a bug in lamin_widgets.",
    "{next} If the problem remains, report it with the text under Details. Secrets are "
    "removed from that text.",
    may_have_taken_effect=True,
    when="lamin_widgets has a bug. No server, proxy, or API causes it.",
)

CATALOG: Final[Mapping[str, Failure]] = {
    failure.id: failure for failure in (*INPUT, *API, *DATABASE, UNEXPECTED)
}
"""Every failure by its id."""
