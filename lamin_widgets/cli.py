"""The command `lamin-widgets`: a sandbox, and a demo in it."""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import signal
import sys
from typing import TYPE_CHECKING, Final

from lamin_widgets import __version__
from lamin_widgets.core.errors import LaminWidgetsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lamin_widgets.sandbox import Sandbox

EXTRA: Final = "pip install 'lamin_widgets[sandbox]'"
_SIGNALS: Final = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if hasattr(signal, name)  # Windows has no SIGHUP
)
_MODULES_OF_EXTRA: Final = {"fastapi", "jwt", "psycopg2", "pydantic", "uvicorn"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: Without the program's name; those of the process by default.

    Returns:
        The exit status: 0 when all went well, 1 when not, 2 for wrong arguments.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.run is None:
        parser.print_help(sys.stderr)
        return 2
    try:
        return int(options.run(options))
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in _MODULES_OF_EXTRA:
            raise
        print(f"The sandbox needs {error.name}: {EXTRA}", file=sys.stderr)
    except LaminWidgetsError as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        # asked for, and everything has been stopped on the way here
        print("\nThe sandbox has been stopped and removed.")
        return 0
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lamin-widgets",
        description="Try lamin_widgets on this machine, without any account.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    parser.set_defaults(run=None)
    sandbox = commands.add_parser(
        "sandbox",
        help="start a stand-in for Lamin and a PostgreSQL, and say how to use them",
        description="Start a stand-in for Lamin's API and hub and a real PostgreSQL, "
        "all on this machine and on loopback addresses only. Prints what to export "
        "and the connection details; Ctrl-C stops everything.",
    )
    sandbox.set_defaults(run=_sandbox)
    demo = commands.add_parser(
        "demo",
        help="open JupyterLab on the first tutorial, in a sandbox",
        description="Start a sandbox, sign in to it, and open JupyterLab on a copy of "
        "the first tutorial. Ctrl-C stops everything and removes the copy.",
    )
    demo.add_argument(
        "--check",
        action="store_true",
        help="no JupyterLab: go through the same journey here, print each step, and "
        "exit with 0 only if every step came out as it must",
    )
    demo.add_argument(
        "--no-browser", action="store_true", help="only print the address"
    )
    demo.add_argument("--port", type=_port, metavar="N", help="JupyterLab's port")
    demo.set_defaults(run=_demo)
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 2**16:
        raise argparse.ArgumentTypeError(f"{text} is not from 1 to 65535")
    return port


def _sandbox(_options: argparse.Namespace) -> int:
    # Where it was set before, it has to stay; with the sandbox's own it does no harm.
    own = {"NO_PROXY", "no_proxy"} & os.environ.keys()
    with _running() as box:
        print(
            "# 1. For a notebook: paste these lines into another terminal and start"
            "\n#    Jupyter there. Where a form says Not signed in, enter the API key."
        )
        _export(box.environ)
        # Shown because the person needs them; they die with this process.
        print(
            f"\n# Host             {box.database.host}"
            f"\n# Port             {box.database.port}"
            f"\n# Password         {box.database.password}"
            f"\n# API key          {box.api_key}"
            f"\n# Organization ID  {box.organization_id}"
            f"\n# Another API      {box.published_api_url}"
            "\n#                  as in Lamin's OpenAPI document, which asks for the"
            "\n#                  Organization ID; LAMIN_API_URL is as in Lamin's guide"
            "\n\n# 2. For a script, as in the README and in tutorial 03, also these:"
        )
        script = {
            "DB_HOST": box.database.host,
            "DB_PORT": str(box.database.port),
            "PGPASSWORD": box.database.password,
            "LAMIN_API_KEY": box.api_key,
        }
        _export(script)
        print("\n# Ctrl-C stops everything.", flush=True)
        try:
            while True:
                signal.pause()  # one that ends it raises
        finally:
            names = [name for name in (*box.environ, *script) if name not in own]
            print(f"\n# Where you have pasted the lines:\nunset {' '.join(names)}")


def _export(variables: Mapping[str, str]) -> None:
    for name, text in variables.items():
        print(f"export {name}={shlex.quote(text)}")


def _demo(options: argparse.Namespace) -> int:
    with _running() as box:
        if options.check:
            # Here, because it needs the sandbox's extra.
            from lamin_widgets.sandbox import journey  # noqa: PLC0415

            return 0 if journey.run(box) else 1
        from lamin_widgets.sandbox.demo import Demo  # noqa: PLC0415 - as above

        with Demo(box, port=options.port) as demo:
            print(f"JupyterLab: {demo.url}\nPress Ctrl+C to stop.", flush=True)
            demo.wait()
    return 0


@contextlib.contextmanager
def _running() -> Iterator[Sandbox]:
    """A sandbox that is stopped in peace when the process is asked to end."""
    from lamin_widgets.sandbox import Sandbox  # noqa: PLC0415 - needs the extra

    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number in _SIGNALS:
        # Also where a shell started us in the background and Ctrl-C is ignored.
        signal.signal(number, _interrupt)
    box = Sandbox()
    try:
        box.start()
        yield box
    finally:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)  # not while it is being stopped
        box.stop()
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
