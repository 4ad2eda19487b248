"""A sandbox for the tutorials, and a function that runs one of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from doubles.kernels import unix_sockets
from nbclient import NotebookClient

from lamin_widgets.sandbox import Sandbox
from lamin_widgets.sandbox.process import sign_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.fixture(scope="module")
def tutorial_sandbox() -> Iterator[Sandbox]:
    """Start a separate sandbox, because tutorials break it and register names."""
    with Sandbox(check_timeout_s=2) as box:
        sign_in(box)
        yield box


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """Return a function that runs a tutorial and returns the text of each cell.

    A keyword argument is the id of a cell, and its value runs just before that cell.
    """

    def run_it(name: str, environ: dict[str, str], **before: str) -> dict[str, str]:
        notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
        for cell_id, code in before.items():
            at = [cell.id for cell in notebook.cells].index(cell_id)
            extra = nbformat.v4.new_code_cell(code, id=f"before-{cell_id}")
            notebook.cells.insert(at, extra)
        resources = {"metadata": {"path": str(tmp_path)}}
        with unix_sockets() as config:
            client = NotebookClient(
                notebook, timeout=120, resources=resources, config=config
            )
            client.execute(env={**os.environ, **environ})
        return {cell.id: _text(cell) for cell in notebook.cells}

    return run_it


def _text(cell: nbformat.NotebookNode) -> str:
    texts = []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        shown = data.get("text/markdown") or data.get("text/plain", "")
        texts.append(output.get("text") or shown)
    return "\n".join(texts)
