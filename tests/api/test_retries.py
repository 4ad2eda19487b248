"""The check may be sent again; what changes something never is."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

GOOD = {"status": "success"}


@pytest.fixture
def sent(bench):
    start = len(bench.box.api.requests)
    return lambda: len(bench.box.api.requests) - start


def _fail(bench, times, **fault):
    bench.box.api.fault(times=times, **fault)
    bench.fault(body=GOOD)


TROUBLE = [{"status": 502}, {"status": 503}, {"status": 504}, {"close": "before"}]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("trouble", TROUBLE)
def test_the_check_is_tried_three_times(bench, sent, trouble):
    _fail(bench, 2, **trouble)
    assert bench.perform("test")
    assert sent() == 3


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("trouble", TROUBLE)
def test_and_not_a_fourth_time(bench, sent, trouble):
    _fail(bench, 3, **trouble)
    assert bench.perform("test").cause in {"unavailable", "connection_lost"}
    assert sent() == 3


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("action", ["register", "create-instance"])
@pytest.mark.parametrize("trouble", [*TROUBLE, {"status": 500}, {"silent": True}])
def test_what_changes_something_is_sent_once(bench, sent, trouble, action):
    bench.deadline = 1.0
    _fail(bench, 1, **trouble)
    assert bench.perform(action).state == "unknown"
    assert sent() == 1


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("status", [400, 403, 429, 500])
def test_the_check_is_not_repeated_where_that_would_not_help(bench, sent, status):
    _fail(bench, 1, status=status)
    assert not bench.perform("test")
    assert sent() == 1


def test_the_pauses_grow(bench):
    _fail(bench, 2, status=503)
    start = time.monotonic()
    assert bench.perform("test")
    assert 2.0 <= time.monotonic() - start < 20


@pytest.mark.usefixtures("quick")
def test_retry_after_in_seconds_is_honoured(bench, sent):
    _fail(bench, 1, status=503, headers={"Retry-After": "1"})
    start = time.monotonic()
    assert bench.perform("test")
    assert time.monotonic() - start >= 1.0
    assert sent() == 2


@pytest.mark.usefixtures("quick")
def test_retry_after_as_a_date_is_honoured(bench, sent):
    # dates have whole seconds, so this is one to two seconds from now
    when = datetime.now(timezone.utc) + timedelta(seconds=2)
    date = format_datetime(when.replace(microsecond=0), usegmt=True)
    _fail(bench, 1, status=503, headers={"Retry-After": date})
    start = time.monotonic()
    assert bench.perform("test")
    assert time.monotonic() - start >= 0.9
    assert sent() == 2


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("wait", ["120", "as a date"])
def test_a_long_retry_after_is_told_not_waited_for(bench, sent, wait):
    if wait == "as a date":
        when = datetime.now(timezone.utc) + timedelta(seconds=121)
        wait = format_datetime(when, usegmt=True)
    _fail(bench, 1, status=503, headers={"Retry-After": wait})
    start = time.monotonic()
    outcome = bench.perform("test")
    assert time.monotonic() - start < 30
    assert outcome.cause == "unavailable"
    assert "in 2 min" in outcome.advice
    assert sent() == 1


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("value", ["soon", "-5", "", "1e9", "Mon, 99 Foo 2099"])
def test_a_retry_after_that_is_none_is_passed_over(bench, sent, value):
    header = {"Retry-After": value}
    _fail(bench, 1, status=503, headers=header)
    assert bench.perform("test")
    assert sent() == 2


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("action", ["register", "test"])
@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 500},
        {"close": "middle", "body": GOOD},
        {"close": "before"},
        {"silent": True},
        {"status": 200, "body": "<h1>x</h1>"},
    ],
)
def test_after_any_failure_the_next_call_works(bench, trouble, action):
    bench.deadline = 1.0
    bench.fault(**trouble)
    assert not bench.perform(action)
    bench.box.api.clear_faults()
    bench.fault(body=GOOD)
    assert bench.perform(action)
