"""A real PostgreSQL on this machine, to use and to break."""

from __future__ import annotations

import secrets
import shutil
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Any, Final

import psycopg2
from psycopg2 import extensions

from lamin_widgets.sandbox.binaries import find_binaries, hand_over, unprivileged
from lamin_widgets.sandbox.errors import SandboxError
from lamin_widgets.sandbox.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

_LOOPBACK: Final = "127.0.0.1"
_ADMIN: Final = "sandbox_admin"
_PATIENCE_S: Final = 20.0
_HBA: Final = ("host all all 127.0.0.0/8 scram-sha-256",)
_SETTINGS: Final = {
    # Nothing in here is worth keeping, so nothing waits for a disk.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    # A failing ALTER ROLE … PASSWORD must not be quoted in the log.
    "log_min_error_statement": "panic",
}


class Postgres:
    """A PostgreSQL with user and database `postgres`, over TCP with a password.

    There is a second administrator, reached through a socket in a private folder, so
    that the user `postgres` can be broken and mended.

    Args:
        password: Of the user `postgres`; random by default.
        version: Major version: 18 or 16.
        max_connections: Takes effect at the next start.
        settings: More of `postgresql.conf`; takes effect at the next start.
        workspace: Where to keep the files; its own temporary folder by default.

    Attributes:
        host: Always 127.0.0.1.
        port: The TCP port; the same after a restart.
        password: Of the user `postgres`.
    """

    def __init__(
        self,
        *,
        password: str | None = None,
        version: int = 18,
        max_connections: int = 20,
        settings: Mapping[str, str] | None = None,
        workspace: Workspace | None = None,
    ) -> None:
        self.host = _LOOPBACK
        self.port = 0
        # Characters that have a meaning in URLs, so that encoding is put to the test.
        self.password = password or f"{secrets.token_urlsafe(15)}/@:%+#"
        self.version = version
        self.max_connections = max_connections
        self.settings = dict(settings or {})
        self._admin_password = secrets.token_urlsafe(24)
        self._workspace = workspace
        self._owns_workspace = workspace is None
        self._hba: Sequence[str] = _HBA
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Postgres:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def running(self) -> bool:
        """Whether the server process is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._process.pid if self._process and self.running else None

    @property
    def log(self) -> str:
        """What the server has logged so far."""
        path = self._folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self) -> None:
        """Start the server and wait until it answers. Does nothing while it runs.

        Raises:
            SandboxError: It does not start; the message has the end of its log.
        """
        if self.running:
            return
        fresh = self._workspace is None or not self._folder.exists()
        try:
            if fresh:
                self._prepare()
            self._launch()
            if fresh:
                self._create_user()
        except BaseException:
            self.close() if fresh else self.stop()
            raise

    def stop(self) -> None:
        """Stop the server, ending all sessions; `start` brings it back as it was."""
        process, self._process = self._process, None
        if process is None:
            return
        for demand in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if process.poll() is None:
                process.send_signal(demand)
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                continue
            break

    def close(self) -> None:
        """Stop the server and remove its files."""
        self.stop()
        if self._workspace is None:
            return
        if self._owns_workspace:
            self._workspace.remove()
            self._workspace = None
        else:
            shutil.rmtree(self._folder, ignore_errors=True)

    def sql(
        self,
        statement: str,
        parameters: Sequence[Any] | None = None,
        *,
        database: str = "template1",
    ) -> list[tuple[Any, ...]]:
        """Run a statement as the second administrator, committing it at once.

        Args:
            statement: One SQL statement.
            parameters: For its `%s` placeholders.
            database: Where to run it. The default leaves `postgres` free to be
                dropped or renamed.

        Returns:
            The rows, or an empty list for a statement without any.
        """
        connection = self._connect(database)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def set_password(self, password: str) -> None:
        """Change the password of the user `postgres` on the server only.

        Only the verifier is sent, never the password. `self.password` stays what a
        person was told, so that setting another one makes it wrong.
        """
        connection = self._connect("template1")
        try:
            verifier = extensions.encrypt_password(
                password, "postgres", connection, "scram-sha-256"
            )
        finally:
            connection.close()
        self.sql("ALTER ROLE postgres PASSWORD %s", [verifier])

    def set_hba(self, rules: Sequence[str] | None = None) -> None:
        """Replace the rules of `pg_hba.conf` and wait until they are in force.

        Args:
            rules: Lines, the first match decides. None restores the default.
        """
        self._hba = _HBA if rules is None else rules
        self._write_hba()
        if not self.running:
            return
        before = self.sql("SELECT pg_conf_load_time()")
        self.sql("SELECT pg_reload_conf()")
        # A new session sees the time of the process that will judge the next one.
        deadline = time.monotonic() + _PATIENCE_S
        while self.sql("SELECT pg_conf_load_time()") == before:
            if time.monotonic() > deadline:
                raise SandboxError("PostgreSQL did not read its new pg_hba.conf")
            time.sleep(0.01)

    @property
    def _folder(self) -> Path:
        if self._workspace is None:
            raise SandboxError("This PostgreSQL has not been started")
        return self._workspace.path / "postgres"

    def _connect(self, database: str) -> extensions.connection:
        return psycopg2.connect(
            host=str(self._folder),
            hostaddr="",  # says that PGHOSTADDR does not apply
            port=self.port,
            user=_ADMIN,
            password=self._admin_password,
            dbname=database,
            connect_timeout=5,
        )

    def _prepare(self) -> None:
        """Make the folder and initialise a database cluster in it."""
        if self._workspace is None:
            self._workspace = Workspace()
        self._workspace.folder("postgres")
        self._programs = find_binaries(self.version, self._workspace.path / "install")
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
                *("--pgdata", self._folder / "data", "--username", _ADMIN),
                *("--auth", "scram-sha-256", "--pwfile", password_file),
                *("--encoding", "UTF8", "--no-locale", "--no-sync"),
            ],
            capture_output=True,
            check=False,
            text=True,
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

    def _launch(self) -> None:
        self._write_hba()
        attempts = 1 if self.port else 5
        for _ in range(attempts):
            port = self.port or free_port()
            try:
                self._launch_on(port)
            except SandboxError as error:
                # Somebody else was quicker to take the free port: take another.
                if attempts > 1 and "could not bind" in str(error):
                    continue
                raise
            return
        raise SandboxError("No free port for PostgreSQL")

    def _launch_on(self, port: int) -> None:
        settings = {
            **_SETTINGS,
            "listen_addresses": _LOOPBACK,
            "port": str(port),
            "unix_socket_directories": str(self._folder),
            "max_connections": str(self.max_connections),
            **self.settings,
        }
        options = [part for item in settings.items() for part in ("-c", "=".join(item))]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program, no shell
                [self._programs / "postgres", "-D", self._folder / "data", *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._surroundings(),
            )
        fixed, self.port = self.port, port
        try:
            self._wait()
        except SandboxError:
            self.port = fixed
            raise

    def _wait(self) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                self._connect("template1").close()
            except psycopg2.OperationalError as error:
                if not self.running or time.monotonic() > deadline:
                    end = self.log[-1000:]
                    raise SandboxError(
                        f"PostgreSQL did not start: {end}{error}"
                    ) from None
                time.sleep(0.02)
            else:
                return

    def _create_user(self) -> None:
        # The administrator was first and cannot be dropped; this one is the person's.
        self.sql("CREATE ROLE postgres SUPERUSER CREATEDB CREATEROLE LOGIN")
        self.set_password(self.password)

    def _write_hba(self) -> None:
        rules = (f"local all {_ADMIN} scram-sha-256", *self._hba)
        (self._folder / "data" / "pg_hba.conf").write_text("\n".join([*rules, ""]))


def free_port() -> int:
    """Find a TCP port on loopback that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])
