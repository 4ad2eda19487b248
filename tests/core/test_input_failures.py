"""The failures of the input."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from lamin_widgets.core.failures.input import INPUT, InputCause
from lamin_widgets.form.fields import FIELDS


def test_ids_are_those_of_the_type():
    assert sorted(get_args(InputCause)) == sorted(row.id for row in INPUT)


@pytest.mark.parametrize("row", INPUT, ids=lambda row: row.id)
def test_row_is_complete(row):
    assert len(row.title) <= 60
    assert row.title[-1] in ".?"
    assert row.advice
    assert row.when
    assert row.field is None or row.field in FIELDS
    if row.field:
        assert 1 <= len(row.short.split()) <= 3
        assert row.short[-1] != "."


def test_questions_say_that_nothing_was_sent():
    questions = [row for row in INPUT if row.title.endswith("?")]
    assert len(questions) == 4
    assert all("Nothing was sent" in row.advice for row in questions)


def test_placeholders_are_known():
    found = {
        name for row in INPUT for name in re.findall(r"{(\w+)}", row.title + row.advice)
    }
    known = {
        "problem",
        "notation",
        "reason",
        "destination",
        "running",
        "find_out",
        "sent",
    }
    assert found == known
