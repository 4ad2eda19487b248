"""The address of Lamin's API, as a person may write it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final, NoReturn
from urllib.parse import urlsplit

from lamin_widgets.core import hosts
from lamin_widgets.core.connection import HIGHEST_PORT, is_local
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.regions import DEFAULT_API_URL

if TYPE_CHECKING:
    from lamin_widgets.core.failures import CauseId

__all__ = ["default_api_url", "is_hosted", "normalize_api_url"]

_URL: Final = re.compile(
    r"(?i)(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[^\s/?#@:\[\]\\]+)"
    r"(?::(?P<port>\d{0,5}))?(?P<path>(?:/[!-~]*)?)"
)


def default_api_url() -> str:
    """Return the API's address from `LAMIN_API_URL`, else the documented one."""
    return os.environ.get("LAMIN_API_URL") or DEFAULT_API_URL


def normalize_api_url(text: str) -> str:
    """Return the API's address: trimmed, without a slash at its end.

    Scheme and host come back in lower case, an international name as it is on the
    wire, and a path such as ``/api`` as it is.

    Args:
        text: As typed.

    Raises:
        InvalidInput: `api_url_invalid` for what is no plain http(s) URL or carries a
            user, query or fragment; `api_url_insecure` for http to anything but this
            machine's loopback.
    """
    url = _URL.fullmatch(text.strip())
    if not url or re.search(r"[?#\\]|/\.{1,2}(/|$)", url["path"]):
        _refuse("api_url_invalid")
    scheme, host = url["scheme"].lower(), _on_the_wire(url["host"])
    port = int(url["port"] or 0)
    if not host or hosts.problem(host) or port > HIGHEST_PORT:
        _refuse("api_url_invalid")
    if scheme == "http" and not is_local(host):
        _refuse("api_url_insecure")
    shown_port = f":{port}" if port else ""
    return f"{scheme}://{host}{shown_port}{url['path'].rstrip('/')}"


def _refuse(cause: CauseId) -> NoReturn:
    # The text stays out: it could hold a password.
    raise InvalidInput("The API URL cannot be used.", cause=cause, field="api_url")


def _on_the_wire(host: str) -> str:
    """Return the host in ASCII and lower case, or "" where that cannot be."""
    if host.isascii():
        return host.lower()
    try:
        return host.encode("idna").decode().lower()
    except UnicodeError:
        return ""


def is_hosted(text: str) -> bool:
    """Tell whether an address is of Lamin's own API, which runs in its cloud."""
    try:
        return hosts.is_lamin(urlsplit(normalize_api_url(text)).hostname or "")
    except InvalidInput:
        return False
