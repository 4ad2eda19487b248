"""What the scenes play in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from pathlib import Path

    from doubles.raw_server import RawServer

    from lamin_widgets.sandbox import Sandbox

REGION = "prod-us-east-1"


@dataclass
class World:
    """What the scenes play in.

    Attributes:
        sandbox: For real replies, and ones that repeat what was sent.
        repeating: A server that asks for the password in clear text and repeats it.
        folder: Where the home, the temporary and the current folder are.
    """

    sandbox: Sandbox
    repeating: RawServer
    folder: Path


def url_with(password: str) -> str:
    return (
        f"postgresql://postgres:{quote(password, safe='')}@db.example.org:5432/postgres"
    )
