"""The service on a port where a PostgreSQL connection failed."""

from __future__ import annotations

import contextlib
import ssl
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from lamin_widgets.postgres.encodings import decode
from lamin_widgets.postgres.network import connect

if TYPE_CHECKING:
    import socket

    from lamin_widgets.core.deadline import Deadline
    from lamin_widgets.postgres.network import Address

__all__ = ["Greeting", "certificate_problem", "greet", "seems_to_be"]

Kind: TypeAlias = Literal["tls", "plain", "error", "silent", "closed", "other"]

# PostgreSQL's protocol, "Message Formats": length, and a number instead of a version.
_SSL_REQUEST: Final = struct.pack("!ii", 8, 80877103)
# Servers that wait for a line answer this one: web servers, and Redis with an error.
_LINE: Final = b"HEAD / HTTP/1.0\r\n\r\n"
_ENOUGH: Final = 512
_REST_S: Final = 0.3
"""How long to wait for the rest of a banner, in seconds."""
_HEADER: Final = 5
"""Bytes before the fields of an error message: its type and its length."""

_BEGINNINGS: Final = (
    (b"SSH-", "It seems to be an SSH server."),
    (b"-ERR", "It seems to be Redis."),
    (b"-NOAUTH", "It seems to be Redis."),
    (b"-DENIED", "It seems to be Redis."),
    (b"\x15\x03", "It seems to be a TLS-only server, such as HTTPS."),
    (b"\x16\x03", "It seems to be a TLS-only server, such as HTTPS."),
    (b"* OK", "It seems to be a mail server (IMAP)."),
    (b"+OK", "It seems to be a mail server (POP3)."),
    (b"RFB ", "It seems to be a remote desktop (VNC)."),
    (b"AMQP", "It seems to be RabbitMQ (AMQP)."),
    (b"ERROR\r\n", "It seems to be memcached."),
)
_ANSWERS: Final[dict[bytes, Kind]] = {b"S": "tls", b"N": "plain"}


@dataclass(frozen=True, slots=True)
class Greeting:
    """The answer to PostgreSQL's request for TLS.

    Attributes:
        kind: "tls" and "plain" are PostgreSQL's usual answers, and "error" is an error
            message instead. "silent" means no answer in time, "closed" that the
            connection was closed without one. "other" is any other answer.
        text: For "error", its message. For "other", a sentence about the server.
        code: For "error", its SQLSTATE, or an empty string.
        received: For "other", the first bytes.
    """

    kind: Kind
    text: str = ""
    code: str = ""
    received: bytes = b""


def greet(
    address: Address, deadline: Deadline, limit_s: float, *, was_silent: bool = False
) -> Greeting:
    """Identify the service on a port.

    Args:
        address: Where to connect.
        deadline: The deadline of the whole diagnosis.
        limit_s: How long to wait for an answer, in seconds.
        was_silent: Whether the server didn't answer the request for TLS before.
    """
    answer = None
    if not was_silent:
        answer = _ask(_SSL_REQUEST, address, deadline, limit_s)
    if not answer:
        # Some servers wait for a whole line, or for TLS.
        other = _ask(_LINE, address, deadline, limit_s / 2)
        if not other and answer is not None:
            other = _ask(_client_hello(), address, deadline, limit_s / 2)
        # PostgreSQL would close the connection after such a question.
        answer = other or answer
    if answer is None:
        return Greeting("silent")
    if not answer:
        return Greeting("closed")
    if answer in _ANSWERS:
        return Greeting(_ANSWERS[answer])
    if _is_error(answer):
        return _error(answer)
    return Greeting("other", seems_to_be(answer), received=answer)


def certificate_problem(
    address: Address, host: str, root: str, deadline: Deadline, limit_s: float
) -> str:
    """Return OpenSSL's reason not to trust a server's certificate.

    libpq reports only that the verification failed.

    Args:
        address: Where to connect.
        host: The name that the certificate must be for.
        root: A file with the trusted CA certificates.
        deadline: The deadline of the whole diagnosis.
        limit_s: How long to wait for each answer, in seconds.

    Returns:
        For example "certificate has expired", or an empty string if there's none.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(root)
    except OSError as error:
        return f"can't read the CA certificates in {root} ({error.strerror})"
    with contextlib.suppress(OSError, ValueError), contextlib.ExitStack() as stack:
        channel = stack.enter_context(connect(address, deadline, limit_s))
        if _exchange(channel, _SSL_REQUEST, deadline, limit_s) != b"S":
            return ""
        secured = context.wrap_socket(
            channel, server_hostname=host, do_handshake_on_connect=False
        )
        stack.enter_context(secured)
        return _handshake_problem(secured, deadline, limit_s)
    return ""


def _handshake_problem(
    secured: ssl.SSLSocket, deadline: Deadline, limit_s: float
) -> str:
    """Return OpenSSL's reason if the handshake fails because of the certificate."""
    waiting = True
    problem = ""
    while waiting:
        waiting = False
        try:
            secured.do_handshake()
        except ssl.SSLWantReadError:
            waiting = deadline.wait(secured, limit_s=limit_s)
        except ssl.SSLCertVerificationError as error:
            problem = error.verify_message.rstrip(".")
    return problem


def _client_hello() -> bytes:
    """Return the first bytes of a TLS connection that doesn't continue."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(
        incoming, outgoing, server_hostname="localhost"
    )
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def seems_to_be(received: bytes) -> str:
    """Return a sentence about the server that sent these first bytes."""
    for beginning, sentence in _BEGINNINGS:
        if received.startswith(beginning):
            return sentence
    start = received.lower()
    if b"mongodb" in start:
        return "It seems to be MongoDB."
    if start.startswith((b"http/", b"<!doctype", b"<html")):
        tls = b"https" in start
        return f"It seems to be a web server ({'HTTPS' if tls else 'HTTP'})."
    if start.startswith(b"220"):
        ftp = b"ftp" in start
        return f"It seems to be {'an FTP' if ftp else 'a mail (SMTP)'} server."
    # A MySQL packet: three bytes of length, number 0, then version 10 or an error.
    if len(received) > 4 and received[3] == 0 and received[4] in (0x0A, 0xFF):  # noqa: PLR2004  # bytes of MySQL's protocol
        return "It seems to be MySQL or MariaDB."
    return "It uses another protocol."


def _ask(
    question: bytes, address: Address, deadline: Deadline, limit_s: float
) -> bytes | None:
    """Return the start of the answer on a new connection.

    It's empty if the connection was closed or refused, and None for silence.
    """
    try:
        with connect(address, deadline, limit_s) as channel:
            return _exchange(channel, question, deadline, limit_s)
    except OSError:
        return b""


def _exchange(
    channel: socket.socket, question: bytes, deadline: Deadline, limit_s: float
) -> bytes | None:
    received = b""
    with contextlib.suppress(OSError):  # Some servers close with a reset.
        channel.sendall(question)
        if not deadline.wait(channel, limit_s=limit_s):
            return None
        while chunk := channel.recv(_ENOUGH):
            received += chunk
            # PostgreSQL sends one byte. A banner can come in pieces.
            if received in _ANSWERS or b"\n" in received or len(received) >= _ENOUGH:
                break
            if not deadline.wait(channel, limit_s=_REST_S):
                break
    return received


def _is_error(answer: bytes) -> bool:
    """Return whether an answer is an error message of PostgreSQL."""
    if answer[:1] != b"E":
        return False
    is_message = answer[1:2] == b"\0" and answer[_HEADER : _HEADER + 1].isupper()
    return is_message or answer.endswith(b"\n\0")  # before protocol 3


def _error(answer: bytes) -> Greeting:
    if answer[1:2] != b"\0":
        return Greeting(
            "error", f"FATAL:  {decode(answer[1:].rstrip())}".rstrip("\0\n")
        )
    fields = {field[:1]: field[1:] for field in answer[_HEADER:].split(b"\0") if field}
    code = fields.get(b"C", b"").decode("ascii", "replace")
    return Greeting("error", f"FATAL:  {decode(fields.get(b'M', b''))}", code)
