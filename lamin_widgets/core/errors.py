"""The exceptions of lamin_widgets: one root, with the facts as attributes.

    LaminWidgetsError
     ├── InvalidInput           a value that can't be used; nothing was sent
     ├── SignInError            no user, no token, or Lamin rejects the key
     ├── ConnectionFailed       no reply, or an interrupted one, from the Lamin API
     ├── ReplyError             the Lamin API replied, but not with a success
     ├── DatabaseError          the PostgreSQL server can't be used
     └── ActionCancelled        the action was canceled

Each one has a `cause`, an id of the catalog in `lamin_widgets.core.failures`, which
has the texts. No exception holds a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lamin_widgets.core.failures import CATALOG

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lamin_widgets.core.failures import CauseId


class LaminWidgetsError(Exception):
    """Root of every exception that lamin_widgets raises.

    Attributes:
        cause: Id in the catalog of failures, for example ``"name_taken"``.
        field: The form field concerned, or None for the catalog's.
        details: External text, redacted by `redaction.safe_text`.
        http_status: Status code of the reply, or None if there was none.
        facts: Values for the placeholders of the catalog's texts. External values
            are redacted by `redaction.safe_text`.
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
        """Return the catalog's title, advice, and command for the case."""
        if self.cause == "unexpected":
            return super().__str__()
        title, advice, command = CATALOG[self.cause].fill(self.facts)
        return f"{title} {advice}".strip() + (f"\n  {command}" if command else "")


class InvalidInput(LaminWidgetsError, ValueError):
    """A value that can't be used. Nothing was sent."""


class SignInError(LaminWidgetsError):
    """No user is signed in, or Lamin doesn't accept the key or token."""


class ConnectionFailed(LaminWidgetsError):
    """The Lamin API gave no complete reply.

    Attributes:
        sent: Whether the request might have reached the API. If it certainly didn't,
            sending it again is safe.
    """

    def __init__(
        self,
        message: str = "",
        *,
        cause: CauseId = "unexpected",
        details: str = "",
        facts: Mapping[str, str] | None = None,
        sent: bool,
    ) -> None:
        super().__init__(message, cause=cause, details=details, facts=facts)
        self.sent = sent


class ReplyError(LaminWidgetsError):
    """The Lamin API replied, but not with a success."""


class DatabaseError(LaminWidgetsError):
    """The PostgreSQL server can't be used."""


class ActionCancelled(LaminWidgetsError):
    """The action was canceled while it ran.

    Attributes:
        no_effect: If the action certainly changed nothing, the sentence that shows why.
    """

    def __init__(self, message: str = "Canceled.", *, no_effect: str = "") -> None:
        super().__init__(message, cause="cancelled", facts={"sent": no_effect})
        self.no_effect = no_effect


def text_of(error: BaseException) -> str:
    """Return the text of a foreign exception, or an empty string if it has none.

    A foreign ``__str__`` can raise, and the frames of that error would hold its values.
    """
    try:
        return str(error)
    except Exception:  # noqa: BLE001  # a foreign __str__
        return ""


def without_frames(kind: type[BaseException]) -> BaseException:
    """Return a new exception of a kind, without the values of the original.

    Call it outside of `except`. Otherwise the original becomes its context.
    """
    try:
        return kind()
    except Exception:  # noqa: BLE001  # the kind requires arguments
        return LaminWidgetsError(kind.__name__, details=kind.__name__)
