"""A notebook can break and mend the sandbox it runs in, and nobody else can."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lamin_widgets.core.errors import LaminWidgetsError
from lamin_widgets.sandbox.breakages import BREAKAGES
from lamin_widgets.sandbox.control import SandboxControl


@pytest.fixture
def control(breakable, monkeypatch):
    for name, text in breakable.environ.items():
        monkeypatch.setenv(name, text)
    # A proxy that would get every request if the client asked it.
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.delenv("no_proxy")
    return SandboxControl.from_environment()


def test_the_connection_details_are_at_hand(sandbox, control):
    details = control.details()
    assert (details.host, details.port) == ("127.0.0.1", sandbox.database.port)
    assert details.password.reveal() == sandbox.database.password
    assert details.organization_id == sandbox.organization_id
    assert details.api_url == sandbox.api_url
    assert details.published_api_url == sandbox.published_api_url
    assert sandbox.database.password not in repr(details)


@pytest.mark.parametrize("what", sorted(set(BREAKAGES) - {"no-superuser"}))
def test_breaking_and_mending(control, guide, server_name, what):
    guide.register(server_name)
    control.break_(what)
    assert guide.check(server_name).json()["status"] == "error"
    control.mend()
    control.mend()
    assert guide.check(server_name).json()["status"] == "success"


def test_not_being_a_superuser_is_no_failure(sandbox, control, guide, server_name):
    guide.register(server_name)
    control.break_("no-superuser")
    assert guide.check(server_name).json()["status"] == "success"
    rights = "SELECT rolsuper FROM pg_roles WHERE rolname = 'postgres'"
    assert sandbox.database.sql(rights) == [(False,)]
    control.mend()
    assert sandbox.database.sql(rights) == [(True,)]


def test_stopping_and_starting_the_database(sandbox, control):
    control.stop_database()
    assert not sandbox.database.running
    control.start_database()
    assert sandbox.database.running


def test_what_cannot_be_broken_is_told(control):
    with pytest.raises(LaminWidgetsError, match="wrong-password"):
        control.break_("the/internet")


def test_it_works_only_with_the_key(sandbox, control, tmp_path):
    known = json.loads(control.path.read_text())
    forged = tmp_path / "details.json"
    forged.write_text(json.dumps({**known, "control_key": "guess"}))
    with pytest.raises(LaminWidgetsError, match="wrong key"):
        SandboxControl(forged).stop_database()
    assert sandbox.database.running


def test_a_sandbox_that_is_gone_is_told(control, tmp_path):
    known = json.loads(control.path.read_text())
    address = "http://127.0.0.1:1/_sandbox"
    gone = tmp_path / "details.json"
    gone.write_text(json.dumps({**known, "control_url": address}))
    with pytest.raises(LaminWidgetsError, match="does not answer"):
        SandboxControl(gone).mend()


@pytest.mark.parametrize("path", [None, "nowhere"])
def test_without_a_sandbox_it_says_how_to_start_one(monkeypatch, tmp_path, path):
    monkeypatch.delenv("LAMIN_WIDGETS_SANDBOX_FILE", raising=False)
    if path:
        monkeypatch.setenv("LAMIN_WIDGETS_SANDBOX_FILE", str(tmp_path / path))
    with pytest.raises(LaminWidgetsError, match="lamin-widgets demo"):
        SandboxControl.from_environment()


def test_control_is_not_in_what_the_api_received_nor_in_its_faults(sandbox, control):
    before = len(sandbox.api.requests)
    sandbox.api.fault(status=500)
    control.start_database()
    assert len(sandbox.api.requests) == before
    assert Path(control.path).exists()


def test_breaking_what_is_stopped_is_refused_with_the_reason(control):
    control.break_("stopped")
    with pytest.raises(LaminWidgetsError, match=r"refused: .*does not run"):
        control.break_("wrong-password")
    control.mend()
    control.break_("wrong-password")
