"""Recognition of the front end, by its process and its comm."""

import sys
from types import SimpleNamespace
from unittest import mock

import IPython
import pytest

from lamin_widgets.core.front_end import is_shared, reader_place


def test_reader_place_of_a_script_is_the_shell():
    assert reader_place() == "shell"


@pytest.mark.parametrize(
    ("process", "comm", "shared"),
    [
        ("notebook", "kernel's comm", False),
        ("notebook in Voilà", "kernel's comm", True),
        ("notebook in Voilà, started before its visitor", "kernel's comm", True),
        ("notebook that serves an app", "another kernel's comm", True),
        ("notebook that serves an app", "comm without a kernel", True),
        ("substitute for a kernel in Solara", "kernel's comm", True),
        ("edit", "marimo's comm", False),
        ("edit", "another kernel's comm", True),
        ("run", "marimo's comm", True),
        ("app", "comm without a kernel", True),
    ],
)
def test_form_is_shared_unless_its_comm_is_a_notebooks(
    process, comm, shared, monkeypatch
):
    kernel, shell = object(), None
    if process.startswith("notebook"):
        shell = mock.Mock(IPython.InteractiveShell, kernel=kernel)
    elif process.startswith("substitute"):
        shell = SimpleNamespace(kernel=kernel)
    comms = {
        "kernel's comm": SimpleNamespace(kernel=kernel),
        "another kernel's comm": SimpleNamespace(kernel=object()),
        "comm without a kernel": SimpleNamespace(kernel=None),
        "marimo's comm": type("Comm", (), {"__module__": "marimo._plugins.comm"})(),
    }
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    if process.endswith("Voilà"):
        monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5")
    if process.endswith("started before its visitor"):
        monkeypatch.setenv("VOILA_PREHEAT", "True")
    meta = SimpleNamespace(mode=process)
    monkeypatch.setitem(sys.modules, "marimo", SimpleNamespace(app_meta=lambda: meta))
    assert is_shared(comms[comm]) is shared
