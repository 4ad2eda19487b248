"""Several views of one form, and the form among other widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from front_ends import fill_in
from harness import JupyterLab, form, wait_for
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

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
# Of the timers set from now on.
COUNT_TIMERS = """() => {
  const { setInterval } = window;
  window.ticking = new Set();
  window.setInterval = (...args) => {
    const id = setInterval(...args);
    if (args[1] === 1000) window.ticking.add(id);
    return id;
  };
  for (const name of ["clearInterval", "clearTimeout"]) { // they do the same
    const clear = window[name];
    window[name] = id => (window.ticking.delete(id), clear(id));
  }
}"""
# Backbone keeps a model's listeners in _events; the output's widget knows its model.
# Those for other events than changes are ipywidgets' own.
LISTENERS = """() => {
  const find = widget => widget?._view?.model
    ?? [...(widget?.children?.() ?? widget?.widgets ?? [])].map(find).find(Boolean);
  const [cell] = window.jupyterapp.shell.currentWidget.content.widgets;
  const model = find(cell.outputArea);
  return Object.entries(model._events).filter(([name]) => name.startsWith("change:"))
    .reduce((sum, [, all]) => sum + all.length, 0);
}"""


def listeners_of_window(page: Page) -> int:
    """Return how many listeners for the end of a press the window has."""
    browser = page.context.new_cdp_session(page)
    window = browser.send("Runtime.evaluate", {"expression": "window"})
    found = browser.send(
        "DOMDebugger.getEventListeners", {"objectId": window["result"]["objectId"]}
    )
    browser.detach()
    return sum(each["type"] == "pointerup" for each in found["listeners"])


def test_a_second_view_is_in_step_acts_and_leaves_nothing_when_closed(
    clean_lab: JupyterLab, sandbox: Sandbox, server_name: str
) -> None:
    page = clean_lab.open(SOURCE)
    page.evaluate(COUNT_TIMERS)
    first, second = form(page).first, form(page).last

    def held() -> tuple[int, int, int]:
        return (
            page.evaluate(LISTENERS),
            page.evaluate("window.ticking.size"),
            listeners_of_window(page),
        )

    with_one = held()
    notebook = page.evaluate("window.jupyterapp.shell.currentWidget.id")
    clean_lab.run_command(page, "notebook:create-output-view")
    expect(form(page)).to_have_count(2)
    fill_in(first, sandbox, server_name)
    expect(second.get_by_label("Server name")).to_have_value(server_name)
    expect(second.get_by_label("Port")).to_have_value(str(sandbox.database.port))
    page.keyboard.press("Tab")
    expect(second.get_by_role("button", name="Forget password")).to_be_visible()
    second.get_by_role("button", name="Register").click()
    for status in form(page).get_by_role("status").all():
        expect(status).to_contain_text("has registered")
    expect(second.get_by_role("button", name="Register")).to_be_focused()
    second.get_by_role("button", name="Test connection").click()
    expect(first.get_by_role("status")).to_contain_text("can connect")
    expect(first.get_by_role("button", name="Create an instance")).to_be_visible()
    page.evaluate("id => window.jupyterapp.shell.activateById(id)", notebook)
    with_two = held()
    assert all(two > one for two, one in zip(with_two, with_one, strict=True))
    page.evaluate("""() => [...window.jupyterapp.shell.widgets("main")]
      .find(each => each.id !== window.jupyterapp.shell.currentWidget.id).close()""")
    expect(form(page)).to_have_count(1)
    wait_for(lambda: held() == with_one, "the closed view's listeners to go")
    first.get_by_label("Host", exact=True).fill("still.example.org")
    wait_for(
        lambda: clean_lab.evaluate("w.host") == "still.example.org", "the open view"
    )


def test_it_composes_with_other_widgets(clean_lab: JupyterLab) -> None:
    page = clean_lab.open(COMPOSED)
    expect(form(page)).to_have_count(2)
    in_tab, folded = form(page).first, form(page).last
    in_tab.get_by_label("Host", exact=True).fill("db.example.org")
    expect(folded.get_by_label("Host", exact=True)).to_have_value("db.example.org")
    expect(page.get_by_label("Elsewhere")).to_have_value("db.example.org")
    wait_for(lambda: "db.example.org" in clean_lab.evaluate("seen"), "observe")
    page.get_by_label("Elsewhere").fill("linked.example.org")
    page.get_by_label("Elsewhere").blur()
    expect(in_tab.get_by_label("Host", exact=True)).to_have_value("linked.example.org")
    folded.get_by_label("Server name").fill("linked")
    expect(page.get_by_label("Twin")).to_have_value("linked")
    page.get_by_text("Folded", exact=True).click()
    expect(form(page)).to_have_count(1)
    page.get_by_text("Folded", exact=True).click()
    expect(folded.get_by_label("Server name")).to_have_value("linked")
