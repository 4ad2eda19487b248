"""Take pictures of the form: `make gallery`.

Every state is drawn without a kernel, in light, dark, high contrast, and narrow, on one
page for each look; a filled-in form is drawn in every front end. All pictures go to
`docs/_build/gallery`. Those in the README, the documentation, and the tutorials go to
their folders as well.

Arguments are names of front ends, or "view" for the states alone.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from browser.front_ends import FRONT_ENDS
from browser.page import chromium, form, screenshot
from view.fake import show
from view.states import STATES

from lamin_widgets.sandbox import Sandbox
from lamin_widgets.sandbox.process import sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT: Final = Path(__file__).parents[2]
GALLERY: Final = ROOT / "docs" / "_build" / "gallery"
IMAGES: Final = ROOT / "docs" / "images"
NOTEBOOK_IMAGES: Final = ROOT / "notebooks" / "images"
LOOKS: Final = {
    "light": ("light", 736),
    "dark": ("dark", 736),
    "contrast": ("contrast", 736),
    "narrow": ("light", 320),
}
"""Theme and width by the name of a look."""
SHOWN: Final = {
    "filled-light.png": ("filled-in", "light"),
    "failure-light.png": ("failed", "light"),
    "success-dark.png": ("passed", "dark"),
}
"""State and theme of each picture under version control."""
SOURCE: Final = """
from lamin_widgets import DbServerWidget
DbServerWidget(name="my-postgres-server", host="db.example.org", password="n0t-sh0wn")
"""


def take_states(browser: Browser) -> None:
    """Take one picture of all states for each look, and the kept pictures."""
    page = browser.new_page(viewport={"width": 1560, "height": 1000})
    for look, (theme, width) in LOOKS.items():
        show(page, *STATES.values(), theme=theme, width=width)
        page.screenshot(path=GALLERY / f"states-{look}.png", full_page=True)
        sys.stdout.write(f"states-{look}\n")
    for name, (state, theme) in SHOWN.items():
        screenshot(show(page, STATES[state], theme=theme), IMAGES / name)
        if (copy := NOTEBOOK_IMAGES / name).exists():
            shutil.copy(IMAGES / name, copy)
    page.close()


def take_front_end(browser: Browser, box: Sandbox, name: str) -> None:
    """Take pictures of a filled-in form in one front end, light and dark."""
    with FRONT_ENDS[name](browser, box.environ) as server:
        for theme in ("light", "dark"):
            it = form(server.open(SOURCE, theme=theme)).first
            it.get_by_text("Signed in as").wait_for()
            screenshot(it, GALLERY / f"{name}-{theme}.png")
            server.close_pages()
            sys.stdout.write(f"{name}-{theme}\n")


def main() -> None:
    """Take the pictures."""
    os.environ["HOME"] = tempfile.mkdtemp(prefix="gallery-home-")
    names = sys.argv[1:] or ["view", *FRONT_ENDS]
    GALLERY.mkdir(parents=True, exist_ok=True)
    try:
        with chromium() as browser:
            if "view" in names:
                take_states(browser)
            if others := [name for name in names if name != "view"]:
                with Sandbox() as box:
                    sign_in(box)
                    for name in others:
                        take_front_end(browser, box, name)
    finally:
        shutil.rmtree(os.environ["HOME"], ignore_errors=True)


if __name__ == "__main__":
    main()
