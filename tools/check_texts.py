# ruff: noqa: INP001  # a script, not a package
"""Checks the project's texts against its style guide, as far as a program can.

`make lint` runs it. The rules are in CONTRIBUTING.md. To check commit subjects as well,
pass a range of commits::

    python tools/check_texts.py --commits main~5..main
"""

from __future__ import annotations

import argparse
import ast
import itertools
import json
import re
import subprocess
import sys
import tokenize
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parents[1]
WIDTH: Final = 88
SUBJECT_WIDTH: Final = 72

WORDS: Final = {
    r"mend(s|ed|ing)?": "fix",
    r"nobody|somebody|the person|people": "you, the user, or the caller",
    r"from here|here(?!'s)": "from this machine, or name the place",
    r"by itself|of its own|on its own": "automatically, or separate",
    r"any more|anew|all the same|seldom": "no longer, again, anyway, or rarely",
    r"says|said|is told|are told": "shows, reports, or returns",
    r"taken over|taken apart|taken in": "applied, or parsed",
    r"came to|comes about|came about": "resulted in, or happens when",
    r"for good|in peace|at hand|goes with": "permanently, cleanly, available",
    r"let(s|ting)? (it |you |them )?in|let go of|gets? in": "allow, connect, or clear",
    r"not held": "not entered, or cleared",
    r"ha(s|ve|d) to": "must",
    r"may not": "can't, or isn't allowed to",
    r"(after|to)wards": "later, afterward, or toward",
    r"the user postgres(?!\.<)": "the postgres user",
    r"Lamin hub|Lamin's (pages|addresses)": "LaminHub, or outbound IP addresses",
    r"cannot": "can't",
    r"(do|does|did|is|are|was|were|has|have|had|will|would|could|should) not": (
        "a contraction"
    ),
    r"colour\w*|behaviour\w*|honour\w*|licence|whilst|cancell(ed|ing)(?!:)": (
        "the American spelling"
    ),
    r"(recogni|normali|authori|organi|minimi|seriali|initiali)s(e|ed|es|ing|ation)": (
        "the American spelling"
    ),
}
"""Words and phrases that the style guide replaces."""

ENDINGS: Final = {r", (too|either)[.!?]": "“also” before the verb"}
"""Ends of sentences that the style guide replaces."""

_WORDS: Final = {
    re.compile(rf"(?<![\w`-])(?:{words})(?![\w`-])", re.IGNORECASE): instead
    for words, instead in WORDS.items()
} | {re.compile(ending): instead for ending, instead in ENDINGS.items()}

NAMES: Final = re.compile(
    "API|AWS|Actions|Amazon|Aurora|Azure|CI|CLI|Chromium|Cloud|Code|Colab|DNS|Flexible|GitHub"
    "|GitLab|Google|HTTPS?|I|IP|IT|IPv4|IPv6|JSON|Jupyter(Hub|Lab)?|Lamin(DB|Hub)?|Linux"
    "|Neon|Notebook|PostgreSQL|Python|RDS|SQL|Server|Supabase|TLS|URL|VS|Voilà"
)
"""Words that keep their capital letter in a heading."""

TEST_NAMES: Final = re.compile(
    r"^ *def (test\w*_(?:nobody|somebody|mend|mended|said|says|who)(?:_\w+)?)\(",
    re.MULTILINE,
)
_CODE: Final = re.compile(r"```.*?```|~~~.*?~~~|`[^`\n]*`|<[^>\n]+>", re.DOTALL)
_LINK: Final = re.compile(r"\]\([^)]*\)|https?://\S+")
_QUOTED: Final = re.compile(r"«[^»]*»|“[^”]*”|^ *>>> .*$", re.MULTILINE)
_COMMENT_TS: Final = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_STRING_TS: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_SENTENCE: Final = re.compile(r"[A-Z{“<][^\n\\]*\s\S+\s\S")


@dataclass(frozen=True)
class Text:
    """A piece of prose and its place."""

    path: Path
    line: int
    text: str


def main() -> int:
    """Check all texts and print what to change.

    Returns:
        1 if something must change, else 0.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--commits", metavar="RANGE", help="also check these commits")
    options = parser.parse_args()
    found = sorted({*word_problems(), *heading_problems(), *width_problems()})
    found += test_name_problems()
    if options.commits:
        found += commit_problems(options.commits)
    sys.stdout.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


def files(*patterns: str) -> list[Path]:
    """Return the files under version control that match, and new ones."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--"]
    listed = subprocess.run(  # noqa: S603  # fixed arguments
        [*command, *patterns], cwd=ROOT, capture_output=True, check=True, text=True
    )
    paths = {ROOT / name for name in listed.stdout.splitlines()}
    return sorted(path for path in paths if path.is_file() and not path.is_symlink())


def texts() -> Iterator[Text]:
    """Yield every piece of prose in the project."""
    for path in files("*.py"):
        package = path.is_relative_to(ROOT / "lamin_widgets")
        if path != Path(__file__).resolve():
            yield from python_texts(path, strings=package)
    for path in files("*.md"):
        if path.name != "failures.md":  # generated from the package's strings
            yield Text(path, 1, prose(path.read_text(encoding="utf-8")))
    for path in files("notebooks/*.ipynb"):
        for cell in markdown_cells(path):
            yield Text(path, 1, prose(cell))
    for path in files("view/*.ts"):
        yield from typescript_texts(path)


def python_texts(path: Path, *, strings: bool) -> Iterator[Text]:
    """Yield the docstrings and comments of a module, and its sentences if asked."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        # A string that is a statement documents what stands before it.
        found = node.value if (documents := isinstance(node, ast.Expr)) else node
        if not isinstance(found, ast.Constant) or not isinstance(found.value, str):
            continue
        # Raw strings are patterns for the texts of others.
        is_raw = lines[found.lineno - 1].encode()[found.col_offset :].startswith(b"r")
        is_text = strings and not is_raw and _SENTENCE.match(found.value.lstrip())
        if documents or is_text:
            yield Text(path, found.lineno, prose(found.value))
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.COMMENT:
                yield Text(path, token.start[0], prose(token.string))


def typescript_texts(path: Path) -> Iterator[Text]:
    """Yield the comments and the sentences of a TypeScript module."""
    source = path.read_text(encoding="utf-8")
    for match in _COMMENT_TS.finditer(source):
        yield Text(path, source.count("\n", 0, match.start()) + 1, prose(match[0]))
    for match in _STRING_TS.finditer(_COMMENT_TS.sub("", source)):
        if _SENTENCE.match(match[0][1:-1]):
            yield Text(path, 1, prose(match[0]))


def markdown_cells(path: Path) -> list[str]:
    """Return the Markdown of a notebook, cell by cell."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(c["source"]) for c in cells if c["cell_type"] == "markdown"]


def prose(text: str) -> str:
    """Blank out code, quoted output, and addresses; keep the line breaks."""
    for pattern in (_CODE, _LINK, _QUOTED):
        text = pattern.sub(lambda match: "`" + "\n" * match[0].count("\n"), text)
    return text


def word_problems() -> Iterator[str]:
    """Yield the words that the style guide replaces."""
    for text in texts():
        flat = text.text.replace("\n", " ")
        for pattern, instead in _WORDS.items():
            for match in pattern.finditer(flat):
                line = text.line + text.text.count("\n", 0, match.start())
                yield _problem(text.path, line, f"“{match[0]}”: write {instead}")


def heading_problems() -> Iterator[str]:
    """Yield the headings that aren't in sentence case, or that end in a period."""
    for path, number, heading in _headings():
        words = re.findall(r"[^\s`]+", _CODE.sub("`", heading))
        for before, word in itertools.pairwise(words):
            plain = word.strip("\"'“”()*_,.:;?!").removesuffix("'s")
            starts = before[-1] in ".:?!"
            if plain[:1].isupper() and not starts and not NAMES.fullmatch(plain):
                yield _problem(path, number, f"“{heading}”: sentence case ({word})")
        if heading.endswith("."):
            yield _problem(path, number, f"“{heading}”: no period after a heading")


def _headings() -> Iterator[tuple[Path, int, str]]:
    for path in files("*.md"):
        # In a change log and a list of failures, headings are versions and ids.
        if path.name not in {"CHANGELOG.md", "failures.md"}:
            text = _without_blocks(path.read_text(encoding="utf-8"))
            for number, line in enumerate(text.splitlines(), 1):
                if match := re.match(r"#+ (.+)", line):
                    yield path, number, match[1]
    for path in files("notebooks/*.ipynb"):
        for cell in markdown_cells(path):
            for heading in re.findall(r"^#+ (.+)", _without_blocks(cell), re.MULTILINE):
                yield path, 1, heading


def _without_blocks(text: str) -> str:
    return re.sub(
        r"^ *```.*?^ *```",
        lambda match: "\n" * match[0].count("\n"),
        text,
        flags=re.DOTALL | re.MULTILINE,
    )


def width_problems() -> Iterator[str]:
    """Yield the lines of Markdown prose that are too long."""
    for path in files("*.md", ":!benchmarks/RESULTS.md"):  # it is generated
        text = _without_blocks(path.read_text(encoding="utf-8"))
        for number, line in enumerate(text.splitlines(), 1):
            # Tables, links, and pictures can't be wrapped.
            unbreakable = line.lstrip().startswith(("|", "<", ":")) or "](" in line
            if len(line) > WIDTH and not unbreakable:
                yield _problem(path, number, f"{len(line)} characters, over {WIDTH}")


def test_name_problems() -> list[str]:
    """Return the names of tests that the style guide doesn't allow."""
    return [
        _problem(path, 1, f"{name}: name the behavior")
        for path in files("tests/*.py")
        for name in TEST_NAMES.findall(path.read_text(encoding="utf-8"))
    ]


def commit_problems(commits: str) -> list[str]:
    """Return the commit subjects of a range that the style guide doesn't allow."""
    listed = subprocess.run(  # noqa: S603  # git reads it as a range
        ["git", "log", "--format=%h %s", commits, "--"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    found = []
    for line in listed.stdout.splitlines():
        commit, _, subject = line.partition(" ")
        found += [f"{commit}: {problem}" for problem in subject_problems(subject)]
    return found


def subject_problems(subject: str) -> list[str]:
    """Return the problems of one commit subject."""
    problems = []
    emoji, _, words = subject.partition(" ")
    first = words.split(" ")[0]
    if len(subject) > SUBJECT_WIDTH:
        problems.append(f"{len(subject)} characters, over {SUBJECT_WIDTH}")
    if emoji.isascii():
        problems.append("no gitmoji")
    if not first[:1].isupper() or re.search(r"(ed|ing|[^s]s)$", first):
        problems.append(f"“{first}” isn't an imperative")
    problems += [
        f"“{match[0]}”: write {instead}"
        for pattern, instead in _WORDS.items()
        if (match := pattern.search(words))
    ]
    return problems


def _problem(path: Path, line: int, text: str) -> str:
    return f"{path.relative_to(ROOT)}:{line}: {text}"


if __name__ == "__main__":
    sys.exit(main())
