"""The benchmarks and the form that they compare with. Durations aren't checked."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from doubles.processes import run_command

from lamin_widgets.sandbox.process import environment, sign_in

FOLDER = Path(__file__).parents[2] / "benchmarks"
QUICK = {
    "import": "rows(2)",
    "in_flight": "rows(1, 2)",
    "calls": "rows(2)",
    "diagnose": "rows(2)",
    "growth": "rows(2, 200, 0)",
    "journeys": "rows()",
}
pytestmark = pytest.mark.full


def run(code: str, **environ: str) -> str:
    """Run code beside the benchmarks, in a separate process, as `make bench` does."""
    path = [str(FOLDER.parent / "tests"), os.environ.get("PYTHONPATH", "")]
    environ |= {"PYTHONPATH": os.pathsep.join(filter(None, path))}
    command = (sys.executable, "-c", code)
    result = run_command(*command, cwd=FOLDER, env={**os.environ, **environ})
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("group", QUICK)
def test_benchmark_group_returns_its_rows(group):
    table = run(
        f"import bench_{group}, rows; print(rows.table(bench_{group}.{QUICK[group]}))"
    )
    assert len(table.splitlines()) >= 3


@pytest.mark.browser
def test_benchmark_groups_in_the_browser_return_their_rows(sandbox):
    sign_in(sandbox)
    table = run(
        f"""
import bench_display as display, bench_page as page_, bench_typing as typing, rows
from pages import notebook
from types import SimpleNamespace as Server
server = Server(host="127.0.0.1", port={sandbox.database.port},
                password={sandbox.database.password!r})
with notebook(busy_s=1) as page:
    found = [*typing.rows_on(page, 1, 4), page_.row_on(page, server, 1)]
    found.append(display.browser_row(page, 2))  # it clears the other outputs
print(rows.table([display.kernel_row(), *found]))
""",
        **environment(sandbox),
    )
    assert len(table.splitlines()) == 2 + 1 + 1 + 4 + 1


def test_peer_form_registers_and_tests_a_server(sandbox, server_name):
    shown = run(
        f"""
from peer import server_form
form = server_form({server_name!r}, "127.0.0.1", {sandbox.database.port})
title, name, region, host, port, password, advanced, url, buttons, result, _ = (
    form.children
)
password.value = {sandbox.database.password!r}
import lamindb_setup
class User: access_token = {sandbox.issue_token()!r}
class Settings: user = User()
lamindb_setup.settings = Settings()
print(url.value)
for button in buttons.children:
    button.click()
    print(result.value)
""",
        **sandbox.environ,
    )
    assert f"postgres:***@127.0.0.1:{sandbox.database.port}" in shown
    assert "201" in shown
    assert "200" in shown
