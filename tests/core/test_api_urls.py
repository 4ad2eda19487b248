"""API URLs: their normal form, and which of them are Lamin's."""

from __future__ import annotations

import pytest

from lamin_widgets.core.api_urls import (
    default_api_url,
    is_lamin_url,
    normalize_api_url,
)
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.regions import PUBLISHED_API_URLS
from lamin_widgets.core.secret import Secret

NORMAL = {
    " https://API.lamin.ai/ ": "https://api.lamin.ai",
    "HTTPS://api.lamin.ai:443//": "https://api.lamin.ai",
    "https://api.lamin.ai.": "https://api.lamin.ai",
    "https://aws.us-east-1.lamin.ai/api/": "https://aws.us-east-1.lamin.ai/api",
    "https://lamin.example.org:8443/a/b": "https://lamin.example.org:8443/a/b",
    "http://localhost:8000": "http://localhost:8000",
    "http://127.0.0.1:80": "http://127.0.0.1",
    "http://[::1]:8000/api/": "http://[::1]:8000/api",
    "https://zürich.example.org": "https://xn--zrich-kva.example.org",
    "https://\u0430pi.lamin.ai": "https://xn--pi-6kc.lamin.ai",
}
INVALID = [
    *("", "api.lamin.ai", "ftp://api.lamin.ai", "https://", "https:///api"),
    *("https://user:pw@api.lamin.ai", "https://api.lamin.ai?x=1", "https://a#b"),
    *("https://a b", "https://a\\b", "https://a..b", "https://[::1", "https://a:99999"),
    *("https://api.lamin.ai/../x", "https://256.1.1.1", "javascript:alert(1)"),
    *("http://localhost@evil.example", "http://localhost\\@evil.example"),
]
INSECURE = [
    *("http://api.lamin.ai", "http://10.0.0.1", "http://localhost.evil.example"),
    *("http://127.0.0.1.evil.example", "http://0.0.0.0", "http://[2001:db8::7]"),
]
NOT_LAMIN = [
    *(
        "https://lamin.ai.evil.example",
        "https://evil-lamin.ai",
        "https://lamin.example",
    ),
    *("https://\u0430pi.lamin.ai", "http://127.0.0.1:8000"),
]


@pytest.mark.parametrize(("text", "url"), NORMAL.items())
def test_normalize_api_url_returns_one_url_for_all_spellings(text, url):
    assert normalize_api_url(text) == url
    assert normalize_api_url(url) == url


@pytest.mark.parametrize(
    ("text", "cause"),
    [(text, "api_url_invalid") for text in (*INVALID, Secret("https://api.lamin.ai"))]
    + [(text, "api_url_insecure") for text in INSECURE],
)
def test_normalize_api_url_refuses_invalid_and_insecure_urls(text, cause):
    with pytest.raises(InvalidInput) as caught:
        normalize_api_url(text)
    assert (caught.value.cause, caught.value.field) == (cause, "api_url")


def test_default_api_url_comes_from_the_environment(monkeypatch):
    assert default_api_url() == "https://api.lamin.ai"
    monkeypatch.setenv("LAMIN_API_URL", "http://127.0.0.1:8000")
    assert default_api_url() == "http://127.0.0.1:8000"


@pytest.mark.parametrize("url", PUBLISHED_API_URLS)
def test_published_url_counts_as_lamins(url):
    assert is_lamin_url(url)


@pytest.mark.parametrize("url", NOT_LAMIN)
def test_lookalike_url_does_not_count_as_lamins(url):
    assert not is_lamin_url(normalize_api_url(url))
