"""The README: its blocks run, its names exist, and its quotes are current."""

from __future__ import annotations

import importlib.metadata
import re

import pytest
from browser.front_ends import FRONT_ENDS
from browser.front_ends.panel import Panel
from documents import ROOT, blocks

from lamin_widgets.core.failures import CATALOG

README = (ROOT / "README.md").read_text(encoding="utf-8")
SHELL = blocks("README.md", "bash")


@pytest.mark.parametrize("code", blocks("README.md", "python"))
def test_readme_python_runs(run_block, code):
    ended = run_block("python", code)
    assert ended.returncode == 0, ended.stderr
    assert "✗" not in ended.stdout
    if "server.test" in code:
        assert "✓ Test connection" in ended.stdout


@pytest.mark.parametrize("code", [code for code in SHELL if "lamin-widgets" in code])
def test_readme_commands_run(run_block, code):
    ended = run_block("bash", code)
    assert ended.returncode == 0, ended.stderr


def test_readme_installs_this_project():
    assert "pip install .\n" in SHELL
    assert importlib.metadata.version("lamin_widgets")
    assert 'name = "lamin_widgets"' in (ROOT / "pyproject.toml").read_text()


def test_readme_names_the_two_commands():
    assert {"make demo\n", "make test\n"} <= {*SHELL}


def test_readme_runs_every_block():
    run = [code for code in SHELL if re.match("make|lamin-widgets|pip install", code)]
    assert run == SHELL
    assert len(re.findall(r"^ *```\w", README, re.MULTILINE)) == len(
        SHELL + blocks("README.md", "python")
    )


def test_readme_lists_the_environments_of_the_tests():
    rows = re.findall(r"^\| ([^|]+) \| (Tested|Not supported)", README, re.MULTILINE)
    names = dict.fromkeys(("Tested", "Not supported"), "")
    for environments, status in rows:
        names[status] += environments
    assert not [name for name in FRONT_ENDS if name not in names["Tested"]]
    assert Panel.name in names["Not supported"]


def test_readme_quotes_sentences_of_the_catalog():
    titles = "\n".join(row.title for row in CATALOG.values())
    quoted = re.findall(r"^\| \*([^*]+\.)\* \|", README, re.MULTILINE)
    assert len(quoted) >= 2
    for text in quoted:
        pattern = re.escape(text).replace("…", r"\{\w+\}")
        assert re.search(pattern, titles), text
