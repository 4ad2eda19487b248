"""Exported pages without a kernel, which show help in place of the form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from browser.front_ends.jupyter import notebook_of
from browser.page import form
from doubles.kernels import unix_sockets
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from playwright.sync_api import expect

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

SOURCE = """
import lamin_widgets as lw
lw.DbServerWidget(host="db.example.org", password="-".join(("kestrel", "Zq7")))
"""
NO_KERNEL = "This page has no kernel, so it can't show the form."


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Exports of an executed notebook, with and without widget state."""
    folder = tmp_path_factory.mktemp("exported")
    notebook = notebook_of(SOURCE)
    with unix_sockets() as config:
        NotebookClient(notebook, store_widget_state=True, config=config).execute()
    pages = {}
    for name in ("with state", "without state"):
        if name == "without state":
            del notebook.metadata["widgets"]
        text, _ = HTMLExporter().from_notebook_node(notebook)
        pages[name] = folder / f"{name}.html"
        pages[name].write_text(text, encoding="utf-8")
    return pages


@pytest.mark.parametrize("name", ["with state", "without state"])
def test_export_shows_an_explanation_offline(
    exported: dict[str, Path], browser: Browser, name: str
) -> None:
    text = exported[name].read_text(encoding="utf-8")
    assert "kestrel-Zq7" not in text
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(exported[name].as_uri())
    expect(form(page)).to_have_count(0)
    expect(page.get_by_text(NO_KERNEL)).to_be_visible()
    context.close()
