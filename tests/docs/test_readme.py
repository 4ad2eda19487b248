"""What the README says is so: commands, code, links, pictures and quoted texts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lamin_widgets.core.failures import CAUSES
from lamin_widgets.sandbox.process import sign_in

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"] + [
    f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))
]
CODE = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture(scope="module")
def signed_in(sandbox):
    sign_in(sandbox)
    return sandbox


@pytest.mark.parametrize("code", CODE, ids=["form", "calls"])
def test_the_code_of_the_readme_runs(signed_in, tmp_path, server_name, code: str):
    script = tmp_path / "readme.py"  # not code.py: pdb imports code
    script.write_text(code.replace("my-postgres-server", server_name))
    database = signed_in.database
    ended = subprocess.run(
        [sys.executable, script],
        env={
            **os.environ,
            **signed_in.environ,
            "DB_HOST": database.host,
            "DB_PORT": str(database.port),
            "PGPASSWORD": database.password,
        },
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    if "server.test()" in code:
        assert f"✓ Test connection: Lamin can connect to {server_name}." in ended.stdout


@pytest.mark.parametrize("page", PAGES)
def test_make_has_every_target_that_is_named(page: str):
    text = (ROOT / page).read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"(?:`|^)make ([a-z]+)", text, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_readme_has_the_two_commands():
    for command in ("make demo", "make test"):
        assert f"```bash\n{command}\n```" in README


def test_every_command_of_the_program_is_one_that_it_knows():
    """`--help` after each of them: argparse refuses what it does not know."""
    commands = re.findall(r"`lamin-widgets ([^`]+)`", README)
    assert commands
    for command in commands:
        subprocess.run(
            [sys.executable, "-m", "lamin_widgets", *command.split(), "--help"],
            check=True,
            capture_output=True,
        )


def test_pip_installs_what_the_package_is_called():
    project = (ROOT / "pyproject.toml").read_text()
    wanted = re.findall(r"pip install '?(lamin_widgets[^\s'`]*)", README)
    assert wanted
    for requirement in wanted:
        name, _, extra = requirement.rstrip("]").partition("[")
        assert f'name = "{name}"' in project
        assert not extra or re.search(rf"^{extra} = \[", project, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_links_inside_the_repository_lead_somewhere(page: str):
    text = (ROOT / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"|\{image\} (\S+)", text)
    for target in filter(None, (part for link in links for part in link)):
        if not re.match(r"https?:|#|tutorials/", target):
            assert (ROOT / page).parent.joinpath(target.partition("#")[0]).is_file(), (
                f"{page}: {target}"
            )


def test_what_the_readme_quotes_is_what_the_form_says():
    view = (ROOT / "lamin_widgets/static/db-server.js").read_text()
    said = view + "\n".join(cause.title for cause in CAUSES.values())
    quoted = re.findall(r"^\| \*([^*]+)\* \|", README, re.MULTILINE)
    assert len(quoted) > 3
    for text in quoted:
        for part in text.split("…"):
            assert part.strip() in said, text


def test_the_front_ends_that_are_called_tested_are_tested(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.syspath_prepend(ROOT / "tests" / "browser")
    from front_ends import FRONT_ENDS  # noqa: PLC0415 - of another folder of tests

    named = re.findall(r"^\| (\w+)[ .\d]* \| tested in Chromium", README, re.MULTILINE)
    assert sorted(named) == sorted(FRONT_ENDS)


def test_the_pictures_show_the_form_as_it_looks_now(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(ROOT / "tests" / "browser")
    import gallery  # noqa: PLC0415 - of another folder of tests

    assert gallery.HASH.read_text().strip() == gallery.view_hash(), (
        "The view has changed since the pictures were taken: make gallery"
    )
    kept = {path.name for path in gallery.IMAGES.glob("*.png")}
    assert kept == set(gallery.SHOWN)
    for name in kept:
        assert (gallery.IMAGES / name).stat().st_size < 120_000, name
        assert f"docs/images/{name}" in README
