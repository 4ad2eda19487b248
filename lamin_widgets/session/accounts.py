"""The account as the form shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from datetime import datetime

    from lamin_widgets.lamin.account import Account

__all__ = ["describe"]

WARNING_DAYS: Final = 7
"""lamindb_setup also warns from this many days before a key expires."""


def describe(account: Account, today: datetime) -> tuple[str, str, str]:
    """Return who is signed in, and what to know about the API key.

    Args:
        account: The account.
        today: The time, in UTC.

    Returns:
        A text such as "Signed in as ada", or "" if no user is signed in; a note such as
        "API key expires in 3 days", or ""; and the host that a key is sent to, or "" if
        that is Lamin's own.
    """
    # The form is shown before anything is known about the account.
    from lamin_widgets.lamin.account import HUB_URL, hub_url  # noqa: PLC0415

    url = hub_url()
    hub = "" if url == HUB_URL else urlsplit(url).netloc
    if account.token is None:
        return "", "", hub
    text = f"Signed in as {account.handle}" if account.handle else ""
    if account.expires_at is None:
        return text or "Using an access token", "", hub
    days = (account.expires_at - today).days
    when = "today" if days < 1 else f"in {days} day{'s' if days > 1 else ''}"
    note = f"API key expires {when}" if days <= WARNING_DAYS else ""
    return text, note, hub
