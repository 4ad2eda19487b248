"""Waiting for conditions, and the state of processes and threads."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor, wait

import psutil
import pytest

from lamin_widgets.core.deadline import WATCHDOG
from lamin_widgets.core.threads import BUSY, IDLE

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")


def eventually(condition, within_s=30.0):
    """Wait until a condition holds, and return its value.

    Args:
        condition: Function that is called until its value is true.
        within_s: Seconds until it raises TimeoutError.
    """
    deadline, pause_s = time.monotonic() + within_s, 0.001
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {within_s:g} s")
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, 0.02)
    return value


def run_command(*command, check=False, **options):
    """Run a command to its end, and return its exit code and output."""
    return subprocess.run(
        command, capture_output=True, text=True, timeout=240, check=check, **options
    )


def start_command(*command, **options):
    """Start a command with pipes for its input and its output."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen(command, text=True, **pipes, **options)


def alive(pid):
    """Return whether a process runs. A zombie doesn't."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def working_threads():
    """Return the threads of this process, except those that wait for the next call."""
    waiting = {IDLE, WATCHDOG}
    return {each for each in threading.enumerate() if each.name not in waiting}


def is_busy():
    """Return whether a thread of this process runs a function for its caller."""
    return BUSY in {each.name for each in threading.enumerate()}


def with_longest_pause(function):
    """Run a function in a thread, and return its value and the longest pause.

    The pause is how long, in seconds, the function kept this thread from running.
    """
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(function)
        longest_s, before = 0.0, time.monotonic()
        while not running.done():
            wait([running], 0.005)
            longest_s = max(longest_s, time.monotonic() - before)
            before = time.monotonic()
    return running.result(), longest_s


def descendants(pid=None):
    """Return the ids of the processes that a process, by default this one, started."""
    return {child.pid for child in psutil.Process(pid).children(recursive=True)}


def in_fork(function):
    """Return the text that a function returns in a forked process."""
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        # Since Python 3.12, os.fork warns if there are threads.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        signal.alarm(20)
        try:
            os.write(writer, function().encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as stream:
        text = stream.read()
    os.waitpid(child, 0)
    return text
