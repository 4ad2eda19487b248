"""What is known of the server: three separate facts, each with what it rests on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

from lamin_widgets.core.failures.database import DATABASE

if TYPE_CHECKING:
    from lamin_widgets.core.outcome import Outcome
    from lamin_widgets.form.checks import Draft

__all__ = ["FROM_HERE", "NOT_THERE", "Verdicts", "basis"]

Known = Literal["not checked", "yes", "no", "unknown"]
_DATABASE: Final = frozenset(cause.id for cause in DATABASE)
_WAY: Final = frozenset({"check_failed", "db_refused", "db_unreachable"})
_PASSING: Final = frozenset({"too_many_connections", "starting_up"})
FROM_HERE: Final = frozenset(
    {"db_not_allowed", "db_certificate", "db_tls_required", "db_tls_unsupported"}
)
"""Refused for this machine's address, or its settings for TLS."""
NOT_THERE: Final = _WAY | {"db_name_unknown", "db_no_answer", "db_not_postgres"}
"""No PostgreSQL was met."""


def basis(action: str, draft: Draft, password_version: int) -> tuple[object, ...]:
    """Return the values that the result of `action` rests on.

    Args:
        action: The action.
        draft: The form.
        password_version: Counts the passwords that were entered.
    """
    if action == "diagnose":
        return (*draft.address, password_version)
    if action == "sign-in":
        return (draft.api_url,)
    registered = (
        draft.name.strip(),
        draft.api_url,
        *draft.address,
        draft.api_server_name,
    )
    if action == "create-instance":
        return (*registered, draft.instance_name, draft.storage, draft.schema_str)
    return (*registered, draft.organization_id)


@dataclass(slots=True)
class Fact:
    """One thing that is known, or not, and the values it rests on."""

    state: Known = "not checked"
    text: str = ""
    cause: str | None = None
    rests_on: tuple[object, ...] = ()

    def of(self, now: tuple[object, ...]) -> Fact:
        """Return it for the server that the form names: of another, none is known."""
        return self if self.rests_on[:2] == now[:2] else Fact()

    def turned(self, before: Fact, *, again: bool) -> bool:
        """Whether the same values had the other answer before, or `again` this one."""
        if before.rests_on != self.rests_on or before.state not in {"yes", "no"}:
            return False
        return again or before.state != self.state

    def is_stale(self, now: tuple[object, ...]) -> bool:
        """Whether it rests on other values than the form has now."""
        return self.state != "not checked" and self.rests_on != now


@dataclass(slots=True)
class Verdicts:
    """Registered, reachable from Lamin, reachable from here."""

    registered: Fact = field(default_factory=Fact)
    lamin: Fact = field(default_factory=Fact)
    here: Fact = field(default_factory=Fact)
    here_is_newer: bool = False
    """Whether Diagnose looked after Lamin did."""
    has_turned: bool = False
    """Whether who looked last saw the same server otherwise before."""

    def learn(self, outcome: Outcome, rests_on: tuple[object, ...]) -> None:
        """Take in what an outcome shows; where it shows nothing, nothing changes."""
        if outcome.action == "register":
            self._learn_registered(outcome, rests_on)
        elif outcome.action == "test":
            self._learn_lamin(outcome, rests_on)
        elif outcome.action == "diagnose":
            self._learn_here(outcome, rests_on)

    def _learn_here(self, outcome: Outcome, on: tuple[object, ...]) -> None:
        if outcome.state != "success" and outcome.cause not in _DATABASE:
            return
        state: Known = "yes" if outcome.state == "success" else "no"
        warned = any(step.state == "warning" for step in outcome.steps)
        cause = outcome.cause or ("warned" if warned else None)
        now = Fact(state, outcome.title, cause, on)
        again = self.has_turned and self.here_is_newer
        self.has_turned = now.turned(self.here, again=again)
        self.here, self.here_is_newer = now, True

    def _learn_registered(self, outcome: Outcome, on: tuple[object, ...]) -> None:
        if outcome.state == "success":
            self.registered = Fact("yes", "Lamin has the server.", None, on)
            self.lamin = Fact()
        elif outcome.cause == "name_taken" and not self.is_registered(on):
            there = "Lamin has one of this name: yours, or somebody else's."
            self.registered = Fact("yes", there, outcome.cause, on)
        elif outcome.state == "unknown":
            self.registered = Fact("unknown", "No clear answer.", outcome.cause, on)
        elif outcome.http_status is not None and not self.is_registered(on):
            self.registered = Fact("no", outcome.title, outcome.cause, on)

    def is_registered(self, on: tuple[object, ...]) -> bool:
        """Whether that was shown before: to be refused now does not undo it."""
        return self.registered.state == "yes" and self.registered.rests_on == on

    def is_reachable(self, on: tuple[object, ...]) -> bool:
        """Whether it was shown that Lamin can connect."""
        return self.lamin.state == "yes" and self.lamin.rests_on == on

    def refused_by_server(self, on: tuple[object, ...]) -> str:
        """Return the cause for which the server itself refused these values, or ""."""
        known = self.here.state == "no" and self.here.rests_on == on
        cause = self.here.cause or ""
        passing = NOT_THERE | FROM_HERE | _PASSING
        return cause if known and cause not in passing else ""

    def _learn_lamin(self, outcome: Outcome, on: tuple[object, ...]) -> None:
        refused = outcome.cause in _DATABASE or outcome.cause == "check_failed"
        if outcome.cause == "not_registered":
            self.registered = Fact("no", outcome.title, outcome.cause, on)
            self.lamin = Fact()
        elif outcome.state == "unknown":
            self.lamin = Fact("unknown", "No clear answer.", outcome.cause, on)
        elif outcome.state == "success" or refused:
            self.registered = Fact("yes", "Lamin has the server.", None, on)
            state: Known = "no" if refused else "yes"
            now = Fact(state, outcome.title, outcome.cause, on)
            again = self.has_turned and not self.here_is_newer
            self.has_turned = now.turned(self.lamin, again=again)
            self.lamin, self.here_is_newer = now, False

    def of(self, server: tuple[object, ...]) -> Verdicts:
        """Return what is known of the server that the form names."""
        return replace(
            self, registered=self.registered.of(server), lamin=self.lamin.of(server)
        )

    @property
    def firewall(self) -> bool:
        """Whether the server answers here and not for Lamin."""
        way = self.lamin.cause in _WAY | {"db_not_allowed"}
        apart = self.here.state == "yes" and self.lamin.state == "no"
        return apart and way and not self.has_turned
