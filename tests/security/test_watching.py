"""Planted leaks, all of which the watching code of this folder must find."""

from __future__ import annotations

import base64
import gc
import html
import json
import logging
import os
import secrets
import subprocess
import sys
import threading
import warnings
from urllib.parse import quote

import pytest
from security.leak_scanner import SECRETS, find_leaks
from security.watching import Seen, holders, written

from lamin_widgets import Secret

VALUE = SECRETS["markup"]


@pytest.mark.parametrize("value", SECRETS.values(), ids=SECRETS)
def test_scanner_finds_a_secret_in_every_encoding(value):
    raw = value.encode()
    for text in (
        value,
        value[:9],
        quote(value, safe=""),
        quote(quote(value, safe=""), safe=""),
        json.dumps({"a": json.dumps(value)}),
        html.escape(value),
        repr({"a": value}),
        repr(raw),
        raw.hex(),
        raw.decode("latin-1"),
        base64.b64encode(b"postgres:" + raw + b"@h").decode(),
        base64.urlsafe_b64encode(b"ab" + raw).decode(),
    ):
        assert find_leaks(f"before {text} after", value), text
        assert not find_leaks(text, value, usual=text)
    assert not find_leaks("postgresql://postgres:***@db.example.org", value)


def write_and(end):
    def write(path):
        path.write_text(VALUE, "utf-8")
        end(path)

    return write


WRITES = {
    "in place": lambda path: path.write_text(VALUE, "utf-8"),
    "UTF-16": lambda path: path.write_text(VALUE, "utf-16"),
    "emptied": write_and(lambda path: path.write_text("")),
    "cut": write_and(lambda path: os.truncate(path, 0)),
    "removed": write_and(os.unlink),
    "renamed": write_and(lambda path: path.rename(path.with_name("other"))),
    "link": lambda path: path.symlink_to(quote(VALUE, safe="")),
    "folder": lambda path: path.with_name(quote(VALUE, safe="")).mkdir(),
    "thread": lambda path: _in_thread(path.write_text, VALUE, "utf-8"),
}


@pytest.mark.parametrize("way", sorted(WRITES))
def test_file_written_by_this_process_is_found(way, tmp_path):
    watched = tmp_path / "watched"
    watched.mkdir()
    with written(watched) as files:
        WRITES[way](tmp_path / "elsewhere")
    assert find_leaks("\n".join(files), VALUE)


def test_file_written_by_another_process_is_found(tmp_path):
    with written(tmp_path) as files:
        script = "import sys; open('typed', 'w').write(sys.argv[1])"
        subprocess.run([sys.executable, "-c", script, VALUE], cwd=tmp_path, check=True)
    assert find_leaks("\n".join(files), VALUE)


def test_file_opened_for_reading_is_not_reported(tmp_path):
    there = tmp_path / "there"
    there.write_text(VALUE)
    with written(tmp_path) as files:
        there.read_text()
    assert not files


def fail(value):
    raise RuntimeError(f"cannot use {value}")


class Telling:
    """Object whose finalizer raises an error with the secret."""

    def __del__(self):
        fail(VALUE)


def _in_thread(function, *arguments):
    thread = threading.Thread(target=function, args=arguments)
    thread.start()
    thread.join()


LEAKS = {
    ("logs", "message"): lambda: logging.getLogger("urllib3").debug("sent %s", VALUE),
    ("logs", "exception"): lambda: _logged(VALUE),
    ("output", "print"): lambda: sys.stderr.write(VALUE),
    ("output", "warning"): lambda: warnings.warn(VALUE, stacklevel=1),
    ("exceptions", "thread"): lambda: _in_thread(fail, VALUE),
    ("exceptions", "finalizer"): lambda: Telling() and gc.collect(),
}


def _logged(value):
    try:
        fail(value)
    except RuntimeError:
        logging.getLogger().exception("failed")


@pytest.mark.parametrize(("channel", "way"), sorted(LEAKS))
def test_leak_is_found_in_its_channel(channel, way, tmp_path):
    seen = Seen()
    with seen.watch(tmp_path):
        LEAKS[channel, way]()
    assert find_leaks(seen.text(channel), VALUE)


def test_all_parts_of_an_exception_are_searched():
    def nested(value):
        try:
            fail(value)
        except RuntimeError as error:
            raise LookupError from error

    seen = Seen()
    seen.failing(lambda: nested(VALUE))
    assert find_leaks(seen.text("exceptions"), VALUE)
    seen = Seen()
    error = LookupError()
    error.facts = {"sentence": VALUE}
    seen.exception(error)
    assert find_leaks(seen.text("exceptions"), VALUE)


def test_variables_of_a_frame_are_searched(tmp_path):
    module = tmp_path / "elsewhere.py"
    module.write_text("def fail(value):\n    held = [value]\n    raise LookupError\n")
    space: dict = {}
    exec(compile(module.read_text(), module, "exec"), space)
    seen = Seen()
    seen.failing(lambda: space["fail"](VALUE))
    assert find_leaks(seen.text("frames"), VALUE)


def test_contents_of_an_object_are_searched():
    seen = Seen()
    seen.thing("objects", [{"password": (VALUE,)}])
    assert find_leaks(seen.text("objects"), VALUE)
    seen = Seen()
    seen.thing("objects", [Secret(VALUE)])
    assert not find_leaks(seen.text("objects"), VALUE)


@pytest.mark.usefixtures("only_new_objects")
def test_value_in_memory_is_found_until_it_is_deleted():
    backwards = [secrets.token_hex(12) for _ in range(4)]
    secret, url, raw, _ = (value[::-1] for value in backwards)
    held = [Secret(secret), {"url": f"postgres://postgres:{url}@h"}]
    held.append(({"a": (raw.encode(),)},))
    del secret, url, raw, _
    assert {*holders(*backwards)} == {*backwards[:3]}
    held.clear()
    assert not holders(*backwards)
