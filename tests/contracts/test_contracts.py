"""Client and sandbox keep to both contracts, as validators of others see it."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
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
from lamin_widgets.lamin.transport import RequestsTransport

HERE = Path(__file__).parent
CONTRACTS = ("guide", "published")
REGION = "prod-us-east-1"


class Contract:
    """One contract: its description, and the sandbox's API that follows it."""

    def __init__(self, kind, box):
        self.box = box
        self.openapi = OpenAPI.from_file_path(str(HERE / f"{kind}.yaml"))
        self.published = kind == "published"
        self.layer = box.published_api if self.published else box.api
        self.url = box.published_api_url if self.published else box.api_url
        self.host = f"https://{'aws.us-east-1' if self.published else 'api'}.lamin.ai"
        self.organization = box.organization_id if self.published else None
        self.start = len(self.layer.requests)
        self.replies = []
        self._real = RequestsTransport()
        self.client = DbServerClient(self.url, box.issue_token(), transport=self)

    # The client's transport: the real one, and what came back is kept.
    def send(self, request, cancelled):
        reply = self._real.send(request, cancelled)
        self.replies.append(reply)
        return reply

    def cut(self):
        self._real.cut()

    def close(self):
        self._real.close()

    @property
    def exchanges(self):
        received = self.layer.requests[self.start :]
        return list(zip(received, self.replies, strict=True))

    def request(self, received):
        return MockRequest(
            self.host,
            received.method,
            received.path,
            args=dict(parse_qsl(received.query, keep_blank_values=True)),
            headers=received.headers,
            data=received.body,
            content_type=received.headers.get("content-type", ""),
        )

    def validate(self, received, reply):
        request = self.request(received)
        self.openapi.validate_request(request)
        response = MockResponse(
            reply.body.reveal().encode(),
            status_code=reply.status,
            headers=dict(reply.headers),
            content_type=reply.headers["content-type"],
        )
        self.openapi.validate_response(request, response)


@pytest.fixture(params=CONTRACTS)
def contract(request, sandbox):
    contract = Contract(request.param, sandbox)
    yield contract
    contract.close()


@pytest.fixture
def connection(sandbox):
    database = sandbox.database
    return PostgresConnection(database.host, database.port, Secret(database.password))


def _journey(contract, connection, name):
    client = contract.client
    client.register(name, connection, REGION, contract.organization)
    client.check_access(name)
    calls = [
        lambda: client.register(name, connection, REGION, contract.organization),
        lambda: client.check_access(f"unknown-{name}"),
    ]
    if contract.published:
        client.create_instance(f"instance-{name}", name)
        client.create_instance(f"another-{name}", name, storage="s3://bucket")
        calls += [
            lambda: client.create_instance(f"instance-{name}", name),
            lambda: client.create_instance("x", f"unknown-{name}"),
        ]
    causes = []
    for call in calls:
        with pytest.raises(LaminWidgetsError) as caught:
            call()
        causes.append(caught.value.cause)
    return causes


def test_requests_and_replies_keep_to_the_contract(contract, connection, server_name):
    causes = _journey(contract, connection, server_name)
    assert causes[:2] == ["name_taken", "not_registered"]
    assert causes[2:] in ([], ["instance_name_taken", "not_registered"])
    known = [pair for pair in contract.exchanges if pair[1].status != 404]
    assert len(known) >= 3
    for received, reply in contract.exchanges:
        if _is_unknown_route(reply):
            continue
        contract.validate(received, reply)


def _is_unknown_route(reply):
    """The other contract's spelling was tried first."""
    return reply.status == 404 and '"Not Found"' in reply.body.reveal()


def test_the_other_spelling_is_tried_once_and_what_worked_is_remembered(
    contract, connection, server_name
):
    client = contract.client
    client.register(server_name, connection, REGION, contract.organization)
    for _ in range(3):
        client.check_access(server_name)
    paths = [received.path for received, _ in contract.exchanges]
    if contract.published:
        first = ["/api/db/server/checks-access"]
        assert paths[1:] == first + ["/api/db/server/check-access"] * 3
    else:
        assert paths[1:] == ["/db/server/checks-access"] * 3
    assert client.published == contract.published


@pytest.mark.parametrize("ending", ["", "/"])
@pytest.mark.parametrize("with_api", [True, False])
def test_the_address_may_have_api_or_not(
    contract, connection, server_name, with_api, ending
):
    base = contract.url.removesuffix("/api")
    url = base + ("/api" if with_api else "") + ending
    client = DbServerClient(url, contract.box.issue_token(), transport=contract)
    client.register(server_name, connection, REGION, contract.organization)
    assert client.check_access(server_name)
    with pytest.raises(LaminWidgetsError) as caught:
        client.check_access(f"unknown-{server_name}")
    assert caught.value.cause == "not_registered"


GATEWAY = [
    {"body": {"detail": "Not Found"}},
    {"body": {"message": "no Route matched with those values"}},
    {"body": b"404 page not found"},
    {"body": "<h1>Not here: /db/server/checks-access?name=a-server</h1>"},
    {"body": b""},
]


@pytest.mark.parametrize("answer", GATEWAY)
@pytest.mark.parametrize("status", [404, 405])
def test_whatever_a_gateway_says_of_the_first_spelling(sandbox, answer, status):
    contract = Contract("guide", sandbox)
    first, second = "/db/server/checks-access", "/db/server/check-access"
    contract.layer.fault(status=status, path=first, times=None, **answer)
    contract.layer.fault(body={"status": "success"}, path=second, times=None)
    try:
        assert contract.client.check_access("a-server")
        assert contract.client.check_access("a-server")
    finally:
        contract.layer.clear_faults()
        contract.close()
    assert [r.path for r, _ in contract.exchanges] == [first, second, second]


def test_a_404_that_names_the_server_ends_the_search(sandbox):
    contract = Contract("guide", sandbox)
    with pytest.raises(LaminWidgetsError) as caught:
        contract.client.check_access("never-registered")
    assert caught.value.cause == "not_registered"
    assert len(contract.exchanges) == 1
    contract.close()


@pytest.mark.parametrize("status", [200, 201])
@pytest.mark.parametrize("body", [{}, [], None, {"id": 7}, "done", {"message": "ok"}])
def test_a_server_is_registered_with_200_or_201_and_any_body(
    contract, connection, status, body
):
    contract.layer.fault(status=status, body=json.dumps(body).encode())
    contract.client.register("x", connection, REGION, contract.organization)
    received, _ = contract.exchanges[-1]
    contract.openapi.validate_request(contract.request(received))


def test_instances_are_not_known_to_the_guide(sandbox):
    contract = Contract("guide", sandbox)
    with pytest.raises(LaminWidgetsError) as caught:
        contract.client.create_instance("x", "y")
    assert caught.value.cause == "instances_not_supported"
    contract.close()


def test_the_validator_would_see_a_broken_request(contract, connection):
    """Else the tests above could not fail."""
    contract.layer.fault(body={"message": "ok"})
    contract.client.register("x", connection, REGION, contract.organization)
    received, _ = contract.exchanges[-1]
    broken = [
        received._replace(body=received.body.replace(b'"url"', b'"uri"')),
        received._replace(path=received.path + "s"),
        received._replace(headers={"content-type": "application/json"}),
    ]
    for request in broken:
        with pytest.raises(OpenAPIError):
            contract.openapi.validate_request(contract.request(request))


GUIDE, PUBLISHED = (
    schemathesis.openapi.from_path(str(HERE / f"{kind}.yaml")) for kind in CONTRACTS
)
BOUNDED = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def _no_server_error(case, url, token):
    case.call_and_validate(
        base_url=url,
        headers={"Authorization": f"Bearer {token}"},
        checks=[not_a_server_error],
        timeout=10,
    )


@GUIDE.parametrize()
@BOUNDED
def test_nothing_makes_the_guides_sandbox_break(case, sandbox):
    _no_server_error(case, sandbox.api_url, sandbox.issue_token())


@PUBLISHED.parametrize()
@BOUNDED
def test_nothing_makes_the_published_sandbox_break(case, sandbox):
    _no_server_error(case, sandbox.published_api_url, sandbox.issue_token())
