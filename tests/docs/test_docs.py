"""The documentation: it builds without warnings and offline, and its links work."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys

import nbformat
import pytest
import yaml
from documents import ROOT, blocks
from doubles.processes import run_command

import lamin_widgets
from lamin_widgets import Secret
from lamin_widgets.cli.commands import parse
from lamin_widgets.core.connection_strings import read
from lamin_widgets.core.failures import CATALOG
from lamin_widgets.form.fields import FIELDS

OPTIONS = ["--builder=html", "--fail-on-warning", "--keep-going", "--quiet"]
PAGES = [
    *("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"),
    *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))),
    *(f"docs/how-to/{path.name}" for path in sorted((ROOT / "docs/how-to").glob("*"))),
]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CI_COMMANDS = ("lamin-widgets register", "lamin-widgets test")


@pytest.fixture(scope="session")
def html(tmp_path_factory):
    folder = tmp_path_factory.mktemp("docs")
    ended = run_command(
        sys.executable, "-m", "sphinx", *OPTIONS, ROOT / "docs", folder / "html"
    )
    assert ended.returncode == 0, ended.stderr
    return folder / "html"


@pytest.mark.full
def test_python_page_describes_every_public_name(html):
    page = (html / "python.html").read_text()
    for name in lamin_widgets.__all__:
        assert f'id="lamin_widgets.{name}"' in page, name


@pytest.mark.full
def test_html_pages_load_nothing_from_other_machines(html):
    for path in html.rglob("*.html"):
        text = path.read_text()
        loaded = re.findall(r"<(?:script|img)[^>]*src=\"([^\"]+)\"", text)
        loaded += re.findall(r"<link[^>]*stylesheet[^>]*href=\"([^\"]+)\"", text)
        assert not [address for address in loaded if "//" in address], path.name


@pytest.mark.full
def test_links_between_html_pages_are_valid(html):
    for path in html.rglob("*.html"):
        for target in re.findall(
            r'<(?:a|img)[^>]*(?:href|src)="([^"#?]+)', path.read_text()
        ):
            if not re.match(r"\w+:", target):
                assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_failures_page_is_up_to_date():
    command = [sys.executable, ROOT / "docs" / "failures.py", "--check"]
    subprocess.run(command, check=True)


def test_failures_page_has_every_failure():
    page = (ROOT / "docs" / "failures.md").read_text(encoding="utf-8")
    listed = re.findall(r"^### `(\w+)`$", page, re.MULTILINE)
    assert sorted(listed) == sorted(CATALOG)


def test_form_page_has_every_field():
    page = (ROOT / "docs" / "form.md").read_text(encoding="utf-8")
    assert not [field.label for field in FIELDS.values() if field.label not in page]


def test_form_page_has_readable_connection_strings():
    page = (ROOT / "docs" / "form.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| [^|]+ \| `(.*db\.example\.org.*)` \|$", page, re.MULTILINE)
    assert len(rows) == 9
    for example in rows:
        assert read(Secret(example)).host == "db.example.org", example


@pytest.mark.parametrize("page", PAGES)
def test_links_in_the_repository_are_valid(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"|\{image\} (\S+)", text):
        address = "".join(target).partition("#")[0]
        if address and not re.match(r"https?:", address):
            assert (ROOT / page).parent.joinpath(address).exists(), address


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_in_a_tutorial_are_valid(path):
    cells = nbformat.read(path, as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    for target in re.findall(r"\]\((?!https?:)([^)#\s]+)", text):
        assert (path.parent / target).is_file(), target


def test_tutorial_pictures_are_those_of_the_documentation():
    for path in (ROOT / "notebooks" / "images").iterdir():
        kept = ROOT / "docs" / "images" / path.name
        assert path.read_bytes() == kept.read_bytes(), f"copy {kept} to {path.parent}"


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_exist(page):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("page", PAGES)
def test_python_blocks_compile(page):
    for code in blocks(page, "python"):
        cell = re.sub(r"^%.*$", "", code, flags=re.MULTILINE)
        compile(cell, page, "exec")


@pytest.mark.parametrize("page", PAGES)
def test_commands_in_the_docs_have_known_options(page):
    for code in blocks(page, "bash"):
        joined = code.replace("\\\n", " ")
        for line in re.findall(r"^lamin-widgets ([^|>\n]+)", joined, re.MULTILINE):
            assert parse(shlex.split(line)).command == line.split()[0]


def test_command_line_page_has_every_option():
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    for command in re.findall(r"^\| \[`([a-z-]+)`\]", page, re.MULTILINE):
        ended = run_command(
            sys.executable, "-m", "lamin_widgets", command, "--help", check=True
        )
        options = {*re.findall(r"--[a-z-]+", ended.stdout)} - {"--help"}
        assert not [option for option in options if option not in page]


def test_python_page_examples_run(run_block):
    ended = run_block("python", "\n".join(blocks("docs/python.md", "python")))
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("number", [0, 1], ids=["github", "gitlab"])
def test_ci_examples_run(run_block, number):
    example = yaml.safe_load(blocks("docs/how-to/ci.md", "yaml")[number])
    (job,) = (
        value
        for value in ({**example, **example.get("jobs", {})}).values()
        if isinstance(value, dict) and {"steps", "script"} & {*value}
    )
    steps = [step.get("run", "") for step in job.get("steps", [])] + job.get(
        "script", []
    )
    commands = [step for step in steps if step.startswith("lamin-widgets")]
    assert [" ".join(c.split()[:2]) for c in commands] == [*CI_COMMANDS]
    ended = run_block("bash", "\n".join(commands))
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_names_in_the_architecture_page_exist():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    package = ROOT / "lamin_widgets"
    homes = {
        "Store": package / "session" / "store.py",
        "DbServerWidget": package / "widget.py",
        **{path.stem: path for path in (package / "session").glob("*.py")},
    }
    for path in re.findall(r"`([\w/]+\.(?:py|ts|json))`", page):
        folders = (ROOT, package, package / "core/failures", package / "session")
        assert any((folder / path).is_file() for folder in folders), path
    for home, name in re.findall(r"`(\w+)\.(\w+)`", page):
        if home in homes and name != "py":
            source = homes[home].read_text(encoding="utf-8")
            assert re.search(rf"(?:def|class) {name}\b", source), f"{home}.{name}"
