"""The calls of the Lamin API, as objects."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import ClassVar, TypeAlias

from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.secret import Secret
from lamin_widgets.lamin.endpoints import CHECK, INSTANCES, REGISTER, Endpoint
from lamin_widgets.lamin.transport import Request

__all__ = ["Call", "CheckAccess", "CreateInstance", "RegisterServer"]


@dataclass(frozen=True, slots=True)
class _Call:
    """Base of the calls."""

    name: str

    def __post_init__(self) -> None:
        """Refuse a connection string in place of a name, without displaying it.

        Raises:
            InvalidInput: If a text is a `Secret` (see `hides_secrets`).
        """
        for each in fields(self):
            if isinstance(getattr(self, each.name), Secret):
                raise InvalidInput(
                    f"{each.name} looks like a connection string.",
                    cause="connection_string_misplaced",
                    field=None if each.name == "connection" else each.name,
                )

    @property
    def server_name(self) -> str:
        """Name of the database server."""
        return self.name.strip()


@dataclass(frozen=True, slots=True)
class RegisterServer(_Call):
    """Register a database server. `POST /db/server/register`.

    Attributes:
        name: Name of the server in Lamin.
        connection: The server. Its password is sent to Lamin.
        api_server_name: The Lamin region, for example ``"prod-us-east-1"``.
        organization_id: UUID of the organization. Some APIs require it.
    """

    endpoint: ClassVar[Endpoint] = REGISTER
    done: ClassVar[str] = "Registered."

    connection: PostgresConnection
    api_server_name: str
    organization_id: str | None = None

    def __post_init__(self) -> None:
        _Call.__post_init__(self)
        connection: object = self.connection
        if not isinstance(connection, PostgresConnection):
            del connection  # The traceback must not hold the value.
            object.__setattr__(self, "connection", None)
            raise TypeError("connection must be a PostgresConnection")

    def request(self, url: str, token: Secret) -> Request:
        """Return the request for a URL of the endpoint."""
        body: dict[str, str | Secret] = {
            "name": self.name.strip(),
            "url": self.connection.url,
            "api_server_name": self.api_server_name.strip(),
        }
        if self.organization_id:
            body["organization_id"] = self.organization_id.strip()
        hidden = (self.connection.password,)
        return Request(self.endpoint.method, url, token, json=body, hidden=hidden)


@dataclass(frozen=True, slots=True)
class CheckAccess(_Call):
    """Ask Lamin to connect to a server. `POST /db/server/checks-access`.

    Attributes:
        name: Name of the server in Lamin.
        hidden: Secrets that the reply could quote.
    """

    endpoint: ClassVar[Endpoint] = CHECK
    done: ClassVar[str] = "Lamin can connect."
    hidden: tuple[Secret, ...] = field(default=(), repr=False)

    def request(self, url: str, token: Secret) -> Request:
        """Return the request for a URL of the endpoint."""
        params = {"name": self.name.strip()}
        return Request(
            self.endpoint.method, url, token, params=params, hidden=self.hidden
        )


@dataclass(frozen=True, slots=True)
class CreateInstance(_Call):
    """Create a LaminDB instance on a registered server. `PUT /instances`.

    Attributes:
        name: Name of the instance.
        db_server_name: Name of the server in Lamin.
        storage: Storage location, for example ``"s3://my-bucket"``.
        schema_str: Modules, separated by commas.
        account_id: UUID of the account that owns the instance. Default: the caller's.
        hidden: Secrets that the reply could quote.
    """

    endpoint: ClassVar[Endpoint] = INSTANCES
    done: ClassVar[str] = "Created."

    db_server_name: str
    storage: str | None = None
    schema_str: str | None = None
    account_id: str | None = None
    hidden: tuple[Secret, ...] = field(default=(), repr=False)

    @property
    def server_name(self) -> str:
        """Name of the database server."""
        return self.db_server_name.strip()

    def request(self, url: str, token: Secret) -> Request:
        """Return the request for a URL of the endpoint."""
        names = (each.name for each in fields(self) if each.name != "hidden")
        given = {name: getattr(self, name) for name in names}
        params = {key: value.strip() for key, value in given.items() if value}
        params = {key: value for key, value in params.items() if value}
        return Request(
            self.endpoint.method, url, token, params=params, hidden=self.hidden
        )


Call: TypeAlias = RegisterServer | CheckAccess | CreateInstance
