"""The sandbox's side of `control`: a few addresses under the guide's API."""

from __future__ import annotations

import secrets
import threading
from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException, Request

from lamin_widgets.sandbox.breakages import BREAKAGES, mend
from lamin_widgets.sandbox.postgres import Postgres

PREFIX = "/_sandbox"
_LOCK = threading.Lock()  # one change at a time

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


@router.post("/break", status_code=204)
def break_database(database: Database, what: str) -> None:
    """Break the database in a named way."""
    if what not in BREAKAGES:
        raise HTTPException(404, f"it can break {', '.join(BREAKAGES)}")
    with _LOCK:
        BREAKAGES[what](database)


@router.post("/mend", status_code=204)
def mend_database(database: Database) -> None:
    """Undo every breakage."""
    with _LOCK:
        mend(database)


@router.post("/database/stop", status_code=204)
def stop_database(database: Database) -> None:
    """Stop PostgreSQL."""
    with _LOCK:
        database.stop()


@router.post("/database/start", status_code=204)
def start_database(database: Database) -> None:
    """Start PostgreSQL."""
    with _LOCK:
        database.start()
