"""The URLs that an endpoint may have."""

from __future__ import annotations

import pytest

from lamin_widgets.lamin.endpoints import CHECK, INSTANCES, REGISTER, candidates

HOST = "https://api.example.org"


@pytest.mark.parametrize(
    ("api_url", "endpoint", "known", "urls"),
    [
        (
            HOST,
            REGISTER,
            None,
            [f"{HOST}/db/server/register", f"{HOST}/api/db/server/register"],
        ),
        (
            f"{HOST}/api",
            CHECK,
            None,
            [
                f"{HOST}/api/db/server/checks-access",
                f"{HOST}/api/db/server/check-access",
                f"{HOST}/db/server/checks-access",
                f"{HOST}/db/server/check-access",
            ],
        ),
        (f"{HOST}/lamin", INSTANCES, None, [f"{HOST}/lamin/instances"]),
        (
            HOST,
            INSTANCES,
            f"{HOST}/api/instances",
            [f"{HOST}/api/instances", f"{HOST}/instances"],
        ),
    ],
)
def test_candidates_have_each_spelling_once(api_url, endpoint, known, urls):
    assert candidates(api_url, endpoint, known) == urls
