"""Checks of the form's values, field by field.

An error explains why an action can't start. Warnings and infos never block an action,
because they can be wrong about a case.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import quote

from lamin_widgets.core import hosts, regions
from lamin_widgets.core.api_urls import normalize_api_url
from lamin_widgets.core.connection import DEFAULT_PORT, parse_host, parse_port
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.failures import CATALOGUE
from lamin_widgets.form.draft import Draft, Fix, Note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lamin_widgets.core.failures import CauseId
    from lamin_widgets.core.secret import Secret

__all__ = ["check", "first_error", "password_hint"]

Check: TypeAlias = "Callable[[Draft], Note | None]"

_STRAY: Final = "If you entered a password in this field by mistake, clear it."
_LONGEST: Final = 1024
"""Longer values, in characters, aren't corrected."""
_LEVELS: Final = ("error", "warning", "info")


def check(draft: Draft) -> dict[str, Note]:
    """Return the most important message for each field that has one.

    Args:
        draft: The values of the form.
    """
    notes: dict[str, Note] = {}
    for field, checks in _CHECKS.items():
        found = [each for look in checks if (each := look(draft)) is not None]
        if found:
            notes[field] = min(found, key=lambda note: _LEVELS.index(note.level))
    return notes


def first_error(draft: Draft, fields: Iterable[str]) -> tuple[str, Note] | None:
    """Return the first field with an error, and the error.

    Args:
        draft: The values of the form.
        fields: The fields that an action requires, in the order of the form.
    """
    notes = check(draft)
    for field in fields:
        note = notes.get(field)
        if note is not None and note.level == "error":
            return field, note
    return None


def _error(cause: CauseId, *fixes: Fix, **facts: str) -> Note:
    row = CATALOGUE[cause]
    text = f"{row.title} {facts['problem']}" if "problem" in facts else row.title
    return Note("error", cause, text, row.short, fixes, facts)


def _use(field: str, value: str | int) -> Fix:
    return Fix(f"Use {value}", {field: value})


def _missing(field: str, cause: CauseId) -> Check:
    def look(draft: Draft) -> Note | None:
        return None if str(getattr(draft, field)).strip() else _error(cause)

    return look


def _misplaced(field: str) -> Check:
    def look(draft: Draft) -> Note | None:
        if field not in draft.parsed.misplaced:
            return None
        row = CATALOGUE["connection_string_misplaced"]
        return Note("error", row.id, f"{row.title} {row.advice}", row.short)

    return look


def _invisible(field: str) -> Check:
    def look(draft: Draft) -> Note | None:
        printable = getattr(draft, field).strip().isprintable()
        return None if printable else _error("invisible_character")

    return look


def _uuid(field: str, cause: CauseId) -> Check:
    def look(draft: Draft) -> Note | None:
        text = getattr(draft, field).strip()
        if not text:
            return None
        import uuid  # noqa: PLC0415  # slow to import

        try:
            canonical = str(uuid.UUID(text))
        except ValueError:
            return _error(cause)
        return (
            None if canonical == text.lower() else _error(cause, _use(field, canonical))
        )

    return look


def _escaped(field: str) -> Check:
    def look(draft: Draft) -> Note | None:
        name = getattr(draft, field).strip()[:_LONGEST]
        if quote(name, safe="", errors="replace") == name:
            return None
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        stray = re.search(r"[^\w\s.,:/()&'+-]", name)  # Rare in a name.
        text = (
            "Use letters, digits, and hyphens. Other characters must be escaped in "
            "URLs."
        )
        fixes = (_use(field, plain),) if plain and not stray else ()
        return Note(
            "warning",
            "name_escaped",
            f"{text} {_STRAY}" if stray else text,
            "Special characters",
            fixes,
        )

    return look


# --- Region -------------------------------------------------------------------------


def _region_missing(draft: Draft) -> Note | None:
    if draft.api_server_name.strip():
        return None
    near = draft.parsed.region_near
    fixes = [_use("api_server_name", near.api_server_name)] if near else []
    return _error("region_missing", *fixes)


def _region_unknown(draft: Draft) -> Note | None:
    """Warn of a region that Lamin doesn't list, and offer the closest one."""
    name = draft.api_server_name.strip()
    if not name or draft.parsed.region:
        return None
    from difflib import get_close_matches  # noqa: PLC0415  # slow to import

    ids = {region.id: region.api_server_name for region in regions.REGIONS}
    listed = list(ids.values())
    near = [ids[id_] for id_ in ids if id_ in name.lower()]
    near += get_close_matches(name.lower()[:64], listed, n=1)
    fixes = tuple(_use("api_server_name", match) for match in near[:1])
    text = "Lamin doesn't list this region."
    if not fixes:
        text += f" Listed regions: {', '.join(listed)}."
    return Note(
        "warning" if draft.sandbox or draft.parsed.is_lamin else "info",
        "region_unknown",
        f"{text} The form sends this value unchanged.",
        "Not listed",
        fixes,
    )


def _region_elsewhere(draft: Draft) -> Note | None:
    """Offer the region of a managed host."""
    near, chosen = draft.parsed.region_near, draft.parsed.region
    if near is None or chosen is None or near == chosen or draft.sandbox:
        return None
    return Note(
        "info",
        "region_elsewhere",
        f"This host is in or near {near.label}, a different region.",
        "Other region",
        (_use("api_server_name", near.api_server_name),),
    )


def _region_api(draft: Draft) -> Note | None:
    """Offer the region's own API. It's never selected automatically."""
    region = draft.parsed.region
    if (
        region is None
        or not draft.parsed.is_lamin
        or draft.parsed.api_url == region.api_url
    ):
        return None
    return Note(
        "info",
        "region_api",
        f"{region.label} has its own API URL. The form doesn't switch automatically, "
        "because that URL would get your password.",
        "Other API URL",
        (_use("api_url", region.api_url),),
    )


# --- Host and port ------------------------------------------------------------------


def _host(draft: Draft) -> Note | None:
    if not draft.host.strip():
        return _error("host_missing")
    if not draft.parsed.host_problem:
        return None
    fixes = _cleaned_host(draft.host)
    note = _error("host_malformed", *fixes, problem=draft.parsed.host_problem)
    if fixes or not re.search(r"[^\w.:\[\]-]", draft.host.strip()):
        return note
    return note._replace(text=f"{note.text} {_STRAY}")


def _cleaned_host(host: str) -> tuple[Fix, ...]:
    """Offer the host, and the port if there's one, from a longer text."""
    if len(host) > _LONGEST:
        return ()
    name, port = _split_host(host.strip().strip("'\"`<>,; "))
    try:
        values: dict[str, str | int] = {"host": parse_host(name)}
        if port:
            values["port"] = parse_port(port)
    except InvalidInput:
        return ()
    with_port = f", port {values['port']}" if port else ""
    return (Fix(f"Use {values['host']}{with_port}", values),)


def _split_host(text: str) -> tuple[str, str]:
    """Remove the scheme, user, path, query, and invisible characters of a host."""
    text = re.sub(r"\s+(\d+)$", r":\1", text)  # Host and port of two table cells.
    text = "".join(char for char in text if char.isprintable())
    text = re.sub(r" *([.:]) *", r"\1", text)
    text = re.sub(r"^[A-Za-z][\w+.-]*://", "", text)
    _, at, text = text.rpartition("@")
    text = re.split(r"[/?#\\]", text)[0]
    if at and "." not in text:
        return "", ""  # More likely the end of a password.
    found = re.fullmatch(r"(\[[^\]]*\]|[^:\[\]]*):(\d*)", text)
    return (found[1], found[2]) if found else (text, "")


def _host_private(draft: Draft) -> Note | None:
    """Warn of a host that Lamin's cloud can't reach. Another API may be close to it."""
    reason = draft.parsed.unreachable
    if not reason:
        return None
    return Note(
        "warning",
        "host_unreachable",
        f"Lamin's cloud can't reach this host because it's {reason}. Enter a public "
        "host name or IP address. If you use Lamin on premises, set API URL under "
        "Advanced.",
        "Not public",
    )


def _host_provider(draft: Draft) -> Note | None:
    provider = draft.parsed.provider
    if provider is None or not provider.note:
        return None
    fixes: tuple[Fix, ...] = ()
    if provider.id == "neon_pooler":
        fixes = (_use("host", draft.host.strip().replace("-pooler.", ".", 1)),)
    return Note("warning", f"host_{provider.id}", provider.note, provider.name, fixes)


def _host_international(draft: Draft) -> Note | None:
    """Offer the ASCII form of an international host name."""
    host = draft.parsed.host
    if host.isascii():
        return None
    try:
        ascii_host = host.encode("idna").decode()
    except UnicodeError:
        return None
    if hosts.problem(ascii_host):  # The character ² is 2 in ASCII.
        return None
    return Note(
        "warning",
        "host_idn",
        "PostgreSQL tools might not resolve international host names. Use the ASCII "
        "form.",
        "Not ASCII",
        (_use("host", ascii_host),),
    )


_POOLERS: Final = {
    6543: "the Supabase connection pooler",
    6432: "a PgBouncer connection pooler",
    25061: "the DigitalOcean connection pooler",
}
_OTHER_SERVICES: Final = {
    22: "SSH",
    80: "HTTP",
    443: "HTTPS",
    1433: "SQL Server",
    1521: "Oracle",
    3306: "MySQL",
    6379: "Redis",
    8080: "HTTP",
    27017: "MongoDB",
}


def _usual_port(draft: Draft) -> tuple[Fix, ...]:
    """Offer PostgreSQL's default port. A sandbox doesn't use it."""
    if draft.sandbox or draft.parsed.port == DEFAULT_PORT:
        return ()
    return (_use("port", DEFAULT_PORT),)


def _port(draft: Draft) -> Note | None:
    if draft.parsed.port is None:
        return _error("port_invalid", *_usual_port(draft))
    return None


def _port_of_pooler(draft: Draft) -> Note | None:
    pooler = _POOLERS.get(draft.parsed.port or 0)
    if pooler is None:
        return None
    return Note(
        "warning",
        "port_pooler",
        f"This looks like {pooler}. Lamin creates databases, so it needs a direct "
        "connection to PostgreSQL.",
        "Connection pooler",
        _usual_port(draft),
    )


def _port_of_other(draft: Draft) -> Note | None:
    service = _OTHER_SERVICES.get(draft.parsed.port or 0)
    if service is None:
        return None
    return Note(
        "warning",
        "port_other",
        f"This port is usually {service}. PostgreSQL usually uses {DEFAULT_PORT}.",
        f"Usually {service}",
        _usual_port(draft),
    )


# --- Password -----------------------------------------------------------------------

_HINTS: Final[dict[str, tuple[str, str]]] = {
    "space": (
        "The password starts or ends with a space. Remove it if you didn't intend it.",
        "Outer space",
    ),
    "line-break": (
        "The password contains a line break. Remove it if you didn't intend it.",
        "Line break",
    ),
    "quotes": (
        "The password is in quotation marks. Remove them if you didn't intend them.",
        "In quotation marks",
    ),
    "brackets": (
        "The password is in brackets. Remove them if you didn't intend them.",
        "In brackets",
    ),
    "token": (
        "This looks like an access token, which expires. Enter a password.",
        "Access token",
    ),
    "connection-string": (
        "This looks like a connection string. Enter only the password.",
        "Connection string",
    ),
}
_QUOTES: Final = {"'": "'", '"': '"', "`": "`", "“": "”", "‘": "’", "«": "»"}  # noqa: RUF001  # Word processors make these quotes.
_BRACKETS: Final = {"[": "]", "(": ")", "{": "}", "<": ">"}


def password_hint(password: Secret) -> str:
    """Return what's unusual about a password. It's never changed or trimmed.

    Args:
        password: The password.

    Returns:
        "space", "line-break", "quotes", "brackets", "token", "connection-string", or ""
        for a usual password. It tells nothing about the other characters.
    """
    # Only needed once there's a password.
    from lamin_widgets.core.connection_strings import token_name  # noqa: PLC0415

    text = password.reveal()
    first, last = text[:1], text[-1:]
    hints = (
        (token_name(text) != "", "token"),
        (text.splitlines() != [text], "line-break"),
        (_is_invisible(first) or _is_invisible(last), "space"),
        (len(text) > 1 and _QUOTES.get(first) == last, "quotes"),
        (len(text) > 1 and _BRACKETS.get(first) == last, "brackets"),
        (_HAS_SCHEME.match(text) is not None, "connection-string"),
    )
    return next((hint for found, hint in hints if found and text), "")


_HAS_SCHEME: Final = re.compile(r"(?i)(?:jdbc:|postgres(?:ql)?(?:\+\w+)?://)")


def _is_invisible(char: str) -> bool:
    return bool(char) and (char.isspace() or unicodedata.category(char) in {"Cf", "Cc"})


def _password(draft: Draft) -> Note | None:
    return None if draft.has_password else _error("password_missing")


def _password_unusual(draft: Draft) -> Note | None:
    hint = draft.password_hint
    if not draft.has_password or not hint:
        return None
    text, short = _HINTS[hint]
    return Note("warning", f"password_{hint.replace('-', '_')}", text, short)


# --- API URL ------------------------------------------------------------------------


def _api_url(draft: Draft) -> Note | None:
    if draft.parsed.api_problem is None:
        return None
    return _error(draft.parsed.api_problem, *_cleaned_api_url(draft.parsed.api_url))


def _cleaned_api_url(text: str) -> tuple[Fix, ...]:
    bare = re.sub(r"^(?i:https?:)?/*", "", text[:_LONGEST])
    bare = re.split(r"[?#]", bare)[0] if "@" not in bare else ""
    try:
        url = normalize_api_url(f"https://{bare}")
    except InvalidInput:
        url = regions.DEFAULT_API_URL
    return (_use("api_url", url),)


def _api_url_international(draft: Draft) -> Note | None:
    """Show the ASCII form, because letters of other scripts can look the same."""
    url = draft.parsed.api_url
    if draft.api_url.isascii() or draft.parsed.api_problem is not None:
        return None
    return Note(
        "warning",
        "api_url_idn",
        f"This URL has letters outside ASCII. Its real address is {url}.",
        "Not ASCII",
        (_use("api_url", url),),
    )


_CHECKS: Final[dict[str, tuple[Check, ...]]] = {
    "name": (
        _missing("name", "name_missing"),
        _misplaced("name"),
        _invisible("name"),
        _escaped("name"),
    ),
    "api_server_name": (
        _region_missing,
        _misplaced("api_server_name"),
        _invisible("api_server_name"),
        _region_unknown,
        _region_elsewhere,
    ),
    "host": (
        _misplaced("host"),
        _host,
        _host_private,
        _host_provider,
        _host_international,
    ),
    "port": (_port, _port_of_pooler, _port_of_other),
    "password": (_password, _password_unusual),
    "api_url": (
        _misplaced("api_url"),
        _api_url,
        _api_url_international,
        _region_api,
    ),
    "organization_id": (
        _misplaced("organization_id"),
        _uuid("organization_id", "organization_invalid"),
    ),
    "instance_name": (
        _missing("instance_name", "instance_name_missing"),
        _misplaced("instance_name"),
        _invisible("instance_name"),
        _escaped("instance_name"),
    ),
    "storage": (
        _misplaced("storage"),
        _invisible("storage"),
    ),
    "schema_str": (
        _misplaced("schema_str"),
        _invisible("schema_str"),
    ),
    "account_id": (_misplaced("account_id"), _uuid("account_id", "account_invalid")),
}
"""The checks of each field. The first note of the highest level is shown."""
