"""The same way through the form in every front end that can run here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from front_ends import FRONT_ENDS, axe, cut_off, journey, use_theme
from harness import form
from playwright.sync_api import expect

from lamin_widgets.sandbox.process import sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness import FrontEnd
    from playwright.sync_api import Browser, Page

    from lamin_widgets.sandbox import Sandbox

SOURCE = "import lamin_widgets as lw; widget = lw.DbServerWidget(api_url={!r}); widget"
CELLS = ".jp-Notebook .jp-Cell, [data-testid=cell-editor]"
BRIGHTNESS = """root => getComputedStyle(root).backgroundColor.match(/[\\d.]+/g)
  .slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3"""
NAMELESS = "root => root.append(document.createElement('button'))"


@pytest.fixture(scope="module", params=FRONT_ENDS)
def server(
    request: pytest.FixtureRequest, browser: Browser, sandbox: Sandbox
) -> Iterator[FrontEnd]:
    sign_in(sandbox)
    with FRONT_ENDS[request.param](browser, sandbox.environ) as started:
        yield started


@pytest.fixture(scope="module", params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def page(server: FrontEnd, sandbox: Sandbox, theme: str) -> Iterator[Page]:
    """One page for each front end and theme: opening it takes the time."""
    published = theme == "dark"
    api_url = sandbox.published_api_url if published else sandbox.api_url
    use_theme(server, theme)
    yield server.open(SOURCE.format(api_url))
    server.close_pages()


def test_the_front_end_does_not_get_keys_typed_in_the_form(page: Page) -> None:
    """They add, delete, run and undo cells; in the form they are text."""
    it = form(page)
    before = page.locator(CELLS).count()
    host = it.get_by_label("Host", exact=True)
    host.press_sequentially("b dd j x z")
    for key in ("Enter", "Escape", "Shift+Enter", "Control+Enter", "ArrowUp", "End"):
        page.keyboard.press(key)
    expect(host).to_be_focused()
    expect(host).to_have_value("b dd j x z")
    page.keyboard.press("Control+z")  # takes back what was typed, not a cell
    expect(host).not_to_have_value("b dd j x z")
    expect(host).to_be_focused()
    diagnose = it.get_by_role("button", name="Diagnose")
    diagnose.focus()
    for key in ("b", "d", "d", "j", "Escape", "ArrowDown"):
        page.keyboard.press(key)
    expect(diagnose).to_be_focused()
    expect(page.locator(CELLS)).to_have_count(before)
    expect(it).to_have_count(1)
    host.fill("")


def test_a_person_registers_and_tests_a_server(
    page: Page, sandbox: Sandbox, server_name: str, theme: str
) -> None:
    """In the guide's contract by day, in the published one by night."""
    journey(form(page), sandbox, server_name, published=theme == "dark")


def test_the_form_follows_the_theme_and_can_be_read(page: Page, theme: str) -> None:
    it = form(page)
    assert (it.evaluate(BRIGHTNESS) < 80) == (theme == "dark")
    assert axe(it) == []
    it.evaluate(NAMELESS)  # that nothing is found must not mean that nobody looked
    assert "button-name" in "".join(axe(it))
    it.locator("> button:last-child").evaluate("button => button.remove()")


def test_the_form_fits_into_320_pixels(page: Page) -> None:
    it = form(page)
    it.evaluate("root => root.parentElement.style.width = '320px'")
    assert cut_off(it) == []
    it.locator("input:visible").first.evaluate("it => it.style.minWidth = '400px'")
    assert cut_off(it) != []
