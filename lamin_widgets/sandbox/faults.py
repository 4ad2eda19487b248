"""Faulty replies to requests, for tests and demonstrations."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from lamin_widgets.sandbox.server import TRANSPORT

if TYPE_CHECKING:
    from collections.abc import Mapping

_TICK_S = 0.02
_ENDLESS_CHUNK = b" " * 1024


class ReceivedRequest(NamedTuple):
    """A received request, which can contain secrets.

    Attributes:
        method: For example POST.
        path: Decoded, without the query.
        query: As sent, encoded.
        headers: By lower-case name.
        body: As sent.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    def __repr__(self) -> str:
        # Failing tests print this, so leave out everything that can be secret.
        return f"<{self.method} {self.path} with {len(self.body)} bytes>"


@dataclass(frozen=True)
class Fault:
    """A faulty reply. `FaultLayer.fault` describes the attributes."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = b""
    delay_s: float = 0.0
    silent: bool = False
    close: Literal["before", "middle"] | None = None
    drip_s: float = 0.0
    endless: bool = False
    path: str | None = None

    def answer(self) -> bytes:
        """Return the bytes of the whole reply."""
        body, kind = self.body, "application/json"
        if isinstance(body, str):
            body, kind = body.encode(), "text/html; charset=utf-8"
        elif not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if self.close == "middle" and not body:
            body = b" "  # There must be a byte that isn't sent.
        status = self.status or HTTPStatus.OK
        try:
            phrase = HTTPStatus(status).phrase
        except ValueError:
            phrase = "Unusual"
        headers = {"connection": "close"}
        if body:
            headers["content-type"] = kind
        if not self.endless:
            headers["content-length"] = str(len(body))
        headers.update({name.lower(): text for name, text in self.headers.items()})
        lines = [f"HTTP/1.1 {int(status)} {phrase}"]
        lines += [f"{name}: {text}" for name, text in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


class FaultLayer:
    """An ASGI layer that records the requests and can send faulty replies.

    Args:
        app: The application that sends the correct replies.

    Attributes:
        requests: The received requests, in order.
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._faults: list[tuple[Fault, int | None]] = []
        self._stopping = threading.Event()
        self.requests: list[ReceivedRequest] = []

    def fault(self, *, times: int | None = 1, **fault: Any) -> None:
        """Send a faulty reply to the next requests.

        Args:
            times: Number of requests. None for all until `clear_faults`.
            **fault: Any of:
                status: The HTTP status, by default 200. If `delay_s` is the only
                    fault, the real reply is delayed.
                headers: More headers, for example Location. They replace the usual
                    ones.
                body: bytes, str (sent as HTML), or an object (sent as JSON).
                delay_s: Seconds to wait first.
                silent: Never reply.
                close: Close "before" or in the "middle" of the reply.
                drip_s: Send one byte of headers and body per so many seconds.
                endless: Never end the body.
                path: Only for requests to this path.
        """
        with self._lock:
            self._faults.append((Fault(**fault), times))

    def clear_faults(self) -> None:
        """Send correct replies again."""
        with self._lock:
            self._faults.clear()

    def stop(self) -> None:
        """End every fault in progress."""
        self._stopping.set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request."""
        body = await _read(receive)
        self._keep(scope, body)
        fault = self._next_fault(str(scope["path"]))
        if fault is not None and not await self._misbehave(fault, scope, receive):
            return
        read = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Any:
            return read.pop() if read else await receive()

        await self._app(scope, replay, send)

    def _keep(self, scope: Any, body: bytes) -> None:
        headers = {
            name.decode("latin-1"): text.decode("latin-1")
            for name, text in scope["headers"]
        }
        query = scope["query_string"].decode("latin-1")
        self.requests.append(
            ReceivedRequest(scope["method"], scope["path"], query, headers, body)
        )

    def _next_fault(self, path: str) -> Fault | None:
        with self._lock:
            for index, (fault, times) in enumerate(self._faults):
                if fault.path not in (None, path):
                    continue
                if times == 1:
                    del self._faults[index]
                elif times is not None:
                    self._faults[index] = (fault, times - 1)
                return fault
        return None

    async def _misbehave(self, fault: Fault, scope: Any, receive: Any) -> bool:
        """Send the faulty reply. Return whether to send the real reply instead."""
        gone = asyncio.ensure_future(_wait_for_disconnect(receive))
        transport: asyncio.Transport = scope["extensions"][TRANSPORT]
        try:
            await self._wait(gone, fault.delay_s)
            if fault == Fault(delay_s=fault.delay_s, path=fault.path):
                return not gone.done()
            if fault.silent:
                await self._wait(gone, None)
            elif fault.close != "before":
                await self._reply(fault, transport, gone)
            transport.close()
            await gone  # Otherwise, uvicorn adds a reply.
        finally:
            gone.cancel()
        return False

    async def _reply(
        self, fault: Fault, transport: asyncio.Transport, gone: asyncio.Future[None]
    ) -> None:
        answer = fault.answer()
        if fault.close == "middle":
            head, end, body = answer.partition(b"\r\n\r\n")
            answer = head + end + body[: len(body) // 2]
        if fault.drip_s:
            for byte in answer:
                if not await self._wait(gone, fault.drip_s):
                    return
                transport.write(bytes([byte]))
        else:
            transport.write(answer)
        while fault.endless and await self._wait(gone, _TICK_S):
            transport.write(_ENDLESS_CHUNK)

    async def _wait(self, gone: asyncio.Future[None], seconds: float | None) -> bool:
        """Wait. Return False if the caller hangs up or the sandbox stops."""
        end = None if seconds is None else asyncio.get_running_loop().time() + seconds
        while not gone.done() and not self._stopping.is_set():
            left = _TICK_S
            if end is not None:
                left = min(left, end - asyncio.get_running_loop().time())
            if left <= 0:
                return True
            await asyncio.wait([gone], timeout=left)
        return False


async def _read(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _wait_for_disconnect(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
