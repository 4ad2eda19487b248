"""Environment and sign-in for processes that use a sandbox."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from lamin_widgets.sandbox.errors import SandboxError

if TYPE_CHECKING:
    from lamin_widgets.sandbox.sandbox import Sandbox

_LOGIN: Final = """
import sys
import lamindb_setup
lamindb_setup.login(api_key=sys.stdin.readline().strip())
"""
SIGN_IN_S: Final = 60.0


def environment(sandbox: Sandbox) -> dict[str, str]:
    """Return the environment for a process that uses the sandbox.

    It leaves out `LAMIN_API_KEY`, because a real key must not be sent to a sandbox.
    """
    inherited = dict(os.environ)
    inherited.pop("LAMIN_API_KEY", None)
    return {**inherited, **sandbox.environ}


def sign_in(sandbox: Sandbox) -> None:
    """Sign in to the sandbox with the real `lamindb_setup.login`.

    It runs in a separate process, because lamindb_setup reads the settings folder at
    import.

    Raises:
        SandboxError: If the sign-in fails. The message has lamindb_setup's reason.
    """
    try:
        result = subprocess.run(  # noqa: S603  # our own interpreter, a constant script
            [sys.executable, "-c", _LOGIN],
            input=f"{sandbox.api_key}\n",  # Other users can see arguments.
            env=environment(sandbox),
            capture_output=True,
            check=False,
            text=True,
            timeout=SIGN_IN_S,
        )
    except subprocess.TimeoutExpired:
        raise SandboxError(
            f"The sandbox sign-in took more than {SIGN_IN_S:g} s."
        ) from None
    if result.returncode:
        # The last line of a traceback has the reason.
        lines = (result.stdout + result.stderr).strip().splitlines()
        raise SandboxError(f"The sandbox sign-in failed: {lines[-1]}")
