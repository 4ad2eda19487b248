"""Which tests run in the same process, one after the other.

Tests of a file share its fixtures, and tests that use the same front end share the
running front end. So each of them is made once.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling

SLOW_FOLDERS = (
    *("lamin", "postgres", "security", "sandbox", "cli", "view"),
    *("browser", "docs", "notebooks", "release", "benchmarks"),
)
"""Folders with slow tests, in the order in which they run, after the fast ones."""
ONE_GROUP = {"docs", "release"}
"""Folders whose files share slow fixtures."""
FRONT_ENDS = {
    "test_static_export": "export",
    "test_unsupported": "Panel",
    "test_voila": "Voila",
}
"""Front ends of the files in tests/browser that don't use JupyterLab."""


class Groups(LoadScopeScheduling):
    """Scheduler that sends the tests of a group to the same process."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def place_of(path: PurePosixPath) -> int:
    """Return the place of a test, given its path in `tests`: fast ones come first."""
    folder = path.parts[0]
    return SLOW_FOLDERS.index(folder) + 1 if folder in SLOW_FOLDERS else 0


def group_of(nodeid: str) -> str:
    """Return the group of a test, given its id."""
    path = PurePosixPath(nodeid.partition("::")[0])
    folder = path.parts[1]
    if folder in ONE_GROUP:
        return folder
    if folder == "browser":
        parameter = re.search(r"\[(\w+)", nodeid)
        if path.stem in {"test_journey", "test_containers"} and parameter:
            return parameter[1]
        return FRONT_ENDS.get(path.stem, "JupyterLab")
    return str(path)
