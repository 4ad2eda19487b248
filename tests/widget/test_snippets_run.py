"""What "Show code" shows does what the buttons do, run as a person would run it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lamin_widgets import DbServerClient, LaminWidgetsError
from lamin_widgets.form.checks import Draft
from lamin_widgets.form.snippets import snippets
from lamin_widgets.sandbox.process import environment, sign_in


@pytest.fixture(scope="module")
def signed_in(sandbox):
    sign_in(sandbox)
    return environment(sandbox) | {"PGPASSWORD": sandbox.database.password}


def run(label, code, env, token):
    command = ["bash", "-s"] if label == "curl" else [sys.executable, "-"]
    result = subprocess.run(
        command,
        input=code,
        env=env | {"LAMIN_ACCESS_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert env["PGPASSWORD"] not in result.stdout + result.stderr
    return result


@pytest.mark.parametrize("contract", ["guide", "published"])
@pytest.mark.parametrize("label", ["Python", "Python (requests)", "curl"])
def test_the_code_registers_and_tests_the_server(
    shown, sandbox, signed_in, server_name, label, contract
):
    published = contract == "published"
    api_url = sandbox.published_api_url if published else sandbox.api_url
    client = DbServerClient(api_url, sandbox.issue_token())
    with pytest.raises(LaminWidgetsError):
        client.check_access("nobody")  # which spelling the API knows shows in use
    widget, _ = shown(
        name=server_name,
        host=sandbox.database.host,
        port=sandbox.database.port,
        organization_id=sandbox.organization_id if published else None,
        client=client,
    )
    widget.panels = ["code"]
    code = widget.texts["code"][label]
    result = run(label, code, signed_in, sandbox.issue_token())
    assert result.returncode == 0, result.stdout + result.stderr
    layer = sandbox.published_api if published else sandbox.api
    paths = [request.path.removeprefix("/api") for request in layer.requests[-3:]]
    check = "/db/server/check-access" if published else "/db/server/checks-access"
    assert "/db/server/register" in paths
    assert paths[-1] == check


def test_the_line_about_the_token_sets_it(sandbox, signed_in):
    (line,) = [
        text.removeprefix("# ")
        for text in snippets(Draft())["curl"].splitlines()
        if "export LAMIN_ACCESS_TOKEN" in text
    ]
    folder = Path(sys.executable).parent
    said = subprocess.run(
        [shutil.which("sh"), "-c", f'{line}\nprintf %s "$LAMIN_ACCESS_TOKEN"'],
        env=signed_in | {"PATH": f"{folder}:{os.environ['PATH']}"},
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert sandbox._tokens.accepts(said.stdout.decode())
