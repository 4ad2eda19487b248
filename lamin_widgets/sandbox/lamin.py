"""Data of a stand-in API: servers, instances, and one organization."""

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

_PREFIX: Final = "prod-"  # Every region's name starts with this.


class Lamin:
    """The data of one API.

    Args:
        tokens: Issuer of the tokens that the API accepts.
        organization_id: UUID of the one organization.
        check_timeout_s: Seconds to wait for a database server.

    Attributes:
        tokens: The issuer.
        organization_id: The UUID.
        servers: Registered URLs by server name.
        instances: Server names by the owner and the name of the instance.
        instance_quota: Highest number of instances, or None for no limit.
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
        self.instances: dict[tuple[str, str], str] = {}
        self.instance_quota: int | None = None
        self._check_timeout_s = check_timeout_s
        self._lock = threading.Lock()

    def register(self, name: str, url: str, api_server_name: str) -> None:
        """Save a database server, without connecting to it.

        Raises:
            HTTPException: 400 for an invalid region or URL, 409 for a name that is in
                use.
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
            HTTPException: 404 for a name that isn't registered.
        """
        return try_connection(self._url(name), self._check_timeout_s)

    def create_instance(self, name: str, server: str, account_id: str | None) -> str:
        """Save an instance on a registered server.

        Args:
            name: Name of the instance.
            server: Name of the server.
            account_id: UUID of the owner. By default, the caller.

        Returns:
            Handle of the owner.

        Raises:
            HTTPException: 403 for an owner that the caller can't act for, or a reached
                quota; 404 for an unknown server; 409 for a name that is in use.
        """
        user = self.tokens.user
        handles = {user.id: user.handle, self.organization_id: "sandbox"}
        owner = handles.get(account_id or user.id)
        if owner is None:
            raise HTTPException(
                403, "You must be a manager or admin of the account to do this"
            )
        self._url(server)
        with self._lock:
            if (owner, name) in self.instances:
                raise HTTPException(409, f"Instance '{owner}/{name}' already exists")
            quota = self.instance_quota
            if quota is not None and len(self.instances) >= quota:
                raise HTTPException(403, f"Instance quota reached for '{owner}'")
            self.instances[owner, name] = server
        return owner

    def _url(self, name: str) -> str:
        try:
            return self.servers[name]
        except KeyError:
            raise HTTPException(404, f"Database server '{name}' not found") from None
