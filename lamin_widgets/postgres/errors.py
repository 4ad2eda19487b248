"""Classification of failed PostgreSQL connections.

A text can report several attempts, because libpq tries each address of a host, and
because connection poolers and drivers quote other messages. For each attempt, the
SQLSTATE decides, and then the text. The attempt that progressed farthest gives the
cause.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lamin_widgets.core.hosts import literal_address
from lamin_widgets.core.redaction import safe_text
from lamin_widgets.core.url_parts import DATABASE, USER
from lamin_widgets.postgres.encodings import LONGEST_MESSAGE
from lamin_widgets.postgres.messages import (
    CODES,
    EXCEPTIONS,
    KEYWORDS,
    PHRASES,
    POOLERS,
    PROGRESS,
    SEVERITIES,
    TRANSLATIONS,
    UNANSWERED,
    UNREACHED,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lamin_widgets.core.failures import CauseId
    from lamin_widgets.core.hosts import IPAddress
    from lamin_widgets.core.secret import Secret

_LONGEST_SENTENCE: Final = 200
"""The maximum length of a server's sentence in a title, in characters."""

_CODE: Final = r"(?!ERROR|FATAL|PANIC)[0-9A-Z]{5}"
_CLASSES: Final = (
    # Drivers report the excluded codes without contacting a server.
    r"(?!0800[0136])(?:0[0-9A-Z]|2[0-9A-Z]|3[489BDF]|4[024]|5[34578]|72|F0|HV|P0|XX)[0-9A-Z]{3}"
)
_WORDS: Final = "|".join(sorted(SEVERITIES, key=len, reverse=True))
_SEVERITY: Final = re.compile(
    rf"(?:^|(?<=[\s\uff1a:>\"'(\[]))(?P<word>{_WORDS}) ?[:\uff1a](?P<gap>\s*)"
    rf"(?:(?P<code>{_CODE}):\s)?"
    # In verbose messages, the SQLSTATE proves that an unknown word is a severity.
    rf"|(?:^|(?<=failed: ))[^:\n]{{0,31}}:\s{{1,2}}(?P<other>{_CODE}):\s",
    re.MULTILINE,
)
_SERVER: Final = re.compile(r"(?=connection to server (?:at|on) )")
_PREFIX: Final = re.compile(
    r"\A(?:connection failed: )?connection to server (?:at|on) [^\n]{0,400}? failed: ?"
)
_MENTIONED_CODE: Final = re.compile(rf"(?i:sqlstate|\bcode)\W{{1,4}}({_CLASSES})\b")
_EXCEPTION: Final = re.compile(rf"\b({'|'.join(EXCEPTIONS)})(?:Error)?\b")
_QUOTED: Final = re.compile(
    r'"([^"\n]{0,200})"|»([^«»\n]{0,200})«|«([^«»\n]{0,200})»'
    r"|„([^„“”\n]{0,200})[“”]|“([^“”\n]{0,200})”"
)
_NEXT_FIELD: Final = re.compile(
    r"\n(?=[^\S\n]{0,20}(?:\n|\(Background)|\t|This may"
    r"|[^\s:\uff1a][^:\uff1a\n]{0,30}[:\uff1a]\s\s)"
)
_ESCAPED: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([ntr\"'/]))")
_IPV6: Final = re.compile(r"[\[('\"]([0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F.]{0,15}[\])'\"]")
_UNENCRYPTED: Final = re.compile(
    r"no encryption|SSL off|(?:keine|ohne) Verschlüsselung|(?:sans|aucun) chiffrement"
    r"|sin cifrado|без шифрования|(?:没有|无)加密|暗号化なし"
)
_METHOD: Final = re.compile(
    r"\b(LDAP|RADIUS|GSSAPI|SSPI|Ident|Peer|OAuth|BSD|certificate|Kerberos)\b"
)


@dataclass(frozen=True, slots=True)
class Classified:
    """The cause of a failed connection.

    Attributes:
        cause: Id in the catalog of failures, or `connection_failed` if unknown.
        facts: Values for the cause's texts, with secrets redacted.
    """

    cause: CauseId
    facts: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One attempt to connect that a text reports."""

    message: str
    cause: CauseId | None

    @property
    def progress(self) -> int:
        unencrypted = self.cause == "db_not_allowed" and _is_unencrypted(self.message)
        return progress(self.cause, without_tls=unencrypted)


def progress(cause: CauseId | None, *, without_tls: bool = False) -> int:
    """Return a number for the progress of an attempt, larger for more progress.

    Args:
        cause: The cause of its failure, or None if it isn't known.
        without_tls: Whether the server refused it only because it didn't use TLS.
    """
    if without_tls or cause == "db_tls_required":
        return PROGRESS.index("without TLS")
    return PROGRESS.index(cause or "") if (cause or "") in PROGRESS else len(PROGRESS)


def classify_text(
    text: str,
    facts: Mapping[str, str] | None = None,
    secrets: Iterable[Secret] = (),
) -> Classified:
    """Return the cause of a failure that Lamin's check reports.

    Args:
        text: The report, in any form, not redacted.
        facts: Facts about the server. ``managed`` is "yes" on a managed service.
        secrets: Secrets to redact in the facts of the result.
    """
    found = classify(text, secrets=secrets)
    if found.cause != "connection_failed":
        return Classified(for_provider(found.cause, facts or {}), found.facts)
    sentence = found.facts["sentence"]
    reported = f"Lamin reports: “{sentence}”." if sentence else ""
    return Classified("check_failed", {**found.facts, "reported": reported})


def for_provider(cause: CauseId, facts: Mapping[str, str]) -> CauseId:
    """Return the managed-service variant of a cause, or the cause itself."""
    if facts.get("managed") != "yes":
        return cause
    rows: dict[CauseId, CauseId] = {
        "db_not_allowed": "db_not_allowed_managed",
        "not_superuser": "not_superuser_managed",
    }
    return rows.get(cause, cause)


def classify(
    text: str,
    *,
    code: str = "",
    secrets: Iterable[Secret | None] = (),
    encrypted: bool | None = None,
    reached: bool = False,
) -> Classified:
    """Return the cause of a failed connection.

    Args:
        text: The message of libpq, a driver, or a server. It must not be redacted,
            because a mask could hide a phrase.
        code: The SQLSTATE, if it isn't part of the text.
        secrets: Secrets to redact in the facts.
        encrypted: Whether the connection used TLS, or None if unknown.
        reached: Whether the server accepted the connection.
    """
    attempts = _attempts(text[:LONGEST_MESSAGE], code, reached=reached)
    decisive = max(attempts, key=lambda attempt: attempt.progress)
    sentence = _sentence(decisive.message if decisive.cause else text[:LONGEST_MESSAGE])
    shown = safe_text(sentence, list(secrets), _LONGEST_SENTENCE)
    facts = {"sentence": shown, **_details(decisive, shown)}
    if decisive.cause == "db_not_allowed":
        encrypted = _encryption(decisive.message, known=encrypted)
        facts |= _entry(decisive.message, encrypted=encrypted)
    return Classified(decisive.cause or "connection_failed", facts)


def _attempts(text: str, code: str, *, reached: bool) -> list[_Attempt]:
    """Split a text into the attempts that it reports."""
    return [
        attempt
        for piece in _SERVER.split(_plain(text))
        for attempt in _attempts_in(
            piece, code or _mentioned_code(piece), reached=reached
        )
    ]


def _plain(text: str) -> str:
    """Return a text without the quotation marks and escapes of JSON."""
    if text.lstrip()[:1] in {"{", "[", '"'}:
        try:
            return "\n".join(_strings(json.loads(text)))
        except (ValueError, RecursionError):
            pass  # It isn't JSON.
    if '\\"' in text or '{"' in text:
        text = re.sub(r'(?<!\\)"', " ", text)
    return _ESCAPED.sub(_unescape, text)


def _strings(value: object) -> Iterator[str]:
    """Return all strings in a value from JSON."""
    if isinstance(value, dict):
        for key, each in value.items():
            # Keep the key, because some keys matter, for example "code".
            yield from (f"{key}: {text}" for text in _strings(each))
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)
    elif value is not None:
        yield str(value)


def _mentioned_code(piece: str) -> str:
    mentioned = _MENTIONED_CODE.search(piece)
    exception = _EXCEPTION.search(piece)
    if mentioned:
        return mentioned[1]
    return EXCEPTIONS[exception[1]] if exception else ""


def _attempts_in(piece: str, code: str, *, reached: bool) -> Iterator[_Attempt]:
    """Split a text with at most one prefix of libpq at the messages of servers."""
    marks = list(_SEVERITY.finditer(piece))
    starts = [mark.start() for mark in marks]
    head = _PREFIX.sub("", piece[: starts[0]] if marks else piece)
    if head.strip() or not marks:
        is_ipv6 = _IPV6.search(piece) is not None
        yield _classify_attempt(
            head, "" if marks else code, is_ipv6=is_ipv6, reached=reached
        )
    for mark, end in zip(marks, [*starts[1:], len(piece)], strict=False):
        # Programs that aren't PostgreSQL write "ERROR: " with one space.
        is_vague = mark["word"] == "ERROR" and len(mark["gap"]) < 2  # noqa: PLR2004
        own = mark["code"] or mark["other"] or code
        message = piece[mark.end() : end]
        yield _classify_attempt(message, own, is_server=not is_vague, reached=reached)


def _unescape(escape: re.Match[str]) -> str:
    """Return the character of an escape sequence in JSON."""
    if escape[1]:
        return chr(int(escape[1], 16))
    return {"n": "\n", "t": "\t", "r": "\n"}.get(escape[2], escape[2])


def _classify_attempt(
    message: str,
    code: str,
    *,
    reached: bool,
    is_server: bool = False,
    is_ipv6: bool = False,
) -> _Attempt:
    """Return an attempt with its cause."""
    searched = _QUOTED.sub(_without_name, message)
    is_server = is_server or bool(code)
    cause = _cause(searched, code, is_server=is_server, reached=reached)
    if cause == "ipv6_only" and not is_ipv6:
        cause = "db_unreachable"
    return _Attempt(message, cause)


def _without_name(quoted: re.Match[str]) -> str:
    """Remove a quoted name, so that it can't be mistaken for a message."""
    name = next(part for part in quoted.groups() if part is not None)
    return quoted[0] if name.strip() in {USER, DATABASE} else '""'


def _cause(
    message: str, code: str, *, is_server: bool, reached: bool
) -> CauseId | None:
    pooler = _first_match(POOLERS, message)
    if pooler is not None:
        return pooler
    if code and (known := CODES.get(code) or CODES.get(code[:2])):
        about_other = known == "database_missing" and '""' in message
        return "server_refused" if about_other else known
    found = _first_match(PHRASES, message) or _first_match(TRANSLATIONS, message)
    if found in (UNANSWERED if is_server else UNREACHED if reached else ()):
        found = None
    if is_server and found is None:
        found = _refusal(message, code)
    return found


def _refusal(message: str, code: str) -> CauseId:
    """Return the cause for a server's message without a known phrase."""
    if code == "42501" and USER in message:
        return "connect_not_permitted"
    if not code or code.startswith("28"):
        return _first_match(KEYWORDS, message) or "server_refused"
    return "server_refused"


def _first_match(
    patterns: Mapping[CauseId, re.Pattern[str]], message: str
) -> CauseId | None:
    return next(
        (cause for cause, phrases in patterns.items() if phrases.search(message)), None
    )


def _sentence(message: str) -> str:
    """Return the first part of a message on one line, without its detail or hint."""
    return " ".join(_NEXT_FIELD.split(message.strip(), maxsplit=1)[0].split())


def _details(attempt: _Attempt, sentence: str) -> dict[str, str]:
    """Return the facts that only some causes have."""
    if attempt.cause == "authentication_method":
        method = _METHOD.search(attempt.message)
        return {"method": method[1] if method else "another kind of"}
    if attempt.cause == "password_would_be_exposed":
        forms = {"hashed": "as an MD5 hash", "cleartext": "in clear text"}
        found = (form for word, form in forms.items() if word in attempt.message)
        return {"in_what_form": next(found, "in an unsafe way")}
    if attempt.cause == "db_certificate":
        return {"reason": f"Reason: {sentence.rstrip('.')}."}
    return {}


def _is_unencrypted(message: str) -> bool:
    return _UNENCRYPTED.search(message) is not None


def _encryption(message: str, *, known: bool | None) -> bool | None:
    if _is_unencrypted(message):
        return False
    return True if known is None and "SSL" in message else known


def _entry(message: str, *, encrypted: bool | None) -> dict[str, str]:
    """Return the entry of pg_hba.conf that would allow a connection."""
    seen_as = _seen_as(message)
    kind = "hostssl" if encrypted else "host"
    network = "<your IP address>/32"
    if seen_as is not None:
        network = f"{seen_as}/{seen_as.max_prefixlen}"
    entry = f"{kind} {DATABASE} {USER} {network} scram-sha-256"
    facts = {"hba_entry": entry, "from_address": "this connection"}
    if seen_as is not None:
        facts |= {"from_address": str(seen_as), "seen_as": str(seen_as)}
    if encrypted is not None:
        facts["encrypted"] = "yes" if encrypted else "no"
    return facts


def _seen_as(message: str) -> IPAddress | None:
    """Return the client's address that a message quotes."""
    names = (
        next(filter(None, each.groups()), "") for each in _QUOTED.finditer(message)
    )
    addresses = (literal_address(name) for name in names)
    return next((each for each in addresses if each is not None), None)
