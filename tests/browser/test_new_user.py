"""Journeys of a new user, from an empty form to a ready server, and through faults.

The user clicks only the button that the form recommends, and enters only what the form
marks. The faults are those of the second tutorial, in the notebook's own forms.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from browser.page import form
from playwright.sync_api import expect

if TYPE_CHECKING:
    from browser.front_ends.jupyter import JupyterLab
    from playwright.sync_api import Locator, Page

    from lamin_widgets.sandbox import Sandbox

TUTORIAL = Path(__file__).parents[2] / "notebooks" / "02-fix-a-failing-connection.ipynb"
SIGNED_OUT = "import os; os.environ['LAMIN_SETTINGS_DIR'] = {!r}"
EMPTY = "import lamin_widgets as lw; widget = lw.DbServerWidget(); widget"


def follow(it: Locator, button: str, outcome: str | re.Pattern[str]) -> None:
    """Click a button, which must be the recommended one, and wait for its outcome."""
    recommended = it.locator(".lamin-db-primary:visible")
    expect(recommended).to_have_text(button)
    recommended.click()
    expect(it.get_by_role("status")).to_contain_text(outcome)


def marked(it: Locator, field: str) -> Locator:
    """Return a field, which the form must mark and explain."""
    found = it.get_by_label(field, exact=True)
    expect(found).to_have_attribute("aria-invalid", "true")
    expect(found).to_have_accessible_description(re.compile(r"\w+"))
    return found


def enter_again(it: Locator, sandbox: Sandbox) -> None:
    """Enter the password again, after the form cleared the one from the code."""
    expect(
        it.get_by_text("The form cleared the password that your code set.")
    ).to_be_visible()
    it.get_by_label("Password", exact=True).fill(sandbox.database.password)


def cell_of(name: str) -> str:
    """Return the code of a cell of the tutorial."""
    cells = nbformat.read(TUTORIAL, as_version=4).cells
    (code,) = [cell.source for cell in cells if cell.id == name]
    return str(code)


def run_next_cell(lab: JupyterLab, page: Page, name: str) -> Locator:
    """Run a cell of the tutorial in a new cell, and return the form in it."""
    page.evaluate(
        """code => {
          const { content } = window.jupyterapp.shell.currentWidget;
          content.model.sharedModel.addCell({ cell_type: "code", source: code });
          content.activeCellIndex = content.widgets.length - 1;
        }""",
        cell_of(name),
    )
    before = form(page).count()
    lab.run_command(page, "notebook:run-cell")
    expect(form(page)).to_have_count(before + 1)
    return form(page).last


def test_new_user_registers_a_server_from_an_empty_form(
    lab: JupyterLab, sandbox: Sandbox, server_name: str, tmp_path: Path
) -> None:
    it = form(lab.open(SIGNED_OUT.format(str(tmp_path)), EMPTY))
    it.get_by_label("API key").fill(sandbox.api_key)
    it.get_by_role("button", name="Sign in", exact=True).click()
    expect(it.get_by_role("button", name="Sign out")).to_be_visible()
    it.get_by_label("Server name").fill(server_name)
    it.get_by_label("Host", exact=True).fill(sandbox.database.host)
    it.get_by_label("Port", exact=True).fill(str(sandbox.database.port))
    it.get_by_label("Password", exact=True).fill(sandbox.database.password)
    follow(it, "Diagnose", "This machine can connect")
    follow(it, "Register", f"Registered {server_name} with Lamin")
    follow(it, "Test connection", "Lamin can connect")
    expect(it.get_by_text("The server is ready.")).to_be_visible()


def test_new_user_fixes_the_faults_of_the_tutorial(
    lab: JupyterLab, breakable: Sandbox
) -> None:
    page = lab.open(cell_of("prepare"), cell_of("password-form"))

    it = form(page)
    follow(it, "Diagnose", "Password authentication failed")
    marked(it, "Password").fill(breakable.database.password)
    follow(it, "Diagnose", "This machine can connect")

    it = run_next_cell(lab, page, "port-form")
    follow(it, "Diagnose", "refused the connection on port 543")
    marked(it, "Port").fill(str(breakable.database.port))
    enter_again(it, breakable)
    follow(it, "Diagnose", "This machine can connect")

    it = run_next_cell(lab, page, "hba-form")
    follow(it, "Diagnose", "pg_hba.conf doesn't allow")
    expect(it.get_by_text("127.0.0.1/32")).to_be_visible()
    breakable.reset()  # The server's administrator adds the entry.
    follow(it, "Diagnose", "This machine can connect")

    it = run_next_cell(lab, page, "private-form")
    it.get_by_role("button", name="Register", exact=True).click()
    anyway = it.get_by_role("button", name="Register anyway")
    expect(anyway).to_be_visible()  # The form asks, and sends nothing.
    it.get_by_label("Host", exact=True).fill(breakable.database.host)
    enter_again(it, breakable)
    follow(it, "Diagnose", "This machine can connect")
    follow(it, "Register", "with Lamin")
    follow(it, "Test connection", "Lamin can connect")

    it = run_next_cell(lab, page, "signed-out-form")
    it.get_by_role("button", name="Register", exact=True).click()
    key = marked(it, "API key")
    key.fill(breakable.api_key)
    it.get_by_role("button", name="Sign in", exact=True).click()
    expect(it.get_by_role("button", name="Sign out")).to_be_visible()
    follow(it, "Diagnose", "This machine can connect")
    follow(it, "Register", "with Lamin")
    follow(it, "Test connection", "Lamin can connect")
