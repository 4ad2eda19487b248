"""JupyterLab on the first tutorial, signed in to a sandbox."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from lamin_widgets.sandbox.errors import SandboxError
from lamin_widgets.sandbox.process import environment, sign_in
from lamin_widgets.sandbox.tutorials import FIRST, find_notebooks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lamin_widgets.sandbox.box import Sandbox

_PATIENCE_S: Final = 15.0
_TICK_S: Final = 0.1


def prepare(box: Sandbox) -> Path:
    """Sign in, and copy the tutorials.

    Args:
        box: A running sandbox.

    Returns:
        The folder with the copy, which is removed with the sandbox.

    Raises:
        SandboxError: JupyterLab or the tutorials are not installed.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise SandboxError(
            "The demo needs JupyterLab: pip install 'lamin_widgets[sandbox]'"
        )
    notebooks = shutil.copytree(
        find_notebooks(),
        box.folder("demo") / "notebooks",
        ignore=shutil.ignore_patterns(".*", "__pycache__"),
    )
    sign_in(box)
    return notebooks


def run(
    box: Sandbox,
    notebooks: Path,
    *,
    port: int | None,
    browser: bool,
    say: Callable[[str], None],
) -> None:
    """Run JupyterLab until it ends.

    Args:
        box: A running sandbox.
        notebooks: The folder that `prepare` gave.
        port: JupyterLab's port; its own choice by default.
        browser: Whether JupyterLab opens a browser.
        say: Told the address, as soon as JupyterLab listens there.

    Raises:
        SandboxError: It ended by itself, and not well.
    """
    folder = notebooks.parent
    _settle(folder)
    with subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
        _command(notebooks, folder, port=port, browser=browser),
        env=environment(box) | _own_folders(folder),
        stdin=subprocess.DEVNULL,  # else it asks whether Ctrl-C was meant
        start_new_session=True,
    ) as lab:
        box.adopt(lab.pid)
        try:
            if address := _address(lab, folder):
                say(address)
            status = lab.wait()
        finally:
            _end(lab)
    if status:
        raise SandboxError(f"JupyterLab ended by itself, with status {status}")


def _own_folders(folder: Path) -> dict[str, str]:
    """Keep what JupyterLab writes apart from the person's own."""
    names = (
        *("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"),
        "IPYTHONDIR",
        "npm_config_cache",  # asked by jupyter_lsp where it is, npm writes a log
    )
    return {name: str(folder / name.lower()) for name in names}


def _settle(folder: Path) -> None:
    """Write the settings that a demo needs."""
    quiet = {"log_level": "ERROR"}  # the address and the password stay in sight
    server = {
        # One that JupyterLab makes itself, it announces in a log of its own.
        "IdentityProvider": {"token": secrets.token_hex(24)},
        "ServerApp": quiet,
        "LabApp": quiet,
    }
    # Each kernel warns that it talks TCP in plain text: it does so on loopback only.
    kernel = {"IPKernelApp": quiet}
    # JupyterLab's question about news: nothing leaves this machine.
    notification = "@jupyterlab/apputils-extension/notification.jupyterlab-settings"
    news = {"fetchNews": "false", "checkForUpdates": False}
    for name, content in {
        "jupyter_config_dir/jupyter_server_config.json": server,
        "ipythondir/profile_default/ipython_kernel_config.json": kernel,
        f"settings/{notification}": news,
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(content))


def _address(lab: subprocess.Popen[bytes], folder: Path) -> str | None:
    """Wait until JupyterLab has a port; None if it ends instead."""
    while lab.poll() is None:
        for path in (folder / "jupyter_runtime_dir").glob("jpserver-*.json"):
            with contextlib.suppress(ValueError):  # half written
                known = json.loads(path.read_text())
                return f"{known['url']}lab/tree/{FIRST}?token={known['token']}"
        with contextlib.suppress(subprocess.TimeoutExpired):
            lab.wait(_TICK_S)
    return None


def _command(
    notebooks: Path, folder: Path, *, port: int | None, browser: bool
) -> list[str]:
    command = [sys.executable, "-m", "jupyterlab", "--ip=127.0.0.1"]
    command += [
        f"--ServerApp.root_dir={notebooks}",
        f"--LabApp.default_url=/lab/tree/{FIRST}",
        # Some browsers may not read our private folder, where the file would be.
        "--ServerApp.use_redirect_file=False",
        # The settings and the layout of the person's own JupyterLab stay as they are.
        f"--LabApp.user_settings_dir={folder / 'settings'}",
        f"--LabApp.workspaces_dir={folder / 'workspaces'}",
        # Nothing leaves this machine.
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.news_url=",
    ]
    if port is not None:
        command.append(f"--port={port}")
    if not browser:
        command.append("--no-browser")
    if os.geteuid() == 0:  # pragma: no branch - the tests run as one user
        command.append("--allow-root")  # it refuses root else, as in containers
    return command


def _end(lab: subprocess.Popen[bytes]) -> None:
    if lab.poll() is None:
        lab.terminate()
        try:
            lab.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            lab.kill()
            lab.wait()
    # Kernels that it left behind are in its session.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(lab.pid, signal.SIGKILL)
