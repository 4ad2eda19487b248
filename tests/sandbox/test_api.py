"""The stand-in API answers as Lamin's documentation says, in both contracts."""

from __future__ import annotations

import socket
import uuid

import pytest

from lamin_widgets.sandbox.tokens import TokenIssuer


def test_a_registered_server_can_be_tested(api, server_name):
    registered = api.register(server_name)
    assert registered.status_code == (201 if api.contract == "guide" else 200)
    assert server_name in registered.json()["message"]
    checked = api.check(server_name)
    assert checked.status_code == 200
    assert checked.json()["status"] == "success"


def test_registering_does_not_connect(breakable, guide, server_name):
    breakable.break_("stopped")
    assert guide.register(server_name).status_code == 201


def test_the_test_really_connects(breakable, api, server_name):
    api.register(server_name)
    breakable.database.stop()
    refused = api.check(server_name).json()
    assert refused["status"] == "error"
    assert "Connection refused" in refused["message"]
    breakable.database.start()
    assert api.check(server_name).json()["status"] == "success"


@pytest.mark.parametrize(
    ("breakage", "text"),
    [
        ("pg_hba", "no pg_hba.conf entry"),
        ("wrong-password", "password authentication failed"),
        ("role-missing", "password authentication failed"),
        ("database-missing", 'database "postgres" does not exist'),
        ("no-login", "not permitted to log in"),
        ("no-connect", "permission denied for database"),
        ("too-many-connections", "too many connections for role"),
    ],
)
def test_what_libpq_says_is_passed_on(breakable, guide, server_name, breakage, text):
    guide.register(server_name)
    breakable.break_(breakage)
    answer = guide.check(server_name)
    assert answer.json()["status"] == "error"
    assert text in answer.json()["message"]
    breakable.mend()
    assert guide.check(server_name).json()["status"] == "success"


def test_a_database_that_never_answers_is_given_up_on(guide, server_name):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        address = f"127.0.0.1:{deaf.getsockname()[1]}"
        guide.register(server_name, url=f"postgresql://postgres:x@{address}/postgres")
        assert "timeout expired" in guide.check(server_name).json()["message"]


@pytest.mark.parametrize(
    "host", ["192.0.2.7", "db.example.org", "[2001:db8::7]", "127.0.0.1,192.0.2.7"]
)
def test_other_machines_are_never_connected_to(guide, server_name, host):
    url = f"postgresql://postgres:x@{host}:5432/postgres"
    guide.register(server_name, url=url)
    answer = guide.check(server_name).json()
    assert answer["status"] == "error"
    assert "this sandbox only reaches this machine" in answer["message"]


def test_the_environment_does_not_send_it_elsewhere(
    guide, server_name, monkeypatch, tmp_path
):
    monkeypatch.setenv("PGHOSTADDR", "127.0.0.9")
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGSSLMODE", "require")
    monkeypatch.setenv("PGOPTIONS", "-c nonsense=1")
    guide.register(server_name)
    assert guide.check(server_name).json()["status"] == "success"


@pytest.mark.parametrize("path", ["/db/server/register", "check"])
def test_an_unknown_token_is_refused(api, server_name, path):
    path = api.check_path if path == "check" else path
    for headers in (
        {},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": f"Basic {api.token}"},
        {"Authorization": f"Bearer {api.box.issue_token(expires_in_s=-1)}"},
        {"Authorization": f"Bearer {api.token[:-2]}"},
    ):
        answer = api.request(
            "POST",
            path,
            headers=headers,
            json=api.body(server_name),
            params={"name": server_name},
        )
        assert answer.status_code == 401
        assert isinstance(answer.json()["detail"], str)


def test_tokens_can_be_made_to_expire(api, server_name):
    before = api.box.issue_token()
    api.box.expire_tokens()
    assert api.register(server_name, token=before).status_code == 401
    fresh = api.box.issue_token()
    assert api.register(server_name, token=fresh).ok


def test_a_token_of_another_sandbox_is_refused(api, server_name):
    stranger = TokenIssuer()
    assert api.register(server_name, token=stranger.issue()).status_code == 401


@pytest.mark.parametrize("key", ["name", "url", "api_server_name"])
def test_a_missing_key_is_told_with_the_body_echoed(api, server_name, key):
    body = api.body(server_name)
    del body[key]
    answer = api.request("POST", "/db/server/register", json=body)
    assert answer.status_code == 422
    (problem,) = answer.json()["detail"]
    assert problem["loc"] == ["body", key]
    assert problem["type"] == "missing"
    assert problem["input"] == body


def test_the_published_contract_wants_an_organization(published, server_name):
    body = published.body(server_name)
    del body["organization_id"]
    answer = published.request("POST", "/db/server/register", json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "organization_id"]
    malformed = published.register(server_name, organization_id="mine")
    assert malformed.status_code == 422
    foreign = published.register(server_name, organization_id=str(uuid.uuid4()))
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
def test_a_url_of_another_form_is_refused_in_a_sentence(api, server_name, url, reason):
    answer = api.register(server_name, url=url)
    assert answer.status_code == 400
    assert reason in answer.json()["detail"]
    assert url not in answer.text


def test_a_taken_name_is_refused(api, server_name):
    api.register(server_name)
    again = api.register(server_name)
    assert again.status_code == 409
    assert "already exists" in again.json()["detail"]


def test_a_name_with_special_characters_is_found_again(api, server_name):
    name = f"{server_name} ä/?&=%"
    api.register(name)
    assert api.check(name).json()["status"] == "success"


def test_an_unknown_name_is_not_found(api):
    answer = api.check("x")
    assert answer.status_code == 404
    assert answer.json() == {"detail": "Database server 'x' not found"}


@pytest.mark.parametrize("host", ["localhost", "db.localhost", "LOCALHOST."])
def test_this_machine_by_name_is_reached(api, server_name, host):
    url = api.body(server_name)["url"].replace("@127.0.0.1:", f"@{host}:")
    api.register(server_name, url=url)
    assert api.check(server_name).json()["status"] == "success"


def test_an_unknown_region_is_refused(api, server_name):
    answer = api.register(server_name, api_server_name="us-east-1")
    assert answer.status_code == 400
    assert "us-east-1" in answer.json()["detail"]


def test_the_other_contracts_paths_are_unknown(guide, published):
    for caller, path in (
        (guide, "/db/server/check-access"),
        (published, "/db/server/checks-access"),
    ):
        answer = caller.request("POST", path, params={"name": "x"})
        assert answer.status_code == 404
        assert answer.json() == {"detail": "Not Found"}


def test_the_published_contract_knows_the_caller(published):
    box = published.box
    assert published.request("GET", "/account").json()["handle"] == box.handle
    path = f"/organizations/{box.organization_id}"
    assert published.request("GET", path).json()["id"] == box.organization_id
    other = f"/organizations/{uuid.uuid4()}"
    assert published.request("GET", other).status_code == 404


def test_the_published_contract_exchanges_an_api_key_for_a_token(published):
    good = {"api_key": published.box.api_key}
    token = published.request("POST", "/account/jwt", json=good).json()["accessToken"]
    assert published.request("GET", "/account", token=token).ok
    bad = {"api_key": "nonsense"}
    assert published.request("POST", "/account/jwt", json=bad).status_code == 401


def test_an_instance_goes_on_a_registered_server(published, server_name):
    query = {"name": server_name, "db_server_name": server_name, "storage": "s3://x"}
    assert published.request("PUT", "/instances", params=query).status_code == 404
    published.register(server_name)
    created = published.request("PUT", "/instances", params=query)
    assert created.json()["db_server_name"] == server_name
    assert published.request("PUT", "/instances", params=query).status_code == 409


def test_what_was_received_can_be_looked_at(api, server_name):
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
