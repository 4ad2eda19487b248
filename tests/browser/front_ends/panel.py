"""Panel, which shows widgets with ipywidgets_bokeh and can't carry binary messages."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from browser.front_ends.web_app import WebApp

if TYPE_CHECKING:
    from playwright.sync_api import Page

ANYWIDGET = Path(sys.prefix, "share/jupyter/nbextensions/anywidget/index.js")


class Panel(WebApp):
    """Panel 1."""

    name = "Panel"
    path = "/app"
    source = """
import cells
import panel

panel.extension("ipywidgets")
panel.pane.IPyWidget(cells.run()).servable()
"""

    def command(self) -> list[str]:
        return [
            *("panel", "serve", str(self.app), "--address=127.0.0.1"),
            *(f"--port={self.port}", f"--allow-websocket-origin=127.0.0.1:{self.port}"),
        ]

    def prepare(self, page: Page, theme: str) -> None:
        """Serve anywidget and the icons, which Panel loads from the network."""
        del theme
        page.route("https://**", lambda route: route.fulfill(body=""))
        page.route(
            "https://unpkg.com/anywidget@*/**",
            lambda route: route.fulfill(path=ANYWIDGET, content_type="text/javascript"),
        )
