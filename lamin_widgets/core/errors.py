"""The exceptions of lamin_widgets: one root, and what it knows as attributes.

    LaminWidgetsError
     ├── InvalidInput           a value that cannot be used; nothing was sent
     ├── SignInError            no user, no token, or Lamin refuses the key
     ├── ConnectionFailed       no reply, or a broken one, from the Lamin API
     ├── ReplyError             the Lamin API answered, and not with a success
     ├── DatabaseError          PostgreSQL cannot be used, as seen from here
     └── ActionCancelled        the person pressed Cancel

Every one carries `cause`, an id of the catalogue in `lamin_widgets.core.failures`, which
also has the sentence and the advice. None carries a secret.
"""

from __future__ import annotations

from lamin_widgets.core import failures as causes

__all__ = [
    "ActionCancelled",
    "ConnectionFailed",
    "DatabaseError",
    "InvalidInput",
    "LaminWidgetsError",
    "ReplyError",
    "SignInError",
    "bare",
    "text_of",
]


class LaminWidgetsError(Exception):
    """Root of every exception that lamin_widgets raises.

    Attributes:
        cause: Id in the catalogue of failures, for example ``"name_taken"``.
        field: The form field concerned, or None.
        details: Redacted text from outside: a reply, or another library's message.
        http_status: Status code of the reply, or None where there was none.
        facts: Values for the placeholders of the catalogue's texts.
    """

    def __init__(
        self,
        message: str,
        *,
        cause: str = "unexpected",
        field: str | None = None,
        details: str = "",
        http_status: int | None = None,
        facts: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.cause = cause
        self.field = field
        self.details = details
        self.http_status = http_status
        self.facts = facts or {}

    def __str__(self) -> str:
        """Return the catalogue's sentence, advice and command for the case."""
        if self.cause == "unexpected":
            return super().__str__()
        title, advice, command = causes.find(self.cause).fill(self.facts)
        return f"{title} {advice}".strip() + (f"\n  {command}" if command else "")


class InvalidInput(LaminWidgetsError, ValueError):
    """A value that cannot be used. Nothing was sent."""


class SignInError(LaminWidgetsError):
    """Nobody is signed in, or Lamin does not accept the key or token."""


class ConnectionFailed(LaminWidgetsError):
    """The Lamin API gave no reply, or the reply broke off.

    Attributes:
        sent: Whether the request may have reached the API. Where it certainly did
            not, it is safe to send it again.
    """

    def __init__(
        self,
        message: str,
        *,
        cause: str = "unexpected",
        details: str = "",
        facts: dict[str, str] | None = None,
        sent: bool,
    ) -> None:
        super().__init__(message, cause=cause, details=details, facts=facts)
        self.sent = sent


class ReplyError(LaminWidgetsError):
    """The Lamin API answered with something else than a success."""


class DatabaseError(LaminWidgetsError):
    """The PostgreSQL server cannot be used, as seen from this machine."""


class ActionCancelled(LaminWidgetsError):
    """The person cancelled the action while it ran."""


def text_of(error: BaseException) -> str:
    """Return the text of a foreign exception; empty where it cannot be shown.

    Raising here instead would show, in the frames on the way, what it holds.
    """
    try:
        return str(error)
    except Exception:  # noqa: BLE001  # a foreign __str__
        return ""


def bare(kind: type[BaseException]) -> BaseException:
    """Return an exception of this kind, without what another one of it holds.

    Call it outside of `except`, else the other one becomes its context.
    """
    try:
        return kind()
    except Exception:  # noqa: BLE001  # it is not made without arguments
        return LaminWidgetsError(kind.__name__, details=kind.__name__)
