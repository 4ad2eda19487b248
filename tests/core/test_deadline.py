"""Waits that end at a deadline, or immediately when they're canceled."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from lamin_widgets.core.deadline import Deadline, DeadlinePassed
from lamin_widgets.core.errors import ActionCancelled


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_wait_returns_when_data_arrives(pair):
    ours, theirs = pair
    theirs.send(b"x")
    assert Deadline(5).wait(ours)
    assert Deadline(5).wait(ours.fileno(), to_write=True)


def test_wait_returns_after_its_own_limit(pair):
    assert not Deadline(5).wait(pair[0], limit_s=0.05)


def test_wait_raises_after_the_deadline(pair):
    with pytest.raises(DeadlinePassed):
        Deadline(0.05).wait(pair[0])
    with pytest.raises(DeadlinePassed):
        Deadline(0).check()


def test_cancel_ends_a_wait_within_200_ms(pair):
    def seconds():
        cancelled = threading.Event()
        threading.Timer(0.1, cancelled.set).start()
        started = time.monotonic()
        with pytest.raises(ActionCancelled) as caught:
            Deadline(5, cancelled).wait(pair[0])
        assert caught.value.cause == "cancelled"
        return time.monotonic() - started - 0.1

    # A busy machine can delay some of the waits.
    assert min(seconds() for _ in range(5)) < 0.2


def test_call_returns_the_value_or_raises_the_exception():
    assert Deadline(5).call(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        Deadline(5).call(lambda: 1 / 0)


def test_call_raises_at_the_deadline_of_a_slow_function():
    release = threading.Event()
    with pytest.raises(DeadlinePassed):
        Deadline(0.05).call(release.wait)
    release.set()
