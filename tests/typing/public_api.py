"""The public names as a type checker sees them. Checked by mypy, never run."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from typing_extensions import assert_type

import lamin_widgets as lw

assert_type(lw.__version__, str)
assert_type(lw.REGIONS, tuple[lw.Region, ...])
assert_type(lw.REGIONS[0].api_server_name, str)
assert_type(lw.REGIONS[0].addresses, tuple[str, ...])

secret = lw.Secret("Xq7zPa9k")
assert_type(secret.reveal(), str)
assert_type(lw.Secret(secret), lw.Secret)

connection = lw.PostgresConnection("db.example.org", 5432, secret)
assert_type(lw.PostgresConnection("db.example.org", password="Xq7zPa9k").port, int)
assert_type(connection.host, str)
assert_type(connection.password, lw.Secret)
assert_type(connection.url, lw.Secret)
assert_type(connection.masked_url, str)
assert_type(lw.PostgresConnection.from_url(connection.url), lw.PostgresConnection)

client = lw.DbServerClient(access_token="Xq7zPa9k")
assert_type(client.api_url, str)
assert_type(client.register("my-server", connection, "prod-us-east-1"), str)
assert_type(client.check_access("my-server"), str)
assert_type(client.create_instance("my-instance", "my-server"), str)

diagnosed = lw.diagnose(connection)
assert_type(diagnosed, lw.Outcome)
assert_type(bool(diagnosed), bool)
cause: str | None = diagnosed.cause
assert_type(diagnosed.field, str | None)
assert_type(diagnosed.http_status, int | None)
assert_type(diagnosed.elapsed_s, float)
assert_type(diagnosed.at, datetime)
assert_type(diagnosed.steps[0].name, str)
assert_type(diagnosed.state, Literal["success", "failure", "unknown"])

widget = lw.DbServerWidget(
    name="my-server",
    host="db.example.org",
    port=5432,
    password=secret,
    api_server_name="prod-us-east-1",
    locked=("api_server_name",),
    client=client,
)
assert_type(widget.masked_url, str)
assert_type(widget.register(), lw.Outcome)
assert_type(widget.test(), lw.Outcome)
assert_type(widget.diagnose(), lw.Outcome)
assert_type(widget.sign_in(secret), lw.Outcome)


def continue_with(outcome: lw.Outcome) -> None:
    """Receive an outcome."""


widget.on_outcome(continue_with)
widget.on_outcome(continue_with, remove=True)

try:
    client.check_access("my-server")
except lw.LaminWidgetsError as error:
    cause = error.cause
    assert_type(error.field, str | None)
    assert_type(error.http_status, int | None)

# These are mistakes. --strict reports an ignore that isn't needed.
lw.DbServerWidget(hots="db.example.org")  # type: ignore[call-arg]
lw.PostgresConnection("db.example.org", 5432, 7)  # type: ignore[arg-type]
client.register("my-server", "postgresql://…", "…")  # type: ignore[arg-type]
lw.DbServerWdiget()  # type: ignore[attr-defined]
