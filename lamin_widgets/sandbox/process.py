"""Other processes in the sandbox: their environment, and signing in."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from lamin_widgets.sandbox.errors import SandboxError

if TYPE_CHECKING:
    from lamin_widgets.sandbox.box import Sandbox

_LOGIN: Final = """
import sys
import lamindb_setup
lamindb_setup.login(api_key=sys.stdin.readline().strip())
"""
_PATIENCE_S: Final = 60.0


def environment(box: Sandbox) -> dict[str, str]:
    """Give the environment for a process that uses the sandbox.

    A real API key stays outside, as it has no business with a stand-in.
    """
    inherited = dict(os.environ)
    inherited.pop("LAMIN_API_KEY", None)
    return {**inherited, **box.environ}


def sign_in(box: Sandbox) -> None:
    """Sign in to the sandbox with the real `lamindb_setup.login`.

    In a process of its own: lamindb_setup decides at its import whose settings
    folder it uses, and this process may have imported it.

    Raises:
        SandboxError: It did not work; the message has what lamindb_setup said.
    """
    try:
        result = subprocess.run(  # noqa: S603 - our own interpreter, a constant script
            [sys.executable, "-c", _LOGIN],
            input=f"{box.api_key}\n",  # not as an argument, which everybody can see
            env=environment(box),
            capture_output=True,
            check=False,
            text=True,
            timeout=_PATIENCE_S,
        )
    except subprocess.TimeoutExpired:
        raise SandboxError(
            f"Signing in to the sandbox took more than {_PATIENCE_S:g} s"
        ) from None
    if result.returncode:
        # of a traceback, the line that says what happened
        said = (result.stdout + result.stderr).strip().splitlines()
        raise SandboxError(f"Signing in to the sandbox failed: {said[-1]}")
