"""The view's types in TypeScript are those in Python."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from lamin_widgets.session import gate, view

SOURCES = Path(__file__).parents[2] / "view" / "src"
TYPES = [name for name in dir(view) if hasattr(getattr(view, name), "__total__")]


def keys_in_typescript(name: str) -> set[str]:
    source = (SOURCES / "view.ts").read_text("utf-8")
    body = re.search(rf"interface {name} {{(.*?)\n}}", source, re.DOTALL)
    assert body, name
    return set(re.findall(r"^  (\w+)\??:", body[1], re.MULTILINE))


@pytest.mark.parametrize("name", TYPES)
def test_view_type_has_the_same_keys_in_typescript(name: str) -> None:
    typed_dict: Any = getattr(view, name)
    assert keys_in_typescript(name) == set(typed_dict.__annotations__)


def test_messages_have_only_kinds_that_the_kernel_reads() -> None:
    source = (SOURCES / "model.ts").read_text("utf-8")
    sent, _, _ = source.partition("export type Received")
    declared = set(re.findall(r'"([a-z-]+)"', sent.partition("export type Sent")[2]))
    assert declared == gate.KINDS
