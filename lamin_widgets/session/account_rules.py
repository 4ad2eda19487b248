"""Rules for the account, and for front ends that say hello."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lamin_widgets.core.failures import CATALOGUE
from lamin_widgets.session.events import (
    AccountFound,
    ClearSecrets,
    ClearViews,
    HelloReceived,
    LookUpAccount,
    Next,
)
from lamin_widgets.session.state import Account

if TYPE_CHECKING:
    from lamin_widgets.core.outcome import Outcome
    from lamin_widgets.session.state import State

__all__ = ["account_found", "after_outcome", "hello_received", "look_up"]


def hello_received(state: State, event: HelloReceived) -> Next:
    """Take note of a view that was opened, and look up the account.

    A view without an answer repeats its hello without a buffer.
    """
    carries = event.carries_buffers or state.channel == "ok"
    return look_up(state.but(channel="ok" if carries else "unsupported"))


def account_found(state: State, event: AccountFound) -> Next:
    """Show who is signed in, unless a newer look-up has started."""
    if event.turn != state.account.turn:
        return state, ()
    account = Account(
        "signed-in" if event.text else "signed-out",
        event.text,
        event.note,
        event.turn,
        event.hub,
    )
    return state.but(account=account), ()


def look_up(state: State) -> Next:
    """Start a look-up of the account."""
    turn = state.account.turn + 1
    account = state.account._replace(turn=turn)
    return state.but(account=account), (LookUpAccount(turn, state.draft.api_url),)


def after_outcome(state: State, outcome: Outcome) -> Next:
    """Return what follows from an outcome for the account."""
    row = CATALOGUE[outcome.cause] if outcome.cause else None
    if outcome.action in {"sign-in", "sign-out"}:
        state, looking = look_up(state)
        return state, (
            ClearSecrets(("api_key",)),
            ClearViews(("api_key",)),
            *looking,
        )
    if row is not None and row.layer == "account" and row.field == "api_key":
        turn, hub = state.account.turn + 1, state.account.hub
        account = Account("signed-out", turn=turn, hub=hub)
        return state.but(account=account), ()
    if state.account.state == "signed-out" and outcome.http_status:
        return look_up(state)  # Lamin replied, so a user has signed in since.
    return state, ()
