"""Who is signed in: the real lamindb_setup, in a process of its own as a kernel is.

lamindb_setup decides at its import whose settings folder it uses.
"""

from __future__ import annotations

import pytest
from account_kernel import CHECKED, Kernel

from lamin_widgets.core import failures as causes

CHECK = "/db/server/checks-access"
GOOD = {"status": "success"}


@pytest.fixture
def received(sandbox):
    api, hub = len(sandbox.api.requests), len(sandbox.hub.requests)
    return lambda: (len(sandbox.api.requests) - api, len(sandbox.hub.requests) - hub)


def _good(sandbox):
    sandbox.api.fault(times=None, body=GOOD)


def test_nobody_signed_in_is_said_and_nothing_is_written_or_printed(kernel, received):
    assert kernel.ask(CHECKED)["cause"] == "not_signed_in"
    assert kernel.ask("str(client.account())") == "Account(handle=None, token=None)"
    assert kernel.written == []
    assert kernel.printed == ""
    assert received() == (0, 0)


def test_lamin_login_in_a_terminal_is_noticed(kernel, sandbox):
    _good(sandbox)
    assert kernel.ask(CHECKED)["cause"] == "not_signed_in"
    login = "lamindb_setup.login(api_key=sys.stdin.readline())"
    kernel.in_a_terminal(login.replace("()", "().strip()"), sandbox.api_key)
    assert "value" in kernel.ask(CHECKED)
    assert kernel.ask("client.account().handle") == sandbox.handle
    kernel.in_a_terminal("lamindb_setup.logout()")
    assert kernel.ask(CHECKED)["cause"] == "not_signed_in"


def test_another_user_signing_in_elsewhere_is_noticed(kernel, sandbox):
    kernel.sign_in(sandbox.api_key)
    (path,) = kernel.settings.rglob("*current_user.env")
    text = path.read_text()
    text = text.replace(sandbox.handle, "somebody-else").replace("sandbox1", "other123")
    path.write_text(text)
    assert kernel.ask("client.account().handle") == "somebody-else"


def test_signing_in_here_works_silently(kernel, sandbox):
    _good(sandbox)
    assert kernel.sign_in(f"  {sandbox.api_key}\n") == {"value": sandbox.handle}
    assert "value" in kernel.ask(CHECKED)
    assert any(name.endswith("current_user.env") for name in kernel.written)
    assert kernel.printed == ""


def test_an_expired_token_is_renewed_once_and_silently(kernel, sandbox, received):
    kernel.sign_in(sandbox.api_key)
    before = kernel.ask("client.account().token.reveal()")
    sandbox.expire_tokens()
    api, hub = received()
    # the real API refuses the old token and knows no such server with the new one
    assert kernel.ask(CHECKED)["cause"] == "not_registered"
    assert received()[0] - api == 2
    assert received()[1] - hub >= 1
    after = kernel.ask("client.account().token.reveal()")
    assert after != before
    assert after in "".join(p.read_text() for p in kernel.settings.rglob("*.env"))
    assert kernel.printed == ""


def test_a_token_refused_after_renewing_is_said(kernel, sandbox, received):
    kernel.sign_in(sandbox.api_key)
    sandbox.api.fault(times=None, status=401, body={"detail": "no"})
    api, _ = received()
    assert kernel.ask(CHECKED)["cause"] == "token_rejected"
    assert received()[0] - api == 2


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ({"status": 401, "body": {"error": "API key expired"}}, "api_key_expired"),
        ({"status": 401, "body": {"error": "API key not found"}}, "token_rejected"),
        ({"close": "before"}, "hub_unreachable"),
    ],
)
def test_what_keeps_a_token_from_being_renewed_is_said(kernel, sandbox, fault, cause):
    kernel.sign_in(sandbox.api_key)
    sandbox.expire_tokens()
    sandbox.hub.fault(times=None, **fault)
    assert kernel.ask(CHECKED)["cause"] == cause
    assert kernel.printed == ""


def test_a_given_token_is_never_renewed(kernel, sandbox, received):
    kernel.sign_in(sandbox.api_key)
    _, hub = received()
    given = "DbServerClient(access_token='kw5x-given-token')"
    answer = kernel.ask(f"attempt(lambda: {given}.check_access('a'))")
    assert answer["cause"] == "token_rejected"
    assert "kw5x-given-token" not in str(answer)
    assert received()[1] == hub


def _explained(kernel, answer, cause, key):
    assert answer["cause"] == cause
    assert key not in str(answer) + kernel.printed
    assert kernel.printed == ""
    assert cause in causes.CAUSES


def test_a_wrong_key_is_explained(kernel, sandbox):
    key = "lamin-rT5w-no-such-key"
    _explained(kernel, kernel.sign_in(key), "api_key_rejected", key)


def test_an_expired_key_is_explained(kernel, sandbox):
    key = sandbox.expired_api_key
    _explained(kernel, kernel.sign_in(key), "api_key_expired", key)


@pytest.mark.parametrize("fault", [{"close": "before"}, {"status": 500, "body": "x"}])
def test_trouble_of_the_hub_is_explained(kernel, sandbox, fault):
    sandbox.hub.fault(times=None, **fault)
    answer = kernel.sign_in(sandbox.api_key)
    _explained(kernel, answer, "hub_unreachable", sandbox.api_key)


def test_a_hub_that_is_not_there_is_explained(sandbox, tmp_path, closed_port):
    hub = {"SUPABASE_API_URL": f"http://127.0.0.1:{closed_port}"}
    kernel = Kernel(tmp_path, sandbox.environ | hub)
    answer = kernel.sign_in(sandbox.api_key)
    _explained(kernel, answer, "hub_unreachable", sandbox.api_key)
    kernel.end()


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("✗ Unsuccessful login: invalid-api-key.", "api_key_rejected"),
        ("✗ Unsuccessful login: something else.", "unexpected"),
    ],
)
def test_lamindb_setup_leaving_the_program_is_explained(kernel, sandbox, said, cause):
    leave = f"(_ for _ in ()).throw(SystemExit({said!r}))"
    kernel.ask(
        "setattr(__import__('lamindb_setup'), 'login', "
        f"lambda api_key: {leave}) and None"
    )
    answer = kernel.sign_in(sandbox.api_key)
    assert answer["cause"] == cause
    assert sandbox.api_key not in str(answer)


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ({}, "api_key_rejected"),
        ({"close": "before"}, "hub_unreachable"),
    ],
)
def test_a_key_in_the_environment_that_does_not_sign_in_is_explained(
    sandbox, tmp_path, fault, cause
):
    key = "lamin-rT5w-no-such-key"
    if fault:
        sandbox.hub.fault(times=None, **fault)
    kernel = Kernel(tmp_path, sandbox.environ | {"LAMIN_API_KEY": key})
    answer = kernel.ask(CHECKED)
    kernel.end()
    sandbox.hub.clear_faults()
    _explained(kernel, answer, cause, key)


def test_a_key_in_the_environment_signs_in(sandbox, tmp_path, received):
    kernel = Kernel(tmp_path, sandbox.environ | {"LAMIN_API_KEY": sandbox.api_key})
    assert kernel.ask(CHECKED)["cause"] == "not_registered"
    assert kernel.ask("client.account().handle") == sandbox.handle
    kernel.end()
    assert kernel.printed == ""
