"""The tutorials and a sandbox of their own, as they break it and take names in it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from nbclient import NotebookClient

from lamin_widgets.sandbox import Sandbox
from lamin_widgets.sandbox.process import sign_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.fixture(scope="module")
def tutorial_sandbox() -> Iterator[Sandbox]:
    with Sandbox(check_timeout_s=2) as box:
        sign_in(box)
        yield box


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """Run a tutorial as Jupyter does; give the text that each cell has put out.

    A keyword is the id of a cell, and holds what the person does just before it.
    """

    def run_it(name: str, environ: dict[str, str], **before: str) -> dict[str, str]:
        notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
        for cell_id, code in before.items():
            at = [cell.id for cell in notebook.cells].index(cell_id)
            extra = nbformat.v4.new_code_cell(code, id=f"before-{cell_id}")
            notebook.cells.insert(at, extra)
        client = NotebookClient(
            notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}
        )
        client.execute(env={**os.environ, **environ})
        return {cell.id: put_out(cell) for cell in notebook.cells}

    return run_it


def put_out(cell: nbformat.NotebookNode) -> str:
    outputs = cell.get("outputs", [])
    texts = [o.get("text") or o.get("data", {}).get("text/plain", "") for o in outputs]
    return "\n".join(texts)
