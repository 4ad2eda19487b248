"""The gate in: validation of the page's messages.

Messages and state updates of the page pass these functions. They accept known kinds and
writable, unlocked fields, check types and sizes, and drop the rest.
"""

from __future__ import annotations

from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Literal,
    NamedTuple,
    TypeAlias,
    get_args,
)

from lamin_widgets.core.secret import Secret, may_hold_secret
from lamin_widgets.form.fields import FIELDS, WRITABLE
from lamin_widgets.form.misplaced import looks_like_connection_string
from lamin_widgets.session.panels import PANELS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lamin_widgets.core.outcome import Action

LONGEST_ENTRY: Final = 16_384
"""The longest value of a field and the longest secret, in characters and bytes."""
LARGEST_PORT: Final = 10**15
HELLO: Final = b"\x01\x02\x03\x04"
"""The buffer that a view sends to show that it can carry buffers."""

Kind: TypeAlias = Literal[
    "hello", "password", "connection-string", "forget-password", "action"
]
KINDS: Final = frozenset(get_args(Kind))
ACTION_OF_BUTTON: Final[dict[str, Action]] = {
    "diagnose": "diagnose",
    "register": "register",
    "test": "test",
    "create-instance": "create-instance",
    "sign-in": "sign-in",
    "sign-in-once": "sign-in",
    "sign-out": "sign-out",
    "keep-checking-diagnose": "diagnose",
    "keep-checking-test": "test",
}
"""The actions that buttons start, by the names that the page sends."""
BUTTONS: Final = frozenset(
    {*ACTION_OF_BUTTON, "register-anyway", "send-anyway", "cancel"}
)
"""The names of all buttons that the page can send."""


class Message(NamedTuple):
    """A message of the page.

    Attributes:
        kind: One of the known kinds.
        action: For "action": what the button asks for.
        field: For "connection-string": where it was pasted.
        values: The fields as the view has them, without connection strings.
        strings: Connection strings among the fields.
        secret: The one buffer, as text.
        is_hello: Whether the buffer is that of a hello.
    """

    kind: Kind
    action: str
    field: str
    values: dict[str, str | int]
    strings: dict[str, Secret]
    secret: Secret | None
    is_hello: bool


class Update(NamedTuple):
    """A state update of the page.

    Attributes:
        values: The traits to set.
        strings: Connection strings that were entered in fields.
        refused: Traits to send back, because the page's value isn't accepted.
    """

    values: dict[str, str | int]
    strings: dict[str, Secret]
    refused: list[str]


def read_message(
    content: Any, buffers: Sequence[Any] | None, locked: Collection[str]
) -> Message | None:
    """Return a message of a known kind, or None.

    Args:
        content: The content of a custom message.
        buffers: Its binary buffers.
        locked: Fields that the page can't change.
    """
    if not isinstance(content, dict):
        return None
    kind = content.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        return None
    action = content.get("action") if kind == "action" else ""
    if not isinstance(action, str) or (kind == "action" and action not in BUTTONS):
        return None
    if (action or kind) in _closed_by(locked):
        return None
    field, given = content.get("field"), content.get("values")
    update = read_update(given if isinstance(given, dict) else {}, locked)
    raw = _read_buffer(buffers)
    return Message(
        kind,  # type: ignore[arg-type]
        action,
        field if isinstance(field, str) and field in FIELDS else "paste",
        update.values,
        update.strings,
        _read_secret(raw),
        raw == HELLO,
    )


def _closed_by(locked: Collection[str]) -> set[str]:
    """Return the messages and actions that locked secrets rule out."""
    closed: set[str] = set()
    if "password" in locked:
        closed |= {"password", "forget-password"}
    if "api_key" in locked:
        closed |= {"sign-in", "sign-in-once", "sign-out"}
    return closed


def read_update(given: dict[Any, Any], locked: Collection[str]) -> Update:
    """Return what is accepted of a state update.

    Args:
        given: Values by the names of traits.
        locked: Fields that the page can't change.
    """
    values: dict[str, str | int] = {}
    strings: dict[str, Secret] = {}
    refused: list[str] = []
    for name, value in given.items():
        if not isinstance(name, str):
            continue
        if name in WRITABLE and name not in locked and _is_plain(name, value):
            if isinstance(value, str) and may_be_secret(value):
                strings[name] = Secret(value)
            else:
                values[name] = plain_port(value) if name == "port" else value
        elif name == "panel" and isinstance(value, str) and value in {"", *PANELS}:
            values[name] = value
        else:
            refused.append(name)
    return Update(values, strings, refused)


def may_be_secret(value: str) -> bool:
    """Return whether a field's value is a connection string, or may hold a secret."""
    return looks_like_connection_string(value) or may_hold_secret(value)


def plain_port(value: Any) -> str | int:
    """Return a port as a number, or "" for what isn't one.

    Password managers fill in user names and passwords, so no other text is kept.
    """
    if isinstance(value, int):
        return value
    text = value.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else ""  # noqa: PLR2004  # digits


def _is_plain(name: str, value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST_ENTRY
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return name == "port" and is_number and 0 <= value < LARGEST_PORT


def _read_buffer(buffers: Sequence[Any] | None) -> bytes:
    """Return the one buffer, or nothing."""
    try:
        return bytes(buffers[0]) if buffers and len(buffers) == 1 else b""
    except (TypeError, ValueError):
        return b""


def _read_secret(raw: bytes) -> Secret | None:
    try:
        text = raw.decode("utf-8") if len(raw) <= LONGEST_ENTRY else ""
    except UnicodeDecodeError:
        return None
    return Secret(text) if text else None
