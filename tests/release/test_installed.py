"""The wheel in clean environments, on the oldest and the newest Python."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from browser.front_ends.jupyter import JupyterLab
from browser.page import fill_in, form
from doubles.processes import run_command
from playwright.sync_api import expect
from release.installed import run

from lamin_widgets.sandbox.process import sign_in

ROOT = Path(__file__).parents[2]
PUBLIC_API = ROOT / "tests" / "typing" / "public_api.py"
FIND = "from lamin_widgets.sandbox import tutorials; print(tutorials.find_notebooks())"
FORM = "import lamin_widgets as lw; print(lw.DbServerWidget(host='db.example.org'))"


def test_installed_widget_can_be_created(plain):
    shown = plain.run("-W", "error", "-c", FORM)
    assert "postgresql://postgres:***@db.example.org:5432/postgres" in shown


def test_installed_package_comes_from_the_wheel(plain):
    shown = plain.run("-c", "import lamin_widgets; print(lamin_widgets.__file__)")
    assert shown.startswith(str(plain.python.parents[1]))


def test_installed_package_has_the_tutorials_and_their_pictures(plain):
    def files(folder):
        paths = [*folder.glob("*.ipynb"), *folder.glob("images/*.png")]
        return {path.relative_to(folder): path.read_bytes() for path in paths}

    found = Path(plain.run("-c", FIND).strip())
    assert found.is_relative_to(plain.python.parents[1])
    assert len(files(found)) > 5
    assert files(found) == files(ROOT / "notebooks")


def test_installed_command_prints_help(plain):
    assert "sandbox" in run(plain.command("lamin-widgets"), "--help")


@pytest.mark.parametrize("command", ["demo", "sandbox"])
def test_installed_command_names_a_missing_extra(plain, command):
    sentence = (
        rf"The {command} requires \w+\. Install it with: pip install "
        r"'lamin_widgets\[sandbox\]', or in a clone: pip install '\.\[sandbox\]'\n"
    )
    ended = run_command(plain.command("lamin-widgets"), command)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert re.fullmatch(sentence, ended.stderr)


@pytest.mark.full
def test_installed_types_are_visible_to_a_type_checker(plain):
    """Check types as in a user's project, without this project's settings."""
    mypy = (sys.executable, "-m", "mypy", "--config-file=", "--strict")
    quiet = ("--cache-dir=/dev/null", f"--python-executable={plain.python}")
    run(*mypy, *quiet, PUBLIC_API, cwd=plain.folder)


@pytest.mark.full
def test_installed_demo_check_passes(with_sandbox):
    with_sandbox.run("-m", "lamin_widgets", "demo", "--check")


@pytest.mark.full
@pytest.mark.browser
def test_user_of_the_wheel_registers_and_tests_a_server(
    browser, sandbox, with_sandbox, server_name
):
    sign_in(sandbox)
    lab = JupyterLab(browser, sandbox.environ)
    lab.python = str(with_sandbox.python)
    with lab:
        it = form(lab.open("import lamin_widgets as lw; lw.DbServerWidget()"))
        environment = with_sandbox.python.parents[1]
        assert lab.evaluate("lw.__file__").startswith(str(environment))
        fill_in(it, sandbox, server_name)
        status = it.get_by_role("status")
        it.get_by_role("button", name="Register", exact=True).click()
        expect(status).to_contain_text(f"Registered {server_name} with Lamin")
        it.get_by_role("button", name="Test connection").click()
        expect(status).to_contain_text("Lamin can connect")
