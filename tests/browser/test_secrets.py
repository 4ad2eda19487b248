"""The password in JupyterLab isn't saved, shown, or kept after a restart."""

from __future__ import annotations

import base64
import html
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import psutil
from browser.page import form
from doubles.processes import eventually
from nbconvert import HTMLExporter
from playwright.sync_api import expect
from security.leak_scanner import find_leaks

if TYPE_CHECKING:
    from browser.front_ends.jupyter import JupyterLab
    from playwright.sync_api import Page

SOURCE = "import lamin_widgets as lw; w = lw.DbServerWidget(host='127.0.0.1'); w"
LEAKY = "import ipywidgets; ipywidgets.Password(description='Leaky')"
PARTS = ("kestrelZq7wv", "quillbackXj9y")
"""Parts of the password, long enough not to be in any memory by chance."""
PASSWORD = f"{PARTS[0]}'<owl>&ü🦉\"{PARTS[1]}"
SAVE_WIDGET_STATE = """() => {
  const id = "@jupyter-widgets/jupyterlab-manager:saveWidgetState";
  const { commands } = window.jupyterapp;
  if (!commands.isToggled(id)) return commands.execute(id);
}"""
ALL_OF_THE_PAGE = """async () => {
  const seen = [document.body.innerText, document.documentElement.outerHTML];
  seen.push(...[...document.querySelectorAll("*")].flatMap(
    node => node.getAttributeNames().map(name => node.getAttribute(name))));
  seen.push(JSON.stringify(localStorage), JSON.stringify(sessionStorage));
  for (const { name } of await indexedDB.databases()) {
    const ask = request => new Promise(done => {
      request.onsuccess = () => done(request.result);
    });
    const db = await ask(indexedDB.open(name));
    for (const store of db.objectStoreNames)
      seen.push(JSON.stringify(
        await ask(db.transaction(store).objectStore(store).getAll())));
    db.close();
  }
  return seen.join("\\n");
}"""


def open_and_type(lab: JupyterLab, *more: str) -> tuple[Page, list[str]]:
    """Open a form, type the password, and wait until the kernel has it."""
    page = lab.open(SOURCE, *more)
    console: list[str] = []
    page.on("console", lambda message: console.append(message.text))
    field = form(page).get_by_label("Password", exact=True)
    field.fill(PASSWORD)
    field.blur()
    eventually(lambda: lab.evaluate("w.has_password"))
    return page, console


def seen_anywhere(lab: JupyterLab, page: Page, console: list[str]) -> str:
    """Save the notebook with widget state, and return all visible and saved texts."""
    page.evaluate(SAVE_WIDGET_STATE)
    saved = lab.save(page)
    exported, _ = HTMLExporter().from_notebook_node(nbformat.reads(saved, as_version=4))
    kernel = kernel_of(lab)
    written = [path for path in lab.folder.rglob("*") if path.is_file()]
    texts = [path.read_bytes().decode("utf-8", "backslashreplace") for path in written]
    page_text = page.evaluate(ALL_OF_THE_PAGE)
    process = repr([kernel.cmdline(), kernel.environ()])
    return "\n".join(
        [page_text, saved, exported, html.unescape(exported), process, *console, *texts]
    )


def kernel_of(lab: JupyterLab) -> psutil.Process:
    """Return the process of the notebook's kernel."""
    return psutil.Process(lab.evaluate("__import__('os').getpid()"))


def is_in_memory(process: psutil.Process) -> bool:
    """Return whether the password, in any encoding, is in the memory of a process."""
    wanted = [
        part.encode(encoding)
        for part in PARTS
        for encoding in ("utf-8", "utf-16-le", "utf-32-le")
    ]
    for part in PARTS:
        # base64 has three forms, by the number of bytes before the text.
        for start in range(3):
            piece = part[start : start + (len(part) - start) // 3 * 3]
            wanted.append(base64.b64encode(piece.encode()))
    maps = Path(f"/proc/{process.pid}/maps").read_text().splitlines()
    with Path(f"/proc/{process.pid}/mem").open("rb", buffering=0) as memory:
        for line in maps:
            addresses, rights, *_ = line.split()
            if not rights.startswith("rw"):
                continue
            start, end = (int(address, 16) for address in addresses.split("-"))
            memory.seek(start)
            try:
                text = memory.read(end - start)
            except OSError:
                continue  # The memory was freed meanwhile, or belongs to a device.
            if any(each in text for each in wanted):
                return True
    return False


def test_password_is_not_in_saved_files_or_on_the_page(lab: JupyterLab) -> None:
    """Also search for the password of another widget, which must be found.

    Then reload the page, on which JupyterLab restores the widgets.
    """
    page, console = open_and_type(lab, LEAKY)
    other = PASSWORD[::-1]
    page.get_by_label("Leaky").fill(other)
    page.get_by_label("Leaky").blur()
    it = form(page)
    it.get_by_role("button", name="Diagnose", exact=True).click()
    expect(it.get_by_role("status")).to_contain_text("refused the connection")
    text = seen_anywhere(lab, page, console)
    assert find_leaks(text, other)
    assert not find_leaks(text, PASSWORD)
    page.reload()
    it.wait_for(timeout=60_000)
    expect(it.get_by_role("button", name="Forget password")).to_be_visible()
    expect(it.get_by_label("Password", exact=True)).to_have_value("")
    it.get_by_role("button", name="Forget password").click()
    eventually(lambda: not lab.evaluate("w.has_password"))


def test_password_is_not_kept_after_a_kernel_restart(lab: JupyterLab) -> None:
    page, console = open_and_type(lab)
    it, old = form(page), kernel_of(lab)
    assert is_in_memory(old)
    lab.save(page)
    lab.run_command(page, "kernelmenu:restart")
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    expect(it.get_by_role("status")).to_contain_text(
        "disconnected from the kernel. To continue, run this cell"
    )
    expect(it.get_by_label("Password", exact=True)).to_have_value("")
    eventually(lambda: not old.is_running())
    lab.run_command(page, "notebook:run-all-cells")
    expect(it.get_by_role("status")).not_to_contain_text("disconnected")
    assert not lab.evaluate("w.has_password")
    assert not is_in_memory(kernel_of(lab))
    assert not find_leaks(seen_anywhere(lab, page, console), PASSWORD)
