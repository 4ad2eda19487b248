"""Register and test a PostgreSQL server with Lamin, from a notebook."""

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
