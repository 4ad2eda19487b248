"""Failures of entered values, and of the form itself.

Only the form shows the rows from `already_registered` on, so they can name buttons.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from lamin_widgets.core.failures.failure import Failure, in_layer

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
    "destination_not_allowed",
    "unexpected",
]

_INPUT: Final = in_layer(
    "input",
    Failure(
        "name_missing",
        "Enter a server name.",
        "Choose a name to identify this server in Lamin, for example "
        "my-postgres-server.",
        at=("name", "Enter a name"),
        follow_ups=("change-name",),
    ),
    Failure(
        "invisible_character",
        "Remove the invisible character.",
        "The value contains a control character, or another character that isn't "
        "displayed. Delete the value and enter it again.",
        at=(None, "Invisible character"),
        when="A name, a region, or a storage location has an invisible character.",
    ),
    Failure(
        "region_missing",
        "Select a region.",
        "Select the Lamin region closest to your database, for example prod-us-east-1.",
        at=("api_server_name", "Select a region"),
        follow_ups=("change-region",),
    ),
    Failure(
        "host_missing",
        "Enter a host.",
        "Enter the DNS name or IP address of the PostgreSQL server, for example "
        "db.example.org. Ask your database administrator, or look in your provider's "
        "console.",
        at=("host", "Enter a host"),
        follow_ups=("change-host",),
    ),
    Failure(
        "host_malformed",
        "Enter only a host name or IP address.",
        "{problem} Enter the port and password in their own fields.",
        at=("host", "Not a host"),
        follow_ups=("change-host",),
        when="Host has a scheme, path, port, user, space, or control character.",
    ),
    Failure(
        "port_invalid",
        "Enter a port from 1 to 65535.",
        "Use 5432, PostgreSQL's default, unless your database administrator gave you "
        "another port.",
        at=("port", "Not a port"),
        follow_ups=("use-default-port", "change-port"),
    ),
    Failure(
        "password_missing",
        "Enter the password for the postgres user.",
        "Ask your database administrator, or use the password that you set in your "
        "provider's console. lamin_widgets keeps the password in memory only.",
        at=("password", "Enter the password"),
        follow_ups=("change-password",),
    ),
    Failure(
        "password_unusable",
        "PostgreSQL can't use this password.",
        "The password contains a character that PostgreSQL doesn't support (NUL or "
        "an unpaired surrogate), so it can't be the server's password. Delete it, and "
        "enter the password again.",
        at=("password", "Unsupported character"),
        follow_ups=("change-password",),
    ),
    Failure(
        "api_url_invalid",
        "Enter a valid API URL.",
        "Enter a URL such as https://api.lamin.ai, without a user name, password, or "
        "query.",
        at=("api_url", "Not a URL"),
        when="API URL isn't an http or https URL, or has a user, query, or fragment.",
    ),
    Failure(
        "api_url_insecure",
        "The API URL must start with https://.",
        "Your password and access token go to this URL. Plain http is allowed for "
        "this machine only (localhost).",
        at=("api_url", "Not https"),
    ),
    Failure(
        "organization_invalid",
        "Enter a valid organization ID.",
        "An organization ID is a UUID, such as 123e4567-e89b-12d3-a456-426614174000. "
        "Leave the field empty unless the API requires it.",
        at=("organization_id", "Not a UUID"),
    ),
    Failure(
        "account_invalid",
        "Enter a valid owner ID.",
        "Enter the UUID of the account that will own the instance. To own the instance "
        "yourself, leave the field empty.",
        at=("account_id", "Not a UUID"),
    ),
    Failure(
        "instance_name_missing",
        "Enter an instance name.",
        "Choose a name for the LaminDB instance to create on this server.",
        at=("instance_name", "Enter a name"),
    ),
    Failure(
        "connection_string_unreadable",
        "Couldn't read this {notation}.",
        "{reason} Supported formats: postgresql://…, key=value, JDBC, ADO.NET, JSON, "
        "psql commands, .pgpass lines, and .env files.",
        at=("paste", "Not readable"),
    ),
    Failure(
        "connection_string_unusable",
        "Lamin can't use this {notation}.",
        "{reason}",
        at=("paste", "Not usable"),
        when="A pasted string is for another database system, has no host, or has a "
        "temporary token in place of a password.",
    ),
    Failure(
        "connection_string_user",
        "This connection string isn't for the postgres user.",
        "Lamin requires the postgres user. Use the string or password for that user.",
        at=("paste", "Other user"),
        when="PostgresConnection.from_string gets a string for a user other than "
        "postgres. The form fills in its host and port.",
    ),
    Failure(
        "connection_string_database",
        "This connection string isn't for the postgres database.",
        "Lamin requires the postgres database, so nothing was filled in. Use the "
        "postgres database on the same server.",
        at=("paste", "Other database"),
    ),
    Failure(
        "connection_string_misplaced",
        "This looks like a connection string.",
        "In the form, use Paste a connection string. In Python, use "
        "PostgresConnection.from_string. Clear this field, because the string might "
        "contain a password.",
        at=(None, "Connection string"),
    ),
    Failure(
        "connection_url_malformed",
        "The connection URL doesn't have the required format.",
        "Use postgresql://postgres:<password>@<host>:<port>/postgres and "
        "percent-encode the password. PostgresConnection.from_string accepts other "
        "formats.",
        when="PostgresConnection.from_url gets another format.",
    ),
    Failure(
        "sandbox_only",
        "The sandbox connects only to this machine.",
        "Enter 127.0.0.1 or localhost as the host. To check another server, open the "
        "notebook in your own Jupyter. Nothing was sent.",
        at=("host", "Sandbox only"),
        follow_ups=("change-host",),
    ),
    Failure(
        "already_registered",
        "You've already registered this server.",
        "Nothing was sent. Test the connection. To register different values, use a "
        "new name.",
        at=("name", "Already registered"),
        follow_ups=("test", "change-name"),
    ),
    Failure(
        "diagnosed_wrong",
        "Register even though Diagnose failed?",
        "Nothing was sent to Lamin. Fix the problem and diagnose again, because you "
        "can't edit a registered server. If a firewall blocks only this machine, you "
        "can register anyway.",
        follow_ups=("diagnose",),
    ),
    Failure(
        "host_unreachable_from_lamin",
        "Register a host that Lamin likely can't reach?",
        "Nothing was sent to Lamin. First enter a host that has a public IPv4 address, "
        "because you can't edit a registered server.",
        at=("host", "Not public"),
        follow_ups=("change-host",),
    ),
    Failure(
        "region_doubtful",
        "Register with a region that Lamin doesn't list?",
        "Nothing was sent to Lamin. Check the region first, because you can't edit a "
        "registered server.",
        at=("api_server_name", "Not listed"),
        follow_ups=("change-region",),
    ),
    Failure(
        "trust_destination",
        "Send your access token to {destination}?",
        "Nothing was sent. This isn't one of Lamin's own API URLs. Continue only if "
        "your administrator gave you this URL. The API gets your access token, and "
        "your password when you register.",
        at=("api_url", "Not Lamin's"),
        when="An action would send a secret to an API that's neither Lamin's nor given "
        "in code.",
    ),
    Failure(
        "destination_not_allowed",
        "This page can't send your access token to {destination}.",
        "On a page that visitors share, access tokens go only to Lamin's own API "
        "URLs and to URLs in the page's code. Enter one of Lamin's API URLs: "
        "{published}. Nothing was sent.",
        at=("api_url", "Not allowed"),
        when="In an app that visitors share, such as Voilà, an action would send a "
        "secret to an API that's neither Lamin's nor given in code.",
    ),
    Failure(
        "password_other_destination",
        "The form cleared the password that your code set.",
        "Your code set it for one host, port, API URL, and account. You changed one of "
        "them, so enter the password for this server.",
        at=("password", "Enter the password"),
        follow_ups=("change-password",),
    ),
    Failure(
        "secrets_unsupported",
        "This environment can't send passwords safely.",
        "It would send your password as text, which could end up in a log. "
        "Use JupyterLab, or pass the password in Python, from PGPASSWORD.",
        at=("password", "Not supported"),
        commands={
            "cell": "import os; from lamin_widgets import DbServerWidget; "
            'DbServerWidget(password=os.environ["PGPASSWORD"])'
        },
        when="The front end removes binary buffers from messages, as Panel does.",
    ),
    Failure(
        "busy",
        "{running} is still running.",
        "Wait for it to finish, or cancel it. The second request wasn't sent.",
    ),
    Failure(
        "closed",
        "This form is closed.",
        "To display a new form, run the cell again.",
    ),
)
_ACCOUNT: Final = in_layer(
    "account",
    Failure(
        "api_key_missing",
        "Enter your API key.",
        "Create or copy it at lamin.ai/settings.",
        at=("api_key", "Enter the key"),
    ),
)
_PROGRAM: Final = in_layer(
    "program",
    Failure("cancelled", "Canceled.", "{no_effect} {find_out}", undecided=True),
    Failure(
        "unexpected",
        "{doing} failed because of a bug in lamin_widgets.",
        "{next} If the problem remains, report it with the text under Details. Secrets "
        "are removed from that text.",
        may_have_taken_effect=True,
        when="lamin_widgets has a bug. No server, proxy, or API causes it.",
    ),
)
INPUT: Final = (*_INPUT, *_ACCOUNT, *_PROGRAM)
