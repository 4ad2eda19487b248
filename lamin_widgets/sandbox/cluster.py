"""The files of a PostgreSQL cluster and the process that serves it."""

from __future__ import annotations

import secrets
import shutil
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Any, Final

import psycopg2

from lamin_widgets.sandbox.binaries import find_binaries, hand_over, unprivileged
from lamin_widgets.sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psycopg2 import extensions

    from lamin_widgets.sandbox.workspace import Workspace

ADMIN: Final = "sandbox_admin"
LOOPBACK: Final = "127.0.0.1"
_START_S: Final = 20.0
_STOP_S: Final = 5.0
_INITDB_S: Final = 120.0
_SETTINGS: Final = {
    # Nothing in here is worth keeping, so nothing waits for a disk.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    # A failing ALTER ROLE … PASSWORD must not be quoted in the log.
    "log_min_error_statement": "panic",
}


class Cluster:
    """A freshly initialised cluster with one administrator.

    The administrator comes in through a socket in a private folder.

    Args:
        workspace: Where to keep the files, in the subfolder `postgres`.
        version: Major version of PostgreSQL.

    Raises:
        SandboxError: It cannot be initialised.
        OSError: So neither, because of the system: a full disk, a program that
            cannot be run.
    """

    def __init__(self, workspace: Workspace, version: int) -> None:
        self._admin_password = secrets.token_urlsafe(24)
        self._process: subprocess.Popen[bytes] | None = None
        self._programs = find_binaries(version, workspace.path / "install")
        self._folder = workspace.folder("postgres")
        self._port = 0
        self._initialise()

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if self._process and running else None

    @property
    def log(self) -> str:
        """What the server has logged so far."""
        path = self._folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def connect(self, database: str) -> extensions.connection:
        """Open a session as the administrator."""
        return psycopg2.connect(
            host=str(self._folder),
            hostaddr="",  # says that PGHOSTADDR does not apply
            port=self._port,
            user=ADMIN,
            password=self._admin_password,
            dbname=database,
            connect_timeout=5,
        )

    def write_hba(self, rules: list[str]) -> None:
        """Replace `pg_hba.conf`, keeping the administrator's way in."""
        lines = [f"local all {ADMIN} scram-sha-256", *rules, ""]
        (self._folder / "data" / "pg_hba.conf").write_text("\n".join(lines))

    def launch(self, port: int, settings: Mapping[str, str]) -> None:
        """Start the server and wait until it answers.

        Args:
            port: TCP port on 127.0.0.1.
            settings: More of `postgresql.conf`.

        Raises:
            SandboxError: It does not start; the message has the end of its log.
        """
        self._port = port
        settings = {
            **_SETTINGS,
            "listen_addresses": LOOPBACK,
            "port": str(port),
            "unix_socket_directories": str(self._folder),
            **settings,
        }
        options = [part for item in settings.items() for part in ("-c", "=".join(item))]
        before = len(self.log)
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program, no shell
                [self._programs / "postgres", "-D", self._folder / "data", *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._surroundings(),
            )
        deadline = time.monotonic() + _START_S
        while not self._answers():
            late = time.monotonic() > deadline
            if late or self.pid is None:
                self.stop()
                why = f" within {_START_S:g} s" if late else ""
                said = self.log[before:].strip()[-1000:] or "it logged nothing"
                raise SandboxError(f"PostgreSQL did not start{why}: {said}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server, ending all sessions."""
        process, self._process = self._process, None
        if process is None:
            return
        for demand in (signal.SIGINT, signal.SIGQUIT):
            process.send_signal(demand)
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                continue
            return
        process.kill()
        process.wait()

    def remove(self) -> None:
        """Stop the server and remove its files."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            self.connect("template1").close()
        except psycopg2.OperationalError:
            return False
        return True

    def _initialise(self) -> None:
        # In a file that only the server's user can read: arguments and environment
        # of a process are there for everyone on the machine to see.
        password_file = self._folder / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self._admin_password)
        hand_over(password_file)
        hand_over(self._folder)
        result = subprocess.run(  # noqa: S603 - our own program, no shell
            [
                self._programs / "initdb",
                *("--pgdata", self._folder / "data", "--username", ADMIN),
                *("--auth", "scram-sha-256", "--pwfile", password_file),
                *("--encoding", "UTF8", "--no-locale", "--no-sync"),
            ],
            capture_output=True,
            check=False,
            text=True,
            timeout=_INITDB_S,
            **self._surroundings(),
        )
        password_file.unlink()
        if result.returncode:
            raise SandboxError(f"initdb failed: {result.stderr.strip()}")

    def _surroundings(self) -> dict[str, Any]:
        # An empty environment: PG* variables and another language stay outside.
        return {
            "cwd": self._folder,
            "env": {"LC_ALL": "C"},
            "start_new_session": True,  # Ctrl-C in the terminal is not for it
            **unprivileged(),
        }


def free_port() -> int:
    """Find a TCP port on loopback that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
