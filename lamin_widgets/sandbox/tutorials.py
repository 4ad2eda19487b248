"""The tutorial notebooks, and the sandbox's server for them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any, Final

import lamin_widgets
from lamin_widgets.core.errors import LaminWidgetsError
from lamin_widgets.sandbox.control import SandboxControl
from lamin_widgets.sandbox.errors import SandboxError

_LINK_TO_DOCS: Final = re.compile(r"\[([^][\n]+)\]\(\.\./(docs/[^)\n]+)\)")


def find_notebooks() -> Path:
    """Return the folder with the tutorials.

    Raises:
        SandboxError: If the tutorials aren't installed.
    """
    folder = Path(lamin_widgets.__file__).resolve().parent / "notebooks"
    first_notebook(folder)
    return folder


def copy_notebooks(folder: Path) -> None:
    """Copy the tutorials into a new folder.

    Links to the documentation become text, because it isn't copied.

    Raises:
        SandboxError: If the tutorials aren't installed.
    """
    hidden = shutil.ignore_patterns(".*", "__pycache__")
    shutil.copytree(find_notebooks(), folder, ignore=hidden)
    for path in folder.glob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        text = _LINK_TO_DOCS.sub(r"\1 (`\2` in the repository)", text)
        path.write_text(text, encoding="utf-8")


def first_notebook(folder: Path) -> str:
    """Return the file name of the first tutorial in a folder.

    Raises:
        SandboxError: If the folder has no tutorial.
    """
    names = sorted(path.name for path in folder.glob("01-*.ipynb") if path.is_file())
    if not names:
        raise SandboxError("The tutorial notebooks aren't installed with this package.")
    return names[0]


def sandbox_server() -> dict[str, Any]:
    """Return the host, port, and password of the sandbox, or {} without a sandbox."""
    try:
        details = SandboxControl.from_environment().details()
    except LaminWidgetsError:
        return {}
    return {
        "host": details.host,
        "port": details.port,
        "password": details.password,
    }
