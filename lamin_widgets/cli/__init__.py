"""The command `lamin-widgets`."""

from __future__ import annotations

import io
import os
import pkgutil
import sys
from typing import TYPE_CHECKING, Final

from lamin_widgets.core.errors import InvalidInput, LaminWidgetsError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["discard_output", "main"]

_INSTALL: Final = (
    "Install it with: pip install 'lamin_widgets[sandbox]', or in a clone: "
    "pip install '.[sandbox]'"
)
_MODULES_OF_EXTRA: Final = {
    *("fastapi", "jwt", "psycopg2", "pydantic", "starlette", "trustme", "uvicorn")
}
_FAILURE: Final = 1
_WRONG_USAGE: Final = 2
_INTERRUPTED: Final = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: The arguments without the program's name. Default: those of this
            process.

    Returns:
        The exit status: 0 for success, 1 for failure, 2 for wrong usage, 3 if the
        result is unknown, 130 after Ctrl+C, 143 after SIGTERM.
    """
    from lamin_widgets.cli.arguments import UsageError  # slow
    from lamin_widgets.cli.commands import parse

    # Without this, printing a mark such as ✓ fails in a terminal without UTF-8.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        options = parse(sys.argv[1:] if arguments is None else arguments)
        run = pkgutil.resolve_name(f"lamin_widgets.cli.{options.run}")
        return int(run(options))
    except (UsageError, InvalidInput) as error:
        print(error, file=sys.stderr)
        return _WRONG_USAGE
    except SystemExit as done:  # argparse raises this for --help and --version.
        return int(done.code or 0)
    except ModuleNotFoundError as error:
        name = (error.name or "").split(".")[0]
        if name not in _MODULES_OF_EXTRA:
            raise
        print(f"The sandbox requires {name}. {_INSTALL}", file=sys.stderr)
    except LaminWidgetsError as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:  # A reader such as `head` has closed the pipe.
        discard_output()
    return _FAILURE


def discard_output() -> None:
    """Write no more output. Otherwise, Python would report another error at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
