"""A check of the sandbox: a sequence of actions with their expected outcomes.

`lamin-widgets demo --check` runs it. Some actions must fail, to check that failures are
reported.
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
    from lamin_widgets.sandbox.sandbox import Sandbox

NAME: Final = "my-postgres-server"
REGION: Final = "prod-us-east-1"


class Step(NamedTuple):
    """One step and its expected outcome.

    Attributes:
        label: Name of the step.
        do: Function that does it.
        state: Expected state of the outcome.
        causes: Expected causes. Empty for a success.
    """

    label: str
    do: Callable[[], Outcome]
    state: str
    causes: frozenset[str] = frozenset()


def run(sandbox: Sandbox, report: Callable[[str], None] = print) -> bool:
    """Go through the journey with two versions of Lamin's API.

    This changes the environment of this process.

    Args:
        sandbox: A running sandbox.
        report: Function that prints a line.

    Returns:
        Whether every step had the expected outcome.

    Raises:
        SandboxError: If the sign-in fails, or if this process has imported
            lamindb_setup, which then uses the user's own account.
    """
    if "lamindb_setup" in sys.modules:
        raise SandboxError("lamindb_setup is in use. Run the check in a new process.")
    kept = environment(sandbox)
    os.environ.clear()
    os.environ.update(kept)
    sign_in(sandbox)
    report(f"✓ Sign in: {sandbox.handle}")
    # Both versions run, because their paths and fields differ, and the form must
    # support both.
    versions: dict[str, dict[str, str]] = {
        "Lamin's guide": {"api_url": sandbox.api_url},
        "Lamin's OpenAPI document": {
            "api_url": sandbox.published_api_url,
            "organization_id": sandbox.organization_id,
        },
    }
    good = True
    for version, connection in versions.items():
        report(f"\nThe Lamin API as in {version}, at {connection['api_url']}")
        for step in _steps(sandbox, connection, report):
            good &= _take(step, report)
    report(
        "\nAll steps passed."
        if good
        else "\nSome steps failed. See the lines marked ✗."
    )
    return good


def _steps(
    sandbox: Sandbox, connection: dict[str, str], report: Callable[[str], None]
) -> Iterator[Step]:
    widget = _fill_in(sandbox, connection)
    report(f"✓ Fill in: {widget.masked_url}")
    yield Step("Diagnose", widget.diagnose, "success")
    yield Step("Register", widget.register, "success")
    yield Step("Test connection", widget.test, "success")
    again = _fill_in(sandbox, connection)
    yield Step("Register again", again.register, "failure", frozenset({"name_taken"}))
    sandbox.break_("stopped")
    report("✓ PostgreSQL stopped")
    yield Step(
        "Test connection",
        widget.test,
        "failure",
        frozenset({"db_refused", "check_failed"}),
    )
    sandbox.reset()
    report("✓ PostgreSQL started")
    yield Step("Test connection", widget.test, "success")


def _fill_in(sandbox: Sandbox, connection: dict[str, str]) -> DbServerWidget:
    # This import is local, because lamindb_setup reads the environment at import.
    from lamin_widgets import DbServerWidget

    return DbServerWidget(
        name=NAME,
        host=sandbox.database.host,
        port=sandbox.database.port,
        password=sandbox.database.password,
        api_server_name=REGION,
        organization_id=connection.get("organization_id"),
        api_url=connection["api_url"],
    )


def _take(step: Step, report: Callable[[str], None]) -> bool:
    outcome = step.do()
    good = outcome.state == step.state and (
        outcome.cause in step.causes if step.causes else outcome.cause is None
    )
    cause = f" ({outcome.cause})" if outcome.cause else ""
    report(
        f"{'✓' if good else '✗'} {step.label}: {outcome.state}{cause}, "
        f"{outcome.elapsed_s:.2f} s: {outcome.title}"
    )
    if not good:
        expected = " or ".join([*sorted(step.causes)]) or "no cause"
        report(f"  expected {step.state} with {expected}. {outcome.details}")
    return good
