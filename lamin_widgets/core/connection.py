"""Where a PostgreSQL server is, and the URL that Lamin wants for it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from lamin_widgets.core import hosts
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.secret import MASK, Secret

__all__ = ["DATABASE", "USER", "PostgresConnection", "is_local", "masked_url"]

USER: Final = "postgres"
DATABASE: Final = "postgres"
"""Lamin requires both (the guide's "Connection String Format")."""

DEFAULT_PORT: Final = 5432
HIGHEST_PORT: Final = 65535

_MAY_BE_HOST: Final = re.compile(
    r"[\w.\u0080-\U0010ffff-]*|\[?[\da-fA-F]*:[\da-fA-F:.]*(%[\w.-]*)?\]?", re.ASCII
)


def masked_url(host: str, port: int | str) -> str:
    """Return the connection URL with a mask in place of the password.

    It takes a draft as it stands in the form; what is missing, or no host, is named.
    The view computes the same text while the person types.

    Args:
        host: DNS name or IP address, as typed.
        port: TCP port, as typed.
    """
    name = host.strip()
    if not _MAY_BE_HOST.fullmatch(name):
        name = ""  # a password, say, in the wrong field
    if ":" in name and not name.startswith("["):
        name = f"[{name}]"
    shown_port = str(port).strip() or "<your-port>"
    return f"postgresql://{USER}:{MASK}@{name or '<your-host>'}:{shown_port}/{DATABASE}"


def is_local(host: str) -> bool:
    """Tell whether `host` is this machine's loopback."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class PostgresConnection:
    """A PostgreSQL server as Lamin connects to it: user and database are `postgres`.

    Attributes:
        host: DNS name, IPv4 or IPv6 address (with or without brackets).
        port: TCP port, 1 to 65535.
        password: Password of the user `postgres`. A `str` is turned into a `Secret`.

    Raises:
        InvalidInput: With the cause from the catalogue, if a value cannot be used.

    Examples:
        >>> PostgresConnection("db.example.org", 5432, Secret("p@ss")).masked_url
        'postgresql://postgres:***@db.example.org:5432/postgres'
    """

    host: str
    port: int
    password: Secret

    def __init__(
        self, host: str, port: int = DEFAULT_PORT, password: Secret | str = ""
    ) -> None:
        try:
            secret = Secret(password)
        finally:
            del password  # no frame of a traceback holds it
        check_password(secret)
        object.__setattr__(self, "host", parse_host(host))
        object.__setattr__(self, "port", parse_port(port))
        object.__setattr__(self, "password", secret)

    def __repr__(self) -> str:
        """Return its parts, also of one that a traceback finds half made."""
        names = ("host", "port", "password")
        parts = (f"{name}={getattr(self, name, None)!r}" for name in names)
        return f"PostgresConnection({', '.join(parts)})"

    @property
    def url(self) -> Secret:
        """The URL of the guide, password percent-encoded; itself a secret."""
        return Secret(self._with(quote(self.password.reveal(), safe="")))

    @property
    def masked_url(self) -> str:
        """The same URL with a mask; it does not depend on the password."""
        return self._with(MASK)

    def _with(self, password: str) -> str:
        # the % before an IPv6 zone is an escape of its own in a URL
        host = self.host.replace("%", "%25")
        host = f"[{host}]" if ":" in host else host
        return f"postgresql://{USER}:{password}@{host}:{self.port}/{DATABASE}"

    @classmethod
    def from_url(cls, url: Secret | str) -> PostgresConnection:
        """Read the URL of the guide back into its parts.

        For all that people paste, see `lamin_widgets.form.connection_strings.parse`.

        Raises:
            InvalidInput: If it is not exactly of the guide's form.
        """
        try:
            secret = Secret(url)
        finally:
            del url
        parts = _guide_parts(secret)
        if parts is None:
            raise InvalidInput(
                "Not of the form postgresql://postgres:<password>@<host>:<port>/"
                "postgres.",
                cause="connection_url_malformed",
            )
        return cls(*parts)


def _guide_parts(url: Secret) -> tuple[str, int, Secret] | None:
    """Split the URL in a frame that is gone before anything is raised."""
    text = url.reveal()
    try:
        split = urlsplit(text)
        port = split.port
        password = unquote(split.password or "", errors="strict")
    except ValueError:
        return None
    if text != "".join(text.split()):
        return None  # urlsplit would drop a tab or a line break
    fits = (
        split.scheme == "postgresql"
        and split.username == USER
        and split.path == f"/{DATABASE}"
        and not split.query
        and not split.fragment
    )
    if not fits or not split.hostname or port is None or split.password is None:
        return None
    return unquote(split.hostname), port, Secret(password)


def check_password(password: Secret) -> None:
    """Refuse a password that no connection URL can carry.

    Raises:
        InvalidInput: For a NUL character or half of a surrogate pair.
    """
    reason = _password_fault(password)
    if reason:
        raise InvalidInput(
            reason, cause="password_unusable", field="password"
        ) from None


def _password_fault(password: Secret) -> str:
    text = password.reveal()
    if "\0" in text:
        return (
            "The password holds a NUL character, which PostgreSQL and libpq cannot "
            "take: they end a password there."
        )
    if any("\ud800" <= char <= "\udfff" for char in text):
        return "The password holds half of a surrogate pair, which is not valid text."
    return ""


def parse_host(host: str) -> str:
    """Return the host, trimmed and without brackets.

    Raises:
        InvalidInput: `host_missing` or `host_malformed`.
    """
    name = host.strip()
    if not name:
        raise InvalidInput("Enter the host.", cause="host_missing", field="host")
    problem = hosts.problem(name)
    if problem:
        raise InvalidInput(
            f"The host is a name or an address alone: {problem}.",
            cause="host_malformed",
            field="host",
            facts={"problem": problem},
        )
    return str(ipaddress.IPv6Address(name.strip("[]"))) if ":" in name else name


def parse_port(port: int | str) -> int:
    """Return the port as a number.

    Raises:
        InvalidInput: `port_invalid`, if it is not a whole number from 1 to 65535.
    """
    text = str(port).strip()
    if text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= HIGHEST_PORT:
        return int(text)
    raise InvalidInput(
        "The port is a whole number from 1 to 65535.",
        cause="port_invalid",
        field="port",
    )
