"""The fields of the form: labels, hints, and places."""

from typing import Final, Literal, NamedTuple


class Field(NamedTuple):
    """An input.

    Attributes:
        label: Accessible name.
        hint: Text below the field if it has no message.
        placeholder: An example, shown in the empty field.
        kind: "number", "secret", "select", or "" for text. The value of a secret is
            sent to the kernel as the binary buffer of a message, and never as a trait.
        panel: The panel with the field, or "" for the main part of the form.
    """

    label: str
    hint: str = ""
    placeholder: str = ""
    kind: Literal["number", "secret", "select", ""] = ""
    panel: str = ""


FIELDS: Final[dict[str, Field]] = {
    "name": Field("Server name", "Choose a name for this server in Lamin"),
    "api_server_name": Field(
        "Region",
        "Choose the one closest to your database",
        "prod-us-east-1",
        "select",
    ),
    "host": Field(
        "Host",
        "Name or IP address, from your provider or admin",
        "db.example.org",
    ),
    "port": Field("Port", "Usually 5432", kind="number"),
    "password": Field("Password", kind="secret"),
    "api_url": Field(
        "API URL",
        "Keep the default unless Lamin or an admin gave you a URL",
        panel="advanced",
    ),
    "organization_id": Field(
        "Organization ID",
        "UUID from an admin, if the API requires it",
        panel="advanced",
    ),
    "paste": Field(
        "Connection string",
        "Fills in the form, and isn't saved",
        "postgresql://postgres:…@db.example.org:5432/postgres",
        "secret",
        "paste",
    ),
    "api_key": Field("API key", "Create one at lamin.ai/settings", kind="secret"),
    "instance_name": Field(
        "Instance name", "Choose a name for the instance", panel="instance"
    ),
    "storage": Field(
        "Storage",
        "Your bucket, or empty to let Lamin create one",
        "s3://my-bucket",
        panel="instance",
    ),
    "schema_str": Field(
        "Schema modules",
        "Optional and comma-separated, such as bionty for biology",
        panel="instance",
    ),
    "account_id": Field(
        "Owner ID",
        "Owner's UUID, or empty to own it yourself",
        panel="instance",
    ),
}
"""All fields by name, in the order of the form."""

SECRET: Final = tuple(name for name, field in FIELDS.items() if field.kind == "secret")
"""The names of the fields with secrets, which aren't traits."""

WRITABLE: Final = tuple(name for name in FIELDS if name not in SECRET)
"""The names of the fields that are traits of the widget."""
