"""Secret by channel: whatever the secret, nothing that can be seen holds it.

The scenes play the real thing with one secret after the other; each channel is
searched for every spelling and every piece of it. With ``-s`` the figures are printed.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field

import pytest
from leak_scanner import find_leaks
from plants import PLANTS
from scenes import CHANNELS, SCENES, play
from secret_values import CONTROL, RECOGNISABLE, SHORT, passwords
from watching import Seen

from lamin_widgets.secret import WITHHELD

KINDS = list(SCENES)


@dataclass
class Run:
    """One kind of secret, in all its values.

    Attributes:
        leaks: Values and spellings found, by channel.
        sizes: Characters searched, by channel.
    """

    values: int = 0
    seconds: float = 0.0
    leaks: dict[str, list[tuple[str, list[str]]]] = field(default_factory=dict)
    sizes: Counter[str] = field(default_factory=Counter)


@pytest.fixture(scope="module")
def runs(world):
    """Play a kind of secret when it is first asked for."""
    done: dict[str, Run] = {}

    def run(kind: str) -> Run:
        if kind not in done:
            done[kind] = _run(world, kind)
        return done[kind]

    return run


def _run(world, kind: str) -> Run:
    run, started = Run(), time.monotonic()
    values = passwords() if kind == "password" else passwords()[::4]
    usual = dict.fromkeys(CHANNELS, "")
    for verbose in (True, False):
        seen = play(world, kind, CONTROL, Seen(verbose=verbose))
        usual = {c: usual[c] + seen.text(c) for c in CHANNELS}
    jobs = [(value, True) for value in RECOGNISABLE] + [(v, False) for v in values]
    for value, verbose in jobs:
        seen = play(world, kind, value, Seen(verbose=verbose))
        for channel in CHANNELS:
            text = seen.text(channel)
            run.sizes[channel] += len(text)
            found = find_leaks(text, value, usual[channel])
            if found:
                run.leaks.setdefault(channel, []).append((value, found))
        run.values += 1
    run.seconds = time.monotonic() - started
    print(f"\n{kind}: {run.values} values in {run.seconds:.0f} s; characters searched:")  # noqa: T201 - the figures
    print(dict(run.sizes))  # noqa: T201
    return run


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("kind", KINDS)
def test_no_value_of_a_secret_is_in_a_channel(runs, kind, channel):
    run = runs(kind)
    assert not run.leaks.get(channel, [])[:5]


def test_there_are_enough_values_of_every_kind():
    values = passwords()
    assert len(set(values)) > 220
    assert {len(value) for value in values} >= {4 + 1, 1000}
    assert min(map(len, values)) >= 4


@pytest.mark.parametrize("channel", CHANNELS)
def test_each_channel_has_something_to_search(runs, channel):
    """Silence would prove nothing; for these three it is the promise itself."""
    searched = sum(runs(kind).sizes[channel] for kind in KINDS)
    assert searched > 0 or channel in {"warnings", "output"}


@pytest.mark.parametrize(("kind", "channel"), list(PLANTS))
def test_a_planted_leak_is_found(world, monkeypatch, kind, channel):
    # a header, and so a token, holds no emoji
    value = RECOGNISABLE[0 if kind == "access token" else 2]
    usual = play(world, kind, CONTROL, Seen())
    PLANTS[kind, channel](monkeypatch)
    seen = play(world, kind, value, Seen())
    assert find_leaks(seen.text(channel), value, usual.text(channel))


def test_a_leak_is_planted_for_each_channel():
    assert {channel for _, channel in PLANTS} == set(CHANNELS)
    assert {kind for kind, _ in PLANTS} == set(KINDS)


@pytest.mark.parametrize("value", SHORT)
def test_a_text_with_a_secret_too_short_to_redact_is_withheld(world, value):
    seen = Seen()
    with seen.watch():
        from scenes import diagnosed, repeated_password  # noqa: PLC0415

        repeated_password(world, seen, value)
        diagnosed(world, seen, value)
    for channel in ("outcomes", "exceptions", "tracebacks"):
        text = seen.text(channel)
        # words that stood beside it in the texts from outside
        assert "zqx no such thing" not in text
        assert "registered postgresql" not in text
        assert WITHHELD in text
