"""What the stand-in API makes of a registered URL: reads it, connects with it."""

from __future__ import annotations

import ipaddress
from typing import Any, Final, NamedTuple

import psycopg2
from psycopg2 import extensions

_PARTS: Final = {"host", "port", "user", "password", "dbname"}


class BadUrl(ValueError):
    """A URL that the API refuses; the message is a sentence without the URL."""


class Verdict(NamedTuple):
    """What came of connecting to a database.

    Attributes:
        reached: Whether a session was opened.
        message: What the API says about it.
    """

    reached: bool
    message: str


def check_url(url: str) -> dict[str, str]:
    """Read a URL as libpq does.

    Returns:
        Its parts: host, port, user, password, dbname.

    Raises:
        BadUrl: It is not of the form that Lamin requires.
    """
    if not url.startswith("postgresql://"):
        raise BadUrl("url must start with postgresql://")
    try:
        parts = extensions.parse_dsn(url)
    except (psycopg2.ProgrammingError, ValueError):
        # libpq quotes parts of the URL in its message: say it in our own words.
        raise BadUrl("url is not a PostgreSQL connection URL") from None
    if parts.get("user") != "postgres":
        raise BadUrl("url must use the user postgres")
    if parts.get("dbname") != "postgres":
        raise BadUrl("url must use the database postgres")
    missing = _PARTS - parts.keys()
    if missing:
        raise BadUrl(f"url has no {min(missing)}")
    if parts.keys() - _PARTS:
        raise BadUrl("url must not have options")
    return parts


def try_connection(url: str, timeout_s: int) -> Verdict:
    """Open a session on the database, if it is on this machine.

    Args:
        url: A URL that `check_url` accepts.
        timeout_s: Seconds to wait for the server.
    """
    parts = check_url(url)
    address = _loopback_address(parts["host"])
    if address is None:
        return Verdict(
            reached=False,
            message=f'could not connect to "{parts["host"]}": '
            "this sandbox only reaches this machine",
        )
    connection: dict[str, Any] = {**parts, "hostaddr": address}
    try:
        # All that the environment or the home folder could change is given, so that
        # only the URL counts; hostaddr makes sure that nothing leaves the machine.
        psycopg2.connect(
            **connection,
            connect_timeout=timeout_s,
            sslmode="prefer",
            gssencmode="disable",
            options="",
            application_name="lamin-sandbox",
        ).close()
    except psycopg2.Error as error:
        return Verdict(reached=False, message=str(error).strip())
    return Verdict(reached=True, message="Connected to the database server")


def _loopback_address(host: str) -> str | None:
    """The loopback address a host stands for, found without asking any resolver."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return "127.0.0.1"
    try:
        return host if ipaddress.ip_address(host).is_loopback else None
    except ValueError:
        return None
