"""One row of the catalog of failures."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Layer: TypeAlias = Literal[
    "input",
    "account",
    "proxy",
    "api-host",
    "api",
    "name",
    "tcp",
    "tls",
    "postgresql",
    "program",
]
"""Which part answered. From "name" to "postgresql", the database is concerned."""

Place: TypeAlias = Literal["cell", "shell", "sql"]
"""Where a command runs: a notebook cell, a shell, or a PostgreSQL session."""

VantagePoint: TypeAlias = Literal["this machine", "Lamin"]
"""Where a failure of the database was seen."""

FollowUp: TypeAlias = Literal[
    "allow-list",
    "change-host",
    "change-name",
    "change-password",
    "change-port",
    "change-region",
    "diagnose",
    "register",
    "sign-in",
    "test",
    "use-default-port",
    "use-region-api",
]
"""Something that the form can do for the user; it becomes a button."""

DATABASE_LAYERS: Final[frozenset[Layer]] = frozenset(
    {"name", "tcp", "tls", "postgresql"}
)
_OPTIONAL: Final = {
    **dict.fromkeys(("find_out", "hint", "near", "seems", "too"), ""),
    **dict.fromkeys(("allow_advice", "reason", "reported", "sent"), ""),
    "again": "in a moment",
}
"""Facts that a case may do without."""


_CODE: Final = frozenset("'\"`$\\;&|<>(){}!*?~=%")
"""Characters that mean something in a shell, in a cell, or in Python."""


class _Facts(dict[str, str]):
    """Facts of a case. A missing one shows as a placeholder."""

    def __missing__(self, key: str) -> str:
        return f"<{key}>"


class _Plain(_Facts):
    """Facts for a command, without those that a shell or Python could run as code."""

    def __getitem__(self, name: str) -> str:
        value = super().__getitem__(name)
        is_plain = _CODE.isdisjoint(value) and value.isprintable()
        return value if is_plain else self.__missing__(name)


class Failure(NamedTuple):
    """A failure, or a warning, that has a name.

    Texts hold placeholders such as ``{host}``. Every value that comes from outside has
    passed `lamin_widgets.core.redaction.safe_text` before it is filled in.

    Attributes:
        id: Stable id, for example ``"db_refused"``.
        title: What failed, in one sentence.
        advice: What to do, as seen from this machine.
        advice_from_lamin: What to do if Lamin saw the failure. Default: `advice`.
        at: The form field concerned, or None, and two or three words to show under it
            while a step shows the title.
        commands: Something to copy and run, by the place where it runs.
        follow_ups: What the form offers as buttons, the recommended one first.
        transient: Whether waiting and trying again can help.
        may_have_taken_effect: Whether a request that changes something may have taken
            effect.
        undecided: Whether the outcome is "unknown" and not "failure".
        is_warning: Whether the row describes a warning of a connection that works.
        this_machine_only: Whether the reason is this machine's address or settings, so
            that Lamin may still be able to connect.
        when: When it happens, for the documentation, if the title doesn't say it.
        layer: Which part answered. `in_layer` sets it.
    """

    id: str
    title: str
    advice: str
    advice_from_lamin: str = ""
    at: tuple[str | None, str] = (None, "")
    commands: Mapping[Place, str] = MappingProxyType({})
    follow_ups: tuple[FollowUp, ...] = ()
    transient: bool = False
    may_have_taken_effect: bool = False
    undecided: bool = False
    is_warning: bool = False
    this_machine_only: bool = False
    when: str = ""
    layer: Layer = "program"

    @property
    def field(self) -> str | None:
        """The form field concerned, or None."""
        return self.at[0]

    @property
    def short(self) -> str:
        """Two or three words under the field."""
        return self.at[1]

    @property
    def lamin_cannot_reach(self) -> bool:
        """Whether it's a warning about an address that Lamin likely can't reach."""
        return self.is_warning and self.layer == "name"

    @property
    def concerns_database(self) -> bool:
        """Whether it concerns the PostgreSQL server or the path to it."""
        return self.layer in DATABASE_LAYERS

    def fill(
        self,
        facts: Mapping[str, str],
        seen_from: VantagePoint = "this machine",
        place: Place = "cell",
    ) -> tuple[str, str, str]:
        """Return the title, the advice, and the command for a case.

        Args:
            facts: Values for the placeholders.
            seen_from: Where the failure was seen.
            place: Where the reader can run a command.
        """
        known = _Facts(_OPTIONAL | dict(facts))
        known.setdefault("next", known["find_out"] or f"Try again {known['again']}.")
        advice = self.advice
        if seen_from == "Lamin" and self.advice_from_lamin:
            advice = self.advice_from_lamin
        # SQL runs in the same place for every reader. Environment variables of this
        # machine have no influence on Lamin.
        command = self.commands.get("sql", "").format_map(known)
        if not command and seen_from == "this machine":
            command = self.commands.get(place, "").format_map(_Plain(known))
        return (
            self.title.format_map(known),
            " ".join(advice.format_map(known).split()),
            command,
        )


def in_layer(
    layer: Layer,
    *rows: Failure,
    is_warning: bool = False,
) -> tuple[Failure, ...]:
    """Return rows with the columns that they share."""
    return tuple(row._replace(layer=layer, is_warning=is_warning) for row in rows)


def program(command: str) -> dict[Place, str]:
    """Return the call of a program, for each place."""
    return {"cell": f"!{command}", "shell": command}


def setting(variable: str) -> dict[Place, str]:
    """Return a change of an environment variable, for each place."""
    return {"cell": f"%env {variable}", "shell": f"export {variable}"}
