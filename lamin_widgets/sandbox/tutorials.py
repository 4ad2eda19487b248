"""Where the tutorial notebooks are."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import lamin_widgets
from lamin_widgets.sandbox.errors import SandboxError

FIRST: Final = "01-register-a-db-server.ipynb"


def find_notebooks() -> Path:
    """Find the folder with the tutorials, in a checkout and in an installed wheel.

    Raises:
        SandboxError: They were not installed.
    """
    package = Path(lamin_widgets.__file__).resolve().parent
    candidates = (
        package.parent / "notebooks",
        package / "notebooks",
        Path(sys.prefix) / "share" / "lamin_widgets" / "notebooks",
    )
    for folder in candidates:
        if (folder / FIRST).is_file():
            return folder
    raise SandboxError("The tutorial notebooks are not installed with this package")
