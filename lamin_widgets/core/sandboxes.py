"""The sandboxes on this machine that environment variables name."""

from __future__ import annotations

import contextlib
import os
from urllib.parse import urlsplit

from lamin_widgets.core.api_urls import normalize_api_url
from lamin_widgets.core.connection import is_local


def sandbox_urls() -> frozenset[str]:
    """Return the API URLs of a sandbox on this machine."""
    urls: set[str] = set()
    for text in os.environ.get("LAMIN_WIDGETS_SANDBOX", "").split():
        with contextlib.suppress(ValueError):
            url = normalize_api_url(text)
            if is_local(urlsplit(url).hostname or ""):
                urls.add(url)
    return frozenset(urls)
