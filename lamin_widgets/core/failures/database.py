"""Failures of the PostgreSQL server and of the network path to it.

`{sentence}` is a sentence of the server, after `redaction.safe_text`. Rows with
`is_warning` describe a connection that works.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from lamin_widgets.core.failures.failure import Failure, in_layer, program, setting

DatabaseCause: TypeAlias = Literal[
    "authentication_method",
    "blocked_after_failures",
    "certificate_unverified",
    "check_failed",
    "client_certificate_required",
    "closed_during_authentication",
    "connect_not_permitted",
    "connection_failed",
    "database_closed",
    "database_missing",
    "db_certificate",
    "db_hangs_up",
    "db_name_unknown",
    "db_no_answer",
    "db_not_allowed",
    "db_not_allowed_managed",
    "db_not_postgres",
    "db_refused",
    "db_tls_required",
    "db_tls_unsupported",
    "db_unreachable",
    "end_of_life",
    "environment_setting",
    "ipv6_only",
    "ipv6_only_for_lamin",
    "login_not_permitted",
    "neon_endpoint",
    "no_create_privilege",
    "not_encrypted",
    "not_postgresql",
    "not_superuser",
    "not_superuser_managed",
    "out_of_resources",
    "pam_authentication",
    "password_not_asked",
    "password_not_checked",
    "password_rejected",
    "password_would_be_exposed",
    "pooler_backend",
    "pooler_refused",
    "provider_superuser",
    "query_failed",
    "resolves_to_private_address",
    "role_missing",
    "server_not_authentic",
    "server_refused",
    "standby",
    "starting_up",
    "supabase_pooler",
    "tls_ended_in_between",
    "tls_failed",
    "tls_turned_off",
    "too_many_connections",
    "unsupported_by_lamindb",
]

_INPUT: Final = in_layer(
    "input",
    Failure(
        "environment_setting",
        "{variable} has an invalid value.",
        "{sentence} Correct this environment variable, or remove it with the command "
        "below, and try again.",
        commands={
            "cell": 'import os; os.environ.pop("{variable}", None)',
            "shell": "unset {variable}",
        },
        when="An environment variable of libpq, such as PGSSLMODE, PGSERVICE, or PGTZ, "
        "has a value that libpq or the server rejects.",
    ),
)
_NAME: Final = in_layer(
    "name",
    Failure(
        "db_name_unknown",
        "Can't resolve the host name {host}.",
        "Check the spelling and your network. If the name is internal, connect to your "
        "VPN. Enter only the host, without https:// or a port.",
        advice_from_lamin="Use a public host name or IP address. If the name is new, "
        "wait until it's published in DNS.",
        at=("host", "Name not found"),
        follow_ups=("change-host",),
        transient=True,
    ),
)
_TCP: Final = in_layer(
    "tcp",
    Failure(
        "db_refused",
        "{host} refused the connection on port {port}.",
        "Check the port. On the server, check that PostgreSQL is running, and that the "
        "firewall allows the IP addresses of this machine and of Lamin. {allow_advice} "
        "If PostgreSQL accepts only local connections, set listen_addresses = '*' in "
        "postgresql.conf and restart it. To check only the port, run the command "
        "below.",
        advice_from_lamin="If this machine can't connect, check the port and that "
        "PostgreSQL is running. Otherwise, a firewall refuses Lamin. Allow Lamin's "
        "outbound IP addresses for your region. {allow_advice}",
        at=("port", "Connection refused"),
        commands=program("pg_isready -h {host} -p {port}"),
        follow_ups=("use-default-port", "change-port", "allow-list"),
        transient=True,
        may_be_firewall=True,
    ),
    Failure(
        "db_unreachable",
        "No response from {host} on port {port}.",
        "A firewall is probably blocking the connection, or the server isn't public. "
        "In the firewall, allow this port for this machine's IP address, for Lamin's "
        "outbound IP addresses, and for everyone who will use an instance. "
        "{allow_advice} To check only the port, run the command below.",
        advice_from_lamin="A firewall is probably blocking Lamin, or the server isn't "
        "public. In the firewall, allow this port for Lamin's outbound IP addresses "
        "and for everyone who will use an instance. {allow_advice}",
        at=("host", "No response"),
        commands=program("pg_isready -h {host} -p {port}"),
        follow_ups=("allow-list", "change-host"),
        transient=True,
        may_be_firewall=True,
        when="The connection times out, or there's no route to the host.",
    ),
    Failure(
        "ipv6_only",
        "{host} has only IPv6 addresses.",
        "This machine has no IPv6 route, and Lamin's published outbound IP addresses "
        "are IPv4. Use a host with an IPv4 address. On Supabase, turn on the IPv4 "
        "add-on.",
        advice_from_lamin="Lamin's published outbound IP addresses are IPv4. Use a "
        "host with an IPv4 address. On Supabase, turn on the IPv4 add-on.",
        at=("host", "IPv6 only"),
        follow_ups=("change-host",),
    ),
    Failure(
        "db_no_answer",
        "The server didn't respond within {seconds} s.",
        "The server accepted the connection but sent nothing. Check the server's log "
        "and load, and any proxy or load balancer in front of it.",
        at=("host", "No response"),
        transient=True,
        may_be_firewall=True,
    ),
    Failure(
        "db_hangs_up",
        "{host} closed the connection on port {port} immediately.",
        "A tunnel, proxy, or load balancer that can't reach PostgreSQL is the likely "
        "cause. Check that PostgreSQL is running, and that this port is forwarded to "
        "it. If PostgreSQL itself uses this port, its log has the reason.",
        at=("port", "Connection closed"),
        follow_ups=("change-port",),
        transient=True,
        may_be_firewall=True,
    ),
    Failure(
        "db_not_postgres",
        "The server on port {port} isn't PostgreSQL.",
        "{seems} Check the host, and enter PostgreSQL's port, usually 5432.",
        at=("port", "Not PostgreSQL"),
        follow_ups=("use-default-port", "change-port"),
        when="A web server, Redis, SSH, MySQL, or another service responds.",
    ),
    Failure(
        "check_failed",
        "Lamin couldn't connect to the server.",
        "{reported} A firewall is the most likely cause. Allow Lamin's outbound IP "
        "addresses for your region. {allow_advice} Then test again. To compare, "
        "diagnose the server from this machine.",
        at=("host", "Lamin can't connect"),
        follow_ups=("allow-list", "diagnose"),
        transient=True,
        may_be_firewall=True,
    ),
)
_TLS: Final = in_layer(
    "tls",
    Failure(
        "db_tls_required",
        "The server accepts only TLS connections.",
        "PGSSLMODE turns TLS off on this machine. Run the command below and try again.",
        advice_from_lamin="Lamin connected without TLS, and the server requires it. "
        "Ask Lamin support how Lamin connects to servers in your region.",
        at=("host", "TLS required"),
        commands=setting("PGSSLMODE=require"),
    ),
    Failure(
        "db_tls_unsupported",
        "The server doesn't support TLS.",
        "Your settings require TLS. Install a certificate and key on the server, set "
        "ssl_cert_file and ssl_key_file, then run the commands below, one by one. To "
        "connect without TLS instead, set PGSSLMODE=prefer on this machine (in a "
        "notebook cell: %env PGSSLMODE=prefer).",
        advice_from_lamin="Lamin tried to connect with TLS. Install a certificate and "
        "key on the server, set ssl_cert_file and ssl_key_file, then run the commands "
        "below, one by one.",
        at=("host", "No TLS"),
        commands={"sql": "ALTER SYSTEM SET ssl = on;\nSELECT pg_reload_conf();"},
        when="TLS is required, for example by PGSSLMODE=require, and the server has "
        "none.",
    ),
    Failure(
        "db_certificate",
        "The server's certificate isn't trusted.",
        "{reason} Use the host name from your provider, not an alias or an IP address. "
        "If the CA is unknown, download the provider's CA certificate, run the command "
        "below with its path, and try again.",
        advice_from_lamin="{reason} On the server, install a valid certificate for the "
        "registered host name.",
        at=("host", "Certificate not trusted"),
        commands=setting("PGSSLROOTCERT=/path/to/provider-ca.pem"),
        when="PGSSLMODE requires a valid certificate, and the server's is expired, is "
        "for another name, or comes from an unknown CA.",
    ),
    Failure(
        "tls_failed",
        "TLS couldn't be set up: “{sentence}”",
        "The server and this machine might have no TLS version or cipher in common. "
        "Check ssl_min_protocol_version and ssl_ciphers on the server, and any proxy "
        "in front of it.",
        advice_from_lamin="Check ssl_min_protocol_version and ssl_ciphers on the "
        "server, and any proxy in front of it.",
        at=("host", "TLS failed"),
    ),
    Failure(
        "tls_ended_in_between",
        "A proxy terminates the TLS connection to the server.",
        "The server uses TLS, but a proxy ends it. This connection is unencrypted, or "
        "encrypted only to the proxy. Connect to the server directly, or configure the "
        "proxy to pass TLS through.",
        advice_from_lamin="Register the server's own address, or configure the proxy "
        "to pass TLS through.",
        at=("host", "TLS ends at a proxy"),
        when="The server offers SCRAM-SHA-256-PLUS over a connection without TLS, or "
        "channel binding fails.",
    ),
)
_POSTGRESQL: Final = in_layer(
    "postgresql",
    Failure(
        "connection_failed",
        "The connection failed: “{sentence}”",
        "Check the server's log, and any proxy or load balancer in front of it.",
        at=("host", "Connection failed"),
        transient=True,
    ),
    Failure(
        "db_not_allowed",
        "pg_hba.conf doesn't allow {from_address}.",
        "Add the entry below to pg_hba.conf on the server, above any entry that "
        "rejects this connection. Then reload PostgreSQL as shown. Also add entries "
        "for Lamin's outbound IP addresses and for everyone who will use an instance.",
        advice_from_lamin="On the server, add entries for Lamin's outbound IP "
        "addresses to pg_hba.conf, above any entry that rejects them. Then reload "
        "PostgreSQL as shown below.",
        at=("host", "Not allowed"),
        commands={
            "sql": "SHOW hba_file;\n"
            "-- Add to this file: {hba_entry}\n"
            "SELECT pg_reload_conf();"
        },
        follow_ups=("allow-list",),
        transient=True,
        when="pg_hba.conf has no entry for the connection, or one that rejects it.",
    ),
    Failure(
        "db_not_allowed_managed",
        "The server doesn't allow {from_address}.",
        "Allow this machine's and Lamin's outbound IP addresses in the firewall "
        "or security group, because you can't edit pg_hba.conf on a managed service. "
        "{allow_advice}",
        advice_from_lamin="Allow Lamin's outbound IP addresses in the firewall or "
        "security group, because you can't edit pg_hba.conf on a managed service. "
        "{allow_advice}",
        at=("host", "Not allowed"),
        follow_ups=("allow-list",),
        transient=True,
        may_be_firewall=True,
    ),
    Failure(
        "password_rejected",
        "Password authentication failed for the postgres user.",
        "The password is wrong, expired, or another user's, or there's no postgres "
        "user. PostgreSQL reports these cases the same way. Check the password. To "
        "reset it, use your provider's console, or run the commands below as another "
        "superuser.",
        advice_from_lamin="Lamin uses the registered password. It's wrong, expired, "
        "or another user's, or there's no postgres user. Register the server under a "
        "new name with the correct password, or set the registered password on the "
        "server.",
        at=("password", "Password rejected"),
        commands={
            "sql": "SELECT rolname FROM pg_roles WHERE rolname = 'postgres';\n"
            "-- If it returns a row:\n"
            "ALTER ROLE postgres LOGIN PASSWORD '<new password>' VALID UNTIL "
            "'infinity';\n"
            "-- Otherwise:\n"
            "CREATE ROLE postgres LOGIN SUPERUSER PASSWORD '<new password>';"
        },
        follow_ups=("change-password",),
        when="Password authentication fails (SQLSTATE 28P01).",
    ),
    Failure(
        "password_would_be_exposed",
        "The server asks for the password {in_what_form}.",
        "lamin_widgets didn't send the password, because the server wasn't verified. "
        "To verify it, download the provider's CA certificate, run the command below "
        "with its path, and try again. Or require scram-sha-256 in pg_hba.conf and set "
        "the password again.",
        advice_from_lamin="On the server, require scram-sha-256 in pg_hba.conf and set "
        "the password again.",
        at=("host", "Password at risk"),
        commands=setting("PGSSLROOTCERT=/path/to/provider-ca.pem"),
        when="A server on another machine asks for the password in clear text or as an "
        "MD5 hash, and TLS isn't verified.",
    ),
    Failure(
        "server_not_authentic",
        "The server can't prove that it knows the password.",
        "Another server might be impersonating yours. Before you go on, "
        "check the host, the port, and any proxy in between.",
        at=("host", "Not authentic"),
        follow_ups=("change-host",),
        when="The server's part of SCRAM authentication is missing or wrong.",
    ),
    Failure(
        "password_not_asked",
        "The server didn't ask for a password.",
        "lamin_widgets stopped, because another server might be impersonating yours. "
        "If the server is yours, use scram-sha-256 instead of trust in its "
        "pg_hba.conf. Or download the provider's CA certificate, run the command below "
        "with its path, and try again.",
        advice_from_lamin="On the server, use scram-sha-256 instead of trust in "
        "pg_hba.conf.",
        at=("host", "No password asked"),
        commands=setting("PGSSLROOTCERT=/path/to/provider-ca.pem"),
        when="A server on another machine uses trust authentication, and TLS isn't "
        "verified.",
    ),
    Failure(
        "authentication_method",
        "The server uses {method} authentication for this user.",
        "Lamin needs a PostgreSQL password. In pg_hba.conf, use scram-sha-256 for this "
        "connection, then reload PostgreSQL with the command below.",
        commands={"sql": "SELECT pg_reload_conf();"},
        when="pg_hba.conf requires GSSAPI, LDAP, Ident, Peer, or another method.",
    ),
    Failure(
        "pam_authentication",
        "PAM authentication failed for the postgres user.",
        "No PostgreSQL password works while the role uses PAM. On RDS and Aurora, "
        "members of rds_iam use PAM. Run the command below as another user with "
        "rds_superuser. On your own server, use scram-sha-256 in pg_hba.conf.",
        commands={"sql": "REVOKE rds_iam FROM postgres;"},
    ),
    Failure(
        "client_certificate_required",
        "The server requires a client certificate.",
        "Lamin connects with a password and has no client certificate. In pg_hba.conf, "
        "use scram-sha-256 without clientcert for this connection, then reload "
        "PostgreSQL with the command below.",
        commands={"sql": "SELECT pg_reload_conf();"},
    ),
    Failure(
        "role_missing",
        "The postgres user doesn't exist.",
        "Lamin connects as the postgres user, and asks for superuser privileges. Run "
        "the command below as a superuser. On a managed service, use its "
        "console.",
        commands={"sql": "CREATE ROLE postgres LOGIN SUPERUSER PASSWORD '<password>';"},
    ),
    Failure(
        "login_not_permitted",
        "The postgres user isn't allowed to log in.",
        "The role has the NOLOGIN attribute. Run the command below as another "
        "superuser.",
        commands={"sql": "ALTER ROLE postgres LOGIN;"},
    ),
    Failure(
        "database_missing",
        "The postgres database doesn't exist.",
        "Lamin requires this database. Connect to another one, such as template1, and "
        "run the command below.",
        commands={"sql": "CREATE DATABASE postgres OWNER postgres;"},
        when="The server has no database named postgres (SQLSTATE 3D000).",
    ),
    Failure(
        "database_closed",
        "The postgres database doesn't accept connections.",
        "Connect to another database, such as template1, and run the command below as "
        "a superuser.",
        commands={"sql": "ALTER DATABASE postgres ALLOW_CONNECTIONS true;"},
    ),
    Failure(
        "connect_not_permitted",
        "The postgres user can't connect to the postgres database.",
        "The user doesn't have the CONNECT privilege. Run the command below as the "
        "database owner or a superuser.",
        commands={"sql": "GRANT CONNECT ON DATABASE postgres TO postgres;"},
    ),
    Failure(
        "too_many_connections",
        "The server has no free connections.",
        "Wait and try again. To see the open connections, run the query below as a "
        "superuser (PostgreSQL reserves slots for superusers). To raise the limit, "
        "change max_connections, or the CONNECTION LIMIT of the role or database.",
        commands={
            "sql": "SELECT pid, usename, state, query_start FROM pg_stat_activity;"
        },
        transient=True,
        when="Too many clients, or the limit of the role or database is reached.",
    ),
    Failure(
        "starting_up",
        "The server is starting, stopping, or recovering.",
        "Wait and try again. If this doesn't change, the server might be a standby "
        "that doesn't accept connections. Use the primary instead. To check whether "
        "the server is ready, run the command below.",
        commands=program("pg_isready -h {host} -p {port}"),
        transient=True,
    ),
    Failure(
        "out_of_resources",
        "The server is out of resources: “{sentence}”",
        "Wait and try again. If this doesn't change, check the server's memory, disk "
        "space, and limits.",
        transient=True,
    ),
    Failure(
        "blocked_after_failures",
        "The server blocks connections after failed attempts.",
        "Earlier attempts had a wrong password or user. Check the password, wait a few "
        "minutes, then try once.",
        advice_from_lamin="Earlier attempts had a wrong password or user. Wait a "
        "few minutes, then test once. If it fails again, register the server under a "
        "new name with the correct password.",
        at=("password", "Temporarily blocked"),
        follow_ups=("change-password",),
        transient=True,
    ),
    Failure(
        "supabase_pooler",
        "The Supabase connection pooler rejected the postgres user.",
        "The pooler requires postgres.<project>, but Lamin connects as postgres. Use "
        "the direct connection: db.<project>.supabase.co, port 5432.",
        at=("host", "Supabase pooler"),
        follow_ups=("change-host",),
        when="Supavisor reports: Tenant or user not found.",
    ),
    Failure(
        "neon_endpoint",
        "Neon can't identify your endpoint.",
        "Neon finds your endpoint by its host name, and libpq on this machine didn't "
        "send that name (SNI). Enter the host name, not an IP address. If the host is "
        "already a name, upgrade psycopg2 with the command below and restart the "
        "kernel.",
        advice_from_lamin="Register the endpoint's host name, not an IP address or an "
        "alias.",
        at=("host", "Endpoint unknown"),
        commands={
            "cell": "%pip install --upgrade psycopg2-binary",
            "shell": "python -m pip install --upgrade psycopg2-binary",
        },
        follow_ups=("change-host",),
    ),
    Failure(
        "pooler_refused",
        "A connection pooler refused access: “{sentence}”",
        "The pooler might not be set up for the postgres user and database. Use a "
        "direct connection. Enter the host and port of PostgreSQL itself.",
        at=("host", "Connection pooler"),
        follow_ups=("change-port", "change-host"),
        when="PgBouncer, RDS Proxy, Odyssey, or another pooler has no route for the "
        "postgres user and database.",
    ),
    Failure(
        "pooler_backend",
        "A connection pooler can't reach PostgreSQL: “{sentence}”",
        "Check that PostgreSQL is running, and read the connection pooler's log. If "
        "you can, use a direct connection to PostgreSQL.",
        at=("host", "Connection pooler"),
        follow_ups=("change-port", "change-host"),
        transient=True,
    ),
    Failure(
        "closed_during_authentication",
        "The server closed the connection during authentication.",
        "{closed} The server's log has the reason. If there's a proxy or load balancer "
        "in front of the server, also check its log.",
        at=("host", "Connection closed"),
        transient=True,
    ),
    Failure(
        "server_refused",
        "The server refused the connection: “{sentence}”",
        "Ask the server's operator, or search for this message in your provider's "
        "documentation.",
        at=("host", "Connection refused by PostgreSQL"),
    ),
    Failure(
        "query_failed",
        "A query on the server failed: “{sentence}”",
        "Authentication worked, but the server couldn't be checked. Ask the server's "
        "operator, or search for this message in your provider's documentation.",
        at=("host", "Query failed"),
    ),
)
_POSTGRESQL_WARNINGS: Final = in_layer(
    "postgresql",
    Failure(
        "not_postgresql",
        "This server is {product}, not PostgreSQL.",
        "Lamin requires PostgreSQL, so LaminDB might not work. Use a PostgreSQL "
        "server.",
        when="version() names CockroachDB, YugabyteDB, Redshift, or another product.",
    ),
    Failure(
        "unsupported_by_lamindb",
        "LaminDB can't use PostgreSQL {version}.",
        "LaminDB requires PostgreSQL 14 or later. Upgrade the server.",
    ),
    Failure(
        "end_of_life",
        "PostgreSQL {version} reached end of life on {end}.",
        "It no longer gets security fixes. Upgrade to a supported version.",
    ),
    Failure(
        "standby",
        "This server is a read-only standby.",
        "Register the primary instead.",
        at=("host", ""),
        follow_ups=("change-host",),
    ),
    Failure(
        "not_superuser",
        "The postgres user isn't a superuser.",
        "Lamin asks for superuser privileges, and doesn't document whether fewer are "
        "enough. Run the SQL command below as a superuser.",
        commands={"sql": "ALTER ROLE postgres SUPERUSER;"},
    ),
    Failure(
        "not_superuser_managed",
        "The postgres user isn't a superuser.",
        "Lamin asks for superuser privileges, and doesn't document whether fewer are "
        "enough. Few managed services offer superusers. You can continue. If creating "
        "an instance fails, ask Lamin.",
    ),
    Failure(
        "provider_superuser",
        "The postgres user isn't a superuser (it has {roles}).",
        "Lamin asks for superuser privileges, and doesn't document whether fewer are "
        "enough. You can continue. If creating an instance fails, ask Lamin.",
    ),
    Failure(
        "no_create_privilege",
        "The postgres user can't create schemas in this database.",
        "The user doesn't have the CREATE privilege on the postgres database. Run the "
        "SQL command below as the database owner or a superuser.",
        commands={"sql": "GRANT CREATE ON DATABASE postgres TO postgres;"},
    ),
    Failure(
        "password_not_checked",
        "The server didn't ask for a password.",
        "Its pg_hba.conf trusts this machine, so anyone on this machine can connect, "
        "and your password wasn't checked. Use scram-sha-256 instead of trust.",
    ),
    is_warning=True,
)
_TLS_WARNINGS: Final = in_layer(
    "tls",
    Failure(
        "certificate_unverified",
        "The server's certificate isn't verified.",
        "{reason} The connection is encrypted, but an attacker on the network could "
        "intercept it. To verify the certificate, download the provider's CA "
        "certificate, run the PGSSLROOTCERT command below with its path, and try "
        "again.",
        commands=setting("PGSSLROOTCERT=/path/to/provider-ca.pem"),
        when="TLS works, but no known CA vouches for the certificate and host name.",
    ),
    Failure(
        "not_encrypted",
        "The connection isn't encrypted.",
        "{reason} The lamin connect command requires TLS, except locally. Install a "
        "certificate and key on the server, set ssl_cert_file and ssl_key_file, then "
        "run the SQL commands below, one by one.",
        commands={"sql": "ALTER SYSTEM SET ssl = on;\nSELECT pg_reload_conf();"},
    ),
    Failure(
        "tls_turned_off",
        "The connection isn't encrypted.",
        "PGSSLMODE=disable turns TLS off on this machine. The lamin connect command "
        "requires TLS, except locally. Run the PGSSLMODE command below and try again.",
        commands=setting("PGSSLMODE=prefer"),
    ),
    is_warning=True,
)
_NAME_WARNINGS: Final = in_layer(
    "name",
    Failure(
        "resolves_to_private_address",
        "{host} resolves to the private address {address}.",
        "Lamin likely can't reach this address. Use a host that has a public IPv4 "
        "address.",
        at=("host", "Private address"),
        follow_ups=("change-host",),
    ),
    Failure(
        "ipv6_only_for_lamin",
        "{host} has only IPv6 addresses.",
        "Lamin's published outbound IP addresses are IPv4, so Lamin likely can't reach "
        "this host. Use a host with an IPv4 address. On Supabase, turn on the IPv4 "
        "add-on.",
        at=("host", "IPv6 only"),
        follow_ups=("change-host",),
        when="This machine connects over IPv6, and the host has no IPv4 address.",
    ),
    is_warning=True,
)
DATABASE: Final = (
    *_INPUT,
    *_NAME,
    *_TCP,
    *_TLS,
    *_POSTGRESQL,
    *_POSTGRESQL_WARNINGS,
    *_TLS_WARNINGS,
    *_NAME_WARNINGS,
)
