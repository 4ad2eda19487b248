"""What every test rests on: a neutral environment, and one sandbox for all."""

from __future__ import annotations

import os
import re
import shutil
import signal
import tempfile
import uuid
from pathlib import Path

import hypothesis
import pytest

_FOREIGN = re.compile(
    r"(?i)(LAMIN_|SUPABASE_|PG[A-Z]|LC_|LANG|JUPYTER|NETRC|REQUESTS_CA_BUNDLE"
    r"|CURL_CA_BUNDLE|SSL_CERT_|\w+_PROXY$)"
)
_before: dict[str, str] = {}
_home = ""


def pytest_configure() -> None:
    """Take away what differs between machines, before anything is imported.

    An empty home has no ~/.netrc, ~/.lamin, ~/.pgpass and no certificates of its own.
    """
    # Ctrl-C is ignored where a shell has started the tests in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # A busy machine is slow, and no example is to blame for that
    hypothesis.settings.register_profile("suite", hypothesis.settings(), deadline=None)
    hypothesis.settings.load_profile("suite")
    global _home  # noqa: PLW0603 - hooks share nothing else
    _before.update(os.environ)
    for name in list(os.environ):
        if _FOREIGN.match(name):
            del os.environ[name]
    _home = tempfile.mkdtemp(prefix="lamin-widgets-home-")
    os.environ["HOME"] = _home
    os.environ["LAMIN_SETTINGS_DIR"] = _home
    os.environ["LC_ALL"] = "C.UTF-8"


def pytest_unconfigure() -> None:
    """Give the environment back."""
    os.environ.clear()
    os.environ.update(_before)
    shutil.rmtree(_home, ignore_errors=True)


@pytest.fixture(scope="session")
def environ_before():
    """The machine's own environment, for what only installs and proves nothing."""
    return dict(_before)


@pytest.fixture(scope="session")
def browser():
    """One Chromium for all tests that look at the form."""
    from harness import chromium  # noqa: PLC0415 - as below

    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def home():
    """The empty home folder that the tests run in."""
    return Path(_home)


@pytest.fixture(scope="session")
def sandbox():
    """One sandbox for all tests. Who breaks it uses `breakable` instead."""
    # Here, so that tests without it do not pay for it.
    from lamin_widgets.sandbox import Sandbox  # noqa: PLC0415

    with Sandbox(check_timeout_s=2) as box:
        yield box


@pytest.fixture
def breakable(sandbox):
    """The sandbox, mended after the test."""
    yield sandbox
    sandbox.reset()


@pytest.fixture
def server_name():
    """A name for a database server that nobody has taken."""
    return f"server-{uuid.uuid4().hex[:12]}"
