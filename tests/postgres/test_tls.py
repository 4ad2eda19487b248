"""PGSSLMODE and PGSSLROOTCERT, and what a connection reports about TLS."""

from __future__ import annotations

import datetime as dt
import ssl

import pytest
import trustme
from doubles.postgres_server import CLEAR_TEXT, FakeServer, error

from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.core.errors import DatabaseError
from lamin_widgets.postgres.diagnosis import diagnose
from lamin_widgets.postgres.tls import plan, tls_setting

PROTOCOL = "PostgreSQL protocol and TLS"
TLS_ONLY = ["host all all 127.0.0.1/32 scram-sha-256"]


@pytest.fixture(params=["this machine", "another machine"])
def anywhere(request):
    """Treat loopback as this machine, and as another one."""
    if request.param == "another machine":
        request.getfixturevalue("elsewhere")


def modes(**options):
    return [(each.sslmode, each.is_safe) for each in plan(**options)]


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("", [("verify-full", True), ("require", False), ("disable", False)]),
        ("allow", [("verify-full", True), ("require", False), ("disable", False)]),
        ("prefer", [("verify-full", True), ("require", False), ("disable", False)]),
        ("require", [("verify-full", True), ("require", False)]),
        ("verify-ca", [("verify-full", True), ("verify-ca", False)]),
        ("verify-full", [("verify-full", True)]),
        ("disable", [("disable", False)]),
    ],
)
def test_first_attempt_for_another_machine_verifies_fully(
    monkeypatch, setting, expected
):
    monkeypatch.setenv("PGSSLMODE", setting)
    assert modes(loopback=False) == expected


@pytest.mark.parametrize("setting", ["", "disable", "require", "verify-full"])
def test_attempt_for_this_machine_uses_the_given_sslmode(monkeypatch, setting):
    monkeypatch.setenv("PGSSLMODE", setting)
    assert modes(loopback=True) == [(setting or "prefer", True)]


def root():
    return plan(loopback=False)[0].root


def test_user_certificates_precede_system_and_certifi(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    own = tmp_path / ".postgresql" / "root.crt"
    own.parent.mkdir()
    own.touch()
    monkeypatch.setenv("PGSSLROOTCERT", "/path/to/ca.pem")
    assert root() == "/path/to/ca.pem"
    monkeypatch.delenv("PGSSLROOTCERT")
    assert root() == str(own)
    own.unlink()
    system = tmp_path / "system.pem"
    system.touch()
    paths = ssl.DefaultVerifyPaths(None, None, "", str(system), "", "")
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    assert root() == str(system)
    monkeypatch.setenv("PGSSLROOTCERT", "system")
    assert root() == str(system)
    system.unlink()
    assert root().endswith("cacert.pem")


def test_certificates_for_the_sign_in_are_not_for_the_database(monkeypatch, tmp_path):
    before = root()
    company = tmp_path / "company.pem"
    company.touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(company))
    assert root() == before


@pytest.mark.parametrize("value", ["requre", "Require", "1", "verify_full"])
def test_misspelled_sslmode_is_named(connection, monkeypatch, value):
    monkeypatch.setenv("PGSSLMODE", value)
    outcome = diagnose(connection)
    assert outcome.cause == "environment_setting"
    assert {step.state for step in outcome.steps} == {"skipped"}
    assert outcome.title == "PGSSLMODE has an invalid value."
    assert "verify-full" in outcome.advice
    assert value not in outcome.title
    with pytest.raises(DatabaseError):
        tls_setting()


@pytest.mark.usefixtures("anywhere")
@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
def test_server_without_tls_is_reported_if_sslmode_requires_it(
    connection, fails, monkeypatch, mode
):
    monkeypatch.setenv("PGSSLMODE", mode)
    outcome = fails(connection, "db_tls_unsupported", step=PROTOCOL)
    assert outcome.command.split("\n") == [
        "ALTER SYSTEM SET ssl = on;",
        "SELECT pg_reload_conf();",
    ]


@pytest.mark.usefixtures("anywhere")
def test_sslmode_disable_is_named_if_the_server_requires_tls(
    database, over_tls, fails, monkeypatch
):
    database.set_hba(TLS_ONLY)
    monkeypatch.setenv("PGSSLMODE", "disable")
    outcome = fails(over_tls, "db_tls_required", step=PROTOCOL)
    assert "PGSSLMODE=require" in outcome.command
    monkeypatch.setenv("PGSSLMODE", "require")
    assert diagnose(over_tls)


@pytest.mark.usefixtures("elsewhere")
def test_sslmode_disable_has_a_warning(connection, monkeypatch):
    monkeypatch.setenv("PGSSLMODE", "disable")
    outcome = diagnose(connection)
    assert [warned.cause for warned in outcome.warnings] == ["tls_turned_off"]


def test_missing_pg_hba_entry_is_not_reported_as_a_tls_rule(
    database, over_tls, fails, monkeypatch
):
    database.set_hba([])
    monkeypatch.setenv("PGSSLMODE", "disable")
    fails(over_tls, "db_not_allowed", step="Authentication")


def test_hanging_tls_check_does_not_change_the_cause(listen, monkeypatch):
    monkeypatch.setenv("PGSSLMODE", "disable")
    refusal = 'no pg_hba.conf entry for host "127.0.0.1", no encryption'

    def handler(channel, stopping):
        if channel.recv(4096)[4:8] == b"\x04\xd2\x16\x2f":  # This is a request for TLS.
            stopping.wait()
        channel.sendall(error(refusal, "28000"))

    outcome = diagnose(listen(handler), deadline=0.5)
    assert outcome.cause == "db_not_allowed", outcome


@pytest.mark.usefixtures("anywhere")
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (trustme.CA().cert_pem.bytes(), "unable to get local issuer certificate."),
        (None, "can't read the CA certificates in {path}"),
        (b"no certificate", "can't read the CA certificates in {path}"),
    ],
    ids=["another CA", "no file", "no certificate"],
)
def test_authority_missing_from_the_file_is_reported_if_sslmode_verifies(
    over_tls, fails, monkeypatch, tmp_path, content, reason
):
    path = tmp_path / "ca.pem"
    if content:
        path.write_bytes(content)
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    monkeypatch.setenv("PGSSLROOTCERT", str(path))
    outcome = fails(over_tls, "db_certificate", step=PROTOCOL)
    assert reason.format(path=path) in outcome.advice


@pytest.mark.usefixtures("trusted")
def test_wrong_certificate_name_is_reported_if_sslmode_verifies(
    over_tls, fails, monkeypatch
):
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    by_address = PostgresConnection("127.0.0.1", over_tls.port, over_tls.password)
    outcome = fails(by_address, "db_certificate", step=PROTOCOL)
    assert "IP address mismatch" in outcome.advice
    assert diagnose(over_tls)


def test_expired_certificate_is_reported_if_sslmode_verifies(
    serve, fails, monkeypatch, tls, ca_file
):
    past = dt.datetime(2001, 1, 1, tzinfo=dt.timezone.utc)
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    monkeypatch.setenv("PGSSLROOTCERT", ca_file)
    connection = serve(tls=tls("localhost", not_after=past))
    named = PostgresConnection("localhost", connection.port, connection.password)
    outcome = fails(named, "db_certificate", step=PROTOCOL)
    assert "certificate has expired" in outcome.advice


@pytest.mark.usefixtures("elsewhere")
def test_verify_ca_without_a_name_check_is_unverified(
    serve, tls_context, monkeypatch, ca_file
):
    # Anyone can get a certificate for another name from a public authority.
    monkeypatch.setenv("PGSSLMODE", "verify-ca")
    monkeypatch.setenv("PGSSLROOTCERT", ca_file)
    script = FakeServer(tls=tls_context, at_startup=CLEAR_TEXT)
    outcome = diagnose(serve(script))
    assert outcome.cause == "password_would_be_exposed"
    assert script.passwords == []
