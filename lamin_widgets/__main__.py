"""Entry point of `python -m lamin_widgets`."""

from __future__ import annotations

import sys

from lamin_widgets.cli import main

if __name__ == "__main__":
    sys.exit(main())
