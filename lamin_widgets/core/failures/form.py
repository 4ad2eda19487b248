"""Causes that are found before anything is sent."""

from __future__ import annotations

from typing import Final

from lamin_widgets.core.failures.cause import Cause

__all__ = ["FORM"]

FORM: Final = (
    Cause(
        "name_missing",
        "Enter a name for the server.",
        "The name is how you refer to this database server in Lamin, for example "
        "my-postgres-server.",
        "name",
        when="Server name is empty.",
    ),
    Cause(
        "region_missing",
        "Choose a region.",
        "Choose the Lamin region nearest to the database, for example prod-us-east-1.",
        "api_server_name",
        when="Region is empty.",
    ),
    Cause(
        "host_missing",
        "Enter the host.",
        "The host is the DNS name or IP address of the PostgreSQL server, for example "
        "db.example.org.",
        "host",
        when="Host is empty.",
    ),
    Cause(
        "host_malformed",
        "The host is a name or an address alone: {problem}.",
        "Enter only the host here. Port and password have fields of their own.",
        "host",
        when="A scheme, path, port, user, space or control character in Host.",
    ),
    Cause(
        "port_invalid",
        "The port is a whole number from 1 to 65535.",
        "PostgreSQL listens on 5432 unless it was set up otherwise.",
        "port",
        when="Port is not a whole number from 1 to 65535.",
    ),
    Cause(
        "password_missing",
        "Enter the password of the user postgres.",
        "It is kept in the kernel's memory only.",
        "password",
        when="Password is empty.",
    ),
    Cause(
        "password_unusable",
        "This password cannot be sent to PostgreSQL.",
        "It holds a character (NUL, or half of a surrogate pair) that libpq cannot "
        "take. Set another: ALTER ROLE postgres PASSWORD '…';",
        "password",
        when="A NUL character or a lone surrogate in the password.",
    ),
    Cause(
        "api_url_invalid",
        "The API URL is not a URL.",
        "It looks like https://api.lamin.ai, without user, password or query.",
        "api_url",
        when="API URL is not an http(s) URL, or carries a user, query or fragment.",
    ),
    Cause(
        "api_url_insecure",
        "The API URL has to start with https://.",
        "The password travels to this address. Plain http is accepted for this "
        "machine's own loopback addresses only.",
        "api_url",
        when="Plain http to anything but a loopback address.",
    ),
    Cause(
        "organization_invalid",
        "The organization ID is not a UUID.",
        "It has the form 123e4567-e89b-12d3-a456-426614174000. Leave it empty unless "
        "the API asks for it.",
        "organization_id",
        when="Organization ID is not a UUID.",
    ),
    Cause(
        "connection_string_unreadable",
        "This connection string cannot be read: {reason}.",
        "Forms that are understood: postgresql://…, key=value, jdbc:postgresql://…, "
        'psql "…" and DATABASE_URL=….',
        "paste",
        when="A pasted text that is no connection string.",
    ),
    Cause(
        "connection_url_malformed",
        "This is not the connection URL that Lamin takes.",
        "It is exactly postgresql://postgres:<password>@<host>:<port>/postgres, with "
        "the password percent-encoded.",
        when="PostgresConnection.from_url, for any other text.",
    ),
    Cause(
        "connection_string_misplaced",
        "This looks like a connection string: put it under Paste a connection string.",
        "Pasted there, it fills in the fields. It may "
        "hold a password, so empty this field.",
        when="A connection string in a field that is for something else.",
    ),
    Cause(
        "connection_string_user",
        "Lamin requires the user postgres; this string names another.",
        "Nothing was taken over. Paste the one of the user postgres.{too}{hint}",
        "paste",
        when="A pasted string with a user other than postgres.",
    ),
    Cause(
        "connection_string_database",
        "Lamin requires the database postgres; this string names another.",
        "Use the database postgres of the same server. Nothing was taken over.",
        "paste",
        when="A pasted string with a database other than postgres.",
    ),
    Cause(
        "instance_name_missing",
        "Enter a name for the instance.",
        "The instance is the LaminDB database that will live on this server.",
        "instance_name",
        when="Instance name is empty.",
    ),
    Cause(
        "diagnosed_wrong",
        "Diagnose did not get in with these values.",
        "Nothing was sent. Lamin documents no way to change a server: mend it first. "
        "To register it all the same, press Register again.",
        when="Register in the form, with values that the server has just refused.",
    ),
    Cause(
        "region_doubtful",
        "Lamin publishes no region of this name.",
        "Nothing was sent. Lamin documents no way to change a server: check the region "
        "first. To register it all the same, press Register again.",
        "api_server_name",
        when="Register in the form, with a region that is not published.",
    ),
    Cause(
        "api_key_missing",
        "Enter your API key.",
        "You find it, or create one, in your account settings on lamin.ai.",
        "api_key",
        when="Sign in without an API key.",
    ),
    Cause(
        "busy",
        "{running} is still running.",
        "Wait for it to end, or press Cancel. Nothing was sent twice.",
        when="A second action while another runs.",
    ),
    Cause(
        "closed",
        "This form was closed.",
        "Run the cell that creates it again.",
        when="An action on a widget after close().",
    ),
)
