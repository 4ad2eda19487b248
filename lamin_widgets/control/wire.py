"""The messages between the view and the kernel.

They are custom messages, never synced state. Secrets travel as their binary buffer,
because kernels log the JSON of messages. Unknown kinds are ignored by both sides. The
same kinds are declared in `static/model.d.ts`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypedDict, cast, get_args

from lamin_widgets.core.outcome import Action
from lamin_widgets.core.secret import Secret
from lamin_widgets.form.fields import FIELDS, WRITABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FromView", "ToView", "read_message", "read_secret"]

LONGEST: Final = 100_000
"""Bytes; no password, key or connection string is longer."""


class SecretFromView(TypedDict):
    """A secret, in the message's one buffer, as UTF-8. An empty password is none.

    `field` is the input that it was typed into; `values`, of a connection string, are
    the fields as the view has them.
    """

    kind: Literal["password", "connection-string", "api-key"]
    field: str
    values: dict[str, str | int]


class ForgetPassword(TypedDict):
    """The person pressed Forget password."""

    kind: Literal["forget-password"]


class Hello(TypedDict):
    """A view was drawn."""

    kind: Literal["hello"]


class ActionFromView(TypedDict):
    """The person pressed a button. `values` are the fields as the view has them."""

    kind: Literal["action"]
    action: Action | Literal["cancel"]
    values: dict[str, str | int]


class ClearSecrets(TypedDict):
    """Every view empties these secret inputs, but for what was typed since."""

    kind: Literal["clear-secrets"]
    fields: list[str]


class Focus(TypedDict):
    """The view that was used last moves the focus to a field."""

    kind: Literal["focus"]
    field: str


FromView = SecretFromView | ForgetPassword | Hello | ActionFromView
ToView = ClearSecrets | Focus

_KINDS: Final = frozenset(
    {
        *("password", "connection-string", "api-key"),
        *("forget-password", "hello", "action"),
    }
)
_ACTIONS: Final = frozenset({*get_args(Action), "cancel"})


def read_message(content: Any) -> FromView | None:
    """Return a message of a known kind, or None."""
    if not isinstance(content, dict) or content.get("kind") not in _KINDS:
        return None
    if content["kind"] == "action" and content.get("action") not in _ACTIONS:
        return None
    field = content.get("field")
    known = {
        "field": field if field in FIELDS else "",
        "values": _values(content.get("values")),
    }
    return cast("FromView", {**content, **known})


def _values(given: Any) -> dict[str, str | int]:
    values = given if isinstance(given, dict) else {}
    return {
        field: value
        for field, value in values.items()
        if field in WRITABLE and isinstance(value, (str, int))
    }


def read_secret(buffers: Sequence[Any] | None) -> Secret | None:
    """Return the secret in the message's one buffer, or None."""
    if not buffers or len(buffers) != 1 or len(buffers[0]) > LONGEST:
        return None
    try:
        return Secret(bytes(buffers[0]).decode("utf-8"))
    except UnicodeDecodeError:
        pass
    return None
