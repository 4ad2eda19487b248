"""Ways to break the sandbox's PostgreSQL on purpose, and to mend it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from lamin_widgets.sandbox.postgres import Postgres

_AWAY: Final = "postgres_away"


def _reject(pg: Postgres) -> None:
    pg.set_hba([])


def _wrong_password(pg: Postgres) -> None:
    pg.set_password(secrets.token_urlsafe(16))


def _no_role(pg: Postgres) -> None:
    pg.sql(f"ALTER ROLE postgres RENAME TO {_AWAY}")


def _no_database(pg: Postgres) -> None:
    _end_sessions(pg)
    pg.sql(f"ALTER DATABASE postgres RENAME TO {_AWAY}")


def _no_login(pg: Postgres) -> None:
    pg.sql("ALTER ROLE postgres NOLOGIN")


def _no_connect(pg: Postgres) -> None:
    pg.sql("ALTER ROLE postgres NOSUPERUSER")
    pg.sql("REVOKE CONNECT ON DATABASE postgres FROM PUBLIC")


def _no_superuser(pg: Postgres) -> None:
    pg.sql("ALTER ROLE postgres NOSUPERUSER")


def _no_slots(pg: Postgres) -> None:
    # The limit of a role does not hold for superusers.
    pg.sql("ALTER ROLE postgres NOSUPERUSER CONNECTION LIMIT 0")


BREAKAGES: Final[dict[str, Callable[[Postgres], None]]] = {
    "stopped": lambda pg: pg.stop(),
    "pg_hba": _reject,
    "wrong-password": _wrong_password,
    "role-missing": _no_role,
    "database-missing": _no_database,
    "no-login": _no_login,
    "no-connect": _no_connect,
    "no-superuser": _no_superuser,
    "too-many-connections": _no_slots,
}
"""What can be broken, by name."""


def mend(pg: Postgres) -> None:
    """Undo every breakage, whichever it was."""
    pg.start()
    pg.set_hba()
    if pg.sql("SELECT 1 FROM pg_roles WHERE rolname = %s", [_AWAY]):
        pg.sql(f"ALTER ROLE {_AWAY} RENAME TO postgres")
    if pg.sql("SELECT 1 FROM pg_database WHERE datname = %s", [_AWAY]):
        pg.sql(f"ALTER DATABASE {_AWAY} RENAME TO postgres")
    pg.sql("ALTER ROLE postgres LOGIN SUPERUSER CONNECTION LIMIT -1")
    pg.sql("GRANT CONNECT ON DATABASE postgres TO PUBLIC")
    pg.set_password(pg.password)


def _end_sessions(pg: Postgres) -> None:
    pg.sql(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = 'postgres'"
    )
