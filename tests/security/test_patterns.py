"""Every regular expression of the package takes linear time on any text."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from pathlib import Path

import pytest
from security.pattern_units import repeated_units

import lamin_widgets


def _patterns():
    """Yield the patterns of each module, with the methods that it calls on them."""
    for found in pkgutil.walk_packages(lamin_widgets.__path__, "lamin_widgets."):
        if "sandbox" in found.name or found.name.endswith(("__main__", "cli")):
            continue  # These modules read no external text.
        module = importlib.import_module(found.name)
        source = Path(module.__file__).read_text("utf-8")
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern):
                methods = set(re.findall(rf"\b{name}\.(\w+)\(", source))
                if methods:
                    yield f"{found.name}.{name}", value, methods


PATTERNS = {name: (pattern, methods) for name, pattern, methods in _patterns()}


def slow_unit(pattern, methods):
    """Return a unit for which eight times the text takes far longer, or ""."""
    return next(
        (u for u in repeated_units(pattern) if _is_slow(pattern, methods, u)), ""
    )


def _is_slow(pattern, methods, unit):
    return any(
        _grows(pattern, methods, unit, 8_000, end)
        # Measure again, because another process might have slowed down the first run.
        and _grows(pattern, methods, unit, 8_000, end)
        for end in ("", "\x00")
    )


def _grows(pattern, methods, unit, size, end):
    """Return whether eight times the text takes far more than eight times as long."""
    long = _duration(pattern, methods, unit, size, end)
    if long < 0.005:
        return False  # The time is too short to compare.
    # If the time is linear, it's 8 times as long. If it's quadratic, it's 64 times as
    # long.
    return long > 24 * max(_duration(pattern, methods, unit, size // 8, end), 0.0002)


def _duration(pattern, methods, unit, size, end):
    text = (unit * size)[:size] + end
    if isinstance(pattern.pattern, bytes):
        text = text.encode("latin-1", "replace")
    best = 9.0
    for _ in range(3):
        began = time.thread_time()  # This clock leaves out other processes.
        if methods <= {"match", "fullmatch"}:
            pattern.match(text)
            pattern.fullmatch(text)
        else:
            sum(1 for _ in pattern.finditer(text))
        best = min(best, time.thread_time() - began)
        if not 0.005 <= best < 0.2:  # Clearly short, or clearly long.
            break
    return best


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_pattern_takes_linear_time(name):
    assert not slow_unit(*PATTERNS[name])


@pytest.mark.parametrize("slow", [r"\beyJ[\w-]{5,}\.[\w-]{5,}(\.[\w-]*)?", r"\s+$"])
def test_slow_pattern_is_found(slow):
    assert slow_unit(re.compile(slow), {"search"})


def test_patterns_of_every_subpackage_are_tested():
    packages = {name.split(".")[1] for name in PATTERNS}
    assert {"core", "form", "lamin", "postgres"} <= packages
    assert len(PATTERNS) > 15
