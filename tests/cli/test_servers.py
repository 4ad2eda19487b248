"""Diagnose, register, and test: results, exit statuses, and causes."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from lamin_widgets import DbServerClient, DbServerWidget, PostgresConnection, diagnose
from lamin_widgets.session.actions import ACTIONS

SCHEMA = json.loads(files("lamin_widgets.cli").joinpath("schema.json").read_text())
REGION = ("--region", "prod-us-east-1")


def _valid(result):
    """Return the last outcome of a JSON result that follows the schema."""
    jsonschema.validate(result.json, SCHEMA)
    assert result.json["exit_code"] == result.code
    return result.outcome


def test_commands_diagnose_register_and_test_a_server(
    cli, server, password, server_name
):
    name = ("--name", server_name)
    report = cli("diagnose", *server, **password)
    assert report.code == 0
    assert report.out.startswith("✓ Diagnose: This machine can connect")
    assert "passed  Version: PostgreSQL 18" in report.out
    assert report.err == f"{ACTIONS['diagnose'].title}…\n"

    registered = cli("register", *server, *name, *REGION, "--json", **password)
    assert _valid(registered)["state"] == "success"
    assert [each["action"] for each in registered.json["outcomes"]] == [
        "diagnose",
        "register",
    ]
    assert registered.json["server"]["region"] == "prod-us-east-1"
    assert "passed  Authentication" in registered.err

    again = cli("register", *server, *name, *REGION, "--json", "--quiet", **password)
    assert again.code == 1
    assert again.err == ""
    assert _valid(again)["cause"] == "name_taken"

    tested = cli("test", *name)
    assert tested.code == 0
    assert tested.out.startswith("✓ Test connection: ")
    unknown = cli("test", "--name", f"no-{server_name}", "--json")
    assert unknown.code == 1
    assert _valid(unknown)["cause"] == "not_registered"


def test_register_with_the_june_api_requires_the_organization(
    cli, sandbox, server, password, server_name
):
    options = ("--name", server_name, "--api-url", sandbox.published_api_url)
    missing = cli("register", *server, *options, *REGION, "--json", **password)
    assert _valid(missing)["cause"] == "organization_required"
    identified = ("--organization-id", sandbox.organization_id)
    assert (
        cli("register", *server, *options, *REGION, *identified, **password).code == 0
    )
    assert cli("test", *options[:4]).code == 0


@pytest.mark.parametrize(
    "template",
    [
        "postgresql://postgres:{encoded}@{host}:{port}/postgres?sslmode=prefer",
        "host={host} port={port} user=postgres password='{password}'",
        "postgresql://{host}:{port}/postgres",
    ],
)
def test_url_env_accepts_any_connection_string(cli, sandbox, password, template):
    database = sandbox.database
    text = template.format(
        host=database.host,
        port=database.port,
        password=database.password,
        encoded=PostgresConnection("x", 1, database.password)
        .url.reveal()
        .split(":")[2]
        .removesuffix("@x"),
    )
    variables = {"DATABASE_URL": text}
    if "{password}" not in template and "{encoded}" not in template:
        variables |= password
    else:
        variables["PGPASSWORD"] = "the connection string comes first"
    assert cli("diagnose", "--url-env", "DATABASE_URL", **variables).code == 0


def test_password_is_read_from_a_file_or_stdin(cli, sandbox, server, tmp_path):
    file = tmp_path / "password"
    file.write_text(f"{sandbox.database.password}\n")
    wrong = {"PGPASSWORD": "the file comes first"}
    assert cli("diagnose", *server, "--password-file", file, **wrong).code == 0
    text = f"{sandbox.database.password}\n"
    assert cli("diagnose", *server, "--password-file", "-", stdin=text).code == 0


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_exit_status_tells_a_result_that_cannot_be_written(
    environ, server, password, options
):
    command = [sys.executable, "-m", "lamin_widgets", "diagnose", *map(str, server)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*command, *options, "--quiet"],
            env={**environ, **password},
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
        nowhere = subprocess.run(
            [*command, *options, "--quiet"],
            env={**environ, **password},
            stdout=full,
            stderr=full,
            check=False,
        )
    assert done.returncode == nowhere.returncode == 0
    assert done.stderr == b"Can't write the result: No space left on device.\n"


def test_register_stops_after_a_failed_diagnosis(cli, server, sandbox, server_name):
    options = (*server, "--name", server_name, *REGION)
    wrong = {"PGPASSWORD": "Qz7-wrong"}
    before = len(sandbox.api.requests)
    refused = cli("register", *options, **wrong)
    assert refused.code == 1
    assert "✗ Diagnose: Password authentication failed" in refused.out
    assert "Not registered, because the diagnosis failed" in refused.out
    assert "--force" in refused.out
    assert "Qz7-wrong" not in refused.out + refused.err
    assert len(sandbox.api.requests) == before
    same = cli("register", *options, "--json", **wrong)
    assert _valid(same)["cause"] == "diagnosed_wrong"
    forced = cli("register", *options, "--force", "--json", **wrong)
    assert forced.code == 0
    assert [each["state"] for each in forced.json["outcomes"]] == [
        "failure",
        "success",
    ]


def test_register_stops_at_an_unlisted_region(cli, server, password, server_name):
    options = (*server, "--name", server_name, "--region", "prod-mars-1")
    refused = cli("register", *options, "--json", **password)
    assert refused.code == 1
    assert _valid(refused)["cause"] == "region_doubtful"
    assert cli("register", *options, "--force", **password).code == 0


def test_lost_reply_to_register_has_the_exit_code_for_unknown(
    cli, breakable, server, password, server_name
):
    breakable.api.fault(close="before")
    options = ("--name", server_name, *REGION)
    result = cli("register", *server, *options, "--json", **password)
    assert result.code == 3
    assert _valid(result)["state"] == "unknown"


def test_diagnose_in_the_sandbox_refuses_another_machine(cli):
    options = ("--host", "192.0.2.1", "--json")
    result = cli("diagnose", *options, PGPASSWORD="x")
    assert _valid(result)["cause"] == "sandbox_only"


@pytest.mark.parametrize("what", ["wrong-password", "pg_hba", "no-login", "stopped"])
def test_command_python_and_form_report_the_same_cause(
    cli, breakable, password, server, server_name, what
):
    database = breakable.database
    connection = PostgresConnection(database.host, database.port, database.password)
    token = breakable.issue_token()
    with closing(DbServerClient(breakable.api_url, token)) as client:
        client.register(server_name, connection, "prod-us-east-1")
        form = DbServerWidget(
            name=server_name,
            host=database.host,
            port=database.port,
            password=database.password,
            client=client,
        )
        breakable.break_(what)
        here = {
            cli("diagnose", *server, "--json", **password).outcome["cause"],
            diagnose(connection).cause,
            form.diagnose().cause,
        }
        lamin = {
            cli("test", "--name", server_name, "--json").outcome["cause"],
            form.test().cause,
        }
        form.close()
    assert len(here) == len(lamin) == 1
    assert None not in here | lamin
