"""Each breakage of the PostgreSQL server shows its symptom, and reset undoes it."""

from __future__ import annotations

import psycopg2
import pytest

from lamin_widgets.sandbox.breakages import BREAKAGES

SYMPTOMS = {
    "stopped": "Connection refused",
    "pg_hba": "no pg_hba.conf entry",
    "wrong-password": "password authentication failed",
    "role-missing": "password authentication failed",
    "database-missing": 'database "postgres" does not exist',
    "no-login": "not permitted to log in",
    "no-connect": "permission denied for database",
    "too-many-connections": "too many connections for role",
    "no-superuser": None,
    "tls-only": None,
}


def test_every_breakage_has_a_symptom():
    assert SYMPTOMS.keys() == BREAKAGES.keys()


@pytest.mark.parametrize(("what", "symptom"), SYMPTOMS.items())
def test_reset_undoes_a_breakage(breakable, guide, server_name, what, symptom):
    guide.register(server_name)
    breakable.break_(what)
    reply = guide.check(server_name).json()
    if symptom:
        assert reply["status"] == "error"
        assert symptom in reply["message"]
    breakable.reset()
    breakable.reset()
    assert guide.check(server_name).json()["status"] == "success"
    superuser = "SELECT rolsuper FROM pg_roles WHERE rolname = 'postgres'"
    assert breakable.database.sql(superuser) == [(True,)]


def test_user_without_superuser_privileges_can_still_connect(
    breakable, guide, server_name
):
    guide.register(server_name)
    breakable.break_("no-superuser")
    assert guide.check(server_name).json()["status"] == "success"
    superuser = "SELECT rolsuper FROM pg_roles WHERE rolname = 'postgres'"
    assert breakable.database.sql(superuser) == [(False,)]


def _connect(database, **options):
    with psycopg2.connect(
        host="127.0.0.1",
        port=database.port,
        user="postgres",
        password=database.password,
        dbname="postgres",
        connect_timeout=5,
        **options,
    ) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT repeat('x', 100000)")
        used, size = connection.info.ssl_in_use, len(cursor.fetchone()[0])
    connection.close()
    return used, size


def test_tls_only_server_refuses_plain_connections(breakable, tmp_path):
    database = breakable.database
    port = database.port
    breakable.break_("tls-only")
    assert database.port == port
    with pytest.raises(psycopg2.OperationalError, match=r"no pg_hba.*no encryption"):
        _connect(database, sslmode="disable")
    assert _connect(database, sslmode="require") == (True, 100000)
    root = {"sslmode": "verify-full", "sslrootcert": str(database.ca_file)}
    assert _connect(database, **root) == (True, 100000)
    # After a reset, another authority signs the certificate.
    other = tmp_path / "root.pem"
    other.write_bytes(database.ca_file.read_bytes())
    breakable.reset()
    breakable.break_("tls-only")
    with pytest.raises(psycopg2.OperationalError, match="certificate verify failed"):
        _connect(database, sslmode="verify-full", sslrootcert=str(other))
    breakable.reset()
    assert _connect(database) == (False, 100000)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER DATABASE postgres OWNER TO postgres",
        "GRANT CONNECT ON DATABASE postgres TO postgres",
    ],
)
def test_reset_revokes_privileges_of_the_role(breakable, guide, server_name, statement):
    guide.register(server_name)
    breakable.database.sql(statement)
    breakable.reset()
    breakable.break_("no-connect")
    assert guide.check(server_name).json()["status"] == "error"
