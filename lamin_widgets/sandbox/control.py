"""Break and mend a running sandbox from another process, such as a notebook.

```python
from lamin_widgets.sandbox.control import SandboxControl

sandbox = SandboxControl.from_environment()
sandbox.break_("wrong-password")
sandbox.mend()
```

Uses the standard library only, so that it works where the sandbox's extra is missing.
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from lamin_widgets.core.errors import LaminWidgetsError
from lamin_widgets.core.secret import Secret

FILE_VARIABLE: Final = "LAMIN_WIDGETS_SANDBOX_FILE"
KEY_HEADER: Final = "X-Sandbox-Key"
_TIMEOUT_S: Final = 60.0


@dataclass(frozen=True)
class Details:
    """What a person needs to fill in the form.

    Attributes:
        host: Of the sandbox's PostgreSQL.
        port: Of the sandbox's PostgreSQL.
        password: Of its user `postgres`.
        api_key: What signs in to the stand-in hub.
        organization_id: What the API of the OpenAPI document asks for.
        api_url: The API as in Lamin's guide.
        published_api_url: The API as in Lamin's public OpenAPI document.
    """

    host: str
    port: int
    password: Secret
    api_key: Secret
    organization_id: str
    api_url: str
    published_api_url: str


@dataclass(frozen=True)
class SandboxControl:
    """A running sandbox, seen from another process.

    Args:
        path: The file with the details, readable by its owner only.
    """

    path: Path
    _opener: urllib.request.OpenerDirector = field(
        # No proxy: it is this machine.
        default_factory=lambda: urllib.request.build_opener(
            urllib.request.ProxyHandler({})
        ),
        repr=False,
        compare=False,
    )

    @classmethod
    def from_environment(cls) -> SandboxControl:
        """Find the sandbox this process was started in.

        Raises:
            LaminWidgetsError: There is none.
        """
        path = os.environ.get(FILE_VARIABLE)
        if not path or not Path(path).exists():
            raise LaminWidgetsError(
                "No sandbox is running here. Start one with: lamin-widgets demo"
            )
        return cls(Path(path))

    def details(self) -> Details:
        """Give the connection details."""
        known = self._read()
        return Details(
            host=known["host"],
            port=int(known["port"]),
            password=Secret(known["password"]),
            api_key=Secret(known["api_key"]),
            organization_id=known["organization_id"],
            api_url=known["api_url"],
            published_api_url=known["published_api_url"],
        )

    def break_(self, what: str) -> None:
        """Break the database, one of `lamin_widgets.sandbox.breakages.BREAKAGES`.

        Args:
            what: For example "stopped", "wrong-password" or "pg_hba".

        Raises:
            LaminWidgetsError: There is no such breakage, or the sandbox is gone.
        """
        self._post(f"break?{urlencode({'what': what})}")

    def mend(self) -> None:
        """Undo every breakage."""
        self._post("mend")

    def stop_database(self) -> None:
        """Stop PostgreSQL."""
        self._post("database/stop")

    def start_database(self) -> None:
        """Start PostgreSQL again, on the same port."""
        self._post("database/start")

    def _read(self) -> dict[str, str]:
        known: dict[str, str] = json.loads(self.path.read_text())
        return known

    def _post(self, action: str) -> None:
        known = self._read()
        request = urllib.request.Request(  # noqa: S310 - written by the sandbox
            f"{known['control_url']}/{action}",
            method="POST",
            headers={KEY_HEADER: known["control_key"]},
        )
        try:
            self._opener.open(request, timeout=_TIMEOUT_S).close()
        except urllib.error.HTTPError as error:
            with error:
                detail = json.loads(error.read())["detail"]
            raise LaminWidgetsError(f"The sandbox refused: {detail}") from None
        except OSError as error:
            raise LaminWidgetsError(f"The sandbox does not answer: {error}") from None
