"""What `import lamin_widgets` costs, in fresh processes."""

from __future__ import annotations

import subprocess
import sys

from rows import Row, alternate, median, ms, ratios, seconds

NOT_LOADED = ("django", "supabase", "psycopg2", "requests", "fastapi", "lamindb_setup")
LOADED = f"import sys; print([m for m in {NOT_LOADED} if m in sys.modules])"


def run(code: str) -> str:
    """Run code in a fresh process and return what it prints."""
    command = [sys.executable, "-I", "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def rows(times: int = 15) -> list[Row]:
    """Measure."""
    package = "import lamin_widgets"
    form = "from lamin_widgets import DbServerWidget"
    whole, ours, floor = alternate(
        times,
        *(
            lambda code=code: seconds(lambda: run(code))
            for code in (form, package, "import anywidget")
        ),
    )
    loaded = run(f"{form}; {LOADED}").strip()
    nothing = loaded == "[]"
    return [
        Row(
            f"import: `{package}`, fresh processes",
            ms(ours),
            "-",
            f"{ms(floor)} (anywidget)",
            ratios(ours, floor),
            "≤ 1.10",
            median(ours) <= 1.10 * median(floor),
            "Each public name loads its module at its first use. The next row has "
            "everything that the form needs.",
        ),
        Row(
            f"import: `{form}`",
            ms(whole),
            "-",
            f"{ms(floor)} (anywidget)",
            ratios(whole, floor),
            "≤ 1.10",
            median(whole) <= 1.10 * median(floor),
            "Beyond anywidget, it loads the modules that check the form and render it.",
        ),
        Row(
            "import: " + ", ".join(NOT_LOADED) + " aren't loaded",
            "none" if nothing else loaded,
            "-",
            "-",
            "-",
            "none",
            nothing,
        ),
    ]
