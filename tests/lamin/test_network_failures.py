"""Failures of the network, produced for real, and the translation of exceptions."""

from __future__ import annotations

import datetime as dt
import http.client
import inspect
import socket
import ssl
import sys
from types import SimpleNamespace
from typing import get_args

import pytest
import requests.exceptions
import trustme
import urllib3.exceptions
from doubles.api_server import ApiServer
from doubles.proxies import socks5
from doubles.raw_server import (
    HTTP,
    PROXY_403,
    PROXY_407,
    SSH,
    RawServer,
    silent,
    speaks,
)
from doubles.texts import PASSWORD, TOKEN, check_texts

from lamin_widgets.core.deadline import DeadlinePassed
from lamin_widgets.core.errors import ConnectionFailed
from lamin_widgets.core.failures import CATALOG
from lamin_widgets.core.outcome import explain
from lamin_widgets.core.secret import Secret
from lamin_widgets.lamin.client import CheckAccess, RegisterServer
from lamin_widgets.lamin.connections import Stage
from lamin_widgets.lamin.network_failures import failure
from lamin_widgets.lamin.transport import Request

SUCCESS = {"status": "success"}
PROXY_PASSWORD = "Pr0xy/word"


@pytest.fixture
def outcomes(client_of, connection):
    """Returns the outcomes of Register and Test for a URL, and whether it was sent."""

    def make(url, **options):
        found = {}
        for action, call in (
            ("register", RegisterServer("my-server", connection, "prod-us-east-1")),
            ("test", CheckAccess("my-server")),
        ):
            with pytest.raises(ConnectionFailed) as caught:
                client_of(url, **options).send(call)
            found[action] = explain(caught.value, action)
            check_texts(found[action])
            assert PROXY_PASSWORD not in f"{caught.value}{caught.value.details}"
            found["sent"] = caught.value.sent
        assert found["register"].cause == found["test"].cause
        return SimpleNamespace(**found)

    return make


def _expect(found, cause, *, sent=False, texts=()):
    outcome = found.register
    assert outcome.cause == cause, outcome.details
    assert outcome.state == ("unknown" if sent else "failure")
    assert found.sent is sent
    text = f"{outcome.title} {outcome.advice} {outcome.command}"
    assert [part for part in texts if part not in text] == [], text
    assert ("Nothing was sent." in text) is not sent


def test_unknown_host_is_reported(outcomes):
    found = outcomes("https://api.lamin.invalid")
    _expect(found, "api_name_unknown", texts=("https://api.lamin.ai",))


def test_closed_port_is_reported_as_refused(outcomes, closed_port):
    _expect(outcomes(f"http://127.0.0.1:{closed_port}"), "api_refused")


def test_port_dropping_packets_is_reported_as_unreachable(outcomes, full_port):
    found = outcomes(f"http://127.0.0.1:{full_port}", connect_timeout=0.2)
    _expect(found, "api_unreachable", texts=("HTTPS_PROXY",))


@pytest.mark.parametrize(
    "scripted",
    [
        {"mode": "silent"},
        {"mode": "drip", "body": SUCCESS, "headers": {"X": "x" * 1000}},
        {"mode": "drip", "body": b" " * 1000},
        {"mode": "endless", "body": b"", "delay_s": 1},
    ],
    ids=["no reply", "slow headers", "slow body", "endless body"],
)
def test_slow_reply_is_reported_as_unknown(outcomes, api, scripted):
    api.reply(**scripted)
    _expect(outcomes(api.url, deadline=0.2), "api_no_answer", sent=True)


def test_silence_during_tls_is_reported_as_not_sent(outcomes):
    with RawServer(silent) as server:
        found = outcomes(f"https://127.0.0.1:{server.port}", deadline=0.2)
    _expect(found, "api_no_answer")


@pytest.mark.parametrize("mode", ["close before", "close in the middle"])
def test_hangup_after_the_request_is_reported_as_sent(client_of, connection, api, mode):
    api.reply(body=SUCCESS, mode=mode)
    call = RegisterServer("my-server", connection, "prod-us-east-1")
    with pytest.raises(ConnectionFailed) as caught:
        client_of(api.url).send(call)
    assert (caught.value.cause, caught.value.sent) == ("connection_lost", True)


@pytest.mark.parametrize("end", [13, 17, 30, -2])
def test_reply_that_ends_within_its_headers_is_not_complete(client_of, connection, end):
    reply = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"
    call = RegisterServer("my-server", connection, "prod-us-east-1")
    with (
        RawServer(speaks(reply=reply[:end])) as server,
        pytest.raises(ConnectionFailed) as caught,
    ):
        client_of(f"http://127.0.0.1:{server.port}").send(call)
    assert (caught.value.cause, caught.value.sent) == ("connection_lost", True)


def test_connection_closed_during_tls_is_reported_as_not_sent(client_of, connection):
    call = RegisterServer("my-server", connection, "prod-us-east-1")
    with (
        RawServer(lambda sock, _: sock.recv(1)) as server,
        pytest.raises(ConnectionFailed) as caught,
    ):
        client_of(f"https://127.0.0.1:{server.port}").send(call)
    assert (caught.value.cause, caught.value.sent) == ("connection_lost", False)


@pytest.mark.parametrize(
    "reply",
    [SSH, {"reply": b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 200 + b"\r\n"}],
    ids=["SSH", "200 headers"],
)
def test_reply_in_another_protocol_is_reported_as_unreadable(outcomes, reply):
    with RawServer(speaks(**reply)) as server:
        found = outcomes(f"http://127.0.0.1:{server.port}")
    _expect(found, "unreadable_reply", sent=True)


def test_https_to_a_port_without_tls_is_a_tls_failure(outcomes):
    with RawServer(speaks(**HTTP)) as server:
        found = outcomes(f"https://127.0.0.1:{server.port}")
    _expect(found, "api_tls", texts=("wrong version number", "port"))


# --- Certificates ---


def test_certificate_of_an_unknown_authority_is_reported(outcomes, tls):
    with ApiServer(tls=tls()) as server:
        found = outcomes(server.url)
        assert server.requests == []
    _expect(found, "api_certificate", texts=("REQUESTS_CA_BUNDLE", "certificate"))
    assert "is set" not in found.register.advice


@pytest.mark.usefixtures("trusted")
def test_authority_missing_from_the_bundle_is_reported(outcomes, tls):
    with ApiServer(tls=tls(by=trustme.CA())) as server:
        found = outcomes(server.url)
    _expect(found, "api_certificate", texts=("REQUESTS_CA_BUNDLE is set",))


@pytest.mark.usefixtures("trusted")
def test_certificate_of_another_host_is_reported(outcomes, tls):
    with ApiServer(tls=tls("db.example.org")) as server:
        found = outcomes(server.url)
    _expect(found, "api_certificate_host", texts=("127.0.0.1",))


@pytest.mark.usefixtures("trusted")
def test_expired_certificate_is_reported(outcomes, tls):
    past = dt.datetime(2001, 1, 1, tzinfo=dt.timezone.utc)
    with ApiServer(tls=tls(not_after=past)) as server:
        found = outcomes(server.url)
    _expect(found, "api_certificate_expired", texts=("expired", "clock"))


def test_certificate_rejected_by_openssl_is_reported(
    outcomes, tls, tmp_path, monkeypatch
):
    root = trustme.CA(path_length=0)  # It must not sign for another authority.
    root.cert_pem.write_to_path(tmp_path / "root.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "root.pem"))
    with ApiServer(tls=tls(by=trustme.CA(root))) as server:
        found = outcomes(server.url)
    _expect(found, "api_certificate_refused", texts=("path length",))
    assert "REQUESTS_CA_BUNDLE" not in found.register.advice


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize("content", [None, "not a certificate"])
def test_unreadable_bundle_is_reported(
    outcomes, tls, tmp_path, monkeypatch, variable, content
):
    path = tmp_path / "bundle.pem"
    if content:
        path.write_text(content)
    monkeypatch.setenv(variable, str(path))
    with ApiServer(tls=tls()) as server:
        _expect(outcomes(server.url), "ca_bundle_unreadable", texts=(variable,))


def test_corrected_bundle_is_read_at_the_next_request(
    client_of, tls, tmp_path, monkeypatch, authority
):
    bundle = tmp_path / "bundle.pem"
    trustme.CA().cert_pem.write_to_path(bundle)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    with ApiServer(tls=tls()) as server:
        server.reply(body=SUCCESS)
        client = client_of(server.url)
        with pytest.raises(ConnectionFailed) as caught:
            client.check_access("a")
        assert caught.value.cause == "api_certificate"
        authority.cert_pem.write_to_path(bundle)
        assert client.check_access("a")


def test_bundle_can_be_a_folder(outcomes, tls, tmp_path, monkeypatch):
    # The folder has no certificate.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))
    with ApiServer(tls=tls()) as server:
        _expect(outcomes(server.url), "api_certificate")


# --- Proxies ---

BEHIND = "https://api.lamin.invalid"


def test_proxy_refusing_connections_is_reported(outcomes, monkeypatch, closed_port):
    proxy = (
        f"http://someone:{PROXY_PASSWORD.replace('/', '%2F')}@127.0.0.1:{closed_port}"
    )
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    _expect(outcomes(BEHIND), "proxy_unreachable", texts=("HTTPS_PROXY", "NO_PROXY"))


def test_proxy_dropping_packets_is_reported(outcomes, monkeypatch, full_port):
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{full_port}")
    found = outcomes(BEHIND, connect_timeout=0.2)
    _expect(found, "proxy_unreachable", texts=("https_proxy",))


def test_proxy_with_an_unknown_host_is_reported(outcomes, monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "http://proxy.invalid:3128")
    _expect(outcomes(BEHIND), "proxy_unreachable", texts=("ALL_PROXY",))


def test_silent_proxy_is_reported(outcomes, monkeypatch):
    with RawServer(silent) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
        _expect(outcomes(BEHIND, deadline=0.2), "proxy_unreachable")


@pytest.mark.parametrize(
    ("reply", "cause", "texts"),
    [
        (PROXY_407, "proxy_login", ("user name", "getpass")),
        (PROXY_403, "api_proxy", ("403 Forbidden", "NO_PROXY")),
        (SSH, "api_proxy", ("HTTPS_PROXY",)),
        ({"reply": b""}, "api_proxy", ("HTTPS_PROXY",)),
    ],
    ids=["407", "403", "SSH", "hangs up"],
)
def test_proxy_error_is_reported(outcomes, monkeypatch, reply, cause, texts):
    password = PROXY_PASSWORD.replace("/", "%2F")
    with RawServer(speaks(**reply)) as server:
        proxy = f"http://someone:{password}@127.0.0.1:{server.port}"
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        _expect(outcomes(BEHIND), cause, texts=texts)


@pytest.mark.parametrize(
    "proxy",
    [
        f"http://someone:{PROXY_PASSWORD}@127.0.0.1:9",
        "http://someone:1234/word@127.0.0.1:9",
        "http://someone:Pr0xy#word@127.0.0.1:9",
        "http://someone:Pr0xy?word@127.0.0.1:9",
        "gopher://127.0.0.1:1",
        "socks9://127.0.0.1:1",
        "http://",
        "http://[::1",
        "http://someone:Pr0xyword@",
        "://",
    ],
)
def test_malformed_proxy_is_reported_without_its_password(outcomes, monkeypatch, proxy):
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    found = outcomes(BEHIND)
    _expect(found, "proxy_malformed", texts=("HTTPS_PROXY", "percent-encode"))
    shown = repr(found.register) + found.register.details
    for part in ("Pr0xy", "/word", "someone", "1234"):
        assert part not in shown


@pytest.mark.parametrize("scheme", ["socks4", "socks4a", "socks5", "socks5h"])
def test_socks_proxy_without_pysocks_is_reported(outcomes, monkeypatch, scheme):
    # This simulates that PySocks isn't installed.
    monkeypatch.setitem(sys.modules, "socks", None)
    monkeypatch.setenv("ALL_PROXY", f"{scheme}://127.0.0.1:9")
    _expect(outcomes(BEHIND), "proxy_needs_socks", texts=("pip install pysocks",))


@pytest.mark.parametrize(
    ("password", "cause"), [("wrong", "proxy_login"), ("right", "api_proxy")]
)
def test_refusal_of_a_socks_proxy_is_reported(outcomes, monkeypatch, password, cause):
    with RawServer(socks5("right", None)) as server:
        proxy = f"socks5h://someone:{password}@127.0.0.1:{server.port}"
        monkeypatch.setenv("ALL_PROXY", proxy)
        _expect(outcomes(BEHIND), cause)


def test_unreachable_socks_proxy_is_reported(outcomes, monkeypatch, closed_port):
    monkeypatch.setenv("ALL_PROXY", f"socks5h://127.0.0.1:{closed_port}")
    _expect(outcomes(BEHIND), "proxy_unreachable")


@pytest.mark.usefixtures("trusted")
def test_socks_proxy_is_used(client_of, monkeypatch, tls):
    with ApiServer(tls=tls("api.lamin.invalid")) as api:
        api.reply(body=SUCCESS)
        with RawServer(socks5("right", api.port)) as server:
            proxy = f"socks5h://someone:right@127.0.0.1:{server.port}"
            monkeypatch.setenv("ALL_PROXY", proxy)
            assert client_of(BEHIND).check_access("a")
        assert len(api.requests) == 1


# --- The translation of exceptions ---

_MODULES = (requests.exceptions, urllib3.exceptions, http.client)
CLASSES = sorted(
    {
        kind
        for module in _MODULES
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Exception) and not issubclass(kind, Warning)
    },
    key=lambda kind: f"{kind.__module__}.{kind.__name__}",
)
STAGES = get_args(Stage)
REQUEST = Request(
    "POST",
    BEHIND,
    Secret(TOKEN),
    json={"url": Secret(PASSWORD)},
    hidden=(Secret(PASSWORD),),
)


@pytest.fixture
def proxy(stage):
    return "http://127.0.0.1:9" if stage in {"proxy", "tunnel"} else ""


@pytest.mark.parametrize("stage", STAGES)
def test_exception_of_any_class_has_a_cause(stage, proxy):
    layer = {"proxy": "proxy", "tunnel": "proxy", "sent": "api"}.get(stage, "api-host")
    assert len(CLASSES) > 60
    for kind in CLASSES:
        error = kind.__new__(kind)  # The arguments of the exceptions differ.
        row = CATALOG[failure(error, stage, REQUEST, proxy, 0.1).cause]
        assert row.layer.startswith(layer), kind


def _wrapped(inner):
    pool = urllib3.HTTPConnectionPool("127.0.0.1")
    outer = urllib3.exceptions.MaxRetryError(pool, "/", inner)
    outer.__cause__ = inner
    return requests.exceptions.ConnectionError(outer)


@pytest.mark.parametrize(
    ("stage", "inner", "cause"),
    [
        ("connect", ConnectionRefusedError(111, "refused"), "api_refused"),
        ("connect", socket.gaierror(-2, "not known"), "api_name_unknown"),
        ("connect", OSError(113, "No route to host"), "api_unreachable"),
        ("connect", DeadlinePassed(), "api_unreachable"),
        ("tunnel", OSError("Tunnel connection failed: 407 x"), "proxy_login"),
        ("tunnel", OSError("Tunnel connection failed: 502 x"), "api_proxy"),
        ("proxy", DeadlinePassed(), "proxy_unreachable"),
        ("tunnel", DeadlinePassed(), "proxy_unreachable"),
        ("tls", ssl.SSLEOFError(8, "EOF"), "connection_lost"),
        ("tls", ssl.SSLError(1, "wrong version number"), "api_tls"),
        ("tls", DeadlinePassed(), "api_no_answer"),
        ("sent", ConnectionResetError(104, "reset"), "connection_lost"),
        ("sent", http.client.RemoteDisconnected(), "connection_lost"),
        ("sent", http.client.BadStatusLine("SSH-2.0"), "unreadable_reply"),
        ("sent", http.client.IncompleteRead(b""), "connection_lost"),
        ("sent", ssl.SSLError(1, "alert"), "connection_lost"),
        ("sent", DeadlinePassed(), "api_no_answer"),
    ],
)
def test_innermost_exception_decides_the_cause(stage, proxy, inner, cause):
    found = failure(_wrapped(inner), stage, REQUEST, proxy, 0.1)
    assert found.cause == cause
    assert found.sent is (stage == "sent")


def test_exception_from_outside_the_network_is_unexpected():
    assert failure(TypeError("a bug"), "sent", REQUEST, "", 0.1).cause == "unexpected"


def test_circular_exceptions_have_a_cause():
    one, two = OSError(), OSError()
    one.__cause__, two.__cause__ = two, one
    assert failure(one, "connect", REQUEST, "", 0.1).cause == "api_unreachable"


def test_reason_is_redacted_and_at_most_200_characters():
    error = OSError(f"{PASSWORD} {TOKEN} " + "x" * 1000 + "\x1b[2J")
    found = failure(error, "connect", REQUEST, "", 0.1)
    assert PASSWORD not in found.facts["reason"]
    assert TOKEN not in found.facts["reason"]
    assert len(found.facts["reason"]) <= 200
