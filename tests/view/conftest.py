"""Pages of one browser for the tests of the view."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Error, Page

VIEWPORT = {"width": 800, "height": 900}


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One context for all pages on which time passes."""
    opened = browser.new_context(viewport=VIEWPORT)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def shared_page(context: BrowserContext) -> Page:
    """The page that all tests share, because a new page is slower."""
    return context.new_page()


@pytest.fixture
def page(shared_page: Page) -> Iterator[Page]:
    """An empty page. An error in its script fails the test."""
    shared_page.goto("about:blank")
    yield from _without_errors(shared_page)


@pytest.fixture
def timed_page(browser: Browser) -> Iterator[Page]:
    """An empty page on which time stands still until the test moves it.

    It has its own context, because the clock of a page is that of its context. On other
    pages of the context, scripts that wait would wait forever.
    """
    own = browser.new_context(viewport=VIEWPORT)
    own.clock.install(time="2026-01-01T10:00:00")
    own.clock.pause_at("2026-01-01T11:00:00")
    yield from _without_errors(own.new_page())
    own.close()


def _without_errors(page: Page) -> Iterator[Page]:
    errors: list[Error] = []

    def remember(error: Error) -> None:
        errors.append(error)

    page.on("pageerror", remember)
    yield page
    page.remove_listener("pageerror", remember)
    assert not errors
