"""Both forms in one notebook in JupyterLab."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from kernel import FORMS, HERE

sys.path.append(str(HERE.parent / "tests"))

from browser.front_ends.jupyter import JupyterLab
from browser.page import chromium

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from playwright.sync_api import Page

OURS, PEER, BUSY, BARE = range(4)  # the cells
BARE_WIDGET = """
import anywidget
class Bare(anywidget.AnyWidget):
    _esm = '''export default { render({ el }) {
      el.innerHTML = "<input>".repeat(5) + "<button>Test connection</button>"
        + "postgresql://postgres:***@h:5432/postgres"; } }'''
Bare()
"""
SCRIPT = Path(HERE / "page.js").read_text()


@contextlib.contextmanager
def notebook(
    environ: Mapping[str, str] | None = None, busy_s: float = 3
) -> Iterator[Page]:
    """Open a notebook: our form, the peer, a busy cell, and an empty anywidget."""
    environ = {**(environ or {}), "PYTHONPATH": str(HERE)}
    with chromium() as browser, JupyterLab(browser, environ) as lab:
        page = lab.open(
            FORMS["ours"],
            FORMS["peer"],
            f"import time; end = time.time() + {busy_s}\nwhile time.time() < end: pass",
            BARE_WIDGET,
        )
        page.evaluate(SCRIPT)
        page.wait_for_function(
            "i => window.bench.text(i).includes('postgres:***')", arg=PEER
        )
        page.evaluate("() => window.bench.idle()")
        yield page
