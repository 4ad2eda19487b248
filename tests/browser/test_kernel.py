"""A kernel that is busy or shut down."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from browser.axe import axe
from browser.page import fill_in, form
from playwright.sync_api import expect

if TYPE_CHECKING:
    from pathlib import Path

    from browser.front_ends.jupyter import JupyterLab

    from lamin_widgets.sandbox import Sandbox

SOURCE = "import lamin_widgets as lw; w = lw.DbServerWidget(); w"
BUSY = "open({!r}).close()"
"""A cell that ends once the test opens the same pipe."""
SHUT_DOWN = """async () => await window.jupyterapp.shell.currentWidget
  .context.sessionContext.shutdown()"""


def test_form_shows_the_loss_of_its_kernel(lab: JupyterLab) -> None:
    page = lab.open(SOURCE)
    it = form(page)
    it.get_by_label("Password", exact=True).fill("kestrel-Zq7")
    page.evaluate(SHUT_DOWN)
    it.get_by_role("button", name="Diagnose", exact=True).click()
    expect(it.get_by_role("status")).to_contain_text(
        "The form is disconnected from the kernel. To continue, run this cell"
    )
    expect(it.get_by_label("Password", exact=True)).to_have_value("")
    assert axe(it) == []


def test_entries_made_while_a_cell_runs_reach_the_kernel(
    lab: JupyterLab, sandbox: Sandbox, server_name: str, tmp_path: Path
) -> None:
    """Expect the result immediately with a subshell, otherwise after the cell."""
    page, pipe = lab.open(SOURCE), tmp_path / "pipe"
    os.mkfifo(pipe)
    it = form(page)
    expect(it.get_by_text("Signed in as")).to_be_visible()
    page.evaluate(
        """code => void window.jupyterapp.shell.currentWidget.context.sessionContext
          .session.kernel.requestExecute({ code })""",
        BUSY.format(str(pipe)),
    )
    fill_in(it, sandbox, server_name)
    it.get_by_role("button", name="Register", exact=True).dblclick()
    pipe.write_text("")  # This waits until the cell runs.
    expect(it.get_by_role("status")).to_contain_text(f"Registered {server_name}")
    it.get_by_role("button", name="Test connection").click()
    expect(it.get_by_role("status")).to_contain_text("Lamin can connect")
