"""The values of the form, as entered and parsed, and the types of its messages."""

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from lamin_widgets.core import hosts, regions
from lamin_widgets.core.api_urls import is_lamin_url, normalize_api_url
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.failures import CATALOG
from lamin_widgets.core.hosts import is_local
from lamin_widgets.core.regions import Region
from lamin_widgets.core.url_parts import masked_url
from lamin_widgets.form.providers import Provider, lamin_region, provider_of
from lamin_widgets.form.reachability import private_reason

if TYPE_CHECKING:
    from lamin_widgets.core.failures import CauseId

Level: TypeAlias = Literal["error", "warning", "info"]


class _Fields(NamedTuple):
    """The fields of `Draft`. A named tuple can't cache values, but its subclass can."""

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


class Draft(_Fields):
    """The values of the fields, as entered, without the password.

    Attributes:
        password_hint: A sentence about an unusual password, or "".
        sandbox: Whether the API is that of a sandbox.
    """

    @cached_property
    def parsed(self) -> "Parsed":
        """The parsed values, which are computed once."""
        return _parse(self)

    def with_password(self, hint: str | None) -> "Draft":
        """Return the draft after the password was entered or cleared.

        Args:
            hint: As `password_hint`, or None if the password was cleared.
        """
        draft = self._replace(has_password=hint is not None, password_hint=hint or "")
        draft.parsed = self.parsed
        return draft

    def __repr__(self) -> str:
        """Return only the masked URL, because any field could contain a password."""
        return f"Draft({masked_url(self.host, self.port)!r})"


class Parsed(NamedTuple):
    """The values of a draft, parsed.

    Attributes:
        host: The host, or "" if it isn't valid.
        host_problem: An instruction to correct the host, or "".
        port: The port, or None if it isn't a number from 1 to 65535.
        api_url: The API URL in its normal form, or as entered if it isn't valid.
        api_problem: The cause if the API URL isn't valid, or None.
        is_lamin: Whether the API is one of Lamin's own.
        in_cloud: Whether the API runs in Lamin's cloud, or in a sandbox for a host that
            isn't on this machine. It can't reach private hosts.
        unreachable: The reason why the API likely can't reach the host, or "".
        provider: The managed service of the host, or None.
        region: The region, or None if Lamin doesn't publish it.
        other_api_url: The API URL of the region, or "" if the form has that URL.
        region_near: Lamin's region near a managed host, or None.
    """

    host: str
    host_problem: str
    port: int | None
    api_url: str
    api_problem: "CauseId | None"
    is_lamin: bool
    in_cloud: bool
    unreachable: str
    provider: Provider | None
    region: Region | None
    other_api_url: str
    region_near: Region | None

    def __repr__(self) -> str:
        """Return no values, because any field could contain a password."""
        return "Parsed()"


def _parse(draft: Draft) -> Parsed:
    entered = draft.host.strip()
    host_problem = hosts.problem(entered)
    host = "" if host_problem else entered
    port = hosts.port_number(draft.port)
    api_problem: CauseId | None = None
    try:
        api_url = normalize_api_url(draft.api_url)
    except InvalidInput as error:
        api_url, api_problem = draft.api_url.strip(), error.cause
    is_lamin = api_problem is None and is_lamin_url(api_url)
    region = regions.find(draft.api_server_name)
    # A sandbox behaves like Lamin's cloud, except that it can reach this machine.
    in_cloud = is_lamin or (draft.sandbox and not is_local(host))
    return Parsed(
        host=host,
        host_problem=host_problem,
        port=port,
        api_url=api_url,
        api_problem=api_problem,
        is_lamin=is_lamin,
        in_cloud=in_cloud,
        unreachable=private_reason(host) if in_cloud and host else "",
        provider=provider_of(host),
        region_near=lamin_region(host),
        region=region,
        other_api_url=region.api_url if region and region.api_url != api_url else "",
    )


class Fix(NamedTuple):
    """A correction that a button applies: its label, and the new values of fields."""

    label: str
    values: dict[str, str | int]


class Note(NamedTuple):
    """A message about a field.

    Attributes:
        level: "error", "warning", or "info". Only an error prevents actions.
        sentences: One or two sentences, without a quote that could be a password. ""
            for an error with the title from the catalog.
        fixes: Corrections to offer as buttons.
        cause: For an error, its id in the catalog of failures.
        facts: For an error, values for the placeholders of the catalog's texts.
    """

    level: Level
    sentences: str = ""
    fixes: tuple[Fix, ...] = ()
    cause: "CauseId" = "unexpected"
    facts: Mapping[str, str] = MappingProxyType({})

    @property
    def text(self) -> str:
        """The text to show. The catalog is read only when an error is shown."""
        if self.sentences:
            return self.sentences
        return f"{CATALOG[self.cause].title} {self.facts.get('problem', '')}".rstrip()
