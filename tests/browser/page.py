"""The form on a page, found and used as a user does."""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

    from lamin_widgets.sandbox import Sandbox

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium, or the one that `CHROMIUM` names."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def form(page: Page) -> Locator:
    """Return the form on a page, found as a screen reader finds it."""
    return page.get_by_role("region", name="Lamin database server")


def screenshot(locator: Locator, path: Path) -> Path:
    """Save a picture of an element, without a cursor and animations."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page, box = locator.page, locator.bounding_box()
    if box and page.viewport_size:  # A notebook clips elements that it would scroll.
        height = max(page.viewport_size["height"], round(box["height"]) + 400)
        page.set_viewport_size({**page.viewport_size, "height": height})
    locator.screenshot(path=path, animations="disabled", caret="hide")
    return path


def fill_in(it: Locator, sandbox: Sandbox, name: str) -> None:
    """Type the connection details as a user does."""
    it.get_by_label("Server name").press_sequentially(name)
    it.get_by_label("Host", exact=True).press_sequentially(sandbox.database.host)
    it.get_by_label("Port").fill(str(sandbox.database.port))
    it.get_by_label("Password", exact=True).fill(sandbox.database.password)
