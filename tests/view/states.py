"""States of the form as views, for pictures and tests without a kernel.

The session draws every view, so that pictures show what the form really shows.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from session.playing import API, after, failed, passed, play, request
from session.playing import filled_in as filled_in_state

from lamin_widgets.core.errors import LaminWidgetsError
from lamin_widgets.core.outcome import Step, explain, warning
from lamin_widgets.form.draft import Draft
from lamin_widgets.form.fields import WRITABLE
from lamin_widgets.postgres.steps import NAMES
from lamin_widgets.session import events as e
from lamin_widgets.session.render import render
from lamin_widgets.session.state import AccountStatus, State

if TYPE_CHECKING:
    from lamin_widgets.core.outcome import Outcome
    from lamin_widgets.session.view import PanelView, View

FOUND: Final = ("192.0.2.10", "Connected.", "TLS 1.3", "Authenticated.", "", "18.1")
BASE: Final = filled_in_state(name="my-postgres-server", sandbox=True)._replace(
    account=AccountStatus("signed-in", "Signed in as sandbox-user"),
    place="cell",
)
DETAILS: Final = (
    'connection to server at "db.example.org" (192.0.2.10), port 543 failed: '
    "Connection refused\n\tIs the server running on that host and accepting TCP/IP "
    "connections?"
)


VALUES: Final = {name: getattr(BASE.draft, name) for name in WRITABLE}


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


def shown(state: State, *, lost: bool = False) -> Shown:
    """Return a state of the session as the browser has it."""
    values = {name: getattr(state.draft, name) for name in WRITABLE}
    return Shown(render(state)["view"], values, state.panel, lost)


def filled_in(**keys: Any) -> View:
    """Return the view of a form that is filled in, with some keys changed."""
    return {**render(BASE)["view"], **keys}  # type: ignore[typeddict-item]


def fields(**changes: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a form that is filled in, with some changed."""
    found = render(BASE)["view"]["fields"]
    return {name: {**field, **changes.get(name, {})} for name, field in found.items()}


def with_panel(panel: PanelView, **keys: Any) -> Shown:
    """Return a form with an open panel."""
    return Shown(filled_in(panel=panel, **keys), VALUES, panel["id"])


# --- Outcomes ---------------------------------------------------------------------


def steps(count: int, last: str = "passed") -> tuple[Step, ...]:
    """Return the steps of a diagnosis, of which the last one ended differently."""
    ended = [
        Step(name, "passed", text, 0.02)
        for name, text in zip(NAMES[:count], FOUND, strict=False)
    ]
    if last == "passed":
        return tuple(ended)
    rest = [Step(name, "skipped") for name in NAMES[count + 1 :]]
    ended.append(Step(NAMES[count], last, "", 0.08))  # type: ignore[arg-type]
    return tuple(ended) if last == "running" else (*ended, *rest)


def diagnosed(*causes: str) -> Outcome:
    """Return a diagnosis that succeeded, with warnings."""
    tls = "not verified" if "certificate_unverified" in causes else "verified"
    role = "not superuser" if "not_superuser" in causes else "superuser"
    return replace(
        passed("diagnose"),
        advice=f"PostgreSQL 18.1 · TLS 1.3, certificate {tls} · {role}",
        steps=steps(6),
        warnings=tuple(warning(cause) for cause in causes),  # type: ignore[arg-type]
        elapsed_s=0.2,
    )


def refused(action: str, cause: str, count: int = 1, port: str = "5432") -> Outcome:
    """Return a failure, of a diagnosis after `count` steps."""
    facts = {"host": "db.example.org", "port": port, "seconds": "30"}
    error = LaminWidgetsError(cause=cause, details=DETAILS, facts=facts)  # type: ignore[arg-type]
    outcome = explain(error, action, facts=facts)  # type: ignore[arg-type]
    ended = steps(count, "failed") if action == "diagnose" else ()
    return replace(outcome, steps=ended, elapsed_s=0.1 if ended else 10)


def after_all(*outcomes: Outcome, state: State = BASE) -> State:
    """Return a form after some actions, with the password entered when it's needed."""
    for outcome in outcomes:
        if not state.draft.has_password and outcome.action != "test":
            state = play(state, e.PasswordEntered(hint="", same=False, by="page"))
        state = after(state, outcome)
    return state


PORT_543: Final = play(BASE, e.FieldsChanged({"port": 543}, "page"))
REGISTERED: Final = replace(passed("register"), elapsed_s=0.1)
TESTED: Final = replace(passed("test"), elapsed_s=0.3)
READY: Final = after_all(diagnosed(), REGISTERED, TESTED)
FAILED: Final = after_all(refused("diagnose", "db_refused", port="543"), state=PORT_543)
FIREWALL: Final = after_all(diagnosed(), REGISTERED, refused("test", "db_unreachable"))
RUNNING: Final = play(BASE, request("diagnose"))
EMPTY: Final = State(
    draft=Draft(api_server_name="prod-us-east-1", api_url=API),
    account=BASE.account,
    secrets="ok",
)
KEY_REJECTED: Final = failed("sign-in", "api_key_rejected")
SIGNED_OUT_STATE: Final = BASE._replace(
    account=AccountStatus("signed-out"), history=after_all(KEY_REJECTED).history
)
SIGNED_OUT: Final = render(BASE._replace(account=AccountStatus("signed-out")))["view"][
    "account"
]


def waiting() -> State:
    """Return a form that checks again automatically."""
    test = refused("test", "db_unreachable")
    until = test.at.replace(year=test.at.year + 1)
    state = play(FIREWALL, request("test", until=until))
    assert state.job is not None
    return play(state, e.ActionFinished(state.job.number, test))


def opened(state: State, panel: str) -> Shown:
    """Return a form with an open panel."""
    return shown(play(state, e.PanelToggled(panel)))


NOTES: Final = play(
    BASE,
    e.FieldsChanged({"name": "my server", "host": "10.0.0.7", "port": ""}, "page"),
    e.FieldsChanged(
        {"api_server_name": "on-prem-7", "api_url": "https://e.org"}, "page"
    ),
    e.FieldsChanged({"api_url": "https://api.lamin.ai"}, "page"),
)
LOCKED: Final = frozenset({"api_server_name", "host", "port"})

STATES: Final[dict[str, Shown]] = {
    "empty": shown(EMPTY),
    "filled-in": shown(BASE),
    "passed": shown(READY),
    "failed": shown(FAILED),
    "question": shown(
        play(
            after_all(refused("diagnose", "password_rejected", 3)), request("register")
        )
    ),
    "warned": shown(after_all(diagnosed("certificate_unverified", "not_superuser"))),
    "running-diagnose": shown(play(RUNNING, e.StepReported(1, steps(3, "running")))),
    "running-register": shown(play(after_all(diagnosed()), request("register"))),
    "firewall": shown(FIREWALL),
    "waiting": shown(waiting()),
    "unknown": shown(after_all(diagnosed(), refused("register", "api_no_answer"))),
    "stale": shown(
        play(
            after_all(diagnosed()),
            e.FieldsChanged({"host": "other.example.org"}, "page"),
        )
    ),
    "signed-out": shown(SIGNED_OUT_STATE),
    "locked": shown(BASE._replace(locked=LOCKED)),
    "unsupported": shown(
        BASE._replace(
            secrets="unsupported",
            draft=BASE.draft._replace(has_password=False),
        )
    ),
    "notes": shown(NOTES),
    "kernel-lost": shown(READY, lost=True),
    "panel-paste": opened(BASE, "paste"),
    "panel-advanced": opened(BASE, "advanced"),
    "panel-code": opened(BASE, "code"),
    "panel-allow-list": opened(BASE, "allow-list"),
    "panel-activity": opened(FIREWALL, "activity"),
    "panel-steps": opened(after_all(diagnosed()), "diagnose-steps"),
    "panel-details": opened(FAILED, "diagnose-details"),
    "panel-instance": opened(READY, "instance"),
}
"""The states of the form by a short name."""
