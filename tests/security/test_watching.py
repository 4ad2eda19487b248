"""What watches the scenes misses nothing: files, threads, finalizers, event loops."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import psycopg2
import pytest
from hooks import listen_to, run
from leak_scanner import find_leaks
from scenes_threads import UNEXPECTED, raising
from secret_values import RECOGNISABLE
from watching import Seen
from written import Written, private_environment, private_folders

from lamin_widgets import PostgresConnection, diagnose

VALUE = RECOGNISABLE[0]


def in_place(path):
    path.write_text(VALUE)


def emptied(path):
    path.write_text(VALUE)
    path.write_text("")


def cut(path):
    path.write_text(VALUE)
    os.truncate(path, 0)


def removed(path):
    path.write_text(VALUE)
    path.unlink()


def removed_with_its_folder(path):
    folder = path.with_name("folder")
    folder.mkdir()
    folder.joinpath("file").write_text(VALUE)
    shutil.rmtree(folder)


def renamed(path):
    path.write_text(VALUE)
    path.rename(path.with_name("other"))


def replaced(path):
    path.write_text(VALUE)
    other = path.with_name("other")
    other.write_text("")
    other.replace(path)


def in_a_name(path):
    path.with_name(VALUE).mkdir()


def in_a_link(path):
    path.symlink_to(VALUE)


def in_a_database(path):
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("create table t (c)")
        database.execute("insert into t values (?)", [VALUE])


def in_utf_16(path):
    path.write_text(VALUE, "utf-16")


def through_a_descriptor(path):
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    os.write(descriptor, VALUE.encode())
    os.close(descriptor)


def in_a_thread(path):
    thread = threading.Thread(target=path.write_text, args=(VALUE,))
    thread.start()
    thread.join()


WAYS = (
    *(in_place, emptied, cut, removed, removed_with_its_folder, renamed, replaced),
    *(in_a_name, in_a_link, in_a_database, in_utf_16, through_a_descriptor),
    in_a_thread,
)


@pytest.mark.parametrize("way", WAYS)
def test_what_this_process_writes_anywhere_is_found(way, tmp_path):
    private = tmp_path / "private"
    private.mkdir()
    with Written(private) as written:
        way(tmp_path / "elsewhere")
    assert find_leaks(repr(written.files), VALUE)


@pytest.mark.parametrize("folder", ["HOME", "TMPDIR", "XDG_CACHE_HOME", "IPYTHONDIR"])
def test_what_a_child_writes_into_its_folders_is_found(folder, tmp_path):
    environ = private_environment(tmp_path)
    with Written(tmp_path) as written:
        command = f"printf {VALUE} > ${folder}/file"
        subprocess.run(["sh", "-c", command], env=environ, check=True)
    assert find_leaks(repr(written.files), VALUE)


def test_a_file_without_a_name_is_not_passed_over(tmp_path):
    with Written(tmp_path) as written, tempfile.TemporaryFile() as file:
        file.write(VALUE.encode())
    with pytest.raises(AssertionError, match="not to be looked into"):
        _ = written.files


def test_what_is_only_read_or_was_there_is_not_taken_for_written(tmp_path):
    there = tmp_path / "there"
    there.write_text(VALUE)
    with Written(tmp_path) as written:
        there.read_text()
    assert not written.files


def test_temporary_and_current_folder_are_private(tmp_path):
    before = tempfile.gettempdir(), Path.cwd()
    with private_folders(tmp_path):
        assert Path(tempfile.gettempdir()).is_relative_to(tmp_path)
        assert Path.cwd().is_relative_to(tmp_path)
        assert Path.home() == tmp_path
    assert (tempfile.gettempdir(), Path.cwd()) == before


def fail() -> None:
    held = VALUE
    raise RuntimeError(f"cannot use {held}")


class Careless:
    """Fails when it is finalized."""

    def __del__(self):
        raise RuntimeError("a finalizer failed")


class Telling:
    """Fails when it is finalized, and tells what it has."""

    def __del__(self):
        fail()


def in_a_thread_of_its_own():
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()


def in_a_finalizer():
    Telling()


@pytest.mark.parametrize("end", [in_a_thread_of_its_own, in_a_finalizer])
def test_an_exception_that_nobody_catches_is_seen(end):
    seen = Seen()
    with seen.watch():
        end()
    assert find_leaks(seen.text("uncaught"), VALUE)
    assert find_leaks(seen.text("output"), VALUE)  # as it is by default


def test_an_exception_in_an_event_loop_is_seen():
    seen = Seen()

    async def main():
        loop = asyncio.get_running_loop()
        listen_to(loop, seen.uncaught)
        loop.call_soon(fail)
        await asyncio.sleep(0)

    with seen.watch():
        run(main())
    assert find_leaks(seen.text("uncaught"), VALUE)
    assert find_leaks(seen.text("logs"), VALUE)  # as it is by default


@pytest.mark.parametrize("kind", UNEXPECTED)
@pytest.mark.parametrize("value", RECOGNISABLE)
def test_a_finalizer_that_fails_below_a_call_shows_no_secret(sandbox, kind, value):
    """Its exception has the one that is being handled as its context."""
    database = sandbox.database
    connection = PostgresConnection(database.host, database.port, value)
    seen = Seen(verbose=True)
    failing = raising(seen, psycopg2, "connect", kind, value, left=Careless)
    with seen.watch():
        with failing, contextlib.suppress(BaseException):
            diagnose(connection)
        gc.collect()
    assert "a finalizer failed" in seen.text("uncaught")
    for channel in ("uncaught", "tracebacks", "output"):
        assert not find_leaks(seen.text(channel), value), channel


def test_the_frames_of_a_running_call_are_seen(monkeypatch):
    seen = Seen()
    monkeypatch.setattr("watching.PACKAGE", str(Path(__file__).parent))
    held = VALUE
    seen.stack(sys._getframe())
    assert held in seen.text("tracebacks")
