"""Client and sandbox follow each published description of the API."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse
from schemathesis.checks import not_a_server_error

from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.core.errors import LaminWidgetsError
from lamin_widgets.core.secret import Secret
from lamin_widgets.lamin.client import DbServerClient

HERE = Path(__file__).parent
REGION = "prod-us-east-1"


class Contract:
    """One description, and what the sandbox's API with that version received.

    Attributes:
        client: A client of the API.
        organization: The organization ID, if the version requires one.
    """

    def __init__(self, version, sandbox):
        self.version = version
        self._openapi = OpenAPI.from_file_path(str(HERE / f"{version}.yaml"))
        june = version == "2026-06"
        self._layer = sandbox.published_api if june else sandbox.api
        self._url = sandbox.published_api_url if june else sandbox.api_url
        self._origin = f"https://{'api' if version == 'guide' else 'aws.us-east-1'}"
        self._start = len(self._layer.requests)
        self.organization = sandbox.organization_id if june else None
        self.client = DbServerClient(self._url, sandbox.issue_token())

    @property
    def received(self):
        return self._layer.requests[self._start :]

    def validate(self, received, *, replay=False):
        """Validate a request, and with `replay` also the reply to sending it again."""
        request = MockRequest(
            f"{self._origin}.lamin.ai",
            received.method,
            received.path,
            args=dict(parse_qsl(received.query, keep_blank_values=True)),
            headers=received.headers,
            data=received.body,
            content_type=received.headers.get("content-type", ""),
        )
        self._openapi.validate_request(request)
        if replay:
            with requests.Session() as session:
                session.trust_env = False
                reply = session.request(
                    received.method,
                    f"{self._url.removesuffix('/api')}{received.path}",
                    params=received.query,
                    headers=received.headers,
                    data=received.body,
                    timeout=10,
                )
            response = MockResponse(
                reply.content,
                status_code=reply.status_code,
                headers=dict(reply.headers),
                content_type=reply.headers["content-type"],
            )
            self._openapi.validate_response(request, response)


@pytest.fixture
def connection(sandbox):
    database = sandbox.database
    return PostgresConnection(database.host, database.port, Secret(database.password))


def _cause(call, *arguments, **options):
    with pytest.raises(LaminWidgetsError) as caught:
        call(*arguments, **options)
    return caught.value.cause


@pytest.mark.parametrize("version", ["guide", "2026-06"])
def test_requests_and_replies_match_the_api_description(
    sandbox, connection, server_name, version
):
    contract = Contract(version, sandbox)
    client, organization = contract.client, contract.organization
    client.register(server_name, connection, REGION, organization)
    client.check_access(server_name)
    again = _cause(client.register, server_name, connection, REGION, organization)
    assert again == "name_taken"
    assert _cause(client.check_access, f"no-{server_name}") == "not_registered"
    if version == "2026-06":
        client.create_instance(server_name, server_name)
        client.create_instance(f"{server_name}-2", server_name, storage="s3://bucket")
        for name, server, cause in (
            (server_name, server_name, "instance_name_taken"),
            ("x", f"no-{server_name}", "not_registered"),
        ):
            assert _cause(client.create_instance, name, server) == cause
    else:
        assert _cause(client.create_instance, "x", "y") == "instances_not_supported"
    routes = {"register", "check-access", "checks-access", "instances"}
    validated = set()
    for received in contract.received:
        route = received.path.rsplit("/", 1)[-1]
        other = "check-access" if version == "guide" else "checks-access"
        if route == other or (version == "guide" and route == "instances"):
            continue  # The client tried the other version's route.
        contract.validate(received, replay=True)
        validated.add(route)
    expected = routes - {other} - ({"instances"} if version == "guide" else set())
    assert validated == expected
    client.close()


def test_api_of_july_creates_instances_but_no_servers(
    breakable, connection, server_name
):
    DbServerClient(breakable.api_url, breakable.issue_token()).register(
        server_name, connection, REGION
    )
    breakable.use_api("2026-07")
    contract = Contract("2026-07", breakable)
    register = contract.client.register
    assert _cause(register, f"{server_name}-2", connection, REGION)
    contract.client.create_instance(server_name, server_name)
    contract.validate(contract.received[-1], replay=True)
    breakable.break_("instance-quota")
    assert _cause(contract.client.create_instance, f"{server_name}-2", server_name)


def test_validator_rejects_a_broken_request(sandbox, connection, server_name):
    """Check the validator, so that the tests above can fail."""
    contract = Contract("guide", sandbox)
    contract.client.register(server_name, connection, REGION)
    (received,) = contract.received
    broken = [
        received._replace(body=received.body.replace(b'"url"', b'"uri"')),
        received._replace(path=received.path + "s"),
        received._replace(headers={"content-type": "application/json"}),
    ]
    for request in broken:
        with pytest.raises(OpenAPIError):
            contract.validate(request)


GUIDE, JUNE, JULY = (
    schemathesis.openapi.from_path(str(HERE / f"{version}.yaml"))
    for version in ("guide", "2026-06", "2026-07")
)
BOUNDED = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def _assert_no_server_error(case, url, token):
    case.call_and_validate(
        base_url=url,
        headers={"Authorization": f"Bearer {token}"},
        checks=[not_a_server_error],
        timeout=10,
    )


@GUIDE.parametrize()
@BOUNDED
def test_api_of_the_guide_returns_no_server_error(case, sandbox):
    _assert_no_server_error(case, sandbox.api_url, sandbox.issue_token())


@JUNE.parametrize()
@BOUNDED
def test_api_of_june_returns_no_server_error(case, sandbox):
    _assert_no_server_error(case, sandbox.published_api_url, sandbox.issue_token())


@JULY.parametrize()
@BOUNDED
def test_api_of_july_returns_no_server_error(case, sandbox):
    sandbox.use_api("2026-07")
    try:
        _assert_no_server_error(case, f"{sandbox.api_url}/api", sandbox.issue_token())
    finally:
        sandbox.use_api("guide")
