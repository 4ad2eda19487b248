"""What a person does with the form, step by step and without a browser.

`lamin-widgets demo --check` prints it. Each step has an outcome that it must come to,
so that success is shown to be success and failure to be failure.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final, NamedTuple

from lamin_widgets.sandbox.errors import SandboxError
from lamin_widgets.sandbox.process import environment, sign_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lamin_widgets import DbServerWidget, Outcome
    from lamin_widgets.sandbox.box import Sandbox

NAME: Final = "my-postgres-server"
REGION: Final = "prod-us-east-1"


class Step(NamedTuple):
    """One step, and what it must come to.

    Attributes:
        label: What the person does.
        do: Does it.
        state: The outcome's state that is expected.
        causes: Causes that are expected; empty for a success.
    """

    label: str
    do: Callable[[], Outcome]
    state: str
    causes: frozenset[str] = frozenset()


def run(box: Sandbox, say: Callable[[str], None] = print) -> bool:
    """Go through the journey with both descriptions of Lamin's API.

    This process belongs to the sandbox afterwards: its environment is changed.

    Args:
        box: A running sandbox.
        say: Prints a line.

    Returns:
        Whether every step came out as expected.

    Raises:
        SandboxError: Signing in fails, or lamindb_setup has been imported already
            and looks at the person's own account.
    """
    if "lamindb_setup" in sys.modules:
        raise SandboxError("lamindb_setup is in use: start the check in a new process")
    kept = environment(box)
    os.environ.clear()
    os.environ.update(kept)
    sign_in(box)
    say(f"✓ Sign in: {box.handle}")
    # The two differ in paths and fields; the form has to get along with both.
    descriptions: dict[str, dict[str, str]] = {
        "in Lamin's guide": {"api_url": box.api_url},
        "in its public OpenAPI document": {
            "api_url": box.published_api_url,
            "organization_id": box.organization_id,
        },
    }
    good = True
    for where, connection in descriptions.items():
        say(f"\nLamin's API as described {where}, at {connection['api_url']}")
        for step in _steps(box, connection, say):
            good &= _take(step, say)
    say("\nEvery step came out as expected." if good else "\nNot as expected: see ✗.")
    return good


def _steps(
    box: Sandbox, connection: dict[str, str], say: Callable[[str], None]
) -> Iterator[Step]:
    widget = _fill_in(box, connection)
    say(f"✓ Fill in: {widget.masked_url}")
    yield Step("Diagnose", widget.diagnose, "success")
    yield Step("Register", widget.register, "success")
    yield Step("Test connection", widget.test, "success")
    again = _fill_in(box, connection)
    yield Step("Register again", again.register, "failure", frozenset({"name_taken"}))
    box.database.stop()
    say("✓ PostgreSQL stopped")
    yield Step(
        "Test connection",
        widget.test,
        "failure",
        frozenset({"db_refused", "check_failed"}),
    )
    box.database.start()
    say("✓ PostgreSQL started")
    yield Step("Test connection", widget.test, "success")


def _fill_in(box: Sandbox, connection: dict[str, str]) -> DbServerWidget:
    # Here, as it needs the environment of the sandbox.
    from lamin_widgets import DbServerWidget  # noqa: PLC0415

    return DbServerWidget(
        name=NAME,
        host=box.database.host,
        port=box.database.port,
        password=box.database.password,
        api_server_name=REGION,
        organization_id=connection.get("organization_id"),
        api_url=connection["api_url"],
    )


def _take(step: Step, say: Callable[[str], None]) -> bool:
    outcome = step.do()
    good = outcome.state == step.state and (
        outcome.cause in step.causes if step.causes else outcome.cause is None
    )
    cause = f" ({outcome.cause})" if outcome.cause else ""
    say(
        f"{'✓' if good else '✗'} {step.label}: {outcome.state}{cause}, "
        f"{outcome.elapsed_s:.2f} s: {outcome.title}"
    )
    if not good:
        expected = " or ".join([*sorted(step.causes)]) or "no cause"
        say(f"  expected {step.state} with {expected}. {outcome.details}")
    return good
