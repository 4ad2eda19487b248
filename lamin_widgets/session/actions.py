"""The actions, the fields that each requires, and the facts for their texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.redaction import safe_text
from lamin_widgets.core.regions import PUBLISHED_API_URLS

if TYPE_CHECKING:
    from lamin_widgets.core.action_names import Action
    from lamin_widgets.core.outcome import Outcome
    from lamin_widgets.form.draft import Draft, Note

LONGEST_SHOWN: Final = 200
"""The number of characters of a field's value that texts show."""
FIRST_PAUSE_S: Final = 5.0
LONGEST_PAUSE_S: Final = 60.0
"""The pauses between tries of a check double from the first to the longest."""


class ActionRow(NamedTuple):
    """A row of the table of actions.

    Attributes:
        title: The title while the action runs.
        required: The fields that must have no error, in the order of the form.
        calls_api: Whether the action sends the access token to the API. If the API
            isn't trusted, the form asks first.
    """

    title: str
    required: tuple[str, ...]
    calls_api: bool = False


def pause_after(outcome: Outcome, tries: int) -> float:
    """Return the pause before the next try of a check, in seconds."""
    growing = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** (tries - 1))
    return max(growing, float(outcome.facts.get("retry_after_s", 0)))


def as_error(field: str, note: Note) -> InvalidInput:
    """Return the exception for an error at a field."""
    return InvalidInput(cause=note.cause, field=field, facts=note.facts)


def facts_of(draft: Draft) -> dict[str, str]:
    """Return values of the form for the placeholders of the catalog's texts."""
    host, port = draft.host.strip(), str(draft.port).strip()
    api_url = draft.parsed.api_url
    api_host = urlsplit(api_url).netloc
    provider = draft.parsed.provider
    managed: dict[str, str] = {}
    if provider is not None and not provider.edits_pg_hba:
        managed["managed"] = "yes"
    if provider is not None and provider.allow_advice:
        managed["allow_advice"] = provider.allow_advice.format(port=port)
    entered = {
        "name": draft.name.strip(),
        "host": host,
        "port": port,
        "instance": draft.instance_name.strip(),
        "api_url": api_url,
        "api_host": api_host,
        "destination": api_host,
    }
    # The page can send any text, and not every field was checked.
    shown = {
        name: safe_text(value, limit=LONGEST_SHOWN) for name, value in entered.items()
    }
    return {**shown, "published": ", ".join(PUBLISHED_API_URLS), **managed}


ACTIONS: Final[dict[Action, ActionRow]] = {
    "diagnose": ActionRow("Connecting from this machine", ("host", "port", "password")),
    "register": ActionRow(
        "Registering with Lamin",
        (
            *("name", "api_server_name", "host", "port", "password"),
            *("api_url", "organization_id"),
        ),
        calls_api=True,
    ),
    "test": ActionRow("Connecting from Lamin", ("name", "api_url"), calls_api=True),
    "create-instance": ActionRow(
        "Creating the instance",
        ("instance_name", "name", "api_url", "storage", "schema_str", "account_id"),
        calls_api=True,
    ),
    "sign-in": ActionRow("Signing in", ("api_url",)),
    "sign-out": ActionRow("Signing out", ("api_url",)),
}
"""Every action by its id. `session.runner` has the function of each."""
