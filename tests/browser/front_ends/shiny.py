"""Shiny for Python, which shows widgets with shinywidgets."""

from __future__ import annotations

from browser.front_ends.web_app import WebApp


class Shiny(WebApp):
    """Shiny for Python 1. It has no dark theme."""

    name = "Shiny"
    source = """
import cells
from shiny import App, ui
from shinywidgets import output_widget, render_widget

app_ui = ui.page_fluid(output_widget("form", fillable=False))


def server(input, output, session):
    @render_widget
    def form():
        return cells.run()


app = App(app_ui, server)
"""

    def command(self) -> list[str]:
        return [
            *("shiny", "run", str(self.app)),
            *("--host=127.0.0.1", f"--port={self.port}"),
        ]
