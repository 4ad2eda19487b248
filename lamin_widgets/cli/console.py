"""Output of the commands: results on stdout, progress on stderr."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lamin_widgets.core.outcome import Outcome

__all__ = ["SCHEMA", "Console", "warn"]

SCHEMA: Final = 1
"""Version of the JSON output. `schema.json`, beside this module, describes it."""

_COLORS: Final = {"✓": "32", "✗": "31", "?": "33", "!": "33"}


@dataclass(frozen=True)
class Console:
    """Output of a command.

    Attributes:
        as_json: Write the result as JSON.
        quiet: Write no progress.
    """

    as_json: bool = False
    quiet: bool = False

    def progress(self, text: str) -> None:
        """Write a line of progress."""
        if not self.quiet:
            warn(text)

    def report(
        self,
        command: str,
        outcomes: Sequence[Outcome],
        *,
        server: Mapping[str, str | int],
        attempts: int,
        exit_code: int,
    ) -> None:
        """Write the result of a command.

        Args:
            command: "diagnose", "register", or "test".
            outcomes: The outcomes of its actions. The last one decides.
            server: The values that the command was called with.
            attempts: How often the last action was tried.
            exit_code: The exit status of the command.
        """
        if self.as_json:
            result: dict[str, Any] = {
                "schema": SCHEMA,
                "command": command,
                "exit_code": exit_code,
                "attempts": attempts,
                "server": dict(server),
                "outcomes": [outcome.to_dict() for outcome in outcomes],
            }
            print(json.dumps(result, indent=2))
            return
        for outcome in outcomes:
            print(_colored(repr(outcome)))


def warn(text: str) -> None:
    """Write a line to stderr."""
    print(text, file=sys.stderr, flush=True)


def _colored(text: str) -> str:
    """Color the marks at the beginning of lines, if the output is a terminal."""
    if not _has_colors(sys.stdout):
        return text

    def color(match: re.Match[str]) -> str:
        return f"{match[1]}\033[{_COLORS[match[2]]}m{match[2]}\033[0m "

    return re.sub(r"^( *)([✓✗?!]) ", color, text, flags=re.MULTILINE)


def _has_colors(stream: TextIO) -> bool:
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return stream.isatty() and not plain
