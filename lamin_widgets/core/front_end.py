"""Recognition of the front end: a notebook, or an app that visitors can use."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lamin_widgets.core.failures.failure import Place


def reader_place() -> Place:
    """Return the place where the reader of an outcome can run a command.

    Voilà has no cells to run code in, so its operator runs commands in a shell.
    """
    return "shell" if _notebook_kernel() is None else "cell"


def is_shared(comm: object) -> bool:
    """Return whether visitors who don't own this process could use a form.

    A form in a notebook, or in marimo's editor, serves the owner of its kernel. Every
    other front end counts as shared, because apps of Voilà, Shiny, Panel, Solara, and
    marimo can serve anyone. A notebook's kernel can also serve an app. So the form's
    comm decides, which knows the kernel that it belongs to.
    """
    kernel = getattr(comm, "kernel", None)
    if kernel is not None and kernel is _notebook_kernel():
        return False
    marimo = sys.modules.get("marimo")
    is_marimos = type(comm).__module__.partition(".")[0] == "marimo"
    return not (is_marimos and marimo and marimo.app_meta().mode == "edit")


def _notebook_kernel() -> object | None:
    """Return the kernel of the notebook that runs in this process, or None.

    Solara has a substitute for the shell of IPython. Voilà and Mercury set environment
    variables for the kernels of their visitors.
    """
    ipython = sys.modules.get("IPython")
    if ipython is None:
        return None
    shell = ipython.get_ipython()
    is_app = os.environ.get("SERVER_SOFTWARE", "").startswith("voila") or any(
        name.startswith(("MERCURY_", "VOILA_")) for name in os.environ
    )
    if is_app or not isinstance(shell, ipython.InteractiveShell):
        return None
    return getattr(shell, "kernel", None)
