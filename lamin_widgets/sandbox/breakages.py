"""Ways to break the sandbox's PostgreSQL server, and a function to repair it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from lamin_widgets.sandbox.cluster import ADMIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from lamin_widgets.sandbox.postgres import Postgres

_RENAMED: Final = "postgres_renamed"
# If the role owned the database or had its own grant, it could connect after
# "no-connect".
_REPAIR: Final = f"""
DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{_RENAMED}') THEN
    ALTER ROLE {_RENAMED} RENAME TO postgres;
  END IF;
  IF EXISTS (SELECT FROM pg_database WHERE datname = '{_RENAMED}') THEN
    ALTER DATABASE {_RENAMED} RENAME TO postgres;
  END IF;
END $$;
ALTER ROLE postgres LOGIN SUPERUSER CONNECTION LIMIT -1;
ALTER DATABASE postgres OWNER TO {ADMIN};
REVOKE ALL ON DATABASE postgres FROM postgres;
GRANT CONNECT ON DATABASE postgres TO PUBLIC;
"""  # noqa: S608  # built from constants


def _rename_role(pg: Postgres) -> None:
    pg.sql(f"ALTER ROLE postgres RENAME TO {_RENAMED}")


def _rename_database(pg: Postgres) -> None:
    _end_sessions(pg)
    pg.sql(f"ALTER DATABASE postgres RENAME TO {_RENAMED}")


def _revoke_connect(pg: Postgres) -> None:
    pg.sql("ALTER ROLE postgres NOSUPERUSER")
    pg.sql("REVOKE CONNECT ON DATABASE postgres FROM PUBLIC")


def _limit_connections(pg: Postgres) -> None:
    # PostgreSQL doesn't apply the limit to superusers.
    _alter_role(pg, "NOSUPERUSER CONNECTION LIMIT 0")


BREAKAGES: Final[dict[str, Callable[[Postgres], None]]] = {
    "stopped": lambda pg: pg.stop(),
    "pg_hba": lambda pg: pg.set_hba([]),
    "tls-only": lambda pg: pg.require_tls(),
    "wrong-password": lambda pg: pg.set_password(secrets.token_urlsafe(16)),
    "role-missing": _rename_role,
    "database-missing": _rename_database,
    "no-login": lambda pg: _alter_role(pg, "NOLOGIN"),
    "no-connect": _revoke_connect,
    "no-superuser": lambda pg: _alter_role(pg, "NOSUPERUSER"),
    "too-many-connections": _limit_connections,
}
"""The breakages of the PostgreSQL server for `Sandbox.break_`, by name."""


def repair(pg: Postgres) -> None:
    """Undo every breakage of a server."""
    pg.accept_plain()
    pg.start()
    pg.set_hba()
    pg.sql(_REPAIR)
    pg.set_password(pg.password)


def _alter_role(pg: Postgres, options: str) -> None:
    pg.sql(f"ALTER ROLE postgres {options}")


def _end_sessions(pg: Postgres) -> None:
    pg.sql(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = 'postgres'"
    )
