"""What Lamin's guide asks of a PostgreSQL server, and how a server compares.

One query has what is asked of every server, because every query is a round trip.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

__all__ = ["QUERY", "STANDS_IN", "SUPPORTED_UNTIL", "Server", "end_of_support"]

QUERY: Final = """
SELECT pg_catalog.current_setting('server_version'),
       pg_catalog.current_setting('server_version_num')::int,
       pg_catalog.pg_is_in_recovery(),
       pg_catalog.current_setting('is_superuser') = 'on',
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
"""
"""The first five attributes of `Server`. It reads no table, which would take longer."""

STANDS_IN: Final = """
SELECT pg_catalog.string_agg(rolname::text, ', ') FROM pg_catalog.pg_roles
WHERE rolname IN ('rds_superuser', 'cloudsqlsuperuser', 'alloydbsuperuser',
                  'azure_pg_admin', 'neon_superuser')
  AND pg_catalog.pg_has_role(oid, 'MEMBER')
"""
"""The roles by which cloud providers give some of a superuser's rights."""

SUPPORTED_UNTIL: Final = {
    9: date(2021, 11, 11),  # the last of them, 9.6
    10: date(2022, 11, 10),
    11: date(2023, 11, 9),
    12: date(2024, 11, 21),
    13: date(2025, 11, 13),
    14: date(2026, 11, 12),
    15: date(2027, 11, 11),
    16: date(2028, 11, 9),
    17: date(2029, 11, 8),
    18: date(2030, 11, 14),
}
"""Day of the final release, for each major version.

Source: https://www.postgresql.org/support/versioning/, as of 2025-11.
"""


def end_of_support(version: int) -> date | None:
    """Return the day of a version's final release, or None where it is not known yet.

    Args:
        version: As in `server_version_num`, for example 160004.
    """
    major = version // 10_000
    return SUPPORTED_UNTIL.get(max(major, min(SUPPORTED_UNTIL)))


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL server, as it describes itself.

    Attributes:
        version: For people, for example "16.4 (Debian 16.4-1)".
        version_number: For example 160004.
        is_standby: Whether it only replays what another server writes.
        is_superuser: Whether the user postgres is a superuser.
        may_create: Whether it may create schemas in the database postgres.
        stands_in: Roles by which a cloud provider gives some of a superuser's rights.
    """

    version: str
    version_number: int
    is_standby: bool
    is_superuser: bool
    may_create: bool
    stands_in: str = ""

    def on_rights(self) -> tuple[str, tuple[str, ...]]:
        """Return what was found about rights, and what to warn of."""
        warnings: list[str] = []
        if not self.is_superuser:
            member = f" (it is a member of {self.stands_in})" if self.stands_in else ""
            mend = "." if self.stands_in else ": ALTER ROLE postgres SUPERUSER;"
            warnings.append(
                f"The user postgres is not a superuser{member}; Lamin's guide asks "
                f"for superuser rights{mend}"
            )
        if not self.may_create:
            warnings.append(
                "The user postgres may not create in the database postgres: GRANT "
                "CREATE ON DATABASE postgres TO postgres;"
            )
        return "The user postgres is a superuser.", tuple(warnings)

    def on_version(
        self, tls: str | None, *, exposed: bool, today: date
    ) -> tuple[str, tuple[str, ...]]:
        """Return what was found about version and state, and what to warn of.

        Args:
            tls: Version of TLS in use, or None.
            exposed: Whether the way to the server goes over the internet.
            today: The day to judge support by.
        """
        warnings: list[str] = []
        end = end_of_support(self.version_number)
        if end is not None and end < today:
            warnings.append(
                f"PostgreSQL {self.version} is out of support since {end:%Y-%m-%d}: it "
                "gets no security fixes. Upgrade it."
            )
        if self.is_standby:
            warnings.append(
                "This server is a standby, where nothing can be written. Register its "
                "primary."
            )
        if exposed and tls is None:
            warnings.append(
                "The connection crosses the internet in clear text. Enable TLS on the "
                "server (ssl = on)."
            )
        return f"PostgreSQL {self.version}, {tls or 'no TLS'}.", tuple(warnings)
