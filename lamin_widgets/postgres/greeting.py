"""Whether PostgreSQL answers on a port, and if not, what seems to."""

from __future__ import annotations

import contextlib
import ssl
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from lamin_widgets.core.errors import DatabaseError
from lamin_widgets.core.secret import redact
from lamin_widgets.postgres.network import connect

if TYPE_CHECKING:
    import socket

    from lamin_widgets.core.deadline import Deadline
    from lamin_widgets.core.secret import Secret
    from lamin_widgets.postgres.network import Address

__all__ = ["Greeting", "check", "greet", "seems_to_be"]

# PostgreSQL's protocol, "Message Formats": length, and a number instead of a version.
_SSL_REQUEST: Final = struct.pack("!ii", 8, 80877103)
# Those that wait for a line answer this one: web servers, and Redis with an error.
_LINE: Final = b"HEAD / HTTP/1.0\r\n\r\n"
_ENOUGH: Final = 512
_REST_S: Final = 0.3
"""How long, in seconds, to wait for the rest of a banner."""

_BEGINNINGS: Final = (
    (b"SSH-", "It seems to be an SSH server."),
    (b"-ERR", "It seems to be Redis."),
    (b"-NOAUTH", "It seems to be Redis."),
    (b"-DENIED", "It seems to be Redis."),
    (b"\x15\x03", "It seems to be a server that expects TLS at once, such as https."),
    (b"\x16\x03", "It seems to be a server that expects TLS at once, such as https."),
    (b"* OK", "It seems to be a mail server (IMAP)."),
    (b"+OK", "It seems to be a mail server (POP3)."),
    (b"RFB ", "It seems to be a remote desktop (VNC)."),
    (b"AMQP", "It seems to be RabbitMQ (AMQP)."),
    (b"ERROR\r\n", "It seems to be memcached."),
)
_ANSWERS: Final[dict[bytes, Literal["tls", "plain"]]] = {b"S": "tls", b"N": "plain"}
_CLOSES: Final = (
    "It closes the connection without a word, as a load balancer with no server "
    "behind it does."
)
_FOREIGN: Final = "It answers in a protocol that this form does not know."


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a port answered to PostgreSQL's request for TLS.

    Attributes:
        kind: "tls" and "plain" are PostgreSQL's two answers, "error" is its third:
            it cannot even take the request. "silent" is no answer in time, "other"
            is anything that PostgreSQL would not say.
        seems: For "other", a sentence about what it seems to be.
        received: For "other", the first bytes.
    """

    kind: Literal["tls", "plain", "error", "silent", "other"]
    seems: str = ""
    received: bytes = b""


def greet(
    channel: socket.socket, address: Address, patience: Deadline, limit_s: float
) -> Greeting:
    """Ask for TLS in PostgreSQL's way, and look at the answer.

    Args:
        channel: A connected socket; the caller closes it.
        address: Where it is connected to, for a second connection if need be.
        patience: The deadline of the whole.
        limit_s: How long to wait for the answer, in seconds.
    """
    # A server that waits for a whole line keeps silent: then half the time is left.
    answer = _ask(channel, _SSL_REQUEST, patience, limit_s / 2)
    if not answer:
        other = _ask_again(_LINE, address, patience, limit_s / 2)
        if not other and answer is None:
            answer = _ask(channel, b"", patience, 0)  # by now, perhaps
        if not other and answer == b"":
            other = _ask_again(_client_hello(), address, patience, limit_s / 2)
        answer = answer or other or answer
    if answer is None:
        return Greeting("silent")
    if answer == b"":
        return Greeting("other", _CLOSES)
    if answer in _ANSWERS:
        return Greeting(_ANSWERS[answer])
    if _is_error(answer):
        return Greeting("error")
    return Greeting("other", seems_to_be(answer), answer)


def check(greeting: Greeting, password: Secret, limit_s: float) -> None:
    """Go on only if PostgreSQL answered.

    Args:
        greeting: What came.
        password: Not to be shown, in case what came repeats it.
        limit_s: How long was waited, in seconds.

    Raises:
        DatabaseError: `db_no_answer` or `db_not_postgres`.
    """
    if greeting.kind == "silent":
        raise DatabaseError(
            "It accepts the connection, and then keeps silent.",
            cause="db_no_answer",
            facts={"seconds": f"{limit_s:g}"},
        )
    if greeting.kind == "other":
        received = greeting.received.decode("latin-1")
        raise DatabaseError(
            greeting.seems,
            cause="db_not_postgres",
            facts={"seems": greeting.seems},
            details=ascii(redact(received, [password])) if received else "",
        )


def _ask_again(
    question: bytes, address: Address, patience: Deadline, limit_s: float
) -> bytes | None:
    try:
        with connect(address, patience, limit_s) as channel:
            return _ask(channel, question, patience, limit_s)
    except OSError:
        return None


def _client_hello() -> bytes:
    """Return the first bytes of a TLS connection, which is not gone on with."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(
        incoming, outgoing, server_hostname="localhost"
    )
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def seems_to_be(received: bytes) -> str:
    """Say in a sentence what sent these first bytes.

    Args:
        received: As much of a foreign server's first words as came.
    """
    for beginning, sentence in _BEGINNINGS:
        if received.startswith(beginning):
            return sentence
    start = received.lower()
    if b"mongodb" in start:
        return "It seems to be MongoDB."
    if start.startswith((b"http/", b"<!doctype", b"<html")):
        tls = b"https" in start
        return f"It seems to be a web server ({'https' if tls else 'HTTP'})."
    if start.startswith(b"220"):
        ftp = b"ftp" in start
        return f"It seems to be {'an FTP' if ftp else 'a mail (SMTP)'} server."
    # A MySQL packet: three bytes of length, number 0, then version 10 or an error.
    if len(received) > 4 and received[3] == 0 and received[4] in (0x0A, 0xFF):  # noqa: PLR2004 - bytes of MySQL's protocol, see above
        return "It seems to be MySQL or MariaDB."
    return _FOREIGN


def _ask(
    channel: socket.socket, question: bytes, patience: Deadline, limit_s: float
) -> bytes | None:
    """Return the answer's beginning, b"" for a close, None for silence."""
    received = b""
    try:
        if question:
            channel.sendall(question)
        if not patience.wait(channel, limit_s=limit_s):
            return None
        while chunk := channel.recv(_ENOUGH):
            received += chunk
            # One byte is all that PostgreSQL says; a banner may come in pieces.
            if received in _ANSWERS or b"\n" in received or len(received) >= _ENOUGH:
                break
            if not patience.wait(channel, limit_s=_REST_S):
                break
    except OSError:
        pass  # a reset is how some close
    return received


def _is_error(answer: bytes) -> bool:
    """Tell whether PostgreSQL sent an error: a message, or a line before 7.4's."""
    if answer[:1] != b"E":
        return False
    is_message = len(answer) > 5 and answer[1] == 0 and answer[5:6].isupper()  # noqa: PLR2004 - type, then four bytes of length
    return is_message or answer.endswith(b"\n\0")
