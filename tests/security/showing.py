"""What Python shows of an object, and of what is inside it."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from typing import TYPE_CHECKING, Any

from ipywidgets import Widget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def shown(value: Any) -> Iterator[str]:
    """Give what Python shows of an object."""
    tries = (
        repr,
        str,
        "{}".format,
        "{:>60}".format,
        lambda it: f"{it!s} {it!r}",
        vars,
        dataclasses.asdict,
        json.dumps,
        lambda it: json.dumps(it, default=str),
        lambda it: json.dumps(it, default=vars),
        copy.copy,
        copy.deepcopy,
        dir,
        *(lambda it, n=n: pickle.dumps(it, n) for n in range(6)),
    )
    for function in tries:
        yield _tried(function, value)
    yield from walk(value, set())


def _tried(function: Callable[[Any], Any], value: Any) -> str:
    try:
        return repr(function(value))
    except Exception as error:  # noqa: BLE001 - refusing is fine, and shown
        return repr(error)


def walk(value: Any, known: set[int]) -> Iterator[str]:
    """Give the repr of everything that an object of the package holds.

    Widgets are left out: their traits are a channel of their own.
    """
    if id(value) in known or isinstance(value, Widget):
        return
    known.add(id(value))
    yield repr(value)
    if isinstance(value, dict):
        inner = [*value, *value.values()]
    elif isinstance(value, (list, tuple, set, frozenset)):
        inner = list(value)
    elif type(value).__module__.startswith("lamin_widgets"):
        slots = [
            n for kind in type(value).__mro__ for n in vars(kind).get("__slots__", ())
        ]
        inner = [getattr(value, name, None) for name in slots]
        inner += getattr(value, "__dict__", {}).values()
    else:
        return
    for each in inner:
        yield from walk(each, known)
