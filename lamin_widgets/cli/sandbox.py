"""The commands `sandbox` and `demo`."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import threading
import webbrowser
from typing import TYPE_CHECKING, Final

from lamin_widgets.cli.signals import handle_signals
from lamin_widgets.sandbox.control import SandboxControl

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from lamin_widgets.sandbox import Sandbox

_SIGNALS: Final = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if hasattr(signal, name)  # Windows has no SIGHUP.
)
_GLANCE_S: Final = 1.0
_UNSET: Final = (
    "unset LAMIN_API_URL LAMIN_ENV SUPABASE_API_URL SUPABASE_ANON_KEY "
    "LAMIN_SETTINGS_DIR LAMIN_WIDGETS_SANDBOX LAMIN_WIDGETS_SANDBOX_FILE "
    "DB_HOST DB_PORT PGPASSWORD LAMIN_API_KEY"
)
"""A command that unsets the sandbox's variables, except NO_PROXY, which can contain
other hosts."""


def sandbox(options: argparse.Namespace) -> int:
    """Run a sandbox, and return the exit status."""
    if options.stop:
        SandboxControl.from_environment().stop()
        print(_UNSET)
        return 0
    if options.export:
        return _start_in_background()
    if options.serve is not None:
        return _serve_in_background(options.serve)
    with _run_sandbox() as box:
        print(_details(box), flush=True)
        try:
            box.stop_requested.wait()
        finally:
            print("\n# To clean up, run this where you set these variables:")
            print(_UNSET)
    return 0


def demo(options: argparse.Namespace) -> int:
    """Run the demo, and return the exit status."""
    if options.check:
        return _check()
    from lamin_widgets.sandbox.demo import Demo, check_requirements  # slow

    check_requirements()
    with _run_sandbox() as box:
        jupyterlab = Demo(box, port=options.port)
        print(
            f"Sandbox: nothing leaves this machine. Signed in as {box.handle}.\n"
            f"PostgreSQL: host {box.database.host}, port {box.database.port}, "
            f"password {box.database.password}\n"
            f"API key: {box.api_key}\n"
            "Starting JupyterLab…",
            flush=True,
        )
        with jupyterlab:
            print(f"JupyterLab: {jupyterlab.url}\nPress Ctrl+C to stop.", flush=True)
            if not options.no_browser:
                _open_browser(jupyterlab.url)
            jupyterlab.wait()
    return 0


def _check() -> int:
    from lamin_widgets.sandbox import journey  # needs the extra

    is_good = False
    with _run_sandbox() as box:
        is_good = journey.run(box)
    return 0 if is_good else 1


@contextlib.contextmanager
def _run_sandbox() -> Iterator[Sandbox]:
    """Run a sandbox within the block, and stop it at the end or on a signal."""
    from lamin_widgets.sandbox import Sandbox  # needs the extra

    is_interrupted = False
    # Handle Ctrl+C explicitly, because some shells start a process that ignores it.
    with handle_signals(_SIGNALS, _interrupt):
        box = Sandbox()
        try:
            box.start()
            yield box
        except KeyboardInterrupt:
            is_interrupted = True  # Ctrl+C is the normal way to stop.
        finally:
            for number in _SIGNALS:
                signal.signal(number, signal.SIG_IGN)  # Don't interrupt the cleanup.
            box.stop()
    if is_interrupted:
        print("\nSandbox stopped. Its files are deleted.")


def _export_commands(variables: Mapping[str, str]) -> str:
    """Return shell commands that set environment variables."""
    return "\n".join(
        f"export {name}={shlex.quote(text)}" for name, text in variables.items()
    )


def _script_variables(box: Sandbox) -> dict[str, str]:
    """Return the variables that only scripts need."""
    return {
        "DB_HOST": box.database.host,
        "DB_PORT": str(box.database.port),
        "PGPASSWORD": box.database.password,
        "LAMIN_API_KEY": box.api_key,
    }


def _details(box: Sandbox) -> str:
    return f"""\
# 1. To use the sandbox in a notebook, run these lines in another terminal and start
#    Jupyter from it. If a form shows "Not signed in", enter the API key below.
{_export_commands(box.environ)}

# Host             {box.database.host}
# Port             {box.database.port}
# Password         {box.database.password}
# API key          {box.api_key}
# Organization ID  {box.organization_id}
# Second API       {box.published_api_url}
#                  (requires the organization ID)

# 2. To use the sandbox in a script, also run these lines:
{_export_commands(_script_variables(box))}

# Press Ctrl+C to stop."""


def _start_in_background() -> int:
    """Start a sandbox in another process, and print its variables."""
    command = [sys.executable, "-m", "lamin_widgets", "sandbox", "--serve"]
    with subprocess.Popen(  # noqa: S603  # our own interpreter and package
        [*command, str(os.getsid(0))],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl+C in the terminal must not stop the child.
        text=True,
    ) as process:
        try:
            # The child closes its output when it's ready.
            text = process.stdout.read() if process.stdout else ""
        except KeyboardInterrupt:
            process.terminate()
            raise
        if not text:
            return process.wait()
        print(text, end="")
        process.returncode = 0  # The child keeps running, so don't wait for it.
    return 0


def _serve_in_background(session: int) -> int:
    """Run a sandbox until it's asked to stop, or its terminal session ends.

    Args:
        session: Process id of the leader of the session, or 0 if unknown.
    """
    with _run_sandbox() as box:
        print(_export_commands({**box.environ, **_script_variables(box)}), flush=True)
        # Close the output, because `_start_in_background` reads until its end.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            os.dup2(nowhere, stream.fileno())
        while not box.stop_requested.wait(_GLANCE_S):
            if not _is_session(session):
                break
    return 0


def _is_session(leader: int) -> bool:
    """Return whether a terminal session still has its leader."""
    if not leader:
        return True
    try:
        return os.getsid(leader) == leader
    except ProcessLookupError:
        return False
    except PermissionError:  # Some systems don't report other sessions.
        return True


def _open_browser(url: str) -> None:
    """Open the default browser, unless it would be a browser in this terminal."""
    graphical = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")
    if sys.platform != "linux" or any(name in os.environ for name in graphical):
        threading.Thread(target=webbrowser.open, args=[url, 2], daemon=True).start()


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
