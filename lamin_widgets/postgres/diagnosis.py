"""Diagnosis of a PostgreSQL server from this machine, step by step."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Final

from lamin_widgets.core.api_urls import sandbox_urls
from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.core.deadline import Deadline, DeadlinePassed
from lamin_widgets.core.errors import (
    ActionCancelled,
    DatabaseError,
    LaminWidgetsError,
    text_of,
    without_frames,
)
from lamin_widgets.core.failures import CATALOG
from lamin_widgets.core.hosts import is_local, literal_address
from lamin_widgets.core.outcome import Outcome, explain, warning
from lamin_widgets.core.redaction import safe_text
from lamin_widgets.core.secret import hides_secrets
from lamin_widgets.core.url_parts import DATABASE, USER
from lamin_widgets.postgres import network, tls
from lamin_widgets.postgres.connector import Connector
from lamin_widgets.postgres.errors import for_provider
from lamin_widgets.postgres.libpq import LinkFailed
from lamin_widgets.postgres.server_checks import QUERY, ROLES, WHICH, Server, product_of
from lamin_widgets.postgres.steps import (
    AUTHENTICATION,
    PORT,
    PRIVILEGES,
    PROTOCOL,
    RESOLUTION,
    VERSION,
    Steps,
)

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping, Sequence

    from lamin_widgets.core.failures import CauseId
    from lamin_widgets.core.outcome import Step, Warned
    from lamin_widgets.postgres.libpq import Link

_LONGEST_VALUE: Final = 200
"""The maximum length of a value from the server, in characters."""
_ACCESS: Final = (
    "lamin connect connects to this server directly, so the network of everyone who "
    "uses an instance also needs access to the server."
)
"""Details of a successful diagnosis."""


@hides_secrets()
def diagnose(
    connection: PostgresConnection,
    *,
    connect_timeout: float = 5,
    deadline: float = 20,
    on_step: Callable[[tuple[Step, ...]], None] | None = None,
    cancelled: threading.Event | None = None,
    facts: Mapping[str, str] | None = None,
    loopback_only: bool | None = None,
) -> Outcome:
    """Check a PostgreSQL server step by step from this machine.

    Blocks until the last step ends. `PGSSLMODE` and `PGSSLROOTCERT` apply, as in libpq.
    The password is sent in clear text or as an MD5 hash only to a server on this
    machine, or to a server whose certificate is verified.

    Args:
        connection: The server.
        connect_timeout: Seconds for each address of the host to accept the connection
            and to send a first answer.
        deadline: Seconds for the whole diagnosis.
        on_step: Called with all steps so far when a step begins or ends.
        cancelled: Event that another thread sets to cancel the diagnosis.
        facts: More values for the catalog's texts. ``managed`` is "yes" on a managed
            service, and ``allow_advice`` explains how to allow an IP address on it.
        loopback_only: Whether to refuse a host that isn't on this machine. Default:
            true in a sandbox.

    Returns:
        The outcome, with its steps. A failure is returned and not raised.

    Raises:
        TypeError: If `connection` isn't a `PostgresConnection`.
        KeyboardInterrupt: If you interrupt the kernel.

    Examples:
        >>> diagnose(PostgresConnection("127.0.0.1", 1, "secret")).cause
        'db_refused'
    """
    if not isinstance(connection, PostgresConnection):
        raise TypeError("connection must be a PostgresConnection")
    if loopback_only is None:
        loopback_only = bool(sandbox_urls())
    started = time.monotonic()
    known = {"host": connection.host, "port": str(connection.port)} | dict(facts or {})
    diagnosis = _Diagnosis(
        connection,
        Steps(on_step),
        Deadline(deadline, cancelled),
        connect_timeout,
        known,
    )
    stopped: list[BaseException] = []
    try:
        diagnosis.run(loopback_only=loopback_only)
    except DeadlinePassed:
        outcome = diagnosis.failure(diagnosis.timeout_error(deadline))
    except LaminWidgetsError as error:
        # The frames in its traceback have the password.
        outcome = diagnosis.failure(error.with_traceback(None))
    except Exception as error:  # noqa: BLE001  # A bug becomes an outcome.
        text = f"{type(error).__name__}: {text_of(error)}"
        details = safe_text(text, [connection.password])
        outcome = diagnosis.failure(DatabaseError(details, details=details))
    except BaseException as error:  # noqa: BLE001  # for example, KeyboardInterrupt
        stopped.append(without_frames(type(error)))
    else:
        outcome = diagnosis.success()
    finally:
        diagnosis.end()
    if stopped:
        raise stopped.pop()
    return outcome.after(time.monotonic() - started)


class _Diagnosis:
    """One diagnosis of one server."""

    def __init__(
        self,
        connection: PostgresConnection,
        steps: Steps,
        deadline: Deadline,
        limit_s: float,
        known: Mapping[str, str],
    ) -> None:
        self._known = known
        self._connection = connection
        self._steps = steps
        self._deadline = deadline
        self._connector = Connector(connection, deadline, limit_s, self._on_stage)
        self._warnings: list[Warned] = []
        self._facts: dict[str, str] = {}
        self._summary: tuple[str, ...] = ()

    def end(self) -> None:
        """Delete the connector, which has a reference to this object."""
        del self._connector

    def run(self, *, loopback_only: bool) -> None:
        """Go through the steps.

        Raises:
            LaminWidgetsError: If a step fails, or the user canceled.
            DeadlinePassed: If the time is up.
        """
        tls.tls_setting()
        addresses = self._resolve(loopback_only=loopback_only)
        self._steps.begin(PORT)
        with closing(self._connect(addresses)) as link:
            self._end_authentication(link)
            self._steps.begin(PRIVILEGES)
            server = self._server(link)
            warnings = self._warn(server.privilege_warnings(self._known))
            self._steps.judge("The postgres user is a superuser.", warnings)
            self._steps.begin(VERSION)
            today = datetime.now(timezone.utc).date()
            warnings = self._warn(server.version_warnings(today))
            self._steps.judge(server.name, warnings)
            security = tls.describe(link.protocol, verified=link.is_verified)
            self._summary = (server.name, security, server.privileges)

    def success(self) -> Outcome:
        """Return the outcome of a diagnosis without a failure."""
        count = len(self._warnings)
        title = "This machine can connect"
        if count:
            title += f", with {count} {'warning' if count == 1 else 'warnings'}"
        return Outcome(
            "diagnose",
            "success",
            title,
            advice=" · ".join(self._summary),
            details=_ACCESS,
            steps=self._steps.done,
            warnings=tuple(self._warnings),
            facts=self._facts,
        )

    def failure(self, error: LaminWidgetsError) -> Outcome:
        """Return the outcome for an exception, after ending the steps."""
        error.cause = for_provider(error.cause, self._known)
        error.facts = self._facts | error.facts
        layer = CATALOG[error.cause].layer
        nothing_learned = layer == "input" or isinstance(error, ActionCancelled)
        self._steps.break_off(error.args[0], "skipped" if nothing_learned else "failed")
        return explain(error, "diagnose", facts=self._known, steps=self._steps.done)

    def timeout_error(self, seconds: float) -> DatabaseError:
        """Return the exception for a deadline that has passed."""
        causes: dict[str | None, CauseId] = {
            RESOLUTION: "db_name_unknown",
            PORT: "db_unreachable",
        }
        return DatabaseError(
            "No response in time.",
            cause=causes.get(self._steps.current, "db_no_answer"),
            facts={"seconds": f"{seconds:g}"},
        )

    def _resolve(self, *, loopback_only: bool) -> list[str]:
        host = self._connection.host
        if loopback_only and not is_local(host):
            raise DatabaseError("Not contacted.", cause="sandbox_only")
        self._steps.begin(RESOLUTION)
        addresses = [host]
        if literal_address(host) is None:
            addresses = self._deadline.call(partial(network.resolve, host))
        if loopback_only and not all(map(network.is_loopback, addresses)):
            raise DatabaseError("Not contacted.", cause="sandbox_only")
        warnings = self._warn(_address_warnings(host, addresses))
        self._steps.judge(", ".join(addresses), warnings)
        return addresses

    def _connect(self, addresses: Sequence[str]) -> Link:
        try:
            return self._connector.connect(addresses)
        except DatabaseError as error:
            too_far = self._steps.current == AUTHENTICATION
            if too_far and CATALOG[error.cause].layer in {"tcp", "tls"}:
                self._steps.begin(PROTOCOL)
            raise

    def _warn(self, warnings: list[Warned]) -> list[Warned]:
        self._warnings += warnings
        return warnings

    def _on_stage(self, link: Link) -> None:
        """Report the steps that a connection attempt has reached."""
        address = link.address
        self._facts["server_address"] = address
        if self._steps.current == PORT:
            self._steps.end(f"Connected to {address} on port {self._connection.port}.")
        self._steps.begin(PROTOCOL)
        if link.stage == "authentication":
            if link.encrypted:
                self._facts["tls"] = "yes"
            elif self._connector.lacks_tls:
                self._facts["tls"] = "no"
            text = tls.describe(link.protocol, verified=link.is_verified)
            is_doubtful = not (link.is_verified or network.is_loopback(address))
            self._steps.end(
                f"{text[0].upper()}{text[1:]}", "warning" if is_doubtful else "passed"
            )
            self._steps.begin(AUTHENTICATION)

    def _end_authentication(self, link: Link) -> None:
        reason = {"reason": self._connector.reason}
        if link.is_verified or network.is_loopback(link.address):
            pass
        elif link.encrypted:
            self._warn([warning("certificate_unverified", reason)])
        elif tls.is_turned_off():
            self._warn([warning("tls_turned_off")])
        else:
            self._warn([warning("not_encrypted", reason)])
        unchecked = [] if link.asked_for_password else [warning("password_not_checked")]
        text = f"Authenticated as {USER} to the {DATABASE} database."
        self._steps.judge(text, self._warn(unchecked))

    def _server(self, link: Link) -> Server:
        """Query the server's version and privileges, and redact its texts."""
        server = self._find_server(link)
        secrets = [self._connection.password]
        product, version, roles = (
            safe_text(text, secrets, _LONGEST_VALUE)
            for text in (server.product, server.version, server.roles)
        )
        return replace(server, product=product, version=version, roles=roles)

    def _find_server(self, link: Link) -> Server:
        try:
            server = Server.of(link.ask(QUERY))
        except LinkFailed as failed:
            error = self._connector.error_for(failed)
        except ValueError:
            sentence = "The result of a query can't be read."
            error = DatabaseError(
                sentence, cause="query_failed", facts={"sentence": sentence}
            )
        else:
            if server.is_superuser:
                return server
            return replace(server, roles=self._text(link, ROLES))
        product = product_of(self._text(link, WHICH))
        if product:
            return Server(product)
        raise error

    def _text(self, link: Link, query: str) -> str:
        """Return the only value of a query, or "" if the server refuses it."""
        try:
            (text,) = link.ask(query)
        except (LinkFailed, ValueError):
            return ""
        return text


def _address_warnings(host: str, addresses: Sequence[str]) -> list[Warned]:
    """Return the warnings about the IP addresses of a host."""
    first = addresses[0]
    if is_local(host) or host == first:
        return []
    if not any(map(network.is_public, addresses)):
        facts = {"host": host, "address": first}
        return [warning("resolves_to_private_address", facts)]
    if all(":" in address for address in addresses):
        return [warning("ipv6_only_for_lamin", {"host": host})]
    return []
