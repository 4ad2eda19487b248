"""Guidance: which step comes next, and why.

One table, `RULES`. The first rule that applies decides which button is the primary one,
and which sentence stands in which step. So the button is always what the text
recommends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from lamin_widgets.core.failures import CATALOGUE
from lamin_widgets.session.doubts import is_unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from lamin_widgets.core.failures import FollowUp
    from lamin_widgets.session.knowledge import Knowledge
    from lamin_widgets.session.state import State

__all__ = ["RULES", "Guidance", "Rule", "guide"]

StepId: TypeAlias = Literal["diagnose", "register", "test"]


class Guidance(NamedTuple):
    """The recommended next step.

    Attributes:
        primary: The step, or the follow-up, that is recommended; "" if there is none.
        step: The step that the recommendation stands in.
        text: The sentence in that step. "" keeps the sentence of its outcome.
    """

    primary: FollowUp | Literal["create-instance", ""] = ""
    step: StepId = "diagnose"
    text: str = ""


class Rule(NamedTuple):
    """A row of the table.

    Attributes:
        name: The situation, for tests and readers.
        applies: Whether the situation applies.
        guidance: The recommended next step.
    """

    name: str
    applies: Callable[[Knowledge, State], bool]
    guidance: Guidance


def _both_rejected(known: Knowledge, _: State) -> bool:
    rejected = "password_rejected"
    return known.here.now == "no" and known.here.cause == known.lamin.cause == rejected


RULES: Final = (
    # Lamin uses what was registered, whatever the form shows now.
    Rule(
        "the form differs from what was registered",
        lambda known, _: known.registered.stale,
        Guidance(
            "change-name",
            "register",
            "Lamin still uses the registered values. To use the values in the form, "
            "register the server under a new name.",
        ),
    ),
    # Lamin can connect.
    Rule(
        "Lamin could connect, and this machine can't connect since",
        lambda known, _: (
            known.lamin.state == "yes"
            and known.here.now == "no"
            and known.here.cause != "password_rejected"
            and known.here_is_newer
        ),
        Guidance(
            "test",
            "test",
            "Lamin could connect earlier, but this machine can't connect now. Test "
            "again to see whether Lamin still can.",
        ),
    ),
    Rule(
        "Lamin can connect, with another password than the one in the form",
        lambda known, _: (
            known.lamin.state == "yes"
            and known.here.now == "no"
            and known.here.cause == "password_rejected"
        ),
        Guidance(
            "create-instance",
            "test",
            "Lamin can connect with the registered password. The password that you "
            "diagnosed with is different or mistyped.",
        ),
    ),
    Rule(
        "only Lamin can connect",
        lambda known, _: known.lamin.state == "yes" and known.here.now == "no",
        Guidance(
            "create-instance",
            "test",
            "Lamin can connect, but this machine can't. To use an instance from this "
            "machine, allow this machine in the firewall.",
        ),
    ),
    Rule(
        "ready",
        lambda known, _: known.lamin.state == "yes",
        Guidance(
            "create-instance",
            "test",
            "The server is ready. Next, create a LaminDB instance on it.",
        ),
    ),
    # Lamin can't connect.
    Rule(
        "neither can connect, because of the password",
        lambda known, state: known.lamin.state == "no" and _both_rejected(known, state),
        Guidance(
            "change-name",
            "test",
            "The server rejected the password from both Lamin and this machine. "
            "Register the server under a new name with the correct password.",
        ),
    ),
    Rule(
        "neither can connect",
        lambda known, _: known.lamin.state == "no" and known.here.now == "no",
        Guidance(
            "diagnose",
            "test",
            "Neither Lamin nor this machine can connect, so the problem is probably "
            "the server or its address. Fix what Diagnose found, then diagnose again.",
        ),
    ),
    Rule(
        "this machine can connect again",
        lambda known, _: (
            known.lamin.state == "no"
            and known.here.now == "yes"
            and known.here.turned
            and known.here_is_newer
        ),
        Guidance(
            "test",
            "test",
            "This machine can connect again. Test again to see whether Lamin can also "
            "connect.",
        ),
    ),
    Rule(
        "Lamin can't connect any longer",
        lambda known, _: (
            known.lamin.state == "no" and known.lamin.turned and not known.here_is_newer
        ),
        Guidance(
            "diagnose",
            "test",
            "Lamin could connect earlier but can't now. Diagnose to see whether this "
            "machine can connect.",
        ),
    ),
    Rule(
        "Lamin has another password",
        lambda known, _: (
            known.lamin.state == "no"
            and known.here.now == "yes"
            and known.lamin.cause == "password_rejected"
        ),
        Guidance(
            "change-name",
            "test",
            "The password works from this machine, so Lamin has a different one. "
            "Register the server again under a new name.",
        ),
    ),
    Rule(
        "Lamin can't resolve the host",
        lambda known, _: (
            known.lamin.state == "no"
            and known.here.now == "yes"
            and known.lamin.cause == "db_name_unknown"
        ),
        Guidance(
            "change-host",
            "test",
            "This machine can resolve the host name, but Lamin can't. Register the "
            "server under a new name, with a public host name or IP address.",
        ),
    ),
    Rule(
        "Lamin has no route to a private host",
        lambda known, state: (
            known.lamin.state == "no" and is_unreachable(known, state.draft)
        ),
        Guidance(
            "change-host",
            "test",
            "Lamin likely can't reach this host, because it's private. Register the "
            "server under a new name, with a public host name or IP address.",
        ),
    ),
    Rule(
        "a firewall blocks Lamin",
        lambda known, _: known.lamin.state == "no" and known.is_firewall,
        Guidance(
            "test",
            "test",
            "The server accepts connections from this machine but not from Lamin, so "
            "a firewall is the likely cause. Allow these outbound IP addresses on port "
            "{port}, then test again.",
        ),
    ),
    Rule(
        "Lamin reports a problem that this machine doesn't see",
        lambda known, _: known.lamin.state == "no" and known.here.now == "yes",
        Guidance("test", "test"),
    ),
    Rule(
        "Lamin can't connect, and this machine wasn't asked",
        lambda known, _: known.lamin.state == "no",
        Guidance("diagnose", "test"),
    ),
    Rule(
        "Lamin's answer was unclear",
        lambda known, _: known.lamin.state == "unknown",
        Guidance("test", "test"),
    ),
    # Registered or not.
    Rule(
        "another server has the name",
        lambda known, _: known.registered.cause == "name_taken",
        Guidance("change-name", "register"),
    ),
    Rule(
        "perhaps registered",
        lambda known, _: known.registered.state == "unknown",
        Guidance("test", "register"),
    ),
    Rule(
        "registered",
        lambda known, _: known.registered.state == "yes",
        Guidance("test", "test"),
    ),
    # This machine.
    Rule(
        "the form changed since Diagnose",
        lambda known, _: known.here.stale,
        Guidance("diagnose", "diagnose", "You changed the form. Diagnose again."),
    ),
    Rule(
        "this machine can't connect",
        lambda known, _: known.here.state == "no",
        Guidance("diagnose", "diagnose"),
    ),
    Rule(
        "this machine can connect to a private host",
        lambda known, state: (
            known.here.state == "yes" and is_unreachable(known, state.draft)
        ),
        Guidance(
            "change-host",
            "register",
            "Lamin likely can't reach this host, because it's private. Use a public "
            "host name or IP address.",
        ),
    ),
    Rule(
        "this machine can connect, and you aren't signed in",
        lambda known, state: (
            known.here.state == "yes" and state.account.state == "signed-out"
        ),
        Guidance(
            "sign-in",
            "register",
            "Sign in to Lamin first. Enter your API key at the top of the form.",
        ),
    ),
    Rule(
        "this machine can connect",
        lambda known, _: known.here.state == "yes",
        Guidance("register", "register"),
    ),
    Rule(
        "nothing is known",
        lambda _, __: True,
        Guidance("diagnose", "diagnose"),
    ),
)


def guide(known: Knowledge, state: State) -> Guidance:
    """Return the recommended next step."""
    if state.question is not None:
        cause = CATALOGUE[state.question.causes[0]]
        step: StepId = "test" if state.question.action == "test" else "register"
        return Guidance(cause.follow_ups[0] if cause.follow_ups else "", step)
    guidance = next(rule for rule in RULES if rule.applies(known, state)).guidance
    refusal = known.newest.get("register")
    refused = (
        guidance.primary == "register"
        and refusal is not None
        and refusal.basis == state.basis
        and refusal.outcome.cause is not None
    )
    if refused and refusal is not None and refusal.outcome.cause is not None:
        # Lamin gave a reason, so what its row recommends comes first.
        offered = CATALOGUE[refusal.outcome.cause].follow_ups
        return Guidance(offered[0] if offered else "register", "register")
    return guidance
