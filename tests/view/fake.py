"""A page with the built view and scripted models, without a kernel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from browser.page import form

if TYPE_CHECKING:
    from collections.abc import Iterable

    from playwright.sync_api import Locator, Page

    from view.states import Shown

STATIC: Final = Path(__file__).parents[2] / "lamin_widgets" / "static"
THEMES: Final = {
    "light": "",
    "dark": "--jp-layout-color1: #111; --jp-ui-font-color0: #fff;",
    "vscode-light": "--vscode-editor-background: #fff;"
    "--vscode-editor-foreground: #3b3b3b;",
    "vscode-dark": "--vscode-editor-background: #1f1f1f;"
    "--vscode-editor-foreground: #ccc;",
    "contrast": "--vscode-editor-background: #000; --vscode-editor-foreground: #fff;",
}
"""CSS variables of front ends, by theme."""

PAGE: Final = """<!doctype html><html lang="en"><title>Form</title>
<style>:root {{ {variables} }} {css}</style>
<style>body {{ margin: 8px; background: var(--vscode-editor-background,
var(--jp-layout-color1, #fff)); }} main {{ display: flex; flex-wrap: wrap; gap: 8px;
align-items: start; }} main > div {{ width: {width}px; }}</style><main></main>"""

SCRIPT: Final = """async source => {
  const blob = new Blob([source], { type: "text/javascript" });
  window.view = await import(URL.createObjectURL(blob));
  window.mount = (state, lost) => {
    const listeners = new Map();
    window.sent = [];
    window.saved = [];
    window.reads = 0;
    const model = window.model = {
      get: name => (window.reads++, state[name]),
      set(name, value) {
        if (state[name] === value) return;
        state[name] = value;
        window.saved.push([name, value]);
        model.emit(`change:${name}`);
      },
      save_changes() {},
      send(content, callbacks, buffers = []) {
        if (window.broken) throw new Error("the comm is closed");
        const decoded = buffers.map(buffer => new TextDecoder().decode(buffer));
        window.sent.push({ ...content, secret: decoded[0] ?? null });
        const silent = window.deaf || state.view.secrets !== "ok";
        if (content.kind !== "hello" || silent) return;
        const answer = { kind: "clear-secrets", fields: [] };
        queueMicrotask(() => model.emit("msg:custom", answer));
      },
      on: (name, listener) =>
        listeners.set(name, [...(listeners.get(name) ?? []), listener]),
      off: (name, listener) => listeners.set(name,
        (listeners.get(name) ?? []).filter(each => each !== listener)),
      // What the kernel does:
      emit: (name, ...args) => (listeners.get(name) ?? []).forEach(f => f(...args)),
      update(changes) {
        Object.assign(state, changes);
        for (const name in changes) model.emit(`change:${name}`);
      },
      listeners: () => [...listeners.values()].flat().length,
    };
    window.closing = new AbortController();
    const el = document.querySelector("main").appendChild(
      document.createElement("div"));
    view.default.render({ model, el, signal: closing.signal });
    if (lost) model.emit("comm_live_update");
  };
}"""


def show(
    page: Page,
    *shown: Shown,
    theme: str = "light",
    width: int = 736,
    css: Iterable[str] = (),
) -> Locator:
    """Show forms on an empty page and return them.

    Args:
        page: The page.
        shown: Their states. The functions below are about the last one.
        theme: One of `THEMES`.
        width: Of each form, in pixels.
        css: Styles of the page, for example of Bootstrap.
    """
    page.set_content(
        PAGE.format(css="\n".join(css), variables=THEMES[theme], width=width)
    )
    page.evaluate(SCRIPT, (STATIC / "view.js").read_text("utf-8"))
    styles = (STATIC / "view.css").read_text("utf-8")
    for each in shown:
        traits = {**each.traits, "_styles": styles}
        page.evaluate("all => window.mount(...all)", [traits, each.lost])
    return form(page)


def sent(page: Page) -> list[dict[str, Any]]:
    """Return the messages to the kernel, with their buffer as `secret`."""
    messages: list[dict[str, Any]] = page.evaluate("sent")
    return messages


def saved(page: Page) -> list[list[Any]]:
    """Return the traits that the page has changed, with their values."""
    changes: list[list[Any]] = page.evaluate("saved")
    return changes


def update(page: Page, **changes: Any) -> None:
    """Change traits as the kernel does."""
    page.evaluate("changes => model.update(changes)", changes)


def emit(page: Page, event: str, *arguments: Any) -> None:
    """Raise an event of the model."""
    page.evaluate("([event, all]) => model.emit(event, ...all)", [event, arguments])
