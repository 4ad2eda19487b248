"""The fields of the form."""

from __future__ import annotations

from lamin_widgets.form.draft import Draft
from lamin_widgets.form.fields import FIELDS, SECRET, WRITABLE


def test_writable_fields_are_those_of_the_draft():
    attributes = {*Draft._fields}
    assert set(WRITABLE) == attributes - {"has_password", "password_hint", "sandbox"}
    assert set(SECRET) == {"password", "paste", "api_key"}


def test_labels_are_the_accessible_names():
    labels = {name: field.label for name, field in FIELDS.items()}
    assert labels == {
        "name": "Server name",
        "api_server_name": "Region",
        "host": "Host",
        "port": "Port",
        "password": "Password",
        "api_url": "API URL",
        "organization_id": "Organization ID",
        "paste": "Connection string",
        "api_key": "API key",
        "instance_name": "Instance name",
        "storage": "Storage",
        "schema_str": "Schema modules",
        "account_id": "Owner ID",
    }


def test_hints_are_fragments():
    assert not any(field.hint.endswith(".") for field in FIELDS.values())
