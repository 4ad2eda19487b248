"""One row of the catalog of failures."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, TypeAlias

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
"""The part that answered. "name" to "postgresql" are on the path to the database."""

Place: TypeAlias = Literal["cell", "shell", "sql"]
"""The place to run a command: a notebook cell, a shell, or a PostgreSQL session."""

VantagePoint: TypeAlias = Literal["this machine", "Lamin"]
"""The machine from which a connection to the database failed."""

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
"""A next step that the form offers as a button."""

DATABASE_LAYERS: Final[frozenset[Layer]] = frozenset(
    {"name", "tcp", "tls", "postgresql"}
)
_OPTIONAL: Final = {
    **dict.fromkeys(("allow_advice", "closed", "find_out", "near", "no_effect"), ""),
    **dict.fromkeys(("reason", "reported", "seems"), ""),
    "again": "in a moment",
}
"""The default values of facts that some cases don't have."""


_CODE: Final = frozenset("'\"`$\\;&|<>(){}!*?~=%")
"""Characters with a special meaning in a shell, in a cell, or in Python."""


class _Facts(dict[str, str]):
    """Facts of a case. A missing fact becomes a placeholder such as ``<host>``."""

    def __missing__(self, key: str) -> str:
        return f"<{key}>"


class _Plain(_Facts):
    """Facts for a command, with placeholders for values that could run as code."""

    def __getitem__(self, name: str) -> str:
        value = super().__getitem__(name)
        is_plain = _CODE.isdisjoint(value) and value.isprintable()
        return value if is_plain else self.__missing__(name)


class Failure(NamedTuple):
    """A row of the catalog: a failure, or a warning about a connection that works.

    Texts contain placeholders such as ``{host}``. Before a text from a server is filled
    in, `lamin_widgets.core.redaction.safe_text` redacts it.

    Attributes:
        id: Stable id, for example ``"db_refused"``.
        title: The failure, in one sentence.
        advice: How to fix it, if this machine couldn't connect.
        advice_from_lamin: How to fix it, if Lamin couldn't connect. Default: `advice`.
        at: The name of the form field with the error, or None, and the message for the
            field in two or three words.
        commands: Commands to copy and run, by the place to run them.
        follow_ups: Next steps to offer as buttons, the recommended one first.
        transient: Whether waiting and trying again can help.
        may_have_taken_effect: Whether a request that changes something might have taken
            effect.
        undecided: Whether the state of the outcome is "unknown" instead of "failure".
        is_warning: Whether it's a warning.
        may_be_firewall: Whether a firewall that blocks only some addresses can be the
            reason.
        when: When the failure occurs, for the documentation. "" if the title shows it.
        layer: The part that answered. `in_layer` sets it.
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
    may_be_firewall: bool = False
    when: str = ""
    layer: Layer = "program"

    @property
    def field(self) -> str | None:
        """The name of the form field with the error, or None."""
        return self.at[0]

    @property
    def short(self) -> str:
        """The message for the field, in two or three words."""
        return self.at[1]

    @property
    def lamin_cannot_reach(self) -> bool:
        """Whether it warns of an address that Lamin likely can't reach."""
        return self.is_warning and self.layer == "name"

    @property
    def concerns_database(self) -> bool:
        """Whether the failure is on the path to the database, or in the database."""
        return self.layer in DATABASE_LAYERS

    def fill(
        self,
        facts: Mapping[str, str],
        seen_from: VantagePoint = "this machine",
        place: Place = "cell",
    ) -> tuple[str, str, str]:
        """Return the title, the advice, and the command for a case."""
        known = _Facts(_OPTIONAL | dict(facts))
        known.setdefault("next", known["find_out"] or f"Try again {known['again']}.")
        advice = self.advice
        if seen_from == "Lamin" and self.advice_from_lamin:
            advice = self.advice_from_lamin
        # All readers run SQL in the same place. Other commands change this machine, so
        # they can't fix a failure that Lamin reports.
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
    """Return rows with the same layer, as warnings if `is_warning` is true."""
    return tuple(row._replace(layer=layer, is_warning=is_warning) for row in rows)


def program(command: str) -> dict[Place, str]:
    """Return a command that runs a program, for a cell and a shell."""
    return {"cell": f"!{command}", "shell": command}


def setting(variable: str) -> dict[Place, str]:
    """Return a command that sets an environment variable, for a cell and a shell."""
    return {"cell": f"%env {variable}", "shell": f"export {variable}"}
