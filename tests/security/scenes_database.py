"""A database that refuses the password, and one that repeats it."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Any

from lamin_widgets import PostgresConnection
from lamin_widgets.postgres.diagnosis import diagnose

if TYPE_CHECKING:
    import threading

    from watching import Seen
    from world import World


def diagnosed(world: World, seen: Seen, value: str) -> None:
    """A real server that refuses the password, and one that repeats it."""
    database = world.sandbox.database
    for host, port in (
        (database.host, database.port),
        (world.repeating.host, world.repeating.port),
    ):
        connection = PostgresConnection(host, port, value)
        steps: list[Any] = []
        outcome = diagnose(connection, deadline=10, on_step=steps.append)
        assert outcome.cause in {"password_rejected", "unexpected"}, outcome.cause
        seen.thing("outcomes", outcome)
        seen.add("outcomes", steps)


def repeat_password(connection: socket.socket, _stopping: threading.Event) -> None:
    """Speak PostgreSQL's protocol: ask for the password, and repeat it."""
    (size,) = struct.unpack("!I", _exactly(connection, 4))
    if _exactly(connection, size - 4)[:4] == struct.pack("!I", 80877103):  # TLS?
        connection.sendall(b"N")
        (size,) = struct.unpack("!I", _exactly(connection, 4))
        _exactly(connection, size - 4)
    connection.sendall(b"R" + struct.pack("!II", 8, 3))
    _, size = struct.unpack("!cI", _exactly(connection, 5))
    password = _exactly(connection, size - 4).rstrip(b"\0")
    said = b"SFATAL\0C28P01\0Mzqx no such thing as " + password + b" here\0\0"
    connection.sendall(b"E" + struct.pack("!I", len(said) + 4) + said)
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(65536):
        pass


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise OSError("hung up")
        data += more
    return data
