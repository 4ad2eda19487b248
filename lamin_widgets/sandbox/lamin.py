"""What the stand-in API knows: servers, instances, one organization, one user."""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING, Final

from fastapi import HTTPException

from lamin_widgets.sandbox.database_url import (
    BadUrl,
    Verdict,
    check_url,
    try_connection,
)

if TYPE_CHECKING:
    from lamin_widgets.sandbox.tokens import TokenIssuer

_PREFIX: Final = "prod-"  # every known region's name starts like this


class Lamin:
    """The state behind one API.

    Args:
        tokens: Who may call.
        organization_id: The one organization that exists.
        check_timeout_s: How long to wait for a database.

    Attributes:
        tokens: As given.
        organization_id: As given.
        servers: Registered URLs by name.
        instances: Server names by the name of the instance on them.
    """

    def __init__(
        self,
        tokens: TokenIssuer,
        *,
        organization_id: str | None = None,
        check_timeout_s: int = 5,
    ) -> None:
        self.tokens = tokens
        self.organization_id = organization_id or str(uuid.uuid4())
        self.servers: dict[str, str] = {}
        self.instances: dict[str, str] = {}
        self._check_timeout_s = check_timeout_s
        self._lock = threading.Lock()

    def register(self, name: str, url: str, api_server_name: str) -> None:
        """Remember a database server; nothing is connected to.

        Raises:
            HTTPException: 400 for a region or URL that cannot be, 409 for a name
                that is taken.
        """
        if not api_server_name.startswith(_PREFIX):
            raise HTTPException(400, f"Unknown API server '{api_server_name}'")
        try:
            check_url(url)
        except BadUrl as error:
            raise HTTPException(400, str(error)) from None
        with self._lock:
            if name in self.servers:
                raise HTTPException(409, f"Database server '{name}' already exists")
            self.servers[name] = url

    def check(self, name: str) -> Verdict:
        """Connect to a registered server.

        Raises:
            HTTPException: 404 for a name that is not registered.
        """
        return try_connection(self._url(name), self._check_timeout_s)

    def create_instance(self, name: str, server: str) -> None:
        """Remember an instance on a registered server.

        Raises:
            HTTPException: 404 for an unknown server, 409 for a name that is taken.
        """
        self._url(server)
        with self._lock:
            if name in self.instances:
                raise HTTPException(409, f"Instance '{name}' already exists")
            self.instances[name] = server

    def _url(self, name: str) -> str:
        try:
            return self.servers[name]
        except KeyError:
            raise HTTPException(404, f"Database server '{name}' not found") from None
