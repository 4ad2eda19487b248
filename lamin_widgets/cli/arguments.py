"""Parsing of the command line, without quoting a text that could be a password."""

from __future__ import annotations

import argparse
import re
import textwrap
from typing import TYPE_CHECKING, Any, Final, NoReturn

from lamin_widgets.core.hosts import port_number
from lamin_widgets.core.regions import REGIONS
from lamin_widgets.session.gate import may_be_secret

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH: Final = 79
_UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3600}
_SECRET_OPTIONS: Final = re.compile(
    r"(?i)-W|--(?:db-?|pg-?)?(?:pass(?!word-file)|pw|pwd|api-?key|(?:access-?)?token|secret)"
)


class UsageError(Exception):
    """The arguments of a command are wrong. The message is one sentence."""


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """A formatter that doesn't wrap lines at hyphens, for example in region names."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return textwrap.wrap(text, width, break_on_hyphens=False)


class Parser(argparse.ArgumentParser):
    """A parser that raises `UsageError` and quotes no values."""

    def __init__(self, *, description: str = "", **options: Any) -> None:
        super().__init__(
            **options,
            description=textwrap.fill(description, _WIDTH),
            allow_abbrev=False,
            formatter_class=_HelpFormatter,
        )

    def parse(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Parse arguments.

        Raises:
            UsageError: If an argument is wrong, missing, or unknown.
        """
        options, unknown = self.parse_known_args(arguments)
        if unknown:
            # Other programs accept a password as -pSECRET, so quote two characters.
            names = [
                text.split("=")[0] if text.startswith("--") else text[:2]
                for text in unknown
                if text.startswith("-")
            ]
            what = f"unknown option {names[0]}" if names else "too many arguments"
            self.error(what)
        return options

    def error(self, message: str) -> NoReturn:
        """Raise the error instead of exiting."""
        message = re.sub(
            r"invalid choice: .*\(", "invalid choice (", message, flags=re.DOTALL
        )
        message = re.sub(r"ignored explicit argument .*", "takes no value", message)
        raise UsageError(f"{self.prog}: {message}")


def refuse_secrets(arguments: Sequence[str]) -> None:
    """Refuse arguments that contain a password or a key.

    Raises:
        UsageError: If an argument contains one. The message doesn't quote it.
    """
    for argument in arguments:
        if _SECRET_OPTIONS.match(argument) or _may_have_password(argument):
            raise UsageError(
                "Don't put a password or a key in an argument, because other users can "
                "see it in the process list. Use PGPASSWORD, --password-file, "
                "--url-env, or LAMIN_API_KEY instead."
            )


def _may_have_password(argument: str) -> bool:
    text = argument.partition("=")[2] if argument.startswith("-") else argument
    return may_be_secret(text)


def port(text: str) -> int:
    """Return a port as a number.

    Raises:
        argparse.ArgumentTypeError: If it isn't a number from 1 to 65535.
    """
    number = port_number(text)
    if number is None:
        raise argparse.ArgumentTypeError("must be a number from 1 to 65535")
    return number


def duration(text: str) -> float:
    """Return the seconds of a duration such as 90s, 10m, or 1h.

    Raises:
        argparse.ArgumentTypeError: If it isn't a duration.
    """
    match = re.fullmatch(r"(\d{1,6})([smh]?)", text.strip())
    if match is None:
        raise argparse.ArgumentTypeError("must be a duration such as 90s, 10m, or 1h")
    return float(int(match[1]) * _UNITS[match[2]])


def region(text: str) -> str:
    """Return a region's name in Lamin's API, for that name or for the region's id.

    Other names are returned unchanged, because Lamin might have unpublished regions.
    """
    name = text.strip()
    known = {region.id: region.api_server_name for region in REGIONS}
    return known.get(name, name)
