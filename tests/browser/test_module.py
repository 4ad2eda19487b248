"""What the view works out itself is what Python says, and ends with the view."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from connection_strings import READ, REFUSED
from hypothesis import given, settings
from hypothesis import strategies as st

import lamin_widgets
from lamin_widgets.control import presentation
from lamin_widgets.core.connection import masked_url
from lamin_widgets.widget import _may_hold_password

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

MODULE = (Path(lamin_widgets.__file__).parent / "static/db-server.js").read_text()
IMPORT = """async source => {
  const blob = new Blob([source], { type: "text/javascript" });
  window.view = await import(URL.createObjectURL(blob));
}"""
_PIECES = st.sampled_from(
    [
        *(
            "postgresql://",
            "jdbc:",
            "mysql://",
            "psql ",
            "host=",
            " password=",
            "user=",
        ),
        *("PGPASSWORD=", "DATABASE_URL=", "export ", "'", '"', "`", "$ ", " ", "\n"),
        *("bob", ":", "pw", "@", "@", "db.example.org", "/postgres", ":5432", "?", "="),
    ]
)


@pytest.fixture
def module(browser: Browser) -> Iterator[Page]:
    """An empty page that has loaded the view's module as ``window.view``."""
    page = browser.new_page()
    page.evaluate(IMPORT, MODULE)
    yield page
    page.close()


def test_the_preview_says_what_python_says(module: Page) -> None:
    hosts = [
        *("", " ", "db.example.org", "  db.example.org\t", "127.0.0.1", "::1", "[::1]"),
        *("fe80::1%eth0", "[::1", "a:b", "https://db.example.org:1/x", "dätenbank.de"),
        *("a b", "<img onerror=1>", "x" * 300, "пример.рф", "\u202ehost", "host\n"),
        *("user@host", "%2F", "***", "p@ss%w:rd", "pass word", "a_b", "a\x80b", "💥"),
        *(f"a{chr(code)}b" for code in range(33, 127)),
    ]
    ports = [5432, "5432", "", " ", " 6543 ", 0, "54x", -1, 10**9, "<b>"]
    drafts = list(itertools.product(hosts, ports))
    shown = module.evaluate(
        "drafts => drafts.map(([host, port]) => view.maskedUrl(host, port))", drafts
    )
    assert len(drafts) >= 200
    assert shown == [masked_url(host, port) for host, port in drafts]


def held_back(module: Page, texts: list[str]) -> list[bool]:
    return module.evaluate("texts => texts.map(view.mayHoldPassword)", texts)


def test_nothing_that_python_reads_a_password_in_becomes_state(module: Page) -> None:
    """The view's own look at a plain field is at least as wide as Python's."""
    secret = [text for text, _, _, password in READ if password]
    secret += [text for text, *_ in REFUSED if "Xq7!z" in text and text != "Xq7!z"]
    held = held_back(module, secret)
    assert [
        text for text, is_held in zip(secret, held, strict=True) if not is_held
    ] == []
    plain = [
        *("db.example.org", "::1", "[::1]:5432", "my server", "x:1", ""),
        *("https://x.org/?a=b", "s3://bucket/me@example.org/data"),
    ]
    assert not any(held_back(module, plain))


def test_the_view_holds_back_whatever_python_would_take_apart(module: Page) -> None:
    @settings(max_examples=400, deadline=None, database=None, derandomize=True)
    @given(
        st.lists(st.lists(_PIECES, max_size=7).map("".join), min_size=1, max_size=30)
    )
    def agree(texts: list[str]) -> None:
        taken = [text for text in texts if _may_hold_password(text) and "@" in text]
        assert all(held_back(module, taken)), taken

    agree()


def test_a_closed_view_leaves_no_listener_behind(module: Page) -> None:
    """A double of the model counts who listens and who reads."""
    left = module.evaluate(
        """async fields => {
      const listeners = [], lists = ["panels", "locked", "regions", "activity"];
      const objects =
        "hints messages account progress result facts texts allow_list_note";
      let reads = 0;
      const model = {
        get: name => (reads++, name === "fields" ? fields : lists.includes(name) ? []
          : objects.split(" ").includes(name) ? {} : ""),
        set() {}, save_changes() {}, send() {},
        on: (name, callback) => void listeners.push([name, callback]),
        off: (name, callback) => void listeners.splice(
          listeners.findIndex(([n, c]) => n === name && c === callback), 1),
      };
      const closing = new AbortController(), el = document.createElement("div");
      document.body.append(el);
      view.default.render({ model, el, signal: closing.signal });
      const open = listeners.length;
      await new Promise(resolve => setTimeout(resolve));
      closing.abort();
      reads = 0;
      window.dispatchEvent(new Event("pointerup"));
      el.querySelector("input").dispatchEvent(new Event("input"));
      el.querySelectorAll("button").forEach(button => button.click());
      await new Promise(resolve => setTimeout(resolve, 1200)); // longer than a tick
      return { open, left: listeners.length, reads };
    }""",
        presentation.field_list(),
    )
    assert left.pop("open") > 10
    assert left == {"left": 0, "reads": 0}
