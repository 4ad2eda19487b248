"""The commands `diagnose`, `register`, and `test`."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import sys
from typing import TYPE_CHECKING, Final

from lamin_widgets.cli import discard_output
from lamin_widgets.cli.inputs import read_inputs
from lamin_widgets.cli.runner import Interrupted, Runner
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.failures import CATALOG
from lamin_widgets.core.outcome import explain
from lamin_widgets.session.guidance import doubts_about
from lamin_widgets.session.knowledge import know
from lamin_widgets.session.state import Observation, State

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Mapping

    from lamin_widgets.core.failures import CauseId
    from lamin_widgets.core.outcome import Outcome
    from lamin_widgets.form.draft import Draft

SCHEMA: Final = 1
"""Version of the JSON output, which `schema.json` in this folder describes."""
_COLORS: Final = {"✓": "32", "✗": "31", "?": "33", "!": "33"}
_EXIT_CODES: Final = {"success": 0, "failure": 1, "unknown": 3}
_SIGNALED: Final = 128
"""Exit code of a process that a signal ended, minus the signal's number."""
_REASONS: Final[Mapping[CauseId, str]] = {
    "diagnosed_wrong": "the diagnosis failed",
    "host_unreachable_from_lamin": "Lamin likely can't reach this host",
    "region_doubtful": "Lamin doesn't list this region",
}


def diagnose(options: argparse.Namespace) -> int:
    """Connect from this machine, and return the exit status."""
    return _run(options, lambda runner: iter([runner.run("diagnose")]))


def test(options: argparse.Namespace) -> int:
    """Ask Lamin to connect, and return the exit status."""
    return _run(options, lambda runner: iter([runner.run("test")]))


def register(options: argparse.Namespace) -> int:
    """Diagnose, register unless there is a doubt, and return the exit status."""

    def outcomes(runner: Runner) -> Iterator[Outcome]:
        diagnosis = runner.run("diagnose")
        yield diagnosis
        doubt = None if options.force else _doubt(runner.draft, diagnosis)
        yield _not_sent(doubt) if doubt else runner.run("register")

    return _run(options, outcomes)


def _run(
    options: argparse.Namespace, actions: Callable[[Runner], Iterator[Outcome]]
) -> int:
    """Run the actions of a command, report the outcomes, and return the exit status."""
    draft, password = read_inputs(options)
    runner = Runner(draft, password, options.json, options.quiet, options.wait)
    outcomes: list[Outcome] = []
    try:
        outcomes.extend(actions(runner))
        exit_code = _EXIT_CODES[outcomes[-1].state]
    except Interrupted as interrupted:
        outcomes.append(interrupted.outcome)
        exit_code = _SIGNALED + interrupted.number
    if not options.json:
        _print("\n".join(_color_marks(repr(outcome)) for outcome in outcomes))
        return exit_code
    server = {
        "name": draft.name,
        "host": draft.host,
        "port": draft.port,
        "region": draft.api_server_name,
        "api_url": draft.api_url,
    }
    result = {
        "schema": SCHEMA,
        "command": options.command,
        "exit_code": exit_code,
        "attempts": runner.attempts,
        "server": {key: value for key, value in server.items() if key in options},
        "outcomes": [outcome.to_dict() for outcome in outcomes],
    }
    _print(json.dumps(result, indent=2))
    return exit_code


def _print(text: str) -> None:
    """Print the outcomes. If that isn't possible, only the exit status tells them."""
    try:
        print(text, flush=True)
    except OSError as error:
        discard_output()
        with contextlib.suppress(OSError):
            print(f"Can't write the result: {error.strerror}.", file=sys.stderr)


def _doubt(draft: Draft, diagnosis: Outcome) -> CauseId | None:
    """Return a reason not to register, or None, by the rules of the form."""
    state = State(draft=draft)
    state = state._replace(
        trusted=frozenset({state.basis.api_url}),
        history=(Observation(diagnosis, state.basis),),
    )
    doubts = doubts_about("register", state, know(state), asks=True)
    if not diagnosis:
        return "diagnosed_wrong"
    return doubts[0] if doubts else None


def _not_sent(doubt: CauseId) -> Outcome:
    outcome = explain(InvalidInput(cause=doubt), "register")
    reason = _REASONS.get(doubt, "the form would ask first")
    return dataclasses.replace(
        outcome,
        title=f"Not registered, because {reason}.",
        advice=f"{CATALOG[doubt].advice} To register anyway, add --force.",
    )


def _color_marks(text: str) -> str:
    """Color the marks at the beginning of lines, if the output is a terminal."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    if plain or sys.stdout is None or not sys.stdout.isatty():
        return text

    def color(match: re.Match[str]) -> str:
        return f"{match[1]}\033[{_COLORS[match[2]]}m{match[2]}\033[0m "

    return re.sub(r"^( *)([✓✗?!]) ", color, text, flags=re.MULTILINE)
