"""Callers of the sandbox's APIs that don't use the client of this package."""

from __future__ import annotations

from urllib.parse import quote

import pytest
import requests


class Caller:
    """A signed-in user of one version of the API.

    Attributes:
        version: "guide" or "2026-06".
        layer: The API's fault layer.
        base: The API's URL.
        check_path: Path of the connection check.
    """

    def __init__(self, sandbox, version):
        self.sandbox = sandbox
        self.version = version
        self.session = requests.Session()
        self.session.trust_env = False
        self.token = sandbox.issue_token()
        guide = version == "guide"
        self.layer = sandbox.api if guide else sandbox.published_api
        self.base = sandbox.api_url if guide else sandbox.published_api_url
        self.check_path = f"/db/server/check{'s' if guide else ''}-access"

    def request(self, method, path, *, token=None, **options):
        headers = {"Authorization": f"Bearer {token or self.token}"}
        options = {"headers": headers, "timeout": 10, **options}
        return self.session.request(
            method, self.base + path, allow_redirects=False, **options
        )

    def body(self, name, **changes):
        database = self.sandbox.database
        password = quote(database.password, safe="")
        address = f"{database.host}:{database.port}"
        body = {
            "name": name,
            "url": f"postgresql://postgres:{password}@{address}/postgres",
            "api_server_name": "prod-us-east-1",
        }
        if self.version == "2026-06":
            body["organization_id"] = self.sandbox.organization_id
        return {**body, **changes}

    def register(self, name, *, token=None, **changes):
        body = self.body(name, **changes)
        return self.request("POST", "/db/server/register", token=token, json=body)

    def check(self, name, **options):
        return self.request("POST", self.check_path, params={"name": name}, **options)


def calling(sandbox, version):
    caller = Caller(sandbox, version)
    yield caller
    caller.layer.clear_faults()
    caller.session.close()


@pytest.fixture(params=["guide", "2026-06"])
def api(request, sandbox):
    yield from calling(sandbox, request.param)


@pytest.fixture
def guide(sandbox):
    yield from calling(sandbox, "guide")


@pytest.fixture
def june(sandbox):
    yield from calling(sandbox, "2026-06")
