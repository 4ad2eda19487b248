"""While something is being done, and when it goes wrong: calm, and never twice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from front_ends import fill_in
from harness import RESTART, JupyterLab, form, wait_for
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from lamin_widgets.sandbox import Sandbox

SOURCE = "import lamin_widgets as lw; w = lw.DbServerWidget(); w"
LOST = "This form has lost its kernel. Run its cell again, and those above it"


def posts(sandbox: Sandbox) -> int:
    """Return how many servers the API was asked to register."""
    return sum(each.path == "/db/server/register" for each in sandbox.api.requests)


def tops(it: Locator) -> list[float]:
    """Return how far down the fields and the action buttons are, in pixels."""
    names = ("Register", "Test connection", "Diagnose", "Show password")
    buttons = [it.get_by_role("button", name=name) for name in names]
    boxes = [each.bounding_box() for each in buttons]
    return [box["y"] for box in boxes if box]


def ended(it: Locator) -> None:
    expect(it.get_by_role("button", name="Cancel")).to_be_hidden(timeout=15_000)


def test_a_double_click_sends_one_request_and_nothing_jumps(
    clean_lab: JupyterLab, breakable: Sandbox, server_name: str
) -> None:
    it = form(clean_lab.open(SOURCE))
    fill_in(it, breakable, server_name)
    before, sent = tops(it), posts(breakable)
    breakable.api.fault(delay_s=4.5)
    it.get_by_role("button", name="Register").dblclick()
    expect(it.get_by_role("button", name="Cancel")).to_be_visible()
    during = tops(it)
    expect(it.get_by_text(re.compile("^[01] s$"))).to_be_visible()
    expect(it.get_by_text(re.compile("^[234] s$"))).to_be_visible()
    expect(it.get_by_role("status")).to_contain_text("has registered")
    password = it.get_by_label("Password", exact=True)  # dropped, which is no mistake
    expect(password).to_have_attribute("aria-invalid", "false")
    assert before == during == tops(it)
    it.get_by_role("button", name="Test connection").click()
    expect(it.get_by_role("status")).to_contain_text("can connect")
    assert tops(it) == before
    it.get_by_label("Password", exact=True).fill(breakable.database.password)
    it.get_by_role("button", name="Diagnose").click()
    expect(it.get_by_role("list", name="Steps")).to_be_visible()
    ended(it)
    assert tops(it) == before
    assert posts(breakable) == sent + 1


def test_two_views_pressed_at_once_send_one_request(
    clean_lab: JupyterLab, breakable: Sandbox, server_name: str
) -> None:
    page = clean_lab.open(SOURCE, "w")
    both = form(page)
    expect(both).to_have_count(2)
    fill_in(both.first, breakable, server_name)
    page.keyboard.press("Tab")
    expect(both.last.get_by_role("button", name="Forget password")).to_be_visible()
    sent = posts(breakable)
    breakable.api.fault(delay_s=0.5)
    both.evaluate_all("""all => all.forEach(form => [...form.querySelectorAll("button")]
      .find(button => button.textContent === "Register").click())""")
    for status in both.get_by_role("status").all():
        expect(status).to_contain_text("has registered")
    assert posts(breakable) == sent + 1


def test_cancel_ends_the_wait_for_a_server_that_never_answers(
    clean_lab: JupyterLab, breakable: Sandbox, server_name: str
) -> None:
    it = form(clean_lab.open(SOURCE))
    status = it.get_by_role("status")
    fill_in(it, breakable, server_name)
    breakable.api.fault(silent=True, times=None)
    it.get_by_role("button", name="Register").click()
    it.get_by_role("button", name="Cancel").click()
    ended(it)
    expect(status).to_contain_text(re.compile("[Cc]ancel|[Uu]nknown|may"))
    breakable.reset()
    it.get_by_role("button", name="Register").click()
    expect(status).to_contain_text("has registered")


def test_the_next_button_is_the_one_in_colour(
    clean_lab: JupyterLab, breakable: Sandbox, server_name: str
) -> None:
    it = form(clean_lab.open(SOURCE))
    status, coloured = it.get_by_role("status"), it.locator("button.primary")
    fill_in(it, breakable, server_name)
    for name, said in (
        ("Diagnose", "is reachable"),
        ("Register", "has registered"),
        ("Test connection", "can connect"),
    ):
        expect(coloured).to_have_text(name)
        coloured.click()
        expect(status).to_contain_text(said)
    expect(coloured).to_have_count(0)


def test_a_button_shows_the_messages_of_the_fields_it_needs(
    clean_lab: JupyterLab,
) -> None:
    it = form(clean_lab.open(SOURCE))
    clean_lab.execute("w.next_step = True; w.panels = ['instance']")
    it.get_by_role("button", name="Test connection").click()
    expect(it.get_by_label("Server name")).to_be_focused()
    invalid = it.locator("[aria-invalid=true]")
    expect(invalid).to_have_count(1)
    it.get_by_role("button", name="Register").click()
    expect(invalid).to_have_count(3)
    expect(it.get_by_label("Instance name")).to_have_attribute("aria-invalid", "false")


def run_again(page: Page) -> None:
    """Run the cell again, as somebody does who was told to."""
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")


def test_a_kernel_restarted_in_the_middle_of_an_action(
    clean_lab: JupyterLab, breakable: Sandbox, server_name: str
) -> None:
    page = clean_lab.open(SOURCE)
    it = form(page)
    fill_in(it, breakable, server_name)
    breakable.api.fault(silent=True, times=None)
    it.get_by_role("button", name="Register").click()
    expect(it.get_by_role("button", name="Cancel")).to_be_visible()
    page.evaluate(RESTART)
    expect(it.get_by_role("status")).to_contain_text(LOST)
    expect(it.get_by_role("button", name="Cancel")).to_be_hidden()
    expect(it.get_by_role("button", name="Register")).to_be_focused()
    expect(it.get_by_label("Password", exact=True)).to_have_value("")
    breakable.reset()
    run_again(page)
    expect(it.get_by_role("status")).not_to_contain_text("lost its kernel")
    fill_in(it, breakable, server_name)
    it.get_by_role("button", name="Register").click()
    expect(it.get_by_role("status")).to_contain_text("has registered")


def test_a_reloaded_page_has_the_form_as_it_was(
    clean_lab: JupyterLab, sandbox: Sandbox, server_name: str
) -> None:
    page = clean_lab.open(SOURCE)
    it = form(page)
    fill_in(it, sandbox, server_name)
    it.get_by_role("button", name="Advanced").click()
    wait_for(lambda: clean_lab.evaluate("w.has_password"), "the password")
    it.get_by_role("button", name="Diagnose").click()
    expect(it.get_by_role("list", name="Steps")).to_be_visible()
    ended(it)
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.reload()
    expect(it).to_be_visible(timeout=30_000)
    expect(it.get_by_label("Server name")).to_have_value(server_name)
    expect(it.get_by_label("API URL")).to_be_visible()
    expect(it.get_by_role("list", name="Steps")).to_be_visible()
    password = it.get_by_label("Password", exact=True)
    expect(password).to_have_value("")
    expect(password).to_have_accessible_description(re.compile("Held in memory"))
    assert sandbox.database.password not in page.content()
    it.get_by_role("button", name="Register").click()
    expect(it.get_by_role("status")).to_contain_text("has registered")
