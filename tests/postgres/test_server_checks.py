"""Requirements of Lamin and LaminDB, and how servers compare."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from lamin_widgets.postgres.server_checks import SUPPORTED_UNTIL, Server, product_of

TODAY = date(2026, 11, 26)
LATEST = Server("", "18.1", 180_001)


def causes(warnings):
    return [warned.cause for warned in warnings]


@pytest.mark.parametrize(
    ("version", "product"),
    [
        ("PostgreSQL 18.1 (Debian 18.1-1) on x86_64-pc-linux-gnu", ""),
        ("PostgreSQL 15.4 (EnterpriseDB Advanced Server 15.4.0)", ""),
        ("EnterpriseDB 15.4", ""),
        ("CockroachDB CCL v23.1.11 (x86_64-pc-linux-gnu)", "CockroachDB"),
        ("PostgreSQL 11.2-YB-2.18.0.0-b0 on x86_64", "YugabyteDB"),
        ("PostgreSQL 15.2-YB-2025.1.0.0-b0 on aarch64", "YugabyteDB"),
        ("PostgreSQL 8.0.2 on i686, GCC 3.4.2, Redshift 1.0.12103", "Amazon Redshift"),
        ("PostgreSQL 9.4.26 (Greenplum Database 6.20.0)", "Greenplum"),
        ("PostgreSQL 9.5.0 on x86_64 (Materialize v0.26.0)", "Materialize"),
        ("PostgreSQL 12.3, compiled by Visual C++, QuestDB", "QuestDB"),
        ("(openGauss 3.0.0 build 02c14696)", "openGauss"),
        ("CrateDB 5.4.0", "CrateDB"),
        ("no version at all", ""),
        ("", ""),
    ],
)
def test_product_is_recognized_by_its_version_text(version, product):
    assert product_of(version) == product


def test_row_of_the_query_describes_the_server():
    row = ("PostgreSQL 16.4", "16.4 (Debian)", "160004", "true", "off", "false")
    server = Server.of(row)
    assert server == Server(
        "", "16.4", 160_004, is_standby=True, is_superuser=False, can_create=False
    )
    assert server.name == "PostgreSQL 16.4"
    assert server.privileges == "not superuser"
    assert replace(server, roles="rds_superuser").privileges == "rds_superuser"


@pytest.mark.parametrize("row", [(), ("a",), ("a", "b", "c", "d", "e", "f")])
def test_malformed_row_is_refused(row):
    with pytest.raises(ValueError):
        Server.of(row)


@pytest.mark.parametrize(
    ("version", "number", "expected"),
    [
        ("9.6.24", 90_624, ["unsupported_by_lamindb"]),
        ("13.23", 130_023, ["unsupported_by_lamindb"]),
        ("14.20", 140_020, ["end_of_life"]),
        ("15.15", 150_015, []),
        ("18.1", 180_001, []),
        ("99.0", 990_000, []),
    ],
)
def test_version_without_support_has_a_warning(version, number, expected):
    server = replace(LATEST, version=version, version_number=number)
    warnings = server.version_warnings(TODAY)
    assert causes(warnings) == expected
    assert all(version in warned.title for warned in warnings)
    standby = replace(server, is_standby=True)
    assert causes(standby.version_warnings(TODAY)) == [*expected, "standby"]


@pytest.mark.parametrize(("major", "last"), SUPPORTED_UNTIL.items())
def test_version_is_supported_until_its_last_day(major, last):
    server = replace(LATEST, version_number=major * 10_000 + 1)
    assert "end_of_life" not in causes(server.version_warnings(last))
    later = causes(server.version_warnings(date(last.year, 12, 31)))
    assert later == ["end_of_life"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"is_superuser": False}, ["not_superuser"]),
        ({"is_superuser": False, "roles": "rds_superuser"}, ["provider_superuser"]),
        (
            {"is_superuser": False, "can_create": False},
            ["not_superuser", "no_create_privilege"],
        ),
    ],
)
def test_missing_privilege_has_a_warning(changes, expected):
    assert causes(replace(LATEST, **changes).privilege_warnings({})) == expected


def test_missing_superuser_on_a_managed_service_has_no_command():
    server = replace(LATEST, is_superuser=False)
    (warned,) = server.privilege_warnings({"managed": "yes"})
    assert warned.cause == "not_superuser_managed"
    assert warned.command == ""
