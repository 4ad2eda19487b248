"""Voilà: visitors share neither secrets nor a kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil
from browser.page import form
from playwright.sync_api import expect

if TYPE_CHECKING:
    from pathlib import Path

    from browser.front_ends.voila import Voila

    from lamin_widgets.sandbox import Sandbox

SOURCE = """
import os
os.environ["LAMIN_SETTINGS_DIR"] = {settings!r}
import lamin_widgets as lw
w = lw.DbServerWidget(host="127.0.0.1", port={port})
w
"""


def test_visitors_share_no_sign_in_password_or_kernel(
    voila: Voila, sandbox: Sandbox, server_name: str, tmp_path: Path
) -> None:
    """Sign in and register as one visitor. The other visitor loses the kernel."""
    database = sandbox.database
    source = SOURCE.format(settings=str(tmp_path), port=database.port)
    first = form(voila.open(source))
    first.get_by_label("API key").fill(sandbox.api_key)
    first.get_by_role("button", name="Sign in", exact=True).click()
    expect(first.get_by_role("button", name="Sign out")).to_be_visible()
    first.get_by_label("Password", exact=True).fill(database.password)
    first.get_by_label("Password", exact=True).blur()
    expect(first.get_by_role("button", name="Forget password")).to_be_visible()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]

    second = form(voila.visit())
    expect(second.get_by_text("Not signed in")).to_be_visible()
    expect(second.get_by_label("Password", exact=True)).to_have_value("")
    second.get_by_label("Server name").fill(server_name)
    second.get_by_role("button", name="Test connection").click()
    expect(second.get_by_role("status")).to_contain_text("not signed in")
    psutil.Process(voila.evaluate("__import__('os').getpid()")).kill()
    expect(second.get_by_role("status")).to_contain_text("reload the page.")

    first.get_by_label("Server name").fill(server_name)
    first.get_by_role("button", name="Register", exact=True).click()
    expect(first.get_by_role("status")).to_contain_text(f"Registered {server_name}")
