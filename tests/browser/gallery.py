"""`make gallery`: pictures of the form in every state, theme and front end.

All go to ``docs/_build/gallery``. The few that the README and the documentation show
go to ``docs/images`` as well, with a hash of the view they were taken of, so that a
test can tell when they are out of date.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from front_ends import FRONT_ENDS, use_theme
from harness import chromium, form, screenshot
from playwright.sync_api import expect

from lamin_widgets.sandbox import Sandbox
from lamin_widgets.sandbox.process import sign_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness import FrontEnd
    from playwright.sync_api import Browser, Locator

ROOT = Path(__file__).parents[2]
GALLERY = ROOT / "docs" / "_build" / "gallery"
IMAGES = ROOT / "docs" / "images"
STATIC = ROOT / "lamin_widgets" / "static"
HASH = IMAGES / "view.sha256"
SHOWN = ("filled-light.png", "failure-light.png", "success-dark.png")
"""The pictures that are kept in the repository."""

SOURCE = """
from lamin_widgets import DbServerWidget
from lamin_widgets.sandbox.control import SandboxControl
details = SandboxControl.from_environment().details()
here = dict(host=details.host, port=details.port, password=details.password)
w = DbServerWidget({arguments})
w
"""
FILLED = 'name="my-postgres-server", host="db.example.org", password="n0t-sh0wn"'


def nothing(_form: Locator, _box: Sandbox) -> None:
    """Leave the form as it is."""


def press(button: str, result: str) -> Callable[[Locator, Sandbox], None]:
    """Press a button and wait for what it says."""

    def do(it: Locator, _box: Sandbox) -> None:
        it.get_by_role("button", name=button, exact=True).click()
        expect(it.get_by_role("status")).to_contain_text(result, timeout=20_000)

    return do


def in_progress(it: Locator, box: Sandbox) -> None:
    """Let the API take its time."""
    box.api.fault(delay_s=4)
    it.get_by_role("button", name="Register").click()
    expect(it.get_by_role("button", name="Cancel")).to_be_visible()


def register_twice(it: Locator, box: Sandbox) -> None:
    """Take a name that is taken."""
    press("Register", "has registered")(it, box)
    press("Register", "is already")(it, box)


def succeed(it: Locator, box: Sandbox) -> None:
    """See the server from here, register it, and let Lamin see it."""
    for button, result in (
        ("Diagnose", "is reachable from this machine"),
        ("Register", "has registered"),
        ("Test connection", "Lamin can connect"),
    ):
        press(button, result)(it, box)


class State(NamedTuple):
    """A state of the form, and how to get there."""

    name: str
    arguments: str
    do: Callable[[Locator, Sandbox], None] = nothing


STATES = (
    State("empty", ""),
    State("filled", FILLED),
    State("invalid", "", press("Register", "Enter a name")),
    State("in-progress", 'name="slow-server", **here', in_progress),
    State("success", 'name="my-server-{theme}", **here', succeed),
    State(
        "name-taken",
        'name="our-server-{theme}", keep_password=True, **here',
        register_twice,
    ),
    State(
        "failure",
        'name="my-postgres-server", **(here | {"port": 543})',
        press("Diagnose", "refuses connections"),
    ),
)


def take(browser: Browser, box: Sandbox, name: str) -> None:
    """Take every picture in one front end."""
    with FRONT_ENDS[name](browser, box.environ) as server:
        for theme in ("light", "dark"):
            use_theme(server, theme)
            for state in STATES if name == "JupyterLab" else STATES[1:2]:
                picture(server, box, state, f"{name}-{state.name}", theme)
        picture(server, box, STATES[1], f"{name}-320px", theme, width="320px")


def picture(
    server: FrontEnd,
    box: Sandbox,
    state: State,
    name: str,
    theme: str,
    *,
    width: str = "",
) -> None:
    """Take one picture."""
    arguments = state.arguments.replace("{theme}", theme)
    page = server.open(SOURCE.format(arguments=arguments))
    it = form(page).first
    it.evaluate("(form, width) => { form.style.maxWidth = width; }", width)
    expect(it.get_by_text("Signed in as")).to_be_visible(timeout=30_000)
    state.do(it, box)
    screenshot(it, GALLERY / f"{name}-{theme}.png")
    box.reset()  # ends what is in progress
    server.close_pages()
    sys.stdout.write(f"{name}-{theme}\n")


def view_hash() -> str:
    """Give a hash of what the form looks like: its script and its style."""
    text = b"".join(path.read_bytes() for path in sorted(STATIC.glob("db-server.*")))
    return hashlib.sha256(text).hexdigest()


def main() -> None:
    """Take the pictures."""
    os.environ["HOME"] = tempfile.mkdtemp(prefix="gallery-home-")
    names = sys.argv[1:] or FRONT_ENDS
    for name in names:
        for old in GALLERY.glob(f"{name}-*.png"):
            old.unlink()
    seen = view_hash()
    try:
        with Sandbox() as box, chromium() as browser:
            sign_in(box)
            for name in names:
                take(browser, box, name)
    finally:
        shutil.rmtree(os.environ["HOME"], ignore_errors=True)
    if "JupyterLab" in names:
        for name in SHOWN:
            shutil.copy(GALLERY / f"JupyterLab-{name}", IMAGES / name)
        HASH.write_text(f"{seen}\n")


if __name__ == "__main__":
    main()
