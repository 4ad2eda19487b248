"""Front ends that all tests share: each starts once in a session."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browser.front_ends import FRONT_ENDS
from browser.front_ends.front_end import FrontEnd
from browser.front_ends.jupyter import JupyterLab
from browser.front_ends.panel import Panel
from browser.front_ends.voila import Voila

from lamin_widgets.sandbox.process import sign_in

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from playwright.sync_api import Browser

    from lamin_widgets.sandbox import Sandbox


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark these tests, so that `-m "not browser"` leaves them out."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the pages and the log of a front end whose test fails."""
    report = yield
    if report.when == "call" and report.failed:
        for each in getattr(item, "funcargs", {}).values():
            if isinstance(each, FrontEnd):
                report.sections += [(each.name, each.description())]
    return report


@pytest.fixture(scope="session")
def start(
    browser: Browser, sandbox: Sandbox
) -> Iterator[Callable[[type[FrontEnd]], FrontEnd]]:
    """A function that returns a running front end, signed in to the sandbox."""
    sign_in(sandbox)
    running: dict[type[FrontEnd], FrontEnd] = {}
    with contextlib.ExitStack() as stack:

        def get(kind: type[FrontEnd]) -> FrontEnd:
            if kind not in running:
                running[kind] = stack.enter_context(kind(browser, sandbox.environ))
            return running[kind]

        yield get
        for each in running.values():
            each.begin_to_stop()  # All stop at the same time.


def used(server: FrontEnd) -> Iterator[FrontEnd]:
    """Hand a running front end to a test, and close its pages afterward."""
    yield server
    server.close_pages()


@pytest.fixture
def front_end(
    request: pytest.FixtureRequest, start: Callable[[type[FrontEnd]], FrontEnd]
) -> Iterator[FrontEnd]:
    """The front end with the name in the test's parameter."""
    yield from used(start(FRONT_ENDS[request.param]))


@pytest.fixture
def lab(start: Callable[[type[FrontEnd]], FrontEnd]) -> Iterator[FrontEnd]:
    """JupyterLab, without a page."""
    yield from used(start(JupyterLab))


@pytest.fixture
def voila(start: Callable[[type[FrontEnd]], FrontEnd]) -> Iterator[FrontEnd]:
    """Voilà, without a page."""
    yield from used(start(Voila))


@pytest.fixture
def panel(start: Callable[[type[FrontEnd]], FrontEnd]) -> Iterator[FrontEnd]:
    """Panel, without a page."""
    yield from used(start(Panel))
