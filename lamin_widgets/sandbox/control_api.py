"""The sandbox's side of `control`: a few addresses under the guide's API."""

from __future__ import annotations

import contextlib
import secrets
import threading
from typing import TYPE_CHECKING, Annotated

import psycopg2
from fastapi import APIRouter, Depends, Header, HTTPException, Request

from lamin_widgets.sandbox.breakages import BREAKAGES, mend
from lamin_widgets.sandbox.errors import SandboxError
from lamin_widgets.sandbox.postgres import Postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "/_sandbox"
_LOCK = threading.Lock()

router = APIRouter(prefix=PREFIX, include_in_schema=False)


def _database(
    request: Request, x_sandbox_key: Annotated[str, Header()] = ""
) -> Postgres:
    key: str = request.app.state.control_key
    if not secrets.compare_digest(x_sandbox_key.encode(), key.encode()):
        raise HTTPException(403, "wrong key")
    database: Postgres = request.app.state.database
    return database


Database = Annotated[Postgres, Depends(_database)]


@contextlib.contextmanager
def _change() -> Iterator[None]:
    """One at a time; what goes wrong is told to the caller."""
    with _LOCK:
        try:
            yield
        except (SandboxError, psycopg2.Error, OSError) as error:
            raise HTTPException(409, str(error)) from None


@router.post("/break", status_code=204)
def break_database(database: Database, what: str) -> None:
    """Break the database in a named way."""
    if what not in BREAKAGES:
        raise HTTPException(404, f"it can break {', '.join(BREAKAGES)}")
    with _change():
        BREAKAGES[what](database)


@router.post("/mend", status_code=204)
def mend_database(database: Database) -> None:
    """Undo every breakage."""
    with _change():
        mend(database)


@router.post("/database/stop", status_code=204)
def stop_database(database: Database) -> None:
    """Stop PostgreSQL."""
    with _change():
        database.stop()


@router.post("/database/start", status_code=204)
def start_database(database: Database) -> None:
    """Start PostgreSQL."""
    with _change():
        database.start()
