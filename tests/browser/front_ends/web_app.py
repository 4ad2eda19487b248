"""Front ends that serve an app written in Python instead of a notebook."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from browser.front_ends.front_end import FrontEnd
from browser.page import form

if TYPE_CHECKING:
    from typing import Any

    from playwright.sync_api import Browser, Page

CELLS = '''"""Cells as a notebook runs them: the last expression is shown."""
import ast
import pathlib


def run():
    tree = ast.parse(pathlib.Path(__file__).with_name("cells.txt").read_text())
    last = tree.body.pop()
    scope = {"__name__": "cells"}
    exec(compile(tree, "cells", "exec"), scope)
    return eval(compile(ast.Expression(last.value), "cells", "eval"), scope)
'''


class WebApp(FrontEnd):
    """A server with one app, which runs the newest cells for each page.

    Attributes:
        source: The app. It shows what `cells.run()` returns.
        path: Where the server has it.
    """

    source = ""
    path = ""

    def __init__(self, browser: Browser, environ: dict[str, str] | None = None) -> None:
        super().__init__(browser, environ)
        self.app = self.root / "app.py"
        self.app.write_text(self.source)
        (self.root / "cells.py").write_text(CELLS)
        (self.root / "cells.txt").write_text('__import__("ipywidgets").HTML()')
        self.environ["PYTHONPATH"] = str(self.root)

    @abstractmethod
    def command(self) -> list[str]: ...

    def open(
        self, source: str, *more: str, theme: str = "light", **context: Any
    ) -> Page:
        (self.root / "cells.txt").write_text("\n".join((source, *more)))
        page = self.new_page(color_scheme=theme, **context)
        self.prepare(page, theme)
        page.goto(f"{self.url}{self.path}")
        form(page).first.wait_for(timeout=60_000)
        return page

    def prepare(self, page: Page, theme: str) -> None:
        """Prepare a page before it loads the app."""
