"""The fields of the form, as a person meets them. The view draws what stands here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["FIELDS", "SECRET", "WRITABLE", "Field"]


@dataclass(frozen=True, slots=True)
class Field:
    """One input.

    Attributes:
        label: Its accessible name.
        hint: What is said below it while there is nothing to complain of.
        placeholder: An example, shown while it is empty.
        inputmode: Which keys a phone offers, as HTML names them.
        panel: The disclosure that it is in, or an empty string.
        secret: Whether it is masked, and goes to the kernel as the buffer of a message
            and never as state.
    """

    label: str
    hint: str = ""
    placeholder: str = ""
    inputmode: str = "text"
    panel: str = ""
    secret: bool = False


FIELDS: Final[dict[str, Field]] = {
    "name": Field("Server name", "Lamin will know the server by this name"),
    "api_server_name": Field("Region", placeholder="prod-us-east-1"),
    "host": Field("Host", "A DNS name or an IP address", "db.example.org"),
    "port": Field("Port", "5432 is PostgreSQL's default", inputmode="numeric"),
    "password": Field("Password", secret=True),
    "api_url": Field("API URL", "Where the form is sent", panel="advanced"),
    "organization_id": Field(
        "Organization ID", "Only if the API asks for it", panel="advanced"
    ),
    "paste": Field(
        "Connection string",
        "URI, key=value, JDBC, psql or DATABASE_URL. "
        "It fills the form and is not kept.",
        panel="paste",
        secret=True,
    ),
    "api_key": Field(
        "API key",
        "or run “lamin login” in a terminal",
        panel="sign_in",
        secret=True,
    ),
    "instance_name": Field("Instance name", panel="instance"),
    "storage": Field("Storage", "Optional", "s3://my-bucket", panel="instance"),
    "schema_str": Field(
        "Schema modules", "Optional, separated by commas", "bionty", panel="instance"
    ),
}
"""By name, in the order in which they are checked."""

SECRET: Final = tuple(name for name, field in FIELDS.items() if field.secret)
"""The fields that are never traits."""

WRITABLE: Final = tuple(name for name in FIELDS if name not in SECRET)
"""The fields that are traits of the widget."""
