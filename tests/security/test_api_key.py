"""The real lamindb_setup signs in: the hub repeats the API key, or accepts it."""

from __future__ import annotations

from pathlib import Path

import pytest
from doubles.account_process import AccountProcess
from security.leak_scanner import SECRETS, find_leaks

KEYS = [SECRETS[name] for name in ("plain", "percent", "markup")]
STORED = ("sandbox--current_user.env", "sandbox--user--sandbox-user.env")
"""Files in which lamindb_setup stores the user, as after `lamin login`."""
SETUP = """
import logging
sys.path.insert(0, {tests!r})
from security.watching import Seen
from lamin_widgets import DbServerWidget
logging.basicConfig(level=logging.DEBUG)

def sign_in(key, remember):
    seen = Seen()
    key = Secret(key)
    seen.thing("shown", attempt(lambda: session.sign_in(key, remember=remember)))
    seen.thing("shown", session)
    if remember:
        seen.thing("shown", DbServerWidget().sign_in(key))
    return seen.text("shown")
"""


@pytest.fixture(scope="module")
def child(sandbox, tmp_path_factory):
    """A process that logs at DEBUG."""
    process = AccountProcess(tmp_path_factory.mktemp("account"), sandbox.environ)
    setup = SETUP.format(tests=str(Path(__file__).parents[1]))
    process.ask(f"exec({setup!r}, globals())")
    yield process
    process.end()


@pytest.fixture
def process(child, faulty, tmp_path):
    child.fresh(tmp_path, faulty.environ)
    return child


@pytest.mark.parametrize("remember", [True, False])
@pytest.mark.parametrize("key", KEYS)
def test_api_key_repeated_by_the_hub_is_not_shown(process, faulty, key, remember):
    echo = {"error": f"no such key: {key}", "input": {"api_key": key}}
    faulty.hub.fault(status=401, body=echo, times=None)
    shown = process.ask(f"sign_in({key!r}, {remember})")
    assert "no such key" in shown
    for text in (shown, process.printed, repr(process.stored)):
        assert not find_leaks(text, key)


def test_accepted_api_key_is_stored_only_as_by_lamin_login(process, faulty, tmp_path):
    key = faulty.api_key
    shown = process.ask(f"sign_in({key!r}, True)")
    assert faulty.handle in shown
    token = process.token()
    for secret in (key, token):
        assert not find_leaks(shown, secret)
        assert not find_leaks(process.printed, secret)
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        found = {path.name for path in files if secret in path.read_text()}
        assert found <= {*STORED}
    assert key in repr(process.stored)


def test_printed_api_key_is_found(process):
    process.ask(f"print({KEYS[2]!r})")
    assert find_leaks(process.printed, KEYS[2])
