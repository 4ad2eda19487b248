"""The real lamindb_setup signs in to the stand-in hub, and changes nothing else."""

from __future__ import annotations

import json
import os
import sys

import pytest
from doubles.processes import run_command

from lamin_widgets.sandbox import process
from lamin_widgets.sandbox.errors import SandboxError

SCRIPT = """
import json, sys
import lamindb_setup
from lamindb_setup.core._hub_client import get_access_token

lamindb_setup.login(api_key=sys.stdin.readline().strip())
user = lamindb_setup.settings.user
renewed = get_access_token(user.email, user.password, user.api_key)
answer = {"handle": user.handle, "token": user.access_token, "renewed": renewed}
print("answer:", json.dumps(answer))
"""


@pytest.fixture
def sign_in(sandbox, tmp_path):
    home = tmp_path / "home"
    (home / ".lamin").mkdir(parents=True)
    (home / ".lamin" / "current_user.env").write_text("lamindb_user_handle=me\n")

    def run(api_key):
        environ = {**os.environ, **sandbox.environ, "HOME": str(home)}
        command = (sys.executable, "-c", SCRIPT)
        result = run_command(*command, input=api_key, env=environ, cwd=tmp_path)
        assert api_key not in result.stdout + result.stderr
        return json.loads(result.stdout.partition("answer: ")[2])

    run.home = home
    return run


def _files(folder):
    return {
        path.relative_to(folder): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def test_api_key_signs_in_and_keeps_other_settings(
    sandbox, sign_in, guide, server_name
):
    before = _files(sign_in.home)
    answer = sign_in(sandbox.api_key)
    assert answer["handle"] == sandbox.handle
    assert guide.register(server_name, token=answer["token"]).status_code == 201
    assert guide.check(server_name, token=answer["renewed"]).status_code == 200
    assert _files(sign_in.home) == before


def test_hub_requires_its_publishable_key(sandbox, guide):
    body = {"api_key": sandbox.api_key}
    address = f"{sandbox.hub_url}/functions/v1/get-jwt-v1"
    assert guide.session.post(address, json=body).status_code == 401
    right = {"apikey": sandbox.environ["SUPABASE_ANON_KEY"]}
    assert guide.session.post(address, json=body, headers=right).ok


def test_hub_shows_accounts_only_for_valid_tokens(sandbox, guide):
    address = f"{sandbox.hub_url}/rest/v1/account?handle=eq.{sandbox.handle}"
    known = {"apikey": sandbox.environ["SUPABASE_ANON_KEY"]}
    good, expired = sandbox.issue_token(), sandbox.issue_token(-10)
    seen = [
        guide.session.get(
            address, headers={**known, "Authorization": f"Bearer {token}"}
        )
        for token in (good, expired)
    ]
    assert [row["handle"] for row in seen[0].json()] == [sandbox.handle]
    assert seen[1].status_code == 401


def test_failed_sign_in_of_the_demo_prints_one_line(faulty):
    faulty.hub.fault(times=None, status=500, body="<h1>down</h1>")
    with pytest.raises(
        SandboxError, match=r"^The sandbox sign-in failed: .*Error"
    ) as e:
        process.sign_in(faulty)
    assert "\n" not in str(e.value)
    assert faulty.api_key not in str(e.value)


def test_slow_demo_sign_in_is_given_up_in_time(faulty, monkeypatch):
    monkeypatch.setattr(process, "SIGN_IN_S", 0.1)
    faulty.hub.fault(times=None, silent=True)
    with pytest.raises(SandboxError, match=r"took more than 0\.1 s"):
        process.sign_in(faulty)
