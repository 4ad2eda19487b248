"""Exported Python and curl code, run against the sandbox as a user would."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest
from doubles.processes import run_command

from lamin_widgets.form.draft import Draft
from lamin_widgets.form.snippets import snippets
from lamin_widgets.sandbox.process import environment, sign_in


@pytest.fixture(scope="module")
def signed_in(sandbox):
    sign_in(sandbox)
    return environment(sandbox) | {
        "PGPASSWORD": sandbox.database.password,
        "LAMIN_ACCESS_TOKEN": sandbox.issue_token(),
    }


def run(label, draft, env):
    command = ["bash", "-s"] if label == "curl" else [sys.executable, "-"]
    result = run_command(*command, input=snippets(draft)[label], env=env)
    assert env["PGPASSWORD"] not in result.stdout + result.stderr
    return result


def paths(layer):
    return [request.path.removeprefix("/api") for request in layer.requests]


@pytest.mark.parametrize("label", ["Python", "Python (requests)", "curl"])
def test_code_registers_and_tests_the_server(sandbox, signed_in, server_name, label):
    database = sandbox.database
    newer = label == "curl"
    draft = Draft(
        name=server_name,
        api_server_name="prod-us-east-1",
        host=database.host,
        port=database.port,
        api_url=sandbox.published_api_url if newer else sandbox.api_url,
        organization_id=sandbox.organization_id if newer else "",
    )
    layer = sandbox.published_api if newer else sandbox.api
    before = len(layer.requests)
    result = run(label, draft, signed_in)
    assert result.returncode == 0, result.stdout + result.stderr
    sent = paths(layer)[before:]
    check = "/db/server/check-access" if newer else "/db/server/checks-access"
    assert [path for path in sent if path.startswith("/db")] == [
        "/db/server/register",
        check,
    ]


@pytest.mark.parametrize("label", ["Python", "Python (requests)"])
def test_python_tests_the_server_if_the_result_is_unknown(breakable, signed_in, label):
    database = breakable.database
    draft = Draft(
        f"lost-{label}",
        "prod-us-east-1",
        database.host,
        database.port,
        breakable.api_url,
    )
    breakable.api.fault(path="/db/server/register", close="before")
    before = len(breakable.api.requests)
    run(label, draft, signed_in)
    sent = [p for p in paths(breakable.api)[before:] if p.startswith("/db")]
    assert sent == ["/db/server/register", "/db/server/checks-access"]


@pytest.mark.parametrize("label", ["Python", "Python (requests)"])
def test_python_registers_nothing_if_it_cannot_connect(sandbox, signed_in, label):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    draft = Draft("n", "prod-us-east-1", "127.0.0.1", port, sandbox.api_url)
    before = len(sandbox.api.requests)
    result = run(label, draft, signed_in)
    assert result.returncode == 1
    assert "The server isn't registered." in result.stderr
    assert len(sandbox.api.requests) == before


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"accessible": False}, "HTTP 200, accessible: False"),
        ({"success": False, "error": "timeout"}, "success: False, error: timeout"),
        ({"detail": {"input": "p\\ss'w"}}, "HTTP 200, without a clear result"),
        ([{"connected": False}], "HTTP 200, without a clear result"),
        ("<html>Sign in</html>", "HTTP 200, without a clear result"),
    ],
)
def test_requests_code_shows_only_parts_of_a_reply(
    sandbox, signed_in, api, body, shown
):
    api.reply(200, body=body)
    database = sandbox.database
    draft = Draft("n", "prod-us-east-1", database.host, database.port, api.url)
    result = run("Python (requests)", draft, signed_in)
    assert result.stdout.count(shown) == 2
    assert "input" not in result.stdout


def test_export_line_sets_the_token(sandbox, signed_in):
    (line,) = [
        text.removeprefix("# ")
        for text in snippets(Draft())["curl"].splitlines()
        if "export LAMIN_ACCESS_TOKEN" in text
    ]
    folder = Path(sys.executable).parent
    environ = signed_in | {"PATH": f"{folder}:{os.environ['PATH']}"}
    code = f'{line}\nprintf %s "$LAMIN_ACCESS_TOKEN"'
    result = run_command("sh", "-c", code, env=environ)
    assert sandbox.tokens.accepts(result.stdout)
