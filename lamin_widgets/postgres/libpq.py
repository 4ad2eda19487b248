"""Connections through libpq that don't block other threads.

psycopg2 blocks all threads while libpq reads a long message, and while it converts the
message, so another thread calls libpq directly and reads only the start of each text.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import itertools
import os
import socket
import threading
import weakref
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from lamin_widgets.core.deadline import DeadlinePassed
from lamin_widgets.core.errors import ActionCancelled, text_of
from lamin_widgets.core.threads import after_fork
from lamin_widgets.core.url_parts import DATABASE, USER
from lamin_widgets.postgres.encodings import LONGEST_MESSAGE, decode
from lamin_widgets.postgres.tls import NO_FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from psycopg2 import extensions

    from lamin_widgets.core.connection import PostgresConnection
    from lamin_widgets.core.deadline import Deadline
    from lamin_widgets.postgres.tls import Protection

Stage: TypeAlias = Literal["tcp", "negotiation", "authentication", "query"]

# PQconnectPoll returns these if it failed or connected. For the other states, psycopg2
# has the same numbers.
_FAILED: Final = 0
_CONNECTED: Final = 3
_VERBOSE: Final = 2
"""PQERRORS_VERBOSE, with which libpq reports the SQLSTATE of a failed connection."""
_TUPLES: Final = 2
"""PGRES_TUPLES_OK."""
_END: Final = {0, 1, _TUPLES, 5, 7}
"""The status of a result that ends a statement: an empty one, a command without rows,
rows, an unreadable reply, or an error. Other results, for example of COPY, repeat until
the data is read."""
_UNREADABLE: Final = "The result of a query can't be read."
_MOST_COLUMNS: Final = 100

# PQstatus returns these numbers, by the stage of a connection.
_TCP: Final = {2, 8, 14}
_NEGOTIATION: Final = {3, 7, 11}
_BAD: Final = 1

# Set all options that PG* variables could set, so that these variables have no effect.
_OPTIONS: Final[dict[str, str | int]] = {
    "user": USER,
    "dbname": DATABASE,
    **dict.fromkeys(("passfile", "sslcert", "sslkey"), NO_FILE),
    "sslcertmode": "disable",
    "sslnegotiation": "postgres",
    "sslsni": 1,
    "ssl_min_protocol_version": "TLSv1.2",
    "ssl_max_protocol_version": "",
    "gssencmode": "disable",
    "channel_binding": "prefer",
    "min_protocol_version": "3.0",
    "max_protocol_version": "3.0",
    "load_balance_hosts": "disable",
    "target_session_attrs": "any",
    "connect_timeout": 0,
    "options": "",
    "client_encoding": "UTF8",
    "application_name": "lamin_widgets",
}
# This has all connections that aren't closed, and some that are.
_links: Final[weakref.WeakSet[Link]] = weakref.WeakSet()

_SAFE: Final = "scram-sha-256"
_ANY: Final = "password,md5,scram-sha-256,none"


class LinkFailed(Exception):
    """A connection failed. The message isn't redacted.

    Attributes:
        link: The connection, with its stage.
        message: The message of libpq or the server, or "" if there was no answer.
        code: The SQLSTATE, if it isn't part of the message.
    """

    def __init__(self, link: Link, message: str, code: str = "") -> None:
        super().__init__()
        self.link = link
        self.message = message
        self.code = code


class Link:
    """One connection to one address of a server.

    Args:
        connection: The server.
        address: The IP address to connect to.
        protection: The settings for TLS and authentication.
        deadline: The deadline of the whole diagnosis.
        limit_s: Seconds to wait for each answer before authentication.

    Attributes:
        stage: The stage of the connection.
        encrypted: Whether TLS is in use.
        asked_for_password: Whether the server asked for the password.
        protocol: The version of TLS in use, or an empty string.
    """

    def __init__(
        self,
        connection: PostgresConnection,
        address: str,
        protection: Protection,
        deadline: Deadline,
        limit_s: float,
    ) -> None:
        self.stage: Stage = "tcp"
        self.encrypted = False
        self.asked_for_password = False
        self.protocol = ""
        self.address = address
        self.protection = protection
        self._deadline = deadline
        self._limit_s = limit_s
        self._is_closing = False
        self._polling = threading.Lock()
        self._link = self._start(connection)
        _links.add(self)

    def _start(self, connection: PostgresConnection) -> extensions.connection:
        import psycopg2  # import lamin_widgets doesn't load it

        try:
            # Give the address as well, because libpq's name resolution has no timeout.
            link: extensions.connection = psycopg2.connect(
                host=connection.host,
                hostaddr=self.address,
                port=connection.port,
                password=connection.password.reveal(),
                async_=1,
                **_options(self.protection),
            )
        except (psycopg2.Error, UnicodeDecodeError) as error:
            reason = _reason(error)
        else:
            if libpq := _functions():
                libpq["PQsetErrorVerbosity"](link.pgconn_ptr, _VERBOSE)
            return link
        # Raise outside of `except`, because the original's frames have the password.
        raise LinkFailed(self, *reason)

    @property
    def is_verified(self) -> bool:
        """Whether TLS is in use with a verified certificate and host name."""
        return self.encrypted and self.protection.verifies

    def fileno(self) -> int:
        """Return the file descriptor of the connection."""
        return self._link.fileno()

    def open(self, on_stage: Callable[[Link], None]) -> None:
        """Connect and authenticate. Close the connection if that fails.

        Raises:
            LinkFailed: If the connection fails.
            ActionCancelled: If the user canceled.
            DeadlinePassed: If the time is up.
        """
        try:
            self._drive(on_stage)
        except BaseException:
            self.close()
            raise
        self.stage = "query"

    def ask(self, query: str) -> tuple[str, ...]:
        """Return the only row of a query, whose values must all be texts.

        Raises:
            LinkFailed: If the query fails, or its result has another form.
            ActionCancelled: If the user canceled.
            DeadlinePassed: If the time is up.
        """
        if _functions() is None:
            return self._ask_psycopg2(query)
        # Use another thread, because a hostile server can make libpq read for hours.
        row, *reason = self._deadline.call(lambda: self._execute(query))
        if row is None:
            raise LinkFailed(self, *reason)
        return row

    def _execute(self, query: str) -> tuple[tuple[str, ...] | None, str, str]:
        """Return the only row of a query, or None with a message and an SQLSTATE."""
        libpq = _functions()
        with self._using_libpq():
            if libpq is None or self._link.closed:
                return None, "", ""
            pointer = self._link.pgconn_ptr
            libpq["PQsendQuery"](pointer, query.encode())
            result = libpq["PQgetResult"](pointer)
            try:
                status = latest = libpq["PQresultStatus"](result)
                # If the connection ends, the next result has the reason.
                while latest in _END and not self._is_closing:
                    more = libpq["PQgetResult"](pointer)
                    if not more:
                        break
                    latest = libpq["PQresultStatus"](more)
                    libpq["PQclear"](more)
                if status != _TUPLES or libpq["PQntuples"](result) != 1:
                    message = _text(libpq["PQresultErrorMessage"](result))
                    code = _text(libpq["PQresultErrorField"](result, ord("C")))
                    return None, message or _UNREADABLE, code
                columns = range(min(libpq["PQnfields"](result), _MOST_COLUMNS))
                values = (libpq["PQgetvalue"](result, 0, each) for each in columns)
                return tuple(map(_text, values)), "", ""
            finally:
                libpq["PQclear"](result)

    def _ask_psycopg2(self, query: str) -> tuple[str, ...]:
        """Return the only row of a query if libpq can't be called directly."""
        from psycopg2 import Error, extensions  # slow

        try:
            with self._link.cursor() as cursor:
                # Convert no types, because a hostile server could choose slow ones.
                types = tuple(extensions.string_types)
                text = extensions.new_type(types, "TEXT", lambda value, _: value)
                extensions.register_type(text, cursor)
                cursor.execute(query)
                self._drive(lambda _link: None)
                row: Any = cursor.fetchone()
        except (Error, ValueError, TypeError, ArithmeticError) as error:
            reason = _reason(error)
        else:
            if isinstance(row, tuple) and all(isinstance(each, str) for each in row):
                return tuple(each[:LONGEST_MESSAGE] for each in row)
            reason = (_UNREADABLE, "")
        raise LinkFailed(self, *reason)

    def close(self) -> None:
        """Close the connection, at once or when another thread no longer uses it."""
        self._is_closing = True
        if self._polling.acquire(blocking=False):
            try:
                self._link.close()
            finally:
                self._polling.release()
            return
        with contextlib.suppress(Exception):
            descriptor = os.dup(self._link.fileno())
            with socket.socket(fileno=descriptor) as same:
                same.shutdown(socket.SHUT_RDWR)  # This ends libpq's wait.

    @contextlib.contextmanager
    def _using_libpq(self) -> Iterator[None]:
        """Prevent other threads from closing the connection within the block."""
        try:
            with self._polling:
                yield
        finally:
            if self._is_closing:  # `close` found the lock taken.
                self.close()

    def _drive(self, on_stage: Callable[[Link], None]) -> None:
        """Poll libpq until the connection or the query is complete."""
        from psycopg2 import extensions  # slow

        while True:
            try:
                state = self._poll()
                descriptor = self._link.fileno()
            except (ActionCancelled, DeadlinePassed):
                raise
            except Exception as error:  # noqa: BLE001  # It becomes a LinkFailed.
                self._update_stage()
                reason = _reason(error)
                break
            if self._update_stage() and self.stage != "query":
                on_stage(self)
            if state == extensions.POLL_OK:
                return
            is_patient = self.stage in {"authentication", "query"}
            if not self._deadline.wait(
                descriptor,
                to_write=state == extensions.POLL_WRITE,
                limit_s=None if is_patient else self._limit_s,
            ):
                reason = ("", "")
                break
        raise LinkFailed(self, *reason)

    def _poll(self) -> int:
        """Let libpq take the next step.

        A hostile server can make libpq read messages, or compute the proof of a
        password, for hours. psycopg2 would block all threads meanwhile, so another
        thread calls libpq.
        """
        link, libpq = self._link, _functions()
        # psycopg2 waits for the port before it lets libpq take the first step.
        if libpq is None or self.stage == "tcp":
            return link.poll()
        pointer = link.pgconn_ptr

        def step() -> tuple[int, str]:
            with self._using_libpq():
                if link.closed:  # The deadline passed, and the memory is freed.
                    return _FAILED, ""
                state = libpq["PQconnectPoll"](pointer)
                failed = state == _FAILED
                return state, _text(libpq["PQerrorMessage"](pointer)) if failed else ""

        state, message = self._deadline.call(step)
        if state == _FAILED:
            from psycopg2 import OperationalError  # slow

            raise OperationalError(message)
        return 0 if state == _CONNECTED else state  # 0 is POLL_OK.

    def _update_stage(self) -> bool:
        """Update the attributes, and return whether the stage has changed."""
        info = self._link.info
        if self.stage == "query":
            return False
        before = self.stage
        if info.status in _NEGOTIATION and self.stage == "tcp":
            self.stage = "negotiation"
        elif info.status not in _TCP | _NEGOTIATION | {_BAD}:
            self.stage = "authentication"
        if info.status != _BAD:
            self.encrypted = bool(info.ssl_in_use)
            self.protocol = (
                info.ssl_attribute("protocol") or "" if self.encrypted else ""
            )
        self.asked_for_password = bool(info.used_password)
        return self.stage != before


@after_fork
def _drop_inherited() -> None:
    """Close the sockets of the parent process in a fork, and send nothing to servers.

    Their file descriptors stay in use, because libpq writes to them when it frees a
    connection.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for link in tuple(_links):
        with contextlib.suppress(Exception):  # A closed connection has no descriptor.
            os.dup2(nothing, link.fileno(), inheritable=False)
    os.close(nothing)


def _reason(error: Exception) -> tuple[str, str]:
    """Return the message and the SQLSTATE of an exception."""
    code = getattr(error, "pgcode", None) or ""
    if isinstance(error, UnicodeDecodeError):
        return decode(bytes(error.object)), code
    return text_of(error)[:LONGEST_MESSAGE] or type(error).__name__, code


def _text(pointer: Any) -> str:
    """Return the start of a text of libpq. A hostile server can make it very long."""
    characters = itertools.islice(pointer, LONGEST_MESSAGE) if pointer else ()
    return decode(b"".join(itertools.takewhile(b"\0".__ne__, characters)))


def _options(protection: Protection) -> dict[str, Any]:
    """Return the options that this version of libpq has."""
    from psycopg2 import ProgrammingError, extensions  # slow

    options: dict[str, Any] = {}
    wanted = _OPTIONS | {
        "sslmode": protection.sslmode,
        "sslrootcert": protection.root,
        "require_auth": _ANY if protection.is_safe else _SAFE,
    }
    for name, value in wanted.items():
        with contextlib.suppress(ProgrammingError):
            extensions.parse_dsn(f"{name}=''")
            options[name] = value
    if "require_auth" not in options and not protection.is_safe:
        # Channel binding requires SCRAM.
        options["channel_binding"] = "require"
    return options


@functools.cache
def _functions() -> Mapping[str, Callable[..., Any]] | None:
    """Return functions of the libpq that psycopg2 uses, or None if it hides one.

    They don't block other threads.
    """
    from psycopg2 import _psycopg  # slow

    link = result = ctypes.c_void_p
    number, text = ctypes.c_int, ctypes.POINTER(ctypes.c_char)
    # Each row has the types of the arguments, and the type of the result.
    types: dict[str, tuple[tuple[type[Any], ...], type[Any] | None]] = {
        "PQsetErrorVerbosity": ((link, number), number),
        "PQconnectPoll": ((link,), number),
        "PQerrorMessage": ((link,), text),
        "PQsendQuery": ((link, ctypes.c_char_p), number),
        "PQgetResult": ((link,), result),
        "PQclear": ((result,), None),
        "PQresultStatus": ((result,), number),
        "PQntuples": ((result,), number),
        "PQnfields": ((result,), number),
        "PQgetvalue": ((result, number, number), text),
        "PQresultErrorMessage": ((result,), text),
        "PQresultErrorField": ((result, number), text),
    }
    try:
        library = ctypes.CDLL(_psycopg.__file__)
        functions = {name: getattr(library, name) for name in types}
    except (OSError, AttributeError):
        return None
    for name, function in functions.items():
        function.argtypes, function.restype = types[name]
    return functions
