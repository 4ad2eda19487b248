"""The stand-in API's check of a URL, and its connection to that server."""

from __future__ import annotations

import ipaddress
from typing import Any, Final, NamedTuple

import psycopg2
from psycopg2 import extensions

_PARTS: Final = {"host", "port", "user", "password", "dbname"}


class BadUrl(ValueError):
    """A URL that the API rejects. The message doesn't quote the URL."""


class Verdict(NamedTuple):
    """The result of connecting to a database.

    Attributes:
        reached: Whether the connection worked.
        message: The API's message.
    """

    reached: bool
    message: str


def check_url(url: str) -> dict[str, str]:
    """Parse a URL as libpq does.

    Returns:
        Its parts: host, port, user, password, dbname.

    Raises:
        BadUrl: If the URL doesn't have the form that Lamin requires.
    """
    if not url.startswith("postgresql://"):
        raise BadUrl("url must start with postgresql://")
    try:
        parts = extensions.parse_dsn(url)
    except (psycopg2.ProgrammingError, ValueError):
        # libpq's message quotes parts of the URL.
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
    """Connect to a database, if it's on this machine.

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
            "the sandbox connects only to this machine",
        )
    connection: dict[str, Any] = {**parts, "hostaddr": address}
    try:
        # These arguments override the environment and files in the home folder.
        # hostaddr ensures that the connection stays on this machine.
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
    """Return the loopback address of a host, or None, without name resolution."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return "127.0.0.1"
    try:
        return host if ipaddress.ip_address(host).is_loopback else None
    except ValueError:
        return None
