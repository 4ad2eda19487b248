"""What the matrix is played with, and the figures that it ends with."""

from __future__ import annotations

import pytest
from doubles.raw_server import RawServer
from scenes_database import repeat_password
from world import World
from written import private_folders

FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="module")
def world(sandbox, home):
    with RawServer(repeat_password) as repeating, private_folders(home) as folder:
        yield World(sandbox, repeating, folder)


@pytest.fixture(scope="session")
def figures(pytestconfig):
    """Lines to end the tests' report with; docs/security.md has them."""
    return pytestconfig.stash.setdefault(FIGURES, [])


def pytest_terminal_summary(terminalreporter, config):
    lines = config.stash.get(FIGURES, [])
    if lines:
        terminalreporter.section("secret by channel")
        for line in lines:
            terminalreporter.write_line(line)
