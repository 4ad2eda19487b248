"""Every way a real PostgreSQL turns a person away comes out with its cause."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading

import psycopg2
import pytest

from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.core.failures import CAUSES
from lamin_widgets.core.failures.database import DATABASE
from lamin_widgets.postgres.diagnosis import diagnose

TRUST = "host all all 127.0.0.0/8 trust"


def test_each_row_has_a_title_and_an_advice_to_act_on(capsys):
    for cause in DATABASE:
        facts = {"host": "db.example.org", "port": "5432", "seconds": "20"}
        facts["seems"] = "It seems to be an SSH server."
        title, advice, command = cause.fill(facts)
        print(f"{cause.id} | {cause.field or '-'} | {title}")  # noqa: T201 - the table
        assert CAUSES[cause.id] is cause
        assert title.endswith(".")
        assert len(title) < 80
        assert advice.endswith(".")
        assert not {"{", "<host>", "<port>"} & {*title, *advice, *command}
    table = capsys.readouterr().out.splitlines()
    assert len(table) == len(DATABASE) == 16
    with capsys.disabled():
        print("", *table, sep="\n  ")  # noqa: T201


def test_a_healthy_server_passes_every_step(connection):
    outcome = diagnose(connection)
    assert outcome
    assert "reachable from this machine" in outcome.title
    assert [step.state for step in outcome.steps] == ["passed"] * 6
    version = outcome.steps[-1].text
    assert version.startswith("PostgreSQL 18.")
    assert version.endswith(", no TLS.")
    assert outcome.cause is None
    assert outcome.advice == ""
    assert all(0 <= step.elapsed_s <= outcome.elapsed_s for step in outcome.steps)


def test_the_steps_appear_one_by_one(connection):
    seen = []
    diagnose(connection, on_step=seen.append)
    assert [(len(steps), steps[-1].state) for steps in seen] == [
        (number, state) for number in range(1, 7) for state in ("running", "passed")
    ]


def test_a_name_that_does_not_exist(fails):
    connection = PostgresConnection("nix.invalid", 5432, "unused-password")
    step = "Name resolution"
    outcome = fails(connection, "db_name_unknown", step=step, field="host")
    assert "nix.invalid" in outcome.title


def test_a_port_where_nothing_listens(fails):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    connection = PostgresConnection("127.0.0.1", port, "unused-password")
    outcome = fails(connection, "db_refused", step="Port", field="port")
    assert str(port) in outcome.title
    assert "Connection refused" in outcome.steps[1].text


def test_a_port_that_swallows_packets(fails):
    # A full backlog: the system drops what comes, as a firewall does.
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.settimeout(0)
            filler.connect_ex(server.getsockname())
        connection = PostgresConnection("127.0.0.1", server.getsockname()[1], "x" * 9)
        fails(
            connection,
            "db_unreachable",
            step="Port",
            field="host",
            connect_timeout=0.3,
        )


def test_an_address_without_a_route(fails):
    # TCP to a broadcast address is turned down by the system at once.
    connection = PostgresConnection("255.255.255.255", 5432, "unused-password")
    fails(connection, "db_unreachable", step="Port", field="host")


def test_ipv6_and_several_addresses_are_tried_in_turn(connection):
    # localhost may be ::1 first, where this server does not listen.
    outcome = diagnose(PostgresConnection("localhost", connection.port, "a-wrong-one"))
    assert outcome.cause == "password_rejected"


def test_an_ipv6_address(fails):
    with socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        port = probe.getsockname()[1]
    connection = PostgresConnection("[::1]", port, "unused-password")
    fails(connection, "db_refused", step="Port", field="port")


@pytest.mark.parametrize("rules", [[], ["host all all 127.0.0.0/8 reject"]])
def test_pg_hba_conf_does_not_let_in(postgres, connection, fails, rules):
    postgres.set_hba(rules)
    outcome = fails(connection, "db_not_allowed", step="Sign-in", field="host")
    assert "sees this machine as 127.0.0.1" in outcome.steps[3].text


def test_a_wrong_password(healthy, fails):
    wrong = PostgresConnection("127.0.0.1", healthy.port, "not-this-1-kestrel")
    outcome = fails(wrong, "password_rejected", step="Sign-in", field="password")
    assert "not-this-1-kestrel" not in repr(outcome)


def test_an_expired_password(postgres, connection, fails):
    postgres.sql("ALTER ROLE postgres VALID UNTIL '2001-01-01'")
    try:
        fails(connection, "password_rejected", step="Sign-in", field="password")
    finally:
        postgres.sql("ALTER ROLE postgres VALID UNTIL 'infinity'")


def test_a_missing_user_where_passwords_count(postgres, connection, fails):
    postgres.sql("ALTER ROLE postgres RENAME TO postgres_away")
    outcome = fails(connection, "password_rejected", step="Sign-in", field="password")
    assert "does not exist" in outcome.advice


def test_a_missing_user_where_everybody_is_trusted(postgres, connection, fails):
    postgres.set_hba([TRUST])
    postgres.sql("ALTER ROLE postgres RENAME TO postgres_away")
    fails(connection, "role_missing", step="Sign-in")


def test_an_empty_password(healthy, fails):
    connection = PostgresConnection("127.0.0.1", healthy.port, "")
    fails(connection, "password_missing", step="Sign-in", field="password")


def test_a_missing_database(postgres, connection, fails):
    postgres.sql("ALTER DATABASE postgres RENAME TO postgres_away")
    fails(connection, "database_missing", step="Sign-in")


def test_a_user_who_may_not_log_in(postgres, connection, fails):
    postgres.sql("ALTER ROLE postgres NOLOGIN")
    fails(connection, "login_not_permitted", step="Sign-in")


def test_a_user_who_may_not_connect(postgres, connection, fails):
    postgres.sql("ALTER ROLE postgres NOSUPERUSER")
    postgres.sql("REVOKE CONNECT ON DATABASE postgres FROM PUBLIC")
    fails(connection, "connect_not_permitted", step="Sign-in")


@pytest.mark.parametrize("of", ["ROLE", "DATABASE"])
def test_the_limit_of_the_role_or_database(postgres, connection, fails, of):
    postgres.sql("ALTER ROLE postgres NOSUPERUSER")
    postgres.sql(f"ALTER {of} postgres CONNECTION LIMIT 0")
    try:
        fails(connection, "too_many_connections", step="Sign-in")
    finally:
        postgres.sql(f"ALTER {of} postgres CONNECTION LIMIT -1")


@pytest.mark.parametrize("superuser", [True, False])
def test_all_connections_are_taken(postgres, connection, fails, superuser):
    # Of the last ones, three are reserved for superusers.
    if not superuser:
        postgres.sql("ALTER ROLE postgres NOSUPERUSER")
    opened = []
    try:
        with contextlib.suppress(psycopg2.OperationalError):
            while len(opened) < 10:
                opened.append(_connect(connection))
        fails(connection, "too_many_connections", step="Sign-in")
    finally:
        for link in opened:
            link.close()


def test_a_server_that_shuts_down(postgres, connection, fails, eventually):
    link = _connect(connection)
    pid = postgres.pid
    try:
        os.kill(pid, signal.SIGTERM)  # it waits for the sessions to end
        eventually(lambda: diagnose(connection).cause is not None)
        fails(connection, "starting_up", step="Sign-in")
    finally:
        link.close()
        postgres.stop()
        postgres.start()


def test_a_standby_that_takes_no_connections(
    postgres, connection, fails, eventually, standby
):
    # It never answers as the sandbox's own start would wait for.
    postgres.settings["hot_standby"] = "off"
    waiting = threading.Event()
    postgres._cluster._answers = lambda: (
        waiting.set() or diagnose(connection).cause == ("starting_up")
    )
    try:
        postgres.start()
        assert waiting.is_set()
        fails(connection, "starting_up", step="Sign-in")
    finally:
        del postgres._cluster._answers


@pytest.fixture
def standby(postgres):
    """Stopped, and a standby from its next start until the end of the test."""
    postgres.stop()
    mark = postgres._cluster._folder / "data" / "standby.signal"
    mark.touch()
    yield mark
    postgres.stop()
    mark.unlink()
    postgres.settings.clear()
    postgres.start()


def test_a_standby_is_a_warning(postgres, connection, standby):
    postgres.start()
    outcome = diagnose(connection)
    assert outcome
    assert outcome.steps[-1].state == "warning"
    assert "standby" in outcome.advice


def _connect(connection):
    return psycopg2.connect(
        host=connection.host,
        port=connection.port,
        user="postgres",
        dbname="postgres",
        password=connection.password.reveal(),
    )
