"""The sandbox as a whole: database, two APIs, hub, and what to export."""

from __future__ import annotations

import json
import os
import secrets
from typing import TYPE_CHECKING, Final

from lamin_widgets.sandbox import contracts, control_api, hub
from lamin_widgets.sandbox.breakages import BREAKAGES, mend
from lamin_widgets.sandbox.control import FILE_VARIABLE
from lamin_widgets.sandbox.errors import SandboxError
from lamin_widgets.sandbox.faults import FaultLayer
from lamin_widgets.sandbox.lamin import Lamin
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
    """A Lamin on this machine, on loopback only, with random passwords.

    Args:
        check_timeout_s: How long the API waits for a database when it tests one.

    Attributes:
        api: What the guide's API received, and how to make it misbehave.
        published_api: The same for the API as in Lamin's OpenAPI document.
        hub: The same for the hub.
        database: The PostgreSQL.
        api_url: Base URL of the API as in Lamin's guide.
        published_api_url: Base URL of the API as in Lamin's OpenAPI document.
        hub_url: Base URL of the hub.
        environ: Variables that make a process use this sandbox.
    """

    def __init__(self, *, check_timeout_s: int = 5) -> None:
        self._tokens = TokenIssuer()
        guide = Lamin(self._tokens, check_timeout_s=check_timeout_s)
        published = Lamin(
            self._tokens,
            organization_id=guide.organization_id,
            check_timeout_s=check_timeout_s,
        )
        self.organization_id = guide.organization_id
        self._control_key = secrets.token_urlsafe(24)
        self._guide_app = contracts.build(contracts.guide, guide)
        self._guide_app.include_router(control_api.router)
        self.api = FaultLayer(self._guide_app)
        self.published_api = FaultLayer(contracts.build(contracts.published, published))
        self.hub = FaultLayer(hub.build(self._tokens))
        self._workspace: Workspace | None = None
        self._servers: ServerThread | None = None
        self.api_url = self.published_api_url = self.hub_url = ""
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
        """Start everything and return when it answers.

        Raises:
            SandboxError: Something does not start; nothing is left behind.
        """
        try:
            workspace = Workspace()
            self.database = Postgres(workspace=workspace)
            self._workspace = workspace  # from here on `stop` has both to clear away
            self.database.start()
            state = self._guide_app.state
            state.database, state.control_key = self.database, self._control_key
            self._servers = ServerThread([self.api, self.published_api, self.hub])
            self._servers.start()
            urls = [f"http://127.0.0.1:{port}" for port in self._servers.ports]
            self.api_url, self.published_api_url, self.hub_url = urls
            self.published_api_url += "/api"
            self.environ = self._exports(workspace)
        except OSError as error:
            self.stop()
            raise SandboxError(f"The sandbox could not be set up: {error}") from None
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything. Processes, threads and folders are gone afterwards."""
        if self._servers is not None:
            self._servers.stop()
        if self._workspace is not None:
            self.database.close()
            self._workspace.remove()
        self._servers = self._workspace = None

    @property
    def handle(self) -> str:
        """The handle of the sandbox's user."""
        return self._tokens.user.handle

    @property
    def api_key(self) -> str:
        """The API key to sign in with."""
        return self._tokens.api_key

    @property
    def expired_api_key(self) -> str:
        """An API key that is no longer good."""
        return self._tokens.expired_api_key

    def folder(self, name: str) -> Path:
        """Make a private folder that is removed with the sandbox."""
        return self._place.folder(name)

    def adopt(self, group: int) -> None:
        """Have a process group ended even where this process is killed."""
        self._place.adopt(group)

    def issue_token(self, expires_in_s: float = 3600) -> str:
        """Issue an access token; see `TokenIssuer.issue`."""
        return self._tokens.issue(expires_in_s)

    def expire_tokens(self) -> None:
        """Refuse every access token issued so far."""
        self._tokens.expire_all()

    def break_(self, what: str) -> None:
        """Break the database; `what` is a key of `BREAKAGES`."""
        BREAKAGES[what](self.database)

    def mend(self) -> None:
        """Undo every breakage and fault."""
        for layer in (self.api, self.published_api, self.hub):
            layer.clear_faults()
        mend(self.database)

    @property
    def _place(self) -> Workspace:
        if self._workspace is None:
            raise SandboxError("The sandbox is not running")
        return self._workspace

    def _exports(self, workspace: Workspace) -> dict[str, str]:
        no_proxy = os.environ.get("NO_PROXY") or os.environ.get("no_proxy")
        no_proxy = ",".join(filter(None, [no_proxy, _LOOPBACK_NAMES]))
        return {
            "LAMIN_API_URL": self.api_url,
            "LAMIN_ENV": "sandbox",
            "SUPABASE_API_URL": self.hub_url,
            "SUPABASE_ANON_KEY": self._tokens.publishable_key,
            "LAMIN_SETTINGS_DIR": str(workspace.folder("settings")),
            # Every API of the sandbox, so that the form recognises it.
            "LAMIN_WIDGETS_SANDBOX": (
                f"{self.api_url}{control_api.PREFIX} {self.published_api_url}"
            ),
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
            "api_key": self.api_key,
            "organization_id": self.organization_id,
            "api_url": self.api_url,
            "published_api_url": self.published_api_url,
            "control_url": f"{self.api_url}{control_api.PREFIX}",
            "control_key": self._control_key,
        }
        path.write_text(json.dumps(details, indent=2))
        return path
