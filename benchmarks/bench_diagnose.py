"""Diagnose on a healthy server, beside one connection and one query."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg2
from rows import Row, alternate, median, ms, ratios, seconds

from lamin_widgets import PostgresConnection, diagnose
from lamin_widgets.sandbox import Sandbox

if TYPE_CHECKING:
    from lamin_widgets.sandbox.postgres import Postgres


def ladder(database: Postgres) -> None:
    """Take every step."""
    where = PostgresConnection(database.host, database.port, database.password)
    outcome = diagnose(where)
    if not outcome:
        raise RuntimeError(repr(outcome))


def connect(database: Postgres) -> None:
    """Connect and ask once."""
    link = psycopg2.connect(
        host=database.host,
        port=database.port,
        user="postgres",
        dbname="postgres",
        password=database.password,
    )
    with link.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    link.close()


def rows(times: int = 60) -> list[Row]:
    """Measure."""
    with Sandbox() as box:
        ours, floor = alternate(
            times,
            lambda: seconds(lambda: ladder(box.database)),
            lambda: seconds(lambda: connect(box.database)),
            warm_up=5,
        )
    return [
        Row(
            "diagnose: the ladder on a healthy server ÷ connect + SELECT",
            ms(ours),
            "-",
            f"{ms(floor)} (psycopg2)",
            ratios(ours, floor),
            "≤ 2.00",
            median(ours) <= 2 * median(floor),
            "Loopback, where a round trip costs nothing: it is two connections, "
            "one of them to see what is there before the password is sent.",
        )
    ]
