"""Findings and false positives of `tools/check_texts.py`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from doubles.processes import run_command

ROOT = Path(__file__).parents[2]
WRONG = {
    "docs/word.md": "You cannot mend it.",
    "docs/ending.md": "It works, too.",
    "docs/heading.md": "# Register A Server",
    "docs/period.md": "# Register a server.",
    "docs/width.md": "word " * 20,
    "notebooks/cell.ipynb": "Look at it from here.",
    "lamin_widgets/docstring.py": '"""Nobody is signed in."""',
    "lamin_widgets/string.py": 'TITLE = "The server does not answer at all."',
    "lamin_widgets/comment.py": "# somebody else's",
    "tests/test_name.py": "def test_nobody_is_signed_in(): ...",
    "view/text.ts": 'const text = "This form has to reload.";',
}
RIGHT = {
    "docs/right.md": "# Register a PostgreSQL server\n\nYou can't `mend` «cannot» it.",
    "docs/code.md": "```text\nIt cannot be mended.\n```",
    "docs/table.md": "| A | B |\n|---|---|\n| " + "word " * 30 + "| b |",
    "lamin_widgets/foreign.py": 'TEXT = r"database \\"(.+)\\" does not exist"',
    "lamin_widgets/name.py": "cannot_be = mend = 1",
    "tests/test_right.py": 'def test_amended_port(): ...\n\n\nTEXT = "It cannot work."',
}


@pytest.fixture
def check(tmp_path):
    """Return a function that checks files in a repository of their own."""
    script = tmp_path / "tools" / "check_texts.py"
    script.parent.mkdir()
    shutil.copy(ROOT / "tools" / "check_texts.py", script)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)

    def run(files: dict[str, str], *arguments: str) -> list[str]:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            if name.endswith(".ipynb"):
                cells = [{"cell_type": "markdown", "source": [text]}]
                text = json.dumps({"cells": cells})  # noqa: PLW2901
            path.write_text(text, encoding="utf-8")
        ended = run_command(sys.executable, script, *arguments)
        assert ended.returncode == bool(ended.stdout), ended.stderr
        return ended.stdout.splitlines()

    return run


def test_check_finds_each_kind_of_problem(check):
    found = check(WRONG)
    assert sorted({line.partition(":")[0] for line in found}) == sorted(WRONG)


def test_check_accepts_code_quotes_and_tables(check):
    assert check(RIGHT) == []


@pytest.mark.parametrize(
    ("subject", "right"),
    [
        ("🐛 Keep the API key field open", True),
        ("Keep the API key field open", False),
        ("🐛 Fixed the API key field", False),
        ("🐛 A key that Lamin cannot read", False),
        ("🐛 Keep the key" + " field" * 12, False),
    ],
)
def test_check_reads_commit_subjects(check, tmp_path, subject, right):
    git = ["git", "-C", tmp_path, "-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run(
        [*git, "commit", "--quiet", "--allow-empty", "-m", subject], check=True
    )
    assert (check({}, "--commits", "HEAD") == []) == right
