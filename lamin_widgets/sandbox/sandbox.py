"""`Sandbox`: a PostgreSQL server, two Lamin APIs, and a hub on this machine."""

from __future__ import annotations

import json
import os
import secrets
import threading
from typing import TYPE_CHECKING, Final, Literal

from lamin_widgets.sandbox import control_api, hub
from lamin_widgets.sandbox.api import Api
from lamin_widgets.sandbox.control import FILE_VARIABLE
from lamin_widgets.sandbox.errors import SandboxError
from lamin_widgets.sandbox.faults import FaultLayer
from lamin_widgets.sandbox.lamin import Lamin
from lamin_widgets.sandbox.outages import Services
from lamin_widgets.sandbox.postgres import Postgres
from lamin_widgets.sandbox.server import ServerThread
from lamin_widgets.sandbox.tokens import TokenIssuer
from lamin_widgets.sandbox.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Self

_LOOPBACK_NAMES: Final = "127.0.0.1,localhost,::1"


class Sandbox:
    """A local stand-in for Lamin and a PostgreSQL server.

    They listen on loopback addresses only and have random passwords.

    Args:
        check_timeout_s: Seconds that the API waits for a database server.

    Attributes:
        api: The API of Lamin's guide, with its requests and faults.
        published_api: The API of the OpenAPI document, with its requests and faults.
        hub: The hub, with its requests and faults.
        services: The parts of these web services that an outage changes.
        database: The PostgreSQL server.
        tokens: Issuer of the access tokens, with the user and the API keys.
        organization_id: UUID of the organization.
        api_url: Base URL of the API as in Lamin's guide.
        published_api_url: Base URL of the API as in the OpenAPI document of 2026-06.
        hub_url: Base URL of the hub.
        environ: Environment variables that make a process use this sandbox.
        stop_requested: Set when another process asks this sandbox to stop.
    """

    def __init__(self, *, check_timeout_s: int = 5) -> None:
        self.tokens = TokenIssuer()
        guide = Lamin(self.tokens, check_timeout_s=check_timeout_s)
        published = Lamin(
            self.tokens,
            organization_id=guide.organization_id,
            check_timeout_s=check_timeout_s,
        )
        self.organization_id = guide.organization_id
        api = Api(guide, "guide")
        self.api = FaultLayer(api)
        self.published_api = FaultLayer(Api(published, "2026-06"))
        self.hub = FaultLayer(hub.build(self.tokens))
        self.stop_requested = threading.Event()
        self.services = Services(
            api=api,
            apis=(self.api, self.published_api),
            hub=self.hub,
            states=(guide, published),
            tokens=self.tokens,
        )
        self._control_key = secrets.token_urlsafe(24)
        self._workspace: Workspace | None = None
        self._servers: ServerThread | None = None
        self._controls: control_api.Controls | None = None
        self.api_url = self.published_api_url = self.hub_url = self._control_url = ""
        self.environ: dict[str, str] = {}
        self.database: Postgres

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start all servers, and return when they're ready.

        Raises:
            SandboxError: If a server doesn't start. The others are stopped.
        """
        try:
            workspace = Workspace()
            self.database = Postgres(workspace=workspace)
            self._workspace = workspace  # From now on, stop() deletes its files.
            self._controls = control_api.Controls(
                self.database, self.services, self.stop_requested
            )
            control = control_api.build(self._controls, self._control_key)
            self._servers = ServerThread(
                [self.api, self.published_api, self.hub, control]
            )
            self._servers.start()
            self.database.start()
            urls = [f"http://127.0.0.1:{port}" for port in self._servers.ports]
            self.api_url, self.published_api_url, self.hub_url, self._control_url = urls
            self.published_api_url += "/api"
            self.environ = self._exports(workspace)
        except OSError as error:
            self.stop()
            raise SandboxError(f"Can't set up the sandbox: {error}") from None
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop all processes and threads, and delete all files."""
        for layer in (self.api, self.published_api, self.hub):
            layer.stop()
        if self._servers is not None:
            self._servers.stop()
        if self._workspace is not None:
            self.database.close()
            self._workspace.remove()
        self._servers = self._workspace = self._controls = None

    @property
    def handle(self) -> str:
        """Handle of the sandbox's user."""
        return self.tokens.user.handle

    @property
    def api_key(self) -> str:
        """API key that signs in to the sandbox."""
        return self.tokens.api_key

    @property
    def expired_api_key(self) -> str:
        """API key that has expired."""
        return self.tokens.expired_api_key

    def folder(self, name: str) -> Path:
        """Make a private folder that is deleted with the sandbox."""
        return self._files.folder(name)

    def protect(self, group: int) -> None:
        """Let the watchdog end a process group. See `Workspace.protect`."""
        self._files.protect(group, signal="TERM", group=True)

    def release(self, group: int) -> None:
        """Stop protecting a process group that has ended."""
        self._files.release(group)

    def issue_token(self, expires_in_s: float = 3600) -> str:
        """Issue an access token. See `TokenIssuer.issue`."""
        return self.tokens.issue(expires_in_s)

    def expire_tokens(self) -> None:
        """Reject every access token issued so far."""
        self.tokens.expire_all()

    def break_(self, what: str) -> None:
        """Break one part of the sandbox.

        Args:
            what: A key of `lamin_widgets.sandbox.breakages.BREAKAGES` or
                `lamin_widgets.sandbox.outages.OUTAGES`.
        """
        self._running.break_(what)

    def reset(self) -> None:
        """Undo every breakage and fault."""
        self._running.reset()

    def use_api(self, version: Literal["guide", "2026-06", "2026-07"]) -> None:
        """Change the version of the API at `api_url`, until `reset`."""
        self._running.use_api(version)

    @property
    def _files(self) -> Workspace:
        if self._workspace is None:
            raise SandboxError("The sandbox isn't running.")
        return self._workspace

    @property
    def _running(self) -> control_api.Controls:
        if self._controls is None:
            raise SandboxError("The sandbox isn't running.")
        return self._controls

    def _exports(self, workspace: Workspace) -> dict[str, str]:
        no_proxy = os.environ.get("NO_PROXY") or os.environ.get("no_proxy")
        no_proxy = ",".join(filter(None, [no_proxy, _LOOPBACK_NAMES]))
        return {
            "LAMIN_API_URL": self.api_url,
            "LAMIN_ENV": "sandbox",
            "SUPABASE_API_URL": self.hub_url,
            "SUPABASE_ANON_KEY": self.tokens.publishable_key,
            "LAMIN_SETTINGS_DIR": str(workspace.folder("settings")),
            # The form must recognize both APIs.
            "LAMIN_WIDGETS_SANDBOX": f"{self.api_url} {self.published_api_url}",
            FILE_VARIABLE: str(self._write_details(workspace)),
            "NO_PROXY": no_proxy,
            "no_proxy": no_proxy,
        }

    def _write_details(self, workspace: Workspace) -> Path:
        path = workspace.path / "details.json"
        path.touch(mode=0o600)
        details = {
            "host": self.database.host,
            "port": self.database.port,
            "password": self.database.password,
            "ca_file": str(self.database.ca_file),
            "api_key": self.api_key,
            "organization_id": self.organization_id,
            "api_url": self.api_url,
            "published_api_url": self.published_api_url,
            "control_url": self._control_url,
            "control_key": self._control_key,
        }
        path.write_text(json.dumps(details, indent=2))
        return path
