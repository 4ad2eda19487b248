"""The built distributions, and the wheel installed as users install it."""

from __future__ import annotations

import shutil
import sys

import pytest
from environments import ROOT, Installed, python_of, ran

TEST_TOOLS = ("hypothesis", "pytest", "pytest-timeout")


@pytest.fixture(scope="session")
def dist(tmp_path_factory):
    """The folder with the sdist, and the wheel that was built from the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    build = ("-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    ran(sys.executable, *build, cwd=folder)
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
def install(wheel, sdist, environ_before, tmp_path_factory):
    """Return a function that installs the wheel, with an extra, for a Python."""

    def into_clean_environment(version, extra=""):
        folder = tmp_path_factory.mktemp(f"python{version}")
        ran(python_of(version), "-m", "venv", folder / "venv")
        python = folder / "venv" / "bin" / "python"
        # With the machine's own mirror, proxy and cache
        environ = {**environ_before, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        pip = (python, "-m", "pip", "install", "--quiet")
        ran(*pip, f"{wheel}{extra}", *TEST_TOOLS, env=environ)
        ran("tar", "-xf", sdist, "-C", folder)
        (source,) = folder.glob("lamin_widgets-*")
        shutil.rmtree(source / "lamin_widgets")
        return Installed(python, source)

    return into_clean_environment


@pytest.fixture(scope="session")
def plain(install):
    """What `pip install lamin_widgets` gives, on the oldest Python."""
    return install("3.10")


@pytest.fixture(scope="session")
def with_sandbox(install):
    """What `pip install 'lamin_widgets[sandbox]'` gives, on the newest Python."""
    return install("3.13", "[sandbox]")
