"""Secret by channel: whatever the secret, nothing that can be seen holds it.

The scenes play the real thing with one secret after the other; each channel is
searched for every spelling and every piece of it. The figures end the tests' report.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field

import pytest
from leak_scanner import count_spellings, find_leaks
from plants import PLANTS
from scenes import CHANNELS, SCENES, play
from scenes_client import repeated_password
from scenes_database import diagnosed
from secret_values import CONTROL, RECOGNISABLE, SHORT, values
from watching import Seen

from lamin_widgets.core.secret import WITHHELD

KINDS = list(SCENES)


@dataclass
class Run:
    """One kind of secret, in all its values.

    Attributes:
        leaks: Values and spellings found, by channel.
        sizes: Characters searched, by channel.
    """

    kind: str
    values: int = 0
    verbose: int = 0
    seconds: float = 0.0
    leaks: dict[str, list[tuple[str, list[str]]]] = field(default_factory=dict)
    sizes: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return (
            f"{self.kind}: {self.values} values in {self.seconds:.0f} s, {self.verbose}"
            f" of them with %xmode Verbose; {self.sizes.total():,} characters searched"
        )


@pytest.fixture(scope="module")
def runs(world, figures):
    """Play a kind of secret when it is first asked for."""
    done: dict[str, Run] = {}

    def run(kind: str) -> Run:
        if kind not in done:
            done[kind] = _run(world, kind)
        return done[kind]

    yield run
    cells = len(done) * len(CHANNELS)
    leaking = sum(len(run.leaks) for run in done.values())
    searched = sum(run.sizes.total() for run in done.values())
    looked_for = sum(count_spellings(value) for value in values("password"))
    figures += map(str, done.values())
    figures.append(f"{cells} cells, {leaking} with a leak")
    figures.append(f"{looked_for:,} spellings, {searched:,} characters searched")


def _run(world, kind: str) -> Run:
    run, started = Run(kind), time.monotonic()
    usual = dict.fromkeys(CHANNELS, "")
    for verbose in (True, False):
        seen = play(world, kind, CONTROL, Seen(verbose=verbose))
        usual = {c: usual[c] + seen.text(c) for c in CHANNELS}
    for value, verbose in values(kind).items():
        seen = play(world, kind, value, Seen(verbose=verbose))
        for channel in CHANNELS:
            text = seen.text(channel)
            run.sizes[channel] += len(text)
            found = find_leaks(text, value, usual[channel])
            if found:
                run.leaks.setdefault(channel, []).append((value, found))
        run.values += 1
        run.verbose += verbose
    run.seconds = time.monotonic() - started
    return run


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("kind", KINDS)
def test_no_value_of_a_secret_is_in_a_channel(runs, kind, channel):
    run = runs(kind)
    assert not run.leaks.get(channel, [])[:5]


def test_there_are_enough_values_of_every_kind():
    played = values("password")
    assert len(played) > 220
    assert {len(value) for value in played} >= {4 + 1, 1000}
    assert min(map(len, played)) >= 4


@pytest.mark.parametrize("channel", CHANNELS)
def test_each_channel_has_something_to_search(runs, channel):
    """Silence would prove nothing; for these two it is the promise itself."""
    searched = sum(runs(kind).sizes[channel] for kind in KINDS)
    assert searched > 0 or channel in {"warnings", "files"}


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
        repeated_password(world, seen, value)
        diagnosed(world, seen, value)
    for channel in ("outcomes", "exceptions", "tracebacks"):
        text = seen.text(channel)
        # words that stood beside it in the texts from outside
        assert "zqx no such thing" not in text
        assert "registered postgresql" not in text
        assert WITHHELD in text
