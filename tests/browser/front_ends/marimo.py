"""marimo: a reactive notebook, which mounts the form in a shadow root."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from browser.front_ends.front_end import FrontEnd
from browser.page import form

if TYPE_CHECKING:
    from typing import Any

    from playwright.sync_api import Browser, Page

NOTEBOOK = """# /// script
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


class Marimo(FrontEnd):
    """The editor of marimo."""

    name = "marimo"

    def __init__(self, browser: Browser, environ: dict[str, str] | None = None) -> None:
        super().__init__(browser, environ)
        settings = Path(self.environ["XDG_CONFIG_HOME"], "marimo", "marimo.toml")
        settings.parent.mkdir(parents=True)
        settings.write_text("[runtime]\nauto_instantiate = true\n")

    def command(self) -> list[str]:
        return [
            *("marimo", "--quiet", "--yes", "edit", str(self.root)),
            *("--headless", "--no-token", "--skip-update-check"),
            *("--host", "127.0.0.1", "--port", str(self.port)),
        ]

    def open(
        self, source: str, *more: str, theme: str = "light", **context: Any
    ) -> Page:
        cells = [
            CELL.format(body=textwrap.indent(cell, "    ")) for cell in (source, *more)
        ]
        path = self.new_file(".py")
        path.write_text("".join([NOTEBOOK.format(theme=theme), *cells]))
        page = self.new_page(**context)
        page.goto(f"{self.url}/?file={path.name}")
        form(page).first.wait_for(timeout=60_000)
        return page
