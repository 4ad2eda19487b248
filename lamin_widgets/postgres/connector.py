"""Connections with as much protection as the server allows, and their failures.

libpq makes the connection, so a working server gets exactly one. If libpq's message
doesn't explain a failure, a second connection identifies the service on the port.
"""

from __future__ import annotations

import os
import re
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from lamin_widgets.core.deadline import DeadlinePassed
from lamin_widgets.core.errors import DatabaseError
from lamin_widgets.core.redaction import safe_text
from lamin_widgets.postgres import network, tls
from lamin_widgets.postgres.errors import classify, progress
from lamin_widgets.postgres.greeting import (
    IS_POSTGRESQL,
    certificate_problem,
    error_in,
    greet,
    seems_to_be,
)
from lamin_widgets.postgres.libpq import Link, LinkFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lamin_widgets.core.connection import PostgresConnection
    from lamin_widgets.core.deadline import Deadline
    from lamin_widgets.core.failures import CauseId
    from lamin_widgets.postgres.tls import Protection

_UNEXPLAINED: Final[frozenset[CauseId]] = frozenset(
    {"connection_failed", "db_hangs_up", "db_not_postgres", "tls_failed"}
)
"""Causes after which a second connection identifies the service on the port."""
_IN_A_QUERY: Final[frozenset[CauseId]] = frozenset(
    {"out_of_resources", "pooler_backend", "starting_up"}
)
"""Causes that can also end a working session."""
_VARIABLES: Final = {
    "PGSERVICE": re.compile(r"definition of service|service file|nested service"),
    "PGTZ": re.compile(r"\bTimeZone\b"),
    "PGDATESTYLE": re.compile(r"\bDateStyle\b"),
    "PGGEQO": re.compile(r"\bgeqo\b"),
}
"""Environment variables that libpq always uses, and words of the errors about them."""
_LOCATION: Final = re.compile(
    r"^\S{1,20}:\s{1,2}\w{1,80}, [\w./-]{1,80}:\d{1,6}\n?", re.MULTILINE
)
"""The last line of a verbose message, which has a place in PostgreSQL's source."""


class Connector:
    """Connection attempts to one server, and the causes of their failures.

    Args:
        connection: The server.
        deadline: The deadline of the whole diagnosis.
        limit_s: Seconds to wait for each answer before authentication.
        on_stage: Called when a connection reaches its next stage.

    Attributes:
        reason: The reason why the connection isn't fully protected, or "".
        lacks_tls: Whether the server replied that it doesn't support TLS.
    """

    def __init__(
        self,
        connection: PostgresConnection,
        deadline: Deadline,
        limit_s: float,
        on_stage: Callable[[Link], None],
    ) -> None:
        self.reason = ""
        self.lacks_tls = False
        self._connection = connection
        self._deadline = deadline
        self._limit_s = limit_s
        self._on_stage = on_stage

    def connect(self, addresses: Sequence[str]) -> Link:
        """Return a connection to the first IP address that accepts one.

        Raises:
            DatabaseError: If the connection fails, for the reason in `cause`.
            ActionCancelled: If the user canceled.
            DeadlinePassed: If the time is up.
        """
        try:
            return self._connect_to(addresses[0])
        except LinkFailed as failed:
            silent = [] if failed.message else addresses[:1]
        port, limit_s = self._connection.port, self._limit_s
        reach = partial(network.reach, addresses, port, limit_s, self._deadline, silent)
        address = self._deadline.call(reach)
        try:
            return self._connect_to(address)
        except LinkFailed as failed:
            # This service accepts connections, but then closes them.
            failed.link.stage = "negotiation"
            self._on_stage(failed.link)
            error = self._explain(failed)
        raise error

    def _connect_to(self, address: str) -> Link:
        """Return the connection with the most protection that the server allows.

        Raises:
            LinkFailed: If the address doesn't accept the connection.
            DatabaseError: If the connection fails later.
        """
        failures: list[DatabaseError] = []
        for protection in tls.plan(loopback=network.is_loopback(address)):
            if failures and not protection.follows(failures[-1].cause):
                continue
            try:
                return self._attempt(address, protection)
            except DatabaseError as error:
                failures.append(error.with_traceback(None))
                self.reason = _reason(error)
                self.lacks_tls |= error.cause == "db_tls_unsupported"
        decisive = max(failures, key=_progress)
        if decisive.cause == "db_not_allowed" and self._is_allowed_with_tls(address):
            decisive.cause = "db_tls_required"
        raise decisive

    def _is_allowed_with_tls(self, address: str) -> bool:
        """Return whether the server would accept TLS, which PGSSLMODE prevents."""
        if not tls.is_turned_off():
            return False
        is_safe = network.is_loopback(address)
        try:
            with closing(
                self._link(address, tls.Protection("require", is_safe=is_safe))
            ) as link:
                link.open(lambda _link: None)
        except LinkFailed as failed:
            cause = classify(failed.message, code=failed.code).cause
            return progress(cause) > progress("db_not_allowed")
        except DeadlinePassed:
            return False
        return True

    def _link(self, address: str, protection: Protection) -> Link:
        return Link(
            self._connection, address, protection, self._deadline, self._limit_s
        )

    def _attempt(self, address: str, protection: Protection) -> Link:
        """Return a connection with the settings of a protection.

        Raises:
            LinkFailed: If the address doesn't accept the connection.
            DatabaseError: If the connection fails later.
        """
        try:
            link = self._link(address, protection)
            link.open(self._on_stage)
        except LinkFailed as failed:
            if variable := _rejected_variable(failed.message):
                error = self.error_for(failed)
                error.cause = "environment_setting"
                sentence = f"The reason is: “{error.facts['sentence']}”."
                error.facts |= {"variable": variable, "sentence": sentence}
            elif failed.link.stage != "tcp":
                error = self._explain(failed)
            else:
                raise
        else:
            return link
        raise error

    def _explain(self, failed: LinkFailed) -> DatabaseError:
        """Return the exception with the cause, after probing the port if necessary."""
        error, link = self.error_for(failed), failed.link
        if error.cause == "db_certificate":
            names = {"host": self._connection.host, "root": link.protection.root}
            problem = self._probe(certificate_problem, link, **names)
            if problem:
                error.facts["reason"] = f"Reason: {problem}."
        was_silent = not failed.message
        is_unexplained = error.cause in _UNEXPLAINED and not link.asked_for_password
        if was_silent or is_unexplained:
            answer = self._probe(greet, link, was_silent=was_silent)
            if answer not in IS_POSTGRESQL:
                return self._error_of_service(answer, link)
        if error.cause == "db_hangs_up":  # The service is PostgreSQL.
            when = "after the password was sent"
            if not link.asked_for_password:
                when = "before the server asked for the password"
            error.facts["closed"] = f"This was {when}."
            error.cause = "closed_during_authentication"
            if link.stage == "negotiation":
                error.cause = "tls_failed"
        if error.cause == "server_not_authentic" and not link.asked_for_password:
            error.cause = "password_not_asked"
        return error

    def _probe(self, function: Callable[..., Any], link: Link, **options: Any) -> Any:
        """Call a function that opens a separate connection, until the deadline."""
        target = (link.address, self._connection.port)
        return self._deadline.call(partial(function, target, self._limit_s, **options))

    def _error_of_service(self, answer: bytes | None, link: Link) -> DatabaseError:
        """Return the exception for the answer of another service, or for none."""
        if answer is None:
            return DatabaseError(
                "The server accepted the connection but sent nothing.",
                cause="db_no_answer",
                facts={"seconds": f"{self._limit_s:g}"},
            )
        if not answer:
            text = "The server closed the connection without responding."
            return DatabaseError(text, cause="db_hangs_up")
        if refused := error_in(answer):
            error = self._error(*refused)
            if not network.is_loopback(link.address):
                # Anyone on the network can send an error before TLS is set up, so it's
                # only quoted.
                error.cause = "tls_failed"
                error.facts = {"sentence": error.facts["sentence"]}
            return error
        service = seems_to_be(answer)
        return DatabaseError(
            service,
            cause="db_not_postgres",
            facts={"seems": service},
            details=safe_text(answer.decode("latin-1"), [self._connection.password]),
        )

    def error_for(self, failed: LinkFailed) -> DatabaseError:
        """Return the exception for a failed connection, by its message alone."""
        stage = failed.link.stage
        encrypted = failed.link.encrypted if stage == "authentication" else None
        error = self._error(
            failed.message, failed.code, encrypted=encrypted, reached=stage != "tcp"
        )
        if stage == "query" and error.cause not in _IN_A_QUERY:
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


def _rejected_variable(message: str) -> str:
    """Return the environment variable that a message rejects, or ""."""
    names = (name for name, words in _VARIABLES.items() if words.search(message))
    return next(filter(os.environ.get, names), "")


def _progress(error: DatabaseError) -> int:
    unencrypted = error.facts.get("encrypted") == "no"
    is_rejected = error.cause == "db_not_allowed"
    return progress(error.cause, without_tls=unencrypted and is_rejected)


def _reason(error: DatabaseError) -> str:
    """Return the reason for a next attempt with less protection."""
    if error.cause == "db_certificate":
        return error.facts["reason"]
    if error.cause == "db_not_allowed":
        return "pg_hba.conf allows only connections without TLS."
    if error.cause == "tls_failed":
        return f"TLS couldn't be set up: “{error.facts['sentence']}”"
    return "The server doesn't support TLS."
