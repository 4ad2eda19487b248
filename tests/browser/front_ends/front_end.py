"""A front end: a server on loopback with separate folders, and pages on it."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

from browser.front_ends.supervisor import STOP_S
from doubles.processes import eventually

if TYPE_CHECKING:
    from typing import Any

    from playwright.sync_api import Browser, Page
    from typing_extensions import Self

START_S = 120.0
"""Seconds for the start of a server. It's slow while other tests run."""
SUPERVISOR = Path(__file__).with_name("supervisor.py")
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port() -> int:
    """Return a TCP port of loopback that no process listens on.

    It's below those that the system assigns, so that no other test gets it meanwhile.
    """
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as sock, contextlib.suppress(OSError):
            sock.bind(("127.0.0.1", port))
            return port


def request(url: str, method: str = "GET") -> bytes:
    """Return the body of a reply from loopback.

    Raises:
        OSError: The server doesn't reply, or replies with an error.
    """
    asked = urllib.request.Request(url, method=method)
    try:
        with _OPENER.open(asked, timeout=20) as reply:
            return bytes(reply.read())
    except urllib.error.HTTPError as error:
        error.close()
        raise


class FrontEnd(ABC):
    """A server on loopback with separate folders, and pages on it.

    Attributes:
        name: What its users call it.
        ready_path: Where the server replies without an error once it's ready.
        python: The interpreter that runs the server and its kernels.
        environ: The environment of both.
        folder: The folder with everything that the server writes.
        root: The folder with the notebooks, within `folder`.
    """

    name = ""
    ready_path = ""
    python = sys.executable

    def __init__(self, browser: Browser, environ: dict[str, str] | None = None) -> None:
        self.browser = browser
        self.port = free_port()
        # The name is short, because the path of a kernel's socket must be.
        self.folder = Path(tempfile.mkdtemp(prefix="page-"))
        self.root = self.folder / "root"
        self.root.mkdir()
        own = {
            name: str(self.folder / name.lower())
            for name in (
                "JUPYTER_CONFIG_DIR",
                "JUPYTER_DATA_DIR",
                "JUPYTER_RUNTIME_DIR",
                "IPYTHONDIR",
                "XDG_CONFIG_HOME",
            )
        }
        self.environ = {**os.environ, **own, **(environ or {})}
        self.pages: list[Page] = []
        self.messages: list[str] = []
        self.process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> list[str]:
        """Return the arguments after `python -m` that start the server."""

    @abstractmethod
    def open(
        self, source: str, *more: str, theme: str = "light", **context: Any
    ) -> Page:
        """Run one cell for each source, and return the page with the form.

        Args:
            source: The code of the first cell.
            more: The code of further cells.
            theme: "light" or "dark".
            context: Options of the browser context, such as `viewport`.
        """

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """The file with everything that the server prints."""
        return self.folder / "log"

    def description(self) -> str:
        """Return the pages, their messages, and the end of the log, for failures."""
        log = self.log.read_text(errors="replace")[-6000:]
        pages = [page.url for page in self.pages]
        return "\n".join([*pages, *self.messages[-50:], log])

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            stack.push(self)  # A start that fails leaves nothing behind.
            self.start()
            stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.close_contexts()
        finally:
            self.stop()

    def start(self) -> None:
        """Start the server, and wait until it's ready."""
        command = [self.python, "-m", *self.command()]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-I", str(SUPERVISOR), str(self.folder), *command],
                cwd=self.root,
                env=self.environ,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl+C in the terminal must not reach it.
            )
        try:
            eventually(self.answers, START_S)
        except TimeoutError as error:
            raise TimeoutError(f"{self.name}: {error}\n{self.description()}") from None

    def begin_to_stop(self) -> None:
        """Let the server end, without waiting for it."""
        if self.process and self.process.stdin:
            self.process.stdin.close()

    def stop(self) -> None:
        """End the server with all its processes, and remove its folder."""
        self.begin_to_stop()
        if self.process:
            self.process.wait(3 * STOP_S)
        shutil.rmtree(self.folder, ignore_errors=True)

    def answers(self) -> bool:
        """Return whether the server is ready."""
        if self.process is None or self.process.poll() is not None:
            raise RuntimeError(f"{self.name} ended\n{self.description()}")
        with contextlib.suppress(OSError):
            request(f"{self.url}{self.ready_path}")
            return True
        return False

    def new_page(self, **context: Any) -> Page:
        """Open an empty page with its own theme, size, and clipboard."""
        settings = {"viewport": {"width": 1280, "height": 1000}, **context}
        page = self.browser.new_context(**settings).new_page()
        page.set_default_navigation_timeout(START_S * 1000)
        self.messages = []
        page.on("console", lambda message: self.messages.append(message.text[:500]))
        page.on("pageerror", lambda error: self.messages.append(str(error)[:500]))
        self.pages.append(page)
        return page

    def new_file(self, suffix: str) -> Path:
        """Return an unused path for a file."""
        return self.root / f"form_{len(list(self.root.iterdir()))}{suffix}"

    def close_pages(self) -> None:
        """Close every page, after a test."""
        self.close_contexts()

    def close_contexts(self) -> None:
        """Close every page, and leave the server as it is."""
        while self.pages:
            self.pages.pop().context.close()
