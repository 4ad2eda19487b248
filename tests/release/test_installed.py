"""The wheel in clean environments, on the oldest and the newest Python."""

from __future__ import annotations

import subprocess
import sys

import pytest
from environments import ROOT, ran

WHERE = "import lamin_widgets; print(lamin_widgets.__file__)"
FORM = "import lamin_widgets as lw; print(lw.DbServerWidget(host='db.example.org'))"


@pytest.fixture(params=["plain", "with_sandbox"])
def installed(request):
    return request.getfixturevalue(request.param)


def test_what_is_imported_comes_from_the_wheel(installed):
    environment = installed.python.parents[1]
    assert installed.run("-c", WHERE).startswith(str(environment))


def test_the_unit_tests_pass(installed):
    report = installed.run(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/unit", "tests/form"
    )
    assert "passed" in report
    assert "skipped" not in report


def test_the_widget_works(installed):
    shown = installed.run("-W", "error", "-c", FORM)
    assert "postgresql://postgres:***@db.example.org:5432/postgres" in shown


def test_the_command_explains_itself(installed):
    assert "sandbox" in ran(installed.command("lamin-widgets"), "--help")


@pytest.mark.parametrize("command", ["demo", "sandbox"])
def test_without_the_extra_the_command_says_what_to_install(plain, command):
    ended = subprocess.run(
        [plain.command("lamin-widgets"), command],
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.returncode != 0
    assert "lamin_widgets[sandbox]" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_demo_checks_itself(with_sandbox):
    with_sandbox.run("-m", "lamin_widgets", "demo", "--check")


def test_a_type_checker_sees_the_types_of_the_wheel(plain):
    """As in a user's own project: no settings of ours, and py.typed is believed."""
    checked = ROOT / "tests" / "typing" / "public_api.py"
    mypy = (sys.executable, "-m", "mypy", "--config-file=", "--strict")
    quiet = ("--cache-dir=/dev/null", f"--python-executable={plain.python}")
    ran(*mypy, *quiet, checked, cwd=plain.source)
