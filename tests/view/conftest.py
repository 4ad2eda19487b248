"""A page for each test, in one browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One context for all pages."""
    opened = browser.new_context(viewport={"width": 800, "height": 900})
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """An empty page. An error in its script fails the test."""
    errors: list[Any] = []
    opened = context.new_page()
    opened.on("pageerror", lambda error: errors.extend([error]))
    yield opened
    opened.close()
    assert not errors
