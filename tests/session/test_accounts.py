"""The account as the form shows it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from lamin_widgets.core.secret import Secret
from lamin_widgets.lamin.account import Account
from lamin_widgets.session.accounts import describe

TODAY = datetime(2026, 7, 3, tzinfo=timezone.utc)
TOKEN = Secret("a-token")


@pytest.mark.parametrize(
    ("account", "text"),
    [
        (Account(), ""),
        (Account("ada", TOKEN), "Signed in as ada"),
        (Account(None, TOKEN), "Using an access token"),
    ],
    ids=["signed out", "signed in", "only a token"],
)
def test_account_text_names_the_user(account, text):
    assert describe(account, TODAY, 1)[1:3] == (text, "")


@pytest.mark.parametrize(
    ("days", "note"),
    [
        (30, ""),
        (3, "API key expires in 3 days"),
        (1, "API key expires in 1 day"),
        (0, "API key expires today"),
    ],
)
def test_account_note_warns_before_the_key_expires(days, note):
    expires = TODAY + timedelta(days=days, hours=1)
    assert describe(Account("ada", TOKEN, expires), TODAY, 1).note == note
