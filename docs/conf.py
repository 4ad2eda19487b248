"""How Sphinx builds the documentation: `make docs`, offline, warnings are errors."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import lamin_widgets

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
# Sphinx reads below its own folder only; git ignores the copy.
shutil.copytree(HERE.parent / "notebooks", HERE / "tutorials", dirs_exist_ok=True)

project = "lamin_widgets"
author = "The lamin_widgets developers"
copyright = author  # noqa: A001 - Sphinx calls it so
version = release = lamin_widgets.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "failures",  # docs/failures.py
    "layers",  # docs/layers.py
]
exclude_patterns = ["_build"]
default_role = "code"  # `name` in a docstring
nitpicky = True
nitpick_ignore_regex = [
    ("py:class", "Self"),  # traitlets on Python 3.10
    # Types of other packages: their documentation is not at hand offline.
    (
        "py:.*",
        r"(t|anywidget|collections|datetime|pathlib|threading|traitlets|urllib)\..*",
    ),
    # Seams and aliases that are no part of the public API.
    (
        "py:(class|exc)",
        r"(.*\.)?(Account|Action|SandboxError|Session|State|Step|StepState|Transport)",
    ),
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
FLAT = ("index", "api", "failures", "security", "architecture")
html_sidebars = {page: [] for page in FLAT}
html_theme_options = {
    "show_prev_next": False,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
