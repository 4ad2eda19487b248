"""The account as the form shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from lamin_widgets.session.state import Account

if TYPE_CHECKING:
    from datetime import datetime

    from lamin_widgets.lamin.account import Account as LaminAccount

WARNING_DAYS: Final = 7
"""lamindb_setup also warns from this many days before a key expires."""


def describe(account: LaminAccount, today: datetime, turn: int) -> Account:
    """Return the account for the form.

    Args:
        account: The result of a look-up.
        today: The time, in UTC.
        turn: The turn of the look-up.
    """
    # The form is shown before anything is known about the account.
    from lamin_widgets.lamin.account import HUB_URL, hub_url  # noqa: PLC0415

    url = hub_url()
    hub = "" if url == HUB_URL else urlsplit(url).netloc
    if account.token is None:
        return Account("signed-out", turn=turn, hub=hub)
    text, note = f"Signed in as {account.handle}" if account.handle else "", ""
    if account.expires_at is None:
        text = text or "Using an access token"
    elif (days := (account.expires_at - today).days) <= WARNING_DAYS:
        when = "today" if days < 1 else f"in {days} day{'s' if days > 1 else ''}"
        note = f"API key expires {when}"
    state: Literal["signed-in", "signed-out"] = "signed-in" if text else "signed-out"
    return Account(state, text, note, turn, hub)
