"""Measure everything, print the table, and write it to RESULTS.md.

make bench
python benchmarks/run.py calls diagnose    (these only, printed and not written)
"""

from __future__ import annotations

import datetime as dt
import importlib
import os
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from rows import table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rows import Row

GROUPS = (
    *("import", "display", "typing", "in_flight"),
    *("calls", "diagnose", "growth", "page", "journeys"),
)
PACKAGES = (
    *("lamin_widgets", "anywidget", "ipywidgets", "jupyterlab", "ipykernel"),
    *("requests", "urllib3", "psycopg2-binary", "lamindb_setup", "playwright"),
)
HEAD = """\
# Benchmark results

`make bench` measures this widget beside the same form written by hand from plain
ipywidgets controls with blocking `requests` calls (`peer.py`), and beside bare
libraries as the floor. All of them take turns within one run.

- A value is the median ± the interquartile range.
- A ratio is that of the medians ± the interquartile range of the ratios of the turns.
- If a goal isn't reached, the notes below the table give the reason.
"""


def measure(groups: Iterable[str]) -> list[Row]:
    """Run groups of rows and return the rows."""
    found: list[Row] = []
    for group in groups:
        started = time.monotonic()
        found += importlib.import_module(f"bench_{group}").rows()
        print(f"{group}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    return found


def notes(rows: Iterable[Row]) -> str:
    """Return the notes of the rows."""
    return "\n".join(f"- **{row.what}**: {row.note}" for row in rows if row.note)


def circumstances() -> str:
    """Return machine, versions, command and date."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    load = os.getloadavg()[0]
    now = dt.datetime.now(dt.timezone.utc)
    system = f"{platform.system()}, {platform.machine()}"
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    busy = (
        "\n- **Other processes used the machine during the run, so times and their "
        "spreads are those of a busy machine.**"
        if load > 1.5
        else ""
    )
    return f"""\
- Command: `make bench`, {now:%Y-%m-%d %H:%M} UTC
- Machine: {os.cpu_count()} cores, {memory:.0f} GB, {system}; load {load:.1f} at the end
- Python {platform.python_version()}, {versions}{busy}"""


def main() -> None:
    """Measure, print and write."""
    chosen = sys.argv[1:]
    rows = measure(chosen or GROUPS)
    print(table(rows))
    if not chosen:
        text = f"{HEAD}\n{table(rows)}\n\n{notes(rows)}\n\n{circumstances()}\n"
        Path(__file__).with_name("RESULTS.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
