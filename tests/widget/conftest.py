"""A widget without a front end: its messages are recorded, a view's are played."""

from __future__ import annotations

import comm
import pytest
from played import RecordingComm, View

from lamin_widgets import DbServerWidget


@pytest.fixture
def shown(monkeypatch):
    """Make widgets as in a kernel; returns the widget and its view."""
    monkeypatch.setattr(comm, "create_comm", RecordingComm)
    RecordingComm.opened = []
    widgets = []

    def make(**arguments):
        widget = DbServerWidget(**arguments)
        widgets.append(widget)
        return widget, View(widget)

    yield make
    for widget in widgets:
        widget.close()


@pytest.fixture
def token_client(sandbox):
    """A client whose token the sandbox issued, so that nobody has to sign in."""
    from lamin_widgets import DbServerClient  # noqa: PLC0415

    client = DbServerClient(sandbox.api_url, sandbox.issue_token())
    yield client
    client.close()


@pytest.fixture
def filled(shown, sandbox, token_client, server_name):
    """A form with everything in it, ready to register."""
    return shown(
        name=server_name,
        host=sandbox.database.host,
        port=sandbox.database.port,
        password=sandbox.database.password,
        client=token_client,
    )
