"""Functions that read connection strings, one for each notation.

Each function returns the values by libpq's keywords (`Settings`) without checking them.
For a text in another notation, it returns None or an empty result. None of them raises.
"""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

Settings: TypeAlias = dict[str, str]
"""Values by libpq keyword, for example "host" and "dbname"."""

Pairs: TypeAlias = list[tuple[str, str]]
"""Names and values as written in the text."""


# --- libpq --------------------------------------------------------------------------


def read_libpq(text: str) -> Settings | None:
    """Read a URI or ``key=value`` pairs as libpq does."""
    from psycopg2 import Error  # slow
    from psycopg2.extensions import parse_dsn

    try:
        return dict(parse_dsn(text))
    except (Error, ValueError):
        return None


# --- URIs that libpq can't read -----------------------------------------------------

DSN: Final = re.compile(r"[A-Za-z][\w+.-]*://|\w+\s*=")
"""The start of a URI, or of ``key=value`` pairs."""
_SCHEME: Final = re.compile(r"[A-Za-z][\w+.-]*://")
_HOST: Final = r"\[[^\]@]*\]|[^:/?#\[\]@\s]*"
_TAIL: Final = re.compile(
    rf"(?P<host>{_HOST})(?::(?P<port>[^/?#@\s]*))?"
    r"(?P<path>/[^?#]*)?(?:\?(?P<query>.*)|#[^@]*)?",
    re.DOTALL,
)
# In "postgres:1?a=b@h", the query is part of a password.
_WITHOUT_USER: Final = re.compile(
    rf"(?:{_SCHEME.pattern})?(?!postgres:)(?:{_HOST})(?::\d*)?(?:/[^?#@]*)?\?[\w.-]+="
)
_CUT_VALUE: Final = re.compile(r"&[^=&]*(?:[@&]|\Z)")
_BREAK: Final = re.compile(r"\s|://")
_MOST_TRIED: Final = 50
_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})|%00")


def decode(text: str, *, plus: bool = False) -> str:
    """Decode percent-escapes. If one is malformed, return the text unchanged."""
    if plus:
        text = text.replace("+", " ")
    if _ESCAPE.search(text):
        return text
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeError:
        return text


def has_no_user(uri: str) -> bool:
    """Return whether a URI has a query before its first ``@``, as in ``h?x=a@b``."""
    return _WITHOUT_USER.match(uri) is not None


def read_loose_uri(text: str, *, jdbc: bool = False) -> Settings | None:
    """Read a URI with a password that isn't percent-encoded.

    The password could end at any ``@`` that a host follows. If that leaves two possible
    hosts, the result is None, because the password could be sent to the wrong host.
    It's also None if a password in the query has an ``@`` and seems to have an ``&``.
    """
    scheme = _SCHEME.match(text)
    rest = text[scheme.end() :] if scheme else text
    # Refuse a password with "@" and then a space or another URI. It could be two texts.
    limit = _BREAK.search(rest, max(rest.find("@"), 0))
    ends = [found.start() for found in re.finditer("@", rest)][-_MOST_TRIED:]
    if not ends or has_no_user(rest):
        if ends and _CUT_VALUE.search(rest):
            return None
        ends = [-1]
    groups: dict[str, list[Settings]] = {}
    for end in reversed(ends):
        tail = _TAIL.fullmatch(rest, end + 1)
        path = (tail["path"] if tail else "") or "/"
        if tail and "@" not in path:
            if limit and end > limit.start():
                return None
            settings = _loose_settings(rest[: max(end, 0)], tail, jdbc=jdbc)
            groups.setdefault(path, []).append(settings)
    # Prefer "/postgres" to no path. If the paths are "/postgres" and another one, don't
    # choose, because either could be right.
    if len(groups) > 1 and "/postgres" in groups:
        groups.pop("/", None)
    likely = [settings for group in groups.values() for settings in group]
    return likely[0] if len({s.get("host") for s in likely}) == 1 else None


def _loose_settings(userinfo: str, tail: re.Match[str], *, jdbc: bool) -> Settings:
    user, _, password = userinfo.partition(":")
    found = {
        "user": decode(user),
        "password": decode(password),
        "host": decode(tail["host"].strip("[]")),
        "port": tail["port"],
        "dbname": decode((tail["path"] or "/")[1:]),
    }
    known = {key: value for key, value in found.items() if value}
    return known | _query(tail["query"] or "", jdbc=jdbc)


def _query(query: str, *, jdbc: bool) -> Settings:
    query = query.replace("&amp;", "&") if jdbc else query
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return {key: decode(value, plus=jdbc) for key, _, value in pairs}


def read_jdbc(text: str) -> Settings | None:
    """Read a JDBC URL. In its query, ``+`` means a space.

    If the host isn't clear, the result is empty.
    """
    found = re.match(r"(?i)(?:jdbc|r2dbc)[\w:-]*?:(?=(?:postgresql|pgsql):)", text)
    if not found:
        return None
    url = text[found.end() :]
    if _SCHEME.match(url):
        return read_loose_uri(url, jdbc=True) or {}
    # Without "//", the address is the name of a database on the local machine.
    address, _, query = url.partition("?")
    return {"dbname": address.partition(":")[2]} | _query(query, jdbc=True)


# --- Commands -----------------------------------------------------------------------

_PROGRAM: Final = re.compile(
    r"(?:(?:[A-Za-z]:)?[^=:]*[/\\])?(?:psql|pg_\w+|pgcli|pgbench|\w+db|createuser)(?:\.exe)?",
    re.DOTALL,
)
_VARIABLE: Final = re.compile(r"(?:\$env:)?PG(?P<name>[A-Z]+)=(?P<value>.*)", re.DOTALL)
_FILLERS: Final = frozenset({"export", "set", "SET", "env", "sudo", ";", "&", "&&"})
_OPTIONS: Final = {
    **dict.fromkeys(("h", "host"), "host"),
    **dict.fromkeys(("p", "port"), "port"),
    **dict.fromkeys(("U", "u", "username", "user"), "user"),
    **dict.fromkeys(("d", "dbname"), "dbname"),
}
_OTHER_OPTIONS: Final = frozenset("cfvPFRToL")
"""Other options of `psql` that have a value."""


def read_command(text: str) -> Settings | None:
    """Read a command such as `psql`, or shell variables such as PGHOST.

    As in `psql`, a connection string among the arguments becomes the value of "dbname".
    """
    lexer = shlex.shlex(text.replace("\\\n", " "), posix=True, punctuation_chars=";&|")
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        words = list(lexer)
    except ValueError:
        return None
    settings: Settings = {}
    known_only = True
    for position, word in enumerate(words):
        variable = _VARIABLE.fullmatch(word)
        if variable:
            name = variable["name"].lower()
            settings[_NAMES.get(name, name)] = variable["value"]
        elif _PROGRAM.fullmatch(word):
            return settings | _arguments(words[position:])
        elif word not in _FILLERS:
            known_only = False
    return settings if settings and known_only else None


def _arguments(words: list[str]) -> Settings:
    is_psql = "psql" in words[0]
    letters = {*_OPTIONS, *(_OTHER_OPTIONS if is_psql else ())}
    settings: Settings = {}
    operands: list[str] = []
    rest = iter(words[1:])
    for word in rest:
        if set(word) <= set(";&|") or word.startswith("#"):
            break
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            if name in _OPTIONS:
                settings[_OPTIONS[name]] = value if equals else next(rest, "")
        elif word.startswith("-"):
            # Options of one letter can be joined, as in -AtU postgres.
            letter = next((char for char in word if char in letters), "")
            if letter:
                value = word.partition(letter)[2] or next(rest, "")
                settings.setdefault(_OPTIONS.get(letter, ""), value)
        elif is_psql or DSN.match(word):
            operands.append(word)
    settings.pop("", None)
    # In psql, operands are the database and the user, unless options name these.
    free = [key for key in ("dbname", "user") if key not in settings]
    return dict(zip(free, operands, strict=False)) | settings


# --- .pgpass ------------------------------------------------------------------------

_PGPASS: Final = re.compile(
    r"(?P<host>(?:[^:\\\s]|\\.)+):(?P<port>\d+|\*):(?P<dbname>(?:[^:\\]|\\.)+)"
    r":(?P<user>(?:[^:\\]|\\.)+):(?P<password>(?:[^\\\r\n]|\\.)+)"
)


def read_pgpass(text: str) -> Settings | None:
    """Read a line of a `.pgpass` file. Leave out ``*``, which matches any value."""
    found = _PGPASS.fullmatch(text)
    if not found:
        return None
    return {
        key: re.sub(r"\\(.)", r"\1", value)
        for key, value in found.groupdict().items()
        if value != "*"
    }


# --- Names and values ---------------------------------------------------------------

_NAMES: Final = {
    **dict.fromkeys(
        ("host", "hostname", "hostaddr", "server", "address", "endpoint"), "host"
    ),
    "port": "port",
    **dict.fromkeys(("user", "username", "userid", "uid", "login", "role"), "user"),
    **dict.fromkeys(
        ("password", "passwd", "pass", "pwd", "psw", "passphrase"), "password"
    ),
    **dict.fromkeys(
        ("dbname", "database", "databasename", "db", "initialcatalog"), "dbname"
    ),
    **dict.fromkeys(("engine", "driver", "dialect", "adapter", "dbtype"), "engine"),
}
_OURS: Final = re.compile(r"(?:.*(?:pg|postgres|postgresql|datasource))?")
"""Prefixes of PostgreSQL's settings, preferred to others such as REDIS_."""
_LONGEST_NAME: Final = 64
_HOST_AND_PORT: Final = re.compile(r"([\w.-]+)[:,](\d+)")


def read_pairs(pairs: Iterable[tuple[str, str]]) -> list[Settings]:
    """Read names and values, and return one group for each prefix with a host.

    For example, ``DB_HOST`` and ``DB_PASSWORD`` have the same prefix, and
    ``MAIL_PASSWORD`` has another. Unknown names keep their spelling. If no group has a
    host, the result is the first group.
    """
    groups: dict[str, Settings] = {}
    others: Settings = {}
    for name, value in pairs:
        prefix, key = _split_name(name)
        if key:
            groups.setdefault(prefix, {}).setdefault(key, value)
        else:
            others[name] = value
    with_host = {name: group for name, group in groups.items() if "host" in group}
    ours = [group for name, group in with_host.items() if _OURS.fullmatch(name)]
    if not with_host:
        return [group | others for group in groups.values()][:1]
    found = [group | others for group in ours or with_host.values()]
    for settings in found:
        address = _HOST_AND_PORT.fullmatch(settings["host"].removeprefix("tcp:"))
        if address and not settings.get("port"):
            settings["host"], settings["port"] = address.groups()
    return found


def keyword(name: str) -> str:
    """Return libpq's keyword for a name without a prefix: "user" for ``User Id``."""
    prefix, key = _split_name(name)
    return "" if prefix else key


def _split_name(name: str) -> tuple[str, str]:
    """Return the prefix and the keyword of a name, or "" for an unknown one."""
    words = re.findall(r"[a-z0-9]+", name[:_LONGEST_NAME].lower())
    for count in (2, 1):
        key = _NAMES.get("".join(words[-count:]))
        if key and len(words) >= count:
            prefix = "".join(words[:-count])
            return ("" if prefix in {"db", "database"} else prefix), key
    if len(words) == 1 and words[0].startswith("pg") and words[0][2:] in _NAMES:
        return "pg", _NAMES[words[0][2:]]
    if len(words) == 1 and words[0] == "name":
        return "", "name"
    return "", ""


_SEMICOLONS: Final = re.compile(
    r"(?P<name>[^=;]*)=\s*(?:\"(?P<double>(?:[^\"]|\"\")*)\"|'(?P<single>(?:[^']|'')*)'"
    r"|(?P<bare>\{(?:[^}]|\}\})*\}|[^;]*))\s*(?:;|\Z)"
)


def pairs_in_semicolons(text: str) -> Pairs | None:
    """Return the pairs in an ADO.NET or ODBC string: ``Host=…;Password=…``."""
    pairs: Pairs = []
    at = 0
    text = text.strip()
    while at < len(text):
        found = _SEMICOLONS.match(text, at)
        if not found or not re.fullmatch(r"[A-Za-z][\w .-]*", found["name"].strip()):
            return None
        if found["double"] is not None:
            value = found["double"].replace('""', '"')
        elif found["single"] is not None:
            value = found["single"].replace("''", "'")
        else:
            value = found["bare"].strip()
        pairs.append((found["name"].strip(), value))
        at = found.end()
    return pairs if len(pairs) > 1 else None


_LINE: Final = re.compile(
    r"(?:(?:export|set|SET|ENV|declare|const|let|var)\s+|\$env:|-\s+|--)?"
    r"(?P<quote>[\"']?)(?P<name>[A-Za-z_][\w.-]*)(?P=quote)"
    r"\s*(?:=>|:=|=|:(?=\s))[ \t]*(?P<value>[^\r\n]*)"
)
_QUOTED: Final = re.compile(
    r"\"(?P<double>(?:[^\"\\]|\\.)*)\"|(?P<quoted>['`])(?P<single>.*?)(?P=quoted)"
)
_COMMENT: Final = re.compile(r"\s#")


def value_in_line(line: str) -> tuple[str, str] | None:
    """Return the name and the unquoted value of ``NAME=value`` or ``name: value``."""
    found = _LINE.fullmatch(line.strip())
    if not found:
        return None
    value = found["value"].strip()
    quoted = _QUOTED.match(value)
    if quoted is None:
        return found["name"], _COMMENT.split(f" {value}")[0].strip()
    if quoted["double"] is not None:
        return found["name"], re.sub(r"\\([\\\"$`])", r"\1", quoted["double"])
    return found["name"], quoted["single"]


def pairs_in_lines(text: str) -> Pairs:
    """Return the pairs in an `.env` file, a properties file, or simple YAML.

    Lines in another form are left out.
    """
    lines = (value_in_line(line) for line in text.splitlines())
    return [pair for pair in lines if pair is not None]


_CODE: Final = re.compile(
    r"(?:\b(?P<name>[A-Za-z_]\w*)|(?P<quote>[\"'])(?P<key>[A-Za-z_][\w .-]*)(?P=quote))"
    r"\s*(?:=>|=|:)\s*"
    r"(?:\"(?P<double>(?:[^\"\\]|\\.)*)\"|'(?P<single>(?:[^'\\]|\\.)*)'"
    r"|(?P<number>\d+))",
    re.DOTALL,
)


def pairs_in_code(text: str) -> Pairs:
    """Return the arguments of calls and the entries of dictionaries in source code."""
    pairs: Pairs = []
    for found in _CODE.finditer(text):
        quoted = found["double"] if found["number"] is None else found["number"]
        quoted = found["single"] if quoted is None else quoted
        # Decode only the escapes that have the same meaning in every language.
        value = re.sub(r"\\([\\'\"])", r"\1", quoted)
        pairs.append((found["name"] or found["key"], value))
    return pairs


def json_objects(text: str) -> list[dict[str, Any]]:
    """Return the objects in a JSON text, the outermost first.

    A string that contains JSON is also parsed, because AWS nests secrets that way.
    """
    objects: list[dict[str, Any]] = []
    waiting: list[Any] = [text]
    while waiting:
        value = waiting.pop(0)
        if isinstance(value, str) and value.lstrip()[:1] in {"{", "["}:
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                continue
        if isinstance(value, dict):
            objects.append(value)
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return objects
