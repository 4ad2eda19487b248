"""The notations of a connection string, each read into libpq's keywords.

Nothing here judges what was read, or raises: a reader returns None for a text that
is not of its notation. The strict readers follow libpq's `fe-connect.c` to the letter.
"""

from __future__ import annotations

import getopt
import re
import shlex
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "KEYWORDS",
    "Settings",
    "is_command",
    "read_command",
    "read_jdbc",
    "read_keywords",
    "read_loose_uri",
    "read_uri",
]

Settings: TypeAlias = dict[str, str]

KEYWORDS: Final = frozenset(
    re.findall(
        r"\w+",
        """
        service servicefile user password passfile channel_binding connect_timeout
        dbname host hostaddr port client_encoding options application_name
        fallback_application_name keepalives keepalives_idle keepalives_interval
        keepalives_count tcp_user_timeout sslmode sslnegotiation sslcompression sslcert
        sslkey sslcertmode sslpassword sslrootcert sslcrl sslcrldir sslsni requirepeer
        require_auth min_protocol_version max_protocol_version
        ssl_min_protocol_version ssl_max_protocol_version gssencmode krbsrvname gsslib
        gssdelegation replication target_session_attrs load_balance_hosts requiressl
        scram_client_key scram_server_key sslkeylogfile oauth_issuer oauth_client_id
        oauth_client_secret oauth_scope
        """,
    )
)
"""What libpq 17 and 18 know."""

_SCHEME: Final = re.compile(r"(?i)postgres(?:ql)?(?:\+\w+)?://")
_HOST_AND_PORT: Final = re.compile(
    r"(?:\[(?P<address>[^\]]+)\](?=[:/?,]|\Z)|(?!\[)(?P<name>[^:/?,]*))"
    r"(?::(?P<port>[^/?,]*))?"
)
_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})|%00")
_LOOSE_TAIL: Final = re.compile(
    r"(?P<host>\[[^\]@]*\]|[^:/?#\[\]@\s]*)(?::(?P<port>\d*))?"
    r"(?P<path>/[^?#]*)?(?:\?(?P<query>[^#]*))?(?:#.*)?",
    re.DOTALL,
)
_KEY: Final = re.compile(r"[ \t-\r]*([^= \t-\r]*)[ \t-\r]*")
_VALUE: Final = re.compile(
    r"[ \t-\r]*(?:'(?P<quoted>(?:[^'\\]|\\.)*)'|"
    r"(?!')(?P<bare>(?:[^\\ \t-\r]|\\(?:.|\Z))*))",
    re.DOTALL,
)
_MOST_TRIED: Final = 100


def decode(text: str) -> str | None:
    """Resolve percent-escapes as libpq does, or return None where it would refuse."""
    if _ESCAPE.search(text):
        return None
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeError:
        return None


def _decode_or_keep(text: str, *, plus: bool = False) -> str:
    """Resolve escapes; take the text raw where one of them is none."""
    decoded = decode(text.replace("+", " ") if plus else text)
    return text if decoded is None else decoded


def read_uri(text: str) -> Settings | None:
    """Read a URI as libpq does: the user ends at the first ``@`` before a ``/``."""
    scheme = re.match("postgres(?:ql)?://", text)
    if not scheme:
        return None
    rest = text[scheme.end() :]
    pairs: list[tuple[str, str]] = []
    stop = re.search("[@/]", rest)
    if stop and stop[0] == "@":
        user, _, password = rest[: stop.start()].partition(":")
        pairs += [("user", user), ("password", password)]
        rest = rest[stop.end() :]
    hosts: list[str] = []
    ports: list[str] = []
    while True:
        found = _HOST_AND_PORT.match(rest)
        if not found:
            return None
        hosts.append(found["address"] or found["name"] or "")
        ports.append(found["port"] or "")
        rest = rest[found.end() :]
        if not rest.startswith(","):
            break
        rest = rest[1:]
    path, _, query = rest.partition("?")
    pairs += [("host", ",".join(hosts)), ("port", ",".join(ports))]
    pairs.append(("dbname", path[1:]))
    settings: Settings = {}
    for key, value in pairs:
        decoded = decode(value)
        if decoded is None:
            return None
        if decoded:
            settings[key] = decoded
    parameters = _strict_query(query)
    return None if parameters is None else settings | parameters


def _strict_query(query: str) -> Settings | None:
    settings: Settings = {}
    for pair in query.removesuffix("&").split("&") if query else []:
        key, *values = pair.split("=")
        if len(values) != 1:
            return None
        name, value = decode(key), decode(values[0])
        if name == "ssl" and value == "true":
            name, value = "sslmode", "require"
        if name is None or name not in KEYWORDS or value is None:
            return None
        settings[name] = value
    return settings


# In a password, this would be the rest of another string, such as the line before.
_ANOTHER: Final = re.compile(r"://|[\r\n]|@[^@\s]+/\S*\s")


def read_loose_uri(text: str) -> Iterator[Settings]:
    """Read a URI whose password was not escaped, the likeliest reading first.

    The password may hold any character, so the user could end at any ``@``: the last
    one after which a host and ``/postgres`` follow, else the last one after which a
    host follows.
    """
    scheme = _SCHEME.match(text)
    rest = text[scheme.end() :] if scheme else text
    others: list[Settings] = []
    end = len(rest)
    for _ in range(_MOST_TRIED):
        end = rest.rfind("@", 0, max(end, 0))
        tail = _LOOSE_TAIL.fullmatch(rest, end + 1)
        if tail and not _ANOTHER.search(rest, 0, max(end, 0)):
            settings = _loose_settings(rest[: max(end, 0)], tail)
            if tail["path"] == "/postgres":
                yield settings
            else:
                others.append(settings)
        if end < 0:
            break
    yield from others


def _loose_settings(userinfo: str, tail: re.Match[str]) -> Settings:
    user, _, password = userinfo.partition(":")
    found = {
        "user": _decode_or_keep(user),
        "password": _decode_or_keep(password),
        "host": _decode_or_keep(tail["host"].strip("[]")),
        "port": tail["port"],
        "dbname": _decode_or_keep((tail["path"] or "/")[1:]),
    }
    return {key: value for key, value in found.items() if value} | _loose_query(
        tail["query"] or ""
    )


def _loose_query(query: str, *, plus: bool = False) -> Settings:
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return {key: _decode_or_keep(value, plus=plus) for key, _, value in pairs}


def read_jdbc(text: str) -> Settings | None:
    """Read what the PostgreSQL JDBC driver takes, where ``+`` is a space."""
    found = re.match(r"(?i)jdbc:(?=postgresql:)", text)
    if not found:
        return None
    address, _, query = text[found.end() :].partition("?")
    settings = next(read_loose_uri(address), None)
    if settings is None:
        return None
    return settings | _loose_query(query, plus=True)


def read_keywords(text: str) -> Settings | None:
    """Read ``host=… password='…'`` by libpq's rules for quotes and backslashes."""
    settings: Settings = {}
    at = 0
    while True:
        key = _KEY.match(text, at)
        if key is None or (key.end() == len(text) and not key[1]):
            return settings
        if text[key.end() : key.end() + 1] != "=" or key[1] not in KEYWORDS:
            return None
        value = _VALUE.match(text, key.end() + 1)
        if value is None:
            return None
        raw = value["bare"] if value["quoted"] is None else value["quoted"]
        settings[key[1]] = re.sub(r"\\(.?)", r"\1", raw, flags=re.DOTALL)
        at = value.end()


_PG_VARIABLES: Final = {
    "PGHOST": "host",
    "PGHOSTADDR": "hostaddr",
    "PGPORT": "port",
    "PGUSER": "user",
    "PGDATABASE": "dbname",
    "PGPASSWORD": "password",
    "PGSSLMODE": "sslmode",
}
_COMMAND: Final = re.compile(
    r"(?:export\s+)?PG[A-Z]+=|(?:\S*/)?psql(?:\.exe)?(?:\s|\Z)"
)
_SHORT: Final = "h:p:U:d:c:f:v:P:F:R:T:o:L:wWaAbeEHlnqsStVxXz01?"
_LONG: Final = (
    *("host=", "port=", "username=", "dbname=", "command=", "file=", "set="),
    *("variable=", "pset=", "field-separator=", "record-separator=", "table-attr="),
    *("output=", "log-file=", "no-password", "password", "no-psqlrc", "list"),
    *("quiet", "single-transaction", "tuples-only", "no-align", "csv", "expanded"),
)
_OPTIONS: Final = {
    **dict.fromkeys(("-h", "--host"), "host"),
    **dict.fromkeys(("-p", "--port"), "port"),
    **dict.fromkeys(("-U", "--username"), "user"),
    **dict.fromkeys(("-d", "--dbname"), "dbname"),
}


def is_command(text: str) -> bool:
    """Tell whether a text is a call of psql, or sets libpq's variables."""
    return _COMMAND.match(text) is not None


def read_command(text: str) -> Settings | None:
    """Read ``PGPASSWORD=… psql -h … …``, or lines that set libpq's variables.

    A connection string given to psql comes back as the database, as psql has it.
    """
    try:
        words = shlex.split(text.replace("\\\n", " "))
    except ValueError:
        return None
    settings: Settings = {}
    while words and not re.fullmatch(r"(?:.*/)?psql(?:\.exe)?", words[0]):
        name, equals, value = words.pop(0).partition("=")
        if equals and name in _PG_VARIABLES:
            settings[_PG_VARIABLES[name]] = value
        elif not equals and name not in {"export", "&&", ";"}:
            return None
    try:
        options, operands = getopt.gnu_getopt(words[1:], _SHORT, _LONG)
    except getopt.GetoptError:
        return None
    # psql takes operands for what no option has named, in this order
    named = {_OPTIONS[key]: value for key, value in options if key in _OPTIONS}
    free = [key for key in ("dbname", "user") if key not in named]
    return settings | dict(zip(free, operands, strict=False)) | named
