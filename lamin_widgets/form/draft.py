"""The values of the form as entered, and the messages about them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from lamin_widgets.core.connection import masked_url
from lamin_widgets.form.parsed import Parsed, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Draft", "Fix", "Level", "Note"]

Level: TypeAlias = Literal["error", "warning", "info"]


@dataclass(frozen=True, repr=False)
class Draft:
    """The values of the fields, as entered, without the password.

    Attributes:
        name: Server name.
        api_server_name: Region.
        host: Host.
        port: Port.
        api_url: URL of the Lamin API.
        organization_id: UUID of the organization, or "".
        instance_name: Name for an instance, or "".
        storage: Storage location of the instance, or "".
        schema_str: Modules of the instance, or "".
        account_id: UUID of the instance's owner, or "".
        has_password: Whether the form has a password.
        password_hint: What's unusual about the password, as from
            `checks.password_hint`.
        sandbox: Whether the API is a sandbox's stand-in for Lamin's cloud.
    """

    name: str = ""
    api_server_name: str = ""
    host: str = ""
    port: int | str = 5432
    api_url: str = ""
    organization_id: str = ""
    instance_name: str = ""
    storage: str = ""
    schema_str: str = ""
    account_id: str = ""
    has_password: bool = False
    password_hint: str = ""
    sandbox: bool = False

    @cached_property
    def parsed(self) -> Parsed:
        """The values, parsed once."""
        return parse(self)

    def with_password(self, hint: str | None) -> Draft:
        """Return the draft after a change of the password. It isn't parsed again.

        Args:
            hint: What's unusual about the password, or None without a password.
        """
        draft = replace(self, has_password=hint is not None, password_hint=hint or "")
        object.__setattr__(draft, "parsed", self.parsed)
        return draft

    def __repr__(self) -> str:
        """Return the masked URL only, because any field can have a stray password."""
        return f"Draft({masked_url(self.host, self.port)!r})"


class Fix(NamedTuple):
    """A correction that is one click away.

    Attributes:
        label: The text of the button.
        values: The fields that it sets.
    """

    label: str
    values: dict[str, str | int]


class Note(NamedTuple):
    """A message about a field.

    Attributes:
        level: "error" blocks an action. "warning" and "info" don't.
        cause: For an error, its id in the catalog of failures.
        text: One or two sentences. They quote nothing that could be a password.
        short: Two or three words, for when the text stands elsewhere.
        fixes: Corrections to offer.
        facts: For an error, values for the placeholders of the catalog's texts.
    """

    level: Level
    cause: str
    text: str
    short: str = ""
    fixes: tuple[Fix, ...] = ()
    facts: Mapping[str, str] = MappingProxyType({})
