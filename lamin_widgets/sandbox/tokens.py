"""The sandbox's user, and the keys and tokens that prove who is calling."""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any, Final

import jwt

_ALGORITHM: Final = "HS256"


class BadKey(Exception):
    """An API key that the hub does not accept; the message is the hub's."""


@dataclass(frozen=True)
class User:
    """Who is signed in to a sandbox.

    Attributes:
        handle: As shown to people.
        name: The full name.
        lnid: Lamin's short id.
        id: The account's UUID, the subject of the tokens.
    """

    handle: str = "sandbox-user"
    name: str = "Sandbox User"
    lnid: str = "sandbox1"
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def row(self) -> dict[str, str]:
        """The account as the hub and the API show it."""
        return {
            "id": self.id,
            "lnid": self.lnid,
            "handle": self.handle,
            "name": self.name,
        }


class TokenIssuer:
    """Issues access tokens for one user and knows which are good.

    Attributes:
        user: The user.
        api_key: The good API key.
        expired_api_key: One that was good once.
        publishable_key: What callers of the hub send to be served at all.
    """

    def __init__(self) -> None:
        self.user = User()
        self.api_key = f"lamin-sandbox-{secrets.token_urlsafe(24)}"
        self.expired_api_key = f"lamin-sandbox-{secrets.token_urlsafe(24)}"
        self.publishable_key = f"sb_publishable_{secrets.token_urlsafe(16)}"
        self._secret = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._generation = 0

    def issue(self, expires_in_s: float = 3600) -> str:
        """Issue an access token.

        Args:
            expires_in_s: Seconds until it expires; negative for an expired one.

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
        """Refuse every token issued so far."""
        with self._lock:
            self._generation += 1

    def accepts(self, token: str) -> bool:
        """Whether a token was issued here and has not expired."""
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                audience="authenticated",
                # A difference of clocks is no concern within one machine.
                options={"verify_iat": False},
            )
        except jwt.InvalidTokenError:
            return False
        return bool(claims["generation"] == self._generation)

    def exchange(self, api_key: str) -> str:
        """Exchange an API key for an access token.

        Raises:
            BadKey: The key has expired or is unknown.
        """
        if secrets.compare_digest(api_key.encode(), self.api_key.encode()):
            return self.issue()
        if secrets.compare_digest(api_key.encode(), self.expired_api_key.encode()):
            raise BadKey("API key expired")
        raise BadKey("API key not found")
