"""Causes that lie with the PostgreSQL server or the way to it."""

from __future__ import annotations

from typing import Final

from .cause import Cause

__all__ = ["DATABASE"]

DATABASE: Final = (
    Cause(
        "db_name_unknown",
        "There is no host named {host}.",
        "Check the spelling; a name inside a company network needs its VPN. Enter the "
        "host without a scheme such as https://.",
        "host",
        command="nslookup {host}",
        when="The host name cannot be resolved.",
    ),
    Cause(
        "db_refused",
        "{host} is there, but nothing listens on port {port}.",
        "Check the port. If it is right, PostgreSQL is stopped, or listens on "
        "localhost only: set listen_addresses = '*' in postgresql.conf and restart it.",
        "port",
        command="pg_isready -h {host} -p {port}",
        when="The port is closed.",
    ),
    Cause(
        "db_unreachable",
        "{host} port {port} does not answer.",
        "A firewall drops the packets, or the server has no public address. Allow this "
        "port for the addresses under Allow-list.",
        "host",
        when="Connect timeout, or no route.",
    ),
    Cause(
        "db_not_postgres",
        "What answers on port {port} is not PostgreSQL.",
        "{seems} Enter PostgreSQL's own port, usually 5432.",
        "port",
        when="A web server, Redis, SSH, MySQL … answers there.",
    ),
    Cause(
        "db_tls_required",
        "The server accepts encrypted connections only.",
        "Its pg_hba.conf has a rule for TLS (hostssl) and none without. Connect with "
        "TLS (sslmode=require), or add a host rule.",
        "host",
        when="pg_hba.conf has hostssl rules only, and the connection had no TLS.",
    ),
    Cause(
        "db_tls_unsupported",
        "The server does not offer TLS, and TLS is required.",
        "Enable it in postgresql.conf (ssl = on, with ssl_cert_file and ssl_key_file), "
        "or unset PGSSLMODE.",
        "host",
        command="ALTER SYSTEM SET ssl = on;",
        when="sslmode=require against a server without TLS.",
    ),
    Cause(
        "db_certificate",
        "The server's certificate cannot be trusted.",
        "Use the host name the provider gives, not an alias or address, and supply "
        "the provider's CA certificate (PGSSLROOTCERT).",
        "host",
        when="certificate verify failed, or the certificate is for another name.",
    ),
    Cause(
        "db_not_allowed",
        "The server's pg_hba.conf does not let this address in.",
        "Add the lines under Allow-list to pg_hba.conf (they are for Lamin's "
        "addresses; add this machine's own to test from here), then reload it.",
        "host",
        command="SELECT pg_reload_conf();",
        when="No pg_hba.conf entry, or one that rejects.",
    ),
    Cause(
        "password_rejected",
        "PostgreSQL does not accept the password.",
        "It is wrong, or has expired, or the user postgres does not exist: PostgreSQL "
        "says the same for all three. Check it, or set a new one.",
        "password",
        command="ALTER ROLE postgres PASSWORD '<new password>' VALID UNTIL 'infinity';",
        when="password authentication failed.",
    ),
    Cause(
        "role_missing",
        "The server has no user postgres.",
        "Lamin requires the user postgres with superuser rights. Create it.",
        command="CREATE ROLE postgres LOGIN SUPERUSER PASSWORD '<password>';",
        when='role "postgres" does not exist.',
    ),
    Cause(
        "database_missing",
        "The server has no database postgres.",
        "Lamin requires the database postgres. Create it.",
        command="CREATE DATABASE postgres;",
        when='database "postgres" does not exist.',
    ),
    Cause(
        "login_not_permitted",
        "The user postgres may not log in.",
        "Give it the right to.",
        command="ALTER ROLE postgres LOGIN;",
        when="The role is not permitted to log in.",
    ),
    Cause(
        "connect_not_permitted",
        "The user postgres may not connect to the database postgres.",
        "Give it the right to.",
        command="GRANT CONNECT ON DATABASE postgres TO postgres;",
        when="permission denied for database.",
    ),
    Cause(
        "too_many_connections",
        "The server has no connection left.",
        "Wait, close idle sessions, or raise the limit (max_connections, or the role's "
        "CONNECTION LIMIT).",
        command="SELECT pid, usename, state FROM pg_stat_activity;",
        when="too many clients, reserved slots, or the role's limit.",
    ),
    Cause(
        "starting_up",
        "The server is starting up, shutting down or recovering.",
        "Wait a moment and try again.",
        when="the database system is starting up / shutting down / in recovery mode.",
    ),
    Cause(
        "db_no_answer",
        "The server did not finish within {seconds} s.",
        "It accepts connections and then hangs. Look at its log and load, and try "
        "again.",
        "host",
        when="The deadline of the whole diagnosis passed.",
    ),
)
