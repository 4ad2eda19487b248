"""Calling the sandbox's APIs without the client under test elsewhere."""

from __future__ import annotations

import time
from urllib.parse import quote

import psutil
import pytest
import requests


class Caller:
    """One contract of the API, as somebody who is signed in."""

    def __init__(self, box, contract):
        self.box = box
        self.contract = contract
        self.session = requests.Session()
        self.session.trust_env = False
        self.token = box.issue_token()
        published = contract == "published"
        self.layer = box.published_api if published else box.api
        self.base = box.published_api_url if published else box.api_url
        self.check_path = f"/db/server/check{'' if published else 's'}-access"

    def request(self, method, path, *, token=None, **options):
        headers = {"Authorization": f"Bearer {token or self.token}"}
        options = {"headers": headers, "timeout": 10, **options}
        return self.session.request(
            method, self.base + path, allow_redirects=False, **options
        )

    def body(self, name, **changes):
        database = self.box.database
        password = quote(database.password, safe="")
        address = f"{database.host}:{database.port}"
        body = {
            "name": name,
            "url": f"postgresql://postgres:{password}@{address}/postgres",
            "api_server_name": "prod-us-east-1",
        }
        if self.contract == "published":
            body["organization_id"] = self.box.organization_id
        return {**body, **changes}

    def register(self, name, *, token=None, **changes):
        body = self.body(name, **changes)
        return self.request("POST", "/db/server/register", token=token, json=body)

    def check(self, name, **options):
        return self.request("POST", self.check_path, params={"name": name}, **options)


@pytest.fixture(params=["guide", "published"])
def api(request, sandbox):
    caller = Caller(sandbox, request.param)
    yield caller
    caller.layer.clear_faults()
    caller.session.close()


@pytest.fixture
def guide(sandbox):
    caller = Caller(sandbox, "guide")
    yield caller
    caller.layer.clear_faults()
    caller.session.close()


@pytest.fixture
def published(sandbox):
    caller = Caller(sandbox, "published")
    yield caller
    caller.session.close()


def alive(pid):
    """Whether a process runs; one that only waits to be collected does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(name="alive")
def _alive():
    return alive


@pytest.fixture
def eventually():
    def wait(condition, within_s=20.0):
        deadline = time.monotonic() + within_s
        while not condition():
            assert time.monotonic() < deadline, "it never came to be"
            time.sleep(0.02)

    return wait
