"""The browser's side of a widget, played: what was sent to it is taken down."""

from __future__ import annotations

from comm.base_comm import BaseComm


class RecordingComm(BaseComm):
    """Takes down what the kernel sends to the browser."""

    opened: list[RecordingComm] = []  # noqa: RUF012  # emptied by the fixture

    def __init__(self, **arguments):
        self.sent = []
        super().__init__(**arguments)
        RecordingComm.opened.append(self)

    def publish_msg(self, msg_type, data=None, buffers=None, **_):
        self.sent.append((msg_type, data or {}, buffers or []))


class View:
    """Plays the browser's part for one widget."""

    def __init__(self, widget):
        self.widget = widget
        self.comm = next(c for c in RecordingComm.opened if c is widget.comm)

    def send(self, content, *secrets: bytes):
        data = {"method": "custom", "content": content}
        message = {"content": {"data": data}, "buffers": [*map(memoryview, secrets)]}
        self.comm.handle_msg(message)

    def set(self, **values):
        data = {"method": "update", "state": values, "buffer_paths": []}
        self.comm.handle_msg({"content": {"data": data}, "buffers": []})

    def press(self, action, **values):
        self.send({"kind": "action", "action": action, "values": values})
        job = self.widget._controller.runner.current
        if job is not None:
            assert job.done.wait(20), f"{action} did not end"

    def got(self, name):
        """The last value of a trait that reached the browser."""
        states = [data.get("state", {}) for _, data, _ in self.comm.sent]
        return [state[name] for state in states if name in state][-1]

    def told(self, kind):
        """The custom messages of a kind that reached the browser."""
        custom = [data["content"] for _, data, _ in self.comm.sent if "content" in data]
        return [content for content in custom if content["kind"] == kind]
