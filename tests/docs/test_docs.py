"""The reference is built without a warning, offline, and says what the code says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import lamin_widgets
from lamin_widgets.core.failures import CAUSES

DOCS = Path(__file__).parents[2] / "docs"
OPTIONS = ["--builder=html", "--fail-on-warning", "--keep-going", "--quiet"]


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    ended = subprocess.run(
        [sys.executable, "-m", "sphinx", *OPTIONS, DOCS, folder / "html"],
        capture_output=True,
        check=False,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    return folder / "html"


def test_every_failure_is_explained(html: Path):
    page = (html / "failures.html").read_text()
    for cause in CAUSES:
        assert f'<dt id="{cause}">' in page, cause


@pytest.mark.parametrize("name", lamin_widgets.__all__)
def test_every_public_name_is_described(html: Path, name: str):
    page = (html / "api.html").read_text()
    assert f'id="lamin_widgets.{name}"' in page


@pytest.mark.parametrize(
    "page", ["index", "security", "architecture", "tutorials/01-register-a-db-server"]
)
def test_a_page_needs_no_other_machine(html: Path, page: str):
    text = (html / f"{page}.html").read_text()
    loaded = re.findall(r"<(?:script|img)[^>]*src=\"([^\"]+)\"", text)
    loaded += re.findall(r"<link[^>]*stylesheet[^>]*href=\"([^\"]+)\"", text)
    assert loaded
    assert not [address for address in loaded if "//" in address]
