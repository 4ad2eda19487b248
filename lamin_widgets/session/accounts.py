"""Texts about the Lamin account for the form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from lamin_widgets.session.state import AccountStatus

if TYPE_CHECKING:
    from datetime import datetime

    from lamin_widgets.lamin.account import Account

WARNING_DAYS: Final = 7
"""Days before an API key expires from which to warn, as in lamindb_setup."""


def describe(account: Account, today: datetime, turn: int) -> AccountStatus:
    """Return the account as the state of the form has it."""
    from lamin_widgets.lamin.account import HUB_URL, hub_url  # slow

    url = hub_url()
    hub = "" if url == HUB_URL else urlsplit(url).netloc
    if account.token is None:
        return AccountStatus("signed-out", turn=turn, hub=hub)
    note = ""
    if (
        account.expires_at is not None
        and (days := (account.expires_at - today).days) <= WARNING_DAYS
    ):
        when = "today" if days < 1 else f"in {days} day{'s' if days > 1 else ''}"
        note = f"API key expires {when}"
    return AccountStatus("signed-in", account.user, note, turn, hub)
