"""The tutorials come out as their text says, run unchanged from top to bottom."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import papermill
import pytest
from nbclient.exceptions import CellExecutionError

if TYPE_CHECKING:
    from lamin_widgets.sandbox import Sandbox

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
ALL = sorted(NOTEBOOKS.glob("*.ipynb"))
FIRST = "01-register-a-db-server.ipynb"
WITHOUT_BROWSER = "03-without-a-browser.ipynb"


def test_the_first_tutorial_registers_and_tests(tutorial_sandbox, run):
    said = run(FIRST, tutorial_sandbox.environ)
    port = tutorial_sandbox.database.port
    assert said["prepare"].startswith(f"Sandbox: PostgreSQL on 127.0.0.1 port {port}.")
    assert f"postgresql://postgres:***@127.0.0.1:{port}/postgres" in said["form"]
    assert "✓ Register: Lamin has registered my-second" in said["python-calls"]
    assert "✓ Test connection: Lamin can connect to my" in said["python-calls"]


def test_the_first_tutorial_sends_nothing_where_there_is_no_sandbox(run, home):
    """As with a Lamin account: it asks for what is missing, and breaks nowhere."""
    outside = {"LAMIN_API_URL": "http://127.0.0.1:1", "LAMIN_SETTINGS_DIR": str(home)}
    said = run(FIRST, outside)
    assert said["prepare"].startswith("No sandbox: fill in the form")
    assert "✗ Register: Enter the host." in said["python-calls"]


@pytest.mark.parametrize("time", ["first", "second"])
def test_five_faults_are_named_and_mended(tutorial_sandbox, run, time):
    said = run("02-fix-a-failing-connection.ipynb", tutorial_sandbox.environ)
    named = {
        "password-diagnose": "✗ Diagnose: PostgreSQL does not accept the password.",
        "port-diagnose": "refuses connections on port 543.",
        "hba-diagnose": "pg_hba.conf does not let this connection in.",
        "private-test": "✗ Test connection: Lamin could not connect to the server.",
        "signed-out-register": "✗ Register: Nobody is signed in to Lamin.",
    }
    mended = {
        "password-mended": "✓ Diagnose",
        "port-mended": "✓ Diagnose",
        "hba-mended": "✓ Diagnose",
        "private-test": "✓ Register",
        "private-mended": "✓ Test connection",
        "signed-out-mended": "✓ Sign in: Signed in as sandbox-user.",
        "signed-in-register": "✓ Test connection",
    }
    for cell, text in (*named.items(), *mended.items()):
        assert text in said[cell], cell
    assert "✗" not in said["private-mended"] + said["signed-in-register"]


def test_the_tutorial_without_a_browser_runs_twice(tutorial_sandbox, run):
    """A job that runs every night must not fail because it ran yesterday."""
    first = run(WITHOUT_BROWSER, tutorial_sandbox.environ)
    assert "registered" in first["register"]
    assert "✓ Diagnose" in first["diagnose"]
    again = run(WITHOUT_BROWSER, tutorial_sandbox.environ)
    assert "is registered already." in again["register"]
    assert "Connected" in again["test"]


def test_papermill_takes_the_password_from_the_environment(
    tutorial_sandbox, tmp_path, monkeypatch, server_name
):
    database = tutorial_sandbox.database
    environ = {**tutorial_sandbox.environ, "PGPASSWORD": database.password}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    written = tmp_path / "out.ipynb"
    papermill.execute_notebook(
        NOTEBOOKS / WITHOUT_BROWSER,
        written,
        parameters={"name": server_name, "host": database.host, "port": database.port},
        cwd=tmp_path,
        progress_bar=False,
    )
    text = written.read_text()
    assert f"Database server '{server_name}' registered" in text
    assert "Connected to the database server" in text
    assert database.password not in text


@pytest.mark.parametrize("right", [True, False], ids=["works", "fails"])
def test_the_script_of_the_tutorial_tells_ci_how_it_went(
    tutorial_sandbox, tmp_path, server_name, right
):
    wrong = {} if right else {"DB_PORT": "1"}
    ended = run_script(tutorial_sandbox, tmp_path, DB_SERVER_NAME=server_name, **wrong)
    assert ended.returncode == (0 if right else 1), ended.stderr
    assert ("✓" if right else "✗") + " Test connection" in ended.stdout
    assert tutorial_sandbox.database.password not in ended.stdout + ended.stderr


@pytest.mark.parametrize("missing", ["DB_SERVER_NAME", "PGPASSWORD"])
def test_the_script_of_the_tutorial_says_what_is_not_set(
    tutorial_sandbox, tmp_path, missing
):
    environ = {"DB_SERVER_NAME": "my-server", missing: ""}  # as a secret that is none
    ended = run_script(tutorial_sandbox, tmp_path, **environ)
    assert ended.returncode == 1
    assert ended.stderr == f"Set these environment variables: {missing}\n"


def test_the_tutorial_without_a_browser_says_that_the_password_is_missing(run, home):
    with pytest.raises(CellExecutionError, match="Set PGPASSWORD"):
        run(WITHOUT_BROWSER, {"LAMIN_SETTINGS_DIR": str(home)})


def test_in_ci_an_api_key_in_the_environment_is_enough(
    tutorial_sandbox, tmp_path, server_name
):
    """As in the workflow of the tutorial: nobody has run `lamin login` there."""
    ended = run_script(
        tutorial_sandbox,
        tmp_path,
        DB_SERVER_NAME=server_name,
        LAMIN_API_KEY=tutorial_sandbox.api_key,
        LAMIN_SETTINGS_DIR=str(tmp_path),
    )
    assert ended.returncode == 0, ended.stdout
    assert tutorial_sandbox.api_key not in ended.stdout + ended.stderr


def test_an_authors_notebook_goes_on_when_the_connection_works(tutorial_sandbox, run):
    said = run("04-for-tutorial-authors.ipynb", tutorial_sandbox.environ)
    assert "region prod-eu-central-1" in said["locked"]
    assert "✓ Test connection" in said["press"]
    assert (
        said["facts"] == "{'registered': 'yes', 'lamin': 'yes', 'here': 'not checked'}"
    )


def test_an_authors_notebook_goes_on_for_who_has_pressed_the_buttons(
    tutorial_sandbox, run
):
    said = run(
        "04-for-tutorial-authors.ipynb",
        tutorial_sandbox.environ,
        press="form.name = 'pressed-by-hand'; form.register(); form.test()",
        layout="[entry['action'] for entry in form.activity], next_part.value",
    )
    assert "✓ Test connection" in said["press"]
    assert said["before-layout"].count("Register") == 1
    assert "Part 2" in said["before-layout"]


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_a_tutorial_is_kept_without_outputs(path: Path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs"), cell.id
        assert cell.get("execution_count") is None, cell.id
    assert "widgets" not in notebook.metadata


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_links_of_a_tutorial_lead_somewhere(path: Path):
    text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (path.parent / target).is_file(), target
    for page in re.findall(r"`(docs/\w+\.md)`", text):
        assert (NOTEBOOKS.parent / page).is_file(), page


def run_script(
    box: Sandbox, folder: Path, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Save the script of the tutorial as it says, and run it."""
    script = folder / "register_server.py"
    script.write_text(python_block(NOTEBOOKS / WITHOUT_BROWSER, "script-text"))
    server = {
        "DB_HOST": box.database.host,
        "DB_PORT": str(box.database.port),
        "PGPASSWORD": box.database.password,
    }
    return subprocess.run(
        [sys.executable, script],
        env={**os.environ, **box.environ, **server, **environ},
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )


def python_block(path: Path, cell_id: str) -> str:
    cells = nbformat.read(path, as_version=4).cells
    (source,) = [cell.source for cell in cells if cell.id == cell_id]
    (block,) = re.findall(r"```python\n(.*?)```", source, re.DOTALL)
    return str(block)
