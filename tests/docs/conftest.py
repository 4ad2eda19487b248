"""A shell that runs the blocks of the documentation in a sandbox."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from doubles.processes import run_command

from lamin_widgets.sandbox.process import sign_in

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable


@pytest.fixture(scope="session")
def block_environ(sandbox, tmp_path_factory):
    """Return the environment of a user who's signed in to the sandbox."""
    sign_in(sandbox)
    database = sandbox.database
    # The commands of the documentation are on the user's PATH.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {
        **os.environ,
        **sandbox.environ,
        "PATH": path,
        "DB_HOST": database.host,
        "DB_PORT": str(database.port),
        "PGHOST": database.host,
        "PGPORT": str(database.port),
        "PGPASSWORD": database.password,
        "DATABASE_URL": (
            f"postgresql://postgres:{database.password}@{database.host}"
            f":{database.port}/postgres"
        ),
        "LAMIN_API_KEY": sandbox.api_key,
    }


@pytest.fixture
def run_block(
    sandbox, block_environ, server_name, tmp_path
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs a block with the sandbox's server in it."""

    def run(language: str, code: str) -> subprocess.CompletedProcess[str]:
        code = code.replace("my-postgres-server", server_name)
        code = code.replace(
            "--host db.example.org --port 5432", "--host db.example.org"
        )
        port = f"--host {sandbox.database.host} --port {sandbox.database.port}"
        code = code.replace("--host db.example.org", port)
        script = tmp_path / f"block.{language}"
        script.write_text(code, encoding="utf-8")
        command = [sys.executable] if language == "python" else ["bash", "-e"]
        return run_command(*command, script, env=block_environ, cwd=tmp_path)

    return run
