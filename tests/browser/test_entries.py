"""Entries during other events, which must not get lost or take effect twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from browser.page import fill_in, form
from playwright.sync_api import expect

if TYPE_CHECKING:
    from browser.front_ends.jupyter import JupyterLab

    from lamin_widgets.sandbox import Sandbox

SOURCE = "import lamin_widgets as lw; w = lw.DbServerWidget(); w"


def test_password_typed_during_register_is_kept(
    lab: JupyterLab, breakable: Sandbox, server_name: str
) -> None:
    page = lab.open(SOURCE)
    it = form(page)
    password = it.get_by_label("Password", exact=True)
    expect(it.get_by_text("Signed in as")).to_be_visible()
    fill_in(it, breakable, server_name)
    breakable.api.fault(delay_s=1)
    it.get_by_role("button", name="Register", exact=True).dblclick()
    password.select_text()
    page.keyboard.type("correct-")
    expect(it.get_by_role("status")).to_contain_text(f"Registered {server_name}")
    page.keyboard.type("horse")
    expect(password).to_have_value("correct-horse")
    it.get_by_role("button", name="Diagnose", exact=True).click()
    expect(it.get_by_role("status")).to_contain_text("Password authentication failed")
    # The double click registered once.
    it.get_by_role("button", name="Test connection").click()
    expect(it.get_by_role("status")).to_contain_text("Lamin can connect")


def test_credentials_typed_into_host_are_not_saved(
    lab: JupyterLab, sandbox: Sandbox, server_name: str
) -> None:
    """Click Register while the host field has the focus. Nothing is sent."""
    page = lab.open(SOURCE)
    it = form(page)
    expect(it.get_by_text("Signed in as")).to_be_visible()
    lab.execute("seen = []; w.observe(lambda change: seen.append(change.new))")
    fill_in(it, sandbox, server_name)
    host = it.get_by_label("Host", exact=True)
    host.fill("")
    host.press_sequentially("bob:zq7x@db.example.org", delay=40)
    it.get_by_role("button", name="Register", exact=True).click()
    expect(it.get_by_text("postgres user")).not_to_have_count(0)
    assert "zq7" not in lab.evaluate("repr(seen) + repr(w.get_state())")
    assert lab.evaluate("w.facts['registered']['state']") == "not checked"
