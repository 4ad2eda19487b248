"""The diagnosis of a real PostgreSQL server, healthy and broken in every way."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg2
import pytest
from doubles.ports import closed_port, full_port
from doubles.postgres_server import CLEAR_TEXT, FakeServer
from doubles.processes import eventually, working_threads
from doubles.raw_server import SSH, RawServer, silent, speaks

from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.core.secret import Secret
from lamin_widgets.postgres import diagnosis
from lamin_widgets.postgres.diagnosis import diagnose
from lamin_widgets.postgres.steps import NAMES

if TYPE_CHECKING:
    from lamin_widgets.core.outcome import Step

TRUST = "host all all 127.0.0.0/8 trust"
LOOK_UP = socket.getaddrinfo


def connect(connection):
    return psycopg2.connect(
        host=connection.host,
        port=connection.port,
        user="postgres",
        dbname="postgres",
        password=connection.password.reveal(),
    )


def causes(outcome):
    return {warned.cause for warned in outcome.warnings}


@pytest.fixture
def resolves(monkeypatch):
    """Let a name resolve to addresses."""

    def set_addresses(name, *addresses):
        def look_up(host, port, *arguments, **options):
            if host != name:
                return LOOK_UP(host, port, *arguments, **options)
            if options.get("flags", 0) & socket.AI_NUMERICHOST:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return [
                found
                for address in addresses
                for found in LOOK_UP(address, port, *arguments, **options)
            ]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)

    return set_addresses


def test_healthy_server_passes_every_step(connection):
    outcome = diagnose(connection)
    assert outcome
    assert outcome.title == "This machine can connect"
    assert outcome.advice.startswith("PostgreSQL 18.")
    assert outcome.advice.endswith(" · not encrypted · superuser")
    assert (outcome.cause, outcome.warnings) == (None, ())
    assert "everyone who uses an instance" in outcome.details
    assert [(step.name, step.state) for step in outcome.steps] == [
        (name, "passed") for name in NAMES
    ]
    assert outcome.facts == {"server_address": "127.0.0.1"}
    assert all(0 <= step.elapsed_s <= outcome.elapsed_s for step in outcome.steps)


def test_healthy_server_sees_one_connection(serve):
    script = FakeServer()
    assert diagnose(serve(script))
    assert len(script.startups) == 1


@pytest.mark.parametrize("password", ["postgres", "abc", "true"])
def test_server_is_judged_before_its_texts_are_redacted(serve, password):
    connection = replace(serve(FakeServer()), password=Secret(password))
    warned = [each.cause for each in diagnose(connection).warnings]
    assert warned == ["password_not_checked"]


def test_steps_are_reported_one_by_one(connection):
    seen: list[tuple[Step, ...]] = []
    diagnose(connection, on_step=seen.append)
    assert [(len(steps), steps[-1].state) for steps in seen] == [
        (number, state) for number in range(1, 7) for state in ("running", "passed")
    ]


@pytest.mark.parametrize(
    ("host", "addresses", "cause", "text"),
    [
        ("nix.invalid", None, "db_name_unknown", "nix.invalid"),
        # DNS encodes the label as xn--…, which is longer.
        ("\u00fc" * 63, None, "db_name_unknown", ""),
        ("db.example.org", [], "db_name_unknown", ""),
        ("[::1]", None, "db_refused", ""),
        # The system refuses TCP to a broadcast address at once.
        ("255.255.255.255", None, "db_unreachable", ""),
        # TCP never has a route to a multicast address, so it stands for a missing one.
        ("db.example.org", ["ff0e::1", "ff0e::2"], "ipv6_only", "IPv6 route"),
        ("db.example.org", ["ff0e::1", "ff0e::2"], "ipv6_only", "IPv4 add-on"),
        ("db.example.org", ["ff0e::1", "255.255.255.255"], "db_unreachable", ""),
    ],
)
def test_unreached_host_is_reported(resolves, fails, host, addresses, cause, text):
    if addresses is not None:
        resolves(host, *addresses)
    is_unknown = cause == "db_name_unknown"
    step = "Name resolution" if is_unknown else "Port"
    outcome = fails(PostgresConnection(host, 1, "unused-password"), cause, step=step)
    assert text in outcome.title + outcome.advice
    assert not is_unknown or outcome.field == "host"


def test_closed_port_is_reported_as_refused(fails):
    port = closed_port()
    connection = PostgresConnection("127.0.0.1", port, "unused-password")
    outcome = fails(connection, "db_refused", step="Port")
    assert outcome.title == f"127.0.0.1 refused the connection on port {port}."
    assert outcome.steps[1].text == "127.0.0.1: Connection refused"
    assert outcome.field == "port"


def test_port_dropping_packets_is_reported_as_unreachable(fails):
    with full_port() as port:
        connection = PostgresConnection("127.0.0.1", port, "unused-password")
        fails(connection, "db_unreachable", step="Port", connect_timeout=0.3)


def test_several_addresses_are_tried_until_one_accepts(connection, resolves):
    resolves("db.example.org", "127.0.0.9", "127.0.0.1")
    named = PostgresConnection("db.example.org", connection.port, connection.password)
    outcome = diagnose(named)
    assert outcome, outcome
    assert outcome.facts["server_address"] == "127.0.0.1"
    assert outcome.steps[1].text.startswith("Connected to 127.0.0.1")


def test_name_with_a_private_address_has_a_warning(connection, resolves):
    resolves("db.example.org", "127.0.0.1")
    named = PostgresConnection("db.example.org", connection.port, connection.password)
    outcome = diagnose(named)
    assert outcome
    assert outcome.title == "This machine can connect, with 1 warning"
    assert causes(outcome) == {"resolves_to_private_address"}
    assert "Lamin likely can't reach this address" in outcome.warnings[0].advice
    assert outcome.steps[0].state == "warning"


@pytest.mark.parametrize("rules", [[], ["host all all 127.0.0.0/8 reject"]])
def test_pg_hba_conf_without_an_entry_shows_the_entry_to_add(
    database, connection, fails, rules
):
    database.set_hba(rules)
    outcome = fails(connection, "db_not_allowed", step="Authentication")
    assert outcome.title == "pg_hba.conf doesn't allow 127.0.0.1."
    assert outcome.facts["seen_as"] == "127.0.0.1"
    assert outcome.facts["encrypted"] == "no"
    assert outcome.command.split("\n") == [
        "SHOW hba_file;",
        "-- Add to this file: host postgres postgres 127.0.0.1/32 scram-sha-256",
        "SELECT pg_reload_conf();",
    ]


def test_pg_hba_entry_of_the_advice_works(database, connection):
    database.set_hba([])
    entry = diagnose(connection).facts["hba_entry"]
    database.set_hba([entry])
    assert diagnose(connection)


def test_pg_hba_failure_shows_the_managed_services_advice(database, connection, fails):
    database.set_hba([])
    facts = {"managed": "yes", "allow_advice": "Open the security group."}
    outcome = fails(
        connection, "db_not_allowed_managed", step="Authentication", facts=facts
    )
    assert "Open the security group." in outcome.advice
    assert outcome.command == ""


def test_wrong_password_is_reported_at_its_field(sandbox, fails):
    wrong = PostgresConnection("127.0.0.1", sandbox.database.port, "not-this-kestrel")
    outcome = fails(wrong, "password_rejected", step="Authentication")
    assert outcome.field == "password"
    assert "28P01" in outcome.details
    assert "LOCATION" not in outcome.details
    assert "ALTER ROLE postgres" in outcome.command
    assert "CREATE ROLE postgres" in outcome.command


@pytest.mark.parametrize(
    ("setting", "limit", "default", "cause"),
    [
        ("ROLE postgres VALID UNTIL", "'2001-1-1'", "'infinity'", "password_rejected"),
        ("ROLE postgres CONNECTION LIMIT", 0, -1, "too_many_connections"),
        ("DATABASE postgres CONNECTION LIMIT", 0, -1, "too_many_connections"),
    ],
)
def test_reached_limit_is_reported(
    database, connection, fails, setting, limit, default, cause
):
    database.sql("ALTER ROLE postgres NOSUPERUSER")
    database.sql(f"ALTER {setting} {limit}")
    try:
        fails(connection, cause, step="Authentication")
    finally:
        database.sql(f"ALTER {setting} {default}")


@pytest.mark.parametrize(
    ("rules", "missing", "cause", "text"),
    [
        (None, "role", "password_rejected", "there's no postgres user"),
        ([TRUST], "role", "role_missing", ""),
        (None, "database", "database_missing", ""),
    ],
)
def test_missing_user_or_database_is_reported(
    breakable, connection, fails, rules, missing, cause, text
):
    breakable.database.set_hba(rules)
    breakable.break_(f"{missing}-missing")
    outcome = fails(connection, cause, step="Authentication")
    assert text in outcome.advice


def test_empty_password_is_refused_before_connecting(sandbox, fails):
    connection = PostgresConnection("127.0.0.1", sandbox.database.port, "")
    outcome = fails(
        connection, "password_missing", step="Authentication", state="skipped"
    )
    assert outcome.field == "password"


@pytest.mark.parametrize(
    ("statements", "cause"),
    [
        (["ALTER ROLE postgres NOLOGIN"], "login_not_permitted"),
        (
            [
                "ALTER ROLE postgres NOSUPERUSER",
                "REVOKE CONNECT ON DATABASE postgres FROM PUBLIC",
            ],
            "connect_not_permitted",
        ),
        (["ALTER DATABASE postgres ALLOW_CONNECTIONS false"], "database_closed"),
    ],
)
def test_missing_permission_is_fixed_by_the_command(
    database, connection, fails, statements, cause
):
    for statement in statements:
        database.sql(statement)
    try:
        outcome = fails(connection, cause, step="Authentication")
        database.sql(outcome.command)
        assert diagnose(connection)
    finally:
        database.sql("ALTER DATABASE postgres ALLOW_CONNECTIONS true")


@pytest.mark.parametrize("superuser", [True, False])
def test_server_without_free_connections_is_reported(
    database, connection, fails, superuser
):
    # PostgreSQL reserves the last connections for superusers.
    if not superuser:
        database.sql("ALTER ROLE postgres NOSUPERUSER")
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(psycopg2.OperationalError):
            for _ in range(50):
                stack.enter_context(contextlib.closing(connect(connection)))
        fails(connection, "too_many_connections", step="Authentication")


def test_server_shutdown_is_reported(database, connection, fails):
    with contextlib.closing(connect(connection)):
        try:
            # After SIGTERM, the server waits for the session to end.
            os.kill(database.pid, signal.SIGTERM)
            eventually(lambda: diagnose(connection).cause is not None)
            fails(connection, "starting_up", step="Authentication")
        finally:
            database.stop()
            database.start()


def test_standby_has_a_warning(database, connection):
    ((folder,),) = database.sql("SHOW data_directory")
    mark = Path(folder, "standby.signal")
    database.stop()
    mark.touch()
    try:
        database.start()
        outcome = diagnose(connection)
    finally:
        database.stop()
        mark.unlink()
        database.start()
    assert outcome
    assert "standby" in causes(outcome)
    assert outcome.steps[-1].state == "warning"


def test_missing_privileges_are_fixed_by_the_shown_commands(database, connection):
    database.sql("ALTER ROLE postgres NOSUPERUSER")
    outcome = diagnose(connection)
    assert outcome.title == "This machine can connect, with 2 warnings"
    assert causes(outcome) == {"not_superuser", "no_create_privilege"}
    assert outcome.advice.endswith("not superuser")
    assert outcome.steps[4].state == "warning"
    for warned in outcome.warnings:
        database.sql(warned.command)
    assert causes(diagnose(connection)) == set()


@pytest.mark.parametrize("role", ["rds_superuser", "cloudsqlsuperuser"])
def test_provider_role_without_superuser_has_a_warning(database, connection, role):
    database.sql("ALTER ROLE postgres NOSUPERUSER")
    database.sql(f"CREATE ROLE {role}")
    try:
        database.sql(f"GRANT {role} TO postgres")
        outcome = diagnose(connection)
    finally:
        database.sql(f"DROP ROLE {role}")
    assert "provider_superuser" in causes(outcome)
    assert f"(it has {role})" in outcome.warnings[0].title
    assert outcome.warnings[0].command == ""


def test_local_server_without_authentication_has_a_warning(database, connection):
    database.set_hba([TRUST])
    outcome = diagnose(PostgresConnection("127.0.0.1", connection.port, "any-of-them"))
    assert causes(outcome) == {"password_not_checked"}
    assert outcome.steps[3].state == "warning"


@pytest.mark.parametrize("method", ["password", "md5"])
def test_loopback_server_gets_the_password_in_any_form(database, connection, method):
    database.set_hba([f"host all all 127.0.0.0/8 {method}"])
    assert diagnose(connection)


@pytest.mark.parametrize("host", ["db.example.org", "192.0.2.1", "2001:db8::1"])
def test_sandbox_contacts_no_other_machine(host, monkeypatch):
    def look_up(*_arguments, **_options):
        raise AssertionError("The name was looked up.")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    connection = PostgresConnection(host, 5432, "unused-password")
    outcome = diagnose(connection, loopback_only=True)
    assert (outcome.cause, outcome.state) == ("sandbox_only", "failure")
    assert {step.state for step in outcome.steps} == {"skipped"}


def test_sandbox_refuses_a_local_name_with_another_address(resolves):
    resolves("localhost", "192.0.2.1")
    connection = PostgresConnection("localhost", 5432, "unused-password")
    assert diagnose(connection, loopback_only=True).cause == "sandbox_only"


def test_function_contacts_no_other_machine_in_a_sandbox(monkeypatch):
    monkeypatch.setattr(diagnosis, "sandbox_urls", lambda: {"http://127.0.0.1:1"})
    connection = PostgresConnection("192.0.2.7", 5432, "unused-password")
    assert diagnose(connection).cause == "sandbox_only"


def test_sandbox_diagnoses_loopback(connection):
    assert diagnose(connection, loopback_only=True)


def cancelled_at(connection, name, **options):
    """Diagnose, and cancel while a step runs."""
    cancel = threading.Event()

    def on_step(steps):
        if (steps[-1].name, steps[-1].state) == (name, "running"):
            cancel.set()

    started = time.monotonic()
    outcome = diagnose(connection, on_step=on_step, cancelled=cancel, **options)
    assert time.monotonic() - started < 3
    assert (outcome.cause, outcome.state) == ("cancelled", "unknown")
    assert len(outcome.steps) == len(NAMES)
    assert not {"failed", "running"} & {step.state for step in outcome.steps}


@pytest.mark.parametrize(
    ("name", "handler"),
    [
        ("Port", silent),
        ("PostgreSQL protocol and TLS", silent),
        ("Authentication", FakeServer(at_startup=b"").handler()),
        ("Privileges", FakeServer(at_query=(b"",)).handler()),
    ],
)
def test_cancel_ends_the_wait_for_a_silent_server(listen, name, handler):
    cancelled_at(listen(handler), name)


def test_cancel_before_the_start_ends_the_diagnosis(connection):
    cancel = threading.Event()
    cancel.set()
    assert diagnose(connection, cancelled=cancel).cause == "cancelled"


@pytest.fixture
def name_server(monkeypatch):
    """A name server that replies after the test sets the event."""
    answers = threading.Event()

    def look_up(host, *arguments, flags=0, **options):
        if flags & socket.AI_NUMERICHOST == 0 and not answers.wait(10):
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure")
        return LOOK_UP(host, *arguments, flags=flags, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield answers
    answers.set()


@pytest.mark.usefixtures("name_server")
def test_silent_name_server_is_given_up_at_the_time_limit(fails):
    started = time.monotonic()
    connection = PostgresConnection("db.example.org", 5432, "kestrel-77")
    fails(connection, "db_name_unknown", step="Name resolution", deadline=0.3)
    assert time.monotonic() - started < 3


@pytest.mark.usefixtures("name_server")
def test_cancel_ends_name_resolution():
    connection = PostgresConnection("db.example.org", 5432, "kestrel-77")
    cancelled_at(connection, "Name resolution")


def test_raising_listener_leaves_nothing_open(connection):
    # Unclosed sockets are errors in these tests.
    with pytest.raises(ZeroDivisionError):
        diagnose(connection, on_step=lambda steps: 1 / (len(steps) < 5))


def open_sockets(port):
    """Return this process's connections to or from a port."""
    return [
        each
        for each in psutil.Process().net_connections()
        if port in (each.laddr and each.laddr.port, each.raddr and each.raddr.port)
    ]


def test_diagnosis_leaves_no_connection_and_no_thread(connection):
    threads = working_threads()
    wrong = PostgresConnection("127.0.0.1", connection.port, "wrong-kestrel")
    assert diagnose(connection)
    assert not diagnose(wrong)
    assert open_sockets(connection.port) == []
    for handler in (
        speaks(**SSH),
        silent,
        speaks(),
        FakeServer(at_startup=CLEAR_TEXT, after_password=None).handler(),
    ):
        with RawServer(handler) as server:
            target = PostgresConnection("127.0.0.1", server.port, "kestrel-9")
            diagnose(target, connect_timeout=0.2)
        assert open_sockets(server.port) == []
    assert working_threads() <= threads
