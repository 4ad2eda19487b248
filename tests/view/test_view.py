"""The built view with a scripted model: drawing, messages, and entries."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Any

import pytest
from browser.page import form
from doubles.texts import CONNECTION_STRINGS, ORDINARY
from playwright.sync_api import expect

from lamin_widgets.core.url_parts import masked_url
from lamin_widgets.form.misplaced import looks_like_connection_string
from view.fake import emit, saved, sent, show, update
from view.states import SIGNED_OUT, STATES, Shown, fields, filled_in, with_panel

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

SECRET = "zq7:Lm/9@vT kX"
URL = f"postgresql://postgres:{SECRET}@pasted.example.org:6543/postgres"
LOST = "The form is disconnected from the kernel. To continue, "
UNHELD = fields(password={"held": False, "hint": "Enter it exactly as it is."})


def field(it: Locator, label: str) -> Locator:
    return it.get_by_label(label, exact=True)


def button(it: Locator, name: str) -> Locator:
    return it.get_by_role("button", name=name, exact=True)


def pasted(input_: Locator, text: str) -> None:
    """Paste a text as the clipboard does."""
    input_.evaluate(
        """(input, text) => {
          input.focus();
          input.value = text;
          const init = { inputType: "insertFromPaste", bubbles: true };
          input.dispatchEvent(new InputEvent("input", init));
        }""",
        text,
    )


def kinds(page: Page) -> list[str]:
    return [message["kind"] for message in sent(page)]


# --- The connection URL ---------------------------------------------------------------


def test_preview_updates_in_the_same_frame_as_typing(page: Page) -> None:
    it = show(page, STATES["filled-in"])
    text = it.evaluate("""root => {
      const host = root.querySelector("[name=host]");
      host.value = "other.example.org";
      const init = { inputType: "insertText", bubbles: true };
      host.dispatchEvent(new InputEvent("input", init));
      return root.querySelector("[aria-label='Connection URL']").textContent;
    }""")
    assert text == "postgresql://postgres:***@other.example.org:5432/postgres"


def test_preview_equals_the_masked_url_of_python(page: Page) -> None:
    show(page, STATES["filled-in"])
    hosts = [
        *("", " ", "db.example.org", "  db.example.org\t", "127.0.0.1", "::1", "[::1]"),
        *("fe80::1%eth0", "[::1", "a:b", "https://db.example.org:1/x", "dätenbank.de"),
        *("a b", "<img onerror=1>", "x" * 300, "пример.рф", "\u202ehost", "host\n"),
        *("user@host", "%2F", "***", "p@ss%w:rd", "pass word", "a_b", "a\x80b", "💥"),
        *(f"a{chr(code)}b" for code in range(33, 127)),
    ]
    ports = [5432, "5432", "", " ", " 6543 ", 0, "54x", -1, 10**9, "<b>", 65536, "1.5"]
    drafts = [(host, str(port)) for host in hosts for port in ports]
    shown = page.evaluate(
        "drafts => drafts.map((draft) => view.default.maskedUrl(...draft))",
        drafts,
    )
    assert ["".join(parts) for parts in shown] == [
        masked_url(host, port) for host, port in drafts
    ]


def test_invalid_port_is_not_sent_to_the_kernel(page: Page) -> None:
    text = "hunter2"
    it = show(page, STATES["filled-in"])
    field(it, "Port").fill(text)
    field(it, "Port").blur()
    expect(it.get_by_label("Connection URL")).to_contain_text(":<your-port>/")
    button(it, "Diagnose").click()
    expect(field(it, "Port")).to_have_value(text)
    assert ["port", ""] in saved(page)
    assert text not in repr(saved(page)) + repr(sent(page))


# --- Typing ---------------------------------------------------------------------------


def test_typed_values_are_saved_to_the_model(page: Page) -> None:
    it = show(page, STATES["filled-in"])
    field(it, "Host").fill("typed.example.org")
    field(it, "Port").fill(" 6543 ")
    field(it, "Region").select_option("prod-eu-central-1")
    button(it, "Diagnose").click()
    message = sent(page)[-1]
    region = {"api_server_name": "prod-eu-central-1"}
    assert message == {
        "kind": "action",
        "action": "diagnose",
        "values": {"host": "typed.example.org", "port": 6543, **region},
        "secret": None,
    }


def test_error_appears_when_the_field_loses_focus(page: Page) -> None:
    it = show(page, STATES["filled-in"])
    port = field(it, "Port")
    port.focus()
    port.press("x")
    note = {"level": "error", "text": "The port must be a number."}
    update(page, view=filled_in(fields=fields(port={"note": note})))
    expect(port).to_have_attribute("aria-invalid", "false")
    expect(port).to_have_accessible_description("Usually 5432")
    port.blur()
    expect(port).to_have_attribute("aria-invalid", "true")
    expect(port).to_have_accessible_description("The port must be a number.")
    port.focus()
    port.press("y")  # The message was visible before.
    expect(port).to_have_attribute("aria-invalid", "true")


def test_correction_is_applied_by_one_click(page: Page) -> None:
    it = show(page, STATES["notes"])
    button(it, "Use my-server").click()
    expect(field(it, "Server name")).to_have_value("my-server")
    expect(field(it, "Server name")).to_be_focused()
    assert ["name", "my-server"] in saved(page)


def test_other_region_can_be_typed(page: Page) -> None:
    it = show(page, STATES["filled-in"])
    it.get_by_role("combobox", name="Region").select_option("Other…")
    text = it.get_by_role("textbox", name="Region")
    expect(text).to_have_value("")
    # This is a listed region, before the rest is typed.
    text.press_sequentially("prod-us-east-1")
    expect(text).to_be_focused()
    text.press_sequentially("-x")
    text.blur()
    expect(text).to_have_value("prod-us-east-1-x")
    assert saved(page)[-1] == ["api_server_name", "prod-us-east-1-x"]
    it.get_by_role("combobox", name="Region").select_option("prod-us-west-2")
    expect(text).to_have_count(0)
    assert saved(page)[-1] == ["api_server_name", "prod-us-west-2"]


def test_text_being_composed_is_not_replaced(page: Page) -> None:
    it = show(page, STATES["filled-in"])
    name = field(it, "Server name")
    name.fill("")
    browser = page.context.new_cdp_session(page)
    browser.send(
        "Input.imeSetComposition",
        {"text": "サーバ", "selectionStart": 3, "selectionEnd": 3},
    )
    update(page, view=filled_in(announcement="Meanwhile."))
    browser.send("Input.insertText", {"text": "サーバー"})
    browser.detach()
    expect(name).to_have_value("サーバー")


# --- Connection strings ---------------------------------------------------------------


def test_pasted_connection_string_is_not_saved_to_the_model(page: Page) -> None:
    it = show(page, STATES["filled-in"])
    pasted(field(it, "Host"), URL)
    message = sent(page)[-1]
    assert message["kind"] == "connection-string"
    assert message["field"] == "host"
    assert message["secret"] == URL
    assert message["values"]["host"] == "db.example.org"
    expect(field(it, "Host")).to_have_value("db.example.org")
    assert saved(page) == []


def test_typed_connection_string_is_sent_when_it_is_complete(timed_page: Page) -> None:
    it = show(timed_page, STATES["filled-in"])
    host = field(it, "Host")
    host.fill("")
    for letter in URL:
        host.press(letter if letter != " " else "Space")
        timed_page.clock.fast_forward(200)
    assert "connection-string" not in kinds(timed_page)
    host.blur()
    assert sent(timed_page)[-1]["secret"] == URL
    assert "Lm/9" not in repr(saved(timed_page))
    assert all(":" not in str(value) for _, value in saved(timed_page))


@pytest.mark.parametrize("how", ["paste", "type"])
def test_connection_string_field_is_cleared_after_it_is_read(
    page: Page, how: str
) -> None:
    it = show(page, with_panel({"id": "paste"}))
    box = field(it, "Connection string")
    expect(box).to_have_attribute("type", "password")
    if how == "paste":
        pasted(box, URL)
    else:
        box.press_sequentially(URL)
        box.press("Enter")
    expect(box).to_have_value("")
    assert sent(page)[-1]["secret"] == URL
    assert kinds(page).count("connection-string") == 1


PIECES = [
    *("postgresql://", "postgres:", "jdbc:", "mysql://", "psql ", "-h ", "host="),
    *(" password=", "user=", "PGPASSWORD=", "DATABASE_URL=", "export ", "'", '"'),
    *("`", "$ ", " ", "\n", "bob", ":", "pw", "@", "@", "db.example.org", ":5432"),
    *("/postgres", "?", "=", ";", "Server", "Pwd", "User Id", "{", "}", "password: "),
    *('"password": ', "*", "https://", "X-Amz-Signature="),
]


def test_connection_string_in_any_notation_is_not_saved(
    page: Page,
) -> None:
    show(page, STATES["empty"])
    pieces = random.Random(7)
    texts = [
        "".join(pieces.choices(PIECES, k=pieces.randint(1, 8))) for _ in range(20_000)
    ]
    held = page.evaluate("texts => texts.map(view.default.mayHoldPassword)", texts)
    read = [text for text in texts if looks_like_connection_string(text)]
    missed = {text for text, is_held in zip(texts, held, strict=True) if not is_held}
    assert len(read) > 5000
    assert [text for text in read if text in missed] == []


def test_only_a_possible_password_is_not_saved_to_the_model(page: Page) -> None:
    show(page, STATES["empty"])
    texts = [*CONNECTION_STRINGS, *ORDINARY]
    held = page.evaluate("texts => texts.filter(view.default.mayHoldPassword)", texts)
    assert held == CONNECTION_STRINGS


# --- Secrets --------------------------------------------------------------------------


def test_password_is_sent_as_a_buffer_and_not_in_the_markup(
    page: Page,
) -> None:
    it = show(page, Shown(filled_in(fields=UNHELD)))
    password = field(it, "Password")
    password.fill(SECRET)
    password.blur()
    assert sent(page)[-1] == {"kind": "password", "secret": SECRET}
    button(it, "Show password").click()
    expect(password).to_have_attribute("type", "text")
    expect(button(it, "Show password")).to_have_attribute("aria-pressed", "true")
    assert SECRET not in page.content()
    assert SECRET not in repr(saved(page))
    update(page, view=filled_in())
    button(it, "Forget password").click()
    assert kinds(page)[-1] == "forget-password"
    expect(password).to_have_value("")
    expect(password).to_have_attribute("type", "password")


def test_buttons_show_and_forget_password_do_not_move(page: Page) -> None:
    it = show(page, STATES["filled-in"])
    names = ("Forget password", "Show password")
    before = [button(it, name).bounding_box() for name in names]
    field(it, "Password").press_sequentially("abc")
    assert [button(it, name).bounding_box() for name in names] == before
    show(page, Shown(filled_in(fields=UNHELD)))
    before = [button(it, "Show password").bounding_box()]
    field(it, "Password").press_sequentially("abc")
    field(it, "Password").blur()
    update(page, view=filled_in())
    assert [button(it, "Show password").bounding_box()] == before


def test_password_is_sent_before_the_action(page: Page) -> None:
    it = show(page, Shown(filled_in(fields=UNHELD)))
    field(it, "Password").fill(SECRET)
    button(it, "Diagnose").click()
    assert kinds(page) == ["hello", "password", "action"]


def test_secrets_are_not_sent_if_buffers_are_dropped(page: Page) -> None:
    it = show(page, Shown(filled_in(fields=UNHELD, secrets="unknown")))
    field(it, "Password").fill(SECRET)
    button(it, "Diagnose").click()
    update(page, view=STATES["unsupported"].view)
    expect(field(it, "Password")).to_have_value("")
    expect(field(it, "Password")).not_to_be_editable()
    expect(field(it, "Password")).to_have_accessible_description(re.compile("safely"))
    button(it, "Paste a connection string").click()
    expect(field(it, "Connection string")).not_to_be_editable()
    pasted(field(it, "Host"), URL)
    assert SECRET not in repr(sent(page))


@pytest.mark.parametrize(
    ("name", "action"),
    [("Sign in", "sign-in"), ("Sign in for this form only", "sign-in-once")],
)
def test_api_key_is_sent_as_the_buffer_of_the_action(
    page: Page, name: str, action: str
) -> None:
    it = show(page, Shown(filled_in(account=SIGNED_OUT)))
    field(it, "API key").fill("a-key")
    button(it, name).click()
    message = sent(page)[-1]
    assert (message["action"], message["secret"]) == (action, "a-key")
    assert kinds(page) == ["hello", "action"]


def test_enter_key_signs_in_only_from_the_api_key_field(page: Page) -> None:
    it = show(page, Shown(filled_in(account=SIGNED_OUT)))
    for label in ("Server name", "Host", "Port", "Password"):
        field(it, label).press("Enter")
    assert kinds(page) == ["hello"]
    field(it, "API key").fill("a-key")
    field(it, "API key").press("Enter")
    assert sent(page)[-1]["action"] == "sign-in"


def test_clear_message_keeps_newer_text(page: Page) -> None:
    it = show(page, Shown(filled_in(account=SIGNED_OUT)))
    field(it, "Password").fill("first")
    field(it, "Password").blur()
    field(it, "API key").fill("half-a-")
    clear = {"kind": "clear-secrets", "fields": ["password", "api_key"]}
    emit(page, "msg:custom", clear)
    expect(field(it, "Password")).to_have_value("")
    expect(field(it, "API key")).to_have_value("half-a-")
    field(it, "Password").press_sequentially("second")
    emit(page, "msg:custom", clear)
    expect(field(it, "Password")).to_have_value("second")


def test_password_filled_in_by_a_password_manager_is_sent(page: Page) -> None:
    it = show(page, Shown(filled_in(fields=UNHELD)))
    field(it, "Password").evaluate("""input => {
      input.value = "from-a-manager";
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }""")
    assert sent(page)[-1] == {"kind": "password", "secret": "from-a-manager"}


# --- Buttons --------------------------------------------------------------------------


def test_double_click_sends_one_action(page: Page) -> None:
    it = show(page, STATES["filled-in"])
    button(it, "Register").dblclick()
    button(it, "Show code").dblclick()
    assert kinds(page) == ["hello", "action"]
    assert saved(page) == [["panel", "code"]]


def test_disabled_button_can_be_focused_and_sends_nothing(page: Page) -> None:
    it = show(page, STATES["running-diagnose"])
    register = button(it, "Register")
    expect(register).to_have_attribute("aria-disabled", "true")
    register.click(force=True)
    expect(register).to_be_focused()
    assert kinds(page) == ["hello"]
    button(it, "Cancel").click()
    assert sent(page)[-1]["action"] == "cancel"


def test_focus_button_opens_the_panel_of_its_field(page: Page) -> None:
    more: list[Any] = [{"label": "Change the URL", "focus": "api_url"}]
    view = filled_in()
    view["steps"][0]["buttons"] = more
    it = show(page, Shown(view))
    button(it, "Change the URL").click()
    expect(field(it, "API URL")).to_be_focused()
    assert page.evaluate("getSelection().toString()") == "https://api.lamin.ai"


def test_only_web_addresses_become_links(page: Page) -> None:
    link = {"label": "Source", "href": "javascript:alert(1)"}
    it = show(page, with_panel({"id": "code", "note": "See", "link": link}))  # type: ignore[typeddict-item]
    expect(it.get_by_text("Source")).not_to_have_attribute("href", re.compile("."))
    it = show(page, STATES["panel-allow-list"])
    source = it.get_by_role("link", name="Source")
    expect(source).to_have_attribute("rel", "noopener noreferrer")


def test_copy_button_confirms_and_then_restores_its_label(timed_page: Page) -> None:
    it = show(timed_page, STATES["failed"])
    timed_page.evaluate("""() => {
      const writeText = async text => { window.clipboard = text; };
      Object.defineProperty(navigator, "clipboard", { value: { writeText } });
    }""")
    button(it, "Copy").click()
    expect(button(it, "Copied")).to_be_focused()
    assert timed_page.evaluate("clipboard") == "pg_isready -h db.example.org -p 543"
    timed_page.clock.fast_forward(2000)
    expect(button(it, "Copy")).to_be_focused()


def test_blocked_clipboard_shows_the_text_to_copy(page: Page) -> None:
    it = show(page, STATES["failed"])
    button(it, "Copy").click()
    text = it.get_by_label("Text to copy")
    expect(text).to_be_focused()
    assert page.evaluate("getSelection().toString()") == (
        "pg_isready -h db.example.org -p 543"
    )
    text.blur()
    expect(text).to_have_count(0)


# --- Panels ---------------------------------------------------------------------------


def test_panel_opens_and_closes_without_a_kernel(page: Page) -> None:
    it = show(page, STATES["filled-in"])
    advanced = button(it, "Advanced")
    expect(advanced).to_have_attribute("aria-expanded", "false")
    expect(field(it, "API URL")).to_have_count(0)
    advanced.click()
    expect(field(it, "API URL")).to_be_visible()
    panel = advanced.evaluate(
        "it => document.getElementById(it.getAttribute('aria-controls')).textContent"
    )
    assert "API URL" in panel
    button(it, "Paste a connection string").click()
    expect(advanced).to_have_attribute("aria-expanded", "false")
    expect(field(it, "API URL")).to_have_count(0)
    assert [value for _, value in saved(page)] == ["advanced", "paste"]


def test_chosen_format_is_kept_after_new_texts(page: Page) -> None:
    it = show(page, STATES["panel-allow-list"])
    choice = it.get_by_role("combobox", name="Format")
    text = it.get_by_role("group", name="Allow-list")
    expect(choice).to_have_value("pg_hba.conf")
    choice.select_option("Addresses")
    expect(text).to_contain_text("54.157.171.81")
    panel = {
        "id": "allow-list",
        "texts": {"CIDR": "10.0.0.0/8", "Addresses": "192.0.2.1", "AWS": "aws"},
        "format": "AWS",
    }
    update(page, view=filled_in(panel=panel))
    expect(choice).to_have_value("Addresses")
    expect(text).to_have_text("192.0.2.1")


def test_button_opens_a_panel_in_its_format(page: Page) -> None:
    panel = {
        "id": "allow-list",
        "texts": {"Addresses": "192.0.2.1", "pg_hba.conf": "hostssl"},
        "format": "Addresses",
    }
    view = STATES["firewall"].view | {"panel": panel}
    it = show(page, Shown(view))  # type: ignore[arg-type]
    button(it, "Open the allow-list").click()
    expect(it.get_by_role("group", name="Allow-list")).to_have_text("hostssl")
    expect(button(it, "Allow-list")).to_have_attribute("aria-expanded", "true")


def test_panel_of_a_step_opens_inside_the_step(page: Page) -> None:
    it = show(page, STATES["panel-details"])
    step = it.get_by_role("listitem").filter(has_text="refused the connection").first
    expect(step.get_by_role("group", name="Details")).to_contain_text("port 543 failed")


# --- Focus ----------------------------------------------------------------------------


def test_focus_message_affects_only_the_view_in_use(page: Page) -> None:
    it = show(page, STATES["failed"])
    message = {"kind": "focus", "field": "port"}
    emit(page, "msg:custom", message)
    expect(field(it, "Port")).not_to_be_focused()
    button(it, "Diagnose").focus()
    emit(page, "msg:custom", message)
    expect(field(it, "Port")).to_be_focused()
    page.keyboard.type("5432")
    expect(field(it, "Port")).to_have_value("5432")
    emit(page, "msg:custom", message)
    page.keyboard.type("1")  # The text continues at the cursor.
    expect(field(it, "Port")).to_have_value("54321")


def test_button_keeps_the_focus_while_its_action_runs(page: Page) -> None:
    it = show(page, STATES["filled-in"])
    button(it, "Diagnose").focus()
    update(page, view=STATES["running-diagnose"].view)
    expect(button(it, "Cancel")).to_be_focused()
    update(page, view=STATES["passed"].view)
    expect(button(it, "Diagnose")).to_be_focused()


def test_focus_follows_a_moving_button(page: Page) -> None:
    it = show(page, STATES["failed"])
    button(it, "Details").focus()
    view = STATES["failed"].view
    steps = [dict(step) for step in view["steps"]]
    steps[0]["buttons"] = steps[0]["buttons"][1:]  # type: ignore[index]
    update(page, view={**view, "steps": steps})
    expect(button(it, "Details")).to_be_focused()


@pytest.mark.parametrize(
    ("before", "button_name", "after", "next_"),
    [
        ("filled-in", "Forget password", "passed", "password"),
        ("signed-out", "Sign in", "filled-in", "Diagnose"),
        ("notes", "Use my-server", "filled-in", "name"),
        ("panel-instance", "Create instance", "filled-in", "Allow-list"),
    ],
)
def test_focus_stays_near_a_removed_element(
    page: Page, before: str, button_name: str, after: str, next_: str
) -> None:
    it = show(page, STATES[before])
    button(it, button_name).focus()
    update(page, view=STATES[after].view, panel="")
    active = "document.activeElement.name || document.activeElement.textContent"
    assert page.evaluate(active) == next_


def test_layout_does_not_move_while_the_pointer_is_pressed(page: Page) -> None:
    it = show(page, STATES["filled-in"])
    button(it, "Register").hover()
    page.mouse.down()
    update(page, view=STATES["failed"].view)
    expect(button(it, "Copy report")).to_have_count(0)
    page.mouse.up()
    expect(button(it, "Copy report")).to_be_visible()
    assert sent(page)[-1]["action"] == "register"
    page.mouse.down(button="right")
    update(page, view=STATES["filled-in"].view)
    expect(button(it, "Copy report")).to_have_count(0)
    page.mouse.up(button="right")


def test_tab_goes_through_the_form_in_reading_order(page: Page) -> None:
    it = show(page, STATES["filled-in"])
    names = [
        *("Sign out", "Paste a connection string", "Server name", "Region", "Host"),
        *("Port", "Password", "Forget password", "Show password", "Advanced"),
        *("Diagnose", "Register", "Test connection", "Allow-list", "Show code"),
    ]
    button(it, names[0]).focus()
    for name in names[1:]:
        page.keyboard.press("Tab")
        found = page.evaluate("""() => document.activeElement.ariaLabel
          || document.activeElement.labels?.[0]?.textContent
          || document.activeElement.textContent""")
        assert found == name


# --- Keys -----------------------------------------------------------------------------

COUNT_KEYS = """() => {
  window.reached = [];
  document.addEventListener("keydown", event => reached.push(event.key));
  document.addEventListener("keydown", event => window.suppressed =
    event.target.closest("[data-lm-suppress-shortcuts]") !== null, true);
}"""


@pytest.mark.parametrize("where", ["Host", "Show password"])
def test_keys_typed_in_the_form_do_not_reach_the_notebook(
    page: Page, where: str
) -> None:
    it = show(page, STATES["filled-in"])
    page.evaluate(COUNT_KEYS)
    it.get_by_label(where).or_(button(it, where)).first.focus()
    keys = ["b", "d", "Escape", "Shift+Enter", "Control+Enter", "ArrowDown"]
    for key in [*keys, "Control+a", "Control+c", "Control+z", "Alt+Enter", "Shift+F"]:
        page.keyboard.press(key)
        assert page.evaluate("suppressed"), key
    assert set(page.evaluate("reached")) <= {"Control", "Alt"}


def test_shortcuts_reach_the_front_end(page: Page) -> None:
    it = show(page, STATES["filled-in"])
    page.evaluate(COUNT_KEYS)
    field(it, "Host").press("Alt+m")
    assert not page.evaluate("suppressed")
    assert page.evaluate("reached")[-1] == "m"


# --- The kernel -----------------------------------------------------------------------


def test_outcome_is_announced_in_one_persistent_region(page: Page) -> None:
    it = show(page, STATES["filled-in"])
    status = it.get_by_role("status")
    status.evaluate("it => { window.status_ = it; }")
    update(page, view=filled_in(announcement="This machine can connect."))
    expect(status).to_have_text("This machine can connect.")
    assert status.evaluate("it => it === window.status_")


def test_silent_kernel_is_explained(timed_page: Page) -> None:
    it = show(timed_page, STATES["filled-in"])
    status = it.get_by_role("status")
    timed_page.clock.fast_forward(4000)
    expect(status).to_have_text("")
    button(it, "Diagnose").click()
    timed_page.clock.fast_forward(2500)
    expect(status).to_have_text("")
    timed_page.clock.fast_forward(1000)
    expect(status).to_have_text(
        "Waiting for the kernel. It might be busy. If you restarted it, run this cell "
        "and the cells above it again."
    )
    update(timed_page, view=STATES["running-diagnose"].view)
    expect(status).to_have_text("Connecting from this machine.")


def test_saved_form_of_another_kernel_makes_no_claims(timed_page: Page) -> None:
    timed_page.add_init_script("window.deaf = true")
    timed_page.goto("about:blank")
    it = show(timed_page, STATES["passed"])
    timed_page.clock.fast_forward(4000)
    expect(it.get_by_role("status")).to_contain_text("Waiting for the kernel.")
    expect(it.get_by_text("Out of date")).to_have_count(3)
    expect(it.get_by_text("Signed in as")).to_have_count(0)


def test_form_without_a_kernel_shows_an_explanation(timed_page: Page) -> None:
    it = show(timed_page, Shown(filled_in(secrets="unknown")))
    timed_page.evaluate("""() => {
      const state = document.createElement("script");
      state.type = "application/vnd.jupyter.widget-state+json";
      document.head.append(state);
    }""")
    timed_page.clock.fast_forward(4000)
    expect(it.get_by_role("status")).to_contain_text("without a kernel")


@pytest.mark.parametrize("voila", [False, True])
def test_lost_kernel_disables_buttons_and_outdates_results(
    page: Page,
    voila: bool,  # noqa: FBT001  # pytest passes it by name
) -> None:
    it = show(page, Shown(STATES["passed"].view | {"fields": fields()}))
    page.evaluate("voila => voila && (document.body.dataset.voila = 'voila')", voila)
    field(it, "Password").fill(SECRET)
    emit(page, "comm_live_update")
    expect(it.get_by_role("status")).to_contain_text(
        LOST + ("reload the page." if voila else "run this cell and the cells above")
    )
    expect(field(it, "Password")).to_have_value("")
    expect(field(it, "Password")).not_to_be_editable()
    for claim in ("Kept in memory", "Signed in as", "Forget password"):
        expect(it.get_by_text(claim)).to_have_count(0)
    expect(it.get_by_text("Out of date")).to_have_count(3)
    expect(button(it, "Register")).to_have_attribute("aria-disabled", "true")


def test_closed_form_sends_nothing(page: Page) -> None:
    it = show(page, STATES["filled-in"])
    update(page, view=filled_in(closed=True))
    expect(it.get_by_role("status")).to_have_text(
        "This form is closed. Run its cell again."
    )
    button(it, "Diagnose").click(force=True)
    expect(field(it, "Host")).not_to_be_editable()
    assert kinds(page) == ["hello"]


def test_seconds_are_counted_while_an_action_runs(timed_page: Page) -> None:
    it = show(timed_page, STATES["running-diagnose"])
    expect(it.get_by_text("0 s", exact=True)).to_be_visible()
    timed_page.clock.run_for(3000)
    expect(it.get_by_text("3 s", exact=True)).to_be_visible()


def test_layout_does_not_move_while_an_action_runs(page: Page) -> None:
    it = show(page, STATES["filled-in"])

    def tops() -> Any:
        return it.locator("button").evaluate_all(
            "all => all.map(it => Math.round(it.getBoundingClientRect().y))"
        )

    before = tops()
    update(page, view=STATES["running-diagnose"].view)
    assert tops() == before


# --- Several views, and closing one ---------------------------------------------------


def test_two_views_share_no_ids(page: Page) -> None:
    it = show(page, STATES["panel-advanced"])
    page.evaluate("""() => {
      const el = document.body.appendChild(document.createElement("div"));
      view.default.render({ model, el, signal: new AbortController().signal });
    }""")
    expect(it).to_have_count(2)
    ids = page.locator("[id^=lamin-db-]").evaluate_all("all => all.map(it => it.id)")
    assert len(ids) == len(set(ids)) > 0
    field(form(page).first, "Host").fill("shared.example.org")
    field(form(page).first, "Host").blur()
    expect(field(form(page).last, "Host")).to_have_value("shared.example.org")


def test_closed_view_saves_text_and_removes_listeners(
    timed_page: Page,
) -> None:
    it = show(timed_page, STATES["running-diagnose"])
    assert timed_page.evaluate("model.listeners()") > 0
    field(it, "Host").fill("typed.example.org")
    left = it.evaluate("""root => {
      closing.abort();
      window.reads = 0;
      window.dispatchEvent(new Event("pointerup"));
      root.querySelector("input").dispatchEvent(new Event("input", { bubbles: true }));
      root.querySelectorAll("button").forEach(each => each.click());
      return model.listeners();
    }""")
    timed_page.clock.run_for(5000)
    assert left == 0
    assert timed_page.evaluate("reads") == 0
    assert saved(timed_page)[-1] == ["host", "typed.example.org"]
