"""One test's API, client and form."""

from __future__ import annotations

import threading
import time

import psutil
from doubles import raw_server as raw

from lamin_widgets.control import engine
from lamin_widgets.core.secret import Secret
from lamin_widgets.form.draft import Draft
from lamin_widgets.lamin.client import DbServerClient
from lamin_widgets.lamin.transport import RequestsTransport

PASSWORD = "Zq7#kfW/9vLx@2r%"


class Bench:
    """One test's API, client and form."""

    def __init__(self, box, monkeypatch, stack, tmp_path):
        self.box = box
        self.url = box.api_url
        self.token = Secret(box.issue_token())
        self.env = monkeypatch
        self.stack = stack
        self.tmp_path = tmp_path
        self.connect_timeout = 10.0
        self.deadline = 20.0
        self.draft = {}
        self.password = Secret(PASSWORD)
        self._client = None

    @property
    def client(self):
        if self._client is None:
            transport = RequestsTransport(
                connect_timeout=self.connect_timeout, deadline=self.deadline
            )
            self._client = DbServerClient(self.url, self.token, transport=transport)
            self.stack.callback(self._client.close)
        return self._client

    def fault(self, **fault):
        self.box.api.fault(times=None, **fault)

    def serve(self, handler, tls=None):
        """Answer with something that is no sandbox. Returns the port."""
        server = self.stack.enter_context(raw.RawServer(handler, tls=tls))
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{server.port}"
        return server.port

    def perform(self, action, cancelled=None):
        fields = {
            "name": "my-postgres-server",
            "api_server_name": "prod-us-east-1",
            "host": "db.example.org",
            "port": 5432,
            "api_url": self.url,
            "instance_name": "my-instance",
            "has_password": True,
        }
        return engine.perform(
            action,
            Draft(**fields | self.draft),
            client=self.client,
            password=self.password,
            api_key=None,
            on_step=lambda steps: None,
            cancelled=cancelled or threading.Event(),
        )


def until(condition, within_s=10.0):
    """Wait for a condition."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.005)


def connections():
    """Open ends of this process that face the outside, so not the sandbox's own."""
    found = psutil.Process().net_connections("tcp")
    return {(c.fd, c.laddr, c.raddr) for c in found if c.status != "LISTEN"}
