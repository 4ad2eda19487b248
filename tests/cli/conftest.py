"""The command line in one helper process, signed in to the sandbox of the tests.

A process for each command would spend most of its time on imports.
"""

from __future__ import annotations

import json
import os
import sys
from typing import NamedTuple

import pytest
from doubles.processes import start_command

HELPER = """
import contextlib, io, json, os, sys
from lamin_widgets.cli import main

def stream(text=""):
    data = io.BytesIO(text.encode())
    return io.TextIOWrapper(data, "utf-8", write_through=True)

def run(arguments, environ, stdin):
    before = dict(os.environ)
    os.environ.update(environ)
    out, err = stream(), stream()
    sys.stdin = stream(stdin)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(arguments)
    finally:
        os.environ.clear()
        os.environ.update(before)
    return [code, *(each.buffer.getvalue().decode() for each in (out, err))]

for line in sys.stdin:
    print(json.dumps(run(*json.loads(line))), flush=True)
"""


class Result(NamedTuple):
    """Exit code and output of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        """The JSON on stdout."""
        return json.loads(self.out)

    @property
    def outcome(self):
        """The last outcome in the JSON, which decides the exit code."""
        return self.json["outcomes"][-1]


@pytest.fixture(scope="session")
def environ(sandbox, tmp_path_factory):
    """The environment of a command: the sandbox's, with a separate sign-in."""
    return {
        **os.environ,
        **sandbox.environ,
        "LAMIN_API_KEY": sandbox.api_key,
        "LAMIN_SETTINGS_DIR": str(tmp_path_factory.mktemp("settings")),
    }


@pytest.fixture(scope="session")
def helper(environ):
    with start_command(sys.executable, "-c", HELPER, env=environ) as process:
        yield process
        process.stdin.close()


@pytest.fixture
def cli(helper):
    """Run a command, by default without a password."""

    def run(*arguments, stdin="", **variables):
        call = [list(map(str, arguments)), variables, stdin]
        helper.stdin.write(json.dumps(call) + "\n")
        helper.stdin.flush()
        return Result(*json.loads(helper.stdout.readline()))

    return run


@pytest.fixture
def server(sandbox):
    """The options of the sandbox's PostgreSQL server."""
    return ("--host", sandbox.database.host, "--port", sandbox.database.port)


@pytest.fixture
def password(sandbox):
    """The variable with the password of the sandbox's PostgreSQL server."""
    return {"PGPASSWORD": sandbox.database.password}
