"""The tutorials run from top to bottom, with the results that their text describes."""

from __future__ import annotations

import ast
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import papermill
import pytest
from doubles.kernels import unix_sockets
from doubles.processes import run_command
from IPython.core.inputtransformer2 import TransformerManager
from nbclient.exceptions import CellExecutionError

from lamin_widgets.sandbox.tutorials import copy_notebooks

if TYPE_CHECKING:
    import subprocess

    from lamin_widgets.sandbox import Sandbox

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
ALL = sorted(NOTEBOOKS.glob("*.ipynb"))
REGISTER = "01-register-a-db-server.ipynb"
FIX = "02-fix-a-failing-connection.ipynb"
SCRIPT = "03-register-from-a-script-or-ci.ipynb"
EMBED = "04-embed-the-form.ipynb"
MANY = "05-register-many-servers.ipynb"
FAULTS = {
    "password-diagnose": "✗ Diagnose: Password authentication failed",
    "port-diagnose": "refused the connection on port 543.",
    "hba-diagnose": "✗ Diagnose: pg_hba.conf doesn't allow",
    "private-test": "✗ Test connection",
    "signed-out-register": "✗ Register: You're not signed in to Lamin.",
}
FIXED = {
    "password-fixed": "✓ Diagnose",
    "port-fixed": "✓ Diagnose",
    "hba-fixed": "✓ Diagnose",
    "private-fixed": "✓ Test connection",
    "signed-out-fixed": "✓ Sign in: Signed in as sandbox-user.",
    "signed-in-register": "✓ Test connection",
}


def test_first_tutorial_registers_and_tests(tutorial_sandbox, run):
    shown = run(REGISTER, tutorial_sandbox.environ)
    port = tutorial_sandbox.database.port
    assert shown["prepare"] == "Sandbox\n"
    assert f"postgresql://postgres:***@127.0.0.1:{port}/postgres" in shown["form"]
    for action in ("Diagnose", "Register", "Test connection"):
        assert f"✓ {action}" in shown["python-calls"]


def test_first_tutorial_without_a_sandbox_asks_for_the_host(run, home):
    outside = {"LAMIN_API_URL": "http://127.0.0.1:1", "LAMIN_SETTINGS_DIR": str(home)}
    shown = run(REGISTER, outside)
    assert shown["prepare"].startswith("No sandbox")
    assert "✗ Diagnose: Enter a host." in shown["python-calls"]


@pytest.mark.parametrize(
    "time", ["first", pytest.param("second", marks=pytest.mark.full)]
)
def test_second_tutorial_names_and_fixes_five_faults(tutorial_sandbox, run, time):
    shown = run(FIX, tutorial_sandbox.environ)
    for cell, text in (FAULTS | FIXED).items():
        assert text in shown[cell], cell
    assert "✓ Register" in shown["private-test"]
    assert "bug" not in "".join(shown[cell] for cell in FAULTS)
    assert "✗" not in "".join(shown[cell] for cell in FIXED)


def test_script_tutorial_runs_twice(tutorial_sandbox, run):
    first = run(SCRIPT, tutorial_sandbox.environ)
    assert "✓ Diagnose" in first["diagnose"]
    assert "registered" in first["register"]
    again = run(SCRIPT, tutorial_sandbox.environ)
    assert "is already registered" in again["register"]
    assert "Connected" in again["test"]


def test_script_tutorial_asks_for_the_password(run, home):
    with pytest.raises(CellExecutionError, match="Set PGPASSWORD"):
        run(SCRIPT, {"LAMIN_SETTINGS_DIR": str(home)})


def test_papermill_output_does_not_contain_the_password(
    tutorial_sandbox, tmp_path, monkeypatch, server_name
):
    database = tutorial_sandbox.database
    environ = {**tutorial_sandbox.environ, "PGPASSWORD": database.password}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    written = tmp_path / "out.ipynb"
    values = {"name": server_name, "host": database.host, "port": database.port}
    with unix_sockets() as config:
        papermill.execute_notebook(
            NOTEBOOKS / SCRIPT,
            written,
            parameters=values,
            cwd=tmp_path,
            progress_bar=False,
            config=config,
        )
    text = written.read_text(encoding="utf-8")
    assert f"Database server '{server_name}' registered" in text
    assert "Connected to the database server" in text
    assert database.password not in text


@pytest.mark.parametrize(
    ("wrong", "status", "shown"),
    [
        ({}, 0, "✓ Test connection"),
        ({"DB_PORT": "1"}, 1, "✗ Diagnose"),
        ({"PGPASSWORD": ""}, 1, "Set these environment variables: PGPASSWORD"),
    ],
    ids=["works", "fails", "missing-variable"],
)
def test_script_reports_its_result(
    tutorial_sandbox, tmp_path, server_name, wrong, status, shown
):
    ended = run_script(
        tutorial_sandbox,
        tmp_path,
        DB_SERVER_NAME=server_name,
        # In CI, an API key is enough, and `lamin login` never ran.
        LAMIN_API_KEY=tutorial_sandbox.api_key,
        LAMIN_SETTINGS_DIR=str(tmp_path),
        **wrong,
    )
    output = ended.stdout + ended.stderr
    assert ended.returncode == status, output
    assert shown in output
    assert tutorial_sandbox.database.password not in output
    assert tutorial_sandbox.api_key not in output


def test_embed_tutorial_shows_the_next_part_after_the_test(tutorial_sandbox, run):
    shown = run(EMBED, tutorial_sandbox.environ, layout="next_part.value")
    assert "region prod-eu-central-1" in shown["locked"]
    assert "✓ Test connection" in shown["press"]
    assert shown["facts"] == (
        "{'registered': 'yes', 'lamin': 'yes', 'here': 'not checked'}"
    )
    assert "Part 2" in shown["before-layout"]


def test_embed_tutorial_registers_once(tutorial_sandbox, run, server_name):
    clicks = f"form.name = {server_name!r}; print(form.register(), form.test())"
    shown = run(EMBED, tutorial_sandbox.environ, press=clicks)
    assert "✓ Register" in shown["before-press"]
    assert "✓ Test connection" in shown["press"]


def test_many_servers_tutorial_reports_each_server(tutorial_sandbox, run):
    shown = run(MANY, tutorial_sandbox.environ)
    rows = shown["results"].splitlines()
    assert len(rows) == 20
    failed = [row for row in rows if not row.startswith("✓")]
    assert len(failed) == 1
    assert re.match(r"✗ server-13-\d+ +Diagnose .* on port 1\.", failed[0])


MARKUP = {"HTML", "Markdown", "Latex", "SVG", "Javascript"}


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_tutorial_shows_no_text_of_a_server_as_markup(path):
    """A hostile server could run code in the reader's notebook."""
    cells = nbformat.read(path, as_version=4).cells
    code = "\n".join(each.source for each in cells if each.cell_type == "code")
    shown = []
    for node in ast.walk(ast.parse(TransformerManager().transform_cell(code))):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                shown += node.args if name in MARKUP else []
            case ast.Assign([ast.Attribute(attr="value")], ast.IfExp(_, one, other)):
                shown += [one, other]
            case ast.Assign([ast.Attribute(attr="value")], value):
                shown.append(value)
    assert [each for each in shown if not isinstance(each, ast.Constant)] == []


def test_demo_copies_of_the_tutorials_have_valid_links(tmp_path):
    folder = tmp_path / "copies"
    copy_notebooks(folder)
    for path in folder.glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", cell.source):
                assert (folder / target).is_file(), target


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_tutorial_is_committed_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs"), cell.id
        assert cell.get("execution_count") is None, cell.id
        assert not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f-]+)?", cell.id), cell.id
    assert "widgets" not in notebook.metadata


def run_script(
    box: Sandbox, folder: Path, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Save the script of the tutorial, and run it."""
    cells = nbformat.read(NOTEBOOKS / SCRIPT, as_version=4).cells
    (source,) = [cell.source for cell in cells if cell.id == "script-text"]
    (block,) = re.findall(r"```python\n(.*?)```", source, re.DOTALL)
    script = folder / "register_server.py"
    script.write_text(block, encoding="utf-8")
    server = {
        "DB_HOST": box.database.host,
        "DB_PORT": str(box.database.port),
        "PGPASSWORD": box.database.password,
    }
    return run_command(
        sys.executable, script, env={**os.environ, **box.environ, **server, **environ}
    )
