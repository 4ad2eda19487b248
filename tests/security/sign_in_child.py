"""Signs in with each key that comes in, and says what could be seen of it.

A process of its own: lamindb_setup decides at its import which hub it uses.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from watching import Seen
from written import Written

import lamin_widgets.lamin.account
from lamin_widgets import DbServerWidget, Secret
from lamin_widgets.lamin.account import Session

CHANNELS = (
    *("exceptions", "tracebacks", "uncaught", "logs", "warnings", "output"),
    *("outcomes", "objects", "state"),
)


def refused(seen: Seen, key: Secret) -> None:
    seen.failing(lambda: Session().sign_in(key))
    seen.thing("outcomes", DbServerWidget().sign_in(key))


def accepted(seen: Seen, key: Secret) -> None:
    """Sign in, find out who is signed in, and get a new token."""
    widget = DbServerWidget()
    outcome = widget.sign_in(key)
    assert outcome, outcome
    seen.thing("outcomes", outcome)
    seen.thing("objects", Session().current())
    seen.thing("objects", Session().renew())
    seen.add("state", widget.get_state())


def main() -> None:
    if "--leak" in sys.argv:
        lamin_widgets.account.redact = lambda text, _: text
    play = accepted if "--accepted" in sys.argv else refused
    home = Path(os.environ["HOME"])
    for line in sys.stdin:
        for path in home.glob(".lamin/*.env"):
            path.unlink()  # of the key before
        seen = Seen()
        with Written(home) as written, seen.watch():
            play(seen, Secret(json.loads(line)))
        texts = {channel: seen.text(channel) for channel in CHANNELS}
        sys.stdout.write(json.dumps([texts, written.files]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
