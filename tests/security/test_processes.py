"""Ctrl-C in the middle of a call, and the processes that are started."""

from __future__ import annotations

import contextlib
import signal
import threading
import time

import psutil
import pytest
from doubles.raw_server import RawServer
from leak_scanner import find_leaks
from secret_values import RECOGNISABLE
from watching import Seen

from lamin_widgets import DbServerClient, DbServerWidget, PostgresConnection, diagnose
from lamin_widgets.sandbox.postgres import Postgres

VALUE = RECOGNISABLE[1]


def interrupted(call) -> Seen:
    """Press Ctrl-C once the server has been spoken to; return what is shown."""

    once = threading.Lock()  # there may be another connection

    def handler(connection, stopping) -> None:
        if connection.recv(1) and once.acquire(blocking=False):
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        stopping.wait()

    seen = Seen(verbose=True)
    with RawServer(handler) as server, seen.watch():
        seen.failing(lambda: call(server))
    return seen


CALLS = {
    "register": lambda server: DbServerClient(
        f"http://127.0.0.1:{server.port}", VALUE
    ).register("x", PostgresConnection("h", 1, VALUE), "prod-us-east-1"),
    "diagnose": lambda server: diagnose(
        PostgresConnection("127.0.0.1", server.port, VALUE)
    ),
    "the form's register": lambda server: DbServerWidget(
        name="x",
        host="h",
        password=VALUE,
        client=DbServerClient(f"http://127.0.0.1:{server.port}", VALUE),
    ).register(),
}


@pytest.mark.parametrize("what", list(CALLS))
def test_ctrl_c_in_the_middle_shows_no_secret(what):
    seen = interrupted(CALLS[what])
    assert "KeyboardInterrupt" in seen.text("tracebacks")
    assert "lamin_widgets" in seen.text("tracebacks")
    for channel in ("exceptions", "tracebacks", "logs", "output"):
        assert not find_leaks(seen.text(channel), VALUE), channel


@pytest.mark.parametrize("argument", [True, False])
def test_no_process_is_given_the_password(argument):
    """Everybody on the machine can list arguments; root, the environment."""
    with Postgres(password=VALUE):
        here = psutil.Process()
        children = here.children(recursive=True)
        assert any("postgres" in child.name() for child in children)
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):  # a worker that ended
                given = child.cmdline() if argument else child.environ()
                assert not find_leaks(repr(given), VALUE)


def test_a_password_given_to_a_process_is_found():
    with psutil.Popen(["sleep", "60"], env={"PGPASSWORD": VALUE}) as child:
        try:
            end = time.monotonic() + 10
            while not child.environ() and time.monotonic() < end:
                pass  # it is not yet the program that it will be
            assert find_leaks(repr(child.environ()), VALUE)
        finally:
            child.kill()
