"""The password is used as given, from nowhere else, and is seen nowhere."""

from __future__ import annotations

import subprocess
import sys
import traceback

import psycopg2
import pytest

from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.postgres.diagnosis import diagnose


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_ctrl_c_in_the_middle_shows_no_password(monkeypatch, connection, kind):
    def interrupt(dsn, *_arguments, **_options):
        assert "kestrel" in dsn  # the frame around this one holds it
        raise kind

    monkeypatch.setattr(psycopg2, "_connect", interrupt)
    with pytest.raises(kind) as caught:
        diagnose(connection)
    shown = traceback.TracebackException.from_exception(
        caught.value, capture_locals=True
    )
    text = "".join(shown.format())
    assert "diagnosis.py" in text
    assert "kestrel" not in text
    assert caught.value.__context__ is None


def test_a_password_that_the_server_repeats_is_masked(
    serve, speaks_postgres, error_message, connection
):
    password = connection.password.reveal()
    reply = error_message(f"no such thing as {password} here")
    outcome = diagnose(serve(speaks_postgres(at_sign_in=reply)), deadline=5)
    assert "no such thing" in outcome.details
    assert "kestrel" not in f"{outcome!r}{outcome.to_dict()}"


def test_a_banner_that_repeats_the_password_is_masked(serve, connection):
    from doubles import raw_server as raw  # noqa: PLC0415 - used once

    banner = f"HTTP/1.1 400 {connection.password.reveal()}\r\n".encode()
    outcome = diagnose(serve(raw.speaks(greeting=banner)))
    assert outcome.cause == "db_not_postgres"
    assert "kestrel" not in f"{outcome!r}{outcome.to_dict()}"


@pytest.fixture
def elsewhere(monkeypatch, tmp_path, healthy, home):
    """The right password in each place that libpq knows."""
    line = f"*:*:*:*:{healthy.password}\n".replace("@:", "@\\:")
    places = (tmp_path / "passfile", home / ".pgpass")
    for place in places:
        place.write_text(line)
        place.chmod(0o600)
    service = tmp_path / "service.conf"
    service.write_text(f"[mine]\npassword={healthy.password}\nhost=192.0.2.1\n")
    yield {
        "PGPASSFILE": str(places[0]),
        "PGPASSWORD": healthy.password,
        "PGSERVICE": "mine",
        "PGSERVICEFILE": str(service),
    }
    places[1].unlink()


def test_libpq_would_find_the_password_elsewhere(elsewhere, healthy, monkeypatch):
    """Otherwise the next test could not fail."""
    for names in (("PGPASSFILE",), ("PGPASSWORD",), ("PGSERVICE", "PGSERVICEFILE"), ()):
        with monkeypatch.context() as patch:
            for name in names:
                patch.setenv(name, elsewhere[name])
            psycopg2.connect(
                hostaddr="127.0.0.1",
                host="127.0.0.1",
                port=healthy.port,
                user="postgres",
                dbname="postgres",
            ).close()


def test_an_empty_password_is_not_taken_from_elsewhere(
    elsewhere, healthy, fails, monkeypatch, capfd
):
    for name, value in elsewhere.items():
        monkeypatch.setenv(name, value)
    connection = PostgresConnection("127.0.0.1", healthy.port, "")
    fails(connection, "password_missing", step="Sign-in", field="password")
    assert capfd.readouterr() == ("", "")


def test_the_environment_does_not_decide_where_to_connect(connection, monkeypatch):
    for name, value in {
        "PGHOST": "192.0.2.1",
        "PGHOSTADDR": "192.0.2.1",
        "PGPORT": "1",
        "PGUSER": "somebody",
        "PGDATABASE": "elsewhere",
        "PGPASSWORD": "not-this-1-kestrel",
        "PGTARGETSESSIONATTRS": "standby",
        "PGAPPNAME": "somebody",
    }.items():
        monkeypatch.setenv(name, value)
    assert diagnose(connection)


def test_importing_the_diagnosis_loads_no_psycopg2():
    code = "import sys, lamin_widgets.diagnosis; print('psycopg2' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "False"
