"""What a person pastes, read into host, port and password.

    postgresql://postgres:p@ss@db.example.org:5432/postgres?sslmode=require
    host=db.example.org password='p@ss'
    jdbc:postgresql://db.example.org/postgres?user=postgres&password=p%40ss
    PGPASSWORD=p@ss psql -h db.example.org -U postgres
    export DATABASE_URL="postgresql://…"

libpq is the judge: what it can read, and Lamin could use, is read as libpq does. Only
what it cannot read is read forgivingly, such as a URI with raw characters in the
password.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lamin_widgets.core import hosts
from lamin_widgets.core.connection import (
    DATABASE,
    USER,
    check_password,
    parse_host,
    parse_port,
)
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.secret import Secret
from lamin_widgets.form import notations as conninfo

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Pasted", "looks_like_one", "parse"]

LONGEST: Final = 16_384
"""Longer texts, in characters, are not looked at."""

_DEEPEST: Final = 3
"""So many quotes or assignments around a string are looked into."""

_TOO: Final = (
    f" It names another database, too: Lamin requires the database {DATABASE}."
)
_BUG: Final = "of a mistake in this program"
_OUTSIDE: Final = " \t\r\n\v\f\u00a0\u200b\ufeff"
_QUOTES: Final = {"'": "'", '"': '"', "`": "`", "“": "”", "‘": "’", "<": ">"}  # noqa: RUF001  # the quotes that word processors make
_URI: Final = re.compile(r"(?i)(?:jdbc:)?[a-z][a-z0-9]*(?:\+\w+)?://|jdbc:")
_POSTGRES: Final = re.compile(r"(?i)(?:jdbc:)?postgres(?:ql)?(?:\+\w+)?:")
_STARTS: Final = re.compile(r"(?i)(?:^|[\s=\"'])(?:jdbc:)?postgres(?:ql)?(?:\+\w+)?://")
_ASSIGNMENT: Final = re.compile(
    r"(?:export\s+|set\s+|ENV\s+|\$env:)?([A-Za-z_][\w.-]*)\s*(?:=|:\s)\s*(?=\S)"
)
_PLACEHOLDER: Final = re.compile(
    r"(?i)\*{3,}|[•●]+|[\[<{(]+ ?(?:your|my|the|db|database)?[-_ ]*(?:password|pw|pass)"
    r" ?[\]>})]+|your[-_ ]?password|%3Cyour-password%3E|%s|"
    r"(?-i:\$[A-Z_][A-Z0-9_]*)|\$\w*pass(?:word|wd)?|\$\{[^{}]*\}|\$\([^()]*\)"
)
_OTHER_NAMES: Final = {
    *("ssl", "schema", "currentSchema", "pgbouncer", "connection_limit", "supa"),
    *("pool_timeout", "pool_mode", "ApplicationName", "socketTimeout", "sslfactory"),
    *("loginTimeout", "tcpKeepAlive", "prepareThreshold", "statement_cache_size"),
}


@dataclass(frozen=True, slots=True)
class Pasted:
    """What a connection string says.

    Attributes:
        host: DNS name or IP address, or None.
        port: TCP port, or None where the string leaves it to PostgreSQL's default.
        password: The password, or None.
        recognised: A sentence: ``"Read as a URI: host, port and password."``
        ignored: Names of the settings that Lamin has no use for.
    """

    host: str | None
    port: int | None
    password: Secret | None
    recognised: str
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why a reading cannot be used; it holds no text of the string."""

    cause: str
    facts: dict[str, str]


def _unreadable(reason: str) -> _Refusal:
    return _Refusal("connection_string_unreadable", {"reason": reason})


def parse(text: Secret) -> Pasted:
    """Read a connection string in any of the notations above.

    Args:
        text: What was pasted, with quotes and spaces around it or without.

    Raises:
        InvalidInput: `connection_string_unreadable`, with the reason; or
            `connection_string_user` or `connection_string_database` for a user or
            database other than the `postgres` that Lamin requires. Where both are,
            the first one names the second.
    """
    try:
        secret = Secret(text)
    finally:
        del text  # as a precaution: a str would be in the frame of a traceback
    found = _read(secret)
    if isinstance(found, Pasted):
        if found.password is not None:
            check_password(found.password)
        return found
    raise InvalidInput(
        _message(found), cause=found.cause, field="paste", facts=found.facts
    )


def _message(refusal: _Refusal) -> str:
    reason = refusal.facts.get("reason", "")
    if reason:
        return f"This connection string cannot be read: {reason}."
    return f"Lamin requires the user {USER} and the database {DATABASE}."


def _read(secret: Secret) -> Pasted | _Refusal:
    """Read in a frame that is gone before anything is raised."""
    try:
        return _read_text(secret.reveal())
    except Exception:  # noqa: BLE001  # its traceback would hold the text
        return _unreadable(_BUG)


def _read_text(text: str) -> Pasted | _Refusal:
    if len(text) > LONGEST:
        return _unreadable("it is too long to be one")
    if not text.strip(_OUTSIDE):
        return _unreadable("it is empty")
    refusals: list[_Refusal] = []
    for kind, settings in _readings(_unwrap(text)):
        judged = _judge(kind, settings)
        if isinstance(judged, Pasted):
            return judged
        refusals.append(judged)
    if _several(text):
        return _unreadable("it holds more than one")
    # "another user" tells more than "unreadable"
    refusals.sort(key=lambda refusal: refusal.cause == "connection_string_unreadable")
    return refusals[0] if refusals else _no_reading(text)


def _no_reading(text: str) -> _Refusal:
    if _URI.match(_unwrap(text)) and not _POSTGRES.match(_unwrap(text)):
        return _unreadable("it is not for PostgreSQL")
    return _unreadable("it is in none of the forms known here")


def _unwrap(text: str) -> str:
    """Take off the spaces, quotes and punctuation around a string."""
    inner = text
    for _ in range(_DEEPEST):
        trimmed = inner.strip(_OUTSIDE)
        if trimmed.endswith("\\"):  # it escapes a space that is the password's
            trimmed = inner.lstrip(_OUTSIDE)
        quoted = trimmed.rstrip(";,") if trimmed[:1] in _QUOTES else ""
        if len(quoted) < len("''") or _QUOTES[quoted[0]] != quoted[-1]:
            return trimmed
        inner = quoted[1:-1]
    return inner


def _readings(
    text: str, depth: int = _DEEPEST
) -> Iterator[tuple[str, conninfo.Settings]]:
    """Give every reading of a text, the likeliest first."""
    prompted = re.sub(r"^[$#>%]\s+", "", text)
    if _URI.match(text):
        yield from _uri_readings(text)
    elif (settings := conninfo.read_keywords(text)) is not None:
        yield "key=value", settings
    elif conninfo.is_command(prompted):
        yield from _command_readings(prompted, depth)
    else:
        assigned = _ASSIGNMENT.match(prompted)
        if assigned and assigned[1] not in conninfo.KEYWORDS:
            if depth:
                yield from _readings(_unwrap(prompted[assigned.end() :]), depth - 1)
        elif re.match(r"[^\s:/@=]+:.+@", text, re.DOTALL):
            loose = conninfo.read_loose_uri(text)
            yield from (("a URI without its scheme", reading) for reading in loose)


def _uri_readings(text: str) -> Iterator[tuple[str, conninfo.Settings]]:
    if not _POSTGRES.match(text):
        return
    jdbc = conninfo.read_jdbc(text)
    if jdbc is not None:
        yield "a JDBC URL", jdbc
    if text[:5].lower() == "jdbc:":
        return
    # SQLAlchemy's postgresql+psycopg2:// is libpq's but for the driver
    strict = conninfo.read_uri(re.sub(r"^(?i:(postgres(?:ql)?)\+\w+)", r"\1", text))
    if strict is not None:
        yield "a URI", strict
    if not _several(text):  # else the rest would be taken for the password
        yield from (("a URI", reading) for reading in conninfo.read_loose_uri(text))


def _several(text: str) -> bool:
    return len(_STARTS.findall(text)) > 1


def _command_readings(text: str, depth: int) -> Iterator[tuple[str, conninfo.Settings]]:
    settings = conninfo.read_command(text)
    if settings is None:
        return
    kind = "a psql command" if "psql" in text else "libpq's variables"
    inner = settings.get("dbname", "")
    if not depth or (not _URI.match(inner) and "=" not in inner):
        yield kind, settings
        return
    # psql: what the connection string says goes before the options
    outer = {key: value for key, value in settings.items() if key != "dbname"}
    for _, reading in _readings(inner, depth - 1):
        yield kind, outer | reading


def _judge(kind: str, settings: conninfo.Settings) -> Pasted | _Refusal:
    """Turn a reading into what the form can use, or say why it cannot."""
    host = settings.get("host") or settings.get("hostaddr") or ""
    if "," in host:
        return _unreadable("it names several hosts, and Lamin takes one")
    problem = hosts.problem(host)
    if host and problem:
        return _unreadable(f"what stands for the host is none, {problem}")
    try:
        port = parse_port(settings["port"]) if settings.get("port") else None
    except InvalidInput:
        return _unreadable("what stands for the port is no number from 1 to 65535")
    another = _another_user_or_database(settings, host)
    if another is not None:
        return another
    password = settings.get("password", "")
    unfilled = _PLACEHOLDER.fullmatch(password) is not None
    if not (host or port or password):
        return _unreadable("it says nothing of host, port or password")
    return Pasted(
        host=parse_host(host) if host else None,
        port=port,
        password=Secret(password) if password and not unfilled else None,
        recognised=_sentence(kind, host, port, password, unfilled=unfilled),
        ignored=_ignored(settings),
    )


def _another_user_or_database(
    settings: conninfo.Settings, host: str
) -> _Refusal | None:
    """Refuse what is not Lamin's user and database, both at once where both are."""
    database = settings.get("dbname") or DATABASE
    cut = "@" in database  # then the password was cut in two
    if (settings.get("user") or USER) != USER:
        known = hosts.known_service(host)
        both = database != DATABASE and not cut
        facts = {"hint": f" {known[1]}" if known else "", "too": _TOO if both else ""}
        return _Refusal("connection_string_user", facts)
    if cut:
        return _unreadable("its password has to be percent-encoded")
    return _Refusal("connection_string_database", {}) if database != DATABASE else None


def _sentence(
    kind: str, host: str, port: int | None, password: str, *, unfilled: bool
) -> str:
    given = (("host", host), ("port", port), ("password", password and not unfilled))
    names = [name for name, value in given if value]
    listed = " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
    rest = " The password in it is a placeholder." if unfilled else ""
    return f"Read as {kind}: {listed or 'nothing'}.{rest}"


def _ignored(settings: conninfo.Settings) -> tuple[str, ...]:
    """Name what is not used; an unknown name could be a piece of a password."""
    used = {"host", "port", "user", "password", "dbname"}
    known = conninfo.KEYWORDS | _OTHER_NAMES
    names = [key for key in settings if key not in used]
    named = tuple(key for key in names if key in known)
    return named if len(named) == len(names) else (*named, "another setting")


_MEANT: Final = re.compile(
    r"""(?ix)
    ^\s*["'`<\u201c\ufeff]{0,3}\s*(?:[$\#>%]\s+)?(?:export\s+)?(?:
        (?:[\w.-]+(?:\s*=|:)\s*["']?)? (?:jdbc:|postgres(?:ql)?(?:\+\w+)?://)
      | \w[\w+.-]*://[^\s/?\#]*@  |  \w+://[^:@]*:.*@  |  [^\s:/@=]+:(?s:.+)@
      | (?:\S*/)?psql\s  |  (?:PG[A-Z]+|\w*(?:URL|URI|DSN))\s*=\s*\S
    )
    | \b(?:host|hostaddr|user|password|dbname|port)\s*=\s*\S
    """
)


def looks_like_one(text: str) -> bool:
    """Tell whether somebody will have meant to paste a connection string here."""
    return _MEANT.search(text[:LONGEST].lstrip()) is not None
