"""The real lamindb_setup signs in; the hub repeats the API key, or accepts it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from leak_scanner import find_leaks
from secret_values import CONTROL, passwords
from written import private_environment

from lamin_widgets.sandbox.process import environment

CHILD = Path(__file__).with_name("sign_in_child.py")
STORED = ("sandbox--current_user.env", "sandbox--user--sandbox-user.env")
"""Where lamindb_setup keeps who is signed in, as it does after `lamin login`."""


@pytest.fixture
def sign_in(breakable, tmp_path):
    """Sign in with keys one after the other; give texts and files of each."""

    def run(keys, *arguments, before=lambda key: None):
        with subprocess.Popen(
            [sys.executable, CHILD, *arguments],
            env=environment(breakable) | private_environment(tmp_path),
            cwd=tmp_path / "temporary",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as child:
            for key in keys:
                before(key)
                child.stdin.write(json.dumps(key) + "\n")
                child.stdin.flush()
                yield key, *json.loads(child.stdout.readline())
            child.stdin.close()

    return run


@pytest.fixture
def refused(sign_in, breakable):
    """Sign in where the hub repeats each key; give what was seen of it."""

    def repeat(key):
        breakable.hub.clear_faults()
        said = {"error": f"no such key: {key}", "input": {"api_key": key}}
        breakable.hub.fault(status=401, body=said, times=None)

    def run(keys, *arguments):
        return {
            key: {**texts, "files": repr(files)}
            for key, texts, files in sign_in(keys, *arguments, before=repeat)
        }

    return run


def leaks(seen):
    usual = seen.pop(CONTROL)
    return [
        (key, channel, found)
        for key, texts in seen.items()
        for channel, text in texts.items()
        if (found := find_leaks(text, key, usual[channel]))
    ]


def test_a_key_that_the_hub_repeats_is_shown_nowhere(refused):
    assert not leaks(refused([CONTROL, *passwords()[::10]]))


def test_without_redaction_it_would_be_found(refused):
    found = leaks(refused([CONTROL, passwords()[0]], "--leak"))
    # the outcome is redacted once more where it is made
    assert "exceptions" in {channel for _, channel, _ in found}


@pytest.fixture
def accepted(sign_in, breakable, monkeypatch):
    """Sign in with keys that are good; give what was seen, and the tokens issued."""
    tokens = breakable._tokens
    issue = tokens.issue
    issued = []

    def remembered(*arguments):
        issued.append(issue(*arguments))
        return issued[-1]

    monkeypatch.setattr(tokens, "issue", remembered)

    def run(keys):
        for key, texts, files in sign_in(
            keys,
            "--accepted",
            before=lambda key: monkeypatch.setattr(tokens, "api_key", key),
        ):
            yield key, texts, files, issued[:]
            issued.clear()

    return run


def without_what_is_stored(files, key, tokens):
    """Leave out the two lines that are meant to be there, and nothing else."""
    allowed = [f"lamin_user_api_key={key}"]
    allowed += [f"lamin_user_access_token={token}" for token in tokens]
    for path, text in files:
        if Path(path).name in STORED and Path(path).parent.name == ".lamin":
            for line in allowed:
                text = text.replace(f"{line}\n", "\n", 1)  # noqa: PLW2901
        yield path, text


GOOD = [key for key in passwords()[:16] if key == key.strip() and key.isprintable()]


def test_an_accepted_key_is_stored_where_lamin_login_does_and_nowhere_else(accepted):
    """And so is the access token that lamindb_setup gets for it."""
    renewed = 0
    for key, texts, files, tokens in accepted(GOOD):
        assert tokens
        renewed += len(tokens) > 1  # not where lamindb_setup cannot read the key back
        for secret in (key, *tokens):
            where = {Path(path).name for path, text in files if secret in text}
            assert where == set(STORED)
            others = repr([*without_what_is_stored(files, key, tokens)])
            for channel, text in [*texts.items(), ("files", others)]:
                assert not find_leaks(text, secret), (key, channel)
    assert renewed > len(GOOD) / 2


def test_another_file_with_the_key_or_the_token_is_found(accepted):
    for key, _, files, tokens in accepted(GOOD[:1]):
        for secret in (key, tokens[0]):
            ((path, text),) = [f for f in files if f[0].endswith(STORED[0])][:1]
            elsewhere = [(f"{path}.bak", text), (path, text + f"\nnote={secret}")]
            for file in elsewhere:
                left = repr([*without_what_is_stored([file], key, tokens)])
                assert find_leaks(left, secret)
