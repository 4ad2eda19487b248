"""The password in JupyterLab: where it is held, for how long, and what is saved."""

from __future__ import annotations

import html
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from harness import JupyterLab, form, wait_for
from nbconvert import HTMLExporter
from playwright.sync_api import expect

from lamin_widgets.sandbox.process import sign_in

sys.path.append(str(Path(__file__).parents[1] / "security"))

from leak_scanner import find_leaks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

SOURCE = """
import lamin_widgets as lw
w = lw.DbServerWidget(name={name!r}, host="127.0.0.1", port={port})
w
"""
PLANT = "import ipywidgets; ipywidgets.Password(description='Leaky')"
PASSWORD = "zqk7'wvx8\"yyq9\\jjx3 <img onerror=kkv>&ü🦉"
ALL_OF_THE_PAGE = """async () => {
  const seen = [document.body.innerText, document.documentElement.outerHTML];
  for (const node of document.querySelectorAll("*"))
    seen.push(...node.getAttributeNames().map(name => node.getAttribute(name)));
  seen.push(JSON.stringify(localStorage), JSON.stringify(sessionStorage));
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise(done => {
      const asked = indexedDB.open(name);
      asked.onsuccess = () => done(asked.result);
    });
    for (const store of db.objectStoreNames)
      seen.push(JSON.stringify(await new Promise(done => {
        const asked = db.transaction(store).objectStore(store).getAll();
        asked.onsuccess = () => done(asked.result);
      })));
    db.close();
  }
  return seen.join("\\n");
}"""


@pytest.fixture(scope="module")
def lab_server(browser: Browser, sandbox) -> Iterator[JupyterLab]:
    sign_in(sandbox)
    with JupyterLab(browser, sandbox.environ) as server:
        yield server


@pytest.fixture
def lab(lab_server: JupyterLab) -> Iterator[JupyterLab]:
    yield lab_server
    lab_server.close_pages()


def seen_in(page: Page, lab: JupyterLab, console: list[str]) -> str:
    """Save with the widgets' state, and return all that can be seen anywhere."""
    save(page, lab)
    notebook = nbformat.read(lab.notebook, as_version=4)
    exported, _ = HTMLExporter().from_notebook_node(notebook)
    saved = lab.notebook.read_text()
    page_text = page.evaluate(ALL_OF_THE_PAGE)
    return "\n".join([page_text, saved, exported, html.unescape(exported), *console])


def save(page: Page, lab: JupyterLab) -> None:
    """Save as with "Save Widget State Automatically" switched on."""
    before = lab.notebook.read_text()
    settings = "@jupyter-widgets/jupyterlab-manager:saveWidgetState"
    page.evaluate(
        """id => {
          const { commands } = window.jupyterapp;
          if (!commands.isToggled(id)) return commands.execute(id);
        }""",
        settings,
    )
    lab.run_command(page, "docmanager:save")
    wait_for(lambda: lab.notebook.read_text() not in {"", before}, "the saved notebook")
    wait_for(lambda: json.loads(lab.notebook.read_text() or "null"), "all of it")


def test_a_typed_password_is_in_nothing_that_is_saved_or_shown(
    lab: JupyterLab, sandbox, server_name: str
):
    source = SOURCE.format(name=server_name, port=sandbox.database.port)
    page = lab.open(source)
    console: list[str] = []
    page.on("console", lambda message: console.append(message.text))
    it = form(page)
    it.get_by_label("Password", exact=True).fill(PASSWORD)
    it.get_by_role("button", name="Diagnose").click()
    expect(it.get_by_role("status")).to_contain_text("password")
    assert lab.evaluate("w.has_password")
    text = seen_in(page, lab, console)
    saved = json.loads(lab.notebook.read_text())
    assert "has_password" in json.dumps(saved["metadata"]["widgets"])
    assert not find_leaks(text, PASSWORD)


def test_the_password_of_ipywidgets_is_found_there(lab: JupyterLab):
    page = lab.open(SOURCE.format(name="x", port=1), PLANT)
    page.get_by_label("Leaky").fill(PASSWORD)
    page.get_by_label("Leaky").blur()
    assert find_leaks(seen_in(page, lab, []), PASSWORD)


def test_the_password_is_held_until_lamin_has_it(
    lab: JupyterLab, sandbox, server_name: str
):
    """A reload neither loses it nor shows it; Register drops it everywhere."""
    database = sandbox.database
    page = lab.open(SOURCE.format(name=server_name, port=database.port))
    it = form(page)
    field = it.get_by_label("Password", exact=True)
    expect(it.get_by_text("Not held.")).to_be_visible()
    field.fill(database.password)
    field.blur()
    expect(
        it.get_by_text("Held in memory only. Once Lamin has it, it is dropped.")
    ).to_be_visible()
    save(page, lab)

    page.reload()
    form(page).first.wait_for(timeout=60_000)
    expect(field).to_have_value("")
    expect(
        it.get_by_text("Held in memory only. Once Lamin has it, it is dropped.")
    ).to_be_visible()

    field.fill(database.password)
    it.get_by_role("button", name="Register").click()
    status = it.get_by_role("status")
    expect(status).to_contain_text(f"Lamin has registered {server_name}.")
    expect(field).to_have_value("")
    expect(it.get_by_text("Not held: Lamin has it.")).to_be_visible()
    assert lab.evaluate("w._controller._password.secret is None")


@pytest.mark.parametrize("how", ["forget", "close"])
def test_forget_and_close_drop_it_and_empty_the_field(lab: JupyterLab, how: str):
    page = lab.open(SOURCE.format(name="x", port=1))
    it = form(page)
    field = it.get_by_label("Password", exact=True)
    field.fill(PASSWORD)
    field.blur()
    wait_for(lambda: lab.evaluate("w.has_password"), "the password")
    if how == "forget":
        it.get_by_role("button", name="Forget password").click()
        expect(field).to_have_value("")
        expect(it.get_by_text("Not held.")).to_be_visible()
    else:
        lab.execute("w.close()")
        expect(it).to_have_count(0)
    wait_for(
        lambda: lab.evaluate("w._controller._password.secret is None"), "it is dropped"
    )


def test_html_in_a_reply_is_drawn_as_text(lab: JupyterLab, breakable, server_name: str):
    attack = "<img src=x onerror='window.attacked = true'>"
    breakable.api.fault(status=400, body={"detail": attack})
    page = lab.open(SOURCE.format(name=server_name, port=1))
    it = form(page)
    it.get_by_role("button", name="Test connection").click()
    it.get_by_role("button", name="Details").click()
    expect(it.get_by_text(attack)).to_be_visible()
    assert it.locator("img").count() == 0
    assert not page.evaluate("Boolean(window.attacked)")
