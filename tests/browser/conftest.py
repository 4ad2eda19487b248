"""One browser and one server of each front end for all tests of this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from harness import JupyterLab

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder, so that ``-m "not browser"`` leaves it out."""
    for item in items:
        if item.path.is_relative_to(__file__.rsplit("/", 1)[0]):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def jupyterlab_server(browser: Browser) -> Iterator[JupyterLab]:
    with JupyterLab(browser) as server:
        yield server


@pytest.fixture
def jupyterlab(jupyterlab_server: JupyterLab) -> Iterator[JupyterLab]:
    yield jupyterlab_server
    jupyterlab_server.close_pages()
