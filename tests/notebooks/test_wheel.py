"""The wheel contains the tutorials and their pictures."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
FIND = """
from lamin_widgets.sandbox.tutorials import find_notebooks
print(find_notebooks())
"""


def test_demo_finds_the_tutorials_in_an_installed_wheel(tmp_path: Path):
    subprocess.run(
        [sys.executable, "-m", "flit_core.wheel", "--outdir", tmp_path],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    ended = subprocess.run(
        [sys.executable, "-c", FIND],
        env={**os.environ, "PYTHONPATH": str(installed)},
        cwd=tmp_path,
        capture_output=True,
        check=True,
        text=True,
    )
    found = Path(ended.stdout.strip())
    assert found.is_relative_to(installed)
    notebooks = ROOT / "notebooks"
    for pattern in ("*.ipynb", "images/*.png"):
        kept = sorted(path.relative_to(notebooks) for path in notebooks.glob(pattern))
        assert kept
        assert kept == sorted(path.relative_to(found) for path in found.glob(pattern))
        for name in kept:
            assert (found / name).read_bytes() == (notebooks / name).read_bytes()
