"""Register and test a PostgreSQL server with Lamin, from a notebook."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lamin_widgets.core.connection import PostgresConnection
    from lamin_widgets.core.errors import LaminWidgetsError
    from lamin_widgets.core.outcome import Outcome
    from lamin_widgets.core.regions import REGIONS, Region
    from lamin_widgets.core.secret import Secret
    from lamin_widgets.lamin.client import DbServerClient
    from lamin_widgets.postgres.diagnosis import diagnose
    from lamin_widgets.widget import DbServerWidget

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

_MODULES = {
    "REGIONS": "core.regions",
    "DbServerClient": "lamin.client",
    "DbServerWidget": "widget",
    "LaminWidgetsError": "core.errors",
    "Outcome": "core.outcome",
    "PostgresConnection": "core.connection",
    "Region": "core.regions",
    "Secret": "core.secret",
    "diagnose": "postgres.diagnosis",
}

# Type checkers use the imports above, so that they find misspelled names.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import a public name at its first use, because importing all is slow."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f".{_MODULES[name]}", __name__), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
