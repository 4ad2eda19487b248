"""URLs of the Lamin API: their normal form, Lamin's own, and those of a sandbox."""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING, Final, NoReturn
from urllib.parse import urlsplit

from lamin_widgets.core import hosts
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.hosts import is_local
from lamin_widgets.core.regions import DEFAULT_API_URL
from lamin_widgets.core.secret import Secret, environment

if TYPE_CHECKING:
    from lamin_widgets.core.failures import CauseId

_URL: Final = (
    r"(?i)(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[^\s/?#@:\[\]\\]+)"
    r"(?::(?P<port>\d{0,5}))?(?P<path>(?:/[!-~]*)?)"
)
"""A pattern that `re` compiles at its first use, because compiling it is slow."""


def default_api_url() -> str | Secret:
    """Return the API URL from `LAMIN_API_URL`, or the one in Lamin's guide."""
    return environment("LAMIN_API_URL", DEFAULT_API_URL)


def normalize_api_url(text: str | Secret) -> str:
    """Return an API URL in its normal form, so that equal APIs have equal URLs.

    Scheme and host are in lower case, and an international host name is in ASCII. The
    default port, a final dot, and trailing slashes are left out. A path such as
    ``/api`` stays.

    Args:
        text: The URL as entered. A `Secret` is refused.

    Raises:
        InvalidInput: `api_url_invalid` if it isn't an http or https URL without a user,
            query, and fragment. `api_url_insecure` for http to another machine.

    Examples:
        >>> normalize_api_url(" HTTPS://API.lamin.ai:443/ ")
        'https://api.lamin.ai'
    """
    url = None if isinstance(text, Secret) else re.fullmatch(_URL, text.strip())
    if not url or re.search(r"[?#\\]|/\.{1,2}(/|$)", url["path"]):
        _refuse("api_url_invalid")
    scheme, host = url["scheme"].lower(), _in_ascii(url["host"])
    port = int(url["port"] or 0)
    if not host or hosts.problem(host) or port > hosts.HIGHEST_PORT:
        _refuse("api_url_invalid")
    if scheme == "http" and not is_local(host):
        _refuse("api_url_insecure")
    default = {"http": 80, "https": 443}[scheme]
    shown_port = f":{port}" if port not in (0, default) else ""
    return f"{scheme}://{host}{shown_port}{url['path'].rstrip('/')}"


def _refuse(cause: CauseId) -> NoReturn:
    # Don't quote the text, because it might contain a password.
    raise InvalidInput(cause=cause, field="api_url")


def _in_ascii(host: str) -> str:
    """Return a host in ASCII and lower case, or "" if it has no such form."""
    try:
        ascii_host = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return ""
    return ascii_host.lower().removesuffix(".")


def is_lamin_url(url: str) -> bool:
    """Return whether an API URL is one of Lamin's own, which run in its cloud.

    A host name with letters outside ASCII is never one of Lamin's own, because it could
    imitate another name.

    Args:
        url: The URL in its normal form.
    """
    labels = (urlsplit(url).hostname or "").split(".")
    return labels[-2:] == ["lamin", "ai"] and not any(
        label.startswith("xn--") for label in labels
    )


def sandbox_urls() -> frozenset[str]:
    """Return the API URLs of a sandbox on this machine."""
    urls: set[str] = set()
    for text in os.environ.get("LAMIN_WIDGETS_SANDBOX", "").split():
        with contextlib.suppress(ValueError):
            url = normalize_api_url(text)
            if is_local(urlsplit(url).hostname or ""):
                urls.add(url)
    return frozenset(urls)
