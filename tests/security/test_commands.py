"""No command or code that the form offers puts a secret into a process's arguments.

Every user of a machine can list the arguments of its processes.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
import types
from typing import TYPE_CHECKING
from unittest import mock

import psutil
import pytest
from doubles.processes import run_command
from security.leak_scanner import find_leaks

from lamin_widgets.core.failures import CATALOG
from lamin_widgets.form.draft import Draft
from lamin_widgets.form.snippets import init_code, instance_snippets, snippets
from lamin_widgets.sandbox.postgres import Postgres

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "heron@Vz8/wvx8jjx3"
TOKEN = "zqtoken-wvx8yyq9jjx3kkv"
ENVIRON = {
    "PGPASSWORD": PASSWORD,
    "DATABASE_URL": f"postgresql://postgres:{PASSWORD}@db.example.org/postgres",
    "LAMIN_API_KEY": TOKEN,
    "LAMIN_ACCESS_TOKEN": TOKEN,
}
RECORD = """#!/bin/sh
printf '%s\n' "$0" "$@" >> "$RECORDS/arguments"
"""
PROGRAMS = {
    **dict.fromkeys(("lamin", "pg_isready", "pip", "psql"), "true"),
    **dict.fromkeys(("python", "python3"), "printf '%s\n' \"$LAMIN_ACCESS_TOKEN\""),
    "curl": 'while read -r line; do printf "%s\n" "$line" >> "$RECORDS/input"; done',
    **{name: f'exec {shutil.which(name)} "$@"' for name in ("od", "sed", "tail", "tr")},
}
"""Shell code of each replaced program, which runs after it recorded its arguments."""
FACTS = {
    "host": "db.example.org",
    "port": "5432",
    "name": "my-server",
    "instance": "my-instance",
    "variable": "PGSERVICE",
    "bundle_variable": "REQUESTS_CA_BUNDLE",
    "proxy_variable": "HTTPS_PROXY",
}
DRAFT = Draft(
    name="my-server",
    host="db.example.org",
    port=5432,
    api_server_name="prod-us-east-1",
    api_url="https://api.lamin.ai",
    instance_name="my-instance",
    storage="s3://my-bucket",
)


class Ran:
    """Runs commands and code with programs that only record their arguments.

    Attributes:
        arguments: The arguments of all processes that were started.
        given: Texts passed in another way, through a pipe or to a function.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._programs = folder / "bin"
        self._programs.mkdir()
        for name, script in PROGRAMS.items():
            path = self._programs / name
            path.write_text(RECORD + script)
            path.chmod(0o755)
        self._calls = mock.MagicMock()
        self._calls.post.return_value.status_code = 200
        self._calls.post.return_value.text = "ok"

    def shell(self, text: str) -> None:
        folders = {"PATH": str(self._programs), "RECORDS": str(self._folder)}
        # A reader fills in the placeholders.
        text = re.sub(r"<([\w -]+)>", "x", text)
        shell = ("/bin/sh", "-c", text)
        done = run_command(*shell, env=ENVIRON | folders, input=PASSWORD)
        assert "not found" not in done.stderr, done.stderr

    def cell(self, text: str) -> None:
        lines = text.split("\n")
        code = [line for line in lines if not line.startswith(("!", "%"))]
        names = self.python("\n".join(code))
        for line in lines:
            if line.startswith(("!", "%pip")):
                # IPython fills in variables like this.
                text = re.sub(r"\{(.+?)\}", lambda m: str(names[m[1]]), line[1:])
                self.shell(text)

    def python(self, code: str) -> dict[str, object]:
        def started(*arguments: object, **_: object) -> None:
            with (self._folder / "arguments").open("a") as file:
                file.write(f"{arguments!r}\n")

        modules = {name: self._module(name) for name in _IMPORTED}
        names: dict[str, object] = {}
        with (
            mock.patch.dict(sys.modules, modules),
            mock.patch.dict(os.environ, ENVIRON),
            mock.patch("getpass.getpass", return_value=PASSWORD),
            mock.patch("subprocess.Popen", started),
            mock.patch("os.system", started),
        ):
            exec(compile(code, "snippet", "exec"), names)
        return names

    def _module(self, name: str) -> types.ModuleType:
        module = types.ModuleType(name)
        for attribute in _IMPORTED[name]:
            setattr(module, attribute, getattr(self._calls, attribute))
        if name == "lamindb_setup":
            user = types.SimpleNamespace(access_token=TOKEN, handle="ada")
            module.settings = types.SimpleNamespace(user=user)
        if name in {"psycopg2", "requests"}:
            module.Error = module.RequestException = module.ConnectTimeout = OSError
        return module

    @property
    def arguments(self) -> str:
        path = self._folder / "arguments"
        return path.read_text() if path.exists() else ""

    @property
    def given(self) -> str:
        path = self._folder / "input"
        calls = repr(self._calls.mock_calls)
        return calls + (path.read_text() if path.exists() else "")


_IMPORTED = {
    "lamindb_setup": ("login", "init", "connect"),
    "lamin_widgets": (
        *("DbServerClient", "DbServerWidget", "PostgresConnection", "Secret"),
        "diagnose",
    ),
    "requests": ("post", "put"),
    "psycopg2": ("connect",),
}


@pytest.fixture
def ran(tmp_path):
    return Ran(tmp_path)


OFFERED = [
    pytest.param(place, row, id=f"{row.id}-{place}")
    for row in CATALOG.values()
    for place in row.commands
    if place != "sql"
]


@pytest.mark.parametrize(("place", "row"), OFFERED)
def test_command_has_no_secret_in_process_arguments(ran, place, row):
    _, _, command = row.fill(FACTS, "this machine", place)
    assert command
    getattr(ran, place)(command)
    assert not find_leaks(ran.arguments, PASSWORD)
    assert TOKEN not in ran.arguments


HOSTILE = (
    "x'; : > {marker}; '",
    'x"; : > {marker}; "',
    "x; : > {marker}",
    "$(: > {marker})",
    "`: > {marker}`",
    "x\n: > {marker}\n",
    "x'); open('{marker}', 'w').close(); ('",
    'x"; open("{marker}", "w").close(); "',
    '{{open("{marker}", "w").close()}}',
    'x\nopen("{marker}", "w").close()\n',
)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_value_in_a_command_is_not_executed(ran, tmp_path, hostile):
    marker = tmp_path / "marker"
    facts = dict.fromkeys(FACTS, hostile.format(marker=marker))
    for place, row in ((each.values[0], each.values[1]) for each in OFFERED):
        _, _, command = row.fill(facts, "this machine", place)
        with contextlib.suppress(Exception):
            getattr(ran, place)(command)
        assert not marker.exists(), (row.id, command)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_value_in_exported_code_is_not_executed(ran, tmp_path, hostile):
    marker = tmp_path / "marker"
    text = hostile.format(marker=marker)
    fields = ("name", "host", "api_server_name", "organization_id", "instance_name")
    fields += ("storage", "schema_str", "account_id", "api_url")
    draft = Draft(**dict.fromkeys(fields, text), port=5432)
    codes = {**snippets(draft), "init": init_code(draft)}
    codes |= {f"instance, {k}": v for k, v in instance_snippets(draft).items()}
    for label, code in codes.items():
        with contextlib.suppress(Exception):
            (ran.shell if "curl" in label else ran.python)(code)
        assert not marker.exists(), label


CODES = {**snippets(DRAFT), "init": init_code(DRAFT)}
CODES |= {
    f"instance, {label}": code for label, code in instance_snippets(DRAFT).items()
}


@pytest.mark.parametrize("label", CODES)
def test_exported_code_has_no_secret_in_process_arguments(ran, label):
    run = ran.shell if "curl" in label else ran.python
    run(CODES[label])
    assert not find_leaks(ran.arguments, PASSWORD)
    assert TOKEN not in ran.arguments
    # The code must have done its work. Otherwise, the search is pointless.
    assert TOKEN in ran.given or PASSWORD in ran.given or "my-instance" in ran.given


@pytest.mark.parametrize(
    "command",
    [
        'lamin init --storage x --db "postgresql://postgres:$PGPASSWORD@h/postgres"',
        'curl --header "Authorization: Bearer $LAMIN_ACCESS_TOKEN" https://x',
        "python -c \"print('$PGPASSWORD')\"",
    ],
)
def test_command_with_a_secret_in_its_arguments_is_found(ran, command):
    ran.shell(command)
    assert find_leaks(ran.arguments, PASSWORD) or TOKEN in ran.arguments


def test_sandbox_processes_have_no_password_arguments():
    """Check the environment as well, because root can read it."""
    with Postgres(password=PASSWORD):
        names = set()
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):  # The worker might have ended.
                names.add(child.name())
                shown = repr([child.cmdline(), child.environ()])
                assert not find_leaks(shown, PASSWORD)
        assert "postgres" in names


def test_executed_value_is_found(ran, tmp_path):
    marker = tmp_path / "marker"
    for hostile in HOSTILE[:6]:
        text = hostile.format(marker=marker)
        quote = text[1] if text[1] in "'\"" else ""
        ran.shell(f"pip {quote}{text}{quote}")
        assert marker.exists(), text
        marker.unlink()
