"""The real thing, driven with a given secret; what could be seen goes to a `Seen`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scenes_client import repeated_password, repeated_token
from scenes_database import diagnosed
from scenes_failures import (
    failing_keys,
    failing_passwords,
    failing_strings,
    failing_tokens,
)
from scenes_form import objects, pasted_string, typed_key, typed_password
from scenes_threads import unexpected_key, unexpected_password, unexpected_token
from written import Written

if TYPE_CHECKING:
    from watching import Seen
    from world import World

SCENES = {
    "password": (
        objects,
        typed_password,
        repeated_password,
        diagnosed,
        failing_passwords,
        unexpected_password,
    ),
    "connection string": (pasted_string, failing_strings),
    "API key": (objects, typed_key, failing_keys, unexpected_key),
    "access token": (objects, repeated_token, failing_tokens, unexpected_token),
}
CHANNELS = (
    *("state", "messages", "mime bundle", "objects", "snippets", "outcomes"),
    *("exceptions", "tracebacks", "uncaught", "logs", "warnings", "output", "files"),
)


def play(world: World, kind: str, value: str, seen: Seen) -> Seen:
    """Play all scenes for a kind of secret."""
    with Written(world.folder) as written, seen.watch():
        for scene in SCENES[kind]:
            scene(world, seen, value)
    seen.add("files", *(part for file in written.files for part in file))
    return seen
