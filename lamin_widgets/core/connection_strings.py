"""Reading of connection strings in all common notations.

    postgresql://postgres:p@ss@db.example.org:5432/postgres?sslmode=require
    host=db.example.org password='p@ss'
    jdbc:postgresql://db.example.org/postgres?user=postgres&password=p%40ss
    Host=db.example.org;Username=postgres;Password=p@ss
    {"host": "db.example.org", "username": "postgres", "password": "p@ss"}
    db.example.org:5432:postgres:postgres:p@ss
    PGPASSWORD=p@ss psql -h db.example.org -U postgres
    export DATABASE_URL="postgresql://…"  # production

If libpq can read a string, its reading is used. The functions in `notations` read the
other strings, for example a URI with special characters in its password.

`_readings` yields the possible readings of a text: the name of the notation, and the
values. `_judge` checks the values. The first reading that Lamin can use is the result.
If there's none, the first problem names the notation and the reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeGuard
from urllib.parse import unquote

from lamin_widgets.core import hosts, notations
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.secret import Secret
from lamin_widgets.core.texts import join_names
from lamin_widgets.core.url_parts import DATABASE, USER, check_password, parse_host

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lamin_widgets.core.notations import Pairs, Settings

LONGEST_STRING: Final = 16_384
"""The maximum length of a connection string, in characters."""


@dataclass(frozen=True, slots=True)
class ConnectionString:
    """The parts of a connection string that Lamin can use.

    Attributes:
        notation: Name of the notation, for example "URI".
        host: DNS name or IP address.
        port: TCP port, or None if the string has no port.
        password: The password, or None.
        other_user: Whether the string is for a user other than `postgres`. If so,
            `password` is None.
        has_placeholder: Whether the string has a placeholder instead of a password.
        ignored: Names of the settings that Lamin doesn't use.
    """

    notation: str
    host: str
    port: int | None = None
    password: Secret | None = None
    other_user: bool = False
    has_placeholder: bool = False
    ignored: tuple[str, ...] = ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences about the parts of the string that aren't used."""
        sentences = []
        if self.other_user:
            sentences.append(
                "The string is for another user, so its password isn't used. Enter the "
                "password for the postgres user."
            )
        elif self.has_placeholder:
            sentences.append(
                "The password in the string is a placeholder. Enter the password."
            )
        if self.ignored:
            sentences.append(
                f"Ignored {join_names(self.ignored)}, because Lamin uses only the "
                "host, port, and password."
            )
        return tuple(sentences)


@dataclass(frozen=True, slots=True)
class _Problem:
    """The reason why a text can't be used, without a quote from the text."""

    notation: str
    reason: str
    cause: Literal[
        "connection_string_unreadable",
        "connection_string_unusable",
        "connection_string_database",
    ] = "connection_string_unreadable"


_Reading: TypeAlias = "tuple[str, Settings] | _Problem"
"""The notation and the values of a text, or the reason why it can't be read."""

_ENCODE: Final = _Problem(
    "URI", "Percent-encode the password, or enter the values by hand."
)
_SEVERAL: Final = _Problem(
    "connection string", "It contains more than one connection string. Paste only one."
)


def _unusable(notation: str, reason: str = "It isn't for PostgreSQL.") -> _Problem:
    return _Problem(notation, reason, "connection_string_unusable")


def read(text: Secret) -> ConnectionString:
    """Read a connection string.

    Args:
        text: The string, with or without quotes and spaces around it.

    Raises:
        InvalidInput: `connection_string_unreadable` if no notation fits,
            `connection_string_unusable` if Lamin can't use the server or the notation,
            `connection_string_database` if the database isn't `postgres`, or
            `password_unusable`.
    """
    found = _read(text)
    if isinstance(found, _Problem):
        raise InvalidInput(
            cause=found.cause,
            field="paste",
            facts={"notation": found.notation, "reason": found.reason},
        )
    if found.password is not None:
        check_password(found.password)
    return found


def _read(secret: Secret) -> ConnectionString | _Problem:
    """Read a string without raising, so that no traceback has a frame with the text."""
    try:
        return _read_text(secret.reveal())
    except Exception:  # noqa: BLE001  # Its traceback would contain the text.
        return _Problem(
            "connection string",
            "This is a bug in lamin_widgets. Enter the values by hand, and report the "
            "problem without the string.",
        )


def _read_text(text: str) -> ConnectionString | _Problem:
    if len(text) > LONGEST_STRING:
        return _Problem("connection string", "It's too long.")
    text = _unwrap(text)
    if not text:
        return _Problem("connection string", "It's empty.")
    problems: list[_Problem] = []
    for reading in _readings(text):
        found = reading if isinstance(reading, _Problem) else _judge(*reading)
        if not isinstance(found, _Problem):
            return found
        if found.cause != "connection_string_unreadable" or found == _SEVERAL:
            return found
        problems.append(found)
    problems.append(_Problem("connection string", "Its format isn't supported."))
    return _ENCODE if _ENCODE in problems else problems[0]


# --- Readings -----------------------------------------------------------------------

_DEEPEST: Final = 3
"""The number of nested quotation marks that are removed."""
_OUTSIDE: Final = " \t\r\n\v\f\u00a0\u200b\ufeff"
# Word processors make some of these quotes.
QUOTES: Final = {"'": "'", '"': '"', "`": "`", "“": "”", "‘": "’", "«": "»"}  # noqa: RUF001
_AROUND: Final = QUOTES | {"<": ">"}
_PROMPT: Final = re.compile(r"(?:[$#>%]|PS [^>\r\n]*>|\w+=[#>])[ \t]+")
_URL: Final = re.compile(r"(?i)(?P<scheme>[a-z][\w+.-]*)://|(?:jdbc|r2dbc)[\w-]*:")
_URI: Final = r"(?:postgres|postgresql|pgsql|psql|postgis|timescale)(?:\+\w+)?://"
_POSTGRES: Final = re.compile(f"(?i){_URI}")
_START: Final = re.compile(rf"(?i)(?:jdbc:(?:[\w-]+:)?)?{_URI}")
_COMMENT: Final = re.compile(r"\s(?:#|(?://|--)\s)[^\r\n]*\Z")
_NEXT_SETTING: Final = re.compile(r"[\r\n](?=[^@\r\n]*(?:=|:\s))")
"""The end of a line before a setting, which can't be the rest of a password."""
_LOOSE: Final = re.compile(r"[^\s:/@=]+:(?!//).+@.*\Z")
_KEY_VALUES: Final = re.compile(
    r"(?:host|hostaddr|port|user|password|dbname|sslmode)\s*=[^\r\n]*\Z"
)
_PSQL: Final = re.compile(r"(?:\S*[/\\])?psql(?:\.exe)?\s")
_PROGRAM: Final = re.compile(r"\b(?:psql|pg_\w+|pgcli|pgbench|\w+db)\b")


def _unwrap(text: str) -> str:
    """Remove the spaces, quotes, and punctuation around a string."""
    inner = text
    for _ in range(_DEEPEST):
        trimmed = inner.strip(_OUTSIDE)
        if trimmed.endswith("\\"):  # It escapes a space at the end of the password.
            trimmed = inner.lstrip(_OUTSIDE)
        quoted = re.sub(r"^[fbr](?=['\"])", "", trimmed.rstrip(";,"))
        if len(quoted) < len("''") or _AROUND.get(quoted[0]) != quoted[-1]:
            return trimmed
        inner = quoted[1:-1]
    return inner


def _readings(text: str) -> Iterator[_Reading]:
    """Yield the readings of a text in every notation, most likely first."""
    if token := token_name(text):
        yield _token_problem(token)
        return
    prompt = _PROMPT.match(text)
    text = text[prompt.end() :] if prompt else text
    if _URL.match(text):
        if "\n" in text:
            yield from _without_doubt(text, _lines(text))
        yield from _urls(text)
        return
    if re.fullmatch(hosts.CLOUD_SQL_NAME, text):
        yield _unusable("Cloud SQL connection name", hosts.problem(text))
    yield from _json(text)
    yield from _without_doubt(text, chain(_strings(text), _lines(text), _code(text)))
    if _LOOSE.match(text):
        yield from _if_found("URI without its scheme", notations.read_loose_uri(text))


def _without_doubt(text: str, readings: Iterable[_Reading]) -> Iterator[_Reading]:
    """Yield the readings, but refuse those whose host could be part of the password.

    Quotes, spaces, and other characters can end a URI, or be part of a password that
    isn't percent-encoded. So if an `@` follows the host, the host isn't certain, unless
    the database follows the host.
    """
    for reading in readings:
        is_doubtful = _has_host(reading) and _is_doubtful(reading[1]["host"], text)
        yield _ENCODE if is_doubtful else reading


def _is_doubtful(host: str, text: str) -> bool:
    # Undo the escapes that the host could have had, but leave "@" encoded.
    text = unquote(text.replace("\\", "").replace("%40", "%2540"))
    # In a shell, quotes end a word, or they're in the middle of one.
    lines = _NEXT_SETTING.split(text) + _NEXT_SETTING.split(re.sub("['\"]", "", text))
    in_uri = re.compile(
        rf"(?:@|://)\[?{re.escape(host)}(?![\w.-])(?!\]?(?::\d*)?/postgres(?!\w))"
    )
    return any(in_uri.search(line, 0, max(line.rfind("@"), 0)) for line in lines)


def _strings(text: str) -> Iterator[_Reading]:
    """Yield the readings of a text that is a single connection string."""
    if _URL.match(text):
        yield from _urls(text)
        return
    yield from _commands(text)
    yield from _semicolons(text)
    pgpass = notations.read_pgpass(text) or {}
    if pgpass.get("user", USER) == USER or "@" not in text:
        yield from _if_found(".pgpass line", pgpass)
    settings = notations.read_libpq(text)
    if settings is None:
        settings = notations.read_libpq(_COMMENT.sub("", text))
    if settings is not None:
        yield "key=value string", settings
    elif _KEY_VALUES.match(text):
        yield _Problem(
            "key=value string",
            "Put values with spaces or quotes in single quotes, and remove settings "
            "that PostgreSQL doesn't have.",
        )


def _if_found(notation: str, settings: Settings | None) -> Iterator[_Reading]:
    if settings:
        yield notation, settings


def _add_missing(reading: _Reading, more: Settings, notation: str = "") -> _Reading:
    """Return a reading with further values for the settings that it doesn't have."""
    if isinstance(reading, _Problem):
        return reading
    return notation or reading[0], more | reading[1]


def token_name(text: str) -> str:
    """Return the name of the temporary token in a text, or "" if it has none."""
    decoded = unquote(text).lower()
    is_signed = "x-amz-signature=" in decoded or "x-amz-credential=" in decoded
    names_user = "dbuser=" in decoded and "action=" in decoded
    # A signed web address, such as that of a file on S3, isn't a password.
    if (is_signed or names_user) and not decoded.startswith(("https:", "http:")):
        return "IAM authentication token"
    found = re.match(r"eyj[\w-]{10,}\.eyj[\w-]{10,}|ya29\.[\w-]{20}", decoded)
    return "access token" if found else ""


def _token_problem(token: str) -> _Problem:
    return _unusable(
        token,
        "This token expires, but Lamin stores the password permanently. Use the "
        "password for the postgres user.",
    )


def _urls(text: str) -> Iterator[_Reading]:
    comment = _COMMENT.search(text)
    if comment:
        cut = text[: comment.start()].rstrip()
        yield from _without_doubt(text, _uncommented_urls(cut))
    if not comment or "@" in comment[0]:
        yield from _uncommented_urls(text)


def _uncommented_urls(text: str) -> Iterator[_Reading]:
    if _POSTGRES.match(text):
        # Punctuation at the end is part of a password only if the password comes last.
        yield from _uris(text if "password=" in text else text.rstrip(";,'\""))
    elif "://" in text and (url := _URL.match(text)) and url["scheme"]:
        is_web = url["scheme"].lower() in {"http", "https"}
        yield _unusable("web address" if is_web else "URL")
    else:
        settings = notations.read_jdbc(text)
        if settings is None:
            yield _unusable("JDBC URL")
        else:
            yield ("JDBC URL", settings) if settings else _ENCODE


def _uris(text: str) -> Iterator[_Reading]:
    # libpq refuses SQLAlchemy's drivers (postgresql+psycopg2://) and other aliases.
    text = _POSTGRES.sub("postgresql://", text, count=1)
    strict = notations.read_libpq(text)
    # For libpq, a host and query before an @ are a user.
    if strict is not None and (
        strict.get("user", USER) == USER or not notations.has_no_user(text)
    ):
        yield "URI", strict
    if len(_START.findall(text)) > 1:  # A second URI would become the password.
        yield _SEVERAL
        return
    if strict is None and "%%" in text:
        # alembic.ini and other INI files double each percent sign.
        plain = text.replace("%%", "%") if "%" not in text.replace("%%", "") else ""
        settings, notation = notations.read_libpq(plain), "URI from an INI file"
    else:
        settings, notation = notations.read_loose_uri(text), "URI"
    yield (notation, settings) if settings else _ENCODE


def _commands(text: str) -> Iterator[_Reading]:
    settings = notations.read_command(text)
    if settings is None:
        if _PSQL.match(text):
            yield _Problem("PostgreSQL command", "A quotation mark isn't closed.")
        return
    notation = "PostgreSQL command" if _PROGRAM.search(text) else "list of settings"
    inner = settings.get("dbname", "")
    if not notations.DSN.match(inner):
        yield notation, settings
        return
    # As in libpq, a connection string has priority over options.
    del settings["dbname"]
    yield from (_add_missing(each, settings, notation) for each in _strings(inner))


def _semicolons(text: str) -> Iterator[_Reading]:
    pairs = notations.pairs_in_semicolons(text)
    if pairs and not notations.keyword(pairs[0][0]) and "=" in pairs[0][1]:
        # A name before the string, such as ConnectionStrings__Db=, isn't part of it.
        pairs = notations.pairs_in_semicolons(text.partition("=")[2])
    names = {name.lower() for name, _ in pairs or ()}
    if names & {"initial catalog", "integrated security", "trusted_connection"}:
        yield _unusable("SQL Server string")
    elif names & {"driver", "dsn"}:
        plain = [(name, _without_braces(value)) for name, value in pairs or ()]
        yield from _pairs("ODBC string", plain)
    else:
        yield from _pairs("ADO.NET string", pairs or ())


def _without_braces(value: str) -> str:
    if _PASSWORD_PLACEHOLDER.fullmatch(value) or not re.fullmatch(r"\{.*\}", value):
        return value
    return value[1:-1].replace("}}", "}")


def _pairs(notation: str, pairs: Iterable[tuple[str, Any]]) -> Iterator[_Reading]:
    readable = [
        (name, str(value))
        for name, value in pairs
        if isinstance(value, (str, int)) and not isinstance(value, bool)
    ]
    for settings in notations.read_pairs(readable):
        engine = settings.pop("engine", "postgres").lower()
        name = settings.pop("name", "")
        if not re.search(r"postg|pg|psycopg", engine):
            yield _unusable(notation)
        elif settings:
            # Django calls the database NAME.
            yield notation, ({"dbname": name} if "django" in engine else {}) | settings


# --- Texts that contain connection strings ------------------------------------------

_MAY_BE_STRING: Final = re.compile(r"://|=|^(?i:jdbc|r2dbc):|:.*:.*:.*:")
_QUOTED: Final = re.compile(r"\"([^\"\\]*)\"|'([^'\\]*)'")


def _json(text: str) -> Iterator[_Reading]:
    if text[:1] in {"{", "["}:
        objects = notations.json_objects(text)
        pairs = [list(each.items()) for each in objects]
        strings = {
            value: ""
            for each in objects
            for name, value in each.items()
            if isinstance(value, str) and notations.keyword(name) != "password"
        }
        yield from _read_one_server("JSON object", pairs, strings)


def _lines(text: str) -> Iterator[_Reading]:
    """Yield the readings of an `.env` file, a properties file, or a similar text."""
    strings: dict[str, str] = {}
    for line in text.splitlines():
        name, value = notations.value_in_line(line) or ("", line)
        inner = _unwrap(value)
        if inner != text and _MAY_BE_STRING.search(inner):
            strings.setdefault(inner, name)
    yield from _read_one_server(
        "list of settings", [notations.pairs_in_lines(text)], strings
    )


def _code(text: str) -> Iterator[_Reading]:
    """Yield the readings of source code, or of a command that isn't PostgreSQL's."""
    quoted = {one or other for one, other in _QUOTED.findall(text)}
    found = {s for s in quoted if _START.match(s) or re.match(r"host(addr)?\s*=", s)}
    if not found:
        for word in text.split():
            starts = list(_START.finditer(word))
            if len(starts) > 1:
                yield _SEVERAL
                return
            found |= {word[at.start() :].rstrip("'\")") for at in starts}
    pairs = [notations.pairs_in_code(text)]
    yield from _read_one_server("list of settings", pairs, dict.fromkeys(found, ""))


def _read_one_server(
    notation: str, groups: list[list[tuple[str, Any]]], strings: dict[str, str]
) -> Iterator[_Reading]:
    """Yield the readings of a text that describes one server, or else a problem.

    Args:
        notation: Name of the notation of the pairs.
        groups: Names and values in the text.
        strings: Possible connection strings in the text, with their names.
    """
    servers: dict[tuple[str, ...], list[_Reading]] = {}
    others: list[_Reading] = []
    for value, name in strings.items():
        found = list(_strings(value))
        # A text often has the same server in two notations.
        server = next((_server(each[1]) for each in found if _has_host(each)), None)
        if server is None:
            others += found
        else:
            login = _login_beside(name, groups[0])
            servers.setdefault(server, [_add_missing(each, login) for each in found])
    others += [each for pairs in groups for each in _pairs(notation, pairs)]
    if not servers:
        for each in filter(_has_host, others):
            servers.setdefault((each[1]["host"],), [each])
    if len(servers) > 1:
        yield _SEVERAL
    else:
        yield from next(iter(servers.values()), others)


def _has_host(reading: _Reading) -> TypeGuard[tuple[str, Settings]]:
    return isinstance(reading, tuple) and "host" in reading[1]


def _server(settings: Settings) -> tuple[str, ...]:
    defaults = {"port": "5432", "user": USER, "password": ""}
    return tuple((defaults | settings)[key] for key in ("host", *defaults))


def _login_beside(name: str, pairs: Pairs) -> Settings:
    """Return the user and password with the same prefix as a URL's name.

    For example, `datasource.password` has the same prefix as `datasource.url`.
    """
    prefix, dot, _ = name.rpartition(".")
    beside = [pair for pair in pairs if dot and pair[0].startswith(prefix + dot)]
    found = next(iter(notations.read_pairs(beside)), {})
    return {key: found[key] for key in ("user", "password") if key in found}


# --- Values -------------------------------------------------------------------------

_PASSWORD_PLACEHOLDER: Final = re.compile(
    r"(?i)\*{3,}|[•●]+|%3C[\w-]*%3E|%s|%\(\w+\)s|\$\{[^{}]*\}|\$\([^()]*\)"
    r"|\{\{[^{}]*\}\}|<%[^%]*%>|redacted|your[-_ ]?(?:password|pw)\w*"
    r"|[\[<{(]+[^\[\]<>{}()]*"
    r"(?:pass(?:word|wd|phrase)?|pwd?|secret|redacted|hidden|your)"
    r"(?![a-z])[^\[\]<>{}()]*[\]>})]+"
    r"|\$\w*pass(?:word|wd)?|(?-i:\$[A-Z_][A-Z0-9_]*|%[A-Z_]+%|PASSWORD)"
)
"""Placeholders for a password in templates, masks, and documentation."""
_PLACEHOLDER: Final = re.compile(
    r"\$?[\[<{(].*[\]>})]|\$\w+|%s|%\(\w+\)s|%\w+%|(?i:your[-_ ]\w+|port)"
    r"|USER|USERNAME|HOST|HOSTNAME|SERVER|DATABASE|DBNAME|DB_NAME",
    re.DOTALL,
)
_CLOUD_KEYS: Final = frozenset({"cloudSqlInstance", "alloydbInstanceName"})
_USED: Final = frozenset({"host", "port", "user", "password", "dbname"})
_NAMEABLE: Final = re.compile(
    "applicationname|channelbinding|connecttimeout|connectionlimit|currentschema"
    "|gssencmode|hostaddr|options|pgbouncer|pooling|schema|searchpath|ssl|sslcert"
    "|sslkey|sslmode|sslrootcert|targetsessionattrs|timeout|trustservercertificate"
)
"""Names of settings that messages can quote, in lower case, without separators."""


def _judge(notation: str, settings: Settings) -> ConnectionString | _Problem:
    """Return the parts of a reading that Lamin can use, or the reason to refuse it."""
    values = {
        key: value
        for key, value in settings.items()
        if value and not (key in {"user", "dbname"} and _PLACEHOLDER.fullmatch(value))
    }
    problem = _find_problem(notation, values)
    if problem is not None:
        return problem
    other_user = values.get("user", USER) != USER
    password = values.get("password", "")
    has_placeholder = _PASSWORD_PLACEHOLDER.fullmatch(password) is not None
    takes_password = password and not has_placeholder and not other_user
    # Don't quote an unknown name, because it could be part of a password.
    others = [key for key in settings if key not in _USED]
    named = [k for k in others if _NAMEABLE.fullmatch(re.sub(r"[\W_]", "", k).lower())]
    unnamed = ["another setting"] if len(named) < len(others) else []
    return ConnectionString(
        notation=notation,
        host=parse_host(_host(values)),
        port=hosts.port_number(values.get("port")),
        password=Secret(password) if takes_password else None,
        other_user=other_user,
        has_placeholder=has_placeholder,
        ignored=(*named, *unnamed),
    )


def _host(values: Settings) -> str:
    return values.get("host") or values.get("hostaddr") or ""


def _find_problem(notation: str, values: Settings) -> _Problem | None:
    host, port = _host(values), values.get("port", "")
    in_host = hosts.problem(host)
    database = values.get("dbname", DATABASE)
    token = token_name(values.get("password", ""))
    is_placeholder = _PLACEHOLDER.fullmatch(host) or re.search(r"[<>{}\[\]$]", host)
    for found, answer in (
        (
            _CLOUD_KEYS & set(values) or host.startswith("/cloudsql"),
            "It has no host. Enter the public IP address of the Google Cloud instance.",
        ),
        (
            host.startswith(("/", "@")),
            "Its host is a Unix socket. Enter a host name or an IP address.",
        ),
        (
            not host and "service" in values,
            "It refers to a service. Enter the host and port from your service file.",
        ),
        (not host, "It doesn't include a host. Enter the values by hand."),
        (
            "," in host + port,
            "It has several hosts, and Lamin uses only one. Keep one.",
        ),
        (
            is_placeholder and hosts.literal_address(host) is None,
            "Its host is a placeholder. Replace it with your host.",
        ),
        (in_host, _Problem(notation, f"Its host isn't valid. {in_host}")),
        (
            port and not hosts.port_number(port) and not _PLACEHOLDER.fullmatch(port),
            _Problem(notation, "The port must be a number from 1 to 65535."),
        ),
        ("@" in database, _ENCODE),  # An @ or / in the password split the password.
        (
            database != DATABASE and values.get("user", USER) == USER,
            _Problem(notation, "", "connection_string_database"),
        ),
        (token, _token_problem(token)),
    ):
        if found:
            if isinstance(answer, str):
                return _unusable(notation, answer)
            return answer
    return None
