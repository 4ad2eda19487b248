"""Checks of the values in the form's fields.

An error prevents the actions that require the field. Warnings and infos never prevent
an action, because they can be wrong in some cases.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import quote

from lamin_widgets.core import hosts, regions
from lamin_widgets.core.api_urls import normalize_api_url
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.url_parts import DEFAULT_PORT, parse_host, parse_port
from lamin_widgets.form.draft import Draft, Fix, Note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lamin_widgets.core.failures import CauseId
    from lamin_widgets.core.secret import Secret

Check: TypeAlias = "Callable[[Draft, str], Note | None]"

_STRAY: Final = "If this is a password, clear this field."
_LONGEST_CORRECTED: Final = 1024
"""The maximum length of a value to offer a correction for, in characters."""
_LEVELS: Final = ("error", "warning", "info")


def check(draft: Draft) -> dict[str, Note]:
    """Return the most important message for each field that has one."""
    notes: dict[str, Note] = {}
    for field, checks in _CHECKS.items():
        every = (*checks, _check_invisible)
        found = [each for look in every if (each := look(draft, field)) is not None]
        if found:
            notes[field] = min(found, key=lambda note: _LEVELS.index(note.level))
    return notes


def first_error(draft: Draft, fields: Iterable[str]) -> tuple[str, Note] | None:
    """Return the first field with an error, and the error."""
    notes = check(draft)
    for field in fields:
        note = notes.get(field)
        if note is not None and note.level == "error":
            return field, note
    return None


def _error(cause: CauseId, *fixes: Fix, **facts: str) -> Note:
    return Note("error", fixes=fixes, cause=cause, facts=facts)


def _use(field: str, value: str | int) -> Fix:
    return Fix(f"Use {value}", {field: value})


def _text(draft: Draft, field: str) -> str:
    return str(getattr(draft, field, "")).strip()


# --- Any field ----------------------------------------------------------------------

_MISSING: Final[dict[str, CauseId]] = {
    "name": "name_missing",
    "api_server_name": "region_missing",
    "host": "host_missing",
    "instance_name": "instance_name_missing",
}
_NO_UUID: Final[dict[str, CauseId]] = {
    "organization_id": "organization_invalid",
    "account_id": "account_invalid",
}


def _check_missing(draft: Draft, field: str) -> Note | None:
    if _text(draft, field):
        return None
    near = draft.parsed.region_near if field == "api_server_name" else None
    fixes = (_use(field, near.api_server_name),) if near else ()
    return _error(_MISSING[field], *fixes)


def _check_invisible(draft: Draft, field: str) -> Note | None:
    printable = _text(draft, field).isprintable()
    return None if printable else _error("invisible_character")


def _check_uuid(draft: Draft, field: str) -> Note | None:
    text = _text(draft, field)
    if not text:
        return None
    import uuid  # slow to import

    try:
        canonical = str(uuid.UUID(text))
    except ValueError:
        return _error(_NO_UUID[field])
    if canonical == text.lower():
        return None
    return _error(_NO_UUID[field], _use(field, canonical))


def _check_escaped(draft: Draft, field: str) -> Note | None:
    name = _text(draft, field)[:_LONGEST_CORRECTED]
    if quote(name, safe="", errors="replace") == name:
        return None
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    # Characters outside this set are rare in a name.
    stray = re.search(r"[^\w\s.,:/()&'+-]", name)
    text = "Use only a to z, digits, and hyphens, which are easiest to use in URLs."
    return Note(
        "warning",
        f"{text} {_STRAY}" if stray else text,
        (_use(field, plain),) if plain and not stray else (),
    )


# --- Region -------------------------------------------------------------------------


def _check_region_unknown(draft: Draft, field: str) -> Note | None:
    """Warn of a region that Lamin doesn't list, and offer the closest one."""
    name = _text(draft, field)
    if not name or draft.parsed.region:
        return None
    from difflib import get_close_matches  # slow to import

    ids = {region.id: region.api_server_name for region in regions.REGIONS}
    listed = list(ids.values())
    near = [ids[id_] for id_ in ids if id_ in name.lower()]
    near += get_close_matches(name.lower()[:64], listed, n=1)
    fixes = tuple(_use(field, match) for match in near[:1])
    text = "Lamin doesn't list this region."
    if not fixes:
        text += f" Listed regions: {', '.join(listed)}."
    return Note(
        "warning" if draft.sandbox or draft.parsed.is_lamin else "info",
        f"{text} Keep your entry only if Lamin or an admin gave it to you.",
        fixes,
    )


def _check_region_elsewhere(draft: Draft, field: str) -> Note | None:
    """Offer the region closest to a managed host."""
    near, chosen = draft.parsed.region_near, draft.parsed.region
    if near is None or chosen is None or near == chosen or draft.sandbox:
        return None
    return Note(
        "info",
        f"This host is in or near {near.label}. Select that region, because it's "
        "closer to your database.",
        (_use(field, near.api_server_name),),
    )


def _check_region_api(draft: Draft, field: str) -> Note | None:
    """Offer the API URL of the selected region."""
    region = draft.parsed.region
    if region is None or not draft.parsed.is_lamin or not draft.parsed.other_api_url:
        return None
    return Note(
        "info",
        f"If this API can't register servers, use the URL of {region.label}. Your "
        "password then goes to that URL.",
        (_use(field, region.api_url),),
    )


# --- Host and port ------------------------------------------------------------------


def _check_host(draft: Draft, _field: str) -> Note | None:
    if not draft.parsed.host_problem:
        return None
    fixes = _clean_host(draft.host)
    problem = draft.parsed.host_problem
    if not fixes and re.search(r"[^\w.:\[\]-]", draft.host.strip()):
        problem += f" {_STRAY}"
    return _error("host_malformed", *fixes, problem=problem)


def _clean_host(host: str) -> tuple[Fix, ...]:
    """Return a correction with the host, and maybe the port, in a longer text."""
    if len(host) > _LONGEST_CORRECTED:
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
    """Return the host and port in a text with a scheme, user, path, or query."""
    # Pasting two table cells (host and port) puts a tab between them.
    text = re.sub(r"\s+(\d+)$", r":\1", text)
    text = "".join(char for char in text if char.isprintable())
    text = re.sub(r" *([.:]) *", r"\1", text)
    text = re.sub(r"^[A-Za-z][\w+.-]*://", "", text)
    _, at, text = text.rpartition("@")
    text = re.split(r"[/?#\\]", text)[0]
    if at and "." not in text:
        return "", ""  # The text after the @ is probably the end of a password.
    found = re.fullmatch(r"(\[[^\]]*\]|[^:\[\]]*):(\d*)", text)
    return (found[1], found[2]) if found else (text, "")


def _check_host_private(draft: Draft, _field: str) -> Note | None:
    """Warn of a host that Lamin's cloud can't reach. Other APIs might reach it."""
    reason = draft.parsed.unreachable
    if not reason:
        return None
    return Note(
        "warning",
        f"Lamin's cloud likely can't reach this host because it's {reason}. Use a "
        "host that has a public IPv4 address. If your organization runs its own Lamin, "
        "enter its API URL under Advanced.",
    )


def _check_host_provider(draft: Draft, field: str) -> Note | None:
    provider = draft.parsed.provider
    if provider is None or not provider.note:
        return None
    fixes: tuple[Fix, ...] = ()
    if provider.id == "neon_pooler":
        fixes = (_use(field, draft.host.strip().replace("-pooler.", ".", 1)),)
    return Note("warning", provider.note, fixes)


def _check_host_international(draft: Draft, field: str) -> Note | None:
    """Offer the ASCII form of an international host name."""
    host = draft.parsed.host
    if host.isascii():
        return None
    try:
        ascii_host = host.encode("idna").decode()
    except UnicodeError:
        return None
    if hosts.problem(ascii_host):  # For example, ² becomes 2, so 1² isn't a name.
        return None
    return Note(
        "warning",
        "Some PostgreSQL tools can't find a host whose name contains non-ASCII "
        "letters. Use the ASCII form of the name.",
        (_use(field, ascii_host),),
    )


_POOLERS: Final = {
    6543: ("the Supabase connection pooler", DEFAULT_PORT),
    6432: ("a PgBouncer connection pooler", DEFAULT_PORT),
    25061: ("the DigitalOcean connection pooler", 25060),
}
"""Connection poolers by their port, each with the port of PostgreSQL itself."""
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


def _check_port(draft: Draft, field: str) -> Note | None:
    port = draft.parsed.port
    pooler, usual_port = _POOLERS.get(port or 0, ("", DEFAULT_PORT))
    # A sandbox's PostgreSQL server doesn't listen on the default port.
    fixes = () if draft.sandbox else (_use(field, usual_port),)
    if port is None:
        return _error("port_invalid", *fixes)
    if pooler:
        text = (
            f"This port is usually {pooler}. LaminDB might not work with a "
            "connection pooler, so use the port of PostgreSQL itself."
        )
        return Note("warning", text, fixes)
    if port in _OTHER_SERVICES:
        service = _OTHER_SERVICES[port]
        text = (
            f"Port {port} is usually for {service}. PostgreSQL usually uses "
            f"{DEFAULT_PORT}."
        )
        return Note("warning", text, fixes)
    return None


# --- Password -----------------------------------------------------------------------

_BRACKETS: Final = {"[": "]", "(": ")", "{": "}", "<": ">"}
_HAS_SCHEME: Final = r"(?i)(?:jdbc:|postgres(?:ql)?(?:\+\w+)?://)"


def password_hint(password: Secret) -> str:
    """Return a sentence about an unusual password, or "". It's used unchanged."""
    from lamin_widgets.core.connection_strings import QUOTES, token_name  # slow

    text = password.reveal()
    ends = text[:1], text[-1:]
    hints = (
        (
            token_name(text),
            "This looks like an access token, which expires. Enter a password instead.",
        ),
        (
            text.splitlines() != [text],
            "Remove the line break, unless it's part of the password.",
        ),
        (
            any(each.isspace() or not each.isprintable() for each in ends),
            "Remove the space at the start or end, unless it's part of the password.",
        ),
        (
            len(text) > 1 and ends in QUOTES.items(),
            "Remove the quotation marks, unless they're part of the password.",
        ),
        (
            len(text) > 1 and ends in _BRACKETS.items(),
            "Remove the brackets, unless they're part of the password.",
        ),
        (
            re.match(_HAS_SCHEME, text),
            "This looks like a connection string. Enter only the password.",
        ),
    )
    return next((hint for found, hint in hints if found and text), "")


def _check_password(draft: Draft, _field: str) -> Note | None:
    return None if draft.has_password else _error("password_missing")


def _check_password_unusual(draft: Draft, _field: str) -> Note | None:
    shows_hint = draft.has_password and draft.password_hint
    return Note("warning", draft.password_hint) if shows_hint else None


# --- API URL ------------------------------------------------------------------------


def _check_api_url(draft: Draft, field: str) -> Note | None:
    if draft.parsed.api_problem is None:
        return None
    bare = re.sub(r"^(?i:https?:)?/*", "", draft.parsed.api_url[:_LONGEST_CORRECTED])
    bare = re.split(r"[?#]", bare)[0] if "@" not in bare else ""
    try:
        url = normalize_api_url(f"https://{bare}")
    except InvalidInput:
        url = regions.DEFAULT_API_URL
    return _error(draft.parsed.api_problem, _use(field, url))


def _check_api_url_international(draft: Draft, field: str) -> Note | None:
    """Show the ASCII form, because letters of other scripts can look the same."""
    url = draft.parsed.api_url
    if draft.api_url.isascii() or draft.parsed.api_problem is not None:
        return None
    return Note(
        "warning",
        f"This URL has non-ASCII letters. Check its ASCII form: {url}",
        (_use(field, url),),
    )


_CHECKS: Final[dict[str, tuple[Check, ...]]] = {
    "name": (_check_missing, _check_escaped),
    "api_server_name": (_check_missing, _check_region_unknown, _check_region_elsewhere),
    "host": (
        _check_missing,
        _check_host,
        _check_host_private,
        _check_host_provider,
        _check_host_international,
    ),
    "port": (_check_port,),
    "password": (_check_password, _check_password_unusual),
    "api_url": (_check_api_url, _check_api_url_international, _check_region_api),
    "organization_id": (_check_uuid,),
    "instance_name": (_check_missing, _check_escaped),
    "storage": (),
    "schema_str": (),
    "account_id": (_check_uuid,),
}
"""The checks of each field. The first note of the highest level is shown."""
