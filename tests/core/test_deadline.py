"""Waits that end at a deadline, or immediately when they're canceled."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from doubles.processes import eventually, in_fork, needs_fork

from lamin_widgets.core import deadline as deadline_module
from lamin_widgets.core.deadline import WATCHDOG, Deadline, DeadlinePassed
from lamin_widgets.core.errors import ActionCancelled


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_call_that_is_canceled_already_is_not_started():
    cancelled, started = threading.Event(), []
    cancelled.set()
    with pytest.raises(ActionCancelled):
        Deadline(5, cancelled).call(lambda: started.append(1))
    assert not started


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


@pytest.mark.parametrize("way", ["deadline", "cancel"])
def test_call_here_interrupts_the_function(way):
    interrupted, cancelled = threading.Event(), threading.Event()

    def function():
        if way == "cancel":
            cancelled.set()
        assert interrupted.wait(10)
        raise OSError("interrupted")  # as a closed socket does

    deadline = Deadline(0.05 if way == "deadline" else 10, cancelled)
    with pytest.raises((DeadlinePassed, ActionCancelled)) as caught:
        deadline.call_here(function, interrupted.set)
    assert caught.type is (ActionCancelled if way == "cancel" else DeadlinePassed)
    assert caught.value.__context__ is None


def test_call_here_leaves_a_finished_function_alone(monkeypatch):
    monkeypatch.setattr(deadline_module, "_IDLE_S", 0.05)
    interrupted = threading.Event()
    deadline = Deadline(0.1)
    assert deadline.call_here(threading.current_thread, interrupted.set) == (
        threading.current_thread()
    )
    with pytest.raises(ZeroDivisionError):
        deadline.call_here(lambda: 1 / 0, interrupted.set)
    eventually(lambda: not _is_watching())
    assert not interrupted.is_set()


def test_call_here_works_after_a_thread_could_not_start(monkeypatch):
    eventually(lambda: not _is_watching())
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", _raise_runtime_error)
        with pytest.raises(RuntimeError):
            Deadline(5).call_here(int, int)
    interrupted = threading.Event()
    with pytest.raises(DeadlinePassed):
        Deadline(0.05).call_here(lambda: interrupted.wait(10), interrupted.set)


def _raise_runtime_error(_):
    raise RuntimeError("can't start new thread")


def _is_watching():
    return WATCHDOG in {thread.name for thread in threading.enumerate()}


@needs_fork
def test_forked_process_interrupts_its_own_calls():
    Deadline(5).call_here(int, int)

    def call():
        interrupted = threading.Event()
        with pytest.raises(DeadlinePassed):
            Deadline(0.1).call_here(lambda: interrupted.wait(10), interrupted.set)
        return "done"

    assert in_fork(call) == "done"


def test_call_raises_at_the_deadline_of_a_slow_function():
    release = threading.Event()
    with pytest.raises(DeadlinePassed):
        Deadline(0.05).call(release.wait)
    release.set()
