"""One browser and one server of each front end for all tests of this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from front_ends import use_theme
from harness import JupyterLab

from lamin_widgets.sandbox.process import sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from lamin_widgets.sandbox import Sandbox


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


@pytest.fixture(scope="session")
def signed_in_server(browser: Browser, sandbox: Sandbox) -> Iterator[JupyterLab]:
    sign_in(sandbox)
    with JupyterLab(browser, sandbox.environ) as server:
        yield server


@pytest.fixture
def clean_lab(signed_in_server: JupyterLab) -> Iterator[JupyterLab]:
    """JupyterLab without a page, light, and signed in to the sandbox."""
    yield signed_in_server
    signed_in_server.close_pages()
    use_theme(signed_in_server, "light")
