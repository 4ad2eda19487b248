"""The form for everybody: screen readers, keyboards, other colours, large text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from front_ends import FOCUSED, axe, cut_off, fill_in, use_theme
from harness import RESTART, JupyterLab, form
from playwright.sync_api import expect

if TYPE_CHECKING:
    from lamin_widgets.sandbox import Sandbox

SOURCE = "import lamin_widgets as lw; w = lw.DbServerWidget(); w"
DISCLOSURES = [
    *("Paste a connection string", "Advanced", "Details", "Activity", "Show code"),
    *("Allow-list", "Create an instance"),
]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state(
    clean_lab: JupyterLab, breakable: Sandbox, server_name: str, theme: str
) -> None:
    """Empty, errors, in progress, failed, succeeded, stale, all open."""
    use_theme(clean_lab, theme)
    page = clean_lab.open(SOURCE)
    it = form(page)
    status = it.get_by_role("status")
    found: dict[str, list[str]] = {}
    expect(it.get_by_text("Signed in as")).to_be_visible()
    found["empty"] = axe(it)

    it.get_by_role("button", name="Register").click()
    expect(status).to_contain_text("Enter a name")
    it.get_by_label("Host", exact=True).fill("https://db.example.org:5432/x")
    it.get_by_label("Server name").fill("a name")
    it.get_by_label("Server name").blur()
    expect(it.get_by_role("button", name="Use a-name")).to_be_visible()
    found["errors"] = axe(it)

    it.get_by_label("Server name").fill("")
    it.get_by_label("Host", exact=True).fill("")
    fill_in(it, breakable, server_name)
    breakable.api.fault(silent=True, times=None)
    it.get_by_role("button", name="Test connection").click()
    expect(it.get_by_role("button", name="Cancel")).to_be_visible()
    found["in progress"] = axe(it)
    it.get_by_role("button", name="Cancel").click()
    expect(it.get_by_role("button", name="Cancel")).to_be_hidden()
    found["cancelled"] = axe(it)
    breakable.reset()

    it.get_by_role("button", name="Test connection").click()
    expect(status).to_contain_text("knows no server")
    found["failed"] = axe(it)

    it.get_by_role("button", name="Register").click()
    expect(status).to_contain_text("has registered")
    it.get_by_role("button", name="Test connection").click()
    expect(status).to_contain_text("can connect")
    found["succeeded"] = axe(it)
    it.get_by_label("Password", exact=True).fill(breakable.database.password)
    it.get_by_role("button", name="Diagnose").click()
    expect(it.get_by_role("list", name="Steps")).to_be_visible()
    found["diagnosed"] = axe(it)

    for name in DISCLOSURES:
        it.get_by_role("button", name=name, exact=True).click()
    clean_lab.execute("w.panels = [*w.panels, 'sign_in']")
    expect(it.get_by_label("API key")).to_be_visible()
    expect(it.get_by_role("group", name="Show code")).to_be_visible()
    found["everything open"] = axe(it)
    it.get_by_label("Host", exact=True).fill("other.example.org")
    expect(status).to_contain_text("From before the last change")
    found["stale"] = axe(it)
    assert not any(found.values()), found
    it.evaluate("root => root.parentElement.style.width = '320px'")
    assert cut_off(it) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_a_form_that_has_lost_its_kernel(
    clean_lab: JupyterLab, theme: str
) -> None:
    use_theme(clean_lab, theme)
    page = clean_lab.open(SOURCE)
    page.evaluate(RESTART)
    expect(form(page).get_by_role("status")).to_contain_text("lost its kernel")
    assert axe(form(page)) == []


def test_the_whole_way_by_keyboard_alone(
    clean_lab: JupyterLab, sandbox: Sandbox, server_name: str
) -> None:
    page = clean_lab.open(SOURCE)
    it, keyboard = form(page), page.keyboard
    status = it.get_by_role("status")

    def go(role: str, name: str) -> None:
        target = (
            it.get_by_label(name, exact=True)
            if role == "field"
            else it.get_by_role("button", name=name, exact=True)
        )
        for _ in range(30):
            if target.evaluate("it => it === it.getRootNode().activeElement"):
                break
            keyboard.press("Tab")
            outline = page.evaluate(f"getComputedStyle({FOCUSED}).outlineStyle")
            assert outline == "solid", "the focus cannot be seen"
        expect(target).to_be_focused()

    expect(it.get_by_text("Signed in as")).to_be_visible()
    it.get_by_role("button", name="Paste a connection string").focus()
    go("button", "Register")
    keyboard.press("Enter")
    expect(it.get_by_label("Server name")).to_be_focused()
    keyboard.type(server_name)
    go("field", "Host")
    keyboard.type(sandbox.database.host)
    go("field", "Port")
    keyboard.press("Control+a")
    keyboard.type(str(sandbox.database.port))
    keyboard.press("Enter")  # sends nothing
    go("field", "Password")
    keyboard.type(sandbox.database.password)
    go("button", "Show password")
    keyboard.press("Space")
    expect(it.get_by_label("Password", exact=True)).to_have_attribute("type", "text")
    go("button", "Register")
    keyboard.press("Space")
    expect(status).to_contain_text(f"Lamin has registered {server_name}.")
    go("button", "Test connection")
    keyboard.press("Enter")
    expect(status).to_contain_text(f"Lamin can connect to {server_name}.")
    go("button", "Show code")
    keyboard.press("Enter")
    expect(it.get_by_role("group", name="Show code")).to_be_visible()
    expect(it.get_by_role("button", name="Show code")).to_be_focused()


def test_the_focus_is_never_lost(
    clean_lab: JupyterLab, breakable: Sandbox, server_name: str
) -> None:
    """What is pressed and then goes away hands the focus to what is next to it."""
    page = clean_lab.open(SOURCE)
    it = form(page)
    fill_in(it, breakable, server_name)
    page.keyboard.press("Tab")
    it.get_by_role("button", name="Forget password").click()
    expect(it.get_by_label("Password", exact=True)).to_be_focused()
    it.get_by_label("Password", exact=True).fill(breakable.database.password)
    breakable.api.fault(silent=True, times=None)
    it.get_by_role("button", name="Register").click()
    expect(it.get_by_role("button", name="Cancel")).to_be_visible()
    expect(it.get_by_role("button", name="Register")).to_be_focused()
    it.get_by_role("button", name="Cancel").click()
    expect(it.get_by_role("button", name="Cancel")).to_be_hidden()
    expect(it.get_by_role("button", name="Register")).to_be_focused()
    breakable.reset()
    it.get_by_role("button", name="Paste a connection string").click()
    it.get_by_label("Connection string", exact=True).fill(
        f"host={breakable.database.host} port={breakable.database.port} user=postgres"
    )
    it.get_by_role("button", name="Diagnose").click()
    expect(it.get_by_role("list", name="Steps")).to_be_visible()
    expect(it.get_by_role("button", name="Diagnose")).to_be_focused()
    clean_lab.execute("w.panels = [*w.panels, 'sign_in']")
    key = it.get_by_label("API key")
    key.fill("sL4wren-is-no-key")
    it.get_by_role("button", name="Sign in").click()
    expect(key).to_have_attribute("aria-invalid", "true")
    expect(key).to_be_focused()
    key.fill(breakable.api_key)
    expect(key).to_have_attribute("aria-invalid", "false")
    it.get_by_role("button", name="Sign in").click()
    expect(it.get_by_role("status")).to_contain_text(re.compile("[Ss]igned in"))
    expect(it.get_by_role("button", name="Sign in")).to_be_hidden()
    assert page.evaluate(f"{FOCUSED}.closest('.lamin-db') !== null")


def test_people_may_want_less_motion_other_colours_and_larger_text(
    clean_lab: JupyterLab, breakable: Sandbox, server_name: str
) -> None:
    # 200 % zoom of a window of 1280 pixels
    page = clean_lab.open(
        SOURCE, viewport={"width": 640, "height": 500}, device_scale_factor=2
    )
    it = form(page)
    fill_in(it, breakable, server_name)
    breakable.api.fault(silent=True, times=None)
    it.get_by_role("button", name="Register").click()
    icon = it.locator(".icon.running")
    assert icon.evaluate("it => getComputedStyle(it).animationName") != "none"
    page.emulate_media(reduced_motion="reduce")
    assert icon.evaluate("it => getComputedStyle(it).animationName") == "none"
    page.emulate_media(forced_colors="active")
    assert icon.evaluate("it => getComputedStyle(it).borderStyle") == "solid"
    page.keyboard.press("Tab")
    test = it.get_by_role("button", name="Test connection")
    assert test.evaluate("it => getComputedStyle(it).outlineStyle") == "solid"
    assert axe(it) == []
    assert cut_off(it) == []
    assert page.evaluate("innerWidth >= document.documentElement.scrollWidth")
