"""Threads that are used again, and that end when they have nothing to do."""

from __future__ import annotations

import threading
import weakref

import pytest
from doubles.processes import eventually, in_fork, needs_fork

from lamin_widgets.core import threads
from lamin_widgets.core.deadline import Deadline
from lamin_widgets.core.threads import BUSY, IDLE, run_in_thread


@pytest.fixture
def none_at_first():
    eventually(lambda: not _named(BUSY) and not _named(IDLE))


def _named(name):
    return {each for each in threading.enumerate() if each.name == name}


def _thread_of_a_call():
    thread = Deadline(5).call(threading.current_thread)
    eventually(lambda: thread.name == IDLE)
    return thread


@pytest.mark.usefixtures("none_at_first")
def test_next_function_uses_the_same_thread():
    assert _thread_of_a_call() is _thread_of_a_call()


def test_functions_at_the_same_time_use_separate_threads():
    together = threading.Barrier(3)
    for _ in range(2):
        run_in_thread(together.wait)
    together.wait(10)


def test_idle_thread_ends(monkeypatch):
    monkeypatch.setattr(threads, "_IDLE_S", 0.05)
    thread = _thread_of_a_call()
    eventually(lambda: not thread.is_alive())
    assert _thread_of_a_call() is not thread


def test_function_leaves_memory_after_it_ran():
    class Held:
        pass

    held = Held()
    gone = threading.Event()
    weakref.finalize(held, gone.set)
    Deadline(5).call(lambda held=held: None)
    del held
    assert gone.wait(10)


@needs_fork
def test_forked_process_starts_its_own_threads():
    _thread_of_a_call()
    assert in_fork(lambda: Deadline(5).call(lambda: "done")) == "done"
