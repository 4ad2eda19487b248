"""The view's types in TypeScript are those in Python."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from lamin_widgets.core.outcome import StepState
from lamin_widgets.session import gate, view

SOURCES = Path(__file__).parents[2] / "view" / "src"
TYPES = [name for name in dir(view) if hasattr(getattr(view, name), "__total__")]
PLAIN = {str: "string", int: "number", bool: "boolean"}


def typescript(hint: Any) -> str:
    """Return a type of Python as TypeScript writes it."""
    kind, parts = get_origin(hint), get_args(hint)
    if kind is Literal:
        return " | ".join(f'"{each}"' for each in parts)
    names = [typescript(each) for each in parts]
    if kind is list:
        return f"{names[0]}[]"
    if kind is tuple:
        return f"[{', '.join(names)}]"
    if kind is dict:
        return f"Record<{', '.join(names)}>"
    if names:
        return " | ".join(names)
    return PLAIN.get(hint) or str(hint.__name__)


def in_typescript(name: str) -> dict[str, tuple[str, str]]:
    """Return "?" for an optional key, and the type, by the keys of an interface."""
    source = (SOURCES / "view.ts").read_text("utf-8")
    body = re.search(rf"interface {name} {{(.*?)\n}}", source, re.DOTALL)
    assert body, name
    found = {}
    for key, optional, hint in re.findall(r"(\w+)(\??):\s+([^;]*);", body[1]):
        # The parts of a tuple can have names.
        unnamed = re.sub(r"\w+: ", "", " ".join(hint.split()))
        found[key] = optional, unnamed.removeprefix("| ")
    return found


@pytest.mark.parametrize("name", TYPES)
def test_view_type_is_the_same_in_typescript(name: str) -> None:
    typed_dict: Any = getattr(view, name)
    hints = get_type_hints(typed_dict, localns={"StepState": StepState})
    found = in_typescript(name)
    assert {key: hint for key, (_, hint) in found.items()} == {
        key: typescript(hint) for key, hint in hints.items()
    }
    optional = {key for key, (mark, _) in found.items() if mark}
    assert optional <= typed_dict.__optional_keys__


def test_messages_have_only_kinds_known_to_the_kernel() -> None:
    source = (SOURCES / "model.ts").read_text("utf-8")
    sent, _, _ = source.partition("export type Received")
    declared = set(re.findall(r'"([a-z-]+)"', sent.partition("export type Sent")[2]))
    assert declared == gate.KINDS
