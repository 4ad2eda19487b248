"""The command lamin-widgets does what its help says."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from lamin_widgets.sandbox.cluster import free_port

COMMAND = [sys.executable, "-m", "lamin_widgets"]


def run(*arguments, script=None):
    command = [sys.executable, "-c", script] if script else COMMAND
    return subprocess.run(
        [*command, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@contextlib.contextmanager
def running(*arguments):
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


def read_until(process, text):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            break
    return "".join(lines)


def answers(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/api")
        return connection.getresponse().status == 200
    except ConnectionRefusedError:
        return False
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], ["sandbox", "demo"]),
        (["sandbox"], ["loopback", "export", "Ctrl-C"]),
        (["demo"], ["JupyterLab", "--check", "--no-browser", "--port"]),
    ],
)
def test_help(arguments, words):
    result = run(*arguments, "--help")
    assert result.returncode == 0
    for word in words:
        assert word in result.stdout


@pytest.mark.parametrize(
    "arguments", [[], ["nonsense"], ["demo", "--port", "0"], ["demo", "--port", "x"]]
)
def test_wrong_arguments_are_told(arguments):
    result = run(*arguments)
    assert result.returncode == 2
    assert "usage: lamin-widgets" in result.stderr


def test_the_command_can_be_loaded_where_no_terminal_hangs_up():
    """Windows has no SIGHUP."""
    code = (
        "import signal; del signal.SIGHUP\n"
        "from lamin_widgets import cli\n"
        "cli.main(['--version'])"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_sandbox_prints_what_to_export_and_stops_when_asked(number, alive):
    with running("sandbox") as process:
        text = read_until(process, "Ctrl-C")
        exported = dict(
            shlex.split(line)[1].split("=", 1)
            for line in text.splitlines()
            if line.startswith("export ")
        )
        address = re.fullmatch(r"http://127.0.0.1:(\d+)", exported["LAMIN_API_URL"])
        connection = http.client.HTTPConnection("127.0.0.1", int(address[1]))
        connection.request("POST", "/db/server/register", "{}")
        assert connection.getresponse().status == 401
        connection.close()
        assert exported["LAMIN_ENV"] == "sandbox"
        for word in ("Host", "Port", "Password", "API key", "Organization ID"):
            assert f"# {word} " in text
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        said = process.stdout.read()
        assert process.wait(30) == 0
    (names,) = re.findall(r"^unset (.*)$", said, re.MULTILINE)
    own = {"NO_PROXY", "no_proxy"} & os.environ.keys()
    assert {*names.split()} == exported.keys() - own
    wanted_by_scripts = {"DB_HOST", "DB_PORT", "PGPASSWORD", "LAMIN_API_KEY"}
    assert wanted_by_scripts < exported.keys()
    assert not [child for child in children if alive(child.pid)]
    assert not Path(exported["LAMIN_SETTINGS_DIR"]).parent.exists()


@pytest.mark.parametrize("module", ["fastapi", "uvicorn", "psycopg2", "jwt"])
@pytest.mark.parametrize("arguments", [["sandbox"], ["demo"], ["demo", "--check"]])
def test_without_the_extra_it_says_what_to_install(module, arguments):
    script = (
        f"import sys; sys.modules[{module!r}] = None;"
        "from lamin_widgets.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    result = run(*arguments, script=script)
    assert result.returncode == 1
    assert "pip install 'lamin_widgets[sandbox]'" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_fault_of_its_own_is_not_taken_for_a_missing_extra():
    script = (
        "import sys; sys.modules['lamin_widgets.sandbox.hub'] = None;"
        "from lamin_widgets.cli import main; main(['sandbox'])"
    )
    result = run(script=script)
    assert result.returncode == 1
    assert "lamin_widgets.sandbox.hub" in result.stderr.splitlines()[-1]
    assert "pip install" not in result.stderr


def test_the_demo_says_that_jupyterlab_is_missing():
    script = (
        "import sys; sys.modules['jupyterlab'] = None;"
        "from lamin_widgets.cli import main; sys.exit(main(['demo']))"
    )
    result = run(script=script)
    assert result.returncode == 1
    assert result.stderr == (
        "The demo needs JupyterLab: pip install 'lamin_widgets[sandbox]'\n"
    )


def test_the_demo_says_that_the_tutorials_are_missing(tmp_path):
    script = (
        "import sys, lamin_widgets;"
        f"lamin_widgets.__file__ = {str(tmp_path / 'x' / '__init__.py')!r};"
        f"sys.prefix = {str(tmp_path)!r};"
        "from lamin_widgets.cli import main; sys.exit(main(['demo']))"
    )
    result = run(script=script)
    assert result.returncode == 1
    assert result.stderr == (
        "The tutorial notebooks are not installed with this package\n"
    )


def test_the_check_does_not_touch_an_account_that_is_in_use():
    script = (
        "import sys, lamindb_setup;"
        "from lamin_widgets.cli import main; sys.exit(main(['demo', '--check']))"
    )
    result = run(script=script)
    assert result.returncode == 1
    assert "start the check in a new process" in result.stderr


def test_the_check_goes_through_the_whole_journey():
    result = run("demo", "--check")
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count("✓ Register: success") == 2
    assert result.stdout.count("✓ Register again: failure (name_taken)") == 2
    assert result.stdout.count("✓ Test connection: success") == 4
    assert result.stdout.count("✓ Test connection: failure") == 2
    assert result.stdout.count("postgresql://postgres:***@127.0.0.1:") == 2
    assert "API as described in Lamin's guide, at http://127.0.0.1:" in result.stdout
    assert "described in its public OpenAPI document, at http:" in result.stdout
    assert "contract" not in result.stdout
    assert "✗" not in result.stdout
    assert result.stderr == ""


def test_the_check_fails_when_a_step_is_not_what_it_must_be():
    # A sandbox whose database cannot be stopped: Test succeeds where it must fail.
    script = (
        "import sys; from lamin_widgets.sandbox.postgres import Postgres;"
        "Postgres.stop = lambda self: None;"
        "from lamin_widgets.cli import main; sys.exit(main(['demo', '--check']))"
    )
    result = run(script=script)
    assert result.returncode == 1
    assert result.stdout.count("✗ Test connection: success") == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_the_demo_opens_jupyterlab_and_stops_with_it(number, alive, eventually):
    port = free_port()
    with running("demo", "--no-browser", "--port", str(port)) as process:
        text = read_until(process, f"http://127.0.0.1:{port}/lab/tree/01-register")
        assert f":{port}/lab" in text, text
        assert "Sandbox: nothing leaves this machine" in text
        # It announces its address a moment before it listens there.
        eventually(lambda: answers(port))
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) > 2
        process.send_signal(number)
        process.stdout.read()
        assert process.wait(60) == (0 if number == signal.SIGINT else -number)
    eventually(lambda: not [child for child in children if alive(child.pid)])


def test_the_environment_of_the_tests_is_not_the_persons(home):
    assert Path.home() == home
    assert not [name for name in os.environ if name.startswith("PG")]
