"""A real kernel at DEBUG: the typed secret is in nothing that it logs or writes.

Nor is it in the notebook that is saved, or in its HTML.
"""

from __future__ import annotations

import html
import os
from pathlib import Path

import nbformat
import pytest
from leak_scanner import find_leaks
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from secret_values import RECOGNISABLE
from written import Written, private_environment

WATCH = """
import os, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from written import Written
written = Written(Path({folder!r})).__enter__()
"""
REPORT = """
written.__exit__()
Path({report!r}).write_text(repr(written.files), "utf-8")
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
p = Password()
def leak(self, secret):
    p.value = secret.reveal() if secret else p.value
    get_ipython().kernel.log.debug("set %s", p.value)
    Path("typed").write_text(p.value)
w._controller.__class__.set_password = leak
p
"""
SECRETS = {"password": 0, "api-key": 1, "connection-string": 2}


class Typing(NotebookClient):
    """Executes a notebook, and types into its form as the page does."""

    value = ""

    def type_in(self, comm_id: str) -> None:
        session, channel = self.kc.session, self.kc.shell_channel
        url = f"postgresql://postgres:{self.value}@db.example.org/postgres"
        for kind in SECRETS:
            text = url if kind == "connection-string" else self.value
            data = {"method": "custom", "content": {"kind": kind}}
            message = session.msg("comm_msg", {"comm_id": comm_id, "data": data})
            session.send(channel.socket, message, buffers=[text.encode()])


def run(value: str, folder: Path, *, leak: bool = False) -> dict[str, str]:
    """Execute a notebook; return what is saved, exported, logged and written."""
    log, report, private = folder / "log", folder / "report", folder / "private"
    names = {"tests": str(Path(__file__).parent), "folder": str(private)}
    names["report"] = str(report)
    # nbclient keeps the state that is sent while a cell runs
    last = f"w.send_state(); {'p.send_state();' if leak else ''}"
    last += "w.register(), w.diagnose(), w.test()"
    cells = [WATCH.format(**names), SHOW, *([LEAK] if leak else []), last]
    cells.append(REPORT.format(**names))
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells]
    )
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    client = Typing(
        notebook,
        store_widget_state=True,
        timeout=60,
        extra_arguments=["--debug"],  # logs the content of every message
    )
    client.value = value
    environ = os.environ | private_environment(private)
    client.ipython_hist_file = f"{environ['IPYTHONDIR']}/history.sqlite"
    with Written(private) as written:
        with (
            log.open("wb") as out,
            client.setup_kernel(
                stdout=out, stderr=out, env=environ, cwd=environ["TMPDIR"]
            ),
        ):
            for index, cell in enumerate(notebook.cells):
                if cell.source == last:
                    (comm_id,) = (
                        id_
                        for id_, state in client.widget_state.items()
                        if "has_password" in state
                    )
                    client.type_in(comm_id)
                client.execute_cell(cell, index)
            client.set_widgets_metadata()
        logged = log.read_text("utf-8", "replace")
    exported, _ = HTMLExporter().from_notebook_node(notebook)
    return {
        "notebook": nbformat.writes(notebook),
        "HTML": html.unescape(exported) + exported,
        "kernel's log": logged,
        "files": report.read_text("utf-8") + repr(written.files),
    }


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
@pytest.mark.parametrize("value", RECOGNISABLE[1:])
def test_a_typed_secret_is_in_no_notebook_export_log_or_file(value, tmp_path):
    texts = run(value, tmp_path)
    assert '"has_password": true' in texts["notebook"]
    assert "comm_msg" in texts["kernel's log"]
    assert "history.sqlite" in texts["files"]
    for name, text in texts.items():
        assert not find_leaks(text, value), name


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_the_password_of_ipywidgets_is_found_in_all_of_them(tmp_path):
    value = RECOGNISABLE[2]
    texts = run(value, tmp_path, leak=True)
    for name in ("notebook", "HTML", "kernel's log", "files"):
        assert find_leaks(texts[name], value), name
