"""Failures of what was entered, and of the form itself.

Only the form shows the rows from `already_registered` on, so they can name buttons.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from lamin_widgets.core.failures.failure import Failure

__all__ = ["INPUT", "InputCause"]

InputCause: TypeAlias = Literal[
    "account_invalid",
    "already_registered",
    "api_key_missing",
    "api_url_insecure",
    "api_url_invalid",
    "busy",
    "cancelled",
    "closed",
    "connection_string_database",
    "connection_string_misplaced",
    "connection_string_unreadable",
    "connection_string_unusable",
    "connection_string_user",
    "connection_url_malformed",
    "diagnosed_wrong",
    "host_malformed",
    "host_missing",
    "host_unreachable_from_lamin",
    "instance_name_missing",
    "invisible_character",
    "name_missing",
    "organization_invalid",
    "password_missing",
    "password_other_destination",
    "password_unusable",
    "port_invalid",
    "region_doubtful",
    "region_missing",
    "sandbox_only",
    "secrets_unsupported",
    "trust_destination",
]

INPUT: Final = (
    Failure(
        "name_missing",
        "input",
        "Enter a server name.",
        "Choose a name to identify this server in Lamin, for example "
        "my-postgres-server.",
        field="name",
        short="Enter a name",
        follow_ups=("change-name",),
        when="Server name is empty.",
    ),
    Failure(
        "invisible_character",
        "input",
        "Remove the invisible character.",
        "The value contains a control character, or another character that isn't "
        "displayed. Delete the value and enter it again.",
        short="Invisible character",
        when="A name, a region, or a storage location has an invisible character.",
    ),
    Failure(
        "region_missing",
        "input",
        "Select a region.",
        "Select the Lamin region closest to your database, for example prod-us-east-1.",
        field="api_server_name",
        short="Select a region",
        follow_ups=("change-region",),
        when="Region is empty.",
    ),
    Failure(
        "host_missing",
        "input",
        "Enter a host.",
        "Enter the DNS name or IP address of the PostgreSQL server, for example "
        "db.example.org.",
        field="host",
        short="Enter a host",
        follow_ups=("change-host",),
        when="Host is empty.",
    ),
    Failure(
        "host_malformed",
        "input",
        "Enter only a host name or IP address.",
        "{problem} Enter the port and password in their own fields.",
        field="host",
        short="Not a host",
        follow_ups=("change-host",),
        when="Host has a scheme, path, port, user, space, or control character.",
    ),
    Failure(
        "port_invalid",
        "input",
        "Enter a port from 1 to 65535.",
        "PostgreSQL uses 5432 by default.",
        field="port",
        short="Not a port",
        follow_ups=("use-default-port", "change-port"),
        when="Port isn't a whole number from 1 to 65535.",
    ),
    Failure(
        "password_missing",
        "input",
        "Enter the password for the postgres user.",
        "lamin_widgets keeps it in memory only.",
        field="password",
        short="Enter the password",
        follow_ups=("change-password",),
        when="Password is empty.",
    ),
    Failure(
        "password_unusable",
        "input",
        "PostgreSQL can't use this password.",
        "It contains a character that PostgreSQL doesn't support (NUL or an unpaired "
        "surrogate). As a superuser, set a different password with \\password "
        "postgres in psql, or in your provider's console.",
        field="password",
        short="Unsupported character",
        follow_ups=("change-password",),
        when="The password has a NUL character or an unpaired surrogate.",
    ),
    Failure(
        "api_url_invalid",
        "input",
        "Enter a valid API URL.",
        "For example, https://api.lamin.ai. Don't include a user name, password, or "
        "query.",
        field="api_url",
        short="Not a URL",
        when="API URL isn't an http or https URL, or has a user, query, or fragment.",
    ),
    Failure(
        "api_url_insecure",
        "input",
        "The API URL must start with https://.",
        "Your password and access token go to this URL. Plain http is allowed for "
        "this machine only (localhost).",
        field="api_url",
        short="Not https",
        when="API URL has http and a host other than this machine.",
    ),
    Failure(
        "organization_invalid",
        "input",
        "Enter a valid organization ID.",
        "It's a UUID, such as 123e4567-e89b-12d3-a456-426614174000. Leave it empty "
        "unless the API requires it.",
        field="organization_id",
        short="Not a UUID",
        when="Organization ID isn't a UUID.",
    ),
    Failure(
        "account_invalid",
        "input",
        "Enter a valid owner ID.",
        "It's the UUID of the account that will own the instance. Leave it empty to "
        "own the instance yourself.",
        field="account_id",
        short="Not a UUID",
        when="Owner isn't a UUID.",
    ),
    Failure(
        "instance_name_missing",
        "input",
        "Enter an instance name.",
        "Choose a name for the LaminDB instance to create on this server.",
        field="instance_name",
        short="Enter a name",
        when="Instance name is empty.",
    ),
    Failure(
        "connection_string_unreadable",
        "input",
        "Couldn't read this {notation}.",
        "{reason} Supported formats: postgresql://…, key=value, JDBC, ADO.NET, JSON, "
        "psql commands, .pgpass lines, and .env files.",
        field="paste",
        short="Not readable",
        when="A pasted text isn't a connection string, or is malformed.",
    ),
    Failure(
        "connection_string_unusable",
        "input",
        "Lamin can't use this {notation}.",
        "{reason}",
        field="paste",
        short="Not usable",
        when="A pasted string is for another database system, has no host, or has a "
        "temporary token in place of a password.",
    ),
    Failure(
        "connection_string_user",
        "input",
        "This connection string isn't for the postgres user.",
        "Lamin requires the postgres user. Use the string or password for that user.",
        field="paste",
        short="Other user",
        when="PostgresConnection.from_string gets a string for a user other than "
        "postgres. The form fills in its host and port.",
    ),
    Failure(
        "connection_string_database",
        "input",
        "This connection string isn't for the postgres database.",
        "Lamin requires the postgres database, so nothing was filled in. Use the "
        "postgres database on the same server.",
        field="paste",
        short="Other database",
        when="A pasted string is for a database other than postgres.",
    ),
    Failure(
        "connection_string_misplaced",
        "input",
        "This looks like a connection string.",
        "In the form, use Paste a connection string. In Python, use "
        "PostgresConnection.from_string. Clear this field, because the string might "
        "contain a password.",
        short="Connection string",
        when="A field that's meant for something else has a connection string.",
    ),
    Failure(
        "connection_url_malformed",
        "input",
        "The connection URL doesn't have the required format.",
        "Use postgresql://postgres:<password>@<host>:<port>/postgres and "
        "percent-encode the password. PostgresConnection.from_string accepts other "
        "formats.",
        when="PostgresConnection.from_url gets any other text.",
    ),
    Failure(
        "api_key_missing",
        "account",
        "Enter your API key.",
        "Create or copy it at lamin.ai/settings.",
        field="api_key",
        short="Enter the key",
        when="You sign in without an API key.",
    ),
    Failure(
        "sandbox_only",
        "input",
        "The sandbox connects only to this machine.",
        "Enter 127.0.0.1 or localhost as the host. To check another server, leave the "
        "sandbox. Nothing was sent.",
        field="host",
        short="Sandbox only",
        follow_ups=("change-host",),
        when="Diagnose in the sandbox, for a host that isn't this machine.",
    ),
    Failure(
        "already_registered",
        "input",
        "You've already registered this server.",
        "Nothing was sent. Test the connection, or change the name to register other "
        "values.",
        field="name",
        short="Already registered",
        follow_ups=("test", "change-name"),
        when="You click Register again with the values that Lamin has.",
    ),
    Failure(
        "diagnosed_wrong",
        "input",
        "Register with values that didn't work?",
        "Nothing was sent to Lamin. Fix the problem and diagnose again, because you "
        "can't edit a registered server.",
        follow_ups=("diagnose",),
        when="You click Register with values that failed in Diagnose.",
    ),
    Failure(
        "host_unreachable_from_lamin",
        "input",
        "Register a host that Lamin can't reach?",
        "Nothing was sent to Lamin. Enter a public host name or IP address first, "
        "because you can't edit a registered server.",
        field="host",
        short="Not public",
        follow_ups=("change-host",),
        when="You click Register, and the host is in a private network.",
    ),
    Failure(
        "region_doubtful",
        "input",
        "Register with a region that Lamin doesn't list?",
        "Nothing was sent to Lamin. Check the region first, because you can't edit a "
        "registered server.",
        field="api_server_name",
        short="Not listed",
        follow_ups=("change-region",),
        when="You click Register, and Lamin doesn't list the region.",
    ),
    Failure(
        "trust_destination",
        "input",
        "Send your access token to {destination}?",
        "This isn't one of Lamin's own API URLs. If you continue, it gets your access "
        "token, and the password when you register. Nothing was sent.",
        field="api_url",
        short="Not Lamin's",
        when="An action would send a secret to an API that's neither Lamin's nor given "
        "in code.",
    ),
    Failure(
        "password_other_destination",
        "input",
        "The form cleared the password from your code.",
        "The password was for the host, port, and API URL in your code. You changed "
        "one of them, so enter the password for this server.",
        field="password",
        short="Enter the password",
        follow_ups=("change-password",),
        when="You change Host, Port, or API URL while the form has a password from "
        "Python.",
    ),
    Failure(
        "secrets_unsupported",
        "input",
        "This environment can't send passwords safely.",
        "Its messages can't carry binary data, so your password could end up in a log. "
        "Use JupyterLab, or set PGPASSWORD and create the form in Python.",
        field="password",
        short="Not supported",
        commands={
            "cell": "import os; from lamin_widgets import DbServerWidget; "
            'DbServerWidget(password=os.environ["PGPASSWORD"])'
        },
        when="The front end removes binary buffers from messages, as Panel does.",
    ),
    Failure(
        "busy",
        "input",
        "{running} is still running.",
        "Wait for it to finish, or cancel it. The second request wasn't sent.",
        when="You start an action while another one is running.",
    ),
    Failure(
        "closed",
        "input",
        "This form is closed.",
        "Run its cell again.",
        when="You use a form after close().",
    ),
    Failure(
        "cancelled",
        "program",
        "Canceled.",
        "{sent} {find_out}",
        undecided=True,
        when="You cancel an action.",
    ),
)
