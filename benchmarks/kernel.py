"""A real kernel, and the messages that it sends."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import queue
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_client.manager import KernelManager

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HERE = Path(__file__).parent
FORMS = {
    "ours": "from lamin_widgets import DbServerWidget; "
    "ours = DbServerWidget(name='s', host='h'); ours",
    "peer": "from peer import server_form; "
    "peer = server_form(name='s', host='h'); peer",
}
COMM = {"comm_open", "comm_msg"}


class Kernel:
    """A client of a kernel in a separate process."""

    def __init__(self, manager: KernelManager) -> None:
        self.client = manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def run(self, code: str, timeout: float = 120) -> list[dict[str, Any]]:
        """Run a cell and return what it sent until it was idle.

        Raises:
            RuntimeError: If the cell failed.
        """
        sent = []
        request = self.client.execute(code, store_history=False)
        while True:
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") != request:
                continue
            if message["msg_type"] == "error":
                raise RuntimeError("\n".join(message["content"]["traceback"]))
            if message["content"].get("execution_state") == "idle":
                break
            sent.append(message)
        self.client.get_shell_msg(timeout=timeout)
        return sent

    def value(self, expression: str, code: str = "", timeout: float = 120) -> Any:
        """Run a cell and return the value of an expression after it, by way of JSON.

        Raises:
            RuntimeError: If it failed.
        """
        asked = {"it": f"__import__('json').dumps({expression})"}
        reply = self.client.execute(
            code,
            store_history=False,
            user_expressions=asked,
            reply=True,
            timeout=timeout,
        )["content"]
        answer = reply.get("user_expressions", {}).get("it", reply)
        if answer["status"] != "ok":
            raise RuntimeError("\n".join(answer["traceback"]))
        return json.loads(ast.literal_eval(answer["data"]["text/plain"]))

    def drain(self) -> None:
        """Discard its messages, until none has arrived for a moment."""
        with contextlib.suppress(queue.Empty):
            while True:
                self.client.get_iopub_msg(timeout=0.5)

    def seconds(self, code: str = "1 + 1") -> float:
        """Return how long a cell takes, from sending it to its reply."""
        started = time.perf_counter()
        self.client.execute(code, store_history=False, reply=True, timeout=120)
        return time.perf_counter() - started

    def send_to_comm(self, comm_id: str, content: dict[str, Any]) -> None:
        """Do what a view does: send a custom message to its model."""
        data = {"method": "custom", "content": content}
        message = self.client.session.msg(
            "comm_msg", {"comm_id": comm_id, "data": data}
        )
        self.client.shell_channel.send(message)


def size(message: dict[str, Any]) -> int:
    """Return the bytes of a message: its JSON parts and its buffers."""
    parts = ("header", "parent_header", "metadata", "content")
    text = "".join(
        json.dumps(
            message[part], default=str, ensure_ascii=False, separators=(",", ":")
        )
        for part in parts
    )
    return len(text.encode()) + sum(len(b) for b in message["buffers"])


@contextlib.contextmanager
def kernel(environ: Mapping[str, str] | None = None) -> Iterator[Kernel]:
    """Start a kernel that can import the peer."""
    manager = KernelManager(kernel_name="python3")
    env = {**os.environ, **(environ or {}), "PYTHONPATH": str(HERE)}
    manager.start_kernel(env=env)
    try:
        started = Kernel(manager)
        try:
            yield started
        finally:
            started.client.stop_channels()
    finally:
        manager.shutdown_kernel(now=True)
