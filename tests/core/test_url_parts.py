"""The preview of a connection URL, and the password in the environment."""

from __future__ import annotations

import pytest

from lamin_widgets.core.secret import Secret
from lamin_widgets.core.url_parts import masked_url, password_from_env

NOTHING = "postgresql://postgres:***@<your-host>:<your-port>/postgres"


@pytest.mark.parametrize(
    ("host", "port"),
    [
        (" ", ""),
        *(("", port) for port in ("Xq7zPa9k", "5432x", "0", "65536", "-1", "9" * 5000)),
        *(("", port) for port in (0, 65_536, -1, 10**20)),
        *(
            (host, "")
            for host in ("p@ss", "p{w", "pass word", "a/b", "p!w", "x" * 300, "p:w")
        ),
        *((f"a{char}b", "") for char in "\x85\x9b\u2028\u202e\u2066\ue000"),
    ],
)
def test_preview_has_placeholders_for_unusable_values(host, port):
    assert masked_url(host, port) == NOTHING


@pytest.mark.parametrize("host", ["db", "db.", "db.example.", "2001:db8::", "bücher"])
def test_preview_shows_a_host_while_it_is_typed(host):
    assert f"@{host}:" in masked_url(host, 1).replace("[", "").replace("]", "")


def test_password_of_another_user_is_not_used(monkeypatch):
    monkeypatch.setenv("PGPASSWORD", "s3cret-pw")
    monkeypatch.setenv("PGUSER", "alice")
    assert password_from_env() is None
    monkeypatch.setenv("PGUSER", "postgres")
    assert password_from_env() == Secret("s3cret-pw")
