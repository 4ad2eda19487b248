"""A front end that can't carry binary messages gets no secret.

`tests/view` tests the same rule without Panel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from browser.page import form
from playwright.sync_api import expect

if TYPE_CHECKING:
    from browser.front_ends.panel import Panel

    from lamin_widgets.sandbox import Sandbox

SOURCE = "import lamin_widgets as lw; widget = lw.DbServerWidget(); widget"


@pytest.mark.full
def test_form_in_panel_refuses_passwords_and_explains_why(
    panel: Panel, sandbox: Sandbox
) -> None:
    page = panel.open(SOURCE)
    it = form(page)
    password = it.get_by_label("Password", exact=True)
    # The form doesn't know yet that secrets are lost.
    password.fill(sandbox.database.password)
    password.blur()
    expect(
        it.get_by_text("This environment can't send passwords safely.")
    ).to_be_visible()
    expect(password).to_have_value("")
    expect(password).not_to_be_editable()
    it.get_by_role("button", name="Diagnose", exact=True).click()
    assert sandbox.database.password not in panel.log.read_text(errors="replace")
