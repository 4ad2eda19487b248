"""The stand-in API replies as Lamin's documentation describes, in each version."""

from __future__ import annotations

import socket
import uuid

import pytest
from doubles.raw_server import RawServer, silent

from lamin_widgets.sandbox.tokens import TokenIssuer


def test_check_connects_to_a_registered_server(api, server_name):
    registered = api.register(server_name)
    assert registered.status_code == (201 if api.version == "guide" else 200)
    assert server_name in registered.json()["message"]
    checked = api.check(server_name)
    assert checked.status_code == 200
    assert checked.json()["status"] == "success"


def test_register_saves_without_connecting(guide, server_name):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"postgresql://postgres:x@127.0.0.1:{unused.getsockname()[1]}/postgres"
        assert guide.register(server_name, url=url).status_code == 201
        reply = guide.check(server_name).json()
    assert reply["status"] == "error"
    assert "Connection refused" in reply["message"]


def test_check_gives_up_on_a_silent_server(guide, server_name):
    with RawServer(silent) as server:
        url = f"postgresql://postgres:x@127.0.0.1:{server.port}/postgres"
        guide.register(server_name, url=url)
        assert "timeout expired" in guide.check(server_name).json()["message"]


@pytest.mark.parametrize(
    "host", ["192.0.2.7", "db.example.org", "[2001:db8::7]", "127.0.0.1,192.0.2.7"]
)
def test_check_never_connects_to_other_machines(guide, server_name, host):
    url = f"postgresql://postgres:x@{host}:5432/postgres"
    guide.register(server_name, url=url)
    reply = guide.check(server_name).json()
    assert reply["status"] == "error"
    assert "the sandbox connects only to this machine" in reply["message"]


@pytest.mark.parametrize("host", ["localhost", "db.localhost", "LOCALHOST."])
def test_check_connects_to_this_machine_by_name(api, server_name, host):
    url = api.body(server_name)["url"].replace("@127.0.0.1:", f"@{host}:")
    api.register(server_name, url=url)
    assert api.check(server_name).json()["status"] == "success"


def test_check_ignores_the_environment(guide, server_name, monkeypatch):
    monkeypatch.setenv("PGHOSTADDR", "127.0.0.9")
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGSSLMODE", "require")
    monkeypatch.setenv("PGOPTIONS", "-c nonsense=1")
    guide.register(server_name)
    assert guide.check(server_name).json()["status"] == "success"


@pytest.mark.parametrize("path", ["/db/server/register", "check"])
def test_invalid_token_is_rejected(api, server_name, path):
    path = api.check_path if path == "check" else path
    for headers in (
        {},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": f"Basic {api.token}"},
        {"Authorization": f"Bearer {api.sandbox.issue_token(expires_in_s=-1)}"},
        {"Authorization": f"Bearer {api.token[:-2]}"},
        {"Authorization": f"Bearer {TokenIssuer().issue()}"},
    ):
        reply = api.request(
            "POST",
            path,
            headers=headers,
            json=api.body(server_name),
            params={"name": server_name},
        )
        assert reply.status_code == 401
        assert isinstance(reply.json()["detail"], str)


@pytest.mark.parametrize("key", ["name", "url", "api_server_name"])
def test_missing_key_is_reported_with_an_echo_of_the_body(api, server_name, key):
    body = api.body(server_name)
    del body[key]
    reply = api.request("POST", "/db/server/register", json=body)
    assert reply.status_code == 422
    (problem,) = reply.json()["detail"]
    assert problem["loc"] == ["body", key]
    assert problem["type"] == "missing"
    assert problem["input"] == body


def test_api_of_june_requires_the_organization_of_the_caller(june, server_name):
    body = june.body(server_name)
    del body["organization_id"]
    reply = june.request("POST", "/db/server/register", json=body)
    assert reply.status_code == 422
    assert reply.json()["detail"][0]["loc"] == ["body", "organization_id"]
    malformed = june.register(server_name, organization_id="mine")
    assert malformed.status_code == 422
    foreign = june.register(server_name, organization_id=str(uuid.uuid4()))
    assert foreign.status_code == 403


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgresql://admin:x@127.0.0.1:5432/postgres", "user postgres"),
        ("postgresql://postgres:x@127.0.0.1:5432/lamin", "database postgres"),
        ("postgresql://postgres:x@127.0.0.1/postgres", "no port"),
        ("postgresql://postgres@127.0.0.1:5432/postgres", "no password"),
        ("postgresql://postgres:x@127.0.0.1:5432/postgres?target=x", "not a"),
        ("postgresql://postgres:x@127.0.0.1:5432/postgres?options=x", "options"),
        ("mysql://postgres:x@127.0.0.1:5432/postgres", "postgresql://"),
        ("postgresql://postgres:%zz@127.0.0.1:5432/postgres", "not a"),
    ],
)
def test_invalid_url_is_rejected_without_an_echo(guide, server_name, url, reason):
    reply = guide.register(server_name, url=url)
    assert reply.status_code == 400
    assert reason in reply.json()["detail"]
    assert url not in reply.text


def test_register_rejects_a_name_in_use(api, server_name):
    api.register(server_name)
    again = api.register(server_name)
    assert again.status_code == 409
    assert "already exists" in again.json()["detail"]


def test_name_with_special_characters_is_found(api, server_name):
    name = f"{server_name} ä/?&=%"
    api.register(name)
    assert api.check(name).json()["status"] == "success"


def test_check_of_an_unknown_name_is_404(api):
    reply = api.check("x")
    assert reply.status_code == 404
    assert reply.json() == {"detail": "Database server 'x' not found"}


def test_unknown_region_is_rejected(guide, server_name):
    reply = guide.register(server_name, api_server_name="us-east-1")
    assert reply.status_code == 400
    assert "us-east-1" in reply.json()["detail"]


def test_check_path_of_another_version_is_an_unknown_route(guide, june):
    for caller, path in (
        (guide, "/db/server/check-access"),
        (june, "/db/server/checks-access"),
    ):
        reply = caller.request("POST", path, params={"name": "x"})
        assert reply.status_code == 404
        assert reply.json() == {"detail": "Not Found"}


def test_account_is_null_without_a_sign_in(june):
    assert june.request("GET", "/account").json()["handle"] == june.sandbox.handle
    anonymous = june.request("GET", "/account", token="nonsense")
    assert anonymous.status_code == 200
    assert anonymous.json() is None


def test_organization_is_shown_to_its_members(june):
    path = f"/organizations/{june.sandbox.organization_id}"
    assert june.request("GET", path).json()["id"] == june.sandbox.organization_id
    other = f"/organizations/{uuid.uuid4()}"
    assert june.request("GET", other).status_code == 404


def test_api_key_is_exchanged_for_a_token(june):
    key = {"api_key": june.sandbox.api_key}
    token = june.request("POST", "/account/jwt", json=key).json()["accessToken"]
    assert june.request("GET", "/account", token=token).json()
    bad = {"api_key": "nonsense"}
    assert june.request("POST", "/account/jwt", json=bad).status_code == 401


def test_instance_requires_a_registered_server(june, server_name):
    query = {"name": server_name, "db_server_name": server_name, "storage": "s3://x"}
    assert june.request("PUT", "/instances", params=query).status_code == 404
    june.register(server_name)
    created = june.request("PUT", "/instances", params=query).json()
    assert created["db_server_name"] == server_name
    assert created["owner"] == june.sandbox.handle
    assert june.request("PUT", "/instances", params=query).status_code == 409


def test_instance_can_belong_to_the_organization_only(june, server_name):
    june.register(server_name)
    query = {"name": server_name, "db_server_name": server_name}
    for account_id, status in (
        (str(uuid.uuid4()), 403),
        ("mine", 422),
        (june.sandbox.organization_id, 200),
    ):
        owned = {**query, "account_id": account_id}
        assert june.request("PUT", "/instances", params=owned).status_code == status


def test_api_of_july_has_no_routes_for_database_servers(breakable, guide, server_name):
    guide.register(server_name)
    breakable.use_api("2026-07")
    for path in ("", "/api"):
        for route in ("register", "check-access", "checks-access"):
            reply = guide.request("POST", f"{path}/db/server/{route}", json={})
            assert (reply.status_code, reply.json()) == (404, {"detail": "Not Found"})
    query = {"name": server_name, "db_server_name": server_name}
    assert guide.request("PUT", "/api/instances", params=query).ok
    breakable.reset()
    assert guide.check(server_name).json()["status"] == "success"


def test_received_request_has_no_secret_in_its_repr(api, server_name):
    api.register(server_name)
    api.check(server_name)
    registered, checked = api.layer.requests[-2:]
    assert registered.method == "POST"
    assert registered.path.endswith("/db/server/register")
    assert {"authorization", "content-type"} <= set(registered.headers)
    assert server_name.encode() in registered.body
    assert checked.query == f"name={server_name}"
    assert checked.body == b""
    assert server_name not in repr(registered)
