"""Each outage of the sign-in and the API shows its symptom, and reset undoes it."""

from __future__ import annotations

import pytest
import requests

from lamin_widgets.sandbox.faults import FaultLayer
from lamin_widgets.sandbox.outages import OUTAGES


def test_failing_api_replies_503(breakable, api, server_name):
    api.register(server_name)
    breakable.break_("api-failing")
    reply = api.check(server_name)
    assert reply.status_code == 503
    assert reply.json() == {"detail": "Service unavailable"}
    breakable.reset()
    assert api.check(server_name).ok


@pytest.mark.parametrize("what", ["api-slow", "api-silent"])
def test_slow_or_silent_api_doesnt_reply_in_time(breakable, api, server_name, what):
    api.register(server_name)
    breakable.break_(what)
    with pytest.raises(requests.ReadTimeout):
        api.check(server_name, timeout=0.5)
    breakable.reset()
    assert api.check(server_name).ok


def test_slow_api_replies_eventually(breakable, guide, server_name, monkeypatch):
    wait = FaultLayer._wait  # noqa: SLF001  # the delay takes 5 s

    def wait_shortly(layer, gone, limit_s):
        return wait(layer, gone, limit_s and limit_s / 50)

    monkeypatch.setattr(FaultLayer, "_wait", wait_shortly)
    guide.register(server_name)
    breakable.break_("api-slow")
    assert guide.check(server_name).json()["status"] == "success"


def test_expired_token_can_be_renewed(breakable, api, server_name):
    api.register(server_name)
    breakable.break_("token-expired")
    assert api.check(server_name).status_code == 401
    assert api.check(server_name, headers=_bearer(breakable.issue_token())).ok


def test_expired_api_key_cant_be_exchanged(breakable, june):
    breakable.break_("api-key-expired")
    key = {"api_key": breakable.api_key}
    reply = june.request("POST", "/account/jwt", json=key)
    assert (reply.status_code, reply.json()) == (401, {"detail": "API key expired"})
    breakable.reset()
    assert june.request("POST", "/account/jwt", json=key).ok


def test_hub_outage_prevents_signing_in(breakable, guide):
    breakable.break_("hub-down")
    url = f"{breakable.hub_url}/functions/v1/get-jwt-v1"
    assert guide.session.post(url, timeout=10).status_code == 503


def test_reached_instance_quota_returns_403(breakable, june, server_name):
    june.register(server_name)
    query = {"name": server_name, "db_server_name": server_name}
    breakable.break_("instance-quota")
    reply = june.request("PUT", "/instances", params=query)
    assert reply.status_code == 403
    assert "quota reached" in reply.json()["detail"]
    breakable.reset()
    assert june.request("PUT", "/instances", params=query).ok


def test_every_outage_is_tested(request):
    source = request.path.read_text()
    assert not [name for name in OUTAGES if f'"{name}"' not in source]


def _bearer(token):
    return {"Authorization": f"Bearer {token}"}
