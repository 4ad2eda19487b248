"""Writes the layers out of the rules that `make lint` checks, with what each module is.

In a page::

    ```{layers}
    ```
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # Sphinx brings it

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]
PROJECT = ROOT / "pyproject.toml"


def layers() -> list[list[str]]:
    """Give the modules of each layer, the highest first."""
    rules = tomllib.loads(PROJECT.read_text())["tool"]["importlinter"]["contracts"]
    contract = next(r for r in rules if r.get("containers") == ["lamin_widgets"])
    return [layer.split(" | ") for layer in contract["layers"]]


def summary(module: str) -> str:
    """Give the first line of a module's docstring."""
    path = ROOT / "lamin_widgets" / f"{module}.py"
    if not path.exists():
        path = ROOT / "lamin_widgets" / module / "__init__.py"
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n\n")[0].replace("\n", " ").replace("`", "")


class Layers(SphinxDirective):
    """A numbered list of the layers, each with its modules."""

    def run(self) -> list[nodes.Node]:
        """Return the list."""
        self.env.note_dependency(str(PROJECT))
        listed = nodes.enumerated_list(enumtype="arabic", prefix="", suffix=".")
        for layer in layers():
            modules = nodes.bullet_list()
            for module in layer:
                paragraph = nodes.paragraph("", "", nodes.literal(text=module))
                paragraph += nodes.Text(f": {summary(module)}")
                modules += nodes.list_item("", paragraph)
            listed += nodes.list_item("", modules)
        return [listed]


def setup(app: Sphinx) -> dict[str, Any]:
    """Tell Sphinx about the directive."""
    app.add_directive("layers", Layers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
