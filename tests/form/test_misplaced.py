"""Connection strings in the wrong field."""

from __future__ import annotations

import time

import pytest
from doubles.texts import CONNECTION_STRINGS, ORDINARY

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
        text = start + piece * 1_000_000
        began = time.thread_time()
        looks_like_connection_string(text)
        assert time.thread_time() - began < 0.1
