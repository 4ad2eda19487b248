"""JupyterLab, Notebook 7, and the base class of all Jupyter servers."""

from __future__ import annotations

import ast
import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError

import nbformat
from browser.front_ends.front_end import START_S, FrontEnd, request
from browser.page import form
from doubles.kernels import UNIX_SOCKETS
from doubles.processes import eventually
from jupyter_client.blocking.client import BlockingKernelClient

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from playwright.sync_api import Browser, Page

NOT_NEEDED = (
    "jupyter_lsp",
    "jupyter_server_terminals",
    "panel.io.jupyter_server_extension",
    "solara.server.jupyter.server_extension",
    "voila.server_extension",
)
"""Extensions to turn off, which other installed packages turn on."""
READY_KERNEL = """name => {
  const panel = window.jupyterapp?.shell.currentWidget;
  const session = panel?.context?.path === name && panel.context.sessionContext;
  const kernel = session && session.isReady && session.session?.kernel;
  return kernel && kernel.status === "idle" && kernel.id;
}"""
"""The id of a notebook's kernel, after it's ready."""

OPEN_NOTEBOOK = """async path => {
  await window.jupyterapp.commands.execute("docmanager:open", { path });
}"""
CLOSE_NOTEBOOKS = """() => {
  // Unlike closing it, this asks no question about unsaved changes.
  for (const widget of [...window.jupyterapp.shell.widgets("main")]) widget.dispose();
}"""


def notebook_of(*sources: str) -> nbformat.NotebookNode:
    """Return a notebook with one code cell for each source."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    return notebook


class JupyterServer(FrontEnd):
    """A Jupyter server: notebooks in a folder, and kernels that tests can ask."""

    app = ""
    extensions: dict[str, bool] = {}  # noqa: RUF012  # read only

    def __init__(self, browser: Browser, environ: dict[str, str] | None = None) -> None:
        super().__init__(browser, environ)
        self.configure("jupyter_config", KernelManager=UNIX_SOCKETS)
        self.configure("jupyter_server_config", ServerApp=self.server_options())

    def server_options(self) -> dict[str, object]:
        """Return the options of the server."""
        unneeded = dict.fromkeys(NOT_NEEDED, False)
        return {
            "allow_root": True,
            "disable_check_xsrf": True,  # The tests themselves send DELETE and POST.
            "ip": "127.0.0.1",
            "jpserver_extensions": {**unneeded, **self.extensions},
            "open_browser": False,
            "password": "",
            "port": self.port,
            "port_retries": 0,
            "root_dir": str(self.root),
        }

    def configure(self, name: str, **sections: Mapping[str, object]) -> None:
        """Write a configuration file."""
        path = Path(self.environ["JUPYTER_CONFIG_DIR"], f"{name}.json")
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({**sections, "IdentityProvider": {"token": ""}}))

    def command(self) -> list[str]:
        return [self.app]

    def remember_kernel(self, kernel_id: str) -> None:
        """Remember the connection file of a kernel."""
        name = f"kernel-{kernel_id}.json"
        (self.connection_file,) = (
            path for path in self.connection_files() if path.name == name
        )

    def connection_files(self) -> set[Path]:
        """Return the connection files of the running kernels."""
        return set(Path(self.environ["JUPYTER_RUNTIME_DIR"]).rglob("kernel-*.json"))

    def new_kernel(self, before: set[Path]) -> None:
        """Wait for a kernel without a connection file in `before`, and remember it."""
        eventually(lambda: self.connection_files() - before, START_S)
        (self.connection_file,) = self.connection_files() - before

    def close_pages(self) -> None:
        """Close every page, and stop the kernels."""
        super().close_pages()
        for kernel in json.loads(request(f"{self.url}/api/kernels")):
            with contextlib.suppress(HTTPError):  # The kernel might have ended.
                request(f"{self.url}/api/kernels/{kernel['id']}", "DELETE")

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression, a literal, in the newest page's kernel."""
        return ast.literal_eval(self.execute("", repr_of=expression))

    def execute(self, code: str, repr_of: str = "None") -> str:
        """Run code in the newest page's kernel, and return an expression's repr."""
        client = BlockingKernelClient(connection_file=str(self.connection_file))
        client.load_connection_file()
        client.start_channels()

        def answers() -> bool:
            # A kernel that starts on a busy machine seems dead for a second.
            with contextlib.suppress(RuntimeError):
                client.wait_for_ready(timeout=20)
                return True
            return False

        try:
            eventually(answers, START_S)
            reply = client.execute(
                code,
                store_history=False,
                user_expressions={"it": f"repr({repr_of})"},
                reply=True,
                timeout=20,
            )["content"]
        finally:
            client.stop_channels()
        value = reply["status"] == "ok" and reply["user_expressions"]["it"]
        if not value or value["status"] != "ok":
            raise RuntimeError("\n".join((value or reply)["traceback"]))
        return str(ast.literal_eval(value["data"]["text/plain"]))


class JupyterLab(JupyterServer):
    """JupyterLab 4."""

    name = "JupyterLab"
    app = "jupyterlab"
    path = "lab/tree"
    has_tabs = True

    def __init__(self, browser: Browser, environ: dict[str, str] | None = None) -> None:
        super().__init__(browser, environ)
        self.page_with_app: Page | None = None
        # Switch off everything that needs a network, pops up, or differs between runs.
        self.setting(
            "apputils-extension/notification", fetchNews="false", checkForUpdates=False
        )
        self.setting("extensionmanager-extension/plugin", enabled=False)
        self.setting("docmanager-extension/plugin", autosave=False)

    def command(self) -> list[str]:
        return [
            self.app,
            "--LabApp.expose_app_in_browser=True",
            "--JupyterNotebookApp.expose_app_in_browser=True",
            f"--LabApp.user_settings_dir={self.folder / 'settings'}",
            f"--LabApp.workspaces_dir={self.folder / 'workspaces'}",
            "--LabApp.news_url=",
        ]

    def setting(self, plugin: str, **values: object) -> None:
        """Set options of a plugin, as the Settings Editor does."""
        package, name = plugin.split("/")
        folder = self.folder / "settings" / "@jupyterlab" / package
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.jupyterlab-settings").write_text(json.dumps(values))

    def open(
        self, source: str, *more: str, theme: str = "light", **context: Any
    ) -> Page:
        self.setting(
            "apputils-extension/themes", theme=f"JupyterLab {theme.capitalize()}"
        )
        self.notebook = self.new_file(".ipynb")
        nbformat.write(notebook_of(source, *more), self.notebook)
        page = self.page_with_notebook(theme, context)
        name = self.notebook.name
        ready = page.wait_for_function(READY_KERNEL, arg=name, timeout=120_000)
        self.remember_kernel(ready.json_value())
        self.run_command(page, "notebook:run-all-cells")
        form(page).first.wait_for(timeout=60_000)
        return page

    def page_with_notebook(self, theme: str, context: dict[str, Any]) -> Page:
        """Open the newest notebook, in the page of the previous test if possible.

        Loading the application takes as long as the rest of a test.
        """
        usual = self.has_tabs and theme == "light" and not context
        if self.page_with_app and usual:
            self.page_with_app.evaluate(OPEN_NOTEBOOK, self.notebook.name)
            return self.page_with_app
        page = self.new_page(**context)
        page.goto(self.address(f"{self.path}/{self.notebook.name}?reset"))
        if usual:
            self.page_with_app = page
            self.pages.remove(page)
        return page

    def close_pages(self) -> None:
        """Close every notebook, and every page but the one that the next test uses."""
        if self.page_with_app:
            self.page_with_app.evaluate(CLOSE_NOTEBOOKS)
        super().close_pages()

    def __exit__(self, *_: object) -> None:
        if self.page_with_app:
            self.pages.append(self.page_with_app)
            self.page_with_app = None
        super().__exit__()

    def address(self, path: str) -> str:
        """Return the URL of a page of the server."""
        return f"{self.url}/{path}"

    def run_command(self, page: Page, command: str) -> None:
        """Run a command, as the command palette does."""
        page.evaluate("id => void window.jupyterapp.commands.execute(id)", command)

    def save(self, page: Page) -> str:
        """Save the notebook, and return the contents of the file."""
        page.evaluate("() => window.jupyterapp.shell.currentWidget.context.save()")
        return self.notebook.read_text(encoding="utf-8")


class Notebook(JupyterLab):
    """Notebook 7."""

    name = "Notebook 7"
    app = "notebook"
    path = "notebooks"
    has_tabs = False
