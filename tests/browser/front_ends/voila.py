"""Voilà: a notebook as a page, with a kernel for each visitor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from browser.front_ends.jupyter import JupyterServer, notebook_of
from browser.page import form

if TYPE_CHECKING:
    from typing import Any

    from playwright.sync_api import Browser, Page


class Voila(JupyterServer):
    """Voilà 0.5. It runs a notebook for each visitor, and shows the outputs."""

    name = "Voilà"
    app = "voila"

    def __init__(self, browser: Browser, environ: dict[str, str] | None = None) -> None:
        super().__init__(browser, environ)
        Path(self.environ["JUPYTER_RUNTIME_DIR"]).mkdir()

    def command(self) -> list[str]:
        return [
            *(self.app, str(self.root), "--no-browser", "--Voila.ip=127.0.0.1"),
            *(f"--port={self.port}", "--Voila.port_retries=0"),
            f"--Voila.connection_dir_root={self.environ['JUPYTER_RUNTIME_DIR']}",
            "--VoilaConfiguration.allow_theme_override=YES",
        ]

    def open(
        self, source: str, *more: str, theme: str = "light", **context: Any
    ) -> Page:
        self.notebook = self.new_file(".ipynb")
        nbformat.write(notebook_of(source, *more), self.notebook)
        return self.visit(theme=theme, **context)

    def visit(self, *, theme: str = "light", **context: Any) -> Page:
        """Return the page of another visitor of the newest notebook."""
        before = self.connection_files()
        page = self.new_page(**context)
        query = f"theme={theme}&voila-theme={theme}"
        page.goto(f"{self.url}/voila/render/{self.notebook.name}?{query}")
        form(page).first.wait_for(timeout=60_000)
        self.new_kernel(before)
        return page

    def close_pages(self) -> None:
        """Close every page. The kernels end with the server."""
        self.close_contexts()
