"""What is sent is what Lamin's guide says, and goes to the chosen host only."""

from __future__ import annotations

import http.client
import json
import select
import sys
import threading
from urllib.parse import parse_qs, quote

import pytest
from api_bench import until
from doubles import raw_server as raw

from lamin_widgets.core.api_urls import normalize_api_url
from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.core.errors import ConnectionFailed, InvalidInput, LaminWidgetsError
from lamin_widgets.core.secret import Secret
from lamin_widgets.lamin.client import DbServerClient
from lamin_widgets.lamin.transport import RequestsTransport

HOSTILE = ["a b/c?d&e=f#g%", "Zürich-データ", "%41+%20", "'\";--", "name", "..", "a\tb"]
OK = b'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"status":"success"}'


@pytest.fixture
def received(bench):
    """The requests that the sandbox got in this test."""
    start = len(bench.box.api.requests)
    return lambda: bench.box.api.requests[start:]


def _connection(bench):
    database = bench.box.database
    return PostgresConnection(database.host, database.port, Secret(database.password))


def test_register_is_sent_as_the_guide_says(bench, received, server_name):
    bench.client.register(server_name, _connection(bench), "prod-us-east-1")
    (request,) = received()
    assert (request.method, request.path) == ("POST", "/db/server/register")
    assert request.query == ""
    assert request.headers["authorization"] == f"Bearer {bench.token.reveal()}"
    assert request.headers["content-type"] == "application/json"
    database = bench.box.database
    password = quote(database.password, safe="")
    address = f"{database.host}:{database.port}"
    assert json.loads(request.body) == {
        "name": server_name,
        "url": f"postgresql://postgres:{password}@{address}/postgres",
        "api_server_name": "prod-us-east-1",
    }


def test_test_connection_is_sent_as_the_guide_says(bench, received, server_name):
    bench.client.register(server_name, _connection(bench), "prod-us-east-1")
    bench.client.check_access(server_name)
    request = received()[-1]
    assert (request.method, request.path) == ("POST", "/db/server/checks-access")
    assert request.query == f"name={server_name}"
    assert request.headers["authorization"] == f"Bearer {bench.token.reveal()}"
    assert request.body == b""
    assert "cookie" not in request.headers


def test_the_organization_is_sent_only_when_it_is_given(bench, received):
    bench.fault(body={"message": "ok"})
    bench.client.register("a", _connection(bench), "prod-us-east-1")
    bench.client.register("a", _connection(bench), "prod-us-east-1", "8f8a1f1e-0000")
    first, second = (json.loads(request.body) for request in received())
    assert "organization_id" not in first
    assert second["organization_id"] == "8f8a1f1e-0000"


def test_an_instance_is_created_as_published(bench, received):
    bench.fault(body={"message": "ok"})
    bench.client.create_instance("my instance", "db", storage="s3://a&b", schema_str="")
    (request,) = received()
    assert (request.method, request.path) == ("PUT", "/instances")
    assert parse_qs(request.query, keep_blank_values=True) == {
        "name": ["my instance"],
        "db_server_name": ["db"],
        "storage": ["s3://a&b"],
    }
    assert request.body == b""


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_arrives_intact(bench, received, name):
    bench.fault(body={"status": "success"})
    bench.client.register(name, _connection(bench), "prod-us-east-1")
    bench.client.check_access(name)
    registered, checked = received()
    assert json.loads(registered.body)["name"] == name
    assert checked.path == "/db/server/checks-access"
    assert parse_qs(checked.query, strict_parsing=True) == {"name": [name]}


def test_an_entry_of_netrc_does_not_replace_the_token(bench, received, home):
    netrc = home / ".netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password w8-netrc-pass\n")
    netrc.chmod(0o600)
    try:
        bench.fault(body={"status": "success"})
        bench.client.check_access("a")
    finally:
        netrc.unlink()
    (request,) = received()
    assert request.headers["authorization"] == f"Bearer {bench.token.reveal()}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_target_of_a_redirect_gets_nothing(bench, status):
    target = bench.box.published_api
    before = len(target.requests)
    location = f"{bench.box.published_api_url}/db/server/register"
    bench.fault(status=status, headers={"Location": location})
    for action in ("register", "test", "create-instance"):
        assert bench.perform(action).cause == "redirected"
    assert len(target.requests) == before


@pytest.mark.parametrize(
    "url",
    ["http://api.lamin.ai", "http://10.0.0.1", "http://192.168.1.1:8000/api"],
)
def test_plain_http_is_for_this_machine_only(url):
    with pytest.raises(InvalidInput) as caught:
        DbServerClient(url, "some-token")
    assert caught.value.cause == "api_url_insecure"


def test_tls_is_verified_before_anything_is_sent(bench, tls):
    got = []

    def handler(connection, _):
        got.append(connection.recv(65536))

    bench.serve(handler, tls=tls())
    assert bench.perform("register").cause == "api_certificate"
    assert not any(got)


@pytest.mark.usefixtures("trusted")
def test_a_company_certificate_is_trusted_through_requests_ca_bundle(bench, tls):
    bench.serve(raw.speaks(reply=OK), tls=tls())
    assert bench.perform("test")


@pytest.mark.usefixtures("trusted")
def test_a_proxy_of_the_environment_is_used(bench, tls, sandbox):
    """HTTPS goes through CONNECT, and the proxy sees neither token nor password."""
    seen = []
    port = bench.serve(raw.speaks(reply=OK), tls=tls("api.lamin.invalid"))

    def proxy(connection, stopping):
        seen.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        _relay(connection, port, stopping, seen)

    server = bench.stack.enter_context(raw.RawServer(proxy))
    bench.env.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
    bench.url = "https://api.lamin.invalid"
    assert bench.perform("test")
    assert seen[0].startswith(b"CONNECT api.lamin.invalid:443 ")
    assert bench.token.reveal().encode() not in b"".join(seen)


def _relay(client, port, stopping, seen):
    import socket  # noqa: PLC0415

    with socket.create_connection(("127.0.0.1", port)) as server:
        other = {client: server, server: client}
        while not stopping.is_set():
            for source in select.select([client, server], [], [], 0.1)[0]:
                data = source.recv(65536)
                if not data:
                    return
                seen.append(data)
                other[source].sendall(data)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_nothing_for_this_machine_goes_through_a_proxy(bench, host, closed_port):
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        bench.env.setenv(name, f"http://127.0.0.1:{closed_port}")
    bench.url = bench.url.replace("127.0.0.1", host)
    bench.fault(body={"status": "success"})
    assert bench.perform("test")


def test_register_and_test_use_one_connection(bench):
    connections = []

    def handler(connection, _):
        connections.append(connection)
        with connection.makefile("rb") as stream:
            while stream.readline():  # a whole request, in however many packets
                message = http.client.parse_headers(stream)
                stream.read(int(message["Content-Length"]))
                connection.sendall(OK)

    bench.serve(handler)
    assert bench.perform("register")
    assert bench.perform("test")
    assert bench.perform("test")
    assert len(connections) == 1


def test_a_connection_that_went_away_is_no_failure(bench):
    """The server closes idle connections: the next call opens another one."""
    connections = []

    def handler(connection, _):
        connections.append(connection)
        connection.recv(65536)
        connection.sendall(OK)

    bench.serve(handler)
    assert bench.perform("test")
    until(lambda: connections[0].fileno() < 0)
    assert bench.perform("register")
    assert len(connections) == 2


def test_an_endless_reply_is_read_up_to_1_mb_and_4_kb_of_it_are_shown(bench):
    sent = []

    def handler(connection, stopping):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while not stopping.is_set():
            sent.append(connection.send(b"x" * 10_000))

    bench.serve(handler)
    outcome = bench.perform("test")
    assert outcome.cause == "unreadable_reply"
    assert len(outcome.details) == 4096
    assert sum(sent) < 20_000_000  # what the buffers of both sides hold


def test_a_zipped_reply_that_grows_without_end_is_cut(bench):
    import gzip  # noqa: PLC0415

    bomb = gzip.compress(b" " * 50_000_000)
    bench.fault(body=bomb, headers={"Content-Encoding": "gzip"})
    assert bench.perform("test").cause == "unreadable_reply"


def test_cookies_are_not_kept(bench, received):
    bench.fault(body={"status": "success"}, headers={"Set-Cookie": "a=b; Path=/"})
    bench.perform("test")
    bench.perform("test")
    assert "cookie" not in received()[-1].headers


def test_the_token_goes_to_the_chosen_host_only(bench, closed_port):
    """It is not in the URL, not in an exception, and not in its traceback's frames."""
    bench.url = f"http://127.0.0.1:{closed_port}"
    try:
        bench.client.register("a", _connection(bench), "prod-us-east-1")
    except ConnectionFailed as error:
        caught = error
    texts = [repr(caught), str(caught), caught.details]
    trace = caught.__traceback__
    while trace is not None:
        if "lamin_widgets" in trace.tb_frame.f_code.co_filename:
            texts.append(repr(trace.tb_frame.f_locals))
        trace = trace.tb_next
    assert caught.__cause__ is caught.__context__ is None
    for secret in (bench.token.reveal(), bench.box.database.password):
        assert not [text for text in texts if secret in text]


def test_deadlines_have_sensible_defaults():
    transport = RequestsTransport()
    assert 3 <= transport.connect_timeout <= 10
    assert 15 <= transport.deadline <= 60
    transport.close()


def test_showing_the_form_does_not_import_requests():
    import subprocess  # noqa: PLC0415

    code = (
        "import sys; from lamin_widgets import DbServerWidget; DbServerWidget(); "
        "sys.exit('requests' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_two_clients_do_not_disturb_each_other(bench, server_name):
    """A cancelled call of one leaves the calls of the other alone."""
    bench.fault(
        delay_s=0.3, body={"status": "success"}, path="/db/server/checks-access"
    )
    other = DbServerClient(bench.url, bench.token)
    results = []
    thread = threading.Thread(
        target=lambda: results.append(bench.client.check_access("a"))
    )
    thread.start()
    other.cancel()
    thread.join(10)
    assert len(results) == 1
    other.close()


def test_addresses_of_the_api_are_taken_as_people_write_them(bench, server_name):
    for url in (bench.url + "/", bench.url.replace("http", "HTTP"), f" {bench.url} "):
        assert DbServerClient(url, "x-token").api_url == normalize_api_url(bench.url)
    with pytest.raises(LaminWidgetsError):
        DbServerClient("ftp://127.0.0.1", "x-token")


def test_a_slip_in_the_name_is_pointed_out(bench, server_name):
    bench.client.register(server_name, _connection(bench), "prod-us-east-1")
    bench.draft["name"] = server_name.replace("server", "sever")
    outcome = bench.perform("test")
    assert outcome.cause == "not_registered"
    assert f"Did you mean {server_name}?" in outcome.advice
