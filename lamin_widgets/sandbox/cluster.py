"""Files and server process of a PostgreSQL cluster."""

from __future__ import annotations

import secrets
import shutil
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Any, Final

import psycopg2

from lamin_widgets.sandbox.binaries import find_binaries, hand_over, unprivileged_user
from lamin_widgets.sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg2 import extensions

    from lamin_widgets.sandbox.workspace import Workspace

ADMIN: Final = "sandbox_admin"
LOOPBACK: Final = "127.0.0.1"
START_S: Final = 20.0
STOP_S: Final = 5.0
INITDB_S: Final = 120.0
_SETTINGS: Final = {
    # The data can be lost in a crash, so don't wait for the disk.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    # Don't log failed statements, because ALTER ROLE … PASSWORD contains a secret.
    "log_min_error_statement": "panic",
}


class Cluster:
    """A new cluster with one administrator, who connects through a private socket.

    PostgreSQL's user owns only `data` and `socket`. The other files are in a folder in
    which that user can't replace them.

    Args:
        workspace: Folder for the files, in the subfolder `postgres`.
        version: Major version of PostgreSQL.

    Raises:
        SandboxError: If initdb fails.
        OSError: If a file can't be written, for example because the disk is full.
    """

    def __init__(self, workspace: Workspace, version: int) -> None:
        self._admin_password = secrets.token_urlsafe(24)
        self._process: subprocess.Popen[bytes] | None = None
        self._programs = find_binaries(version, workspace.path / "install")
        self._workspace = workspace
        self._folder = workspace.folder("postgres")
        self._folder.chmod(0o711)  # PostgreSQL's user must reach the subfolders.
        self._data, self._socket = self._folder / "data", self._folder / "socket"
        self._log, self._hba = self._folder / "log", self._folder / "pg_hba.conf"
        self._port = 0
        self._initialize()

    @property
    def pid(self) -> int | None:
        """Process id of the server, or None if it isn't running."""
        process = self._process
        if process is None:
            return None
        if process.poll() is not None:
            self._workspace.release(process.pid)
            return None
        return process.pid

    @property
    def log(self) -> str:
        """The server's log so far."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def connect(self, database: str) -> extensions.connection:
        """Open a session as the administrator."""
        return psycopg2.connect(
            host=str(self._socket),
            hostaddr="",  # This overrides PGHOSTADDR.
            port=self._port,
            user=ADMIN,
            password=self._admin_password,
            dbname=database,
            connect_timeout=5,
        )

    def write_hba(self, rules: Sequence[str]) -> None:
        """Replace `pg_hba.conf`, but keep the administrator's rule."""
        lines = [f"local all {ADMIN} scram-sha-256", *rules, ""]
        self._hba.write_text("\n".join(lines))
        self._hba.chmod(0o644)

    def launch(self, port: int, settings: Mapping[str, str]) -> None:
        """Start the server and wait until it accepts connections.

        Args:
            port: TCP port on 127.0.0.1.
            settings: More settings of `postgresql.conf`.

        Raises:
            SandboxError: If the server doesn't start. The message has the end of its
                log.
        """
        self._port = port
        settings = {
            **_SETTINGS,
            "listen_addresses": LOOPBACK,
            "port": str(port),
            "unix_socket_directories": str(self._socket),
            "hba_file": str(self._hba),
            **settings,
        }
        options = [part for item in settings.items() for part in ("-c", "=".join(item))]
        before = len(self.log)
        self._log.touch(mode=0o600)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # our own program, no shell
                [self._programs / "postgres", "-D", self._data, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._surroundings(),
            )
        self._workspace.protect(self._process.pid, signal="QUIT")
        deadline = time.monotonic() + START_S
        while not self._answers():
            late = time.monotonic() > deadline
            if late or self.pid is None:
                self.stop()
                why = f" within {START_S:g} s" if late else ""
                found = self.log[before:].strip()[-1000:] or "its log is empty"
                raise SandboxError(f"PostgreSQL didn't start{why}: {found}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server and end all sessions."""
        process, self._process = self._process, None
        if process is None:
            return
        for request in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            process.send_signal(request)
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                continue
            break
        self._workspace.release(process.pid)

    def remove(self) -> None:
        """Stop the server and delete its files."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            self.connect("template1").close()
        except psycopg2.OperationalError:
            return False
        return True

    def _initialize(self) -> None:
        for folder in (self._data, self._socket):
            folder.mkdir(mode=0o700)
            hand_over(folder)
        # Pass the password in a private file, because other users can see the arguments
        # and the environment of a process.
        password_file = self._folder / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self._admin_password)
        hand_over(password_file)
        result = subprocess.run(  # noqa: S603  # our own program, no shell
            [
                self._programs / "initdb",
                *("--pgdata", self._data, "--username", ADMIN),
                *("--auth", "scram-sha-256", "--pwfile", password_file),
                *("--encoding", "UTF8", "--no-locale", "--no-sync"),
            ],
            capture_output=True,
            check=False,
            text=True,
            timeout=INITDB_S,
            **self._surroundings(),
        )
        password_file.unlink()
        if result.returncode:
            raise SandboxError(f"initdb failed: {result.stderr.strip()}")

    def _surroundings(self) -> dict[str, Any]:
        # The environment is empty, so that PG* variables and the locale have no effect.
        return {
            "cwd": self._data,
            "env": {"LC_ALL": "C"},
            "start_new_session": True,  # Ctrl+C in the terminal must not stop it.
            **unprivileged_user(),
        }


def free_port() -> int:
    """Return a TCP port on loopback that is currently free."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
