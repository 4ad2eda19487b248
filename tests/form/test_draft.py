"""The values of the form as entered."""

from __future__ import annotations

import pytest

from lamin_widgets.form.draft import Draft
from lamin_widgets.form.fields import WRITABLE


@pytest.mark.parametrize("field", [f for f in WRITABLE if f != "host"])
def test_draft_does_not_show_a_stray_password(field):
    draft = Draft(**{"host": "db.example.org", field: "Xq7zPa9k"})
    assert "Xq7zPa9k" not in f"{draft!r} {draft}"
    assert "db.example.org" in repr(draft)


def test_drafts_are_compared_and_hashed_by_their_values():
    assert len({Draft("a"), Draft("a"), Draft("b")}) == 2
