"""The commands and their options."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, Final

from lamin_widgets import __version__
from lamin_widgets.cli.arguments import (
    Parser,
    UsageError,
    duration,
    port,
    refuse_secrets,
    region,
)
from lamin_widgets.core.regions import REGIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMATS: Final = {
    "addresses": "Addresses",
    "cidr": "CIDR",
    "pg_hba": "pg_hba.conf",
    "aws": "AWS",
    "gcloud": "Google Cloud",
    "az": "Azure",
    "terraform": "Terraform",
}
"""The labels of the allow-list's formats, by their names on the command line."""

_EXIT_CODES: Final = """\
exit codes:
  0 success, 1 failure, 2 wrong usage, 3 unknown result
  130 interrupted (Ctrl+C), 143 terminated
"""
_ENVIRONMENT: Final = {
    "PGPASSWORD": "password for the postgres user",
    "LAMIN_API_KEY": "signs in to Lamin, if you aren't signed in on this machine",
    "LAMIN_API_URL": "default for --api-url",
    "NO_COLOR": "turns colors off",
}
_REGIONS: Final = ", ".join(region.api_server_name for region in REGIONS)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments of `lamin-widgets`.

    Returns:
        The options. `run` names the function of this package that runs the command.

    Raises:
        UsageError: If an argument is wrong, missing, or unknown.
    """
    refuse_secrets(arguments)
    options = _parser().parse(arguments)
    if options.command is None:
        raise UsageError("lamin-widgets: enter a command. For a list, use --help.")
    return options


def _parser() -> Parser:
    parser = Parser(
        prog="lamin-widgets",
        description="Register a PostgreSQL server with Lamin, and test the connection.",
        epilog=_epilog(*_ENVIRONMENT),
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", dest="command"
    )
    for add in (_diagnose, _register, _test, _allow_list, _sandbox, _demo):
        add(commands)
    return parser


def _epilog(*names: str) -> str:
    """Return the end of a help text: exit codes, and environment variables."""
    lines = [f"  {name:13}  {_ENVIRONMENT[name]}" for name in names]
    return "\n".join([_EXIT_CODES, "environment:", *lines])


def _diagnose(commands: Any) -> None:
    parser = commands.add_parser(
        "diagnose",
        help="connect to a PostgreSQL server from this machine",
        description="Connect to a PostgreSQL server from this machine, step by step. "
        "Nothing is sent to Lamin.",
        epilog="examples:\n"
        "  lamin-widgets diagnose --host db.example.org --password-file password.txt\n"
        "  lamin-widgets diagnose --url-env DATABASE_URL --wait 10m\n\n"
        + _epilog("PGPASSWORD", "NO_COLOR"),
    )
    parser.set_defaults(run="servers:diagnose")
    _add_server_options(parser)
    _add_output_options(parser)


def _register(commands: Any) -> None:
    parser = commands.add_parser(
        "register",
        help="diagnose a PostgreSQL server and register it with Lamin",
        description="Connect to a PostgreSQL server from this machine. If that works, "
        "register the server with Lamin. You can't edit a registered server.",
        epilog="example:\n"
        "  lamin-widgets register --url-env DATABASE_URL --name my-server \\\n"
        "    --region prod-us-east-1\n\n" + _epilog(*_ENVIRONMENT),
    )
    parser.set_defaults(run="servers:register")
    _add_server_options(parser)
    _add_lamin_options(parser)
    _add_region(
        parser, f"Lamin region closest to your database: {_REGIONS}, or another"
    )
    parser.add_argument(
        "--organization-id",
        metavar="UUID",
        help="ID of your organization, if the API requires it",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="register even if the diagnosis fails, if Lamin likely can't reach the "
        "host, or if Lamin doesn't list the region",
    )
    _add_output_options(parser)


def _test(commands: Any) -> None:
    parser = commands.add_parser(
        "test",
        help="ask Lamin to connect to a registered server",
        description="Ask Lamin to connect to a registered PostgreSQL server.",
        epilog="example:\n"
        "  lamin-widgets test --name my-server --wait 10m\n\n"
        + _epilog("LAMIN_API_KEY", "LAMIN_API_URL", "NO_COLOR"),
    )
    parser.set_defaults(run="servers:test")
    _add_lamin_options(parser)
    _add_output_options(parser)


def _allow_list(commands: Any) -> None:
    parser = commands.add_parser(
        "allow-list",
        help="print Lamin's outbound IP addresses for a firewall",
        description="Print Lamin's outbound IP addresses in a format for a firewall. "
        "Everyone who uses an instance on the server also needs network access.",
        epilog="example:\n"
        "  lamin-widgets allow-list --region prod-us-east-1 --format terraform",
    )
    parser.set_defaults(run="allow_list:allow_list")
    _add_region(parser, f"Lamin region: {_REGIONS}")
    parser.add_argument(
        "--format",
        choices=[*FORMATS],
        default="cidr",
        metavar="FORMAT",
        help=f"{', '.join(FORMATS)} (default: cidr)",
    )
    parser.add_argument(
        "--port",
        type=port,
        default=5432,
        metavar="N",
        help="port of the server (default: 5432)",
    )


def _sandbox(commands: Any) -> None:
    parser = commands.add_parser(
        "sandbox",
        help="start a local Lamin stand-in and a PostgreSQL server",
        description="Start a local sandbox with a Lamin stand-in and a real PostgreSQL "
        "server, on loopback addresses only. The command prints environment variables "
        "and connection details. Press Ctrl+C to stop.",
        epilog="run in the background (stops when the terminal closes):\n"
        '  eval "$(lamin-widgets sandbox --export)"\n'
        '  eval "$(lamin-widgets sandbox --stop)"',
    )
    parser.set_defaults(run="sandbox:sandbox")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument(
        "--export",
        action="store_true",
        help="start the sandbox in the background, and print export commands for eval",
    )
    choice.add_argument(
        "--stop",
        action="store_true",
        help="stop the background sandbox, and print an unset command for eval",
    )
    # --export uses this hidden option to start the sandbox in the background.
    choice.add_argument("--serve", type=int, help=argparse.SUPPRESS)


def _demo(commands: Any) -> None:
    parser = commands.add_parser(
        "demo",
        help="open the first tutorial in JupyterLab, in a sandbox",
        description="Start a sandbox, sign in to it, and open a copy of the first "
        "tutorial in JupyterLab. Press Ctrl+C to stop and to delete the copy.",
    )
    parser.set_defaults(run="sandbox:demo")
    parser.add_argument(
        "--check",
        action="store_true",
        help="run the demo without JupyterLab and print each step; the exit code is 0 "
        "if every step passes",
    )
    parser.add_argument(
        "--no-browser",
        action="store_true",
        help="print the JupyterLab URL instead of opening a browser",
    )
    parser.add_argument("--port", type=port, metavar="N", help="port of JupyterLab")


def _add_server_options(parser: Parser) -> None:
    group = parser.add_argument_group("server")
    group.add_argument("--host", help="host name or IP address")
    group.add_argument(
        "--port", type=port, metavar="N", help="port of the server (default: 5432)"
    )
    group.add_argument(
        "--url-env",
        metavar="VARIABLE",
        help="environment variable with a connection string, for example DATABASE_URL",
    )
    group.add_argument(
        "--password-file",
        metavar="FILE",
        help="file with the password, or - for stdin (default: the connection string, "
        "PGPASSWORD, or a prompt)",
    )


def _add_lamin_options(parser: Parser) -> None:
    parser.add_argument("--name", required=True, help="name of the server in Lamin")
    parser.add_argument(
        "--api-url",
        metavar="URL",
        help="Lamin API (default: LAMIN_API_URL, or https://api.lamin.ai)",
    )


def _add_region(parser: Parser, text: str) -> None:
    parser.add_argument("--region", type=region, required=True, help=text)


def _add_output_options(parser: Parser) -> None:
    group = parser.add_argument_group("output")
    group.add_argument(
        "--wait",
        type=duration,
        default=0.0,
        metavar="TIME",
        help="retry temporary failures for up to TIME, for example 10m",
    )
    group.add_argument("--json", action="store_true", help="print the result as JSON")
    group.add_argument(
        "--quiet", action="store_true", help="don't print progress to stderr"
    )
