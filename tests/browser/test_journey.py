"""A person's whole way through the form, in a real front end, against the sandbox."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from harness import JupyterLab, form
from playwright.sync_api import expect

from lamin_widgets.sandbox.process import sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator


@pytest.fixture(scope="module")
def lab_server(browser: Browser, sandbox) -> Iterator[JupyterLab]:
    sign_in(sandbox)
    with JupyterLab(browser, sandbox.environ) as server:
        yield server


@pytest.fixture
def signed_in_lab(lab_server: JupyterLab) -> Iterator[JupyterLab]:
    yield lab_server
    lab_server.close_pages()


SOURCE = "import lamin_widgets as lw; widget = lw.DbServerWidget(api_url={!r}); widget"


def fill_in(it: Locator, sandbox, name: str) -> None:
    """Type the connection details as a person would."""
    it.get_by_label("Server name").press_sequentially(name)
    it.get_by_label("Host", exact=True).press_sequentially(sandbox.database.host)
    it.get_by_label("Port").fill(str(sandbox.database.port))
    it.get_by_label("Password", exact=True).fill(sandbox.database.password)


@pytest.mark.parametrize("contract", ["guide", "published"])
def test_a_person_registers_and_tests_a_server(
    signed_in_lab: JupyterLab, sandbox, server_name: str, contract: str
):
    """The same form speaks both contracts; only the published one asks for an ID."""
    published = contract == "published"
    api_url = sandbox.published_api_url if published else sandbox.api_url
    page = signed_in_lab.open(SOURCE.format(api_url))
    it = form(page)
    status = it.get_by_role("status")
    expect(it.get_by_text("Signed in as sandbox-user")).to_be_visible()
    expect(it.get_by_text("Sandbox: nothing leaves this machine")).to_be_visible()

    fill_in(it, sandbox, server_name)
    expect(it.get_by_label("Connection URL")).to_have_text(
        f"postgresql://postgres:***@127.0.0.1:{sandbox.database.port}/postgres"
    )

    it.get_by_role("button", name="Register").click()
    if published:
        organization = it.get_by_label("Organization ID")
        expect(organization).to_be_focused()
        expect(organization).to_have_accessible_description(
            re.compile("asks for the organization ID")
        )
        organization.fill(sandbox.organization_id)
        it.get_by_role("button", name="Register").click()
    expect(status).to_contain_text(f"Lamin has registered {server_name}.")

    it.get_by_role("button", name="Test connection").click()
    expect(status).to_contain_text(f"Lamin can connect to {server_name}.")

    it.get_by_label("Password", exact=True).fill(sandbox.database.password)
    it.get_by_role("button", name="Register").click()
    expect(status).to_contain_text("is already registered")
    name = it.get_by_label("Server name")
    expect(name).to_be_focused()
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_have_accessible_description(re.compile("already registered"))
