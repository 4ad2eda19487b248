"""A neutral environment, the order of the tests, and servers that tests share.

Each process that runs tests has an empty home folder, and one sandbox. The tests of a
file run in the same process, and so do tests that use the same front end.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import ssl
import tempfile
import uuid
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from scheduling import Groups, place_of

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

_FOREIGN = re.compile(
    r"(?i)(LAMIN_|SUPABASE_|PG[A-Z]|LC_|LANG|JUPYTER|NETRC|REQUESTS_CA_BUNDLE"
    r"|CURL_CA_BUNDLE|SSL_CERT_|\w+_PROXY$|PYTHONDONTWRITEBYTECODE$)"
)
LONGEST_ID = 60
"""Longer names of cases, in characters, are cut."""
_before: dict[str, str] = {}
_home = ""


def pytest_configure(config: pytest.Config) -> None:
    """Remove differences between machines, before the package is imported.

    An empty home has no ~/.netrc, ~/.lamin, ~/.pgpass, and no certificates.
    """
    # A shell that starts the tests in the background makes them ignore Ctrl+C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    # Examples have no deadline, because a busy machine can be slow.
    hypothesis.settings.register_profile("suite", deadline=None, derandomize=True)
    hypothesis.settings.load_profile("suite")
    global _home  # noqa: PLW0603  # hooks share nothing else
    # A worker process gets the environment of the process that starts it.
    _before.update(getattr(config, "workerinput", {}).get("environ", os.environ))
    for name in list(os.environ):
        if _FOREIGN.match(name):
            del os.environ[name]
    _home = tempfile.mkdtemp(prefix="lamin-widgets-home-")
    os.environ["HOME"] = _home
    os.environ["LAMIN_SETTINGS_DIR"] = _home
    os.environ["LC_ALL"] = "C.UTF-8"


def pytest_configure_node(node: WorkerController) -> None:
    """Hand the machine's own environment to a process that runs tests."""
    node.workerinput["environ"] = dict(_before)


def pytest_unconfigure() -> None:
    """Restore the environment."""
    os.environ.clear()
    os.environ.update(_before)
    shutil.rmtree(_home, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the fast tests first, so that a first failure shows soon."""
    tests = Path(__file__).parent
    items.sort(key=lambda item: place_of(item.path.relative_to(tests)))


def pytest_make_parametrize_id(val: Any, argname: str) -> str | None:
    """Name a case by its value, if pytest would number it or cut its meaning."""
    if val is None or isinstance(val, bool | int | float):
        return f"{argname}={val}"
    if isinstance(val, str):
        text = (val if val.isprintable() else repr(val)[1:-1]) or f"empty {argname}"
    elif isinstance(val, BaseException):
        text = str(getattr(val, "cause", "")) or type(val).__name__
    elif type(val).__name__ == "Outcome":
        text = f"{val.action} {val.cause or val.state}"
    elif isinstance(val, dict | list | tuple | set | frozenset | date):
        text = repr(val)
    else:
        return None
    return text if len(text) <= LONGEST_ID else f"{text[:20]}...{text[-40:]}"


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Groups:
    """Decide which tests run in the same process."""
    return Groups(config, log)


@pytest.fixture(scope="session")
def environ_before():
    """The machine's own environment, for tests that install packages."""
    return dict(_before)


@pytest.fixture(scope="session")
def browser():
    """One Chromium for all tests that look at the form."""
    from browser.page import chromium  # noqa: PLC0415  # slow to import
    from playwright.sync_api import expect  # noqa: PLC0415  # slow to import

    # A busy machine takes longer than the usual 5 s.
    expect.set_options(timeout=30_000)
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def home():
    """The empty home folder that the tests run in."""
    return Path(_home)


@pytest.fixture(scope="session")
def sandbox():
    """One sandbox for all tests. A test that breaks it uses `breakable` instead."""
    from lamin_widgets.sandbox import Sandbox  # noqa: PLC0415  # slow to import

    with Sandbox(check_timeout_s=2) as box:
        yield box


@pytest.fixture
def breakable(sandbox):
    """The sandbox, reset after the test."""
    yield sandbox
    sandbox.reset()


@pytest.fixture
def faulty(sandbox):
    """The sandbox, whose web services are repaired after the test.

    This is much faster than repairing the PostgreSQL server as well.
    """
    from lamin_widgets.sandbox.outages import restore  # noqa: PLC0415  # slow to import

    yield sandbox
    restore(sandbox.services)


@pytest.fixture
def api():
    """An HTTP API whose replies the test scripts."""
    from doubles.api_server import ApiServer  # noqa: PLC0415  # most tests need none

    with ApiServer() as server:
        yield server


@pytest.fixture(scope="session")
def authority():
    """A certificate authority that nothing trusts by default."""
    import trustme  # noqa: PLC0415  # slow to import

    return trustme.CA()


@pytest.fixture(scope="session")
def tls(authority):
    """Returns the server's side of TLS, with a certificate for a host."""

    def make(host="127.0.0.1", by=authority, **options):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        by.issue_cert(host, **options).configure_cert(context)
        return context

    return make


@pytest.fixture
def ca_file(authority, tmp_path):
    """The path of the authority's certificate."""
    path = str(tmp_path / "ca.pem")
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture
def server_name():
    """A name that no database server has."""
    return f"server-{uuid.uuid4().hex[:12]}"
