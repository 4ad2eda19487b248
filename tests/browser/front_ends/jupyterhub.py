"""JupyterHub, which starts a JupyterLab for its user behind a proxy and a prefix."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from browser.front_ends.front_end import free_port
from browser.front_ends.jupyter import JupyterLab

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MODULES = Path(__file__).parent / "node_modules"
PROXY = MODULES / "configurable-http-proxy" / "bin" / "configurable-http-proxy"
CONFIG = """
from jupyterhub.auth import Authenticator


class OneUser(Authenticator):
    async def authenticate(self, handler, data):
        return "ada"


c.Authenticator.allow_all = True
c.Authenticator.auto_login = True
c.JupyterHub.authenticator_class = OneUser
c.JupyterHub.bind_url = {url!r}
c.JupyterHub.cleanup_servers = True
c.JupyterHub.cookie_secret = b"0" * 32
c.JupyterHub.db_url = "sqlite:///:memory:"
c.JupyterHub.hub_port = {hub_port}
c.JupyterHub.log_level = "WARN"
c.JupyterHub.spawner_class = "simple"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.ConfigurableHTTPProxy.command = ["node", {proxy!r}]
c.SimpleLocalProcessSpawner.home_dir_template = {folder!r}
c.Spawner.args = {arguments!r}
c.Spawner.cmd = [{python!r}, "-m", "jupyterhub.singleuser"]
c.Spawner.environment = {environ!r}
c.Spawner.notebook_dir = {root!r}
"""


class JupyterHub(JupyterLab):
    """JupyterHub 6 with one user."""

    name = "JupyterHub"
    app = "jupyterhub"
    ready_path = "/hub/health"  # Until the hub is up, the proxy replies with 404.
    has_tabs = False

    def __init__(self, browser: Browser, environ: dict[str, str] | None = None) -> None:
        super().__init__(browser, environ)
        options = self.server_options()
        del options["port"], options["root_dir"]
        self.configure("jupyter_server_config", ServerApp=options)
        path = Path(sys.executable).parent
        # The hub uses its own Node.js.
        self.environ["PATH"] = f"{path}:{self.environ['PATH']}"
        self.config = self.folder / "hub.py"
        self.config.write_text(
            CONFIG.format(
                arguments=super().command()[1:],
                environ=self.environ,
                folder=str(self.folder / "home"),
                hub_port=free_port(),
                proxy=str(PROXY),
                proxy_port=free_port(),
                python=self.python,
                root=str(self.root),
                url=self.url,
            )
        )

    def command(self) -> list[str]:
        return [self.app, f"--config={self.config}"]

    def address(self, path: str) -> str:
        """Return the URL that starts the user's server, and then shows a page."""
        return f"{self.url}/hub/spawn/ada?next={quote(f'/user/ada/{path}')}"

    def close_pages(self) -> None:
        """Close every page. The kernel ends with the server."""
        self.close_contexts()
