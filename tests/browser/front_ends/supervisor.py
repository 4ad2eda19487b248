"""Runs a server, and ends all of its processes when the tests end.

A server starts others, such as kernels and proxies, in their own sessions, so no signal
reaches all of them. They're found by a variable in their environment. The input of this
program is a pipe from the tests. It ends with them, even if they're killed.

Arguments are the folder of the front end and the command that starts the server.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading

import psutil

MARK = "FRONT_END_FOLDER"
"""Variable with the folder, in the environment of each process of a front end."""
STOP_S = 20.0
"""Seconds for a server to end its own processes."""


def main() -> int:
    """Run the server until it ends or the tests end."""
    folder, *command = sys.argv[1:]
    environ = {**os.environ, MARK: folder}
    server = subprocess.Popen(command, env=environ, stdin=subprocess.DEVNULL)
    is_over = threading.Event()

    def stop_after_the_tests() -> None:
        sys.stdin.read()
        is_over.set()
        server.terminate()
        try:
            server.wait(STOP_S)
        except subprocess.TimeoutExpired:
            server.kill()

    threading.Thread(target=stop_after_the_tests, daemon=True).start()
    code = server.wait()
    end_processes(folder)
    if is_over.is_set():
        shutil.rmtree(folder, ignore_errors=True)
    return code


def end_processes(folder: str) -> None:
    """Kill the processes of a front end, and those that they start meanwhile."""
    while found := processes(folder):
        for process in found:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(found, STOP_S)


def processes(folder: str) -> list[psutil.Process]:
    """Return the running processes of a front end."""
    found = []
    for process in psutil.process_iter():
        # The process might have ended, or belong to another user.
        with contextlib.suppress(psutil.Error):
            if process.environ().get(MARK) == folder:
                found.append(process)
    return found


if __name__ == "__main__":
    sys.exit(main())
