"""From what stands in the form to what is said at each field.

Errors say why an action cannot start. Warnings and infos never block: they say what
is known and may be wrong about this case.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from lamin_widgets.core import failures as causes
from lamin_widgets.core.api_urls import normalize_api_url
from lamin_widgets.core.connection import parse_host, parse_port
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.regions import DEFAULT_API_URL
from lamin_widgets.core.secret import Secret
from lamin_widgets.form import notes
from lamin_widgets.form.connection_strings import looks_like_one, parse
from lamin_widgets.form.draft import Draft, Fix, Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from lamin_widgets.core.outcome import Action

__all__ = [
    "REQUIRED",
    "Draft",
    "Fix",
    "Message",
    "check",
    "first_error",
    "normalize_api_url",
]

REQUIRED: Final[dict[Action, tuple[str, ...]]] = {
    "register": (
        *("name", "api_server_name", "host", "port", "password"),
        *("api_url", "organization_id"),
    ),
    "test": ("name", "api_url"),
    "diagnose": ("host", "port", "password"),
    "create-instance": ("instance_name", "name", "api_url", "storage", "schema_str"),
    "sign-in": ("api_url",),
}
"""Which fields an action rests on, in the order of the form."""

_STRAY: Final = "If this is a password, empty the field."
_LEVELS: Final = ("error", "warning", "info")


def check(draft: Draft) -> dict[str, Message]:
    """Return the most important message for each field that has one.

    Args:
        draft: The form as it stands.
    """
    found: dict[str, Message] = {}
    for field, checks in _CHECKS.items():
        said = [message for look in checks if (message := look(draft)) is not None]
        if said:
            found[field] = min(said, key=lambda message: _LEVELS.index(message.level))
    return found


def first_error(draft: Draft, action: Action) -> tuple[str, Message] | None:
    """Return the first field, in the form's order, that keeps an action from starting.

    Args:
        draft: The form as it stands.
        action: What is to be done.
    """
    messages = check(draft)
    for field in REQUIRED.get(action, ()):
        message = messages.get(field)
        if message is not None and message.level == "error":
            return field, message
    return None


def _error(cause: str, *fixes: Fix, **facts: str) -> Message:
    title, _, _ = causes.find(cause).fill(facts)
    return Message("error", cause, title, fixes)


def _missing(field: str, cause: str) -> Callable[[Draft], Message | None]:
    def look(draft: Draft) -> Message | None:
        return None if str(getattr(draft, field)).strip() else _error(cause)

    return look


def _misplaced(field: str) -> Callable[[Draft], Message | None]:
    def look(draft: Draft) -> Message | None:
        text = getattr(draft, field)
        return _error("connection_string_misplaced") if looks_like_one(text) else None

    return look


def _host(draft: Draft) -> Message | None:
    try:
        parse_host(draft.host)
    except InvalidInput as error:
        fixes = _cleaned_host(draft)
        message = _error(error.cause, *fixes, **error.facts)
        stray = not fixes and re.search(r"[^\w.:\[\]-]", draft.host.strip())
        return replace(message, text=f"{message.text} {_STRAY}") if stray else message
    return None


def _cleaned_host(draft: Draft) -> tuple[Fix, ...]:
    """Offer the host, and the port where there is one, out of a longer text."""
    text = draft.host.strip().strip("'\"`<>,; ")
    read = _as_connection_string(text) if looks_like_one(text) else None
    host, port = read or _without_the_rest(text)
    try:
        host = parse_host(host)
        values: dict[str, str | int] = {"host": host}
        if port:
            values["port"] = parse_port(port)
    except InvalidInput:
        return ()
    with_port = f", port {values['port']}" if port else ""
    return (Fix(f"Use {host}{with_port}", values),)


def _as_connection_string(text: str) -> tuple[str, int | None] | None:
    try:
        pasted = parse(Secret(text))
    except InvalidInput:
        return None
    return (pasted.host, pasted.port) if pasted.host else None


def _without_the_rest(text: str) -> tuple[str, str | None]:
    """Cut scheme, user, path, query, invisible characters and port off a host."""
    text = re.sub(r"\s+(\d+)$", r":\1", text)  # host and port of two table cells
    text = "".join(char for char in text if char.isprintable())
    text = re.sub(r" *([.:]) *", r"\1", text)
    text = re.sub(r"^(?i:jdbc:)?[A-Za-z][\w+.-]*://", "", text)
    _, at, text = text.rpartition("@")
    text = re.split(r"[/?#\\]", text)[0]
    if at and "." not in text:
        return "", None  # more likely the end of a password
    found = re.fullmatch(r"(\[[^\]]*\]|[^:\[\]]*):(\d*)", text)
    return (found[1], found[2]) if found else (text, None)


def _port(draft: Draft) -> Message | None:
    try:
        parse_port(draft.port)
    except InvalidInput as error:
        return _error(error.cause, *notes.usual_port(draft))
    return None


def _password(draft: Draft) -> Message | None:
    return None if draft.has_password else _error("password_missing")


def _api_url(draft: Draft) -> Message | None:
    try:
        normalize_api_url(draft.api_url)
    except InvalidInput as error:
        return _error(error.cause, *_cleaned_api_url(draft.api_url.strip()))
    return None


def _cleaned_api_url(text: str) -> tuple[Fix, ...]:
    bare = re.sub(r"^(?i:https?:)?/*", "", text)
    bare = re.split(r"[?#]", bare)[0] if "@" not in bare else ""
    try:
        url = normalize_api_url(f"https://{bare}")
    except InvalidInput:
        url = DEFAULT_API_URL
    return (Fix(f"Use {url}", {"api_url": url}),)


def _organization(draft: Draft) -> Message | None:
    text = draft.organization_id.strip()
    if not text:
        return None
    try:
        canonical = str(uuid.UUID(text))
    except ValueError:
        return _error("organization_invalid")
    if canonical == text.lower():
        return None
    fix = Fix(f"Use {canonical}", {"organization_id": canonical})
    return _error("organization_invalid", fix)


def _escaped(field: str, what: str) -> Callable[[Draft], Message | None]:
    def look(draft: Draft) -> Message | None:
        name = getattr(draft, field).strip()
        if quote(name, safe="", errors="replace") == name:
            return None
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        stray = re.search(r"[^\w\s.,:/()&'+-]", name)  # seldom in a name
        offered = plain and not stray
        return Message(
            "warning",
            "name_escaped",
            f"{what} with spaces or special characters has to be escaped in URLs. "
            "Letters, digits and hyphens are easier to use elsewhere."
            + (f" {_STRAY}" if stray else ""),
            (Fix(f"Use {plain}", {field: plain}),) if offered else (),
        )

    return look


_CHECKS: Final[dict[str, tuple[Callable[[Draft], Message | None], ...]]] = {
    "name": (
        _missing("name", "name_missing"),
        _misplaced("name"),
        _escaped("name", "A name"),
    ),
    "api_server_name": (
        _missing("api_server_name", "region_missing"),
        _misplaced("api_server_name"),
        notes.region_unknown,
        notes.region_has_own_api,
    ),
    "host": (_host, notes.host_unreachable, notes.host_service, notes.host_idn),
    "port": (_port, notes.port_of_pooler, notes.port_of_other),
    "password": (_password, notes.password_space),
    "api_url": (_api_url,),
    "organization_id": (_organization,),
    "instance_name": (
        _missing("instance_name", "instance_name_missing"),
        _misplaced("instance_name"),
        _escaped("instance_name", "A name"),
    ),
}
