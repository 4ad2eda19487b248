"""Web servers on free loopback ports, all in one thread."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from uvicorn.protocols.http.h11_impl import H11Protocol

from lamin_widgets.sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Sequence

TRANSPORT: Final = "lamin_widgets.transport"
"""Key of a request's transport in the extensions of its ASGI scope."""
START_S: Final = 10.0


class _Protocol(H11Protocol):
    """HTTP that gives the application its transport, so that faults can use it."""

    def connection_made(  # type: ignore[override]  # uvicorn narrows the type, too
        self, transport: asyncio.Transport
    ) -> None:
        super().connection_made(transport)
        inner = self.app

        async def app(scope: Any, receive: Any, send: Any) -> None:
            scope["extensions"] = {TRANSPORT: transport}
            await inner(scope, receive, send)

        self.app = app


class _NoBrowsers:
    """A layer that refuses requests from web pages.

    Any web page can send requests to this machine. Browsers add an Origin header to
    these requests. If the name of the page's host resolves to 127.0.0.1 (DNS
    rebinding), the Host header has that name.
    """

    def __init__(self, app: Any) -> None:
        self._app = TrustedHostMiddleware(
            app, allowed_hosts=["127.0.0.1", "localhost"], www_redirect=False
        )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if any(name == b"origin" for name, _ in scope["headers"]):
            reply = PlainTextResponse("Web pages can't use the sandbox", 403)
            await reply(scope, receive, send)
            return
        await self._app(scope, receive, send)


class ServerThread:
    """A thread that serves ASGI applications until it's stopped.

    Args:
        apps: The applications.

    Attributes:
        ports: Their ports on 127.0.0.1, in the same order.
    """

    def __init__(self, apps: Sequence[Any]) -> None:
        self._sockets = [_listen() for _ in apps]
        self.ports = [int(sock.getsockname()[1]) for sock in self._sockets]
        self._servers = [
            uvicorn.Server(
                uvicorn.Config(
                    _NoBrowsers(app),
                    http=_Protocol,
                    ws="none",
                    lifespan="off",
                    interface="asgi3",
                    loop="asyncio",
                    proxy_headers=False,
                    access_log=False,  # Don't log URLs.
                    log_config=None,
                    timeout_graceful_shutdown=1,
                )
            )
            for app in apps
        ]
        self._error: BaseException | None = None
        self._thread = threading.Thread(
            target=self._run, name="lamin-sandbox-servers", daemon=True
        )

    def start(self) -> None:
        """Start the servers, and return when all of them accept requests.

        Raises:
            SandboxError: If a server doesn't start.
        """
        self._thread.start()
        deadline = time.monotonic() + START_S
        while not all(server.started for server in self._servers):
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self.stop()
                why = self._error or f"no reply within {START_S:g} s"
                raise SandboxError(f"The sandbox's web servers didn't start: {why}")
            time.sleep(0.005)

    def stop(self) -> None:
        """End all requests and the thread."""
        for server in self._servers:
            server.should_exit = True
            server.force_exit = True
        if self._thread.is_alive():  # It isn't if start() was interrupted.
            self._thread.join(START_S)
        for sock in self._sockets:
            sock.close()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except (asyncio.CancelledError, Exception) as error:  # noqa: BLE001  # see start
            self._error = error

    async def _serve(self) -> None:
        await asyncio.gather(
            *(
                server.serve(sockets=[sock])
                for server, sock in zip(self._servers, self._sockets, strict=True)
            )
        )


def _listen() -> socket.socket:
    # Pass the protocol. Otherwise, asyncio doesn't turn off Nagle's algorithm, which
    # delays each reply by 40 ms.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.bind(("127.0.0.1", 0))
    return sock
