"""The catalog of failures, with the title, advice, and commands for each.

`Outcome.cause` is an id of this catalog. The rows are in three modules: `input`, `api`
(with the account), and `database`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from lamin_widgets.core.failures.api import ApiCause
    from lamin_widgets.core.failures.database import DatabaseCause
    from lamin_widgets.core.failures.failure import Failure
    from lamin_widgets.core.failures.input import InputCause

    CauseId: TypeAlias = InputCause | ApiCause | DatabaseCause


class _Catalog(Mapping[str, "Failure"]):
    """The rows by id. They're imported at the first failure, to save time."""

    @cached_property
    def _rows(self) -> dict[str, Failure]:
        from lamin_widgets.core.failures.api import API
        from lamin_widgets.core.failures.database import DATABASE
        from lamin_widgets.core.failures.input import INPUT

        return {row.id: row for row in (*INPUT, *API, *DATABASE)}

    def __getitem__(self, cause: str) -> Failure:
        return self._rows[cause]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


CATALOG: Final = _Catalog()
"""Every failure by its id."""
