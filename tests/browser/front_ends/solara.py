"""Solara: a web app made of widgets, on a page that Vuetify styles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from browser.front_ends.web_app import WebApp

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


class Solara(WebApp):
    """Solara 1."""

    name = "Solara"
    source = """
import cells
import solara


@solara.component
def Page():
    solara.display(solara.use_memo(cells.run, []))
"""

    def __init__(self, browser: Browser, environ: dict[str, str] | None = None) -> None:
        super().__init__(browser, environ)
        self.environ["SOLARA_TELEMETRY_MIXPANEL_ENABLE"] = "False"

    def command(self) -> list[str]:
        return [
            *("solara", "run", str(self.app), "--no-open", "--production"),
            *("--host=127.0.0.1", f"--port={self.port}"),
        ]

    def prepare(self, page: Page, theme: str) -> None:
        page.add_init_script(
            f"localStorage.setItem(':solara:theme.variant', '\"{theme}\"')"
        )
