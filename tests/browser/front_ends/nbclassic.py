"""The classic notebook, with Bootstrap 3 and its own widget manager."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nbformat
from browser.front_ends.jupyter import JupyterServer, notebook_of
from browser.page import form

if TYPE_CHECKING:
    from typing import Any

    from playwright.sync_api import Page

READY_KERNEL = """() => window.Jupyter?.notebook?._fully_loaded
  && Jupyter.notebook.kernel?.info_reply?.implementation
  && Jupyter.notebook.kernel.widget_manager && Jupyter.notebook.kernel.id"""
"""The id of the kernel, after it and its widget manager are ready."""
LOAD_WIDGETS = "() => Jupyter.notebook.kernel.widget_manager._loadFromKernel()"


class NbClassic(JupyterServer):
    """nbclassic 1: the notebook as it was before version 7. It has no dark theme."""

    name = "nbclassic"
    app = "nbclassic"

    def open(
        self, source: str, *more: str, theme: str = "light", **context: Any
    ) -> Page:
        del theme
        self.notebook = self.new_file(".ipynb")
        nbformat.write(notebook_of(source, *more), self.notebook)
        page = self.new_page(**context)
        page.goto(f"{self.url}/nbclassic/notebooks/{self.notebook.name}")
        ready = page.wait_for_function(READY_KERNEL, timeout=60_000)
        self.remember_kernel(ready.json_value())
        # RequireJS gives up after 7 s, which a busy machine can need for a module.
        page.evaluate("() => requirejs.config({ waitSeconds: 120 })")
        # After the manager has loaded the kernel's widgets, it draws each output again.
        # It would hide the form if the cell had run by then.
        page.evaluate(LOAD_WIDGETS)
        page.evaluate("() => void Jupyter.notebook.execute_all_cells()")
        form(page).first.wait_for(timeout=60_000)
        return page

    def save(self, page: Page) -> str:
        """Save the notebook, and return the contents of the file."""
        page.evaluate("() => Jupyter.notebook.save_notebook()")
        return self.notebook.read_text(encoding="utf-8")
