"""Texts and commands of the catalog of failures."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from lamin_widgets.core.failures import CATALOG
from lamin_widgets.core.failures.api import ApiCause
from lamin_widgets.core.failures.database import DATABASE, DatabaseCause
from lamin_widgets.core.failures.input import INPUT, InputCause
from lamin_widgets.form.fields import FIELDS

KNOWN = """
address allow_advice destination doing end find_out from_address hba_entry host
in_what_form method notation port problem product published reason reported roles
running seconds seems sent sentence variable version
"""
FACTS = dict.fromkeys(re.findall(r"\w+", KNOWN), "A word.")
ROWS = [*DATABASE, *INPUT]
EVERY_ROW = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)


def test_ids_of_the_catalog_are_those_of_the_type():
    causes = (InputCause, ApiCause, DatabaseCause)
    ids = [id_ for cause in causes for id_ in get_args(cause)]
    assert sorted(ids) == sorted(CATALOG)


@EVERY_ROW
@pytest.mark.parametrize("seen_from", ["this machine", "Lamin"])
@pytest.mark.parametrize("place", ["cell", "shell"])
def test_failure_has_complete_texts_for_every_reader(row, seen_from, place):
    title, advice, command = row.fill(FACTS, seen_from, place)
    assert re.search(r"[.”?]$", title)
    assert len(title) <= 68
    assert re.search(r"[.”]$", advice)
    assert not re.search("[{}]", title + advice + command)
    for_reader = {"new password", "password", "project", "host", "port"}
    assert set(re.findall(r"<([\w ]+)>", title + advice + command)) <= for_reader
    assert "click" not in (title + advice).lower()  # Scripts print these texts.
    assert not row.when or row.when.endswith(".")


@EVERY_ROW
def test_failure_with_a_field_has_a_short_text_for_it(row):
    assert row.field is None or row.field in FIELDS
    assert row.short or not row.field or row.is_warning
    assert len(row.short) <= 32
    assert not row.short.endswith(".")


@EVERY_ROW
def test_command_fits_its_place(row):
    commands = row.commands
    assert set(commands) in (set(), {"sql"}, {"cell"}, {"cell", "shell"})
    if "cell" in commands:
        assert commands["cell"].startswith(("%env ", "%pip ", "!", "import os; "))
        assert not commands["cell"].startswith("!export")
        assert not commands.get("shell", "").startswith(("%", "!"))
    for line in commands.get("sql", "").splitlines():
        assert line.endswith(";") or line.startswith("-- ")


@pytest.mark.parametrize(
    "row", [row for row in DATABASE if row.concerns_database and not row.is_warning]
)
def test_advice_from_lamin_does_not_change_this_machine(row):
    _, advice, command = row.fill(FACTS, "Lamin")
    assert not re.search("PGSSL|kernel|this machine's|%env", advice + command)


def test_question_states_that_nothing_was_sent():
    questions = [row for row in INPUT if row.title.endswith("?")]
    assert len(questions) == 4
    assert all("Nothing was sent" in row.advice for row in questions)
