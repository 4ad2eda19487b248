"""The exceptions of lamin_widgets: one root, with the facts as attributes.

    LaminWidgetsError
     ├── InvalidInput           a value that can't be used; nothing was sent
     ├── SignInError            no user, no token, or Lamin rejects the key
     ├── ConnectionFailed       no reply, or an incomplete one, from the Lamin API
     ├── ReplyError             the Lamin API replied, but not with a success
     ├── DatabaseError          the PostgreSQL server can't be used
     └── ActionCancelled        the action was canceled

Each exception has a `cause`, which is an id of the catalog in
`lamin_widgets.core.failures`. The catalog has the texts. No exception contains a
secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lamin_widgets.core.failures import CATALOG

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lamin_widgets.core.failures import CauseId


class LaminWidgetsError(Exception):
    """Base class of the exceptions that lamin_widgets raises.

    The texts are plain text, and can quote a server. Escape them before you show them
    as HTML or Markdown.

    Attributes:
        cause: Id in the catalog of failures, for example ``"name_taken"``.
        field: Name of the form field with the error, or None for the catalog's field.
        details: Text from a server, with secrets redacted.
        http_status: HTTP status code of the reply, or None without a reply.
        facts: Values for the placeholders of the catalog's texts, with secrets
            redacted.
    """

    def __init__(
        self,
        message: str = "",
        *,
        cause: CauseId = "unexpected",
        field: str | None = None,
        details: str = "",
        http_status: int | None = None,
        facts: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.cause = cause
        self.field = field
        self.details = details
        self.http_status = http_status
        self.facts = dict(facts or {})

    def __str__(self) -> str:
        """Return the title, advice, and command from the catalog."""
        if self.cause == "unexpected":
            return super().__str__() or self.details
        title, advice, command = CATALOG[self.cause].fill(self.facts)
        return f"{title} {advice}".strip() + (f"\n  {command}" if command else "")


class InvalidInput(LaminWidgetsError, ValueError):
    """A value that can't be used. Nothing was sent."""


class SignInError(LaminWidgetsError):
    """No user is signed in, or Lamin doesn't accept the key or token."""


class ConnectionFailed(LaminWidgetsError):
    """The Lamin API gave no complete reply.

    Attributes:
        sent: Whether the request might have reached the API. If false, it's safe to
            send the request again.
    """

    def __init__(
        self,
        *,
        cause: CauseId,
        details: str = "",
        facts: Mapping[str, str] | None = None,
        sent: bool,
    ) -> None:
        super().__init__(cause=cause, details=details, facts=facts)
        self.sent = sent


class ReplyError(LaminWidgetsError):
    """The Lamin API replied, but not with a success."""


class DatabaseError(LaminWidgetsError):
    """The PostgreSQL server can't be used."""


class ActionCancelled(LaminWidgetsError):
    """The action was canceled while it ran."""

    def __init__(self, *, no_effect: str = "") -> None:
        facts = {"no_effect": no_effect}
        super().__init__("Canceled.", cause="cancelled", facts=facts)

    @property
    def no_effect(self) -> str:
        """A sentence such as "Nothing was sent." if the action had no effect, or ""."""
        return self.facts["no_effect"]


def text_of(error: BaseException) -> str:
    """Return the text of an exception of another package, or "" if it has none.

    ``__str__`` of another package can raise, with secrets in the frames of its error.
    """
    try:
        return str(error)
    except Exception:  # noqa: BLE001  # Another package can raise any exception.
        return ""


def without_frames(kind: type[BaseException]) -> BaseException:
    """Return a new exception of a class, without the traceback of the original.

    Call it outside of an `except` block. Otherwise, the original becomes its context.
    """
    try:
        return kind()
    except Exception:  # noqa: BLE001  # The class requires arguments.
        return LaminWidgetsError(details=kind.__name__)
