"""A notebook can break and reset the sandbox that it runs in, and only with the key."""

from __future__ import annotations

import json

import pytest
import requests

from lamin_widgets.core.errors import LaminWidgetsError
from lamin_widgets.sandbox.control import KEY_HEADER, SandboxControl


@pytest.fixture
def control(breakable, monkeypatch):
    for name, text in breakable.environ.items():
        monkeypatch.setenv(name, text)
    # If the client used this proxy, the proxy would get every request.
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.delenv("no_proxy")
    return SandboxControl.from_environment()


def test_control_returns_the_details_of_the_sandbox(sandbox, control):
    details = control.details()
    assert (details.host, details.port) == ("127.0.0.1", sandbox.database.port)
    assert details.password.reveal() == sandbox.database.password
    assert details.api_key.reveal() == sandbox.api_key
    assert details.ca_file == sandbox.database.ca_file
    assert details.organization_id == sandbox.organization_id
    assert details.api_url == sandbox.api_url
    assert details.published_api_url == sandbox.published_api_url
    assert sandbox.database.password not in repr(details)


def test_control_breaks_and_resets_the_server(sandbox, control, guide, server_name):
    guide.register(server_name)
    control.break_("stopped")
    assert not sandbox.database.running
    control.use_api("2026-07")
    assert guide.check(server_name).status_code == 404
    control.reset()
    assert guide.check(server_name).json()["status"] == "success"


@pytest.mark.parametrize(
    ("method", "value", "reason"),
    [
        ("break_", "the/internet", "Unknown breakage. Choose one of: stopped"),
        ("use_api", "2027", "Unknown API version. Choose one of: guide, 2026-06"),
    ],
)
def test_unknown_choice_raises_an_error_with_the_known_ones(
    control, method, value, reason
):
    with pytest.raises(LaminWidgetsError, match=reason):
        getattr(control, method)(value)


def test_breakage_of_a_stopped_server_is_refused_with_a_reason(control):
    control.break_("stopped")
    with pytest.raises(LaminWidgetsError, match="server isn't running"):
        control.break_("wrong-password")
    control.reset()
    control.break_("wrong-password")


def test_control_requires_the_key(sandbox, control, tmp_path):
    known = json.loads(control.path.read_text())
    forged = tmp_path / "details.json"
    forged.write_text(json.dumps({**known, "control_key": "guess"}))
    with pytest.raises(LaminWidgetsError, match="Wrong key"):
        SandboxControl(forged).break_("stopped")
    assert sandbox.database.running


def test_control_refuses_web_pages_even_with_the_key(sandbox, control):
    known = json.loads(control.path.read_text())
    with requests.Session() as session:
        session.trust_env = False
        reply = session.post(
            f"{known['control_url']}/break?what=stopped",
            headers={KEY_HEADER: known["control_key"], "Origin": "http://127.0.0.1"},
            timeout=10,
        )
    assert reply.status_code == 403
    assert sandbox.database.running


def test_stopped_sandbox_is_reported(control, tmp_path):
    known = json.loads(control.path.read_text())
    gone = tmp_path / "details.json"
    gone.write_text(json.dumps({**known, "control_url": "http://127.0.0.1:1"}))
    with pytest.raises(LaminWidgetsError, match="The sandbox doesn't respond"):
        SandboxControl(gone).reset()


@pytest.mark.parametrize("path", [None, "nowhere"])
def test_missing_sandbox_is_reported(monkeypatch, tmp_path, path):
    monkeypatch.delenv("LAMIN_WIDGETS_SANDBOX_FILE", raising=False)
    if path:
        monkeypatch.setenv("LAMIN_WIDGETS_SANDBOX_FILE", str(tmp_path / path))
    with pytest.raises(LaminWidgetsError, match="lamin-widgets demo"):
        SandboxControl.from_environment()
