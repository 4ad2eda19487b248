"""Requirements of Lamin and LaminDB, compared with a PostgreSQL server."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from lamin_widgets.core.outcome import Warned, warning
from lamin_widgets.postgres.errors import for_provider

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

QUERY: Final = """
SELECT pg_catalog.version(),
       pg_catalog.current_setting('server_version'),
       pg_catalog.current_setting('server_version_num'),
       pg_catalog.pg_is_in_recovery()::text,
       pg_catalog.current_setting('is_superuser'),
       pg_catalog.has_database_privilege(
           pg_catalog.current_database(), 'CREATE')::text
"""
"""The query for the row that `Server.of` takes. It's a single query, because each one
costs a round trip, and it reads no table, because that would take longer."""

WHICH: Final = "SELECT version()"
"""A query that all servers with PostgreSQL's protocol support."""

ROLES: Final = """
SELECT coalesce(pg_catalog.string_agg(rolname::text, ', '), '')
FROM pg_catalog.pg_roles
WHERE rolname IN ('rds_superuser', 'cloudsqlsuperuser', 'alloydbsuperuser',
                  'azure_pg_admin', 'neon_superuser')
  AND pg_catalog.pg_has_role(oid, 'MEMBER')
"""
"""A query for the roles through which providers grant some superuser privileges."""

SUPPORTED_UNTIL: Final = {
    14: date(2026, 11, 12),
    15: date(2027, 11, 11),
    16: date(2028, 11, 9),
    17: date(2029, 11, 8),
    18: date(2030, 11, 14),
}
"""Date of the final release, by major version that LaminDB can use.

Source: https://www.postgresql.org/support/versioning/, as of 2025-11.
"""
_LAMINDB_MINIMUM: Final = 140_000
"""Django 5.2, which lamindb_setup requires, refuses older versions."""

_PRODUCTS: Final = {
    "-YB-": "YugabyteDB",
    "Redshift": "Amazon Redshift",
    "Greenplum": "Greenplum",
    "Cloudberry": "Cloudberry",
    "Materialize": "Materialize",
    "RisingWave": "RisingWave",
    "QuestDB": "QuestDB",
    "openGauss": "openGauss",
    "GaussDB": "GaussDB",
    "H2 ": "H2",
    "DuckDB": "DuckDB",
    "ReadySet": "ReadySet",
}
"""Products that imitate PostgreSQL's version(), by a part of their own version()."""


def product_of(version: str) -> str:
    """Return the product that `version()` names, or "" for PostgreSQL.

    Args:
        version: For example "CockroachDB CCL v23.1.11 (x86_64-pc-linux-gnu)".
    """
    if not re.search(r"\d", version):
        return ""  # It isn't a version.
    for part, product in _PRODUCTS.items():
        if part in version:
            return product
    if re.match(r"PostgreSQL \d|EnterpriseDB|AlloyDB", version):
        return ""
    return version.split(maxsplit=1)[0]


@dataclass(frozen=True, slots=True)
class Server:
    """The version and privileges that a server reports.

    Attributes:
        product: Name of the product, or "" for PostgreSQL.
        version: For example "16.4".
        version_number: For example 160004.
        is_standby: Whether it's a read-only copy of another server.
        is_superuser: Whether the `postgres` user is a superuser.
        can_create: Whether that user can create schemas in the `postgres` database.
        roles: Roles through which a provider grants some superuser privileges.
    """

    product: str = ""
    version: str = ""
    version_number: int = 0
    is_standby: bool = False
    is_superuser: bool = True
    can_create: bool = True
    roles: str = ""

    @classmethod
    def of(cls, row: Sequence[str]) -> Server:
        """Return the server that the row of `QUERY` describes.

        Raises:
            ValueError: If the row has another form.
        """
        banner, version, number, recovery, superuser, create = row
        product = product_of(banner)
        return cls(
            product,
            banner if product else version.partition(" ")[0],
            int(number[:9]),
            is_standby=recovery == "true",
            is_superuser=superuser == "on",
            can_create=create == "true",
        )

    @property
    def name(self) -> str:
        """The product and its version."""
        return self.product or f"PostgreSQL {self.version}"

    @property
    def privileges(self) -> str:
        """A phrase about the privileges of the postgres user."""
        return "superuser" if self.is_superuser else self.roles or "not superuser"

    def privilege_warnings(self, facts: Mapping[str, str]) -> list[Warned]:
        """Return the warnings about the privileges of the postgres user."""
        warnings: list[Warned] = []
        if not self.is_superuser and self.roles:
            warnings.append(warning("provider_superuser", {"roles": self.roles}))
        elif not self.is_superuser:
            warnings.append(warning(for_provider("not_superuser", facts)))
        if not self.can_create:
            warnings.append(warning("no_create_privilege"))
        return warnings

    def version_warnings(self, today: date) -> list[Warned]:
        """Return the warnings about the product, the version, and a standby server."""
        if self.product:
            return [warning("not_postgresql", {"product": self.product})]
        warnings: list[Warned] = []
        end = SUPPORTED_UNTIL.get(self.version_number // 10_000)
        if self.version_number < _LAMINDB_MINIMUM:
            facts = {"version": self.version}
            warnings.append(warning("unsupported_by_lamindb", facts))
        elif end is not None and end < today:
            facts = {"version": self.version, "end": f"{end:%Y-%m-%d}"}
            warnings.append(warning("end_of_life", facts))
        if self.is_standby:
            warnings.append(warning("standby"))
        return warnings
