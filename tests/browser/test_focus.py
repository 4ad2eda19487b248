"""After an action that failed, a person can go on where the fault is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from harness import form
from playwright.sync_api import expect

if TYPE_CHECKING:
    from harness import JupyterLab
    from playwright.sync_api import Page

SOURCE = """
import os
os.environ["LAMIN_API_URL"] = "http://127.0.0.1:9"
from lamin_widgets import DbServerWidget
w = DbServerWidget(name="my-postgres-server", host="127.0.0.1", port=9, password="x")
w
"""


@pytest.fixture
def page(jupyterlab: JupyterLab) -> Page:
    return jupyterlab.open(SOURCE)


def test_what_is_typed_takes_the_place_of_what_was_wrong(page: Page) -> None:
    port = form(page).get_by_label("Port", exact=True)
    form(page).get_by_role("button", name="Diagnose").click()
    expect(port).to_be_focused()
    expect(port).to_be_in_viewport()
    expect(form(page).get_by_role("status")).to_be_in_viewport()
    page.keyboard.type("5432")
    expect(port).to_have_value("5432")


def test_who_is_in_the_field_already_goes_on_typing(
    page: Page, jupyterlab: JupyterLab
) -> None:
    it = form(page)
    port = it.get_by_label("Port", exact=True)
    port.focus()
    page.keyboard.press("End")
    jupyterlab.execute("w.diagnose()")
    expect(it.get_by_role("status")).to_contain_text("refuses connections")
    page.keyboard.type("2")
    expect(port).to_have_value("92")


def test_who_is_not_signed_in_is_led_to_the_api_key(page: Page) -> None:
    it = form(page)
    it.get_by_role("button", name="Register").click()
    expect(it.get_by_role("status")).to_contain_text("Nobody is signed in to Lamin.")
    key = it.get_by_label("API key")
    expect(key).to_be_focused()
    expect(key).to_be_in_viewport()
    expect(key).to_have_attribute("aria-invalid", "true")
    page.keyboard.type("a")
    expect(key).to_have_attribute("aria-invalid", "false")
