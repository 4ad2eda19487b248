"""What a person does while something else happens is not undone, nor done twice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from front_ends import fill_in
from harness import JupyterLab, form, wait_for
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from lamin_widgets.sandbox import Sandbox

SOURCE = "import lamin_widgets as lw; w = lw.DbServerWidget(); w"


def is_held(lab: JupyterLab, password: str) -> None:
    held = "w._controller._password.secret"
    wait_for(lambda: lab.evaluate(f"{held} and {held}.reveal()") == password, password)


def password_of(it: Locator) -> Locator:
    return it.get_by_label("Password", exact=True)


def test_the_next_password_is_typed_while_lamin_takes_the_first(
    clean_lab: JupyterLab, breakable: Sandbox, server_name: str
) -> None:
    page = clean_lab.open(SOURCE)
    it = form(page)
    fill_in(it, breakable, server_name)
    breakable.api.fault(delay_s=1)
    it.get_by_role("button", name="Register").click()
    password_of(it).select_text()
    page.keyboard.type("correct-")
    expect(it.get_by_role("status")).to_contain_text("has registered")
    page.keyboard.type("horse")
    expect(password_of(it)).to_have_value("correct-horse")
    it.get_by_role("button", name="Diagnose").click()
    is_held(clean_lab, "correct-horse")


def test_a_sign_in_that_ends_meanwhile_leaves_a_password_alone(
    clean_lab: JupyterLab,
) -> None:
    page = clean_lab.open(SOURCE)
    it = form(page)
    expect(it.get_by_text("Signed in as")).to_be_visible()
    password_of(it).click()
    page.keyboard.type("correct-")
    clean_lab.execute("w.sign_in('no such key')")
    expect(it.get_by_role("status")).to_contain_text("API key")
    password_of(it).click()
    page.keyboard.press("End")
    page.keyboard.type("horse")
    page.keyboard.press("Tab")
    is_held(clean_lab, "correct-horse")


def test_forget_password_leaves_an_api_key_alone(clean_lab: JupyterLab) -> None:
    page = clean_lab.open(SOURCE)
    it = form(page)
    clean_lab.execute("w.set_password('x'); w.panels = ['sign_in']")
    it.get_by_label("API key").fill("half-a-")
    it.get_by_role("button", name="Forget password").click()
    wait_for(lambda: clean_lab.evaluate("not w.has_password"), "it is forgotten")
    expect(it.get_by_label("API key")).to_have_value("half-a-")


def test_enter_in_the_api_key_signs_in(clean_lab: JupyterLab) -> None:
    """It is the only field beside its button; elsewhere Enter sends nothing."""
    page = clean_lab.open(SOURCE)
    it = form(page)
    clean_lab.execute("w.panels = ['sign_in']")
    it.get_by_label("Server name").press("Enter")
    it.get_by_label("API key").fill("not-a-key-of-the-sandbox")
    page.keyboard.press("Enter")
    expect(it.get_by_role("status")).to_contain_text("does not know this API key")
    assert clean_lab.evaluate("len(w.activity)") == 1


def test_a_refused_entry_stops_the_press_that_ended_it(
    clean_lab: JupyterLab, breakable: Sandbox, server_name: str
) -> None:
    """Typed into Host, and straight to Register: the host before it is not sent."""
    page = clean_lab.open(SOURCE)
    it = form(page)
    fill_in(it, breakable, server_name)
    it.get_by_label("Host", exact=True).fill("bob:zq7x@db.example.org")
    it.get_by_role("button", name="Register").click()
    expect(it.get_by_role("status")).to_contain_text("requires the user postgres")
    expect(it.get_by_label("Host", exact=True)).to_be_focused()
    assert clean_lab.evaluate("w.facts['registered']['state']") == "not checked"


def test_a_double_click_registers_once_however_fast_lamin_is(
    clean_lab: JupyterLab, breakable: Sandbox, server_name: str
) -> None:
    it = form(clean_lab.open(SOURCE))
    fill_in(it, breakable, server_name)
    it.get_by_role("button", name="Register").dblclick()
    expect(it.get_by_role("status")).to_contain_text("has registered")
    it.get_by_role("button", name="Test connection").click()
    expect(it.get_by_role("status")).to_contain_text("can connect")
    actions = clean_lab.evaluate("[entry['action'] for entry in w.activity]")
    assert actions == ["Test connection", "Register"]


def test_a_menu_that_keeps_the_release_of_the_mouse_holds_nothing_up(
    clean_lab: JupyterLab,
) -> None:
    """As the native menu of a right click does."""
    page = clean_lab.open(SOURCE)
    it = form(page)
    it.get_by_label("Host", exact=True).hover()
    page.mouse.down(button="right")
    clean_lab.execute("w.name = 'from-python'")
    expect(it.get_by_label("Server name")).to_have_value("from-python")
    page.mouse.up(button="right")


def test_user_and_password_in_the_host_never_become_state(
    clean_lab: JupyterLab,
) -> None:
    page = clean_lab.open(SOURCE)
    it = form(page)
    clean_lab.execute("seen = []; w.observe(lambda change: seen.append(change.new))")
    host = it.get_by_label("Host", exact=True)
    host.click()
    host.press_sequentially("bob:zq7x@db.example.org", delay=60)
    expect(host).to_have_value("bob:zq7x@db.example.org")
    page.keyboard.press("Tab")
    expect(host).to_have_attribute("aria-invalid", "true")
    expect(host).to_have_accessible_description(
        re.compile("requires the user postgres")
    )
    assert "zq7" not in clean_lab.evaluate("repr(seen) + repr(w.get_state())")
