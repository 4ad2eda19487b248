"""Secret by channel: whatever the secret, nothing that anyone can see contains it."""

from __future__ import annotations

import functools
import logging
import sys
import tempfile
from typing import Any

import pytest
from security.leak_scanner import SECRETS, find_leaks
from security.scenes import CHANNELS, SCENES
from security.watching import Seen

from lamin_widgets import Secret
from lamin_widgets.form.fields import FIELDS
from lamin_widgets.lamin import replies
from lamin_widgets.lamin.transport import RequestsTransport
from lamin_widgets.postgres import libpq
from lamin_widgets.session.store import Store

KINDS = tuple(SCENES)
ALWAYS = ("short parts", "percent", "markup")
PLAYED = [
    *(
        pytest.param(kind, name, marks=() if name in ALWAYS else pytest.mark.full)
        for kind in KINDS[:2]
        for name in SECRETS
    ),
    *(
        pytest.param(kind, name, marks=() if name == "markup" else pytest.mark.full)
        for kind in KINDS[2:]
        for name in ("percent", "markup")
    ),
]


def play(folder, kind, value, until=()):
    """Play the scenes of a kind of secret.

    Args:
        folder: See `Seen.watch`.
        kind: The kind of secret.
        value: The secret.
        until: Channels. After each of them has shown the secret, no scene follows.
    """
    seen = Seen()
    for scene in SCENES[kind]:
        with seen.watch(folder):
            scene(seen, value)
        if until and all(find_leaks(seen.text(each), value) for each in until):
            break
    return seen


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Return a function that plays a value once, and returns everything visible."""

    @functools.cache
    def played(kind, name):
        return play(tmp_path_factory.mktemp("files"), kind, SECRETS[name])

    return played


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(("kind", "name"), PLAYED)
def test_secret_does_not_appear_in_a_channel(shown, kind, name, channel):
    assert not find_leaks(shown(kind, name).text(channel), SECRETS[name])


@pytest.mark.parametrize("channel", CHANNELS)
def test_channel_is_not_empty(shown, channel):
    texts = [shown(kind, "markup").text(channel) for kind in KINDS]
    # These two channels must stay empty.
    assert any(texts) or channel in {"files", "output"}


# Planted leaks


def keep(monkeypatch) -> list[str]:
    """Return a list of every secret that the package has received or sent."""
    kept: list[str] = []

    def listen(owner, name, secrets_of):
        original = getattr(owner, name)

        def method(self: Any, *arguments: Any, **named: Any) -> Any:
            kept.extend(each.reveal() for each in secrets_of(*arguments) if each)
            return original(self, *arguments, **named)

        monkeypatch.setattr(owner, name, method)

    listen(Store, "enter_password", lambda password, *_: [password])
    listen(Store, "paste", lambda text, *_: [text])
    listen(Store, "request_and_wait", lambda _action, key=None: [key])
    listen(RequestsTransport, "send", lambda request, *_: request.secrets)
    return kept


def in_the_view(monkeypatch, value):
    monkeypatch.setitem(FIELDS, "host", FIELDS["host"]._replace(hint=value))


def in_a_trace(monkeypatch, leak):
    """Plant a leak in each request and each connection of the package."""
    kept = keep(monkeypatch)
    for owner, name in ((RequestsTransport, "send"), (libpq.Link, "open")):
        original = getattr(owner, name)

        def method(self: Any, *arguments: Any, original: Any = original) -> Any:
            leak("".join(kept))
            return original(self, *arguments)

        monkeypatch.setattr(owner, name, method)


def in_a_frame(monkeypatch):
    space: dict[str, Any] = {"original": RequestsTransport.send}
    source = (
        "def send(self, request, *more):\n"
        "    held = [each.reveal() for each in request.secrets if each]\n"
        "    return original(self, request, *more)\n"
    )
    exec(compile(source, "elsewhere.py", "exec"), space)
    monkeypatch.setattr(RequestsTransport, "send", space["send"])


def write(text):
    sys.stderr.write(text)  # This output is redirected after this module was imported.


def in_a_file(text):
    with tempfile.NamedTemporaryFile("w") as file:  # The file is deleted at once.
        file.write(text)


def in_traces(monkeypatch):
    for leak in (logging.getLogger("urllib3").debug, write, in_a_file):
        in_a_trace(monkeypatch, leak)
    in_a_frame(monkeypatch)


def in_replies(monkeypatch):
    monkeypatch.setattr(replies, "safe_text", lambda text, *_: text)


PLANTS = {
    ("state", "messages"): in_the_view,
    ("objects",): lambda m, _: m.setattr(Secret, "__repr__", Secret.reveal),
    ("outcomes", "exceptions"): lambda m, _: in_replies(m),
    # Each of these leaks shows only in its own channel.
    ("frames", "logs", "output", "files"): lambda m, _: in_traces(m),
}


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Return a function like `shown`, with leaks planted in some channels."""

    @functools.cache
    def played(kind, name, channels):
        with pytest.MonkeyPatch.context() as patch:
            PLANTS[channels](patch, SECRETS[name])
            folder = tmp_path_factory.mktemp("files")
            return play(folder, kind, SECRETS[name], until=channels)

    return played


@pytest.mark.parametrize(
    ("kind", "channel"),
    [
        *(("password", channel) for channel in CHANNELS),
        *(("access token", channel) for channel in ("outcomes", "frames", "logs")),
        *(("connection string", channel) for channel in ("state", "messages")),
        *(("API key", channel) for channel in ("state", "objects")),
    ],
)
def test_planted_leak_is_found_in_its_channel(planted, kind, channel):
    name = "plain" if kind == "access token" else "markup"
    (channels,) = (each for each in PLANTS if channel in each)
    assert find_leaks(planted(kind, name, channels).text(channel), SECRETS[name])


@pytest.mark.parametrize("value", [pytest.param("🦉", marks=pytest.mark.full), "@q'"])
def test_text_with_a_secret_too_short_to_find_is_hidden(tmp_path, value):
    seen = play(tmp_path, "password", value)
    for channel in ("outcomes", "exceptions"):
        assert "(Hidden. The secret is too short" in seen.text(channel)
        # The text around the secret is hidden as well.
        for sentence in ("cannot use", "no such role", "bad: "):
            assert sentence not in seen.text(channel)
