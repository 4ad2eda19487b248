"""The view, as somebody with a keyboard meets it in JupyterLab."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from harness import RESTART, form, wait_for
from playwright.sync_api import expect

if TYPE_CHECKING:
    from harness import JupyterLab
    from playwright.sync_api import Locator, Page

SOURCE = """
import os
os.environ["LAMIN_API_URL"] = "http://127.0.0.1:9"
from lamin_widgets import DbServerWidget
w = DbServerWidget(name="my-postgres-server", host="db.example.org")
w
"""
SECRET = "zq7:Lm/9@vT kX"


@pytest.fixture
def page(jupyterlab: JupyterLab) -> Page:
    return jupyterlab.open(SOURCE)


def described(field: Locator) -> str:
    """Return what a screen reader adds to a field's name."""
    return field.evaluate("""input => input.getAttribute("aria-describedby").split(" ")
      .map(id => input.getRootNode().getElementById(id).textContent).join(" ")""")


def url(page: Page) -> Locator:
    return form(page).get_by_role("group", name="Connection URL")


def test_the_preview_follows_typing_within_the_same_frame(page: Page) -> None:
    text = form(page).evaluate("""root => {
      const host = [...root.querySelectorAll("label")]
        .find(label => label.textContent === "Host").control;
      host.value = "other.example.org";
      host.dispatchEvent(new InputEvent("input", { inputType: "insertText" }));
      return root.querySelector("[aria-label='Connection URL']").textContent;
    }""")
    assert text == "postgresql://postgres:***@other.example.org:5432/postgres"


def test_what_is_typed_reaches_python(page: Page, jupyterlab: JupyterLab) -> None:
    form(page).get_by_label("Host", exact=True).fill("typed.example.org")
    form(page).get_by_label("Port", exact=True).fill("6543")
    form(page).get_by_label("Region", exact=True).fill("prod-eu-central-1")
    expected = ("typed.example.org", 6543, "prod-eu-central-1")
    wait_for(
        lambda: jupyterlab.evaluate("(w.host, w.port, w.api_server_name)") == expected,
        "the typed values",
    )


def test_python_does_not_clobber_a_field_that_is_being_typed_in(
    page: Page, jupyterlab: JupyterLab
) -> None:
    host = form(page).get_by_label("Host", exact=True)
    host.fill("")
    for letter in "a-rather-long-name.example.org":
        host.press_sequentially(letter, delay=20)
    expect(host).to_have_value("a-rather-long-name.example.org")
    jupyterlab.execute("w.host = 'from-python.example.org'")
    expect(host).to_have_value("from-python.example.org")


def test_the_notebook_does_not_get_keys_typed_in_the_form(page: Page) -> None:
    """``b`` adds a cell, ``dd`` deletes one, Shift+Enter runs one: not from here."""
    prompt = page.locator(".jp-OutputArea-prompt").first.inner_text()
    host = form(page).get_by_label("Host", exact=True)
    host.fill("")
    host.press_sequentially("b dd a x z")
    for key in ("Enter", "Escape", "Shift+Enter", "Control+Enter", "ArrowUp", "End"):
        page.keyboard.press(key)
    expect(host).to_be_focused()
    expect(host).to_have_value("b dd a x z")
    register = form(page).get_by_role("button", name="Show password")
    register.focus()
    for key in ("b", "d", "d", "a", "Escape", "ArrowDown"):
        page.keyboard.press(key)
    expect(register).to_be_focused()
    expect(page.locator(".jp-Notebook .jp-Cell")).to_have_count(1)
    assert page.locator(".jp-OutputArea-prompt").first.inner_text() == prompt


def test_tab_goes_through_the_form_in_reading_order(page: Page) -> None:
    form(page).get_by_label("Server name", exact=True).focus()
    for label in ("Region", "Host", "Port", "Password"):
        page.keyboard.press("Tab")
        expect(form(page).get_by_label(label, exact=True)).to_be_focused()
    for name in ("Show password", "Advanced", "Diagnose", "Register"):
        page.keyboard.press("Tab")
        expect(form(page).get_by_role("button", name=name)).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(form(page).get_by_role("button", name="Diagnose")).to_be_focused()


def test_a_field_complains_after_it_was_left_and_not_before(page: Page) -> None:
    port = form(page).get_by_label("Port", exact=True)
    port.fill("54x")
    wait_for(lambda: "54x" in url(page).inner_text(), "the preview")
    expect(port).to_have_attribute("aria-invalid", "false")
    port.blur()
    expect(port).to_have_attribute("aria-invalid", "true")
    assert "65535" in described(port)
    port.fill("5432")
    expect(port).to_have_attribute("aria-invalid", "false")


def test_a_correction_is_one_click_away(page: Page, jupyterlab: JupyterLab) -> None:
    host = form(page).get_by_label("Host", exact=True)
    host.fill("https://other.example.org:6543/x")
    host.blur()
    expect(host).to_have_attribute("aria-invalid", "true")
    form(page).locator(".field.host .note button").click()
    expect(host).to_have_value("other.example.org")
    expect(form(page).get_by_label("Port", exact=True)).to_have_value("6543")
    expect(host).to_be_focused()
    wait_for(lambda: jupyterlab.evaluate("w.port") == 6543, "the corrected port")


def test_register_with_an_invalid_form_explains_and_moves_the_focus(page: Page) -> None:
    host = form(page).get_by_label("Host", exact=True)
    host.fill("")
    form(page).get_by_role("button", name="Register").click()
    expect(host).to_be_focused()
    expect(host).to_have_attribute("aria-invalid", "true")


def test_a_typed_password_is_in_no_attribute_and_no_text(
    page: Page, jupyterlab: JupyterLab
) -> None:
    password = form(page).get_by_label("Password", exact=True)
    password.fill(SECRET)
    password.blur()
    wait_for(lambda: jupyterlab.evaluate("w.has_password"), "the password")
    form(page).get_by_role("button", name="Show password").click()
    expect(password).to_have_attribute("type", "text")
    assert SECRET not in page.content()
    form(page).get_by_role("button", name="Forget password").click()
    expect(password).to_have_value("")
    expect(password).to_have_attribute("type", "password")
    wait_for(lambda: not jupyterlab.evaluate("w.has_password"), "forgetting")


def test_a_connection_string_in_host_fills_the_form(
    page: Page, jupyterlab: JupyterLab
) -> None:
    host = form(page).get_by_label("Host", exact=True)
    jupyterlab.execute("seen = []; w.observe(lambda change: seen.append(change.new))")
    host.fill(f"postgresql://postgres:{SECRET}@pasted.example.org:6543/postgres")
    expect(host).to_have_value("pasted.example.org")
    expect(form(page).get_by_label("Port", exact=True)).to_have_value("6543")
    assert jupyterlab.evaluate("w.has_password")
    assert SECRET[:4] not in jupyterlab.execute("", repr_of="seen")


def test_a_connection_string_typed_into_host_never_is_state(
    page: Page, jupyterlab: JupyterLab
) -> None:
    host = form(page).get_by_label("Host", exact=True)
    jupyterlab.execute("seen = []; w.observe(lambda change: seen.append(change.new))")
    host.fill("")
    host.press_sequentially(
        f"postgresql://postgres:{SECRET}@typed.example.org/postgres"
    )
    host.blur()
    expect(host).to_have_value("typed.example.org")
    assert SECRET[:4] not in jupyterlab.execute("", repr_of="seen")


def test_a_pasted_connection_string_empties_its_field(page: Page) -> None:
    form(page).get_by_role("button", name="Paste a connection string").click()
    box = form(page).get_by_label("Connection string", exact=True)
    expect(box).to_have_attribute("type", "password")
    box.fill(f"postgresql://postgres:{SECRET}@pasted.example.org:6543/postgres")
    expect(box).to_have_value("")
    host = form(page).get_by_label("Host", exact=True)
    expect(host).to_have_value("pasted.example.org")


def test_two_views_stay_in_step_and_only_the_used_one_takes_the_focus(
    jupyterlab: JupyterLab,
) -> None:
    page = jupyterlab.open(SOURCE, "w")
    expect(form(page)).to_have_count(2)
    first, second = form(page).first, form(page).last
    first.get_by_label("Host", exact=True).fill("shared.example.org")
    expect(second.get_by_label("Host", exact=True)).to_have_value("shared.example.org")
    second.get_by_label("Host", exact=True).fill("")
    second.get_by_role("button", name="Advanced").click()
    expect(first.get_by_label("API URL", exact=True)).to_be_visible()
    second.get_by_role("button", name="Test connection").focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    expect(second.get_by_role("button", name="Diagnose")).to_be_focused()
    page.keyboard.press("Enter")
    expect(second.get_by_label("Host", exact=True)).to_be_focused()
    ids = page.locator("[id^=lamin-db-]").evaluate_all("all => all.map(it => it.id)")
    assert len(ids) == len(set(ids))


def test_a_busy_kernel_is_named_as_the_reason_for_silence(
    page: Page, jupyterlab: JupyterLab
) -> None:
    status = form(page).get_by_role("status")
    form(page).get_by_label("Host", exact=True).fill("")
    kernel = jupyterlab.evaluate("os.getpid()")
    os.kill(kernel, signal.SIGSTOP)
    try:
        form(page).get_by_role("button", name="Diagnose").click()
        expect(status).to_contain_text("The kernel has not answered yet")
    finally:
        os.kill(kernel, signal.SIGCONT)
    expect(status).not_to_contain_text("not answered")
    expect(form(page).get_by_label("Host", exact=True)).to_be_focused()


def test_what_is_typed_after_forget_password_stays(
    page: Page, jupyterlab: JupyterLab
) -> None:
    """The kernel tells every view to empty its inputs; this one has, before."""
    password = form(page).get_by_label("Password", exact=True)
    password.fill(SECRET)
    password.blur()
    forget = form(page).get_by_role("button", name="Forget password")
    expect(forget).to_be_visible()
    kernel = jupyterlab.evaluate("os.getpid()")
    os.kill(kernel, signal.SIGSTOP)
    try:
        forget.click()
        password.fill(f"{SECRET}-other")
    finally:
        os.kill(kernel, signal.SIGCONT)
    expect(forget).to_be_hidden()
    expect(password).to_have_value(f"{SECRET}-other")
    password.blur()
    expect(forget).to_be_visible()
    jupyterlab.execute("w.forget_password()")
    expect(password).to_have_value("")


def test_a_restarted_kernel_leaves_a_form_that_says_so(
    page: Page, jupyterlab: JupyterLab
) -> None:
    """And that claims nothing which died with the kernel."""
    it = form(page)
    password = it.get_by_label("Password", exact=True)
    password.fill(SECRET)
    password.blur()
    expect(it.get_by_text("Held in memory")).to_be_visible()
    jupyterlab.execute("w.facts = w.facts | {'here': {'state': 'yes', 'text': 'Fine'}}")
    expect(it.get_by_text("Fine")).to_be_visible()
    page.evaluate(RESTART)
    status = it.get_by_role("status")
    expect(status).to_contain_text("This form has lost its kernel. Run its cell again")
    expect(password).to_have_value("")
    expect(password).not_to_be_editable()
    expect(it.get_by_text("Held in memory")).to_be_hidden()
    expect(it.get_by_role("button", name="Forget password")).to_be_hidden()
    expect(it.get_by_text("Fine")).to_be_hidden()
    register = it.get_by_role("button", name="Register")
    expect(register).to_have_attribute("aria-disabled", "true")


def test_a_form_whose_kernel_was_shut_down_says_so_when_it_is_used(page: Page) -> None:
    """Nothing tells the form; the press of a button finds it out."""
    page.evaluate("""async () => await window.jupyterapp.shell.currentWidget
      .context.sessionContext.shutdown()""")
    form(page).get_by_role("button", name="Diagnose").click()
    status = form(page).get_by_role("status")
    expect(status).to_contain_text("This form has lost its kernel. Run its cell again")


def test_where_the_clipboard_is_closed_the_text_is_there_to_copy(page: Page) -> None:
    it = form(page)
    page.evaluate("""() => {
      navigator.clipboard.writeText = async () => { throw new Error("denied"); };
    }""")
    it.get_by_role("button", name="Show code").click()
    code = it.get_by_role("group", name="Show code").inner_text()
    it.get_by_role("button", name="Copy", exact=True).click()
    text = it.get_by_label("Text to copy")
    expect(text).to_be_focused()
    selected = "it => it.value.slice(it.selectionStart, it.selectionEnd)"
    assert text.evaluate(selected).strip() == code.strip()
    text.blur()
    expect(text).to_have_count(0)


def test_more_code_to_choose_from_does_not_undo_the_choice(
    clean_lab: JupyterLab,
) -> None:
    it = form(clean_lab.open(SOURCE))
    it.get_by_role("button", name="Show code").click()
    choice = it.get_by_role("combobox", name="Written as")
    choice.select_option("curl")
    clean_lab.execute("w.texts = {'code': {'More': 'x'} | w.texts['code']}")
    expect(choice.get_by_role("option")).to_have_count(4)
    expect(choice).to_have_value("curl")
    expect(it.get_by_role("group", name="Show code")).to_contain_text("curl --disable")


def test_a_region_without_addresses_has_no_list_to_choose_from(page: Page) -> None:
    it = form(page)
    it.get_by_role("button", name="Allow-list").click()
    choice = it.get_by_role("combobox", name="Written as")  # among what is seen
    expect(choice).to_have_count(1)
    it.get_by_label("Region", exact=True).fill("on-prem-7")
    expect(it.get_by_text("no addresses for this region")).to_be_visible()
    expect(choice).to_have_count(0)
