"""Control of a running sandbox from another process, for example a notebook.

```python
from lamin_widgets.sandbox.control import SandboxControl

sandbox = SandboxControl.from_environment()
sandbox.break_("wrong-password")
sandbox.reset()
```

This module uses the standard library only, so it works without the sandbox's extra.
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from lamin_widgets.core.errors import LaminWidgetsError
from lamin_widgets.core.secret import Secret

FILE_VARIABLE: Final = "LAMIN_WIDGETS_SANDBOX_FILE"
KEY_HEADER: Final = "X-Sandbox-Key"
_TIMEOUT_S: Final = 60.0


@dataclass(frozen=True)
class Details:
    """Values of a sandbox for the form.

    Attributes:
        host: Host of the PostgreSQL server.
        port: Port of the PostgreSQL server.
        password: Password for its `postgres` user.
        ca_file: Path of the CA certificate, which `break_("tls-only")` creates.
        api_key: API key that signs in to the sandbox.
        organization_id: UUID of the organization, for the API of 2026-06.
        api_url: The API, as in Lamin's guide.
        published_api_url: The API, as in Lamin's OpenAPI document of 2026-06.
    """

    host: str
    port: int
    password: Secret
    ca_file: Path
    api_key: Secret
    organization_id: str
    api_url: str
    published_api_url: str


@dataclass(frozen=True)
class SandboxControl:
    """Control of a running sandbox from another process.

    Args:
        path: Path of the file with the details, which only its owner can read.
    """

    path: Path
    _opener: urllib.request.OpenerDirector = field(
        # Don't use a proxy, because the sandbox is on this machine.
        default_factory=lambda: urllib.request.build_opener(
            urllib.request.ProxyHandler({})
        ),
        repr=False,
        compare=False,
    )

    @classmethod
    def from_environment(cls) -> SandboxControl:
        """Return the control of the sandbox that an environment variable names.

        Raises:
            LaminWidgetsError: If there's no sandbox.
        """
        path = os.environ.get(FILE_VARIABLE)
        if not path or not Path(path).exists():
            raise LaminWidgetsError(
                "No sandbox found. Start one with: lamin-widgets demo"
            )
        return cls(Path(path))

    def details(self) -> Details:
        """Return the connection details."""
        known = self._read()
        return Details(
            host=known["host"],
            port=int(known["port"]),
            password=Secret(known["password"]),
            ca_file=Path(known["ca_file"]),
            api_key=Secret(known["api_key"]),
            organization_id=known["organization_id"],
            api_url=known["api_url"],
            published_api_url=known["published_api_url"],
        )

    def break_(self, what: str) -> None:
        """Break one part of the sandbox.

        Args:
            what: A key of `lamin_widgets.sandbox.breakages.BREAKAGES`, for example
                "stopped", "wrong-password", or "pg_hba", or one of
                `lamin_widgets.sandbox.outages.OUTAGES`, for example "api-slow".

        Raises:
            LaminWidgetsError: If the breakage is unknown, or the sandbox has stopped.
        """
        self._post("break", what=what)

    def reset(self) -> None:
        """Undo every breakage."""
        self._post("reset")

    def use_api(self, version: str) -> None:
        """Change the version of the API at `api_url`, until `reset`.

        Args:
            version: "guide", "2026-06", or "2026-07".

        Raises:
            LaminWidgetsError: If the version is unknown, or the sandbox has stopped.
        """
        self._post("api-version", version=version)

    def stop(self) -> None:
        """Stop the sandbox, if it runs in the background."""
        self._post("stop")

    def _read(self) -> dict[str, Any]:
        known: dict[str, Any] = json.loads(self.path.read_text())
        return known

    def _post(self, action: str, **values: str) -> None:
        known = self._read()
        request = urllib.request.Request(  # noqa: S310  # the sandbox wrote the URL
            f"{known['control_url']}/{action}?{urlencode(values)}",
            method="POST",
            headers={KEY_HEADER: known["control_key"]},
        )
        try:
            self._opener.open(request, timeout=_TIMEOUT_S).close()
        except urllib.error.HTTPError as error:
            with error:
                detail = json.loads(error.read())["detail"]
            raise LaminWidgetsError(detail) from None
        except OSError as error:
            raise LaminWidgetsError(f"The sandbox doesn't respond: {error}") from None
