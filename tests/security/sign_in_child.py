"""Signs in with each key that comes in, and says what could be seen of it.

A process of its own: lamindb_setup decides at its import which hub it uses.
"""

from __future__ import annotations

import json
import sys

from watching import Seen

import lamin_widgets.account
from lamin_widgets import DbServerWidget, Secret
from lamin_widgets.account import Session

CHANNELS = ("exceptions", "tracebacks", "logs", "warnings", "output", "outcomes")


def main() -> None:
    if "--leak" in sys.argv:
        lamin_widgets.account.redact = lambda text, _: text
    for line in sys.stdin:
        seen = Seen()
        key = Secret(json.loads(line))
        with seen.watch():
            seen.failing(lambda key=key: Session().sign_in(key))
            seen.thing("outcomes", DbServerWidget().sign_in(key))
        sys.stdout.write(json.dumps({c: seen.text(c) for c in CHANNELS}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
