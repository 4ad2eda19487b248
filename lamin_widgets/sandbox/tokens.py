"""The user of a sandbox, and this user's API keys and access tokens."""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003  # in the docs of TokenIssuer
from typing import Any, Final

import jwt

_ALGORITHM: Final = "HS256"


class BadKey(Exception):
    """An API key that the hub rejects. The message is the hub's."""


@dataclass(frozen=True)
class User:
    """The user of a sandbox.

    Attributes:
        handle: Name in the form.
        name: Full name.
        lnid: Lamin's short id.
        id: UUID of the account, the subject of its tokens.
    """

    handle: str = "sandbox-user"
    name: str = "Sandbox User"
    lnid: str = "sandbox1"
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def row(self) -> dict[str, str]:
        """Return the account as the hub and the API show it."""
        return {
            "id": self.id,
            "lnid": self.lnid,
            "handle": self.handle,
            "name": self.name,
        }


class TokenIssuer:
    """Issuer of access tokens for one user.

    Attributes:
        user: The user.
        api_key: The valid API key.
        expired_api_key: An API key that has expired.
        publishable_key: Key that each request to the hub must have.
        api_key_expires_at: When the valid API key expires, or None for never.
        key_expired: Whether the valid API key has also expired.
    """

    def __init__(self) -> None:
        self.user = User()
        # The key contains no words, because the form redacts parts of a key, even in
        # the handle.
        self.api_key = secrets.token_hex(24)
        self.expired_api_key = secrets.token_hex(24)
        self.publishable_key = f"sb_publishable_{secrets.token_urlsafe(16)}"
        self.api_key_expires_at: datetime | None = None
        self.key_expired = False
        self._secret = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._generation = 0

    def issue(self, expires_in_s: float = 3600) -> str:
        """Issue an access token.

        Args:
            expires_in_s: Seconds until it expires. Negative for an expired token.

        Returns:
            The token, a signed JWT.
        """
        now = time.time()
        claims: dict[str, Any] = {
            "sub": self.user.id,
            "aud": "authenticated",
            "role": "authenticated",
            "iat": int(now),
            "exp": int(now + expires_in_s),
            "jti": secrets.token_hex(8),
            "generation": self._generation,
        }
        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM)

    def expire_all(self) -> None:
        """Reject every token issued so far."""
        with self._lock:
            self._generation += 1

    def accepts(self, token: str) -> bool:
        """Return whether a token is from this issuer and hasn't expired."""
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                audience="authenticated",
                # One machine issues and checks the tokens, so this check isn't needed.
                options={"verify_iat": False},
            )
        except jwt.InvalidTokenError:
            return False
        return bool(claims["generation"] == self._generation)

    def exchange(self, api_key: str) -> dict[str, str]:
        """Exchange an API key for an access token.

        Returns:
            The hub's reply.

        Raises:
            BadKey: If the key has expired or is unknown.
        """
        valid = secrets.compare_digest(api_key.encode(), self.api_key.encode())
        expired = secrets.compare_digest(
            api_key.encode(), self.expired_api_key.encode()
        )
        if expired or (valid and self.key_expired):
            raise BadKey("API key expired")
        if not valid:
            raise BadKey("API key not found")
        reply = {"accessToken": self.issue()}
        if self.api_key_expires_at is not None:
            reply["apiKeyExpiresAt"] = self.api_key_expires_at.isoformat()
        return reply
