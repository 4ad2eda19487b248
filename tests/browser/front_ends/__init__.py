"""Front ends that tests run for real, each a class with one way to start it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from browser.front_ends.jupyter import JupyterLab, Notebook
from browser.front_ends.jupyterhub import JupyterHub
from browser.front_ends.marimo import Marimo
from browser.front_ends.nbclassic import NbClassic
from browser.front_ends.shiny import Shiny
from browser.front_ends.solara import Solara
from browser.front_ends.voila import Voila
from browser.front_ends.vscode import VSCode

if TYPE_CHECKING:
    from browser.front_ends.front_end import FrontEnd

FRONT_ENDS: dict[str, type[FrontEnd]] = {
    each.name: each
    for each in (
        JupyterLab,
        Notebook,
        NbClassic,
        VSCode,
        Voila,
        Marimo,
        Solara,
        Shiny,
        JupyterHub,
    )
}
"""Front ends in which the form works, by the name that their users know."""
