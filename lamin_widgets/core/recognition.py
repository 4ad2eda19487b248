"""Recognizes the notation of a connection string, before its values are judged."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias
from urllib.parse import unquote

from lamin_widgets.core import notations
from lamin_widgets.core.connection import USER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lamin_widgets.core.notations import Pairs, Settings

__all__ = [
    "ENCODE",
    "NO_HOST",
    "PASSWORD_PLACEHOLDER",
    "SEVERAL",
    "Reading",
    "Refusal",
    "readings",
    "refused_token",
    "token_name",
    "unusable",
    "unwrap",
]

_DEEPEST: Final = 3
"""The number of quotation marks around a string that are removed."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a text can't be used. It quotes nothing of the text.

    Attributes:
        notation: Name of the notation, for example "JDBC URL".
        reason: One or two sentences.
        cause: Id in the catalog of failures.
    """

    notation: str
    reason: str
    cause: Literal[
        "connection_string_unreadable",
        "connection_string_unusable",
        "connection_string_database",
    ] = "connection_string_unreadable"


Reading: TypeAlias = "tuple[str, Settings] | Refusal"
"""The notation and the values of a text, or why it has none."""

ENCODE: Final = Refusal("URI", "Percent-encode the password.")
NO_HOST: Final = "It doesn't include a host."
SEVERAL: Final = Refusal(
    "connection string", "It contains more than one connection string."
)
_NOT_POSTGRES: Final = "It isn't for PostgreSQL."


def unusable(notation: str, reason: str) -> Refusal:
    """Return the refusal of a text that was read, and that Lamin can't use."""
    return Refusal(notation, reason, "connection_string_unusable")


_OUTSIDE: Final = " \t\r\n\v\f\u00a0\u200b\ufeff"
_QUOTES: Final = {"'": "'", '"': '"', "`": "`", "“": "”", "‘": "’", "<": ">"}  # noqa: RUF001  # Word processors make these quotes.


def unwrap(text: str) -> str:
    """Remove the spaces, quotes, and punctuation around a string."""
    inner = text
    for _ in range(_DEEPEST):
        trimmed = inner.strip(_OUTSIDE)
        if trimmed.endswith("\\"):  # It escapes a space that is part of the password.
            trimmed = inner.lstrip(_OUTSIDE)
        quoted = trimmed.rstrip(";,")
        if quoted[:1] in {"f", "r", "b"} and quoted[1:2] in {"'", '"'}:
            quoted = quoted[1:]
        if len(quoted) < len("''") or _QUOTES.get(quoted[0]) != quoted[-1]:
            return trimmed
        inner = quoted[1:-1]
    return inner


_PROMPT: Final = re.compile(r"(?:[$#>%]|PS [^>\r\n]*>|\w+=[#>])[ \t]+")
_URL: Final = re.compile(r"(?P<scheme>[A-Za-z][\w+.-]*)://")
_JDBC: Final = re.compile(r"(?i)(?:jdbc|r2dbc)[\w-]*:")
_CLOUD_SQL_NAME: Final = re.compile(r"[a-z][\w.:-]+:[a-z]+-[a-z]+\d+:[\w-]+")
_LOOSE: Final = re.compile(r"[^\s:/@=]+:(?!//).+@", re.DOTALL)


def readings(text: str) -> Iterator[Reading]:
    """Return the readings of a text in every notation, the likeliest first.

    Args:
        text: The text without anything around it (`unwrap`).
    """
    token = token_name(text)
    if token:
        yield refused_token(token)
        return
    prompt = _PROMPT.match(text)
    text = text[prompt.end() :] if prompt else text
    if _URL.match(text) or _JDBC.match(text):
        yield from _lines(text) if "\n" in text else ()
        yield from _urls(text)
        return
    if _CLOUD_SQL_NAME.fullmatch(text):
        yield unusable(
            "Cloud SQL connection name", "Enter the instance's public IP address."
        )
    if text[:1] in {"{", "["}:
        yield from _json(text)
    yield from _settings(text)
    yield from _lines(text)
    yield from _embedded(text)
    if _LOOSE.match(text):
        yield from _named("URI without its scheme", notations.read_loose_uri(text))


def _named(notation: str, settings: Settings | None) -> Iterator[Reading]:
    if settings:
        yield notation, settings


# --- Tokens -------------------------------------------------------------------------


def token_name(text: str) -> str:
    """Return the name of the temporary token in a text, or "" if it has none."""
    decoded = unquote(text).lower()
    is_signed = "x-amz-signature=" in decoded or "x-amz-credential=" in decoded
    names_user = "dbuser=" in decoded and "action=" in decoded
    # Signed web addresses, such as those of files on S3, aren't passwords.
    if (is_signed or names_user) and not decoded.startswith(("https:", "http:")):
        return "IAM authentication token"
    found = re.match(r"eyj[\w-]{10,}\.eyj[\w-]{10,}|ya29\.[\w-]{20}", decoded)
    return "access token" if found else ""


def refused_token(name: str) -> Refusal:
    """Return the refusal of a temporary token."""
    return unusable(
        name,
        "It expires, and Lamin keeps what you register. Use the password for the "
        "postgres user.",
    )


# --- URLs ---------------------------------------------------------------------------

_POSTGRES: Final = re.compile(
    r"(?i)(?:postgres|postgresql|pgsql|psql|postgis|timescale)(?:\+\w+)?://"
)
_START: Final = re.compile(r"(?i)(?:jdbc:(?:[\w-]+:)?)?postgres(?:ql)?(?:\+\w+)?://")
_COMMENT: Final = re.compile(r"\s(?:#|(?://|--)\s)[^\r\n]*\Z")
_OTHER_SCHEMES: Final = {
    **dict.fromkeys(("http", "https"), "web address"),
    **dict.fromkeys(("mysql", "mariadb", "mysql2"), "MySQL URL"),
    **dict.fromkeys(("sqlserver", "mssql"), "SQL Server URL"),
    **dict.fromkeys(("redis", "rediss"), "Redis URL"),
    **dict.fromkeys(("cockroach", "cockroachdb"), "CockroachDB URL"),
    "mongodb": "MongoDB URL",
    "oracle": "Oracle URL",
    "prisma": "Prisma Accelerate URL",
    "redshift": "Redshift URL",
    "snowflake": "Snowflake URL",
    "sqlite": "SQLite URL",
}


def _urls(text: str) -> Iterator[Reading]:
    url = _URL.match(text)
    if _POSTGRES.match(text):
        # Punctuation at the end belongs to a password only if that comes last.
        bare = text if "password=" in text else text.rstrip(";,'\"")
        for candidate in _without_comment(bare):
            yield from _uris(candidate)
    elif _JDBC.match(text):
        settings = notations.read_jdbc(_COMMENT.sub("", text))
        refusal = unusable("JDBC URL", _NOT_POSTGRES)
        yield refusal if settings is None else ("JDBC URL", settings)
    elif url:
        scheme = url["scheme"].lower().partition("+")[0]
        yield unusable(_OTHER_SCHEMES.get(scheme, "URL"), _NOT_POSTGRES)


def _without_comment(text: str) -> list[str]:
    """Return a URI without the comment after it, and as it is."""
    found = _COMMENT.search(text)
    if not found:
        return [text]
    cut = text[: found.start()].rstrip()
    # A comment can have an @ only after a complete URI. It could be in the password.
    if "@" in found[0] and not re.search(r"@[^@/\s]+/", cut):
        return [text]
    return [cut, text]


def _uris(text: str) -> Iterator[Reading]:
    # libpq knows neither SQLAlchemy's drivers (postgresql+psycopg2://) nor aliases.
    text = _POSTGRES.sub("postgresql://", text, count=1)
    strict = notations.read_libpq(text)
    if strict is not None:
        yield "URI", strict
    if len(_START.findall(text)) > 1:  # A second one would end up in the password.
        yield SEVERAL
        return
    if strict is None and "%%" in text:
        # alembic.ini and other INI files double each percent sign.
        plain = text.replace("%%", "%") if "%" not in text.replace("%%", "") else ""
        settings, notation = notations.read_libpq(plain), "URI from an INI file"
    else:
        settings, notation = notations.read_loose_uri(text), "URI"
    yield (notation, settings) if settings else ENCODE


# --- One line or more of settings ---------------------------------------------------

_KEY_VALUES: Final = re.compile(
    r"(?:host|hostaddr|port|user|password|dbname|sslmode)\s*=[^\r\n]*"
    r"\s(?:host|hostaddr|port|user|password|dbname|sslmode)\s*=[^\r\n]*\Z"
    r"|(?:host|hostaddr|user|password|dbname)\s*=\s*'[^\r\n]*\Z"
)
_PSQL: Final = re.compile(r"(?:\S*[/\\])?psql(?:\.exe)?\s")
_PROGRAM: Final = re.compile(r"\b(?:psql|pg_\w+|pgcli|pgbench|\w+db)\b")
_DSN: Final = re.compile(r"[A-Za-z][\w+.-]*://|\w+\s*=")


def _settings(text: str) -> Iterator[Reading]:
    """Read a text that is a single connection string without a scheme."""
    yield from _commands(text)
    yield from _semicolons(text)
    pgpass = notations.read_pgpass(text) or {}
    if pgpass.get("user", USER) == USER or "@" not in text:
        yield from _named(".pgpass line", pgpass)
    settings = notations.read_libpq(text)
    if settings is None:
        settings = notations.read_libpq(_COMMENT.sub("", text))
    if settings is not None:
        yield "key=value string", settings
    elif _KEY_VALUES.match(text):
        yield Refusal(
            "key=value string",
            "Put values with spaces or quotes in single quotes, and remove settings "
            "that PostgreSQL doesn't have.",
        )


def _commands(text: str) -> Iterator[Reading]:
    settings = notations.read_command(text)
    if settings is None:
        if _PSQL.match(text):
            yield Refusal("PostgreSQL command", "A quotation mark isn't closed.")
        return
    notation = "PostgreSQL command" if _PROGRAM.search(text) else "list of settings"
    inner = settings.get("dbname", "")
    if not _DSN.match(inner):
        yield notation, settings
        return
    # libpq: a connection string has priority over options.
    outer = {key: value for key, value in settings.items() if key != "dbname"}
    yield from (_completed(reading, outer, notation) for reading in _strings(inner))


def _strings(text: str) -> Iterator[Reading]:
    """Read a string that stands inside of another text."""
    yield from _urls(text)
    yield from _semicolons(text)
    yield from _named(".pgpass line", notations.read_pgpass(text))
    if not _URL.match(text):
        yield from _named("key=value string", notations.read_libpq(text))


_SQL_SERVER: Final = frozenset(
    {"initial catalog", "integrated security", "trusted_connection"}
)


def _semicolons(text: str) -> Iterator[Reading]:
    pairs = notations.pairs_in_semicolons(text)
    if pairs and not notations.keyword(pairs[0][0]) and "=" in pairs[0][1]:
        # The name before it, such as ConnectionStrings__Db=, isn't part of the string.
        pairs = notations.pairs_in_semicolons(text.partition("=")[2])
    if pairs is None:
        return
    names = {name.lower() for name, _ in pairs}
    if names & _SQL_SERVER:
        yield unusable("SQL Server string", _NOT_POSTGRES)
    elif names & {"driver", "dsn"}:
        plain = [(name, _without_braces(value)) for name, value in pairs]
        yield from _pairs("ODBC string", plain)
    else:
        yield from _pairs("ADO.NET string", pairs)


PASSWORD_PLACEHOLDER: Final = re.compile(
    r"(?i)\*{3,}|[•●]+|%3C[\w-]*%3E|%s|%\(\w+\)s|\$\{[^{}]*\}|\$\([^()]*\)"
    r"|\{\{[^{}]*\}\}|<%[^%]*%>|redacted|your[-_ ]?(?:password|pw)\w*"
    r"|[\[<{(]+[^\[\]<>{}()]*"
    r"(?:pass(?:word|wd|phrase)?|pwd?|secret|redacted|hidden|your)"
    r"(?![a-z])[^\[\]<>{}()]*[\]>})]+"
    r"|\$\w*pass(?:word|wd)?|(?-i:\$[A-Z_][A-Z0-9_]*|%[A-Z_]+%|PASSWORD)"
)
"""What templates, masks, and documentation have in place of a password."""


def _without_braces(value: str) -> str:
    if PASSWORD_PLACEHOLDER.fullmatch(value) or not re.fullmatch(r"\{.*\}", value):
        return value
    return value[1:-1].replace("}}", "}")


def _pairs(notation: str, pairs: Iterable[tuple[str, Any]]) -> Iterator[Reading]:
    readable = [
        (name, str(value))
        for name, value in pairs
        if isinstance(value, (str, int)) and not isinstance(value, bool)
    ]
    for settings in notations.read_pairs(readable):
        engine = settings.pop("engine", "postgres").lower()
        name = settings.pop("name", "")
        if not re.search(r"postg|pg|psycopg", engine):
            yield unusable(notation, _NOT_POSTGRES)
        elif settings:
            # Django calls the database NAME.
            yield notation, ({"dbname": name} if "django" in engine else {}) | settings


def _json(text: str) -> Iterator[Reading]:
    objects = notations.json_objects(text)
    found = [r for values in objects for r in _pairs("JSON object", values.items())]
    complete = [[r] for r in found if _has_host(r)]
    if not complete:
        values = {v for each in objects for v in each.values() if isinstance(v, str)}
        strings = [list(_strings(value)) for value in values]
        complete = [each for each in strings if any(map(_has_host, each))]
    if len(complete) > 1:
        yield SEVERAL
    else:
        yield from complete[0] if complete else found


def _has_host(reading: Reading) -> bool:
    return isinstance(reading, tuple) and "host" in reading[1]


_MAY_BE_STRING: Final = re.compile(r"://|=|^(?i:jdbc|r2dbc):|:.*:.*:.*:")
_SERVER: Final = ("host", "port", "user", "password")


def _lines(text: str) -> Iterator[Reading]:
    """Read the lines of an `.env` file, a properties file, or the like."""
    names: dict[str, str] = {}
    for line in text.splitlines():
        name, value = notations.value_in_line(line) or ("", line)
        inner = unwrap(value)
        if inner != text and _MAY_BE_STRING.search(inner):
            names.setdefault(inner, name)
    found = {value: [*_strings(value), *_commands(value)] for value in names}
    # One server is often written in two notations.
    servers: dict[tuple[str | None, ...], str] = {}
    for value, all_ in found.items():
        first = next((r[1] for r in all_ if isinstance(r, tuple)), None)
        if first is not None:
            servers.setdefault(tuple(map(first.get, _SERVER)), value)
    pairs = notations.pairs_in_lines(text)
    if len(servers) > 1:
        yield SEVERAL
    elif servers:
        (value,) = servers.values()
        login = _login_beside(names[value], pairs)
        yield from (_completed(reading, login) for reading in found[value])
    else:
        settings = list(_pairs("list of settings", pairs))
        refusals = [reading for value in names for reading in found[value]]
        has_host = any(map(_has_host, settings))
        yield from [*settings, *refusals] if has_host else [*refusals, *settings]


def _completed(reading: Reading, more: Settings, notation: str = "") -> Reading:
    """Return a reading with values that it doesn't have."""
    if isinstance(reading, Refusal):
        return reading
    return notation or reading[0], more | reading[1]


def _login_beside(name: str, pairs: Pairs) -> Settings:
    """Return the user and password beside `datasource.url`."""
    prefix = name.rpartition(".")[0]
    if not prefix:
        return {}
    beside = [(n, v) for n, v in pairs if n.startswith(f"{prefix}.") and n != name]
    found = notations.read_pairs(beside)
    keys = {"user", "password"}
    return {k: v for settings in found for k, v in settings.items() if k in keys}


_QUOTED: Final = re.compile(r"\"([^\"\\]*)\"|'([^'\\]*)'")


def _embedded(text: str) -> Iterator[Reading]:
    """Read the one connection string in source code, or in another command."""
    quoted = {one or other for one, other in _QUOTED.findall(text)}
    found = {s for s in quoted if _START.match(s) or re.match(r"host(addr)?\s*=", s)}
    if not found:
        starts = [match.start() for match in _START.finditer(text)]
        found = {text[at:].split(maxsplit=1)[0].rstrip("'\")") for at in starts}
    if len(found) > 1:
        yield SEVERAL
    elif found:
        yield from _strings(found.pop())
    else:
        yield from _pairs("list of settings", notations.pairs_in_code(text))
