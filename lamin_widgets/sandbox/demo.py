"""The demo: JupyterLab with the first tutorial, signed in to a sandbox."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import secrets
import signal
import site
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

from lamin_widgets.sandbox.errors import SandboxError
from lamin_widgets.sandbox.process import environment, sign_in
from lamin_widgets.sandbox.tutorials import (
    copy_notebooks,
    find_notebooks,
    first_notebook,
)

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Self

    from lamin_widgets.sandbox.sandbox import Sandbox

STOP_S: Final = 15.0
_TICK_S: Final = 0.05


def check_requirements() -> None:
    """Check that the demo can start.

    Raises:
        SandboxError: If JupyterLab or the tutorials aren't installed.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise SandboxError(
            "The demo requires JupyterLab. Install it with: "
            "pip install 'lamin_widgets[sandbox]', or in a clone: "
            "pip install '.[sandbox]'"
        )
    find_notebooks()


class Demo:
    """JupyterLab on a copy of the tutorials.

    Args:
        sandbox: A running sandbox. The copy is deleted with it.
        port: JupyterLab's port. Default: JupyterLab selects one.

    Attributes:
        url: URL of the first tutorial, after `start` has returned.
    """

    def __init__(self, sandbox: Sandbox, *, port: int | None = None) -> None:
        self._sandbox = sandbox
        self._port = port
        self._folder = sandbox.folder("demo")
        self._notebooks = self._folder / "notebooks"
        copy_notebooks(self._notebooks)
        self._first = first_notebook(self._notebooks)
        self._log = self._folder / "jupyterlab.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start JupyterLab and sign in to the sandbox at the same time.

        Raises:
            SandboxError: If JupyterLab exits, or the sign-in fails.
        """
        _write_settings(self._folder)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603  # our interpreter, no shell
                self._command(),
                env=environment(self._sandbox) | _private_folders(self._folder),
                # With this input, JupyterLab doesn't ask to confirm Ctrl+C.
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._sandbox.protect(self._process.pid)
        try:
            sign_in(self._sandbox)
            self.url = self._wait_for_url(self._process)
        except BaseException:
            self.stop()
            raise

    def wait(self) -> None:
        """Wait until JupyterLab is shut down.

        Raises:
            SandboxError: If JupyterLab exits with an error.
        """
        if self._process is not None and (status := self._process.wait()):
            raise self._exit_error(status)

    def stop(self) -> None:
        """Stop JupyterLab and its kernels."""
        process, self._process = self._process, None
        if process is not None:
            end(process)
            self._sandbox.release(process.pid)

    def _wait_for_url(self, process: subprocess.Popen[bytes]) -> str:
        while not (url := self._find_url()):
            with contextlib.suppress(subprocess.TimeoutExpired):
                raise self._exit_error(process.wait(_TICK_S))
        return url

    def _exit_error(self, status: int) -> SandboxError:
        lines = self._log.read_text(errors="replace").splitlines()
        # If a signal ended the process, the log has no reason.
        reason = f" {lines[-1]}" if lines and status > 0 else ""
        return SandboxError(
            f"JupyterLab exited unexpectedly (status {status}).{reason}"
        )

    def _find_url(self) -> str:
        for path in (self._folder / "jupyter_runtime_dir").glob("jpserver-*.json"):
            with contextlib.suppress(ValueError):  # The file might be incomplete.
                known: dict[str, Any] = json.loads(path.read_text())
                return f"{known['url']}lab/tree/{self._first}?token={known['token']}"
        return ""

    def _command(self) -> list[str]:
        command = [
            *(sys.executable, "-m", "jupyterlab", "--ip=127.0.0.1", "--no-browser"),
            f"--ServerApp.root_dir={self._notebooks}",
            # Don't change the user's own settings and layout.
            f"--LabApp.user_settings_dir={self._folder / 'settings'}",
            f"--LabApp.workspaces_dir={self._folder / 'workspaces'}",
            # Send nothing to other machines.
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            "--LabApp.news_url=",
        ]
        if self._port is not None:
            command.append(f"--port={self._port}")
        if os.geteuid() == 0:
            command.append("--allow-root")  # Containers run it as root.
        return command


def end(process: subprocess.Popen[bytes], timeout_s: float = STOP_S) -> None:
    """End a process that leads a session, and everything in its process group."""
    process.terminate()
    try:
        process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    with contextlib.suppress(ProcessLookupError):  # No kernels are left.
        os.killpg(process.pid, signal.SIGKILL)


def _private_folders(folder: Path) -> dict[str, str]:
    """Return variables that make JupyterLab use its own folders for all files."""
    names = (
        *("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"),
        *("IPYTHONDIR", "HOME"),
    )
    private = {name: str(folder / name.lower()) for name in names}
    # Keep the packages that are installed in the user's home.
    return {**private, "PYTHONUSERBASE": site.getuserbase()}


def _write_settings(folder: Path) -> None:
    # JupyterLab doesn't log a token that it didn't generate.
    server = {"IdentityProvider": {"token": secrets.token_hex(24)}}
    # Prevent JupyterLab's question about fetching news.
    notification = "@jupyterlab/apputils-extension/notification.jupyterlab-settings"
    news = {"fetchNews": "false", "checkForUpdates": False}
    (folder / "home").mkdir()
    for name, content in {
        "jupyter_config_dir/jupyter_server_config.json": server,
        f"settings/{notification}": news,
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(content))
