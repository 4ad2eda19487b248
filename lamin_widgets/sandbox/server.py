"""Several web applications, each on a free loopback port, in one thread."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from lamin_widgets.sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lamin_widgets.sandbox.faults import FaultLayer

TRANSPORT: Final = "lamin_widgets.lamin.transport"  # key in the scope's extensions
_PATIENCE_S: Final = 10.0


class _Protocol(H11Protocol):
    """Hands the connection to the application, so that a fault can misuse it."""

    def connection_made(  # type: ignore[override] # uvicorn narrows it likewise
        self, transport: asyncio.Transport
    ) -> None:
        super().connection_made(transport)
        inner = self.app

        async def app(scope: Any, receive: Any, send: Any) -> None:
            scope["extensions"] = {TRANSPORT: transport}
            await inner(scope, receive, send)

        self.app = app


class ServerThread:
    """Serves applications until it is stopped.

    Args:
        layers: The applications, each in its layer of faults.

    Attributes:
        ports: Their ports on 127.0.0.1, in the same order.
    """

    def __init__(self, layers: Sequence[FaultLayer]) -> None:
        self._layers = layers
        self._sockets = [_listen() for _ in layers]
        self.ports = [int(sock.getsockname()[1]) for sock in self._sockets]
        self._servers = [
            uvicorn.Server(
                uvicorn.Config(
                    layer,
                    http=_Protocol,
                    ws="none",
                    lifespan="off",
                    interface="asgi3",
                    loop="asyncio",
                    proxy_headers=False,
                    access_log=False,  # a log of URLs is not wanted
                    log_config=None,
                    timeout_graceful_shutdown=1,
                )
            )
            for layer in layers
        ]
        self._error: BaseException | None = None
        self._thread = threading.Thread(
            target=self._run, name="lamin-sandbox-servers", daemon=True
        )

    def start(self) -> None:
        """Serve, and return when all of them answer.

        Raises:
            SandboxError: They do not.
        """
        self._thread.start()
        deadline = time.monotonic() + _PATIENCE_S
        while not all(server.started for server in self._servers):
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self.stop()
                why = self._error or f"no answer within {_PATIENCE_S:g} s"
                raise SandboxError(f"The sandbox's web servers did not start: {why}")
            time.sleep(0.005)

    def stop(self) -> None:
        """End all requests, faults included, and the thread."""
        for layer in self._layers:
            layer.stop()
        for server in self._servers:
            server.should_exit = True
            server.force_exit = True
        if self._thread.is_alive():  # else it was interrupted before it started
            self._thread.join(_PATIENCE_S)
        for sock in self._sockets:
            sock.close()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except (asyncio.CancelledError, Exception) as error:  # noqa: BLE001 - told by `start`
            self._error = error

    async def _serve(self) -> None:
        await asyncio.gather(
            *(
                server.serve(sockets=[sock])
                for server, sock in zip(self._servers, self._sockets, strict=True)
            )
        )


def _listen() -> socket.socket:
    # With the protocol spelled out, else asyncio leaves Nagle's algorithm on, and
    # every reply waits 40 ms.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.bind(("127.0.0.1", 0))
    return sock
