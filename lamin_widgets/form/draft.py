"""The form as it stands, and what is said about its fields."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

__all__ = ["Draft", "Fix", "Message"]


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form. The password is not in it.

    Attributes:
        name: Server name, as typed.
        api_server_name: Region, as typed or chosen.
        host: Host, as typed.
        port: Port, as typed.
        has_password: Whether the form holds a password.
        api_url: Address of Lamin's API, as typed.
        organization_id: UUID of the organization, or "".
        instance_name: Name for an instance, or "".
        storage: Storage of the instance, or "".
        schema_str: Schema modules of the instance, or "".
        password_has_outer_space: Whether the password begins or ends with a space.
        sandbox: Whether the API is a sandbox's stand-in for Lamin's cloud.
        published: Whether the API knows the published spelling of the check only.
    """

    name: str = ""
    api_server_name: str = ""
    host: str = ""
    port: int | str = 5432
    has_password: bool = False
    api_url: str = ""
    organization_id: str = ""
    instance_name: str = ""
    storage: str = ""
    schema_str: str = ""
    password_has_outer_space: bool = False
    sandbox: bool = False
    published: bool = False

    @property
    def address(self) -> tuple[str, str]:
        """Host and port without the spaces around them."""
        return self.host.strip(), str(self.port).strip()


@dataclass(frozen=True, slots=True)
class Fix:
    """A correction that is one click away.

    Attributes:
        label: What the button says.
        values: The fields it sets.
    """

    label: str
    values: dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Message:
    """What is said at a field.

    Attributes:
        level: "error" blocks the action, "warning" and "info" do not.
        cause: Id; for an error, one of the catalogue of failures.
        text: What is said. It quotes nothing that could be a password.
        fixes: Corrections to offer.
    """

    level: Literal["error", "warning", "info"]
    cause: str
    text: str
    fixes: tuple[Fix, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON."""
        return asdict(self) | {"fixes": [asdict(fix) for fix in self.fixes]}
