"""Validation of everything that the page sends.

`read_message` validates custom messages, and `read_changes` validates changes of
traits. They accept known kinds of messages, and values of the right type and size for
fields that aren't locked. They leave out the rest.
"""

from collections.abc import Collection, Sequence
from typing import Any, Final, Literal, NamedTuple, TypeAlias, get_args

from lamin_widgets.core.action_names import Action
from lamin_widgets.core.secret import Secret, may_hold_secret
from lamin_widgets.form.fields import WRITABLE
from lamin_widgets.form.misplaced import looks_like_connection_string
from lamin_widgets.session.panels import PANELS

LONGEST_ENTRY: Final = 16_384
"""The maximum length of a field's value in characters, and of a secret in bytes."""
LONGEST_PORT: Final = 15
"""The maximum number of digits. A larger number could be a password."""
HELLO: Final = b"\x01\x02\x03\x04"
"""The buffer that a view sends with `hello`, to find out if buffers arrive."""

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
"""The actions that buttons start, by the button's name in a message."""
BUTTONS: Final = frozenset(
    {*ACTION_OF_BUTTON, "register-anyway", "send-anyway", "cancel"}
)
"""The names of all buttons in messages."""


class Changes(NamedTuple):
    """The valid parts of a change of traits from the page.

    Attributes:
        values: The traits to set.
        strings: The connection strings that were entered in fields.
        rejected: The traits whose values weren't accepted.
    """

    values: dict[str, str | int]
    strings: dict[str, Secret]
    rejected: list[str]


class Message(NamedTuple):
    """A valid message of the page.

    Attributes:
        kind: The kind of message.
        button: For "action": the name of the button. Otherwise "".
        field: For "connection-string": the field into which it was pasted.
        changes: The valid values of the fields in the view.
        secret: The text of the message's binary buffer, or None.
        is_hello: Whether the buffer is `HELLO`.
    """

    kind: Kind
    button: str
    field: str
    changes: Changes
    secret: Secret | None
    is_hello: bool


def read_message(
    content: Any, buffers: Sequence[Any] | None, locked: Collection[str]
) -> Message | None:
    """Return a message if it's valid, or None."""
    if not isinstance(content, dict):
        return None
    kind = content.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        return None
    button = content.get("action") if kind == "action" else ""
    if not isinstance(button, str) or (kind == "action" and button not in BUTTONS):
        return None
    if (button or kind) in _forbidden_by(locked):
        return None
    field, given = str(content.get("field")), content.get("values")
    raw = _read_buffer(buffers)
    return Message(
        kind,  # type: ignore[arg-type]  # mypy doesn't narrow it to KINDS
        button,
        field if field in WRITABLE and field not in locked else "paste",
        read_changes(given if isinstance(given, dict) else {}, locked),
        _read_secret(raw),
        raw == HELLO,
    )


def _forbidden_by(locked: Collection[str]) -> set[str]:
    """Return the kinds of messages and the buttons that locked secrets forbid."""
    forbidden: set[str] = set()
    if "password" in locked:
        forbidden |= {"password", "forget-password"}
    if "api_key" in locked:
        forbidden |= {"sign-in", "sign-in-once", "sign-out"}
    return forbidden


def read_changes(given: dict[Any, Any], locked: Collection[str]) -> Changes:
    """Return the valid parts of a change of traits."""
    values: dict[str, str | int] = {}
    strings: dict[str, Secret] = {}
    rejected: list[str] = []
    for name, value in given.items():
        if not isinstance(name, str):
            continue
        if name in WRITABLE and name not in locked and _is_plain(name, value):
            if may_be_secret(value):
                strings[name] = Secret(value)
            else:
                values[name] = plain_port(value) if name == "port" else value
        elif name == "panel" and isinstance(value, str) and value in {"", *PANELS}:
            values[name] = value
        else:
            rejected.append(name)
    return Changes(values, strings, rejected)


def may_be_secret(value: object) -> bool:
    """Return whether a field's value is a connection string, or could be a secret."""
    if isinstance(value, str):
        return looks_like_connection_string(value) or may_hold_secret(value)
    return isinstance(value, Secret)


def plain_port(value: Any) -> str | int:
    """Return a port as a number, or "" for any other text.

    Other text is discarded, because a password manager could have filled in a password.
    """
    if isinstance(value, int):
        return value
    text = value.strip()
    is_number = text.isascii() and text.isdigit() and len(text) <= LONGEST_PORT
    return int(text) if is_number else ""


def _is_plain(name: str, value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST_ENTRY
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return name == "port" and is_number and 0 <= value < 10**LONGEST_PORT


def _read_buffer(buffers: Sequence[Any] | None) -> bytes:
    """Return the bytes of the only buffer, or b"" if there isn't exactly one."""
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
