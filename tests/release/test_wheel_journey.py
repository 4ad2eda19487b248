"""A new user's way from `pip install` to a registered server, in JupyterLab."""

from __future__ import annotations

import pytest
from harness import JupyterLab, form
from playwright.sync_api import expect

from lamin_widgets.sandbox.process import sign_in


@pytest.fixture
def installed_lab(browser, sandbox, with_sandbox):
    sign_in(sandbox)
    lab = JupyterLab(browser, sandbox.environ)
    lab.python = str(with_sandbox.python)
    with lab:
        yield lab


@pytest.mark.browser
def test_who_installed_the_wheel_registers_and_tests_a_server(
    installed_lab, with_sandbox, sandbox, server_name
):
    it = form(installed_lab.open("import lamin_widgets as lw; lw.DbServerWidget()"))
    environment = with_sandbox.python.parents[1]
    assert installed_lab.evaluate("lw.__file__").startswith(str(environment))

    it.get_by_label("Server name").fill(server_name)
    it.get_by_label("Host", exact=True).fill(sandbox.database.host)
    it.get_by_label("Port").fill(str(sandbox.database.port))
    it.get_by_label("Password", exact=True).fill(sandbox.database.password)
    it.get_by_role("button", name="Register").click()
    status = it.get_by_role("status")
    expect(status).to_contain_text(f"Lamin has registered {server_name}.")

    it.get_by_role("button", name="Test connection").click()
    expect(status).to_contain_text(f"Lamin can connect to {server_name}.")
