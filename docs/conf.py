"""Sphinx configuration. `make docs` builds offline, and warnings are errors."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import lamin_widgets

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HERE = Path(__file__).parent
# Sphinx reads only files below its own folder. Git ignores the copy.
shutil.rmtree(HERE / "tutorials", ignore_errors=True)
shutil.copytree(HERE.parent / "notebooks", HERE / "tutorials")

project = "lamin_widgets"
author = "The lamin_widgets developers"
copyright = author  # noqa: A001  # Sphinx's name
version = release = lamin_widgets.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
default_role = "code"  # `name` in a docstring
INTERNAL = "Account|Action|CauseId|OutcomeState|Sandbox|Session|Step|Transport"
nitpicky = True
nitpick_ignore_regex = [
    ("py:class", "Self|datetime"),  # traitlets on Python 3.10
    # Types of other packages: their documentation isn't available offline.
    (
        "py:.*",
        r"(t|anywidget|collections|datetime|pathlib|threading|traitlets|urllib)\..*",
    ),
    # Aliases and types that aren't part of the public API.
    ("py:(class|exc)", rf"(.*\.)?({INTERNAL})\w*"),
]
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_class_signature = "separated"
autodoc_default_options = {"exclude-members": "__new__"}
nb_execution_mode = "off"  # the tests run the tutorials
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

html_theme = "pydata_sphinx_theme"
html_title = f"lamin_widgets {release}"
html_show_sourcelink = False
html_sidebars = {"index": []}
html_theme_options = {
    "show_prev_next": False,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}


def _relink(_app: Sphinx, page: str, source: list[str]) -> None:
    """Point links between the documentation and the notebooks to the copies.

    In the repository, the notebooks are beside the documentation.
    """
    if page.startswith("tutorials/"):
        source[0] = source[0].replace("](../docs/", "](../")
    else:
        for up in ("../", "../../"):
            copies = up.removeprefix("../") + "tutorials/"
            source[0] = source[0].replace(f"]({up}notebooks/", f"]({copies}")


def setup(app: Sphinx) -> None:
    """Register the hook."""
    app.connect("source-read", _relink)
