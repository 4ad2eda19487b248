"""The calls of the Lamin API: their paths, in all versions, and their requests."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, fields
from dataclasses import field as field_
from typing import TYPE_CHECKING, ClassVar, TypeAlias
from urllib.parse import urlsplit

from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.secret import Secret
from lamin_widgets.lamin.transport import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from lamin_widgets.core.failures import CauseId


Classify: TypeAlias = (
    "Callable[[Secret, tuple[Secret, ...]], tuple[CauseId, dict[str, str]]]"
)


@dataclass(frozen=True, slots=True)
class Call:
    """Base class of the calls.

    Attributes:
        method: HTTP method.
        paths: The paths of the call in all versions of the API, first that of Lamin's
            guide.
        done: Message for a success whose reply has no message.
        changes: Whether the call changes something. If it does, it's sent only once,
            and the status of the reply gives the result. Otherwise, it can be repeated,
            and the body of the reply gives the result.
        name: Name of the server or the instance.
        hidden: Secrets that the reply could quote.
    """

    method: ClassVar[str] = "POST"
    paths: ClassVar[tuple[str, ...]]
    done: ClassVar[str]
    changes: ClassVar[bool] = True

    name: str
    _: KW_ONLY
    hidden: tuple[Secret, ...] = field_(default=(), repr=False)

    def __post_init__(self) -> None:
        """Refuse a connection string in place of a name.

        Raises:
            InvalidInput: If a text is a `Secret` (see `hides_secrets`).
        """
        for each in fields(self):
            if isinstance(getattr(self, each.name), Secret):
                raise InvalidInput(
                    cause="connection_string_misplaced",
                    field=None if each.name == "connection" else each.name,
                )

    @property
    def server_name(self) -> str:
        """Name of the database server."""
        return self.name.strip()

    def urls(self, api_url: str, known: str | None = None) -> list[str]:
        """Return the possible URLs of the call, in the order in which to try them.

        Args:
            api_url: The API URL in its normal form.
            known: The URL that worked before, or None. It comes first.
        """
        bases = [api_url]
        if api_url.endswith("/api"):
            bases.append(api_url.removesuffix("/api"))
        elif not urlsplit(api_url).path:
            bases.append(f"{api_url}/api")
        urls = [base + path for base in bases for path in self.paths]
        return list(dict.fromkeys([known, *urls] if known else urls))

    def request(self, url: str, token: Secret) -> Request:
        """Return the request for one of the URLs."""
        return Request(
            self.method, url, token, params=self._texts(), hidden=self.hidden
        )

    def _texts(self) -> dict[str, str]:
        """Return the values of the fields that aren't empty."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        texts = {k: v.strip() for k, v in values.items() if isinstance(v, str)}
        return {key: text for key, text in texts.items() if text}


@dataclass(frozen=True, slots=True)
class RegisterServer(Call):
    """Register a database server. See `DbServerClient.register` for the attributes."""

    paths = ("/db/server/register",)
    done = "Registered."

    connection: PostgresConnection
    api_server_name: str
    organization_id: str | None = None

    def __post_init__(self) -> None:
        Call.__post_init__(self)
        if not isinstance(self.connection, PostgresConnection):
            raise TypeError("connection must be a PostgresConnection")

    def request(self, url: str, token: Secret) -> Request:
        """Return the request, whose body has the password."""
        body: dict[str, str | Secret] = {**self._texts(), "url": self.connection.url}
        hidden = (self.connection.password, *self.hidden)
        return Request(self.method, url, token, json=body, hidden=hidden)


@dataclass(frozen=True, slots=True)
class CheckAccess(Call):
    """Ask Lamin to connect to the server with this name.

    Attributes:
        classify: Function that returns the cause and the facts of a failed check, from
            the sentence of the reply and the secrets to redact in the facts.
    """

    paths = ("/db/server/checks-access", "/db/server/check-access")
    done = "Lamin can connect."
    changes = False

    _: KW_ONLY
    classify: Classify | None = field_(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class CreateInstance(Call):
    """Create an instance. See `DbServerClient.create_instance` for the attributes."""

    method = "PUT"
    paths = ("/instances",)
    done = "Created."

    db_server_name: str
    storage: str | None = None
    schema_str: str | None = None
    account_id: str | None = None

    @property
    def server_name(self) -> str:
        """Name of the database server."""
        return self.db_server_name.strip()
