"""The stepwise check of a PostgreSQL server from this machine.

Name resolution, port and protocol are looked at with plain sockets, the rest with
psycopg2, whose libpq does the real thing. The only import of psycopg2, and it comes
when first needed.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final

from lamin_widgets.core.connection import DATABASE, USER
from lamin_widgets.core.deadline import DeadlinePassed, Deadline
from lamin_widgets.core.errors import (
    ActionCancelled,
    DatabaseError,
    LaminWidgetsError,
    without_frames,
)
from lamin_widgets.core.outcome import explain, success
from lamin_widgets.core.secret import redact
from lamin_widgets.postgres.errors import LET_IN, in_clear_text_only
from lamin_widgets.postgres.failures import failure
from lamin_widgets.postgres.greeting import check, greet
from lamin_widgets.postgres.network import is_public, reach, resolve
from lamin_widgets.postgres.server_checks import QUERY, STANDS_IN, Server
from lamin_widgets.postgres.steps import (
    PORT,
    PROTOCOL,
    RESOLUTION,
    RIGHTS,
    SIGN_IN,
    VERSION,
    Ladder,
)

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping

    from psycopg2 import extensions

    from lamin_widgets.core.connection import PostgresConnection
    from lamin_widgets.core.outcome import Outcome, Step
    from lamin_widgets.core.secret import Secret
    from lamin_widgets.postgres.greeting import Greeting
    from lamin_widgets.postgres.network import Address

__all__ = ["diagnose"]

# PQstatus while libpq still sets up the encryption, or has not begun.
_BEFORE_SIGN_IN: Final = {1, 2, 3, 7, 8, 11, 14}


def diagnose(
    connection: PostgresConnection,
    *,
    connect_timeout: float = 5,
    deadline: float = 20,
    on_step: Callable[[tuple[Step, ...]], None] | None = None,
    cancelled: threading.Event | None = None,
    facts: Mapping[str, str] | None = None,
) -> Outcome:
    """Look at a PostgreSQL server step by step, as seen from this machine.

    libpq's environment variables about TLS count (`PGSSLMODE`, `PGSSLROOTCERT`); the
    server, the user and the password are always those of `connection`.

    Args:
        connection: The server.
        connect_timeout: Seconds for each address of the host to take the connection,
            and for what is there to say a first word.
        deadline: Seconds for the whole.
        on_step: Called with all steps so far whenever one begins or ends.
        cancelled: Set it to stop.
        facts: Further values for the catalogue's texts.

    Returns:
        The outcome, with its steps. It never raises for a failed connection.

    Examples:
        >>> diagnose(PostgresConnection("127.0.0.1", 1, "secret")).cause
        'db_refused'
    """
    started = time.monotonic()
    ladder = Ladder(on_step)
    patience = Deadline(deadline, cancelled)
    known = {"seconds": f"{deadline:g}", **(facts or {})}
    known |= {"host": connection.host, "port": str(connection.port), "seems": ""}
    error = _climb(connection, ladder, patience, connect_timeout)
    if error is not None:
        stopped = isinstance(error, ActionCancelled)
        ladder.break_off(str(error.args[0]), "skipped" if stopped else "failed")
        outcome = explain(error, "diagnose", facts=known, steps=ladder.steps)
        if outcome.cause == "unexpected":
            tried = f"Tried {connection.masked_url}\n{outcome.details}"
            outcome = replace(outcome, details=tried)
    else:
        warnings = [step.text for step in ladder.steps if step.state == "warning"]
        outcome = success(
            "diagnose",
            f"{connection.host} port {connection.port} is reachable from this machine"
            + (", with a warning." if warnings else "."),
            advice=" ".join(warnings),
            steps=ladder.steps,
        )
    return outcome.after(time.monotonic() - started)


def _climb(
    connection: PostgresConnection, ladder: Ladder, patience: Deadline, limit_s: float
) -> LaminWidgetsError | None:
    """Take the steps; return what stopped them, without a traceback to keep."""
    try:
        _take_steps(connection, ladder, patience, limit_s)
    except LaminWidgetsError as error:
        return error.with_traceback(None)
    except DeadlinePassed:
        pass
    except Exception as error:  # noqa: BLE001 - nothing escapes, whatever it is
        return failure(error, connection.password)
    else:
        return None
    where = {RESOLUTION: "db_name_unknown", PORT: "db_unreachable"}
    return DatabaseError(
        "No answer in time.", cause=where.get(ladder.current or "", "db_no_answer")
    )


def _take_steps(
    connection: PostgresConnection, ladder: Ladder, patience: Deadline, limit_s: float
) -> None:
    ladder.begin(RESOLUTION)
    addresses = resolve(connection.host, connection.port, patience)
    ladder.end(", ".join(address.text for address in addresses))
    ladder.begin(PORT)
    channel, address = reach(addresses, patience, limit_s)
    with channel:
        ladder.end(f"{address.text} port {connection.port} accepts the connection.")
        ladder.begin(PROTOCOL)
        greeting = greet(channel, address, patience, limit_s)
        check(greeting, connection.password, limit_s)
    link = _sign_in(connection, address, greeting, patience, ladder)
    try:
        ladder.end(f"Signed in as {USER} to the database {DATABASE}.")
        ladder.begin(RIGHTS)
        server = _inspect(link, patience, connection.password)
        ladder.judge(*server.on_rights())
        ladder.begin(VERSION)
        tls = link.info.ssl_attribute("protocol") if link.info.ssl_in_use else None
        today = datetime.now(timezone.utc).date()
        exposed = is_public(address.text)
        ladder.judge(*server.on_version(tls, exposed=exposed, today=today))
    finally:
        link.close()


def _sign_in(
    connection: PostgresConnection,
    address: Address,
    greeting: Greeting,
    patience: Deadline,
    ladder: Ladder,
) -> extensions.connection:
    """Connect through libpq; the step of the protocol ends where signing in begins."""
    offers = greeting.kind == "tls"

    def on_sign_in() -> None:
        if ladder.current == PROTOCOL:
            tls = "offers TLS" if offers else "does not offer TLS"
            ladder.end(f"PostgreSQL answers, and {tls}.")
            ladder.begin(SIGN_IN)

    try:
        return _connect(connection, address, patience, on_sign_in=on_sign_in)
    except DatabaseError as error:
        refused = error
    if (
        refused.cause == "db_not_allowed"
        and offers
        and in_clear_text_only(refused.details)
        and _is_let_in_with_tls(connection, address, patience)
    ):
        refused.cause = "db_tls_required"
    raise refused


def _is_let_in_with_tls(
    connection: PostgresConnection, address: Address, patience: Deadline
) -> bool:
    """Tell whether pg_hba.conf has a rule for this address with TLS."""
    try:
        _connect(connection, address, patience, sslmode="require").close()
    except DatabaseError as error:
        return error.cause in LET_IN
    except DeadlinePassed:
        return False
    return True


def _connect(
    connection: PostgresConnection,
    address: Address,
    patience: Deadline,
    *,
    sslmode: str | None = None,
    on_sign_in: Callable[[], None] = lambda: None,
) -> extensions.connection:
    """Sign in, within the deadline.

    Raises:
        DatabaseError: With the cause, and libpq's text without the password.
    """
    link = _begin(connection, address, sslmode)
    try:
        _finish(link, patience, connection.password, on_sign_in)
    except BaseException:
        link.close()
        raise
    return link


def _begin(
    connection: PostgresConnection, address: Address, sslmode: str | None
) -> extensions.connection:
    import psycopg2  # noqa: PLC0415 - import lamin_widgets does not load it

    stopped: type[BaseException]
    try:
        # Not blocking, so that deadline and Cancel hold; the address is known already,
        # because libpq's look-up has no timeout. What the environment may not decide
        # is set here: a password file that cannot exist, and no choice of servers.
        return psycopg2.connect(
            host=connection.host,
            hostaddr=address.text,
            port=connection.port,
            user=USER,
            dbname=DATABASE,
            password=connection.password.reveal(),
            passfile=f"{os.devnull}/none",
            sslmode=sslmode,
            gssencmode="disable",
            target_session_attrs="any",
            application_name="lamin_widgets",
            async_=1,
        )
    except Exception as error:  # noqa: BLE001 - translated, whatever it is
        failed: LaminWidgetsError | None = failure(error, connection.password)
    except BaseException as error:  # noqa: BLE001 - Ctrl-C, raised again below
        failed, stopped = None, type(error)
    # Raised out here, because the original's frames hold the password.
    if failed is not None:
        raise failed
    raise without_frames(stopped)


def _finish(
    link: extensions.connection,
    patience: Deadline,
    password: Secret,
    on_sign_in: Callable[[], None] = lambda: None,
) -> None:
    """Drive libpq until it is done with what it was asked."""
    from psycopg2 import extensions  # noqa: PLC0415 - see above

    failed: LaminWidgetsError | None = None
    while failed is None:
        try:
            state = link.poll()
            descriptor = -1 if link.closed else link.fileno()
        except Exception as error:  # noqa: BLE001 - translated, whatever it is
            failed = failure(error, password)
            continue
        if link.info.status not in _BEFORE_SIGN_IN:
            on_sign_in()
        if state == extensions.POLL_OK:
            return
        patience.wait(descriptor, to_write=state == extensions.POLL_WRITE)
    raise failed


def _inspect(
    link: extensions.connection, patience: Deadline, password: Secret
) -> Server:
    version, *rest = _ask(link, QUERY, patience, password)
    server = Server(redact(version, [password]), *rest)
    if not server.is_superuser:
        (roles,) = _ask(link, STANDS_IN, patience, password)
        server = replace(server, stands_in=roles or "")
    return server


def _ask(
    link: extensions.connection, query: str, patience: Deadline, password: Secret
) -> tuple[Any, ...]:
    """Return the one row of a query."""
    try:
        with link.cursor() as cursor:
            cursor.execute(query)
            _finish(link, patience, password)
            return cursor.fetchone() or ()
    except (LaminWidgetsError, DeadlinePassed):
        raise
    except Exception as error:  # noqa: BLE001 - translated, whatever it is
        failed = failure(error, password)
    raise failed
