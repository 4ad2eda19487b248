"""The built distributions, and the wheel installed as users install it."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from release.installed import Installed, run

ROOT = Path(__file__).parents[2]
VERSION = "import ensurepip, sys; print('%d.%d' % sys.version_info[:2])"


@pytest.fixture(scope="session")
def dist(tmp_path_factory):
    """The folder with the sdist, and the wheel that was built from the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    build = ("-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    run(sys.executable, *build, cwd=folder)
    return folder


@pytest.fixture(scope="session")
def wheel(dist):
    (path,) = dist.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def sdist(dist):
    (path,) = dist.glob("*.tar.gz")
    return path


@pytest.fixture(scope="session")
def install(wheel, environ_before, tmp_path_factory):
    """A function that installs the wheel, with an extra, for a Python."""

    def into_clean_environment(version: str, extra: str = "") -> Installed:
        folder = tmp_path_factory.mktemp(f"python{version}")
        run(python_of(version), "-m", "venv", "--without-pip", folder / "venv")
        installed = Installed(folder / "venv" / "bin" / "python", folder)
        installed.install(f"{wheel}{extra}", environ_before)
        return installed

    return into_clean_environment


@pytest.fixture(scope="session")
def plain(install):
    """The result of `pip install lamin_widgets`, on the oldest Python."""
    return install("3.10")


@pytest.fixture(scope="session")
def with_sandbox(install):
    """The result of `pip install 'lamin_widgets[sandbox]'`, on the newest Python."""
    return install("3.13", "[sandbox]")


def python_of(version: str) -> Path:
    """Return an interpreter of a version, or ours if this machine has none."""
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)  # The tests set an empty $HOME.
    pyenv = Path(os.environ.get("PYENV_ROOT", home / ".pyenv"))
    candidates = [
        *pyenv.glob(f"versions/{version}.*/bin/python"),
        shutil.which(f"python{version}"),
    ]
    for candidate in filter(None, candidates):
        asked = subprocess.run(
            [candidate, "-c", VERSION], check=False, capture_output=True, text=True
        )
        if asked.stdout.strip() == version:
            return Path(candidate)
    return Path(sys.executable)
