"""VS Code's own widget manager, on a page that a Jupyter server serves."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from browser.front_ends.jupyter import JupyterServer
from browser.page import form

if TYPE_CHECKING:
    from typing import Any

    from playwright.sync_api import Page

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
PAGE = HERE / "vscode_page"


class VSCode(JupyterServer):
    """The widget manager of VS Code's Jupyter extension, without the editor.

    The server is that of the classic notebook, because it serves the scripts of widgets
    from the folders for notebook extensions.
    """

    name = "VS Code"
    app = "nbclassic"

    def command(self) -> list[str]:
        self.build()
        return super().command()

    def build(self) -> None:
        """Bundle the page's script with esbuild."""
        built = Path(self.environ["JUPYTER_DATA_DIR"], "nbextensions", "vscode")
        built.mkdir(parents=True)
        for path in (PAGE / "index.html", PAGE / "style.css"):
            shutil.copy(path, built)
        shutil.copy(MODULES / "requirejs" / "require.js", built)
        esbuild = MODULES / ".bin" / "esbuild"
        options = ("--bundle", "--format=esm", "--log-level=error")
        subprocess.run(
            [esbuild, PAGE / "page.js", *options, f"--outfile={built / 'page.js'}"],
            check=True,
        )

    def open(
        self, source: str, *more: str, theme: str = "light", **context: Any
    ) -> Page:
        before = self.connection_files()
        page = self.new_page(**context)
        page.goto(f"{self.url}/nbextensions/vscode/index.html")
        page.wait_for_function("() => window.run")
        page.evaluate(
            "([sources, theme]) => window.run(sources, theme)",
            [[source, *more], f"vscode-{theme}"],
        )
        self.new_kernel(before)
        form(page).first.wait_for(timeout=60_000)
        return page
