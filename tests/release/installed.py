"""A clean environment that the wheel is installed into."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


def run(*command, **options) -> str:
    """Run a command, which must succeed, and return what it printed."""
    ended = subprocess.run(
        command,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


@dataclass(frozen=True)
class Installed:
    """A clean environment.

    Attributes:
        python: Its interpreter.
        folder: A folder without the package, to work in.
    """

    python: Path
    folder: Path

    def install(self, requirement: str, environ: dict[str, str]) -> None:
        """Install a package: with uv, or with pip on a machine that uv can't use."""
        uv = Path(sys.executable).with_name("uv")
        fast = (uv, "pip", "install", "--quiet", "--python", self.python, requirement)
        if (
            uv.exists()
            and not subprocess.run(fast, check=False, env=environ).returncode
        ):
            return
        run(self.python, "-m", "ensurepip")
        run(self.python, "-m", "pip", "install", "--quiet", requirement, env=environ)

    def command(self, name: str) -> Path:
        """Return the path of a command that was installed."""
        return self.python.with_name(name)

    def run(self, *arguments, **options) -> str:
        """Run its interpreter, which must succeed, and return what it printed."""
        return run(self.python, *arguments, cwd=self.folder, **options)
