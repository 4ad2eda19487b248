"""Voilà and marimo, beside the harness's JupyterLab and Notebook 7."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from harness import FrontEnd, Jupyter, JupyterLab, Notebook, form
from playwright.sync_api import expect

if TYPE_CHECKING:
    from typing import Any

    from playwright.sync_api import Browser, Locator, Page

    from lamin_widgets.sandbox import Sandbox

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
RUN_AXE = """async form => {
  const rules = Object.fromEntries(
    axe.getRules().filter(rule => !rule.tags.includes("wcag2aaa"))
      .map(rule => [rule.ruleId, { enabled: true }]));
  const { violations, incomplete } = await axe.run(form, { rules });
  // axe does not judge what is hidden, nor the contrast of an icon's one character.
  const skipped = ({ html }) => html.startsWith('<span class="icon');
  const undecided = incomplete.filter(({ id }) => id !== "hidden-content")
    .map(rule => ({ ...rule, nodes: rule.nodes.filter(node => !skipped(node)) }));
  return [...violations, ...undecided].flatMap(({ id, impact, nodes }) => nodes.map(
    ({ html, failureSummary }) => `${id} (${impact}): ${html}\n${failureSummary}`));
}"""
CUT_OFF = """form => {
  const edge = form.getBoundingClientRect().right;
  return [form, ...form.querySelectorAll("*")].filter(each => {
    const { right, width } = each.getBoundingClientRect();
    const clips = each.matches("section, p, button, label, dd, dt, [role=status]");
    return width && !each.closest("option, pre *")
      && (right > edge + 1 || (clips && each.scrollWidth > each.clientWidth + 1));
  }).map(each => each.outerHTML.slice(0, 200));
}"""
FOCUSED = "document.activeElement"
MARIMO = """# /// script
# [tool.marimo.display]
# theme = "{theme}"
# ///
import marimo

app = marimo.App()
"""
CELL = """

@app.cell
def _():
{body}
    return
"""


class Voila(FrontEnd):
    """Voilà 0.5: runs a notebook for each visitor and shows what it put out."""

    theme = "light"

    def command(self) -> list[str]:
        return [
            "voila",
            str(self.root),
            "--no-browser",
            "--Voila.ip=127.0.0.1",
            f"--port={self.port}",
            "--Voila.port_retries=0",
            "--VoilaConfiguration.allow_theme_override=YES",
        ]

    def open(self, source: str, *more: str, **context: Any) -> Page:
        """Run one cell for each source and return the page with the form."""
        cells = [nbformat.v4.new_code_cell(cell) for cell in (source, *more)]
        notebook = nbformat.v4.new_notebook(cells=cells)
        path = self.root / f"form-{len(list(self.root.iterdir()))}.ipynb"
        nbformat.write(notebook, path)
        page = self.new_page(**context)
        query = f"theme={self.theme}&voila-theme={self.theme}"
        page.goto(f"{self.url}/voila/render/{path.name}?{query}")
        form(page).first.wait_for(timeout=60_000)
        return page


class Marimo(FrontEnd):
    """marimo 0.25: the editor; it mounts the form in a shadow root."""

    theme = "light"

    def __init__(self, browser: Browser, environ: dict[str, str] | None = None) -> None:
        super().__init__(browser, environ)
        settings = Path(self.environ["XDG_CONFIG_HOME"]) / "marimo" / "marimo.toml"
        settings.parent.mkdir(parents=True)
        settings.write_text("[runtime]\nauto_instantiate = true\n")

    def command(self) -> list[str]:
        return [
            *("marimo", "--quiet", "--yes", "edit", str(self.root)),
            *("--headless", "--no-token", "--skip-update-check"),
            *("--host", "127.0.0.1", "--port", str(self.port)),
        ]

    def open(self, source: str, *more: str, **context: Any) -> Page:
        """Run one cell for each source and return the page with the form."""
        cells = [
            CELL.format(body="\n".join(f"    {line}" for line in cell.splitlines()))
            for cell in (source, *more)
        ]
        path = self.root / f"form_{len(list(self.root.iterdir()))}.py"
        path.write_text("".join([MARIMO.format(theme=self.theme), *cells]))
        page = self.new_page(**context)
        page.goto(f"{self.url}/?file={path.name}")
        form(page).first.wait_for(timeout=60_000)
        return page


FRONT_ENDS: dict[str, type[FrontEnd]] = {
    "JupyterLab": JupyterLab,
    "Notebook": Notebook,
    "Voilà": Voila,
    "marimo": Marimo,
}


def use_theme(server: FrontEnd, theme: str) -> None:
    """Let pages that are opened from now on be "light" or "dark"."""
    if isinstance(server, Jupyter):
        server.theme(f"JupyterLab {theme.capitalize()}")
    else:
        server.theme = theme  # type: ignore[attr-defined]


def fill_in(it: Locator, sandbox: Sandbox, name: str) -> None:
    """Type the connection details as a person would."""
    it.get_by_label("Server name").press_sequentially(name)
    it.get_by_label("Host", exact=True).press_sequentially(sandbox.database.host)
    it.get_by_label("Port").fill(str(sandbox.database.port))
    it.get_by_label("Password", exact=True).fill(sandbox.database.password)


def journey(it: Locator, sandbox: Sandbox, name: str, *, published: bool) -> None:
    """Register a server, test it, and find its name taken, as a person would."""
    status = it.get_by_role("status")
    register = it.get_by_role("button", name="Register")
    expect(it.get_by_text("Signed in as sandbox-user")).to_be_visible()
    expect(it.get_by_text("Sandbox: nothing leaves this machine")).to_be_visible()

    fill_in(it, sandbox, name)
    expect(it.get_by_label("Connection URL")).to_have_text(
        f"postgresql://postgres:***@127.0.0.1:{sandbox.database.port}/postgres"
    )
    register.click()
    if published:
        organization = it.get_by_label("Organization ID")
        expect(organization).to_be_focused()
        expect(organization).to_have_accessible_description(
            re.compile("asks for the organization ID")
        )
        organization.fill(sandbox.organization_id)
        register.click()
    expect(status).to_contain_text(f"Lamin has registered {name}.")
    expect(it.get_by_label("Password", exact=True)).to_have_value("")
    expect(register).to_be_focused()

    it.get_by_role("button", name="Test connection").click()
    expect(status).to_contain_text(f"Lamin can connect to {name}.")

    it.get_by_label("Password", exact=True).fill(sandbox.database.password)
    register.click()
    expect(status).to_contain_text("is already registered")
    taken = it.get_by_label("Server name")
    expect(taken).to_be_focused()
    expect(taken).to_have_attribute("aria-invalid", "true")
    expect(taken).to_have_accessible_description(re.compile("already registered"))


def axe(it: Locator) -> list[str]:
    """Return what axe-core finds wrong, or cannot decide, with every rule it has."""
    if not it.evaluate("() => 'axe' in window"):
        it.page.evaluate(AXE.read_text())
    found: list[str] = it.evaluate(RUN_AXE)
    return found


def cut_off(it: Locator) -> list[str]:
    """Return what does not fit into the form's width."""
    found: list[str] = it.evaluate(CUT_OFF)
    return found
