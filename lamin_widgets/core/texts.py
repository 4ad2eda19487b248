"""Parts of sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def join_names(names: Sequence[str]) -> str:
    """Return names as in a sentence, for example "host, port, and password"."""
    if len(names) <= 2:  # noqa: PLR2004  # no comma between two
        return " and ".join(names)
    return f"{', '.join(names[:-1])}, and {names[-1]}"
