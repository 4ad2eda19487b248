"""The parts of a connection URL: user, password, host, port, and database."""

from __future__ import annotations

import ipaddress
import os
import re
from typing import Final

from lamin_widgets.core import hosts
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.secret import MASK, Secret

USER: Final = "postgres"
DATABASE: Final = "postgres"
"""Lamin's guide requires this user and this database."""

DEFAULT_PORT: Final = 5432

_LOOKS_LIKE_HOST: Final = (
    r"(?a)[\w.\u0080-\U0010ffff-]{0,253}"
    r"|\[?[\da-fA-F]*:[\da-fA-F:.]*(%[\w.-]*)?\]?"
)


def masked_url(host: str, port: int | str) -> str:
    """Return the connection URL with a mask in place of the password.

    A placeholder replaces a missing or malformed host or port, because it could be a
    password in the wrong field. The browser view computes the same text.
    """
    name = host.strip()
    if not (name.isprintable() and re.fullmatch(_LOOKS_LIKE_HOST, name)):
        name = ""
    if ":" in name and not name.startswith("["):
        name = f"[{name}]"
    number = hosts.port_number(port) or "<your-port>"
    return f"postgresql://{USER}:{MASK}@{name or '<your-host>'}:{number}/{DATABASE}"


def password_from_env() -> Secret | None:
    """Return `PGPASSWORD`, or None if it isn't set or `PGUSER` is another user."""
    password = os.environ.get("PGPASSWORD")
    is_ours = (os.environ.get("PGUSER") or USER) == USER
    return Secret(password) if password and is_ours else None


def check_password(password: Secret) -> None:
    """Check that a password can be used in PostgreSQL and in a connection URL.

    Raises:
        InvalidInput: `password_unusable` for a NUL character or an unpaired surrogate.
    """
    if re.search("[\0\ud800-\udfff]", password.reveal()):
        raise InvalidInput(cause="password_unusable", field="password")


def parse_host(host: str | Secret) -> str:
    """Return a host without surrounding spaces and brackets.

    Raises:
        InvalidInput: `host_missing`, `host_malformed`, or, for a `Secret`,
            `connection_string_misplaced`.
    """
    if not isinstance(host, str):
        raise InvalidInput(cause="connection_string_misplaced", field="host")
    name = host.strip()
    if not name:
        raise InvalidInput(cause="host_missing", field="host")
    problem = hosts.problem(name)
    if problem:
        del host, name  # The value might be a password, entered in the wrong field.
        raise InvalidInput(
            cause="host_malformed", field="host", facts={"problem": problem}
        )
    return str(ipaddress.IPv6Address(name.strip("[]"))) if ":" in name else name


def parse_port(port: int | str) -> int:
    """Return a port as a number.

    Raises:
        InvalidInput: `port_invalid` if it isn't a whole number from 1 to 65535.
    """
    number = hosts.port_number(port)
    if number is None:
        del port  # The value might be a password, entered in the wrong field.
        raise InvalidInput(cause="port_invalid", field="port")
    return number
