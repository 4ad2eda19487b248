"""Real front ends in headless Chromium, for tests that see the form as people do.

Each front end is a server on loopback with its own folders, started once, whose
``open(source)`` runs ``source`` and returns the page on which the form is seen::

    with chromium() as browser, JupyterLab(browser) as lab:
        page = lab.open("import lamin_widgets as lw; w = lw.DbServerWidget(); w")
        form(page).get_by_label("Host").fill("db.example.org")
        wait_for(lambda: lab.evaluate("w.host") == "db.example.org", "the host")
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from jupyter_client.blocking.client import BlockingKernelClient
from playwright.sync_api import Browser, Locator, Page, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from typing_extensions import Self

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
KERNEL_IS_READY = """name => {
  const panel = window.jupyterapp?.shell.currentWidget;
  const session = panel?.context?.path === name && panel.context.sessionContext;
  return session && session.isReady && session.session?.kernel?.status === "idle";
}"""
RESTART = """() => window.jupyterapp.shell.currentWidget.context.sessionContext
  .session.kernel.restart()"""
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
START_S = 60.0  # a cold JupyterLab on a busy two-core machine


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium, or the one named by ``CHROMIUM``."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def form(page: Page) -> Locator:
    """Return the form on a page, found as a screen reader finds it."""
    return page.get_by_role("region", name="Lamin database server")


def screenshot(locator: Locator, path: Path) -> Path:
    """Save a picture of an element, without blinking cursors and animations."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page, box = locator.page, locator.bounding_box()
    if box and page.viewport_size:  # a notebook clips what it would have to scroll
        height = max(page.viewport_size["height"], round(box["height"]) + 400)
        page.set_viewport_size({**page.viewport_size, "height": height})
    locator.screenshot(path=path, animations="disabled", caret="hide")
    return path


def wait_for(condition: Callable[[], Any], what: str, timeout_s: float = 20.0) -> Any:
    """Wait until ``condition()`` is true and return it; say ``what`` was missing."""
    end = time.monotonic() + timeout_s
    while not (value := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"waited {timeout_s} s for {what}")
        time.sleep(0.05)
    return value


def free_port() -> int:
    """Return a TCP port of loopback that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class FrontEnd(ABC):
    """A notebook server on loopback with its own folders, and pages on it."""

    python = sys.executable

    def __init__(self, browser: Browser, environ: dict[str, str] | None = None) -> None:
        self.browser = browser
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="front-end-"))
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

    @abstractmethod
    def command(self) -> list[str]:
        """Return the arguments after ``python -m`` that start the server."""

    @abstractmethod
    def open(self, source: str) -> Page:
        """Run ``source`` and return the page that shows the form."""

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.log = (self.folder / "log").open("wb")
        self.process = subprocess.Popen(
            [self.python, "-m", *self.command()],
            cwd=self.root,
            env=self.environ,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        wait_for(self.answers, f"{type(self).__name__} to start", START_S)
        return self

    def __exit__(self, *_: object) -> None:
        self.close_pages()
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def answers(self) -> bool:
        """Whether the server answers yet."""
        if self.process.poll() is not None:
            raise RuntimeError((self.folder / "log").read_text())
        try:
            OPENER.open(self.url, timeout=2).close()
        except urllib.error.HTTPError as error:
            error.close()  # a refusal is an answer
        except OSError:
            return False
        return True

    def new_page(self, **context: Any) -> Page:
        """Open an empty page of its own context (theme, size, clipboard)."""
        settings = {"viewport": {"width": 1280, "height": 1000}, **context}
        page = self.browser.new_context(**settings).new_page()
        self.pages.append(page)
        return page

    def close_pages(self) -> None:
        """Close every page opened so far, and what belongs to them."""
        while self.pages:
            self.pages.pop().context.close()


class Jupyter(FrontEnd):
    """What JupyterLab and Notebook have in common: files, kernels, settings."""

    app = ""
    tree = ""

    def __init__(self, browser: Browser, environ: dict[str, str] | None = None) -> None:
        super().__init__(browser, environ)
        self.quiet()

    def command(self) -> list[str]:
        return [
            self.app,
            "--no-browser",
            "--allow-root",
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={self.port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={self.root}",
            "--IdentityProvider.token=",
            "--ServerApp.password=",
            "--ServerApp.disable_check_xsrf=True",  # for our own DELETE below
            "--LabApp.expose_app_in_browser=True",
            "--JupyterNotebookApp.expose_app_in_browser=True",
            f"--LabApp.user_settings_dir={self.folder / 'settings'}",
            f"--LabApp.workspaces_dir={self.folder / 'workspaces'}",
            "--LabApp.news_url=",
        ]

    def quiet(self) -> None:
        """Switch off what calls home, pops up, or differs from run to run."""
        self.setting("apputils-extension/notification", fetchNews="false")
        self.setting("apputils-extension/notification", checkForUpdates=False)
        self.setting("extensionmanager-extension/plugin", enabled=False)
        self.setting("docmanager-extension/plugin", autosave=False)

    def setting(self, plugin: str, **values: object) -> None:
        """Set options of a plugin of JupyterLab, as its Settings Editor does."""
        package, name = plugin.split("/")
        folder = self.folder / "settings" / "@jupyterlab" / package
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.jupyterlab-settings"
        present = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps({**present, **values}))

    def theme(self, name: str) -> None:
        """Use "JupyterLab Light" or "JupyterLab Dark" for pages opened from now on."""
        self.setting("apputils-extension/themes", theme=name)

    def open(self, source: str, *more: str, **context: Any) -> Page:
        """Run one cell for each source and return the page with the form."""
        cells = [nbformat.v4.new_code_cell(cell) for cell in (source, *more)]
        notebook = nbformat.v4.new_notebook(cells=cells)
        notebook.metadata["kernelspec"] = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        self.notebook = self.root / f"form-{len(list(self.root.iterdir()))}.ipynb"
        nbformat.write(notebook, self.notebook)
        before = set(self.connection_files())
        page = self.new_page(**context)
        page.goto(f"{self.url}/{self.tree}/{self.notebook.name}?reset")
        page.wait_for_function(KERNEL_IS_READY, arg=self.notebook.name, timeout=60_000)
        wait_for(lambda: set(self.connection_files()) - before, "the kernel", START_S)
        (self.connection_file,) = set(self.connection_files()) - before
        self.run_command(page, "notebook:run-all-cells")
        form(page).first.wait_for(timeout=60_000)
        return page

    def run_command(self, page: Page, command: str) -> None:
        """Run a command of the front end, as its palette does."""
        page.evaluate("id => void window.jupyterapp.commands.execute(id)", command)

    def connection_files(self) -> list[Path]:
        """Return the connection files of the kernels that run."""
        folder = Path(self.environ["JUPYTER_RUNTIME_DIR"])
        return list(folder.glob("kernel-*.json"))

    def close_pages(self) -> None:
        """Close every page opened so far, and stop the kernels."""
        super().close_pages()
        with OPENER.open(f"{self.url}/api/kernels", timeout=20) as reply:
            kernels = json.load(reply)
        for kernel in kernels:
            address = f"{self.url}/api/kernels/{kernel['id']}"
            request = urllib.request.Request(address, method="DELETE")
            OPENER.open(request, timeout=20).close()

    def evaluate(self, expression: str) -> Any:
        """Return a literal from the kernel of the notebook opened last."""
        return ast.literal_eval(self.execute("", repr_of=expression))

    def execute(self, code: str, repr_of: str = "None") -> str:
        """Run code in that kernel, beside the notebook, and return a repr."""
        client = BlockingKernelClient(connection_file=str(self.connection_file))
        client.load_connection_file()
        client.start_channels()

        def answers() -> bool:
            # A kernel that starts on a busy machine is taken for dead within a second.
            with contextlib.suppress(RuntimeError):
                client.wait_for_ready(timeout=20)
                return True
            return False

        try:
            wait_for(answers, "the kernel", START_S)
            reply = client.execute(
                code,
                store_history=False,
                user_expressions={"it": f"repr({repr_of})"},
                reply=True,
                timeout=20,
            )["content"]
        finally:
            client.stop_channels()
        if reply["status"] != "ok":
            raise RuntimeError("\n".join(reply["traceback"]))
        value = reply["user_expressions"]["it"]
        if value["status"] != "ok":
            raise RuntimeError("\n".join(value["traceback"]))
        return str(ast.literal_eval(value["data"]["text/plain"]))


class JupyterLab(Jupyter):
    """JupyterLab 4."""

    app = "jupyterlab"
    tree = "lab/tree"


class Notebook(Jupyter):
    """Notebook 7."""

    app = "notebook"
    tree = "notebooks"
