"""The pages of the repository, and the code blocks in them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def blocks(page: str, language: str) -> list[str]:
    """Return the code blocks of a page, without the indentation of a list."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(
        rf"^( *)```{language}\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE
    )
    return [
        re.sub(rf"^{indent}", "", code, flags=re.MULTILINE) for indent, code in found
    ]
