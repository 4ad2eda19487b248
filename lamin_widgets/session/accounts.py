"""The account as the form shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from lamin_widgets.lamin.account import Account

__all__ = ["describe"]

WARNING_DAYS: Final = 7
"""lamindb_setup also warns from this many days before a key expires."""


def describe(account: Account, today: datetime) -> tuple[str, str]:
    """Return who is signed in, and whether the API key expires soon.

    Args:
        account: The account.
        today: The time, in UTC.

    Returns:
        A text such as "Signed in as ada", or "" if no user is signed in; and a note
        such as "API key expires in 3 days", or "".
    """
    if account.token is None:
        return "", ""
    text = f"Signed in as {account.handle}" if account.handle else ""
    if account.expires_at is None:
        return text or "Using an access token", ""
    days = (account.expires_at - today).days
    if days > WARNING_DAYS:
        return text, ""
    when = "today" if days < 1 else f"in {days} day{'s' if days > 1 else ''}"
    return text, f"API key expires {when}"
