"""The CI examples are valid, and their commands work in the sandbox."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml
from doubles.processes import run_command

EXAMPLES = Path(__file__).parents[2] / "examples"
GITHUB = (EXAMPLES / "github-actions.yml").read_text()
ACTIONS = yaml.safe_load(GITHUB)
GITLAB = yaml.safe_load((EXAMPLES / "gitlab-ci.yml").read_text())
INSTALL = "pip install lamin_widgets"


@pytest.fixture
def run(environ, sandbox, tmp_path):
    """Run commands in a shell as a CI runner does, but without the installation."""
    database = sandbox.database
    url = f"host={database.host} port={database.port} password='{database.password}'"

    def call(script, variables):
        secrets = {"DATABASE_URL": url, "LAMIN_API_KEY": sandbox.api_key}
        path = f"{Path(sys.executable).parent}:{environ['PATH']}"
        shell = ("bash", "-eo", "pipefail", "-c", script)
        variables = {**environ, **variables, **secrets, "PATH": path}
        result = run_command(*shell, env=variables, cwd=tmp_path)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    return call


def test_github_workflow_registers_and_tests_the_server(run, server_name):
    # YAML reads the key `on` as true.
    assert ACTIONS[True].keys() == {"workflow_dispatch", "schedule"}
    assert ACTIONS["permissions"] == {}
    assert {*re.findall(r"secrets\.(\w+)", GITHUB)} == {"DATABASE_URL", "LAMIN_API_KEY"}
    variables = {**ACTIONS["env"], "SERVER_NAME": server_name}
    for name, job in ACTIONS["jobs"].items():
        assert {"runs-on", "timeout-minutes", "steps"} <= job.keys()
        setup, install, command = job["steps"]
        assert re.fullmatch(r"actions/setup-python@v\d+", setup["uses"])
        assert install["run"] == INSTALL
        assert f"lamin-widgets {name} " in command["run"]
        assert "✓" in run(command["run"], variables)


@pytest.mark.full
def test_gitlab_pipeline_registers_and_tests_the_server(run, server_name, tmp_path):
    variables = {**GITLAB.pop("variables"), "SERVER_NAME": server_name}
    assert GITLAB.pop("default")["before_script"] == [INSTALL]
    for name, job in GITLAB.items():
        assert {"rules", "timeout", "script"} <= job.keys()
        (command,) = job["script"]
        assert f"lamin-widgets {name} " in command
        run(command, variables)
        for artifact in job.get("artifacts", {}).get("paths", []):
            assert '"exit_code": 0' in (tmp_path / artifact).read_text()
