"""The published distributions: their files, and their metadata."""

from __future__ import annotations

import sys
import tarfile
import zipfile
from email import message_from_string
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from release.installed import run

import lamin_widgets

ROOT = Path(__file__).parents[2]
SHIPPED = [
    *("cli/schema.json", "core/regions.json", "form/templates/register.sh"),
    *("notebooks/01-register-a-db-server.ipynb", "py.typed", "static/view.css"),
    "static/view.js",
]


@pytest.fixture(scope="module")
def wheel_files(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def metadata(wheel_files):
    (name,) = (name for name in wheel_files if name.endswith(".dist-info/METADATA"))
    return message_from_string(wheel_files[name].decode())


def test_wheel_contains_only_the_package(wheel_files):
    """Compare the wheel, built from the sdist, with the files of the checkout."""
    package = {
        str(path.relative_to(ROOT)): path.read_bytes()
        for path in (ROOT / "lamin_widgets").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    described = {name for name in wheel_files if ".dist-info/" in name}
    assert set(wheel_files) - described == set(package)
    assert [name for name in package if wheel_files[name] != package[name]] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_wheel_contains_the_data_files(wheel_files, name):
    assert f"lamin_widgets/{name}" in wheel_files


def test_sdist_contains_tests_and_docs_without_built_files(sdist):
    with tarfile.open(sdist) as archive:
        names = [name.split("/", 1)[1] for name in archive.getnames()]
    for wanted in ("CHANGELOG.md", "LICENSE", "docs/conf.py", "tests/conftest.py"):
        assert wanted in names
    built = ("docs/_build", "docs/tutorials/", "__pycache__", "node_modules", "/.")
    allowed = {"docs/.gitignore", "tests/browser/front_ends/.npmrc"}
    found = {name for name in names if any(mark in name for mark in built)}
    assert found <= allowed


def test_twine_accepts_wheel_and_sdist(wheel, sdist):
    run(sys.executable, "-m", "twine", "check", "--strict", wheel, sdist)


def test_wheel_files_are_in_valid_places(wheel):
    run(sys.executable, "-m", "check_wheel_contents", wheel)


def test_metadata_has_version_license_and_python_versions(metadata):
    assert metadata["Version"] == lamin_widgets.__version__
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Description-Content-Type"] == "text/markdown"
    classifiers = metadata.get_all("Classifier")
    supported = SpecifierSet(metadata["Requires-Python"])
    for minor in range(10, 14):
        assert supported.contains(f"3.{minor}")
        assert f"Programming Language :: Python :: 3.{minor}" in classifiers


def test_every_dependency_has_a_lower_bound(metadata):
    needed = [Requirement(text) for text in metadata.get_all("Requires-Dist")]
    for_users = [
        requirement
        for requirement in needed
        if requirement.marker is None
        or requirement.marker.evaluate({"extra": "sandbox"})
    ]
    assert len(for_users) > 5
    assert [str(it) for it in for_users if ">=" not in str(it.specifier)] == []
