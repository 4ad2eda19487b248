"""Conclusions about the server, derived from the history of observations."""

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from lamin_widgets.core.failures import CATALOG
from lamin_widgets.session.state import Basis, Observation, State

if TYPE_CHECKING:
    from lamin_widgets.core.failures import CauseId
    from lamin_widgets.core.outcome import Outcome

Answer: TypeAlias = Literal["yes", "no", "unknown", "not checked"]


class Fact(NamedTuple):
    """The answer to one question about the server.

    Attributes:
        state: "yes", "no", "unknown", or "not checked".
        cause: The reason why it isn't "yes", or None.
        at: Index in the history of the observation with this answer, or -1.
        stale: Whether the values of the form have changed since.
        turned: Whether the same values had the opposite answer before.
    """

    state: Answer = "not checked"
    cause: "CauseId | None" = None
    at: int = -1
    stale: bool = False
    turned: bool = False


class Knowledge(NamedTuple):
    """The conclusions about the server, and the observations that the steps show.

    Attributes:
        `here`: Whether this machine can connect to the server.
        here_now: The state of `here`, or "not checked" if `here` is stale.
        registered: Whether Lamin has a server of this name.
        lamin: Whether Lamin can connect to the server of this name.
        is_saved: Whether this form registered the values that it has now.
        unreachable: Whether Lamin likely can't reach the host.
        signed_out: Whether no user is signed in to Lamin.
        has_warnings: Whether the newest proof that this machine can connect has
            warnings.
        newest: The newest observation for each step. That of a diagnosis can be about
            another host, see `here`.
    """

    here: Fact
    here_now: Answer
    registered: Fact
    lamin: Fact
    is_saved: bool
    unreachable: bool
    signed_out: bool
    has_warnings: bool
    newest: dict[str, Observation]

    @property
    def here_is_newer(self) -> bool:
        """Whether this machine's newest check is newer than Lamin's."""
        return self.here.at > self.lamin.at

    @property
    def is_firewall(self) -> bool:
        """Whether the likely cause is a firewall that blocks only Lamin."""
        row = CATALOG.get(self.lamin.cause or "")
        blocked = row is not None and row.may_be_firewall
        apart = self.here_now == "yes" and self.lamin.state == "no"
        return apart and blocked and not (self.lamin.turned or self.here.turned)


def know(state: State) -> Knowledge:
    """Return the conclusions from the history of a state."""
    now = state.basis
    here, registered, lamin = Fact(), Fact(), Fact()
    given: Basis | None = None
    newest: dict[str, Observation] = {}
    for at, observation in enumerate(state.history):
        outcome, basis = observation
        if outcome.action == "diagnose":
            here = _after_check(here, outcome, at, stale=basis.login != now.login)
        elif basis.server != now.server or _is_settled(outcome, state):
            continue
        elif outcome.action == "register":
            registered = _after_register(registered, outcome, is_own=given is not None)
            if outcome.state == "success":
                given, lamin = basis, Fact()
        elif outcome.action == "test":
            if outcome.cause == "not_registered":
                registered, lamin, given = Fact("no", outcome.cause), Fact(), None
            elif _connects(outcome) and registered.cause != "name_taken":
                registered = Fact("yes")
            lamin = _after_check(lamin, outcome, at)
        newest[outcome.action] = observation
    if given is not None:
        differs = given.registration != now.registration
        registered = registered._replace(stale=differs)
        lamin = lamin._replace(stale=differs and lamin.state != "not checked")
    here_now: Answer = "not checked" if here.stale else here.state
    warnings = state.history[here.at].outcome.warnings if here_now == "yes" else ()
    parsed = state.draft.parsed
    return Knowledge(
        here,
        here_now,
        registered,
        lamin,
        is_saved=given is not None and not registered.stale,
        # An on-premises API might reach a private host. A sandbox's API reaches only
        # this machine.
        unreachable=bool(parsed.unreachable)
        or (
            parsed.in_cloud
            and any(CATALOG[each.cause].lamin_cannot_reach for each in warnings)
        ),
        signed_out=state.account.state == "signed-out",
        has_warnings=bool(warnings),
        newest=newest,
    )


def _is_settled(outcome: "Outcome", state: State) -> bool:
    """Return whether the outcome is a failed sign-in, and the user has signed in."""
    row = CATALOG.get(outcome.cause or "")
    signed_in = state.account.state == "signed-in"
    return row is not None and row.layer == "account" and signed_in


def _connects(outcome: "Outcome") -> Answer | None:
    """Return whether a connection was possible, or None if the outcome doesn't tell."""
    if outcome.state == "success":
        return "yes"
    row = CATALOG.get(outcome.cause or "")
    return "no" if row is not None and row.concerns_database else None


def _after_check(
    before: Fact, outcome: "Outcome", at: int, *, stale: bool = False
) -> Fact:
    """Return the fact after another check."""
    known = _connects(outcome)
    if known is None:
        unclear = outcome.action == "test" and outcome.state == "unknown"
        return Fact("unknown", outcome.cause, at) if unclear else before
    # Only checks with the same values show that an answer has turned.
    opposite = before.state in {"yes", "no"} and before.state != known
    turned = before.stale == stale and (
        opposite or (before.turned and before.state == known)
    )
    return Fact(known, outcome.cause, at, stale=stale, turned=turned)


def _after_register(before: Fact, outcome: "Outcome", *, is_own: bool) -> Fact:
    """Return the fact after a registration.

    Args:
        before: The fact before.
        outcome: The outcome of the registration.
        is_own: Whether this form has registered the server before.
    """
    if outcome.state == "success":
        return Fact("yes")
    if outcome.cause == "name_taken" and not is_own:
        return Fact("yes", outcome.cause)
    if before.state == "yes":
        return before  # A failed second registration doesn't undo the first.
    if outcome.state == "unknown":
        return Fact("unknown", outcome.cause)
    # Without a reply from Lamin, the fact doesn't change.
    return before if outcome.http_status is None else Fact("no", outcome.cause)


def facts_for_python(known: Knowledge, primary: str) -> dict[str, Any]:
    """Return the conclusions as plain values, for the `facts` trait."""
    facts: dict[str, Any] = {"next": primary}
    for name in ("registered", "lamin", "here"):
        fact: Fact = getattr(known, name)
        facts[name] = {"state": fact.state, "cause": fact.cause, "stale": fact.stale}
    return facts
