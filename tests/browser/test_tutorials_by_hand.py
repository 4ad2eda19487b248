"""`lamin-widgets demo`, used by a newcomer: run the cells, press the buttons."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from harness import START_S, form, free_port, wait_for
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

FIRST = "01-register-a-db-server.ipynb"
SECOND = "02-fix-a-failing-connection.ipynb"


class Demo:
    """A running `lamin-widgets demo`, and what it prints."""

    def __init__(self, home: Path) -> None:
        port = free_port()
        arguments = ["demo", "--no-browser", f"--port={port}"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lamin_widgets", *arguments],
            env={**os.environ, "HOME": str(home)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said: list[str] = []
        lines: queue.Queue[str] = queue.Queue()
        assert self.process.stdout is not None
        self.reader = threading.Thread(target=self._read, args=[lines], daemon=True)
        self.reader.start()
        self.url = ""
        address = re.compile(rf"http://127\.0\.0\.1:{port}/\S*token=\w+")
        while not self.url:
            line = lines.get(timeout=START_S)
            found = address.search(line)
            self.url = found[0] if found else ""
        wait_for(lambda: self.answers(port), "JupyterLab to listen")

    @staticmethod
    def answers(port: int) -> bool:
        """Whether it listens: the address is printed a moment before."""
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", port)) == 0

    def _read(self, lines: queue.Queue[str]) -> None:
        for line in self.process.stdout or ():
            self.said.append(line)
            lines.put(line)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        self.reader.join(10)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def said_key(self) -> str:
        """The API key, as the terminal says it."""
        (line,) = [line for line in self.said if line.startswith("API key: ")]
        return line.removeprefix("API key: ").strip()

    def told(self, what: str) -> str:
        """What the terminal says, such as the password."""
        (line,) = [line for line in self.said if line.startswith("PostgreSQL: ")]
        (found,) = re.findall(rf"{what} ([^\s,]+)", line)
        return str(found)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    running = Demo(tmp_path_factory.mktemp("home"))
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    yield context.new_page()
    context.close()


def run_cell(page: Page, *lines: str) -> Locator:
    """Click into the cell with these lines, press Shift+Enter, wait for its end.

    Returns:
        The cell.
    """
    # Each line is an element of its own, with no line break in between.
    code = re.compile(r"\s*".join(map(re.escape, lines)))
    cell = page.locator(".jp-CodeCell:visible").filter(
        has=page.locator(".cm-content", has_text=code)
    )
    prompt = cell.locator(".jp-InputPrompt")
    for _ in range(3):
        cell.locator(".cm-content").click()
        page.keyboard.press("Shift+Enter")
        # JupyterLab may not be ready for keys yet: then a person does it again.
        with contextlib.suppress(AssertionError):
            expect(prompt).not_to_have_text("[ ]:", timeout=10_000)
            break
    expect(prompt).to_have_text(re.compile(r"\[\d+\]"), timeout=60_000)
    return cell


def is_ready(page: Page) -> None:
    """Wait until the status bar says that the kernel can take a cell."""
    page.get_by_text(re.compile(r"\| Idle")).wait_for(timeout=60_000)


def press(it: Locator, button: str, result: str) -> None:
    it.get_by_role("button", name=button, exact=True).click()
    expect(it.get_by_role("status")).to_contain_text(result)


def test_a_newcomer_registers_and_tests_in_the_demo(demo: Demo, page: Page):
    page.goto(demo.url)
    page.get_by_role("heading", name="Register a database server").wait_for()
    is_ready(page)
    run_cell(page, "import os")
    it = form(run_cell(page, 'form = DbServerWidget(name="my-postgres'))
    expect(it.get_by_text("Sandbox: nothing leaves this machine")).to_be_visible()
    expect(it.get_by_text("Signed in as sandbox-user")).to_be_visible()
    press(it, "Register", "Lamin has registered my-postgres-server.")
    press(it, "Test connection", "Lamin can connect to my-postgres-server.")
    press(it, "Register", "A server named my-postgres-server is already registered.")
    again = run_cell(page, "second = DbServerWidget")
    expect(again).to_contain_text("✓ Test connection: Lamin can connect to my-second")


def test_a_newcomer_mends_five_faults_with_the_form_alone(demo: Demo, page: Page):
    """The buttons only; where the reader is the server's owner, a cell mends it."""
    page.goto(demo.url.replace(FIRST, SECOND))
    page.get_by_role("heading", name="Fix a failing connection").wait_for()
    is_ready(page)
    run_cell(page, "SandboxControl.from_environment()")
    good = "is reachable from this machine."

    it = form(run_cell(page, 'name="tutorial-password"'))
    press(it, "Diagnose", "PostgreSQL does not accept the password.")
    password = it.get_by_label("Password", exact=True)
    expect(password).to_have_attribute("aria-invalid", "true")
    password.fill(demo.told("password"))
    press(it, "Diagnose", good)

    it = form(run_cell(page, 'name="tutorial-port"'))
    press(it, "Diagnose", "refuses connections on port 543.")
    port = it.get_by_label("Port")
    expect(port).to_have_attribute("aria-invalid", "true")
    port.fill(demo.told("port"))
    press(it, "Diagnose", good)

    it = form(run_cell(page, 'sandbox.break_("pg_hba")'))
    press(it, "Diagnose", "pg_hba.conf does not let this connection in.")
    it.get_by_role("button", name="Allow-list").click()
    it.get_by_label("Written as").last.select_option("pg_hba.conf")
    expect(it.get_by_role("group", name="Allow-list")).to_contain_text("postgres")
    run_cell(page, "sandbox.reset()", "form.diagnose()")
    press(it, "Diagnose", good)

    it = form(run_cell(page, 'name="tutorial-private-address"'))
    press(it, "Register", "Lamin has registered tutorial-private-address-")
    press(it, "Test connection", "Lamin could not connect to the server.")
    expect(it.get_by_label("Host", exact=True)).to_have_attribute(
        "aria-invalid", "true"
    )
    it.get_by_label("Host", exact=True).fill("127.0.0.1")
    it.get_by_label("Server name").fill("tutorial-public-address")
    press(it, "Register", "Lamin has registered tutorial-public-address.")
    press(it, "Test connection", "Lamin can connect to tutorial-public-address.")

    it = form(run_cell(page, "import lamindb_setup"))
    press(it, "Register", "Nobody is signed in to Lamin.")
    expect(it.get_by_label("API key")).to_be_visible()
    it.get_by_label("API key").fill(demo.said_key())
    press(it, "Sign in", "Signed in as sandbox-user.")
    press(it, "Register", "Lamin has registered tutorial-sign-in-")
    press(it, "Test connection", "Lamin can connect to tutorial-sign-in-")
