"""The sandbox has a real PostgreSQL server, which can be changed and restarted."""

from __future__ import annotations

from pathlib import Path

import psycopg2
import pytest
from doubles.processes import eventually

from lamin_widgets.sandbox import postgres
from lamin_widgets.sandbox.errors import SandboxError
from lamin_widgets.sandbox.postgres import Postgres


def _connect(pg, password=None):
    return psycopg2.connect(
        host=pg.host,
        port=pg.port,
        user="postgres",
        password=password or pg.password,
        dbname="postgres",
        connect_timeout=5,
    )


@pytest.mark.parametrize("version", [pytest.param(16, marks=pytest.mark.full), 18])
def test_password_is_required_over_tcp(version):
    with Postgres(password="pä ss/@:%+#\\'\"x", version=version) as pg:
        with pytest.raises(psycopg2.OperationalError, match="authentication failed"):
            _connect(pg, "something-else")
        connection = _connect(pg)
        assert connection.server_version // 10000 == version
        connection.close()
        used = pg.sql("SELECT rolpassword FROM pg_authid WHERE rolname = 'postgres'")
        assert used[0][0].startswith("SCRAM-SHA-256$")


def test_restart_keeps_data_port_and_rules(breakable):
    pg = breakable.database
    pg.sql("CREATE TABLE kept (n int)", database="postgres")
    port = pg.port
    pg.stop()
    assert not pg.running
    with pytest.raises(psycopg2.OperationalError, match="Connection refused"):
        _connect(pg)
    pg.set_hba(["host all all 127.0.0.1/32 reject"])
    pg.start()
    pg.start()
    assert pg.port == port
    assert pg.sql("DROP TABLE kept", database="postgres") == []  # It still exists.
    with pytest.raises(psycopg2.OperationalError, match="rejects connection"):
        _connect(pg)


def test_new_rules_apply_at_once(breakable):
    pg = breakable.database
    for _ in range(5):
        pg.set_hba(["host all all 127.0.0.1/32 reject"])
        with pytest.raises(psycopg2.OperationalError, match="rejects connection"):
            _connect(pg)
        pg.set_hba()
        _connect(pg).close()


def _can_connect(pg):
    try:
        _connect(pg).close()
    except psycopg2.OperationalError:
        return False
    return True


def test_settings_apply_and_a_failed_reload_is_reported(monkeypatch):
    monkeypatch.setattr(postgres, "RELOAD_S", 0.2)
    with Postgres(max_connections=5) as pg:
        open_ones = [_connect(pg) for _ in range(5)]
        with pytest.raises(psycopg2.OperationalError, match="too many clients"):
            _connect(pg)
        for connection in open_ones:
            connection.close()
        eventually(lambda: _can_connect(pg))  # Closed connections end a little later.
        # The server rejects all settings of a reload if one of them is invalid.
        pg.sql("ALTER SYSTEM SET work_mem = '1MB'")
        (path,) = pg.sql("SELECT current_setting('data_directory')")[0]
        with Path(path, "postgresql.auto.conf").open("a") as file:
            file.write("nonsense\n")
        with pytest.raises(SandboxError, match=r"didn't read its new pg_hba\.conf"):
            pg.set_hba([])
