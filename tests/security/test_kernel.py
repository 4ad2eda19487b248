"""A secret that's entered in a real kernel, which logs at DEBUG.

It's in nothing that the kernel logs or writes, and neither in the saved notebook nor in
its HTML.
"""

from __future__ import annotations

import contextlib
import html
import os
from pathlib import Path

import nbformat
import pytest
from doubles.kernels import unix_sockets
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from security.leak_scanner import SECRETS, find_leaks
from security.scenes import url_with
from security.watching import written

WATCH = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from security.watching import written
watch = written(Path.home())
files = watch.__enter__()
"""
SHOW = """
import logging
logging.basicConfig(level=logging.DEBUG)
from lamin_widgets import DbServerWidget
w = DbServerWidget(name="x", host="127.0.0.1", port=1, api_url="http://127.0.0.1:1")
w
"""
LEAK = """
from ipywidgets import Password
from lamin_widgets.session.store import Store
p = Password()
def leak(self, password, by):
    p.value = password.reveal()
    get_ipython().kernel.log.debug("set %s", p.value)
    Path("typed").write_text(p.value)
Store.enter_password = leak
p
"""
USE = """
for each in (w, globals().get("p")):
    if each is not None:
        each.send_state()
outcomes = w.register(), w.diagnose(), w.test()
outcomes, {"shared": w._store.state.shared}
"""
REPORT = """
watch.__exit__(None, None, None)
Path({report!r}).write_text("\\n".join(files), "utf-8")
"""
KINDS = ("password", "connection-string", "action")


class Typing(NotebookClient):
    """Executes a notebook, and enters secrets into its form as the page does."""

    def enter(self, comm_id: str, value: str) -> None:
        session, channel = self.kc.session, self.kc.shell_channel
        for kind in KINDS:
            text = url_with(value) if kind == "connection-string" else value
            content = {"kind": kind, "action": "sign-in-once", "values": {}}
            data = {"method": "custom", "content": content}
            message = session.msg("comm_msg", {"comm_id": comm_id, "data": data})
            session.send(channel.socket, message, buffers=[text.encode()])


def run(value: str, folder: Path, *, leak: bool = False) -> dict[str, str]:
    """Execute a notebook. Return what is saved, exported, logged, and written."""
    log, report, home = folder / "log", folder / "report", folder / "home"
    home.mkdir()
    tests = str(Path(__file__).parents[1])
    cells = [WATCH.format(tests=tests), SHOW, *([LEAK] if leak else []), USE]
    cells.append(REPORT.format(report=str(report)))
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells]
    )
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    names = ("HOME", "LAMIN_SETTINGS_DIR", "TMPDIR", "IPYTHONDIR")
    environ = os.environ | dict.fromkeys(names, str(home))
    # A sign-in ends before anything is sent.
    environ |= {"LAMIN_ENV": "custom", "SUPABASE_API_URL": "http://hub.example.org"}
    with contextlib.ExitStack() as stack:
        client = Typing(
            notebook,
            store_widget_state=True,
            timeout=60,
            # With this option, the kernel logs the content of every message.
            extra_arguments=["--debug"],
            config=stack.enter_context(unix_sockets()),
        )
        client.ipython_hist_file = f"{home}/history.sqlite"
        files = stack.enter_context(written(home))
        out = stack.enter_context(log.open("wb"))
        options = {"stdout": out, "stderr": out, "env": environ, "cwd": str(home)}
        stack.enter_context(client.setup_kernel(**options))
        for index, cell in enumerate(notebook.cells):
            if cell.source == USE:
                states = client.widget_state.items()
                (comm_id,) = (id_ for id_, state in states if "view" in state)
                client.enter(comm_id, value)
            client.execute_cell(cell, index)
        client.set_widgets_metadata()
    exported, _ = HTMLExporter().from_notebook_node(notebook)
    return {
        "notebook": nbformat.writes(notebook),
        "HTML": html.unescape(exported) + exported,
        "kernel's log": log.read_text("utf-8", "replace"),
        "files": report.read_text("utf-8") + "\n".join(files),
    }


ignored = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::UserWarning", "ignore::ResourceWarning"
)


@ignored
def test_entered_secret_is_not_in_notebooks_logs_or_files(tmp_path):
    value = SECRETS["markup"]
    texts = run(value, tmp_path)
    assert "Kept in memory only" in texts["notebook"]
    assert "'shared': False" in texts["notebook"]
    assert "comm_msg" in texts["kernel's log"]
    assert "history.sqlite" in texts["files"]
    for name, text in texts.items():
        assert not find_leaks(text, value), name


@ignored
def test_planted_leak_is_found_in_notebooks_logs_and_files(tmp_path):
    value = SECRETS["markup"]
    texts = run(value, tmp_path, leak=True)
    for name, text in texts.items():
        assert find_leaks(text, value), name
