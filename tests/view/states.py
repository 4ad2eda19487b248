"""States of the form as views, for pictures and tests without a kernel."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from lamin_widgets.session.view import Button, PanelView, StepView, View

__all__ = ["STATES", "VALUES", "Shown", "filled_in"]

VALUES: Final[dict[str, str | int]] = {
    "name": "my-postgres-server",
    "api_server_name": "prod-us-east-1",
    "host": "db.example.org",
    "port": 5432,
    "api_url": "https://api.lamin.ai",
    "organization_id": "",
    "instance_name": "",
    "storage": "",
    "schema_str": "",
    "account_id": "",
}
EMPTY: Final = {**VALUES, "name": "", "host": ""}
KEPT: Final = "Kept in memory only. Cleared after you register."
CLEARED: Final = "Cleared after registration. Enter it again to diagnose or register."
FOOTER: Final[list[Button]] = [
    {"label": "Allow-list", "panel": "allow-list"},
    {"label": "Show code", "panel": "code"},
    {"label": "Activity", "panel": "activity"},
]
INSTANCE: Final[Button] = {"label": "Create an instance", "panel": "instance"}
NAMES: Final = (
    "Name resolution",
    "Port",
    "PostgreSQL protocol and TLS",
    "Authentication",
    "Privileges",
    "Version",
)


class Shown(NamedTuple):
    """A view, the fields' values, and the open panel."""

    view: View
    values: dict[str, str | int] = VALUES
    panel: str = ""
    lost: bool = False

    @property
    def traits(self) -> dict[str, Any]:
        """All traits that the browser has."""
        panel = {"view": self.view, "panel": self.panel}
        return copy.deepcopy({**self.values, **panel})


def diagnose(**keys: Any) -> StepView:
    """Return the first step."""
    text = "Checks the values above step by step. Sends nothing to Lamin."
    return {
        "id": "diagnose",
        "state": "idle",
        "title": "Connect from this machine",
        "text": text,
        "button": {"label": "Diagnose", "action": "diagnose"},
        **keys,  # type: ignore[typeddict-item]
    }


def register(**keys: Any) -> StepView:
    """Return the second step."""
    return {
        "id": "register",
        "state": "idle",
        "title": "Register with Lamin",
        "text": "Saves the server in Lamin. You can't edit it afterwards.",
        "button": {"label": "Register", "action": "register"},
        **keys,  # type: ignore[typeddict-item]
    }


def test(**keys: Any) -> StepView:
    """Return the third step."""
    return {
        "id": "test",
        "state": "idle",
        "title": "Connect from Lamin",
        "text": "Lamin connects to the registered server.",
        "button": {"label": "Test connection", "action": "test"},
        **keys,  # type: ignore[typeddict-item]
    }


def primary(label: str, action: str) -> Button:
    """Return the recommended button."""
    return {"label": label, "action": action, "primary": True}


DIAGNOSE: Final = primary("Diagnose", "diagnose")
PASSED: Final = diagnose(
    state="passed",
    title="This machine can connect",
    time="0.2 s",
    text="PostgreSQL 18.1 · TLS 1.3, certificate verified · superuser",
    buttons=[{"label": "Steps", "panel": "diagnose-steps"}],
)
REGISTERED: Final = register(
    state="passed",
    title="Registered with Lamin",
    time="0.1 s",
    text="my-postgres-server · prod-us-east-1",
)
TESTED: Final = test(
    state="passed",
    title="Lamin can connect",
    time="0.3 s",
    text="The server is ready. Next, create a LaminDB instance on it.",
)
MORE: Final[list[Button]] = [
    {"label": "Details", "panel": "diagnose-details"},
    {"label": "Copy report", "copy": "Diagnose: Connection refused"},
]


def rungs(passed: int, state: str) -> list[dict[str, str]]:
    """Return the steps of a diagnosis of which `passed` have passed."""
    rest = "skipped" if state == "failed" else ""
    found = ("93.184.216.34", "5432 is open", "TLS 1.3", "", "", "")
    states = ["passed"] * passed + [state] + [rest] * (5 - passed)
    return [
        {"name": name, "state": state, "text": text}
        for name, state, text in zip(NAMES, states, found, strict=False)
        if state
    ]


FAILED: Final = diagnose(
    state="failed",
    title="db.example.org refuses connections on port 543",
    time="0.1 s",
    text="Check the port. If it's right, start PostgreSQL, or set listen_addresses = "
    "'*' in postgresql.conf and restart it.",
    button=DIAGNOSE,
    command={"label": "Shell", "text": "pg_isready -h db.example.org -p 543"},
    rungs=rungs(1, "failed"),
    buttons=[{"label": "Use 5432", "values": {"port": 5432}}, *MORE],
)
FIREWALL: Final = test(
    state="failed",
    title="Lamin can't connect",
    time="10 s",
    text="The server accepts connections from this machine but not from Lamin, so a "
    "firewall is the likely cause. Allow these outbound IP addresses on port 5432, "
    "then test again.",
    button=primary("Test connection", "test"),
    command={"label": "Addresses", "text": "54.157.171.81, 52.54.122.59"},
    buttons=[
        {"label": "Open the allow-list", "panel": "allow-list", "format": "AWS"},
        {"label": "Keep checking", "action": "keep-checking"},
        {"label": "Details", "panel": "test-details"},
        {"label": "Copy report", "copy": "Test connection: timed out"},
    ],
)


def fields(**changes: dict[str, Any]) -> dict[str, Any]:
    """Return the fields, with some changed."""
    regions = (
        ("prod-us-east-1", "US East (N. Virginia)"),
        ("prod-us-west-2", "US West (Oregon)"),
        ("prod-eu-central-1", "Europe (Frankfurt)"),
    )
    found: dict[str, dict[str, Any]] = {
        "name": {"label": "Server name", "hint": "Identifies this server in Lamin"},
        "api_server_name": {
            "label": "Region",
            "hint": "US East (N. Virginia)",
            "kind": "select",
            "options": [(id_, f"{id_} · {label}") for id_, label in regions],
        },
        "host": {
            "label": "Host",
            "hint": "Host name or IP address",
            "placeholder": "db.example.org",
        },
        "port": {
            "label": "Port",
            "hint": "PostgreSQL default: 5432",
            "kind": "number",
        },
        "password": {"label": "Password", "kind": "secret", "hint": KEPT, "held": True},
        "api_url": {
            "label": "API URL",
            "hint": "Lamin API to send this form to",
            "panel": "advanced",
        },
        "organization_id": {
            "label": "Organization ID",
            "hint": "Only if the API requires it",
            "panel": "advanced",
        },
        "paste": {
            "label": "Connection string",
            "hint": "URI, key=value, JDBC, psql, or DATABASE_URL. Fills in the form. "
            "Not saved.",
            "kind": "secret",
            "panel": "paste",
        },
        "api_key": {
            "label": "API key",
            "hint": "Create one at lamin.ai/settings, or run lamin login in a terminal",
            "kind": "secret",
            "panel": "account",
        },
        "instance_name": {"label": "Instance name", "panel": "instance"},
        "account_id": {"label": "Owner", "panel": "instance"},
        "storage": {
            "label": "Storage",
            "hint": "Optional",
            "placeholder": "s3://my-bucket",
            "panel": "instance",
        },
        "schema_str": {
            "label": "Schema modules",
            "hint": "Optional, separated by commas",
            "placeholder": "bionty",
            "panel": "instance",
        },
    }
    return {name: {**field, **changes.get(name, {})} for name, field in found.items()}


def filled_in(**keys: Any) -> View:
    """Return the view of a form that is filled in, with some keys changed."""
    return {
        "badge": "Sandbox · nothing leaves this machine",
        "account": {
            "state": "signed-in",
            "text": "Signed in as sandbox-user",
            "buttons": [{"label": "Sign out", "action": "sign-out"}],
        },
        "fields": fields(),
        "steps": [diagnose(state="next", button=DIAGNOSE), register(), test()],
        "footer": FOOTER,
        "announcement": "",
        "running": "",
        "secrets": "ok",
        **keys,  # type: ignore[typeddict-item]
    }


def with_panel(panel: PanelView, **keys: Any) -> Shown:
    """Return a form with an open panel."""
    return Shown(filled_in(panel=panel, **keys), panel=panel["id"])


CANCEL: Final[Button] = {"label": "Cancel", "action": "cancel"}
SIGNED_OUT: Final = {
    "state": "signed-out",
    "text": "Not signed in",
    "buttons": [
        primary("Sign in", "sign-in"),
        {"label": "Use for this form only", "action": "sign-in-once"},
    ],
}
UNHELD: Final = {"held": False}
DONE: Final = filled_in(
    steps=[PASSED, REGISTERED, TESTED],
    footer=[*FOOTER, INSTANCE],
    fields=fields(password={"hint": CLEARED, **UNHELD}),
)
CODE: Final = """import getpass

from lamin_widgets import PostgresConnection, diagnose

password = getpass.getpass("Password for the postgres user: ")
print(diagnose(PostgresConnection("db.example.org", 5432, password), connect_timeout=5))
"""
OFF: Final = {"disabled": True}

STATES: Final[dict[str, Shown]] = {
    "empty": Shown(
        filled_in(
            badge="",
            fields=fields(
                password={
                    "hint": "Enter it exactly as it is. Don't escape @, %, or other "
                    "characters.",
                    **UNHELD,
                }
            ),
        ),
        EMPTY,
    ),
    "filled-in": Shown(filled_in()),
    "passed": Shown(DONE),
    "failed": Shown(
        filled_in(
            steps=[FAILED, register(), test()],
            fields=fields(
                port={"note": {"level": "error", "text": "Connection refused"}}
            ),
        ),
        {**VALUES, "port": 543},
    ),
    "question": Shown(
        filled_in(
            steps=[
                diagnose(
                    state="failed",
                    title="Password authentication failed for the postgres user",
                    time="0.1 s",
                    text="Check the password. To reset it, use your provider's "
                    "console.",
                    button=DIAGNOSE,
                    buttons=[{"label": "Steps", "panel": "diagnose-steps"}, *MORE],
                ),
                register(
                    state="question",
                    title="Register with values that didn't work?",
                    text="Nothing was sent to Lamin. Correct the password and diagnose "
                    "again. You can't edit a registered server.",
                    button={"label": "Register anyway", "action": "register-anyway"},
                ),
                test(),
            ],
            fields=fields(
                password={"note": {"level": "error", "text": "Password rejected"}}
            ),
        )
    ),
    "warned": Shown(
        filled_in(
            steps=[
                diagnose(
                    state="warned",
                    title="This machine can connect, with 2 warnings",
                    time="0.3 s",
                    text="TLS 1.3, but the certificate isn't verified. The postgres "
                    "user isn't a superuser (it has rds_superuser).",
                    buttons=[{"label": "Steps", "panel": "diagnose-steps"}],
                ),
                register(state="next", button=primary("Register", "register")),
                test(),
            ]
        )
    ),
    "running-diagnose": Shown(
        filled_in(
            running="diagnose",
            steps=[
                diagnose(
                    state="running",
                    title="Connecting from this machine",
                    text="Waiting for the server to answer the sign-in.",
                    button=CANCEL,
                    rungs=rungs(3, "running"),
                ),
                register(button={"label": "Register", "action": "register", **OFF}),
                test(button={"label": "Test connection", "action": "test", **OFF}),
            ],
        )
    ),
    "running-register": Shown(
        filled_in(
            running="register",
            steps=[
                PASSED,
                register(
                    state="running", title="Registering with Lamin", button=CANCEL
                ),
                test(button={"label": "Test connection", "action": "test", **OFF}),
            ],
        )
    ),
    "firewall": Shown(
        filled_in(
            steps=[PASSED, REGISTERED, FIREWALL],
            fields=fields(password={"hint": CLEARED, **UNHELD}),
        )
    ),
    "waiting": Shown(
        filled_in(
            steps=[
                PASSED,
                REGISTERED,
                test(
                    state="waiting",
                    title="Lamin can't connect",
                    time="10 s",
                    text="Checking again automatically. Last try at 12:03:10, next try "
                    "at 12:03:40 (UTC).",
                    button=CANCEL,
                    command=FIREWALL["command"],
                    buttons=FIREWALL["buttons"],
                ),
            ]
        )
    ),
    "unknown": Shown(
        filled_in(
            steps=[
                PASSED,
                register(
                    state="unknown",
                    title="Lamin's API didn't reply in time",
                    time="60 s",
                    text="Lamin might have registered the server. Test the connection "
                    "to find out.",
                    buttons=[{"label": "Details", "panel": "register-details"}],
                ),
                test(state="next", button=primary("Test connection", "test")),
            ]
        )
    ),
    "stale": Shown(
        filled_in(
            steps=[
                PASSED | {"stale": True, "button": DIAGNOSE},
                register(),
                test(),
            ]
        ),
        {**VALUES, "host": "other.example.org"},
    ),
    "signed-out": Shown(
        filled_in(
            badge="",
            account=SIGNED_OUT,
            fields=fields(
                api_key={
                    "note": {
                        "level": "error",
                        "text": "Lamin doesn't recognize this API key. Create one at "
                        "lamin.ai/settings, or run lamin login in a terminal.",
                    }
                }
            ),
        )
    ),
    "locked": Shown(
        filled_in(
            fields=fields(
                api_server_name={"readonly": True},
                host={"readonly": True},
                port={"readonly": True},
            )
        )
    ),
    "unsupported": Shown(
        filled_in(
            secrets="unsupported",
            fields=fields(
                password={
                    "readonly": True,
                    **UNHELD,
                    "note": {
                        "level": "error",
                        "text": "This environment can't send a password safely. Set it "
                        "in Python: w.set_password(getpass.getpass()).",
                    },
                }
            ),
        )
    ),
    "notes": Shown(
        filled_in(
            fields=fields(
                name={
                    "note": {
                        "level": "error",
                        "text": "Use letters, digits, and hyphens.",
                        "buttons": [
                            {"label": "Use my-server", "values": {"name": "my-server"}}
                        ],
                    }
                },
                host={
                    "note": {
                        "level": "warning",
                        "text": "Lamin can't reach this host because it's a private "
                        "address.",
                    }
                },
                port={
                    "note": {"level": "error", "text": "Must be from 1 to 65535."},
                },
                password={
                    "note": {
                        "level": "info",
                        "text": "Filled in the host and password from a URI. No port "
                        "in the string, so the form used 5432.",
                    }
                },
            )
        ),
        {**VALUES, "name": "my server", "api_server_name": "on-prem-7", "port": ""},
    ),
    "kernel-lost": Shown(DONE, lost=True),
    "panel-paste": with_panel({"id": "paste"}),
    "panel-advanced": with_panel({"id": "advanced"}),
    "panel-code": with_panel(
        {"id": "code", "texts": {"Python": CODE, "curl": "curl --disable"}}
    ),
    "panel-allow-list": with_panel(
        {
            "id": "allow-list",
            "texts": {"Addresses": "54.157.171.81", "AWS": "aws ec2 authorize"},
            "format": "AWS",
            "note": "Lamin's outbound IP addresses as of July 3, 2026. Check the "
            "source for changes.",
            "link": {"label": "Source", "href": "https://docs.lamin.ai"},
        }
    ),
    "panel-activity": with_panel(
        {
            "id": "activity",
            "entries": [
                {
                    "at": "2026-11-26T12:03:10+00:00",
                    "state": "failure",
                    "text": "Diagnose: db.example.org refuses connections",
                },
                {
                    "at": "2026-11-26T12:01:00+00:00",
                    "state": "success",
                    "text": "Sign in: Signed in as sandbox-user.",
                },
            ],
        }
    ),
    "panel-steps": with_panel(
        {"id": "diagnose-steps", "rungs": rungs(2, "failed")},  # type: ignore[typeddict-item]
        steps=[PASSED, register(), test()],
    ),
    "panel-details": Shown(
        filled_in(
            steps=[FAILED, register(), test()],
            panel={
                "id": "diagnose-details",
                "note": "port_refused · 0.1 s",
                "texts": {
                    "Details": 'connection to server at "db.example.org" '
                    "(93.184.216.34), port 543 failed: Connection refused\n\tIs the "
                    "server running on that host and accepting TCP/IP connections?"
                },
            },
        ),
        panel="diagnose-details",
    ),
    "panel-instance": Shown(
        DONE
        | {
            "panel": {
                "id": "instance",
                "buttons": [primary("Create instance", "create-instance")],
            }
        },
        panel="instance",
    ),
}
"""The states of the form by a short name."""
