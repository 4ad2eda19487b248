"""What is published: the files, and what an index is told about them."""

from __future__ import annotations

import sys
import tarfile
import zipfile
from email import message_from_string

import pytest
from environments import ROOT, ran
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import lamin_widgets

SHIPPED = [
    "notebooks/01-register-a-db-server.ipynb",
    "py.typed",
    "regions.json",
    "static/db-server.css",
    "static/db-server.js",
    "templates/register.py.txt",
    "templates/register.sh",
]


@pytest.fixture(scope="module")
def wheel_files(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def metadata(wheel_files):
    (name,) = (name for name in wheel_files if name.endswith(".dist-info/METADATA"))
    return message_from_string(wheel_files[name].decode())


def test_the_wheel_is_the_package_and_nothing_else(wheel_files):
    """Built from the sdist, it is byte for byte what the checkout has."""
    package = {
        str(path.relative_to(ROOT)): path.read_bytes()
        for path in (ROOT / "lamin_widgets").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    described = {name for name in wheel_files if ".dist-info/" in name}
    assert set(wheel_files) - described == set(package)
    assert [name for name in package if wheel_files[name] != package[name]] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_what_the_form_needs_beside_code_is_in_the_wheel(wheel_files, name):
    assert f"lamin_widgets/{name}" in wheel_files


def test_the_sdist_has_what_tests_and_docs_need_and_nothing_that_was_built(sdist):
    with tarfile.open(sdist) as archive:
        names = [name.split("/", 1)[1] for name in archive.getnames()]
    for wanted in ("CHANGELOG.md", "LICENSE", "docs/conf.py", "tests/conftest.py"):
        assert wanted in names
    built = ("docs/_build", "docs/tutorials/", "/.", "__pycache__")
    found = [name for name in names if any(mark in name for mark in built)]
    assert found in ([], ["docs/.gitignore"])


def test_an_index_accepts_both(wheel, sdist):
    ran(sys.executable, "-m", "twine", "check", "--strict", wheel, sdist)


def test_nothing_in_the_wheel_is_in_a_wrong_place(wheel):
    ran(sys.executable, "-m", "check_wheel_contents", wheel)


def test_an_index_shows_the_version_the_licence_and_the_pythons(metadata):
    assert metadata["Version"] == lamin_widgets.__version__
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Description-Content-Type"] == "text/markdown"
    classifiers = metadata.get_all("Classifier")
    supported = SpecifierSet(metadata["Requires-Python"])
    for minor in range(10, 14):
        assert supported.contains(f"3.{minor}")
        assert f"Programming Language :: Python :: 3.{minor}" in classifiers


def test_every_package_that_a_user_gets_has_an_oldest_version(metadata):
    needed = [Requirement(text) for text in metadata.get_all("Requires-Dist")]
    for_users = [
        requirement
        for requirement in needed
        if requirement.marker is None
        or requirement.marker.evaluate({"extra": "sandbox"})
    ]
    assert len(for_users) > 5
    assert [str(it) for it in for_users if ">=" not in str(it.specifier)] == []
