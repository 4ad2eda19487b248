"""Conclusions about the server, derived from the history of observations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from lamin_widgets.core.failures import CATALOGUE, Failure

if TYPE_CHECKING:
    from lamin_widgets.core.failures import CauseId
    from lamin_widgets.core.outcome import Action, Outcome
    from lamin_widgets.session.state import Basis, Observation, State

__all__ = ["Fact", "Knowledge", "Known", "facts_for_python", "know"]

Known: TypeAlias = Literal["yes", "no", "unknown", "not checked"]


class Fact(NamedTuple):
    """One thing that is known or not.

    Attributes:
        state: "yes", "no", "unknown", or "not checked".
        cause: Why it isn't "yes", or None.
        at: Position in the history of the observation that shows it, or -1.
        stale: Whether it rests on other values than the form has now.
        turned: Whether the same values had the opposite answer before.
        warned: Whether it is "yes" with warnings.
        lamin_cannot_reach: Whether a warning means that Lamin likely can't connect.
    """

    state: Known = "not checked"
    cause: CauseId | None = None
    at: int = -1
    stale: bool = False
    turned: bool = False
    warned: bool = False
    lamin_cannot_reach: bool = False

    @property
    def now(self) -> Known:
        """The state for the values that the form has now."""
        return "not checked" if self.stale else self.state

    @property
    def row(self) -> Failure | None:
        """The row of the catalog for its cause, or None."""
        return CATALOGUE[self.cause] if self.cause else None


class Knowledge(NamedTuple):
    """The facts, and the observations that the steps show.

    Attributes:
        `here`: Whether this machine can connect with the values of the form.
        registered: Whether Lamin has a server of this name.
        lamin: Whether Lamin can connect to the server of this name.
        given: The values that this form registered under this name, or None.
        newest: The newest observation for each step, about the same server.
    """

    here: Fact
    registered: Fact
    lamin: Fact
    given: Basis | None
    newest: dict[Action, Observation]

    @property
    def here_is_newer(self) -> bool:
        """Whether this machine checked after Lamin did."""
        return self.here.at > self.lamin.at

    @property
    def is_firewall(self) -> bool:
        """Whether a firewall that blocks only Lamin explains what was seen."""
        row = self.lamin.row
        blocked = row is not None and (row.layer == "tcp" or row.this_machine_only)
        apart = self.here.now == "yes" and self.lamin.state == "no"
        return apart and blocked and not (self.lamin.turned or self.here.turned)


def know(state: State) -> Knowledge:
    """Derive the conclusions from the history."""
    now = state.basis
    here, registered, lamin = Fact(), Fact(), Fact()
    given: Basis | None = None
    newest: dict[Action, Observation] = {}
    for at, observation in enumerate(state.history):
        outcome, basis = observation.outcome, observation.basis
        if outcome.action == "diagnose":
            newest["diagnose"] = observation
            here = _after_diagnose(here, outcome, at, basis, now)
            continue
        if basis.server != now.server:
            continue
        if _is_settled(outcome, state):
            continue
        newest[outcome.action] = observation
        if outcome.action == "register":
            registered = _after_register(registered, outcome, at)
            if outcome.state == "success":
                given, lamin = basis, Fact()
        elif outcome.action == "test":
            registered, lamin = _after_test(registered, lamin, outcome, at)
    if given is not None:
        differs = given.registration != now.registration
        registered = registered._replace(stale=differs)
        lamin = lamin._replace(stale=differs and lamin.state != "not checked")
    return Knowledge(here, registered, lamin, given, newest)


def _is_settled(outcome: Outcome, state: State) -> bool:
    """Return whether a failure of the account is out of date after a sign-in."""
    row = CATALOGUE[outcome.cause] if outcome.cause else None
    signed_in = state.account.state == "signed-in"
    return row is not None and row.layer == "account" and signed_in


def _after_diagnose(
    before: Fact, outcome: Outcome, at: int, basis: Basis, now: Basis
) -> Fact:
    stale = basis.login != now.login
    known = _connected(outcome)
    if known is None:
        return before
    # Only the same values show a change.
    turned = before.state not in {known, "not checked"} and before.stale == stale
    again = before.turned and before.state == known and before.stale == stale
    return Fact(
        known,
        outcome.cause,
        at,
        stale=stale,
        turned=turned or again,
        warned=bool(outcome.warnings),
        lamin_cannot_reach=any(
            CATALOGUE[each.cause].lamin_cannot_reach for each in outcome.warnings
        ),
    )


def _after_register(before: Fact, outcome: Outcome, at: int) -> Fact:
    if outcome.state == "success":
        return Fact("yes", None, at)
    if before.state == "yes":
        return before  # a second attempt that fails doesn't undo the first
    if outcome.cause == "name_taken":
        return Fact("yes", outcome.cause, at)
    if outcome.state == "unknown":
        return Fact("unknown", outcome.cause, at)
    # Without a reply from Lamin, nothing was learned.
    return before if outcome.http_status is None else Fact("no", outcome.cause, at)


def _after_test(
    registered: Fact, lamin: Fact, outcome: Outcome, at: int
) -> tuple[Fact, Fact]:
    if outcome.cause == "not_registered":
        return Fact("no", outcome.cause, at), Fact()
    known = _connected(outcome)
    if known is not None:
        turned = lamin.state in {"yes", "no"} and lamin.state != known
        again = lamin.turned and lamin.state == known
        if registered.state != "yes" or registered.cause is not None:
            registered = Fact("yes", None, at)
        fact = Fact(known, outcome.cause, at, turned=turned or again)
        return registered, fact
    if outcome.state == "unknown":
        return registered, Fact("unknown", outcome.cause, at)
    return registered, lamin


def _connected(outcome: Outcome) -> Known | None:
    """Return whether a connection was possible, or None if nothing was learned."""
    if outcome.state == "success":
        return "yes"
    row = CATALOGUE[outcome.cause] if outcome.cause else None
    return "no" if row is not None and row.concerns_database else None


def facts_for_python(known: Knowledge, primary: str) -> dict[str, Any]:
    """Return what is known as plain values, for the `facts` trait.

    Args:
        known: What is known.
        primary: What is recommended next.
    """
    facts = {
        "registered": known.registered,
        "lamin": known.lamin,
        "here": known.here,
    }
    plain: dict[str, Any] = {
        name: {"state": fact.state, "cause": fact.cause, "stale": fact.stale}
        for name, fact in facts.items()
    }
    return plain | {"next": primary}
