"""A real PostgreSQL server on this machine, which can be broken and repaired."""

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
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Self

    from lamin_widgets.sandbox.tls import TlsFront

RELOAD_S: Final = 20.0
_ATTEMPTS: Final = 5
_HBA: Final = ("host all all 127.0.0.0/8 scram-sha-256",)


class Postgres:
    """A PostgreSQL server with the user and database `postgres`, over TCP.

    A second administrator runs the statements of `sql`, so that the `postgres` user
    can be broken and repaired. `lamin_widgets.sandbox.breakages` has ways to break it.

    Args:
        password: Password for the `postgres` user. Default: a random password.
        version: Major version, 18 or 16.
        max_connections: Value of the setting with this name.
        settings: More settings of `postgresql.conf`.
        workspace: Folder for the files. Default: a temporary folder.

    Attributes:
        host: Always 127.0.0.1.
        port: The TCP port. It stays the same after a restart.
        password: The password for the `postgres` user.
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
        # The password has characters that must be encoded in URLs, so that each use
        # tests the encoding.
        self.password = password or f"{secrets.token_urlsafe(15)}/@:%+#"
        self.version = version
        self.max_connections = max_connections
        self.settings = dict(settings or {})
        self._given = workspace
        self._workspace: Workspace | None = None
        self._cluster: Cluster | None = None
        self._front: TlsFront | None = None
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
        """Process id of the server, or None if it isn't running."""
        return self._cluster.pid if self._cluster else None

    @property
    def running(self) -> bool:
        """Whether the server process is alive."""
        return self.pid is not None

    @property
    def log(self) -> str:
        """The server's log so far."""
        return self._cluster.log if self._cluster else ""

    @property
    def ca_file(self) -> Path:
        """Path of the CA certificate that `require_tls` writes."""
        if self._workspace is None:
            raise SandboxError("PostgreSQL isn't set up. Call start() first.")
        return self._workspace.path / "ca.pem"

    def start(self) -> None:
        """Start the server and wait until it accepts connections.

        If it's already running, this has no effect.

        Raises:
            SandboxError: If the server doesn't start. The message has the reason.
        """
        if self.running:
            return
        try:
            if self._cluster is None:
                self._set_up()
            else:
                self._launch(self._cluster, self.port)
        except (OSError, psycopg2.Error, subprocess.TimeoutExpired) as error:
            raise SandboxError(f"Can't start PostgreSQL: {error}") from None

    def stop(self) -> None:
        """Stop the server, and end all sessions. The data is kept."""
        self._stop_front()
        if self._cluster is not None:
            self._cluster.stop()

    def close(self) -> None:
        """Stop the server and delete its files."""
        self._stop_front()
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
        """Run a statement as the second administrator, and commit it.

        Args:
            statement: One SQL statement.
            parameters: Values for its `%s` placeholders.
            database: Database in which to run it. The default isn't `postgres`, so that
                this one can be dropped or renamed.

        Returns:
            The rows, or an empty list for a statement without rows.
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
        """Change the password for the `postgres` user on the server only.

        `self.password` doesn't change, so it's wrong after another password is set.
        Only the SCRAM verifier is sent to the server, and not the password.
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
        """Replace the rules of `pg_hba.conf` and wait until the server uses them.

        Args:
            rules: Lines; the first one that matches decides. None restores the default.
        """
        self._hba = _HBA if rules is None else rules
        if self._cluster is None or not self.running:
            return
        self._cluster.write_hba(self._hba)
        before = self.sql("SELECT pg_conf_load_time()")
        self.sql("SELECT pg_reload_conf()")
        # Each new session reports the time at which its settings were read.
        deadline = time.monotonic() + RELOAD_S
        while self.sql("SELECT pg_conf_load_time()") == before:
            if time.monotonic() > deadline:
                raise SandboxError("PostgreSQL didn't read its new pg_hba.conf.")
            time.sleep(0.01)

    def require_tls(self) -> None:
        """Restart the server so that it accepts only TLS connections.

        A CA that no machine trusts signs the server's certificate. The certificate of
        the CA is in `ca_file`. A call of `stop` and then `start` undoes this.
        """
        # This import is local, because the module loads a large library for
        # cryptography.
        from lamin_widgets.sandbox.tls import TlsFront, make_certificate

        context = make_certificate(self.ca_file)
        port = self.port
        self.stop()
        if self._cluster is None:
            raise SandboxError("PostgreSQL isn't set up. Call start() first.")
        try:
            self._launch_anywhere(self._cluster)
            self._front = TlsFront(self.port, context, port=port)
        finally:
            self.port = port
        self._front.start()

    def accept_plain(self) -> None:
        """Undo `require_tls`."""
        if self._front is not None:
            self.stop()
            self.start()

    def _stop_front(self) -> None:
        if self._front is not None:
            self._front.stop()
            self._front = None

    def _set_up(self) -> None:
        try:
            self._workspace = self._given or Workspace()
            self._cluster = Cluster(self._workspace, self.version)
            self._launch_anywhere(self._cluster)
            # Don't make this role the administrator, because it must be droppable.
            self.sql("CREATE ROLE postgres SUPERUSER CREATEDB CREATEROLE LOGIN")
            self.set_password(self.password)
        except BaseException:
            self.close()
            raise

    def _connect(self, database: str) -> extensions.connection:
        if self._cluster is None or not self.running:
            raise SandboxError("The sandbox's PostgreSQL server isn't running.")
        return self._cluster.connect(database)

    def _launch(self, cluster: Cluster, port: int) -> None:
        cluster.write_hba(self._hba)
        limit = {"max_connections": str(self.max_connections)}
        cluster.launch(port, {**limit, **self.settings})
        self.port = port

    def _launch_anywhere(self, cluster: Cluster, attempts: int = _ATTEMPTS) -> None:
        try:
            self._launch(cluster, free_port())
        except SandboxError as error:
            # Another process has taken the port meanwhile, so try another port.
            if attempts == 1 or "could not bind" not in str(error):
                raise
            self._launch_anywhere(cluster, attempts - 1)
