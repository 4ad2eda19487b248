"""Several views of one form, and the form among other widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from browser.page import fill_in, form
from doubles.processes import eventually
from playwright.sync_api import expect

if TYPE_CHECKING:
    from browser.front_ends.jupyter import JupyterLab

    from lamin_widgets.sandbox import Sandbox

SOURCE = "import lamin_widgets as lw; w = lw.DbServerWidget(); w"
COMPOSED = """
import ipywidgets as ipw, lamin_widgets as lw
w, seen = lw.DbServerWidget(), []
other, outer = ipw.Text(description="Elsewhere"), ipw.Text(description="Twin")
ipw.jslink((w, "host"), (other, "value"))
ipw.link((w, "name"), (outer, "value"))
w.observe(lambda change: seen.append(change.new), "host")
accordion = ipw.Accordion([w], titles=["Folded"], selected_index=0)
ipw.VBox([ipw.Tab([w], titles=["Tab"]), accordion, other, outer])
"""


def test_two_views_show_one_state_and_close_cleanly(
    lab: JupyterLab, sandbox: Sandbox, server_name: str
) -> None:
    page = lab.open(SOURCE, "w")
    expect(form(page)).to_have_count(2)
    first, second = form(page).first, form(page).last
    expect(second.get_by_text("Signed in as")).to_be_visible()
    fill_in(first, sandbox, server_name)
    expect(second.get_by_label("Server name")).to_have_value(server_name)
    page.keyboard.press("Tab")
    expect(second.get_by_role("button", name="Forget password")).to_be_visible()
    second.get_by_role("button", name="Register", exact=True).click()
    for status in form(page).get_by_role("status").all():
        expect(status).to_contain_text(f"Registered {server_name} with Lamin")
    lab.run_command(page, "notebook:clear-cell-output")  # of the last cell
    expect(form(page)).to_have_count(1)
    first.get_by_label("Host", exact=True).fill("still.example.org")
    eventually(lambda: lab.evaluate("w.host") == "still.example.org")
    lab.execute("w.close()")
    expect(form(page)).to_have_count(0)


def test_form_works_inside_and_linked_to_other_widgets(lab: JupyterLab) -> None:
    page = lab.open(COMPOSED)
    expect(form(page)).to_have_count(2)
    in_tab, folded = form(page).first, form(page).last
    in_tab.get_by_label("Host", exact=True).fill("db.example.org")
    expect(folded.get_by_label("Host", exact=True)).to_have_value("db.example.org")
    expect(page.get_by_label("Elsewhere")).to_have_value("db.example.org")
    eventually(lambda: "db.example.org" in lab.evaluate("seen"))
    page.get_by_label("Elsewhere").fill("linked.example.org")
    page.get_by_label("Elsewhere").blur()
    expect(in_tab.get_by_label("Host", exact=True)).to_have_value("linked.example.org")
    folded.get_by_label("Server name").fill("linked")
    expect(page.get_by_label("Twin")).to_have_value("linked")
    page.get_by_text("Folded", exact=True).click()
    expect(form(page)).to_have_count(1)
    page.get_by_text("Folded", exact=True).click()
    expect(folded.get_by_label("Server name")).to_have_value("linked")
