"""The web service that `control` calls to break, reset, or stop a sandbox."""

from __future__ import annotations

import contextlib
import secrets
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

import psycopg2
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request

from lamin_widgets.sandbox.api import API_VERSIONS
from lamin_widgets.sandbox.breakages import BREAKAGES, repair
from lamin_widgets.sandbox.errors import SandboxError
from lamin_widgets.sandbox.outages import OUTAGES, Services, restore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lamin_widgets.sandbox.postgres import Postgres

_LOCK: Final = threading.Lock()

router = APIRouter()


@dataclass(frozen=True)
class Controls:
    """Everything in a sandbox that can be broken.

    Attributes:
        database: The PostgreSQL server.
        services: The web services.
        stop_requested: Set when another process asks the sandbox to stop.
    """

    database: Postgres
    services: Services
    stop_requested: threading.Event

    def break_(self, what: str) -> None:
        """Break one part of the sandbox.

        Args:
            what: A key of `BREAKAGES` or `OUTAGES`.

        Raises:
            SandboxError: If the breakage is unknown.
        """
        with _LOCK:
            if what in BREAKAGES:
                BREAKAGES[what](self.database)
            elif what in OUTAGES:
                OUTAGES[what](self.services)
            else:
                names = ", ".join((*BREAKAGES, *OUTAGES))
                raise SandboxError(f"Unknown breakage. Choose one of: {names}.")

    def reset(self) -> None:
        """Undo every breakage."""
        with _LOCK:
            restore(self.services)
            repair(self.database)

    def use_api(self, version: str) -> None:
        """Change the version of the API.

        Args:
            version: One of `API_VERSIONS`.

        Raises:
            SandboxError: If the version is unknown.
        """
        for known in API_VERSIONS:
            if version == known:
                self.services.api.version = known
                return
        names = ", ".join(API_VERSIONS)
        raise SandboxError(f"Unknown API version. Choose one of: {names}.")


def _controls(
    request: Request, x_sandbox_key: Annotated[str, Header()] = ""
) -> Controls:
    key: str = request.app.state.key
    if not secrets.compare_digest(x_sandbox_key.encode(), key.encode()):
        raise HTTPException(403, "Wrong key.")
    controls: Controls = request.app.state.controls
    return controls


Authorized = Annotated[Controls, Depends(_controls)]


@contextlib.contextmanager
def _report_errors() -> Iterator[None]:
    """Turn exceptions in the block into HTTP errors with their message."""
    try:
        yield
    except (SandboxError, psycopg2.Error, OSError) as error:
        raise HTTPException(409, str(error)) from None


@router.post("/break", status_code=204)
def break_(controls: Authorized, what: str) -> None:
    """Break one part of the sandbox."""
    with _report_errors():
        controls.break_(what)


@router.post("/reset", status_code=204)
def reset(controls: Authorized) -> None:
    """Undo every breakage."""
    with _report_errors():
        controls.reset()


@router.post("/api-version", status_code=204)
def use_api(controls: Authorized, version: str) -> None:
    """Change the version of the API."""
    with _report_errors():
        controls.use_api(version)


@router.post("/stop", status_code=204)
def stop(controls: Authorized) -> None:
    """Ask the sandbox to stop."""
    controls.stop_requested.set()


def build(controls: Controls, key: str) -> FastAPI:
    """Return the application.

    Args:
        controls: The parts of the sandbox.
        key: The key that requests must have in the header X-Sandbox-Key.
    """
    app = FastAPI(
        title="Sandbox control", docs_url=None, redoc_url=None, openapi_url=None
    )
    app.state.controls, app.state.key = controls, key
    app.include_router(router)
    return app
