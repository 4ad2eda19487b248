"""Doubts: reasons to ask before an action starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lamin_widgets.core.failures import CauseId
    from lamin_widgets.core.outcome import Action
    from lamin_widgets.form.draft import Draft
    from lamin_widgets.session.knowledge import Knowledge
    from lamin_widgets.session.state import State

__all__ = ["doubts_about", "is_unreachable"]


def doubts_about(
    action: Action, state: State, known: Knowledge, *, asks: bool
) -> tuple[CauseId, ...]:
    """Return the rows of the catalog with the reasons to ask first.

    Args:
        action: What is to be done.
        state: The form.
        known: What is known about the server.
        asks: Whether the user can answer. Without an answer, secrets go to a trusted
            API only; the other doubts are left to the caller.
    """
    doubts: list[CauseId] = []
    if action in {"register", "test", "create-instance"} and not _is_trusted(state):
        doubts.append("trust_destination")
    if action == "register" and asks:
        if known.here.now == "no":
            doubts.append("diagnosed_wrong")
        if is_unreachable(known, state.draft):
            doubts.append("host_unreachable_from_lamin")
        if _is_region_doubtful(state.draft):
            doubts.append("region_doubtful")
    return tuple(doubts)


def _is_trusted(state: State) -> bool:
    api_url = state.basis.api_url
    is_lamin = state.draft.parsed.is_lamin
    return is_lamin or api_url in state.trusted | state.sandbox_urls


def is_unreachable(known: Knowledge, draft: Draft) -> bool:
    """Return whether Lamin likely can't reach the host.

    An on-premises API can be close to a private host. The sandbox's API is close to
    this machine only.
    """
    seen = known.here.now == "yes" and known.here.lamin_cannot_reach
    return (draft.parsed.in_cloud and seen) or bool(draft.parsed.unreachable)


def _is_region_doubtful(draft: Draft) -> bool:
    in_cloud = draft.parsed.is_lamin or draft.sandbox
    return in_cloud and draft.parsed.region is None
