"""Failures of the network, produced for real, and the translation of exceptions."""

from __future__ import annotations

import datetime as dt
import http.client
import inspect
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


WHOLE = b"HTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\n1"


@pytest.mark.parametrize(
    ("scheme", "reply", "sent"),
    [
        ("https", b"", False),
        *(("http", WHOLE[:end], True) for end in (0, 13, 17, 30, -3, -1)),
    ],
)
def test_hangup_before_the_end_of_the_reply_is_reported(
    client_of, connection, scheme, reply, sent
):
    call = RegisterServer("my-server", connection, "prod-us-east-1")
    with (
        RawServer(speaks(reply=reply)) as server,
        pytest.raises(ConnectionFailed) as caught,
    ):
        client_of(f"{scheme}://127.0.0.1:{server.port}").send(call)
    assert (caught.value.cause, caught.value.sent) == ("connection_lost", sent)


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


PAST = dt.datetime(2001, 1, 1, tzinfo=dt.timezone.utc)
BUNDLE = "REQUESTS_CA_BUNDLE"


@pytest.mark.parametrize(
    ("trusts", "options", "cause", "texts"),
    [
        (False, {}, "api_certificate", (BUNDLE, "certificate")),
        (True, {"by": trustme.CA()}, "api_certificate", (f"{BUNDLE} is set",)),
        (True, {"host": "a.example"}, "api_certificate_host", ("127.0.0.1",)),
        (True, {"not_after": PAST}, "api_certificate_expired", ("expired", "clock")),
    ],
    ids=["no bundle", "another CA", "another host", "expired"],
)
def test_unverified_certificate_is_reported(
    request, outcomes, tls, trusts, options, cause, texts
):
    if trusts:
        request.getfixturevalue("trusted")
    with ApiServer(tls=tls(**options)) as server:
        found = outcomes(server.url)
        assert server.requests == []
    _expect(found, cause, texts=texts)
    assert trusts or "is set" not in found.register.advice


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


USER = f"someone:{PROXY_PASSWORD.replace('/', '%2F')}"


@pytest.mark.parametrize(
    ("variable", "proxy", "texts"),
    [
        ("HTTPS_PROXY", f"http://{USER}@127.0.0.1:{{closed}}", ("NO_PROXY",)),
        ("https_proxy", "http://127.0.0.1:{full}", ()),
        ("ALL_PROXY", "http://proxy.invalid:3128", ()),
        ("HTTPS_PROXY", "http://127.0.0.1:{silent}", ()),
        ("ALL_PROXY", "socks5h://127.0.0.1:{closed}", ()),
    ],
)
def test_unreachable_proxy_is_reported(
    outcomes, monkeypatch, closed_port, full_port, variable, proxy, texts
):
    with RawServer(silent) as server:
        ports = {"closed": closed_port, "full": full_port, "silent": server.port}
        monkeypatch.setenv(variable, proxy.format(**ports))
        found = outcomes(BEHIND, connect_timeout=0.2, deadline=0.4)
    _expect(found, "proxy_unreachable", texts=(variable, *texts))


@pytest.mark.parametrize(
    ("scheme", "handler", "cause", "texts"),
    [
        ("http", speaks(**PROXY_407), "proxy_login", ("user name", "getpass")),
        ("http", speaks(**PROXY_403), "api_proxy", ("403 Forbidden", "NO_PROXY")),
        ("http", speaks(**SSH), "api_proxy", ("HTTPS_PROXY",)),
        ("http", speaks(), "api_proxy", ("HTTPS_PROXY",)),
        ("socks5h", socks5("another", None), "proxy_login", ()),
        ("socks5h", socks5(PROXY_PASSWORD, None), "api_proxy", ()),
    ],
    ids=["407", "403", "SSH", "hangs up", "SOCKS login", "SOCKS refusal"],
)
def test_proxy_error_is_reported(outcomes, monkeypatch, scheme, handler, cause, texts):
    with RawServer(handler) as server:
        proxy = f"{scheme}://{USER}@127.0.0.1:{server.port}"
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
        ("connect", OSError(113, "No route to host"), "api_unreachable"),
        ("tunnel", OSError("Tunnel connection failed: 502 x"), "api_proxy"),
        ("sent", ConnectionResetError(104, "reset"), "connection_lost"),
        ("sent", ssl.SSLError(1, "alert"), "connection_lost"),
    ],
)
def test_innermost_exception_decides_the_cause(stage, proxy, inner, cause):
    found = failure(_wrapped(inner), stage, REQUEST, proxy, 0.1)
    assert found.cause == cause
    assert found.sent is (stage == "sent")


def test_proxy_without_tls_has_a_wrong_scheme():
    inner = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")
    found = failure(_wrapped(inner), "tunnel", REQUEST, "https://127.0.0.1:9", 0.1)
    assert found.cause == "proxy_malformed"


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
