"""Causes that lie with the PostgreSQL server or the way to it."""

from __future__ import annotations

from typing import Final

from lamin_widgets.core.failures.cause import Cause

__all__ = ["DATABASE"]

DATABASE: Final = (
    Cause(
        "db_name_unknown",
        "The host name {host} cannot be resolved to an address.",
        "Check the spelling, and that this machine is online; a name inside a company "
        "network needs its VPN. Enter the host alone, without https:// or a port.",
        "host",
        command="nslookup {host}",
        when="The host name cannot be resolved.",
    ),
    Cause(
        "db_refused",
        "{host} refuses connections on port {port}.",
        "Check the port. If it is right, PostgreSQL is stopped, a firewall refuses, or "
        "it listens on localhost only: set listen_addresses = '*' in postgresql.conf "
        "and restart it.",
        "port",
        command="pg_isready -h {host} -p {port}",
        when="The port is closed, or a firewall answers in its place.",
    ),
    Cause(
        "db_unreachable",
        "{host} port {port} does not answer.",
        "A firewall drops the packets, or the server has no public address. Allow this "
        "port for the addresses under Allow-list, and for your own address.",
        "host",
        command="pg_isready -h {host} -p {port}",
        when="Connect timeout, or no route.",
    ),
    Cause(
        "db_not_postgres",
        "What answers on port {port} does not speak PostgreSQL's protocol.",
        "{seems} Enter PostgreSQL's own port, usually 5432.",
        "port",
        when="A web server, Redis, SSH, MySQL … answers there, or hangs up.",
    ),
    Cause(
        "db_tls_required",
        "The server accepts encrypted connections only.",
        "It turns down connections without TLS. Connect with TLS (unset PGSSLMODE, or "
        "set it to require and restart the kernel), or let the server's owner add a "
        "host rule to its pg_hba.conf.",
        "host",
        command="export PGSSLMODE=require",
        when="pg_hba.conf has hostssl rules only, and the connection had no TLS.",
    ),
    Cause(
        "db_tls_unsupported",
        "The server does not offer TLS, and TLS is required.",
        "Enable it in postgresql.conf (ssl = on, with ssl_cert_file and ssl_key_file) "
        "and restart the server; or unset PGSSLMODE here to connect without.",
        "host",
        command="ALTER SYSTEM SET ssl = on;",
        when="sslmode=require against a server without TLS.",
    ),
    Cause(
        "db_certificate",
        "The server's certificate cannot be trusted.",
        "Use the host name the provider gives, not an alias or address. Download the "
        "provider's CA certificate, point PGSSLROOTCERT to it, and restart the kernel.",
        "host",
        command="export PGSSLROOTCERT=/path/to/provider-ca.pem",
        when="certificate verify failed, or the certificate is for another name.",
    ),
    Cause(
        "db_not_allowed",
        "The server's pg_hba.conf does not let this connection in.",
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
        "says the same for all three. Check it, or set a new one as another superuser.",
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
        "Lamin requires the database postgres. Create it, connected to another "
        "database such as template1.",
        command="CREATE DATABASE postgres OWNER postgres;",
        when='database "postgres" does not exist.',
    ),
    Cause(
        "login_not_permitted",
        "The user postgres may not log in.",
        "Give it the right to, as another superuser.",
        command="ALTER ROLE postgres LOGIN;",
        when="The role is not permitted to log in.",
    ),
    Cause(
        "connect_not_permitted",
        "The user postgres may not connect to the database postgres.",
        "Give it the right to, as the database's owner or a superuser.",
        command="GRANT CONNECT ON DATABASE postgres TO postgres;",
        when="permission denied for database.",
    ),
    Cause(
        "too_many_connections",
        "The server has no connection left.",
        "Wait, close idle sessions, or raise the limit (max_connections, or the role's "
        "or database's CONNECTION LIMIT).",
        command="SELECT pid, usename, state, query_start FROM pg_stat_activity;",
        when="too many clients, reserved slots, or the role's limit.",
    ),
    Cause(
        "starting_up",
        "The server is starting up, shutting down or recovering.",
        "Wait a moment and try again. If it stays like this, it is a standby that "
        "takes no connections (hot_standby = off): register its primary.",
        command="pg_isready -h {host} -p {port}",
        when="the database system is starting up / shutting down / in recovery mode.",
    ),
    Cause(
        "db_no_answer",
        "The server did not answer within {seconds} s.",
        "It accepts connections and then hangs. Look at its log and load, and at "
        "a proxy or load balancer in front of it, and try again.",
        "host",
        when="It takes the connection and keeps silent, or the whole takes too long.",
    ),
)
