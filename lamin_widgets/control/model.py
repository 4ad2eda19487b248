"""The traits of the widget, as the controller uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from lamin_widgets.core.outcome import Outcome

__all__ = ["Model"]


class Model(Protocol):
    """Any object with these attributes; `DbServerWidget` is one."""

    name: str
    api_server_name: str
    host: str
    port: int | str
    api_url: str
    organization_id: str
    instance_name: str
    storage: str
    schema_str: str
    panels: list[str]
    locked: list[str]
    has_password: bool
    hints: dict[str, str]
    messages: dict[str, Any]
    account: dict[str, Any]
    progress: dict[str, Any]
    outcome: Outcome | None
    result: dict[str, Any]
    facts: dict[str, Any]
    activity: list[dict[str, str]]
    texts: dict[str, Any]
    allow_list_note: dict[str, str]
    next_step: bool
