"""From an exception of psycopg2 to this package's own, without the password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lamin_widgets.core.errors import DatabaseError, text_of
from lamin_widgets.core.secret import redact
from lamin_widgets.postgres.errors import cause_of, said, seen_as, without_repeats

if TYPE_CHECKING:
    from lamin_widgets.core.secret import Secret

__all__ = ["failure"]

_SQLSTATES: Final = {
    "53300": "too_many_connections",
    "57P01": "starting_up",  # admin_shutdown
    "57P02": "starting_up",  # crash_shutdown
    "57P03": "starting_up",  # cannot_connect_now
}
_LONGEST: Final = 300
"""So many characters of what the server said fit into a step."""


def failure(error: Exception, password: Secret) -> DatabaseError:
    """Translate an exception, whatever it is.

    Args:
        error: Of psycopg2, or anything else that came up.
        password: Removed from the text, after the cause was read from it.

    Returns:
        With the cause, or `unexpected` where no row of the catalogue fits.
    """
    text = text_of(error)
    code = getattr(error, "pgcode", None)
    cause = _SQLSTATES.get(code) if code else cause_of(text)
    details = redact(without_repeats(text), [password])
    shown = said(details)[:_LONGEST]
    address = seen_as(text) if cause == "db_not_allowed" else None
    if address:
        shown += f". The server sees this machine as {address}."
    return DatabaseError(
        shown or type(error).__name__,
        cause=cause or "unexpected",
        details=details or type(error).__name__,
    )
