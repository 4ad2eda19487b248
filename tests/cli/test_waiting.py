"""The --wait option: repeated tries, and an immediate stop on Ctrl+C."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import re
import signal
import subprocess
import sys

import psutil
import pytest
from doubles.processes import alive, descendants, eventually
from doubles.raw_server import RawServer, silent

from lamin_widgets.cli import main
from lamin_widgets.sandbox.cluster import free_port
from lamin_widgets.session import actions

COMMAND = [sys.executable, "-m", "lamin_widgets"]


@pytest.fixture
def diagnose(capsys, monkeypatch):
    """Diagnose in this process, with short pauses between tries."""
    monkeypatch.setattr(actions, "FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr(actions, "LONGEST_PAUSE_S", 0.2)

    def run(port, password, *options):
        monkeypatch.setenv("PGPASSWORD", password)
        address = ("--host", "127.0.0.1", "--port", str(port))
        code = main(["diagnose", *address, "--json", *options])
        out, err = capsys.readouterr()
        return code, json.loads(out), err

    return run


class _Watched(io.StringIO):
    """Output that calls a function when it announces another try."""

    def __init__(self, function):
        super().__init__()
        self._function = function

    def write(self, text):
        if re.search(r"refused .* Next try in \d+ s\.", text):
            self._function()
        return super().write(text)


def test_wait_succeeds_when_the_server_is_up(diagnose, breakable):
    database = breakable.database
    breakable.break_("stopped")
    with contextlib.redirect_stderr(_Watched(database.start)):
        code, result, _ = diagnose(database.port, database.password, "--wait", "1m")
    assert code == 0
    assert result["attempts"] == 2


def test_wait_ends_after_its_time_limit(diagnose):
    code, result, _ = diagnose(free_port(), "x", "--wait", "1s")
    assert code == 1
    assert result["attempts"] > 2
    assert result["outcomes"][-1]["cause"] == "db_refused"


@pytest.mark.parametrize(
    ("options", "cause"), [(["--wait", "1m"], "password_rejected"), ([], "db_refused")]
)
def test_wait_repeats_only_a_transient_failure(diagnose, sandbox, options, cause):
    port = sandbox.database.port if options else free_port()
    code, result, _ = diagnose(port, "wrong", *options)
    assert (code, result["attempts"]) == (1, 1)
    assert result["outcomes"][-1]["cause"] == cause


def test_wait_of_the_test_command_respects_retry_after(cli, breakable, server_name):
    breakable.api.fault(times=None, status=429, headers={"Retry-After": "3600"})
    result = cli("test", "--name", server_name, "--json", "--wait", "1m")
    assert result.code == 1
    assert result.outcome["cause"] == "rate_limited"
    assert result.json["attempts"] == 1


def _start(environ, *arguments, **options):
    return subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environ,
        text=True,
        **options,
    )


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_signal_cancels_a_diagnosis(environ, number, code):
    with RawServer(silent) as server:
        address = ("--host", server.host, "--port", str(server.port))
        environ = {**environ, "PGPASSWORD": "Qz7-s3cr3t"}
        process = _start(environ, "diagnose", *address, "--json")
        eventually(lambda: psutil.Process(process.pid).net_connections())
        children = descendants(process.pid)
        arguments = psutil.Process(process.pid).cmdline()
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == code
    result = json.loads(out)
    assert result["exit_code"] == code
    assert result["outcomes"][-1]["cause"] == "cancelled"
    assert "Traceback" not in err
    assert not [pid for pid in children if alive(pid)]
    assert "Qz7" not in f"{arguments}{out}{err}"


def test_signal_during_a_pause_ends_the_wait(environ):
    address = ("--host", "127.0.0.1", "--port", str(free_port()))
    options = ("--wait", "10m")
    process = _start({**environ, "PGPASSWORD": "x"}, "diagnose", *address, *options)
    read = ""
    while "Next try" not in read:
        read += process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out.startswith("✗ Diagnose")


def test_signal_during_register_has_the_exit_code_for_unknown(
    environ, breakable, server, password, server_name
):
    breakable.api.fault(silent=True)
    before = len(breakable.api.requests)
    options = (*map(str, server), "--name", server_name, "--region", "us-east-1")
    process = _start({**environ, **password}, "register", *options, "--json")
    eventually(lambda: len(breakable.api.requests) > before)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    outcome = json.loads(out)["outcomes"][-1]
    assert (outcome["action"], outcome["state"]) == ("register", "unknown")


def _in_terminal(environ, arguments, answer):
    """Run a command in a terminal, and return its status and output.

    Args:
        environ: The environment.
        arguments: Of the command.
        answer: Called with the process and the terminal at the password prompt.
    """
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environ,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                data = os.read(ours, 4096)
            except OSError:  # The terminal was closed.
                break
            shown += data
            if answer and b"Password for" in shown:
                answer(process, ours)
                answer = None
    os.close(ours)
    return process.returncode, shown.decode()


@pytest.mark.parametrize("no_color", [False, True])
def test_terminal_asks_for_the_password_and_shows_colors(
    environ, sandbox, server, no_color
):
    environ = {**environ, "TERM": "xterm", **({"NO_COLOR": "1"} if no_color else {})}
    secret = sandbox.database.password
    code, shown = _in_terminal(
        environ,
        ["diagnose", *map(str, server)],
        lambda _, terminal: os.write(terminal, f"{secret}\n".encode()),
    )
    assert code == 0, shown
    assert "Password for the postgres user on 127.0.0.1:" in shown
    assert secret not in shown
    assert ("\033[32m✓\033[0m" in shown) is not no_color


def test_ctrl_c_at_the_password_prompt_ends_quietly(environ, server):
    code, shown = _in_terminal(
        environ,
        ["diagnose", *map(str, server)],
        lambda process, _: process.send_signal(signal.SIGINT),
    )
    assert code == 130
    assert "Traceback" not in shown


def test_closed_output_pipe_ends_the_command_quietly(environ, server, password):
    process = _start({**environ, **password}, "diagnose", *map(str, server))
    process.stdout.close()
    assert "Error" not in process.stderr.read()
    process.stderr.close()
    process.wait(30)


def test_output_without_utf_8_is_escaped(environ, server, password):
    environ = {**environ, **password, "PYTHONIOENCODING": "ascii"}
    process = _start(environ, "diagnose", *map(str, server))
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert out.startswith("\\u2713 Diagnose")
