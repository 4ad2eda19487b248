"""Register and test a PostgreSQL server with Lamin, from a notebook."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .client import DbServerClient
    from .connection import PostgresConnection
    from .diagnosis import diagnose
    from .errors import LaminWidgetsError
    from .outcome import Outcome
    from .regions import REGIONS, Region
    from .secret import Secret
    from .widget import DbServerWidget

__version__ = "0.1.0"
__all__ = [
    "REGIONS",
    "DbServerClient",
    "DbServerWidget",
    "LaminWidgetsError",
    "Outcome",
    "PostgresConnection",
    "Region",
    "Secret",
    "diagnose",
]

_HOMES = {
    "REGIONS": "regions",
    "DbServerClient": "client",
    "DbServerWidget": "widget",
    "LaminWidgetsError": "errors",
    "Outcome": "outcome",
    "PostgresConnection": "connection",
    "Region": "regions",
    "Secret": "secret",
    "diagnose": "diagnosis",
}

if not TYPE_CHECKING:  # a type checker takes the imports above, and sees misspellings

    def __getattr__(name: str) -> object:
        """Import a public name when it is first used: each needs a part only."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
