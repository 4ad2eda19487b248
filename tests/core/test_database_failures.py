"""Texts about the PostgreSQL server and the path to it."""

from __future__ import annotations

import re

import pytest

from lamin_widgets.core.failures.database import DATABASE

FACTS = {
    "address": "10.0.0.1",
    "allow_advice": "Open the security group.",
    "end": "2024-11-21",
    "from_address": "198.51.100.7",
    "hba_entry": "host postgres postgres 198.51.100.7/32 scram-sha-256",
    "host": "db.example.org",
    "in_what_form": "in clear text",
    "method": "LDAP",
    "port": "5432",
    "product": "CockroachDB",
    "reason": "Reason: certificate has expired.",
    "reported": "Lamin reports: “odd”",
    "roles": "rds_superuser",
    "seconds": "5",
    "seems": "It seems to be Redis.",
    "sent": "It closed after the password was sent.",
    "sentence": "odd",
    "variable": "PGTZ",
    "version": "12.4",
}
EVERY_ROW = pytest.mark.parametrize("row", DATABASE, ids=lambda row: row.id)


@EVERY_ROW
@pytest.mark.parametrize("seen_from", ["this machine", "Lamin"])
@pytest.mark.parametrize("place", ["cell", "shell"])
def test_row_is_complete_for_every_reader(row, seen_from, place):
    title, advice, command = row.fill(FACTS, seen_from, place)
    assert re.search(r"[.”]$", title)
    assert len(title) <= 68
    assert advice
    assert advice.endswith((".", "”", "below)."))
    assert not re.search(
        r"[{}]|<(?!new password|password|project)", title + advice + command
    )
    # Scripts print these texts, so they name no button.
    assert "click" not in (title + advice).lower()
    assert row.when.endswith(".")


@EVERY_ROW
def test_row_names_its_field_in_two_ways(row):
    assert row.short or not row.field or row.is_warning
    assert len(row.short) <= 32
    assert row.concerns_database or row.layer == "input"


@EVERY_ROW
def test_command_runs_where_it_is_shown(row):
    commands = row.commands
    assert set(commands) in (set(), {"sql"}, {"cell", "shell"})
    if "cell" in commands:
        cell, shell = commands["cell"], commands["shell"]
        assert cell.startswith(("%env ", "%pip ", "!", "import os; "))
        assert not cell.startswith("!export")
        assert not shell.startswith(("%", "!"))
    for line in commands.get("sql", "").splitlines():
        assert line.endswith(";") or line.startswith("-- ")


@pytest.mark.parametrize("row", [row for row in DATABASE if not row.is_warning])
def test_lamin_is_not_advised_to_change_this_machine(row):
    _, advice, command = row.fill(FACTS, "Lamin")
    if row.layer != "input":
        assert not re.search("PGSSL|kernel|this machine's|%env", advice + command)
