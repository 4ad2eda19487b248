"""Failures of the PostgreSQL server and of the network path to it."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from lamin_widgets.core.failures.failure import Failure

__all__ = ["DATABASE", "DatabaseCause"]

DatabaseCause: TypeAlias = Literal[
    "check_failed",
    "connect_not_permitted",
    "database_missing",
    "db_certificate",
    "db_name_unknown",
    "db_no_answer",
    "db_not_allowed",
    "db_not_postgres",
    "db_refused",
    "db_tls_required",
    "db_tls_unsupported",
    "db_unreachable",
    "login_not_permitted",
    "password_rejected",
    "role_missing",
    "starting_up",
    "too_many_connections",
]

DATABASE: Final = (
    Failure(
        "db_name_unknown",
        "name",
        "The host name {host} cannot be resolved to an address.",
        "Check the spelling, and that this machine is online; a name inside a company network needs its VPN. Enter the host alone, without https:// or a port.",
        field="host",
        commands={"cell": "!nslookup {host}", "shell": "nslookup {host}"},
        transient=True,
        when="The host name cannot be resolved.",
    ),
    Failure(
        "db_refused",
        "tcp",
        "{host} refuses connections on port {port}.",
        "Check the port. If it is right, PostgreSQL is stopped, a firewall refuses, or it listens on localhost only: set listen_addresses = '*' in postgresql.conf and restart it.",
        field="port",
        commands={
            "cell": "!pg_isready -h {host} -p {port}",
            "shell": "pg_isready -h {host} -p {port}",
        },
        transient=True,
        when="The port is closed, or a firewall answers in its place.",
    ),
    Failure(
        "db_unreachable",
        "tcp",
        "{host} port {port} does not answer.",
        "A firewall drops the packets, or the server has no public address. Allow this port for the addresses under Allow-list, and for your own address.",
        field="host",
        commands={
            "cell": "!pg_isready -h {host} -p {port}",
            "shell": "pg_isready -h {host} -p {port}",
        },
        transient=True,
        when="Connect timeout, or no route.",
    ),
    Failure(
        "db_not_postgres",
        "tcp",
        "What answers on port {port} does not speak PostgreSQL's protocol.",
        "{seems} Enter PostgreSQL's own port, usually 5432.",
        field="port",
        when="A web server, Redis, SSH, MySQL … answers there, or hangs up.",
    ),
    Failure(
        "db_tls_required",
        "tls",
        "The server accepts encrypted connections only.",
        "It turns down connections without TLS. Connect with TLS (unset PGSSLMODE, or set it to require and restart the kernel), or let the server's owner add a host rule to its pg_hba.conf.",
        field="host",
        commands={
            "cell": "%env PGSSLMODE=require",
            "shell": "export PGSSLMODE=require",
        },
        this_machine_only=True,
        when="pg_hba.conf has hostssl rules only, and the connection had no TLS.",
    ),
    Failure(
        "db_tls_unsupported",
        "tls",
        "The server does not offer TLS, and TLS is required.",
        "Enable it in postgresql.conf (ssl = on, with ssl_cert_file and ssl_key_file) and restart the server; or unset PGSSLMODE here to connect without.",
        field="host",
        commands={"sql": "ALTER SYSTEM SET ssl = on;"},
        this_machine_only=True,
        when="sslmode=require against a server without TLS.",
    ),
    Failure(
        "db_certificate",
        "tls",
        "The server's certificate cannot be trusted.",
        "Use the host name the provider gives, not an alias or address. Download the provider's CA certificate, point PGSSLROOTCERT to it, and restart the kernel.",
        field="host",
        commands={
            "cell": "%env PGSSLROOTCERT=/path/to/provider-ca.pem",
            "shell": "export PGSSLROOTCERT=/path/to/provider-ca.pem",
        },
        this_machine_only=True,
        when="certificate verify failed, or the certificate is for another name.",
    ),
    Failure(
        "db_not_allowed",
        "postgresql",
        "The server's pg_hba.conf does not let this connection in.",
        "Add the lines under Allow-list to pg_hba.conf (they are for Lamin's addresses; add this machine's own to test from here), then reload it.",
        field="host",
        commands={"sql": "SELECT pg_reload_conf();"},
        transient=True,
        this_machine_only=True,
        when="No pg_hba.conf entry, or one that rejects.",
    ),
    Failure(
        "password_rejected",
        "postgresql",
        "PostgreSQL does not accept the password.",
        "It is wrong, or has expired, or the user postgres does not exist: PostgreSQL says the same for all three. Check it, or set a new one as another superuser.",
        field="password",
        commands={
            "sql": "ALTER ROLE postgres PASSWORD '<new password>' VALID UNTIL 'infinity';"
        },
        when="password authentication failed.",
    ),
    Failure(
        "role_missing",
        "postgresql",
        "The server has no user postgres.",
        "Lamin requires the user postgres with superuser rights. Create it.",
        commands={"sql": "CREATE ROLE postgres LOGIN SUPERUSER PASSWORD '<password>';"},
        when='role "postgres" does not exist.',
    ),
    Failure(
        "database_missing",
        "postgresql",
        "The server has no database postgres.",
        "Lamin requires the database postgres. Create it, connected to another database such as template1.",
        commands={"sql": "CREATE DATABASE postgres OWNER postgres;"},
        when='database "postgres" does not exist.',
    ),
    Failure(
        "login_not_permitted",
        "postgresql",
        "The user postgres may not log in.",
        "Give it the right to, as another superuser.",
        commands={"sql": "ALTER ROLE postgres LOGIN;"},
        when="The role is not permitted to log in.",
    ),
    Failure(
        "connect_not_permitted",
        "postgresql",
        "The user postgres may not connect to the database postgres.",
        "Give it the right to, as the database's owner or a superuser.",
        commands={"sql": "GRANT CONNECT ON DATABASE postgres TO postgres;"},
        when="permission denied for database.",
    ),
    Failure(
        "too_many_connections",
        "postgresql",
        "The server has no connection left.",
        "Wait, close idle sessions, or raise the limit (max_connections, or the role's or database's CONNECTION LIMIT).",
        commands={
            "sql": "SELECT pid, usename, state, query_start FROM pg_stat_activity;"
        },
        transient=True,
        when="too many clients, reserved slots, or the role's limit.",
    ),
    Failure(
        "starting_up",
        "postgresql",
        "The server is starting up, shutting down or recovering.",
        "Wait a moment and try again. If it stays like this, it is a standby that takes no connections (hot_standby = off): register its primary.",
        commands={
            "cell": "!pg_isready -h {host} -p {port}",
            "shell": "pg_isready -h {host} -p {port}",
        },
        transient=True,
        when="the database system is starting up / shutting down / in recovery mode.",
    ),
    Failure(
        "db_no_answer",
        "tcp",
        "The server did not answer within {seconds} s.",
        "It accepts connections and then hangs. Look at its log and load, and at a proxy or load balancer in front of it, and try again.",
        field="host",
        transient=True,
        when="It takes the connection and keeps silent, or the whole takes too long.",
    ),
    Failure(
        "check_failed",
        "tcp",
        "Lamin could not connect to the server.",
        "Allow Lamin's addresses for the region in your firewall (see Allow-list). Diagnose shows how the server looks from here.",
        field="host",
        transient=True,
        when="The check answers that Lamin could not connect, without a known reason.",
    ),
)
