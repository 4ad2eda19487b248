"""A Jupyter kernel: JupyterLab, nbclassic, VS Code, Colab, and Voilà."""

from __future__ import annotations

import json
from typing import Any
from unittest import mock

import comm
from comm.base_comm import BaseComm
from ipywidgets import Widget
from ipywidgets.embed import embed_data, embed_snippet
from jupyter_client.session import Session
from security.front_ends.playing import main, play, show


def run(value: str) -> list[str]:
    """The messages of a Jupyter kernel, and the page that ipywidgets exports."""
    session, sent = Session(key=b"x"), []

    class Comm(BaseComm):
        def publish_msg(self, kind: str, data: Any = None, **more: Any) -> None:
            message = session.msg(kind, {"data": data, **(more["metadata"] or {})})
            parts = session.serialize(message)
            sent.extend([part.decode("utf-8", "backslashreplace") for part in parts])
            sent.append(repr([bytes(each) for each in more.get("buffers") or ()]))

    with mock.patch.object(comm, "create_comm", Comm):
        widget = show()

    def deliver(data: dict[str, Any], buffers: list[bytes]) -> None:
        views = [*map(memoryview, buffers)]
        widget.comm.handle_msg({"content": {"data": data}, "buffers": views})

    play(widget, value, deliver)
    sent.append(embed_snippet([widget]))
    sent.append(json.dumps(embed_data([widget]), default=repr))
    sent.append(json.dumps(Widget.get_manager_state(), default=repr))
    sent.append(repr(widget._repr_mimebundle_()))
    return sent


if __name__ == "__main__":
    main(run)
