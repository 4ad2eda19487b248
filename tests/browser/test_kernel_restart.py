"""A password that was held is nowhere once the kernel was restarted."""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from harness import JupyterLab, form, wait_for
from playwright.sync_api import expect
from test_secret_life import PLANT, SOURCE, save, seen_in

from lamin_widgets.sandbox.process import sign_in

sys.path.append(str(Path(__file__).parents[1] / "security"))

from leak_scanner import find_leaks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

PARTS = ("kestrelZq7wv", "quillbackXj9y")
"""Long enough not to be in any memory by chance."""
PASSWORD = f"{PARTS[0]}'<owl>&ü🦉\"{PARTS[1]}"
LOST = "This form has lost its kernel. Run its cell again"
HELD = "Held in memory only. Once Lamin has it, it is dropped."


@pytest.fixture(scope="module")
def lab_server(browser: Browser, sandbox) -> Iterator[JupyterLab]:
    sign_in(sandbox)
    with JupyterLab(browser, sandbox.environ) as server:
        yield server


@pytest.fixture
def lab(lab_server: JupyterLab) -> Iterator[JupyterLab]:
    yield lab_server
    lab_server.close_pages()


def kernel_of(lab: JupyterLab) -> psutil.Process:
    """Return the process of the notebook's kernel."""
    return psutil.Process(lab.evaluate("__import__('os').getpid()"))


def restart(page: Page, lab: JupyterLab) -> None:
    """Restart the kernel as a person does, and wait until the old one is gone."""
    old = kernel_of(lab)
    lab.run_command(page, "kernelmenu:restart")
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    expect(form(page).get_by_role("status").first).to_contain_text(LOST)
    wait_for(lambda: not old.is_running(), "the old kernel's end")
    assert kernel_of(lab) != old  # the new one answers


def run_again(page: Page, lab: JupyterLab) -> None:
    lab.run_command(page, "notebook:run-all-cells")
    status = form(page).get_by_role("status")
    expect(status).not_to_contain_text("lost its kernel", timeout=60_000)


def typed(lab: JupyterLab, *more: str) -> Page:
    """Open a form and type the password, which the kernel then holds."""
    page = lab.open(SOURCE.format(name="x", port=1), *more)
    field = form(page).get_by_label("Password", exact=True)
    field.fill(PASSWORD)
    field.blur()
    expect(form(page).get_by_text(HELD)).to_be_visible()
    assert lab.evaluate("w.has_password")
    return page


def files_of(lab: JupyterLab) -> str:
    """Return what Jupyter and its kernels wrote: logs, settings, history, notebooks."""
    paths = [path for path in lab.folder.rglob("*") if path.is_file()]
    texts = [path.read_bytes().decode("utf-8", "backslashreplace") for path in paths]
    return "\n".join([*map(str, paths), *texts])


def in_memory(process: psutil.Process) -> list[bytes]:
    """Return what of the password is in the memory of a process, however encoded."""
    wanted = [
        part.encode(encoding)
        for part in PARTS
        for encoding in ("utf-8", "utf-16-le", "utf-32-le")
    ]
    for part in PARTS:
        for start in range(3):  # the same in base64, whatever stands before it
            piece = part[start : start + (len(part) - start) // 3 * 3]
            wanted.append(base64.b64encode(piece.encode()))
    found = set()
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
                continue  # given back in the meantime, or a device's
            found |= {each for each in wanted if each in text}
    return sorted(found)


def test_after_a_restart_a_held_password_is_in_nothing_that_is_saved_or_shown(
    lab: JupyterLab,
) -> None:
    page = typed(lab)
    console: list[str] = []
    page.on("console", lambda message: console.append(message.text))
    it = form(page)
    field = it.get_by_label("Password", exact=True)
    save(page, lab)  # a copy of this one may stay
    restart(page, lab)
    expect(field).to_have_value("")
    for each in it.locator("input").all():
        assert not find_leaks(each.input_value(), PASSWORD)
    assert not find_leaks(seen_in(page, lab, console), PASSWORD)

    run_again(page, lab)
    expect(it.get_by_text("Not held.")).to_be_visible()
    expect(field).to_have_value("")
    assert not lab.evaluate("w.has_password")
    kernel = kernel_of(lab)
    given = repr([kernel.cmdline(), kernel.environ()])
    seen = [seen_in(page, lab, console), files_of(lab), given]
    assert not find_leaks("\n".join(seen), PASSWORD)


@pytest.mark.skipif(not Path("/proc").exists(), reason="Linux shows a memory there")
def test_the_new_kernels_memory_has_nothing_of_it(lab: JupyterLab) -> None:
    page = typed(lab)
    assert in_memory(kernel_of(lab))
    restart(page, lab)
    run_again(page, lab)
    assert not lab.evaluate("w.has_password")
    assert not in_memory(kernel_of(lab))


def test_the_password_of_ipywidgets_is_found_after_a_restart(lab: JupyterLab) -> None:
    page = typed(lab, PLANT)
    another = PASSWORD[::-1]  # its notebook stays
    page.get_by_label("Leaky").fill(another)
    page.get_by_label("Leaky").blur()
    save(page, lab)
    restart(page, lab)
    assert find_leaks(files_of(lab), another)
