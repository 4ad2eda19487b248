"""A real kernel at DEBUG, a saved notebook, its HTML: the typed secret is in none."""

from __future__ import annotations

import html

import nbformat
import pytest
from leak_scanner import find_leaks
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from secret_values import RECOGNISABLE

SHOW = """
import logging, os
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


def run(value: str, log, *, leak: bool = False) -> dict[str, str]:
    """Execute a notebook; return what is saved, exported and logged."""
    # nbclient keeps the state that is sent while a cell runs
    last = f"w.send_state(); {'p.send_state();' if leak else ''}"
    last += "w.register(), w.diagnose(), w.test()"
    cells = [SHOW, *([LEAK] if leak else []), last]
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
    with log.open("wb") as out, client.setup_kernel(stdout=out, stderr=out):
        for index, cell in enumerate(notebook.cells):
            if index == len(notebook.cells) - 1:
                (comm_id,) = (
                    id_
                    for id_, state in client.widget_state.items()
                    if "has_password" in state
                )
                client.type_in(comm_id)
            client.execute_cell(cell, index)
        client.set_widgets_metadata()
    exported, _ = HTMLExporter().from_notebook_node(notebook)
    return {
        "notebook": nbformat.writes(notebook),
        "HTML": html.unescape(exported) + exported,
        "kernel's log": log.read_text("utf-8", "replace"),
    }


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
@pytest.mark.parametrize("value", RECOGNISABLE[1:])
def test_a_typed_secret_is_in_no_notebook_export_or_log(value, tmp_path):
    texts = run(value, tmp_path / "log")
    assert '"has_password": true' in texts["notebook"]
    assert "comm_msg" in texts["kernel's log"]
    for name, text in texts.items():
        assert not find_leaks(text, value), name


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_the_password_of_ipywidgets_is_found_in_all_three(tmp_path):
    value = RECOGNISABLE[2]
    texts = run(value, tmp_path / "log", leak=True)
    for name in ("notebook", "HTML", "kernel's log"):
        assert find_leaks(texts[name], value), name
