"""A connection with as much protection as the server allows, or the reason why not.

libpq makes the connection, so a healthy server sees exactly one. If libpq's message
doesn't explain a failure, a plain socket identifies the service on the port.
"""

from __future__ import annotations

import os
import re
from contextlib import closing
from typing import TYPE_CHECKING, Final

from lamin_widgets.core.deadline import DeadlinePassed
from lamin_widgets.core.errors import DatabaseError
from lamin_widgets.core.redaction import safe_text
from lamin_widgets.postgres import network, tls
from lamin_widgets.postgres.errors import classify, progress
from lamin_widgets.postgres.greeting import certificate_problem, greet
from lamin_widgets.postgres.libpq import Link, LinkFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lamin_widgets.core.connection import PostgresConnection
    from lamin_widgets.core.deadline import Deadline
    from lamin_widgets.core.failures import CauseId
    from lamin_widgets.postgres.greeting import Greeting
    from lamin_widgets.postgres.network import Address
    from lamin_widgets.postgres.tls import Protection

__all__ = ["Connector"]

_UNEXPLAINED: Final[frozenset[CauseId]] = frozenset(
    {"connection_failed", "db_hangs_up", "db_not_postgres", "tls_failed"}
)
"""Causes after which a plain socket identifies the service on the port."""
_IN_A_QUERY: Final[frozenset[CauseId]] = frozenset(
    {"out_of_resources", "pooler_backend", "starting_up"}
)
"""Causes that can also end a session that works."""
_STARTUP_PARAMETERS: Final = {
    "TimeZone": "PGTZ",
    "DateStyle": "PGDATESTYLE",
    "geqo": "PGGEQO",
}
"""Parameters that libpq sends to the server, and their environment variables."""
_SERVICE: Final = re.compile(r"definition of service|service file|nested service")
_LOCATION: Final = re.compile(
    r"^\S{1,20}:\s{1,2}\w{1,80}, [\w./-]{1,80}:\d{1,6}\n?", re.MULTILINE
)
"""The last line of a verbose message: where in PostgreSQL's source it's from."""


class Connector:
    """Connects to a server, and explains failures.

    Args:
        connection: The server.
        deadline: The deadline of the whole diagnosis.
        limit_s: How long to wait for each answer before authentication, in seconds.
        on_stage: Called when a connection reaches a stage.

    Attributes:
        reason: Why the connection has less protection than it could have.
    """

    def __init__(
        self,
        connection: PostgresConnection,
        deadline: Deadline,
        limit_s: float,
        on_stage: Callable[[Link], None],
    ) -> None:
        self.reason = ""
        self._connection = connection
        self._deadline = deadline
        self._limit_s = limit_s
        self._on_stage = on_stage

    def connect(self, addresses: Sequence[Address]) -> Link:
        """Return a connection to the first address that accepts one.

        Raises:
            DatabaseError: The connection failed, for the reason in `cause`.
            ActionCancelled: The user canceled.
            DeadlinePassed: The time is up.
        """
        try:
            return self._protected(addresses[0])
        except LinkFailed as failed:
            silent = [] if failed.message else addresses[:1]
        address = network.reach(addresses, self._deadline, self._limit_s, silent)
        try:
            return self._protected(address)
        except LinkFailed as failed:
            # The address accepts connections, and closes them.
            failed.link.stage = "negotiation"
            self._on_stage(failed.link)
            error = self._explained(failed)
        raise error

    def _protected(self, address: Address) -> Link:
        """Return the connection with the most protection that the server allows.

        Raises:
            LinkFailed: The address doesn't accept the connection.
            DatabaseError: The connection failed later.
        """
        failures: list[DatabaseError] = []
        for protection in tls.plan(loopback=network.is_loopback(address.text)):
            if failures and not protection.follows(failures[-1].cause):
                continue
            try:
                return self._attempt(address, protection)
            except DatabaseError as error:
                failures.append(error.with_traceback(None))
                self.reason = _reason(error)
        decisive = max(failures, key=_progress)
        if decisive.cause == "db_not_allowed" and self._is_allowed_with_tls(address):
            decisive.cause = "db_tls_required"
        raise decisive

    def _is_allowed_with_tls(self, address: Address) -> bool:
        """Return whether TLS would help, which the environment turns off."""
        if not tls.is_turned_off():
            return False
        is_safe = network.is_loopback(address.text)
        try:
            link = self._link(address, tls.Protection("require", is_safe=is_safe))
            with closing(link):
                link.open(lambda _link: None)
        except LinkFailed as failed:
            cause = classify(failed.message, code=failed.code).cause
            return progress(cause) > progress("db_not_allowed")
        except DeadlinePassed:
            return False
        return True

    def _link(self, address: Address, protection: Protection) -> Link:
        return Link(
            self._connection, address, protection, self._deadline, self._limit_s
        )

    def _attempt(self, address: Address, protection: Protection) -> Link:
        """Return a connection with these settings.

        Raises:
            LinkFailed: The address doesn't accept the connection.
            DatabaseError: The connection failed later.
        """
        try:
            link = self._link(address, protection)
            link.open(self._on_stage)
        except LinkFailed as failed:
            error = self._setting_rejected(failed)
            if error is None and failed.link.stage == "tcp":
                raise
            error = error or self._explained(failed)
        else:
            return link
        raise error

    def _setting_rejected(self, failed: LinkFailed) -> DatabaseError | None:
        """Return the failure if an environment variable is its cause."""
        variable = ""
        if failed.link.stage == "tcp" and _SERVICE.search(failed.message):
            variable = "PGSERVICE"
        for parameter, name in _STARTUP_PARAMETERS.items():
            quoted = re.search(rf"\b{parameter}\b", failed.message)
            if quoted and name in os.environ and failed.link.stage == "authentication":
                variable = name
        if not variable:
            return None
        error = self.translated(failed)
        error.cause = "environment_setting"
        error.facts["variable"] = variable
        error.facts["sentence"] = f"The reason is: “{error.facts['sentence']}”."
        return error

    def _explained(self, failed: LinkFailed) -> DatabaseError:
        """Return the failure with its cause, after a look at the port if need be."""
        error = self.translated(failed)
        address = failed.link.address
        if error.cause == "db_certificate":
            problem = certificate_problem(
                address,
                self._connection.host,
                failed.link.protection.root,
                self._deadline,
                self._limit_s,
            )
            if problem:
                error.facts["reason"] = f"Reason: {problem}."
        was_silent = not failed.message
        is_unexplained = (
            error.cause in _UNEXPLAINED and not failed.link.asked_for_password
        )
        if was_silent or is_unexplained:
            greeting = greet(
                address, self._deadline, self._limit_s, was_silent=was_silent
            )
            found = self._found(greeting)
            if found is not None:
                return found
        if error.cause == "db_hangs_up":
            # PostgreSQL is there.
            _blame_stage(error, failed)
        if error.cause == "server_not_authentic" and not failed.link.asked_for_password:
            error.cause = "password_not_asked"
        return error

    def _found(self, greeting: Greeting) -> DatabaseError | None:
        """Return the failure that a greeting explains. None means PostgreSQL."""
        if greeting.kind == "silent":
            return DatabaseError(
                "The server accepted the connection but sent nothing.",
                cause="db_no_answer",
                facts={"seconds": f"{self._limit_s:g}"},
            )
        if greeting.kind == "closed":
            text = "The server closed the connection without responding."
            return DatabaseError(text, cause="db_hangs_up")
        if greeting.kind == "error":
            return self._error(greeting.text, greeting.code)
        if greeting.kind == "other":
            received = greeting.received.decode("latin-1")
            return DatabaseError(
                greeting.text,
                cause="db_not_postgres",
                facts={"seems": greeting.text},
                details=safe_text(received, [self._connection.password]),
            )
        return None

    def translated(self, failed: LinkFailed) -> DatabaseError:
        """Return the failure with the cause that its message gives."""
        encrypted = (
            failed.link.encrypted if failed.link.stage == "authentication" else None
        )
        error = self._error(
            failed.message,
            failed.code,
            encrypted=encrypted,
            reached=failed.link.stage != "tcp",
        )
        if failed.link.stage == "query" and error.cause not in _IN_A_QUERY:
            error.cause = "query_failed"
        return error

    def _error(
        self,
        text: str,
        code: str,
        *,
        encrypted: bool | None = None,
        reached: bool = True,
    ) -> DatabaseError:
        secrets = [self._connection.password]
        found = classify(
            text, code=code, secrets=secrets, encrypted=encrypted, reached=reached
        )
        return DatabaseError(
            found.facts["sentence"],
            cause=found.cause,
            facts=found.facts,
            details=safe_text(_LOCATION.sub("", text).strip(), secrets),
        )


def _progress(error: DatabaseError) -> int:
    unencrypted = error.facts.get("tls") == "no"
    is_rejected = error.cause == "db_not_allowed"
    return progress(error.cause, without_tls=unencrypted and is_rejected)


def _reason(error: DatabaseError) -> str:
    """Return why an attempt with less protection follows a failure."""
    if error.cause == "db_certificate":
        return error.facts["reason"]
    if error.cause == "db_not_allowed":
        return "pg_hba.conf allows only connections without TLS."
    if error.cause == "tls_failed":
        return f"TLS couldn't be set up: “{error.facts['sentence']}”"
    return "The server doesn't support TLS."


def _blame_stage(error: DatabaseError, failed: LinkFailed) -> None:
    """Name the part of PostgreSQL that closed the connection."""
    if failed.link.stage == "negotiation":
        error.cause = "tls_failed"
        return
    error.cause = "closed_during_authentication"
    error.facts["sent"] = (
        "It closed after the password was sent."
        if failed.link.asked_for_password
        else "It closed before it asked for the password."
    )
