"""A form that is closed leaves nothing behind."""

from __future__ import annotations

import gc
import weakref

import comm
from ipywidgets.widgets import widget as registry
from played import RecordingComm

from lamin_widgets import DbServerWidget


def test_a_closed_form_leaves_neither_itself_nor_a_model(monkeypatch):
    monkeypatch.setattr(comm, "create_comm", RecordingComm)
    before = set(registry._instances)
    widget = DbServerWidget()
    RecordingComm.opened.clear()
    form = weakref.ref(widget)
    widget.close()
    del widget
    gc.collect()
    assert form() is None
    assert set(registry._instances) == before
