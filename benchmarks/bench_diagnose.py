"""Diagnosis of a healthy server, compared with one connection and one query."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import psycopg2
from rows import Row, alternate, median, ms, ratios, seconds

from lamin_widgets import PostgresConnection, diagnose
from lamin_widgets.sandbox import Sandbox

if TYPE_CHECKING:
    from lamin_widgets.sandbox.postgres import Postgres

TARGET: Final = 2.0


def run_diagnosis(database: Postgres) -> None:
    """Take every step."""
    connection = PostgresConnection("localhost", database.port, database.password)
    outcome = diagnose(connection)
    if not outcome:
        raise RuntimeError(repr(outcome))


def connect(database: Postgres) -> None:
    """Connect and run one query."""
    link = psycopg2.connect(
        host="localhost",
        port=database.port,
        user="postgres",
        dbname="postgres",
        password=database.password,
    )
    with link.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    link.close()


def compare(what: str, database: Postgres, times: int) -> Row:
    """Measure both in turns."""
    ours, floor = alternate(
        times,
        lambda: seconds(lambda: run_diagnosis(database)),
        lambda: seconds(lambda: connect(database)),
        warm_up=5,
    )
    return Row(
        f"diagnose: {what} ÷ connect + SELECT",
        ms(ours),
        "-",
        f"{ms(floor)} (psycopg2)",
        ratios(ours, floor),
        f"≤ {TARGET:.2f}",
        median(ours) <= TARGET * median(floor),
        "On loopback, where a round trip costs nothing. A healthy server sees one "
        "connection and one query, as with psycopg2.",
    )


def rows(times: int = 60) -> list[Row]:
    """Measure."""
    with Sandbox() as box:
        found = [compare("a server without TLS", box.database, times)]
        box.break_("tls-only")
        os.environ["PGSSLMODE"] = "verify-full"
        os.environ["PGSSLROOTCERT"] = str(box.database.ca_file)
        try:
            found.append(compare("a verified server with TLS", box.database, times))
        finally:
            del os.environ["PGSSLMODE"], os.environ["PGSSLROOTCERT"]
    return found
