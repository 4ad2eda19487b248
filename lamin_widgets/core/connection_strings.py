"""Reads a connection string in any of the common notations.

    postgresql://postgres:p@ss@db.example.org:5432/postgres?sslmode=require
    host=db.example.org password='p@ss'
    jdbc:postgresql://db.example.org/postgres?user=postgres&password=p%40ss
    Host=db.example.org;Username=postgres;Password=p@ss
    {"host": "db.example.org", "username": "postgres", "password": "p@ss"}
    db.example.org:5432:postgres:postgres:p@ss
    PGPASSWORD=p@ss psql -h db.example.org -U postgres
    export DATABASE_URL="postgresql://…"  # production

libpq decides about everything that libpq can read. The other readers accept what it
can't read, for example raw special characters in the password of a URI. Each notation
is recognized before its values are judged, so that a refusal can name it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lamin_widgets.core import hosts
from lamin_widgets.core.connection import DATABASE, USER, check_password, parse_host
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.recognition import (
    ENCODE,
    NO_HOST,
    PASSWORD_PLACEHOLDER,
    SEVERAL,
    Refusal,
    readings,
    refused_token,
    token_name,
    unusable,
    unwrap,
)
from lamin_widgets.core.secret import Secret

if TYPE_CHECKING:
    from lamin_widgets.core.notations import Settings

__all__ = ["LONGEST", "ConnectionString", "read"]

LONGEST: Final = 16_384
"""Longer texts, in characters, are refused unread."""


@dataclass(frozen=True, slots=True)
class ConnectionString:
    """The parts of a connection string that Lamin can use.

    Attributes:
        notation: Name of its notation, for example "URI".
        host: DNS name or IP address.
        port: TCP port, or None if the string leaves it to the default.
        password: The password, or None.
        other_user: Whether the string is for a user other than `postgres`. Then its
            password is left out.
        has_placeholder: Whether a placeholder stands for the password.
        ignored: Names of the settings that Lamin doesn't use.
    """

    notation: str
    host: str
    port: int | None = None
    password: Secret | None = None
    other_user: bool = False
    has_placeholder: bool = False
    ignored: tuple[str, ...] = ()


def read(text: Secret) -> ConnectionString:
    """Read a connection string.

    Args:
        text: The string, with or without quotes and spaces around it.

    Raises:
        InvalidInput: `connection_string_unreadable`, `connection_string_unusable` for a
            notation that's known and doesn't fit, or `connection_string_database` for
            another database than `postgres`.
    """
    found = _read(text)
    if isinstance(found, Refusal):
        raise InvalidInput(
            cause=found.cause,
            field="paste",
            facts={"notation": found.notation, "reason": found.reason},
        )
    if found.password is not None:
        check_password(found.password)
    return found


def _read(secret: Secret) -> ConnectionString | Refusal:
    """Read in a frame that ends before anything is raised."""
    try:
        return _read_text(secret.reveal())
    except Exception:  # noqa: BLE001  # Its traceback would hold the text.
        return Refusal(
            "connection string",
            "This is a bug in lamin_widgets. Enter the values by hand, and report the "
            "problem without the string.",
        )


def _read_text(text: str) -> ConnectionString | Refusal:
    if len(text) > LONGEST:
        return Refusal("connection string", "It's too long.")
    text = unwrap(text)
    if not text:
        return Refusal("connection string", "It's empty.")
    refusals: list[Refusal] = []
    for reading in readings(text):
        found = reading if isinstance(reading, Refusal) else _judge(*reading)
        if not isinstance(found, Refusal) or not _is_worth_another_try(found):
            return found
        refusals.append(found)
    refusals.append(Refusal("connection string", "Its format isn't supported."))
    return ENCODE if ENCODE in refusals else refusals[0]


def _is_worth_another_try(refusal: Refusal) -> bool:
    return refusal.cause == "connection_string_unreadable" and refusal != SEVERAL


_PLACEHOLDER: Final = re.compile(
    r"\$?[\[<{(].*[\]>})]|\$\w+|%s|%\(\w+\)s|%\w+%|(?i:your[-_ ]\w+|port)"
    r"|USER|USERNAME|HOST|HOSTNAME|SERVER|DATABASE|DBNAME|DB_NAME",
    re.DOTALL,
)
_CLOUD_KEYS: Final = frozenset({"cloudSqlInstance", "alloydbInstanceName"})
_USED: Final = frozenset({"host", "port", "user", "password", "dbname"})
_KNOWN: Final = frozenset(
    re.findall(
        r"\w+",
        """
        applicationname binaryparameters channelbinding clientencoding connecttimeout
        connectionlimit currentschema fallbackapplicationname gssencmode hostaddr
        keepalives keepalivesidle logintimeout options passfile pgbouncer pooling
        poolmode pooltimeout preparethreshold requirepeer schema searchpath service
        sockettimeout ssl sslcert sslfactory sslkey sslmode sslnegotiation sslpassword
        sslrootcert sslsni statementcachesize supa targetsessionattrs tcpkeepalive
        timeout trustservercertificate
        """,
    )
)
"""Settings that can be named, in lower case and without separators."""


def _judge(notation: str, settings: Settings) -> ConnectionString | Refusal:
    """Return the usable parts of a reading, or why it can't be used."""
    values = {
        key: value
        for key, value in settings.items()
        if value and not (key in {"user", "dbname"} and _PLACEHOLDER.fullmatch(value))
    }
    host = values.get("host") or values.get("hostaddr") or ""
    other_user = values.get("user", USER) != USER
    refusal = (
        _refused_host(notation, values, host)
        or _refused_port(notation, values.get("port", ""))
        or _refused_database(notation, values.get("dbname", DATABASE), other_user)
    )
    password = values.get("password", "")
    token = token_name(password)
    if refusal or token:
        return refusal or refused_token(token)
    has_placeholder = PASSWORD_PLACEHOLDER.fullmatch(password) is not None
    takes_password = password and not has_placeholder and not other_user
    return ConnectionString(
        notation=notation,
        host=parse_host(host),
        port=hosts.port_number(values.get("port")),
        password=Secret(password) if takes_password else None,
        other_user=other_user,
        has_placeholder=has_placeholder,
        ignored=_ignored(settings),
    )


def _refused_host(notation: str, values: Settings, host: str) -> Refusal | None:
    is_address = hosts.literal_address(host) is not None
    names_several = "," in host or "," in values.get("port", "")
    for found, reason in (
        (
            _CLOUD_KEYS & set(values) or host.startswith("/cloudsql"),
            "It names a Google Cloud instance, not its public IP address.",
        ),
        (
            host.startswith(("/", "@")),
            "It names a Unix socket. Lamin connects over TCP.",
        ),
        (
            not host and "service" in values,
            "It names a service. Enter the host and port from your service file.",
        ),
        (not host, NO_HOST),
        (names_several, "It names several hosts. Lamin uses one."),
        (
            not is_address
            and (_PLACEHOLDER.fullmatch(host) or re.search(r"[<>{}\[\]$]", host)),
            "Its host is a placeholder. Replace it first.",
        ),
    ):
        if found:
            return unusable(notation, reason)
    problem = hosts.problem(host)
    return Refusal(notation, f"Its host isn't valid. {problem}") if problem else None


def _refused_port(notation: str, port: str) -> Refusal | None:
    if not port or _PLACEHOLDER.fullmatch(port) or hosts.port_number(port):
        return None
    return Refusal(notation, "The port must be a number from 1 to 65535.")


def _refused_database(
    notation: str,
    database: str,
    other_user: bool,  # noqa: FBT001  # private
) -> Refusal | None:
    if "@" in database:  # The password was cut in two.
        return ENCODE
    if database == DATABASE or other_user:
        return None
    return Refusal(notation, "", "connection_string_database")


def _ignored(settings: Settings) -> tuple[str, ...]:
    """Name the settings that aren't used. An unknown name can be part of a password."""
    names = [key for key in settings if key not in _USED]
    known = tuple(key for key in names if re.sub(r"[\W_]", "", key).lower() in _KNOWN)
    return known if len(known) == len(names) else (*known, "another setting")
