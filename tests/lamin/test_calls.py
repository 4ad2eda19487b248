"""The calls: the URLs that their routes may have."""

from __future__ import annotations

import pytest

from lamin_widgets.lamin.calls import CheckAccess, CreateInstance

CHECK, CREATE = CheckAccess("a"), CreateInstance("i", "a")
HOST = "https://api.example.org"
API = f"{HOST}/api"
PATHS = CheckAccess.paths


@pytest.mark.parametrize(
    ("call", "api_url", "known", "urls"),
    [
        (CHECK, HOST, None, [base + path for base in (HOST, API) for path in PATHS]),
        (CHECK, API, None, [base + path for base in (API, HOST) for path in PATHS]),
        (CREATE, f"{HOST}/lamin", None, [f"{HOST}/lamin/instances"]),
        (CREATE, HOST, f"{API}/instances", [f"{API}/instances", f"{HOST}/instances"]),
    ],
    ids=["without /api", "with /api", "another path", "a known URL"],
)
def test_urls_have_each_spelling_of_a_path_once(call, api_url, known, urls):
    assert call.urls(api_url, known) == urls
