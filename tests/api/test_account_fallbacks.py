"""Where lamindb_setup is not as expected, the form does without what is missing."""

from __future__ import annotations

import logging
import sys

import pytest
from account_kernel import CHECKED

from lamin_widgets.lamin import account

ACCOUNT = "client.account().handle"
NOBODY = "Account(handle=None, token=None)"


def without(kernel, module, name):
    """Take a private name of lamindb_setup away, as a later version may."""
    kernel.ask(
        f"delattr(__import__('lamindb_setup.{module}', fromlist=['x']), {name!r})"
    )


def test_without_the_name_of_the_settings_file_who_signed_in_stays(kernel, sandbox):
    kernel.sign_in(sandbox.api_key)
    without(kernel, "core._settings_store", "current_user_settings_file")
    assert kernel.ask(ACCOUNT) == sandbox.handle
    assert kernel.sign_in(sandbox.api_key) == {"value": sandbox.handle}


def test_without_the_name_of_the_settings_file_nobody_is_nobody(kernel):
    without(kernel, "core._settings_store", "current_user_settings_file")
    assert kernel.ask("str(client.account())") == NOBODY
    assert kernel.ask(CHECKED)["cause"] == "not_signed_in"


def test_settings_that_keep_their_user_elsewhere_are_asked_again(kernel, sandbox):
    kernel.sign_in(sandbox.api_key)
    # The person who is stored is another one than the settings know, and nothing can
    # make them look again.
    kernel.ask(
        "setattr(__import__('lamindb_setup'), 'settings', __import__('types')"
        ".SimpleNamespace(user=__import__('types').SimpleNamespace("
        "handle='elsewhere', uid='else1234', access_token='kw5x-elsewhere')))"
    )
    assert kernel.ask(ACCOUNT) == "elsewhere"


def test_without_its_logger_who_signed_in_is_known_too(kernel, sandbox):
    kernel.sign_in(sandbox.api_key)
    without(kernel, "core._logger", "logger")
    assert kernel.ask(ACCOUNT) == sandbox.handle
    assert sandbox.api_key not in kernel.printed


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("core._hub_client", "get_access_token"),
        ("core._settings_save", "save_user_settings"),
    ],
)
def test_without_a_way_to_renew_a_token_it_is_refused(kernel, sandbox, module, name):
    kernel.sign_in(sandbox.api_key)
    sandbox.expire_tokens()
    without(kernel, module, name)
    assert kernel.ask(CHECKED)["cause"] == "token_rejected"


def test_a_hub_that_renews_with_nothing(kernel, sandbox):
    kernel.sign_in(sandbox.api_key)
    sandbox.expire_tokens()
    sandbox.hub.fault(times=None, body={"accessToken": None})
    assert kernel.ask(CHECKED)["cause"] == "token_rejected"


def test_a_hub_that_never_answers_is_not_waited_for(kernel, sandbox):
    kernel.ask(
        "setattr(__import__('lamin_widgets.lamin.account').lamin.account, 'LIMIT_S', 0.5)"
    )
    sandbox.hub.fault(times=None, silent=True)
    assert kernel.sign_in(sandbox.api_key)["cause"] == "hub_unreachable"


@pytest.mark.parametrize(
    ("status", "cause"), [(401, "api_key_rejected"), (503, "hub_unreachable")]
)
def test_an_answer_of_the_hub_that_is_not_known(kernel, sandbox, status, cause):
    sandbox.hub.fault(times=None, status=status, body={"error": "something new"})
    assert kernel.sign_in(sandbox.api_key)["cause"] == cause


@pytest.mark.parametrize("text", ["not a line of settings", "\x00\xff"])
def test_settings_that_cannot_be_read_are_nobodys(kernel, sandbox, text):
    kernel.sign_in(sandbox.api_key)
    for path in kernel.settings.rglob("*.env"):
        path.write_text(text)
    kernel.ask("setattr(__import__('lamindb_setup').settings, '_user_settings', None)")
    assert kernel.ask("str(client.account())") == NOBODY
    assert kernel.ask(CHECKED)["cause"] == "not_signed_in"


def test_a_user_without_a_token_is_nobody(kernel, sandbox):
    kernel.sign_in(sandbox.api_key)
    (path,) = kernel.settings.rglob("*current_user.env")
    lines = path.read_text().splitlines()
    kept = [line for line in lines if "access_token" not in line]
    assert len(kept) < len(lines)
    path.write_text("\n".join([*kept, "lamindb_user_access_token=null", ""]))
    kernel.ask("setattr(__import__('lamindb_setup').settings, '_user_settings', None)")
    assert kernel.ask("str(client.account())") == NOBODY


def test_what_others_log_while_lamindb_setup_is_imported_is_kept(monkeypatch, caplog):
    monkeypatch.delitem(sys.modules, "lamindb_setup", raising=False)
    with account._quiet_import():
        logging.getLogger("somebody").warning("something")
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
