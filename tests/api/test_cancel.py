"""Cancel ends a call promptly wherever it is, and nothing is sent after it."""

from __future__ import annotations

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from api_bench import until
from doubles import raw_server as raw

from lamin_widgets.lamin.exchange import Request
from lamin_widgets.lamin.transport import RequestsTransport

PROMPTLY_S = 5.0  # of 30; also where the machine is busy


def _cancelled(bench, action, when):
    """Run an action, cancel it once `when` is true, and return outcome and delay."""
    event = threading.Event()
    bench.client  # noqa: B018  # made here, not in the thread
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(bench.perform, action, event)
        until(when)
        event.set()
        start = time.monotonic()
        bench.client.cancel()
        outcome = future.result(10)
        delay = time.monotonic() - start
    bench.client.close()
    return outcome, delay


def _check(outcome, delay, action):
    assert outcome.cause == "cancelled"
    assert outcome.state == "unknown"
    assert delay < PROMPTLY_S
    if action == "register":
        assert "Test the connection" in outcome.advice


BOTH = pytest.mark.parametrize("action", ["register", "test"])


@BOTH
@pytest.mark.usefixtures("nothing_left")
def test_while_it_connects(bench, full_port, action):
    bench.connect_timeout = bench.deadline = 30
    bench.url = f"http://127.0.0.1:{full_port}"
    outcome, delay = _cancelled(bench, action, lambda: _connecting(full_port))
    _check(outcome, delay, action)


def _connecting(port):
    import psutil  # noqa: PLC0415

    mine = psutil.Process().net_connections("tcp")
    # beside those of the fixture, which keep the queue full
    syn = [c for c in mine if c.raddr and c.raddr.port == port]
    return len(syn) > 4


@BOTH
@pytest.mark.usefixtures("nothing_left")
def test_while_tls_is_agreed_on(bench, action):
    bench.connect_timeout = bench.deadline = 30
    accepted = threading.Event()

    def handler(_, stopping):
        accepted.set()
        stopping.wait()

    with raw.RawServer(handler) as server:
        bench.url = f"https://127.0.0.1:{server.port}"
        outcome, delay = _cancelled(bench, action, accepted.is_set)
    _check(outcome, delay, action)


@BOTH
@pytest.mark.parametrize(
    "fault",
    [
        {"silent": True},
        {"drip_s": 0.05, "body": {"status": "success"}},
        {"endless": True, "body": "x"},
    ],
    ids=["waiting", "dripping", "endless"],
)
@pytest.mark.usefixtures("nothing_left")
def test_while_it_waits_for_the_reply(bench, action, fault):
    bench.deadline = 30
    bench.fault(**fault)
    before = len(bench.box.api.requests)
    outcome, delay = _cancelled(
        bench, action, lambda: len(bench.box.api.requests) > before
    )
    _check(outcome, delay, action)
    assert len(bench.box.api.requests) == before + 1
    bench.box.api.clear_faults()
    bench.fault(body={"status": "success"})
    assert bench.perform(action)  # and the next call works
    bench.client.close()


@pytest.mark.usefixtures("nothing_left")
def test_during_the_pause_before_it_is_tried_again(bench):
    bench.fault(status=503, headers={"Retry-After": "9"})
    before = len(bench.box.api.requests)
    outcome, delay = _cancelled(
        bench, "test", lambda: len(bench.box.api.requests) > before
    )
    _check(outcome, delay, "test")
    assert len(bench.box.api.requests) == before + 1


@BOTH
def test_before_it_began(bench, action):
    before = len(bench.box.api.requests)
    event = threading.Event()
    event.set()
    assert bench.perform(action, event).cause == "cancelled"
    assert len(bench.box.api.requests) == before


@pytest.mark.usefixtures("nothing_left")
def test_while_the_host_is_looked_up(bench, monkeypatch):
    """The look-up cannot be ended: what it finds later is not used, even though the
    next call is on its way."""
    looking, go_on = threading.Event(), threading.Event()
    real = socket.getaddrinfo

    def slow(*args, **kwargs):
        if threading.current_thread().name == "lamin-widgets-call":
            looking.set()
            assert go_on.wait(10)
        return real(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    bench.url = bench.url.replace("127.0.0.1", "localhost")  # an address is no name
    bench.fault(body={"status": "success"})
    before = len(bench.box.api.requests)
    outcome, delay = _cancelled(bench, "register", looking.is_set)
    _check(outcome, delay, "register")
    go_on.set()
    assert bench.perform("test")
    bench.client.close()
    paths = [request.path for request in bench.box.api.requests[before:]]
    assert paths == ["/db/server/checks-access"]


def test_a_name_that_is_not_found_in_time(bench, monkeypatch):
    go_on = threading.Event()
    real = socket.getaddrinfo

    def slow(*args, **kwargs):
        if threading.current_thread().name == "lamin-widgets-call":
            assert go_on.wait(30)
        return real(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    bench.url = bench.url.replace("127.0.0.1", "localhost")
    bench.deadline = 0.3
    bench.connect_timeout = 0.3
    outcome = bench.perform("register")
    go_on.set()
    assert outcome.cause == "api_unreachable"
    assert outcome.state == "failure"


def test_a_call_given_up_on_stays_cancelled_when_the_next_one_begins(bench):
    """Each call has its own Cancel: the next one does not wake up the last one."""
    transport = RequestsTransport(deadline=5)
    first, second = threading.Event(), threading.Event()
    first.set()
    bench.fault(body={"status": "success"})
    before = len(bench.box.api.requests)
    request = Request("POST", url=f"{bench.url}/x", token=bench.token)
    reply = transport.send(request, second)
    assert json.loads(reply.body.reveal()) == {"status": "success"}
    with pytest.raises(Exception, match="Cancelled"):
        transport.send(request, first)
    transport.close()
    assert len(bench.box.api.requests) == before + 1


def test_cancel_with_nothing_running_does_nothing(bench):
    bench.fault(body={"status": "success"})
    bench.client.cancel()
    assert bench.perform("test")
    bench.client.cancel()
    assert bench.perform("test")


@pytest.mark.usefixtures("nothing_left")
def test_calls_leave_no_thread_and_no_connection(bench):
    bench.deadline = 1.0
    for fault in ({"body": {"status": "success"}}, {"silent": True}, {"status": 500}):
        bench.box.api.clear_faults()
        bench.fault(**fault)
        bench.perform("register")
    bench.client.close()
