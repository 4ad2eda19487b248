"""The same journey through the form in every front end in which it works."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from browser.axe import axe, cut_off
from browser.front_ends import FRONT_ENDS
from browser.front_ends.jupyter import JupyterLab, Notebook
from browser.front_ends.jupyterhub import JupyterHub
from browser.front_ends.nbclassic import NbClassic
from browser.front_ends.shiny import Shiny
from browser.front_ends.voila import Voila
from browser.page import form
from playwright.sync_api import expect

if TYPE_CHECKING:
    from browser.front_ends.front_end import FrontEnd
    from playwright.sync_api import Locator, Page

    from lamin_widgets.sandbox import Sandbox

SOURCE = "import lamin_widgets as lw; widget = lw.DbServerWidget(); widget"
ONLY_LIGHT = {NbClassic.name, Shiny.name}
NOT_DAILY = {
    JupyterHub.name,
    JupyterLab.name,
    NbClassic.name,
    Notebook.name,
    Shiny.name,
    Voila.name,
}
"""JupyterHub has several servers, and needs as long as all others together. JupyterLab
and Voilà have tests of their own, in which users register a server. Notebook 7 has the
widget manager of JupyterLab, nbclassic keeps the interface of Notebook 6, and
`tests/security` runs Shiny without a browser."""
BRIGHTNESS = """form => {
  const dye = color => color.match(/[\\d.]+/g).map(Number);
  for (let at = form; at; at = at.parentElement ?? at.getRootNode().host) {
    const [red, green, blue, alpha = 1] = dye(getComputedStyle(at).backgroundColor);
    if (alpha > 0) return (red + green + blue) / 3;
  }
  return 255;
}"""


def cases() -> list[object]:
    """Return each front end with its themes. `make test` uses one theme for each.

    Front ends alternate between light and dark.
    """
    found = []
    for place, name in enumerate(FRONT_ENDS):
        themes = ["light"] if name in ONLY_LIGHT else ["light", "dark"]
        daily = themes[place % len(themes)]
        for theme in themes:
            is_daily = theme == daily and name not in NOT_DAILY
            marks = [] if is_daily else [pytest.mark.full]
            key = f"{FRONT_ENDS[name].__name__}-{theme}"
            found.append(pytest.param(name, theme, marks=marks, id=key))
    return found


@pytest.mark.parametrize(("front_end", "theme"), cases(), indirect=["front_end"])
def test_server_is_diagnosed_registered_and_tested(
    front_end: FrontEnd, sandbox: Sandbox, server_name: str, theme: str
) -> None:
    page = front_end.open(SOURCE, theme=theme)
    it = form(page)
    keep_keys(page, it)
    type_in(page, it, sandbox, server_name)
    for button, outcome in (
        ("Diagnose", "This machine can connect"),
        ("Register", f"Registered {server_name} with Lamin"),
        ("Test connection", "Lamin can connect"),
    ):
        it.get_by_role("button", name=button, exact=True).press("Enter")
        expect(it.get_by_role("status")).to_contain_text(outcome)
    expect(it.get_by_label("Password", exact=True)).to_have_value("")
    assert sandbox.database.password not in saved(front_end, page)
    assert sandbox.database.password not in front_end.log.read_text(errors="replace")
    assert (it.evaluate(BRIGHTNESS) < 80) == (theme == "dark")
    assert axe(it) == []
    it.evaluate("form => { form.parentElement.style.width = '320px'; }")
    assert cut_off(it) == []


def keep_keys(page: Page, it: Locator) -> None:
    """Type the keys of notebook commands, and check that the form keeps them."""
    host = it.get_by_label("Host", exact=True)
    host.press_sequentially("b dd j x z")
    for key in ("Enter", "Escape", "Shift+Enter", "Control+Enter", "ArrowUp", "End"):
        page.keyboard.press(key)
    expect(host).to_be_focused()
    expect(host).to_have_value("b dd j x z")
    expect(form(page)).to_have_count(1)
    host.fill("")


def type_in(page: Page, it: Locator, sandbox: Sandbox, name: str) -> None:
    """Fill in the form with the keyboard alone."""
    values = {
        "Server name": name,
        "Host": sandbox.database.host,
        "Port": str(sandbox.database.port),
        "Password": sandbox.database.password,
    }
    it.get_by_label("Server name").focus()
    for label, value in values.items():
        field = it.get_by_label(label, exact=True)
        for _ in range(3):  # Region is between the name and the host.
            if field.evaluate("it => it === it.getRootNode().activeElement"):
                break
            page.keyboard.press("Tab")
        page.keyboard.press("Control+a")
        page.keyboard.type(value)
    expect(it.get_by_label("Connection URL")).to_contain_text(
        f"postgresql://postgres:***@127.0.0.1:{sandbox.database.port}/postgres"
    )


def saved(front_end: FrontEnd, page: Page) -> str:
    """Return the HTML of the page, and the file that the front end saves."""
    save = getattr(front_end, "save", None)
    return page.content() + (save(page) if save else "")
