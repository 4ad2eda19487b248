"""One row of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Cause"]


_DEFAULTS: Final = {
    **dict.fromkeys(("find_out", "near", "seems", "too"), ""),
    "again": "in a moment",
    "init": "--help",
}
"""Facts that a case may do without."""


class _Facts(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return f"<{key}>"


@dataclass(frozen=True, slots=True)
class Cause:
    """A failure that is known by name.

    Attributes:
        id: Stable id, for example ``"db_refused"``.
        title: One sentence: what is wrong.
        advice: What to do about it.
        field: The form field it concerns, or None.
        command: Something to copy and run, or an empty string.
        when: How it comes about, for the documentation.
    """

    id: str
    title: str
    advice: str
    field: str | None = None
    command: str = ""
    when: str = ""

    def fill(self, facts: Mapping[str, str]) -> tuple[str, str, str]:
        """Return title, advice and command with the facts of the case."""
        known = _Facts(_DEFAULTS | dict(facts))
        return (
            self.title.format_map(known),
            self.advice.format_map(known).strip(),
            self.command.format_map(known),
        )
