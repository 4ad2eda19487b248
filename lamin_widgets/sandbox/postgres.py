"""A real PostgreSQL on this machine, to use and to break."""

from __future__ import annotations

import secrets
import subprocess
import time
from typing import TYPE_CHECKING, Any, Final

import psycopg2
from psycopg2 import extensions

from lamin_widgets.sandbox.cluster import LOOPBACK, Cluster, free_port
from lamin_widgets.sandbox.errors import SandboxError
from lamin_widgets.sandbox.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from typing_extensions import Self

_PATIENCE_S: Final = 20.0
_ATTEMPTS: Final = 5
_HBA: Final = ("host all all 127.0.0.0/8 scram-sha-256",)


class Postgres:
    """A PostgreSQL with user and database `postgres`, over TCP with a password.

    There is a second administrator, whose statements `sql` runs, so that the user
    `postgres` can be broken and mended. It can be broken in ways of its own, too:
    see `lamin_widgets.sandbox.breakages`.

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
        self.host = LOOPBACK
        self.port = 0
        # Characters that have a meaning in URLs, so that encoding is put to the test.
        self.password = password or f"{secrets.token_urlsafe(15)}/@:%+#"
        self.version = version
        self.max_connections = max_connections
        self.settings = dict(settings or {})
        self._given = workspace
        self._workspace: Workspace | None = None
        self._cluster: Cluster | None = None
        self._hba: Sequence[str] = _HBA

    def __enter__(self) -> Self:
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
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._cluster.pid if self._cluster else None

    @property
    def running(self) -> bool:
        """Whether the server process is alive."""
        return self.pid is not None

    @property
    def log(self) -> str:
        """What the server has logged so far."""
        return self._cluster.log if self._cluster else ""

    def start(self) -> None:
        """Start the server and wait until it answers. Does nothing while it runs.

        Raises:
            SandboxError: It does not start; the message says why.
        """
        if self.running:
            return
        try:
            if self._cluster is None:
                self._set_up()
            else:
                self._launch(self._cluster, self.port)
        except (OSError, psycopg2.Error, subprocess.TimeoutExpired) as error:
            raise SandboxError(f"PostgreSQL could not be started: {error}") from None

    def stop(self) -> None:
        """Stop the server, ending all sessions; `start` brings it back as it was."""
        if self._cluster is not None:
            self._cluster.stop()

    def close(self) -> None:
        """Stop the server and remove its files."""
        if self._cluster is not None:
            self._cluster.remove()
        if self._workspace is not None and self._given is None:
            self._workspace.remove()
        self._cluster = self._workspace = None

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
        if self._cluster is None or not self.running:
            return
        self._cluster.write_hba([*self._hba])
        before = self.sql("SELECT pg_conf_load_time()")
        self.sql("SELECT pg_reload_conf()")
        # A new session has the time of the process that will judge the next one.
        deadline = time.monotonic() + _PATIENCE_S
        while self.sql("SELECT pg_conf_load_time()") == before:
            if time.monotonic() > deadline:
                raise SandboxError("PostgreSQL did not read its new pg_hba.conf")
            time.sleep(0.01)

    def _set_up(self) -> None:
        try:
            self._workspace = self._given or Workspace()
            self._cluster = Cluster(self._workspace, self.version)
            self._launch_anywhere(self._cluster)
            # The administrator was first and cannot be dropped; this one can.
            self.sql("CREATE ROLE postgres SUPERUSER CREATEDB CREATEROLE LOGIN")
            self.set_password(self.password)
        except BaseException:
            self.close()
            raise

    def _connect(self, database: str) -> extensions.connection:
        if self._cluster is None or not self.running:
            raise SandboxError("The sandbox's PostgreSQL does not run")
        return self._cluster.connect(database)

    def _launch(self, cluster: Cluster, port: int) -> None:
        cluster.write_hba([*self._hba])
        limit = {"max_connections": str(self.max_connections)}
        cluster.launch(port, {**limit, **self.settings})
        self.port = port

    def _launch_anywhere(self, cluster: Cluster, attempts: int = _ATTEMPTS) -> None:
        try:
            self._launch(cluster, free_port())
        except SandboxError as error:
            # Somebody else was quicker to take the free port: take another.
            if attempts == 1 or "could not bind" not in str(error):
                raise
            self._launch_anywhere(cluster, attempts - 1)
