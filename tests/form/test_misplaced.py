"""Connection strings in the wrong field."""

from __future__ import annotations

import pytest
from doubles.texts import CONNECTION_STRINGS, ORDINARY
from doubles.timing import takes_linear_time

from lamin_widgets.form.misplaced import looks_like_connection_string


@pytest.mark.parametrize("text", CONNECTION_STRINGS)
def test_connection_string_is_recognized_in_any_field(text):
    assert looks_like_connection_string(text)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_value_is_not_a_connection_string(text):
    assert not looks_like_connection_string(text)


@pytest.mark.parametrize("start", ["", "http://", "a=", '{"', "DB_"])
def test_recognition_takes_linear_time(start):
    for piece in (*":@=;{['\" \\", "a:1:", '"a":', "host=", "a_", "\\:", "password "):
        text = piece * 125_000
        assert takes_linear_time(
            lambda size, text=text: looks_like_connection_string(start + text * size)
        )
