"""The sandboxes on this machine, as the environment names them."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from lamin_widgets.core.api_urls import normalize_api_url
from lamin_widgets.core.connection import is_local
from lamin_widgets.core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["sandbox_urls"]

VARIABLE: Final = "LAMIN_WIDGETS_SANDBOX"


def sandbox_urls() -> frozenset[str]:
    """Return the API URLs of a sandbox on this machine."""
    return frozenset(_loopback_urls())


def _loopback_urls() -> Iterator[str]:
    for text in os.environ.get(VARIABLE, "").split():
        with contextlib.suppress(InvalidInput, ValueError):
            url = normalize_api_url(text)
            if is_local(urlsplit(url).hostname or ""):
                yield url
