"""The real lamindb_setup signs in; the hub repeats the API key in its answer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from leak_scanner import find_leaks
from secret_values import CONTROL, passwords

from lamin_widgets.sandbox.process import environment

CHILD = Path(__file__).with_name("sign_in_child.py")


@pytest.fixture
def sign_in(breakable):
    """Sign in with each key; give what was seen, by key and channel."""

    def run(keys, *arguments):
        seen = {}
        with subprocess.Popen(
            [sys.executable, CHILD, *arguments],
            env=environment(breakable),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as child:
            for key in keys:
                breakable.hub.clear_faults()
                said = {"error": f"no such key: {key}", "input": {"api_key": key}}
                breakable.hub.fault(status=401, body=said, times=None)
                child.stdin.write(json.dumps(key) + "\n")
                child.stdin.flush()
                seen[key] = json.loads(child.stdout.readline())
            child.stdin.close()
        return seen

    return run


def leaks(seen):
    usual = seen.pop(CONTROL)
    return [
        (key, channel, found)
        for key, texts in seen.items()
        for channel, text in texts.items()
        if (found := find_leaks(text, key, usual[channel]))
    ]


def test_a_key_that_the_hub_repeats_is_shown_nowhere(sign_in):
    assert not leaks(sign_in([CONTROL, *passwords()[::10]]))


def test_without_redaction_it_would_be_found(sign_in):
    found = leaks(sign_in([CONTROL, passwords()[0]], "--leak"))
    # the outcome is redacted once more where it is made
    assert "exceptions" in {channel for _, channel, _ in found}
