"""The real lamindb_setup signs in to the stand-in hub, and touches nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from lamin_widgets.sandbox import process
from lamin_widgets.sandbox.errors import SandboxError

SCRIPT = """
import json, sys
import lamindb_setup
from lamindb_setup.core._hub_client import get_access_token

answer = {}
try:
    lamindb_setup.login(api_key=sys.stdin.readline().strip())
    user = lamindb_setup.settings.user
    renewed = get_access_token(user.email, user.password, user.api_key)
    answer = {"handle": user.handle, "token": user.access_token, "renewed": renewed}
except Exception as error:
    answer = {"error": type(error).__name__}
print("answer:", json.dumps(answer))
"""


@pytest.fixture
def sign_in(sandbox, tmp_path):
    home = tmp_path / "home"
    (home / ".lamin").mkdir(parents=True)
    (home / ".lamin" / "current_user.env").write_text("lamindb_user_handle=me\n")

    def run(api_key):
        result = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            input=api_key + "\n",
            env={**os.environ, **sandbox.environ, "HOME": str(home)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert api_key not in result.stdout + result.stderr
        return json.loads(result.stdout.partition("answer: ")[2])

    run.home = home
    return run


def _files(folder):
    return {
        path.relative_to(folder): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def test_signing_in_with_the_api_key(sandbox, sign_in, guide, server_name):
    before = _files(sign_in.home)
    answer = sign_in(sandbox.api_key)
    assert answer["handle"] == sandbox.handle
    assert guide.register(server_name, token=answer["token"]).status_code == 201
    assert guide.check(server_name, token=answer["renewed"]).status_code == 200
    assert _files(sign_in.home) == before, "the person's own settings were touched"


@pytest.mark.parametrize(
    ("attribute", "error"),
    [("expired_api_key", "ApiKeyExpired"), (None, "ApiKeyNotFound")],
)
def test_a_bad_api_key_is_told_as_by_lamin(sandbox, sign_in, attribute, error):
    key = getattr(sandbox, attribute) if attribute else "Qz7-not-a-key"
    assert sign_in(key) == {"error": error}


def test_the_hub_serves_only_who_knows_it(sandbox, guide):
    body = {"api_key": sandbox.api_key}
    address = f"{sandbox.hub_url}/functions/v1/get-jwt-v1"
    assert guide.session.post(address, json=body).status_code == 401
    right = {"apikey": sandbox.environ["SUPABASE_ANON_KEY"]}
    assert guide.session.post(address, json=body, headers=right).ok


def test_the_hub_shows_accounts_to_a_good_token_only(sandbox, guide):
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


# --- What the demo says where it cannot sign in ---


def test_signing_in_that_fails(breakable):
    breakable.hub.fault(times=None, status=500, body="<h1>down</h1>")
    with pytest.raises(SandboxError, match=r"^Signing in .* failed: .*Error") as caught:
        process.sign_in(breakable)
    assert "\n" not in str(caught.value)
    assert breakable.api_key not in str(caught.value)


def test_a_settings_folder_that_cannot_be_written(sandbox, monkeypatch, tmp_path):
    file = tmp_path / "file"
    file.touch()  # nothing can be made below it, whoever one is
    environ = {**sandbox.environ, "LAMIN_SETTINGS_DIR": str(file / "settings")}
    monkeypatch.setattr(sandbox, "environ", environ)
    with pytest.raises(SandboxError, match="failed: NotADirectoryError") as caught:
        process.sign_in(sandbox)
    assert "\n" not in str(caught.value)


def test_signing_in_that_takes_too_long(breakable, monkeypatch):
    monkeypatch.setattr(process, "_PATIENCE_S", 0.1)
    breakable.hub.fault(times=None, silent=True)
    with pytest.raises(SandboxError, match=r"more than 0\.1 s"):
        process.sign_in(breakable)
