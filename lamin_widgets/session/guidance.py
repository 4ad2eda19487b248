"""The recommended next step, and the doubts to confirm before an action.

`SITUATIONS` is a table. The first row that applies gives the primary button and the
sentence that recommends it, so the button and the text always agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias, get_args

from lamin_widgets.core.failures import CATALOG
from lamin_widgets.session.actions import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from lamin_widgets.core.action_names import Action
    from lamin_widgets.core.failures import CauseId
    from lamin_widgets.core.failures.failure import FollowUp
    from lamin_widgets.session.knowledge import Answer, Knowledge
    from lamin_widgets.session.state import State

StepId: TypeAlias = Literal["diagnose", "register", "test"]
STEPS: Final[tuple[StepId, ...]] = get_args(StepId)


class Guidance(NamedTuple):
    """A situation, and the next step that is recommended in it.

    Attributes:
        situation: Name of the situation, for tests and readers.
        primary: The recommended step or follow-up, or "" if there is none.
        step: The step that shows the recommendation.
        text: The sentence in that step, or "" to keep the sentence of its outcome.
        lamin, `here`, registered: The states that these facts must have. None for any.
        when: A further condition.
    """

    situation: str
    primary: FollowUp | Literal["create-instance", ""]
    step: StepId
    text: str = ""
    lamin: Answer | None = None
    here: Answer | None = None
    registered: Answer | None = None
    when: Callable[[Knowledge], bool] = lambda _: True


SITUATIONS: Final = (
    # Lamin uses the registered values, even if the form has changed.
    Guidance(
        "the form differs from what was registered",
        "change-name",
        "register",
        "Lamin still uses the registered values. To use the values in the form, "
        "register the server under a new name.",
        when=lambda known: known.registered.stale,
    ),
    # These rows apply if Lamin can connect.
    Guidance(
        "Lamin could connect, and the newest test failed for another reason",
        "test",
        "test",
        lamin="yes",
        when=lambda known: not known.newest["test"].outcome,
    ),
    Guidance(
        "Lamin could connect, and this machine can't connect since",
        "test",
        "test",
        "Lamin could connect earlier, but this machine can't connect now. Test "
        "again to find out if Lamin can still connect.",
        lamin="yes",
        here="no",
        when=lambda known: (
            known.here.cause != "password_rejected" and known.here_is_newer
        ),
    ),
    Guidance(
        "Lamin can connect to a server with the same name",
        "create-instance",
        "test",
        "Lamin can connect to the server that has this name. If it's yours, open "
        "“Create an instance” below. If it's another server, register yours under a "
        "new name.",
        lamin="yes",
        when=lambda known: not known.is_saved,
    ),
    Guidance(
        "Lamin can connect, with another password than the one in the form",
        "create-instance",
        "test",
        "Lamin has a working password, so open “Create an instance” below. Only the "
        "password that you used for Diagnose was rejected. Check it for typos.",
        lamin="yes",
        here="no",
        when=lambda known: known.here.cause == "password_rejected",
    ),
    Guidance(
        "only Lamin can connect",
        "create-instance",
        "test",
        "Lamin can connect. Open “Create an instance” below. To use an "
        "instance from this machine, fix what Diagnose found.",
        lamin="yes",
        here="no",
    ),
    Guidance(
        "ready, with warnings",
        "create-instance",
        "test",
        "Lamin can connect. Read the warnings from Diagnose, then open “Create an "
        "instance” below.",
        lamin="yes",
        here="yes",
        when=lambda known: known.has_warnings,
    ),
    Guidance(
        "ready",
        "create-instance",
        "test",
        "The server is ready. Next, open “Create an instance” below.",
        lamin="yes",
        here="yes",
    ),
    Guidance(
        "Lamin can connect, and this machine wasn't asked",
        "create-instance",
        "test",
        "Lamin can connect. Open “Create an instance” below. To check the server's "
        "version and privileges first, click Diagnose.",
        lamin="yes",
    ),
    # These rows apply if Lamin can't connect.
    Guidance(
        "neither can connect, because of the password",
        "change-name",
        "test",
        "The server rejected the password from both Lamin and this machine. "
        "Register the server under a new name with the correct password.",
        lamin="no",
        here="no",
        when=lambda known: known.here.cause == known.lamin.cause == "password_rejected",
    ),
    Guidance(
        "neither can connect",
        "diagnose",
        "test",
        "Neither Lamin nor this machine can connect, so the problem is probably "
        "the server or its address. Fix what Diagnose found, then diagnose again.",
        lamin="no",
        here="no",
    ),
    Guidance(
        "this machine can connect again",
        "test",
        "test",
        "This machine can connect again. Test again to find out if Lamin can connect.",
        lamin="no",
        here="yes",
        when=lambda known: known.here.turned and known.here_is_newer,
    ),
    Guidance(
        "Lamin can't connect any longer",
        "diagnose",
        "test",
        "Lamin could connect earlier but can't now. To find out if this machine can "
        "connect, click Diagnose.",
        lamin="no",
        when=lambda known: known.lamin.turned and not known.here_is_newer,
    ),
    Guidance(
        "Lamin has another password",
        "change-name",
        "test",
        "This machine can connect, so Lamin might have a different password. "
        "Register the server again under a new name.",
        lamin="no",
        here="yes",
        when=lambda known: known.lamin.cause == "password_rejected",
    ),
    Guidance(
        "Lamin can't resolve the host",
        "change-host",
        "test",
        "This machine can resolve the host name, but Lamin can't. Register the "
        "server under a new name, with a public host name or IP address.",
        lamin="no",
        here="yes",
        when=lambda known: known.lamin.cause == "db_name_unknown",
    ),
    Guidance(
        "Lamin has no route to a private host",
        "change-host",
        "test",
        "Lamin likely can't reach this host. Register the server under a new name, "
        "with a host that has a public IPv4 address.",
        lamin="no",
        when=lambda known: (
            known.unreachable
            and CATALOG[known.lamin.cause or "unexpected"].layer == "tcp"
        ),
    ),
    Guidance(
        "a firewall blocks Lamin",
        "test",
        "test",
        "The server accepts connections from this machine but not from Lamin, so "
        "a firewall is the likely cause. In the server's firewall, allow Lamin's "
        "outbound IP addresses on port {port}, then test again.",
        lamin="no",
        when=lambda known: known.is_firewall,
    ),
    Guidance(
        "Lamin reports a problem that this machine doesn't see",
        "test",
        "test",
        lamin="no",
        here="yes",
    ),
    Guidance(
        "Lamin can't connect, and this machine wasn't asked",
        "diagnose",
        "test",
        lamin="no",
    ),
    Guidance("Lamin's answer was unclear", "test", "test", lamin="unknown"),
    # These rows depend on the registration.
    Guidance(
        "another server has the name",
        "change-name",
        "register",
        when=lambda known: known.registered.cause == "name_taken",
    ),
    Guidance("perhaps registered", "test", "register", registered="unknown"),
    Guidance("registered", "test", "test", registered="yes"),
    # These rows depend on this machine's connection.
    Guidance(
        "the form changed since Diagnose",
        "diagnose",
        "diagnose",
        "You changed the form. Diagnose again.",
        when=lambda known: known.here.stale,
    ),
    Guidance("this machine can't connect", "diagnose", "diagnose", here="no"),
    Guidance(
        "this machine can connect to a private host",
        "change-host",
        "register",
        "Lamin likely can't reach this host. Use a host that has a public IPv4 "
        "address.",
        here="yes",
        when=lambda known: known.unreachable,
    ),
    Guidance(
        "this machine can connect, and you aren't signed in",
        "sign-in",
        "register",
        "Sign in to Lamin first. Enter your API key at the top of the form.",
        here="yes",
        when=lambda known: known.signed_out,
    ),
    Guidance("this machine can connect", "register", "register", here="yes"),
    Guidance("nothing is known", "diagnose", "diagnose"),
)


def guide(known: Knowledge, state: State) -> Guidance:
    """Return the recommended next step."""
    if state.question is not None:
        row = CATALOG[state.question.causes[0]]
        step: StepId = "test" if state.question.action == "test" else "register"
        offered = row.follow_ups[0] if row.follow_ups else ""
        return Guidance("a question is open", offered, step)
    guidance = next(
        row
        for row in SITUATIONS
        if row.lamin in {None, known.lamin.state}
        and row.here in {None, known.here_now}
        and row.registered in {None, known.registered.state}
        and row.when(known)
    )
    tried = known.newest.get(guidance.primary)
    if tried is None or tried.outcome.cause is None or tried.basis != state.basis:
        return guidance
    row = CATALOG[tried.outcome.cause]
    # A test that failed for another reason than the sign-in has its own situations.
    if guidance.primary != "register" and row.layer != "account":
        return guidance
    # Lamin gave a reason, so recommend the first follow-up for that reason.
    primary: FollowUp = row.follow_ups[0] if row.follow_ups else guidance.step
    can_change = state.draft.parsed.other_api_url and "api_url" not in state.locked
    if primary == "use-region-api" and not can_change:
        return guidance
    return guidance._replace(primary=primary)


def doubts_about(
    action: Action, state: State, known: Knowledge, *, asks: bool
) -> tuple[CauseId, ...]:
    """Return the ids of the catalog with the reasons to ask before an action.

    Args:
        action: The action to start.
        state: The state of the form.
        known: The conclusions about the server.
        asks: Whether the user can answer a question. If not, the only doubt is an API
            URL that isn't trusted.
    """
    parsed = state.draft.parsed
    has_regions = parsed.is_lamin or state.draft.sandbox
    is_trusted = has_regions or state.basis.api_url in state.trusted | state.confirmed
    registers = action == "register" and asks
    doubts: dict[CauseId, bool] = {
        "trust_destination": not is_trusted and ACTIONS[action].calls_api,
        "diagnosed_wrong": registers and known.here_now == "no",
        "host_unreachable_from_lamin": registers and known.unreachable,
        "region_doubtful": registers and has_regions and parsed.region is None,
    }
    return tuple(cause for cause, is_doubtful in doubts.items() if is_doubtful)
