"""What a server lacks of what Lamin's guide asks is said, and stops nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from lamin_widgets.postgres import diagnosis
from lamin_widgets.postgres.diagnosis import diagnose
from lamin_widgets.postgres.network import is_public
from lamin_widgets.postgres.server_checks import SUPPORTED_UNTIL, Server, end_of_support

LATEST = Server(
    "18.1",
    180_001,
    is_standby=False,
    is_superuser=True,
    may_create=True,
)


def warned(outcome, step, words):
    assert outcome, outcome
    assert outcome.cause is None
    assert outcome.steps[step].state == "warning"
    assert words in outcome.steps[step].text
    assert words in outcome.advice
    assert "reachable from this machine" in outcome.title


def test_a_user_who_is_no_superuser(postgres, connection):
    postgres.sql("ALTER ROLE postgres NOSUPERUSER")
    outcome = diagnose(connection)
    warned(outcome, 4, "not a superuser; Lamin's guide asks")
    warned(outcome, 4, "may not create in the database")


@pytest.mark.parametrize("role", ["rds_superuser", "cloudsqlsuperuser"])
def test_a_role_by_which_a_provider_stands_in_for_superuser(postgres, connection, role):
    postgres.sql("ALTER ROLE postgres NOSUPERUSER")
    postgres.sql(f"CREATE ROLE {role}")
    try:
        postgres.sql(f"GRANT {role} TO postgres")
        warned(diagnose(connection), 4, f"it is a member of {role}")
    finally:
        postgres.sql(f"DROP ROLE {role}")


def test_a_version_out_of_support(serve, speaks_postgres, row):
    answer = row("9.6.24", 90624, *(False, True, True))
    outcome = diagnose(serve(speaks_postgres(at_query=answer)))
    warned(outcome, 5, "PostgreSQL 9.6.24 is out of support since 2021-11-11")


def test_every_version_until_its_last_day():
    for major, last in SUPPORTED_UNTIL.items():
        server = replace(
            LATEST, version=f"{major}.1", version_number=major * 10_000 + 1
        )
        options = {"exposed": False, "today": last}
        assert server.on_version(None, **options)[1] == ()
        options["today"] = date(last.year, 12, 31)
        assert "out of support" in server.on_version(None, **options)[1][0]
    assert end_of_support(80_400) == SUPPORTED_UNTIL[9]
    assert end_of_support(990_000) is None


def test_clear_text_over_the_internet(connection, monkeypatch):
    # Loopback stands in for the internet: no test leaves this machine.
    monkeypatch.setattr(diagnosis, "is_public", lambda address: address == "127.0.0.1")
    warned(diagnose(connection), 5, "crosses the internet in clear text")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
    ],
)
def test_what_counts_as_the_internet(address, public):
    assert is_public(address) is public


def test_a_warning_does_not_hide_another(serve, speaks_postgres, row):
    answer = row("12.1", 120001, *(True, True, True))
    outcome = diagnose(serve(speaks_postgres(at_query=answer)))
    for words in ("out of support", "standby"):
        assert words in outcome.advice
    assert outcome.steps[4].state == "passed"
