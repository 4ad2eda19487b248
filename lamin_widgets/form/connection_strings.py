"""Connection strings that are pasted into the form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lamin_widgets.core.connection_strings import ConnectionString
    from lamin_widgets.core.secret import Secret

__all__ = ["Pasted", "find_misplaced", "looks_like_connection_string", "parse"]


class Pasted(NamedTuple):
    """The values that a connection string fills in.

    Attributes:
        host: DNS name or IP address.
        port: TCP port, or None if the string leaves it to PostgreSQL's default.
        password: Password for the `postgres` user, or None.
        notation: Name of the notation, for example "JDBC URL".
        filled_in: The fields that have a value: "host", "port", and "password".
        ignored: Names of the settings that Lamin doesn't use.
        note: Sentences for the form.
        other_user: Whether the string is for a user other than `postgres`. Then its
            password is left out.
    """

    host: str
    port: int | None
    password: Secret | None
    notation: str
    filled_in: tuple[str, ...]
    ignored: tuple[str, ...]
    note: str
    other_user: bool

    def without_password(self) -> Pasted:
        """Return the same without the password, for places that keep no secrets."""
        return self._replace(password=None)


def parse(text: Secret) -> Pasted:
    """Read a connection string in any notation.

    Args:
        text: What was pasted.

    Raises:
        InvalidInput: `connection_string_unreadable`, `connection_string_unusable`, or
            `connection_string_database`.
    """
    # Only needed once something is pasted.
    from lamin_widgets.core.connection_strings import read  # noqa: PLC0415

    found = read(text)
    values = (("host", found.host), ("port", found.port), ("password", found.password))
    filled_in = tuple(name for name, value in values if value)
    return Pasted(
        host=found.host,
        port=found.port,
        password=found.password,
        notation=found.notation,
        filled_in=filled_in,
        ignored=found.ignored,
        note=_note(found, filled_in),
        other_user=found.other_user,
    )


def _note(found: ConnectionString, filled_in: tuple[str, ...]) -> str:
    article = "an" if re.match(r"[AEIO]|\.env", found.notation) else "a"
    sentences = [f"Filled in the {_listed(filled_in)} from {article} {found.notation}."]
    if found.port is None:
        sentences.append("No port in the string, so the form used 5432.")
    if found.other_user:
        sentences.append(
            "The string is for another user. Lamin requires the postgres user, so the "
            "form didn't use its password."
        )
    elif found.has_placeholder:
        sentences.append("The password is a placeholder, so the form ignored it.")
    if found.ignored:
        sentences.append(
            f"Ignored {_listed(found.ignored)}, because Lamin uses only the host, "
            "port, and password."
        )
    return " ".join(sentences)


def _listed(names: tuple[str, ...]) -> str:
    if len(names) <= 2:  # noqa: PLR2004  # no comma between two
        return " and ".join(names)
    return f"{', '.join(names[:-1])}, and {names[-1]}"


_LONGEST: Final = 16_384
_USER: Final = r"(?:user(?:[ _]?(?:id|name))?|uid|login)"
_PW: Final = r"(?:password|passwd|pwd)"
_MEANT: Final = re.compile(
    rf"""(?ix)
    ^["'`<\u201c\ufeff]{{0,3}}\s*(?:[$\#>%]\s+)?(?:export\s+|set\s+|\$env:)?(?:
        # URLs, alone or assigned to a name
        (?:[\w.-]{{1,64}}\s*[=:]\s*["']?)?
        (?:jdbc:|r2dbc:|(?:postgres|postgresql|pgsql|postgis)(?:\+\w+)?://)
      | [a-z][\w+.-]{{0,32}}://[^\s/?\#@:]*:[^\s/?\#]*@
      | [\w.-]{{1,64}}:(?!//)[^\r\n]*@
        # commands and variables
      | (?:\S{{0,255}}/)?(?:psql|pgcli|pg_dump|pg_restore|pg_isready)
        \s+(?:-|["']?(?:postgres|host))
      | PG[A-Z]+\s*=\s*\S
      | \w{{0,64}}(?:_URL|_URI|_DSN|\bDSN|\bURL)\s*=\s*\S
        # JSON
      | [\[{{][^\r\n]*["']\w{{0,64}}(?:host(?:name)?|{_USER}|{_PW})["']\s*:
        # a line of .pgpass, but not an IPv6 address
      | (?![\da-f:.%\[\]]+\s*$)(?:[^:\\\s]|\\.){{1,255}}:(?:\d{{1,5}}|\*):[^:]+:[^:]+:.
    )
    | (?:^|[\s;])(?:host|hostaddr|{_USER}|dbname|port)\s*=\s*\S
    | (?:^|[\s;])(?:[\w.-]{{0,64}}[_.-])?{_PW}\s*[:=]\s*\S
    | x-amz-(?:signature|credential)= | [?&]dbuser=
    """
)


def looks_like_connection_string(text: str) -> bool:
    """Return whether the text looks like a connection string in any notation.

    Host names, IP addresses, names, storage locations, and API URLs don't.

    Args:
        text: The value of a field that's meant for something else.
    """
    return _MEANT.search(text[:_LONGEST].lstrip()) is not None


def find_misplaced(values: Mapping[str, object]) -> frozenset[str]:
    """Return the names of the fields that have a connection string.

    Args:
        values: Values of fields that are meant for something else.
    """
    return frozenset(
        name
        for name, value in values.items()
        if isinstance(value, str) and looks_like_connection_string(value)
    )
