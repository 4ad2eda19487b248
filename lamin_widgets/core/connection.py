"""`PostgresConnection`: a PostgreSQL server, and the URL that Lamin requires."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote

from lamin_widgets.core.connection_strings import read
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.secret import MASK, Secret, hides_secrets
from lamin_widgets.core.url_parts import (
    DATABASE,
    DEFAULT_PORT,
    USER,
    check_password,
    parse_host,
    parse_port,
)

_URL: Final = (
    rf"postgresql://{USER}:(?P<password>[^\s/?#]*)@"
    rf"(?P<host>\[[^\s\]]+\]|[^\s:/?#@\[\]]+):(?P<port>[0-9]+)/{DATABASE}"
)
"""A pattern that `re` compiles at its first use, because compiling it is slow."""


@dataclass(frozen=True, init=False, repr=False)
class PostgresConnection:
    """A PostgreSQL server, with the `postgres` user and the `postgres` database.

    Attributes:
        host: DNS name, IPv4 address, or IPv6 address (with or without brackets).
        port: TCP port, 1 to 65535.
        password: Password for the `postgres` user. A `str` becomes a `Secret`.

    Raises:
        InvalidInput: If a value can't be used. Its `cause` is the reason.

    Examples:
        >>> PostgresConnection("db.example.org", 5432, Secret("p@ss")).masked_url
        'postgresql://postgres:***@db.example.org:5432/postgres'
    """

    host: str
    port: int
    password: Secret

    @hides_secrets("password")
    def __init__(
        self,
        host: str,
        port: int | str = DEFAULT_PORT,
        password: Secret | str | None = None,
    ) -> None:
        secret = Secret(password or "")
        check_password(secret)
        object.__setattr__(self, "host", parse_host(host))
        object.__setattr__(self, "port", parse_port(port))
        object.__setattr__(self, "password", secret)

    def __repr__(self) -> str:
        """Return the parts, even during `__init__`, for tracebacks."""
        names = ("host", "port", "password")
        parts = (f"{name}={getattr(self, name, None)!r}" for name in names)
        return f"PostgresConnection({', '.join(parts)})"

    @property
    def url(self) -> Secret:
        """The URL that Lamin requires, with the password percent-encoded."""
        return Secret(self._with(quote(self.password.reveal(), safe="")))

    @property
    def masked_url(self) -> str:
        """The same URL with a mask in place of the password."""
        return self._with(MASK)

    def _with(self, password: str) -> str:
        # A URL must have the % before an IPv6 zone as %25.
        host = self.host.replace("%", "%25")
        host = f"[{host}]" if ":" in host else host
        return f"postgresql://{USER}:{password}@{host}:{self.port}/{DATABASE}"

    @classmethod
    @hides_secrets("url")
    def from_url(cls, url: Secret | str) -> PostgresConnection:
        """Return the connection of a URL in exactly the form that Lamin requires.

        For other notations, see `from_string`.

        Args:
            url: ``postgresql://postgres:<password>@<host>:<port>/postgres``, with the
                password percent-encoded.

        Raises:
            InvalidInput: If the URL has another form, or a value in it can't be used.
        """
        parts = _parts_of_url(Secret(url))
        if parts is None:
            raise InvalidInput(cause="connection_url_malformed")
        return cls(*parts)

    @classmethod
    @hides_secrets("text")
    def from_string(cls, text: Secret | str) -> PostgresConnection:
        """Return the connection of a connection string in any common notation.

        Args:
            text: For example a URI, ``key=value`` pairs, a JDBC URL, a `psql` command,
                an ADO.NET string, a `.pgpass` line, JSON, or lines of an `.env` file.

        Raises:
            InvalidInput: If the string can't be read or used, if it's for another user
                or database, or if it has no password.

        Examples:
            >>> PostgresConnection.from_string("host=db.example.org password=s3cr3t")
            PostgresConnection(host='db.example.org', port=5432, password=Secret('***'))
        """
        found = read(Secret(text))
        if found.other_user:
            raise InvalidInput(cause="connection_string_user")
        if found.password is None:
            raise InvalidInput(cause="password_missing")
        return cls(found.host, found.port or DEFAULT_PORT, found.password)


def _parts_of_url(url: Secret) -> tuple[str, str, Secret] | None:
    """Return the host, port, and password of a URL, or None if it has another form.

    A separate function, so that no traceback has a frame with the password.
    """
    found = re.fullmatch(_URL, url.reveal())
    try:
        password = unquote(found["password"], errors="strict") if found else ""
    except UnicodeDecodeError:
        return None
    if found is None:
        return None
    return unquote(found["host"].strip("[]")), found["port"], Secret(password)
