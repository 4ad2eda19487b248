"""Protection of the password during a connection attempt.

The password is sent in clear text or as an MD5 hash only to a verified server, or to a
server on this machine. To other servers, libpq sends only a SCRAM proof. Only guesses
recover the password from the proof, and the server chooses how expensive a guess is.
"""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lamin_widgets.core.errors import DatabaseError

_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
NO_FILE: Final = f"{os.devnull}/none"
"""A path at which no file can exist."""


@dataclass(frozen=True, slots=True)
class Protection:
    """Settings of libpq for one attempt.

    Attributes:
        sslmode: Value of libpq's `sslmode`.
        root: Path of the file with the trusted CA certificates.
        is_safe: Whether the password can be sent. If not, only SCRAM is allowed.
    """

    sslmode: str
    root: str = NO_FILE
    is_safe: bool = False

    @property
    def verifies(self) -> bool:
        """Whether the certificate and its host name are verified."""
        return self.sslmode == "verify-full"

    def follows(self, cause: str) -> bool:
        """Return whether to try these settings after a more protected attempt failed.

        Args:
            cause: The cause of that failure.
        """
        if self.sslmode == "disable":
            return cause in {"db_tls_unsupported", "tls_failed", "db_not_allowed"}
        return cause in {"db_certificate", "tls_failed"}


def tls_setting() -> str:
    """Return the value of PGSSLMODE, or an empty string.

    Raises:
        DatabaseError: `environment_setting` if libpq doesn't have this mode.
    """
    mode = os.environ.get("PGSSLMODE", "").strip()
    if mode and mode not in _MODES:
        sentence = f"It must be one of {', '.join(_MODES)}."
        raise DatabaseError(
            sentence,
            cause="environment_setting",
            facts={"variable": "PGSSLMODE", "sentence": sentence},
        )
    return mode


def is_turned_off() -> bool:
    """Return whether `PGSSLMODE` turns TLS off."""
    return tls_setting() == "disable"


def plan(*, loopback: bool) -> tuple[Protection, ...]:
    """Return the settings of all attempts, the one with the most protection first.

    `PGSSLMODE` can require more protection, or turn TLS off. `PGSSLROOTCERT` applies,
    as in libpq.
    """
    mode = tls_setting()
    if loopback:
        return (Protection(mode or "prefer", _root_for(mode), is_safe=True),)
    if mode == "disable":
        return (Protection("disable"),)
    verified = Protection("verify-full", _root_for("verify-full"), is_safe=True)
    if mode == "verify-full":
        return (verified,)
    if mode in {"verify-ca", "require"}:
        return verified, Protection(mode, _root_for(mode))
    return verified, Protection("require"), Protection("disable")


def describe(protocol: str, *, verified: bool) -> str:
    """Return a phrase such as "TLS 1.3, certificate verified"."""
    if not protocol:
        return "not encrypted"
    name = protocol.replace("TLSv", "TLS ")
    return f"{name}, certificate {'verified' if verified else 'not verified'}"


def _root_for(mode: str) -> str:
    """Return the file of CA certificates for a mode of libpq."""
    own = _own_root()
    if mode == "require":
        return own or NO_FILE  # As in libpq, the mode is stricter with a file.
    if mode not in {"verify-ca", "verify-full"}:
        return NO_FILE
    if own and own != "system":
        return own
    # SSL_CERT_FILE is for the sign-in, so don't use the path with the environment's.
    system = ssl.get_default_verify_paths().openssl_cafile
    if Path(system).is_file():
        return system
    # Some systems have no file of CA certificates.
    import certifi

    return certifi.where()


def _own_root() -> str:
    """Return the user's file of CA certificates, found as in libpq, or ""."""
    setting = os.environ.get("PGSSLROOTCERT", "")
    home = os.path.expanduser("~")  # noqa: PTH111  # Path.home() can raise
    default = Path(home, ".postgresql", "root.crt")
    is_found = default.is_absolute() and default.exists()
    return setting or (str(default) if is_found else "")
