"""Answers as bad as the real world's, for the next requests."""

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
    """A request as it came in, for tests to look at; it may hold secrets.

    Attributes:
        method: Such as POST.
        path: Without the query, decoded.
        query: As sent, still encoded.
        headers: By lower-case name; iterating gives the names.
        body: As sent.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    def __repr__(self) -> str:
        # Shown by a failing test, so without anything that may be secret.
        return f"<{self.method} {self.path} with {len(self.body)} bytes>"


@dataclass(frozen=True)
class Fault:
    """One kind of misbehaviour; see `FaultLayer.fault` for the arguments."""

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
        """The whole reply as it goes over the wire."""
        body, kind = self.body, "application/json"
        if isinstance(body, str):
            body, kind = body.encode(), "text/html; charset=utf-8"
        elif not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if self.close == "middle" and not body:
            body = b" "  # something has to be missing
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
    """An ASGI layer that keeps what was received and answers badly when told to.

    Args:
        app: The application underneath.
        private: Requests to paths that start like this are passed on untouched.

    Attributes:
        requests: What was received, in order.
    """

    def __init__(self, app: Any, *, private: str = "/_sandbox/") -> None:
        self._app = app
        self._private = private
        self._lock = threading.Lock()
        self._faults: list[tuple[Fault, int | None]] = []
        self._stopping = threading.Event()
        self.requests: list[ReceivedRequest] = []

    def fault(self, *, times: int | None = 1, **fault: Any) -> None:
        """Let the next request or requests be answered badly.

        Args:
            times: How many requests; None for all until `clear_faults`.
            **fault: Any of:
                status: The HTTP status, 200 if not given. Without a status or any
                    other fault, `delay_s` delays the real answer.
                headers: More headers, such as Location; they replace the usual ones.
                body: bytes, str (sent as HTML), or an object (sent as JSON).
                delay_s: Seconds to wait first.
                silent: Never answer.
                close: Close "before" or in the "middle" of the reply.
                drip_s: Send one byte every so many seconds, the headers too.
                endless: Never end the body.
                path: Only requests to this path.
        """
        with self._lock:
            self._faults.append((Fault(**fault), times))

    def clear_faults(self) -> None:
        """Answer well again."""
        with self._lock:
            self._faults.clear()

    def stop(self) -> None:
        """End every fault that is going on."""
        self._stopping.set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request."""
        path = str(scope["path"])
        if path.startswith(self._private):
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        self._keep(scope, body)
        fault = self._next_fault(path)
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
        """Do what the fault says. Returns whether a real answer is wanted still."""
        gone = asyncio.ensure_future(_disconnected(receive))
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
            await gone  # else uvicorn would add a reply of its own
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
        """Wait, unless the caller goes or the sandbox stops. Returns if neither did."""
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


async def _disconnected(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass  # pragma: no cover - a caller that says more than its request
