"""TLS asked for, offered, refused and not trusted; libpq's environment counts."""

from __future__ import annotations

import pytest
import trustme

from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.postgres.diagnosis import diagnose

TLS_ONLY = ["host all all 127.0.0.1/32 scram-sha-256"]
PROTOCOL = "PostgreSQL protocol and TLS"


@pytest.fixture
def over_tls(tls_front, connection):
    return PostgresConnection("127.0.0.1", tls_front.port, connection.password)


def test_the_version_of_tls_is_shown(over_tls):
    outcome = diagnose(over_tls)
    assert outcome
    assert outcome.steps[2].text == "PostgreSQL answers, and offers TLS."
    assert "TLSv1." in outcome.steps[-1].text


def test_clear_text_to_a_server_that_wants_tls(postgres, over_tls, fails, monkeypatch):
    postgres.set_hba(TLS_ONLY)
    monkeypatch.setenv("PGSSLMODE", "disable")
    fails(over_tls, "db_tls_required", step="Sign-in", field="host")


def test_a_server_that_has_no_rule_for_tls_either(
    postgres, over_tls, fails, monkeypatch
):
    postgres.set_hba([])
    monkeypatch.setenv("PGSSLMODE", "disable")
    fails(over_tls, "db_not_allowed", step="Sign-in", field="host")


def test_a_server_without_a_rule_with_tls_and_without(postgres, over_tls, fails):
    postgres.set_hba([])
    fails(over_tls, "db_not_allowed", step="Sign-in", field="host")


def test_a_wrong_password_is_not_mistaken_for_a_server_that_wants_tls(
    postgres, tls_front, fails
):
    # libpq tries clear text after the password was refused over TLS, and the last
    # thing it says is that no rule lets clear text in.
    postgres.set_hba(TLS_ONLY)
    wrong = PostgresConnection("127.0.0.1", tls_front.port, "not-this-1-kestrel")
    fails(wrong, "password_rejected", step="Sign-in", field="password")


def test_a_wrong_password_where_only_clear_text_is_let_in(postgres, tls_front, fails):
    postgres.set_hba(["host all all 127.0.0.2/32 scram-sha-256"])
    wrong = PostgresConnection("127.0.0.1", tls_front.port, "not-this-1-kestrel")
    fails(wrong, "password_rejected", step="Sign-in", field="password")


def test_tls_required_and_not_offered(connection, fails, monkeypatch):
    monkeypatch.setenv("PGSSLMODE", "require")
    fails(connection, "db_tls_unsupported", step=PROTOCOL, field="host")


def test_a_certificate_nobody_vouches_for(over_tls, fails, monkeypatch, tmp_path):
    other = tmp_path / "other-ca.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    monkeypatch.setenv("PGSSLROOTCERT", str(other))
    fails(over_tls, "db_certificate", step=PROTOCOL, field="host")


def test_a_certificate_for_another_name(
    over_tls, fails, monkeypatch, tmp_path, authority
):
    root = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(root))
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    monkeypatch.setenv("PGSSLROOTCERT", str(root))
    fails(over_tls, "db_certificate", step=PROTOCOL, field="host")
    named = PostgresConnection("localhost", over_tls.port, over_tls.password)
    assert diagnose(named)


def test_no_certificate_to_check_with(over_tls, fails, monkeypatch):
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    fails(over_tls, "db_certificate", step=PROTOCOL, field="host")


def test_a_setting_that_libpq_does_not_know(connection, fails, monkeypatch):
    monkeypatch.setenv("PGSSLMODE", "bogus")
    outcome = fails(connection, "unexpected", step=PROTOCOL)
    assert "bogus" in outcome.details
