"""Interpreters of this machine, and clean environments that the wheel is put into."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
WHOLE = "import ensurepip, sys; print('%d.%d' % sys.version_info[:2])"


def ran(*command, **options) -> str:
    """Run a command that has to succeed, and return what it printed."""
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


def python_of(version: str) -> Path:
    """Find an interpreter; where this machine has none of that version, take ours."""
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)  # $HOME is an empty one here
    pyenv = Path(os.environ.get("PYENV_ROOT", home / ".pyenv"))
    candidates = [
        *pyenv.glob(f"versions/{version}.*/bin/python"),
        shutil.which(f"python{version}"),
    ]
    for candidate in filter(None, candidates):
        asked = subprocess.run(
            [candidate, "-c", WHOLE], check=False, capture_output=True, text=True
        )
        if asked.stdout.strip() == version:
            return Path(candidate)
    return Path(sys.executable)


@dataclass(frozen=True)
class Installed:
    """A clean environment that the wheel was installed into.

    Attributes:
        python: Its interpreter.
        source: The unpacked sdist without the package, to work in: what is imported
            there can only come from the wheel.
    """

    python: Path
    source: Path

    def command(self, name: str) -> Path:
        """Return the path of a command that was installed."""
        return self.python.with_name(name)

    def run(self, *arguments, **options) -> str:
        """Run this interpreter, which has to succeed, and return what it printed."""
        return ran(self.python, *arguments, cwd=self.source, **options)
