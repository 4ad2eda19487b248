"""From the text of a failed PostgreSQL connection to its cause. Text in, cause out.

For a failed connection psycopg2 knows no SQLSTATE, so the text has to decide. libpq
tries several addresses, and TLS and clear text in turn, and writes one message for
each. Lamin's own check answers with such texts, too.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = [
    "LET_IN",
    "cause_of",
    "in_clear_text_only",
    "said",
    "seen_as",
    "without_repeats",
]

_LONGEST: Final = 20_000
"""More characters than any message of libpq has; what follows is not looked at."""

# Where the message of an attempt begins; psycopg2 takes the first one's prefix away.
_ATTEMPT: Final = re.compile(
    r"(?=connection to server (?:at|on) )|(?<!failed: )(?=FATAL:)"
)
_QUOTED: Final = re.compile(r'"([^"\n]*)"')
_SEEN_AS: Final = re.compile(r'(?:entry|connection) for host "([0-9a-fA-F.:]{2,45})"')
_CLEAR_TEXT: Final = re.compile(
    r'pg_hba\.conf (?:entry|rejects connection) for host "[^"\n]*", '
    r'user "[^"\n]*", database "[^"\n]*", (?:no encryption|SSL off)'
)

# Quoted names other than postgres are emptied before these are looked for, so that no
# name can pass for a message.
_MESSAGES: Final[dict[str, tuple[str, ...]]] = {
    "db_name_unknown": (
        r"could not translate host name",
        r"failed to resolve host",
        r"Name or service not known",
        r"Temporary failure in name resolution",
        r"No address associated with hostname",
        r"nodename nor servname provided",
    ),
    "db_tls_unsupported": (
        r"server does not support SSL, but SSL was required",
        r"rejected SSL upgrade",
    ),
    "db_tls_required": (
        r"FATAL:\s+SSL connection is required",
        r"FATAL:\s+SSL required",
        r"connection is insecure \(try using .?sslmode=require",
    ),
    "db_certificate": (
        r"certificate verify failed",
        r"server certificate for \"\" .{0,40}does not match host name",
        r"root certificate file \"\" does not exist",
        r"could not read root certificate file",
    ),
    "db_not_postgres": (
        r"invalid response to SSL negotiation",
        r"expected authentication request",
    ),
    "db_not_allowed": (
        r"no pg_hba\.conf entry",
        r"pg_hba\.conf rejects connection",
    ),
    "password_rejected": (
        r"password authentication failed for user",
        r"SASL authentication failed",
    ),
    "password_missing": (r"fe_sendauth: no password supplied",),
    "role_missing": (r'role "postgres" does not exist',),
    "database_missing": (
        r'database "postgres" does not exist',
        r"no such database: postgres\b",
    ),
    "login_not_permitted": (r'role "postgres" is not permitted to log in',),
    "connect_not_permitted": (r'permission denied for database "postgres"',),
    "too_many_connections": (
        r"too many clients already",
        r"remaining connection slots are reserved",
        r"too many connections for (?:role|database)",
        r"no more connections allowed",
        r"[Mm]ax client connections reached",
    ),
    "starting_up": (
        r"the database system is (?:starting up|shutting down|in recovery mode)",
        r"the database system is not (?:yet )?accepting connections",
        r"terminating connection due to administrator command",
    ),
    "db_refused": (r"Connection refused", r"Connect call failed"),
    "db_unreachable": (
        r"timeout expired",
        r"[Cc]onnection timed out",
        r"Operation timed out",
        r"No route to host",
        r"Network is unreachable",
        r"Host is down",
    ),
}
_PATTERNS: Final = {
    cause: re.compile("|".join(messages)) for cause, messages in _MESSAGES.items()
}

LET_IN: Final = frozenset(
    {
        "connect_not_permitted",
        "database_missing",
        "login_not_permitted",
        "password_missing",
        "password_rejected",
        "role_missing",
        "too_many_connections",
    }
)
"""What a server can say once its pg_hba.conf has let a connection in."""

# How little an attempt got to know; the one that got furthest decides.
_NOT_REACHED: Final = ("db_refused", "db_unreachable")


def cause_of(text: str) -> str | None:
    """Tell what a failed connection failed of.

    Args:
        text: The message of libpq, psycopg, or of Lamin's check; not redacted, because
            a mask may stand where the message was.

    Returns:
        An id of the catalogue in `lamin_widgets.core.failures`, or None where no row fits: a
        message in another language, or attempts that contradict each other.
    """
    found = {_cause_of_attempt(attempt) for attempt in _decisive(text)}
    # One of several addresses was reached: what it said counts.
    found = found.difference(_NOT_REACHED) or found
    if len(found) > 1 and found.issuperset(_NOT_REACHED):
        return _of_unreached(text)
    if len(found) > 1 and "db_not_allowed" in found:
        # Two rules were met, one for TLS and one for clear text; one let us in.
        found.discard("db_not_allowed")
    return found.pop() if len(found) == 1 else None


def in_clear_text_only(text: str) -> bool:
    """Tell whether all that pg_hba.conf turned down was connections without TLS."""
    return all(_CLEAR_TEXT.search(attempt) for attempt in _attempts(text))


def seen_as(text: str) -> str | None:
    """Return the address that the server saw, where its message names it."""
    found = _SEEN_AS.search(text[:_LONGEST])
    return found[1] if found else None


def without_repeats(text: str) -> str:
    """Return the message with each of its lines once, in their order."""
    lines = (line.strip() for line in text[:_LONGEST].splitlines())
    return "\n".join(dict.fromkeys(line for line in lines if line))


def said(text: str) -> str:
    """Return what decided, without libpq's words about where it was connected to.

    Args:
        text: The message of libpq, redacted.
    """
    messages = (
        attempt.partition(" failed: ")[2] or attempt for attempt in _decisive(text)
    )
    lines = (" ".join(message.split()) for message in messages)
    return " ".join(dict.fromkeys(lines))


def _decisive(text: str) -> list[str]:
    attempts = _attempts(text)
    # With sslmode=prefer libpq tries clear text after TLS was turned down. That no
    # rule is for clear text then says nothing about why TLS was.
    return [a for a in attempts if not _CLEAR_TEXT.search(a)] or attempts[:1]


def _attempts(text: str) -> list[str]:
    """Split a message into those of libpq's single attempts."""
    plain = text[:_LONGEST].replace('\\"', '"')
    head, *attempts = _ATTEMPT.split(plain)
    # Before the first: an attempt of its own, or the words of who passes it on.
    if not attempts or head.endswith("\n") or _cause_of_attempt(head):
        attempts.insert(0, head)
    return list(dict.fromkeys(attempt.strip() for attempt in attempts))


def _cause_of_attempt(attempt: str) -> str | None:
    known = _QUOTED.sub(
        lambda match: match[0] if match[1] == "postgres" else '""', attempt
    )
    for cause, pattern in _PATTERNS.items():
        if pattern.search(known):
            return cause
    return None


def _of_unreached(text: str) -> str:
    """Decide between addresses that refused and addresses that kept silent.

    Without an IPv6 network the first address fails at once, and says nothing about
    the server.
    """
    silent = re.search(r"timeout expired|timed out|No route to host|Host is down", text)
    return "db_unreachable" if silent else "db_refused"
