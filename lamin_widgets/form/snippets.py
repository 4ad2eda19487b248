"""The present form as code: what the buttons do, without the password.

The password comes from the environment variable PGPASSWORD, as with libpq, or is
asked for. It is in no text made here, and in no process's arguments. What is not
filled in yet, or could hold a password by mistake, is written as a placeholder.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote, urlencode

from lamin_widgets.core.api_urls import normalize_api_url
from lamin_widgets.core.connection import DATABASE, USER, parse_host, parse_port
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.form.connection_strings import looks_like_one

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lamin_widgets.form.draft import Draft

__all__ = ["instance_snippets", "snippets"]

T = TypeVar("T", str, int)
_PLACE: Final = re.compile("«([a-z_]+)»")


def snippets(draft: Draft) -> dict[str, str]:
    """Return code that registers the server of the form and tests it.

    Args:
        draft: The form as it stands, valid or not.

    Returns:
        Texts under "Python" (with this package), "Python (requests)" and "curl" (for
        any POSIX shell).
    """
    values = _Values.of(draft)
    codes = {
        "Python": _python(values),
        "Python (requests)": _requests(values),
        "curl": _curl(values),
    }
    return _in_sandbox(codes) if draft.sandbox else codes


def _in_sandbox(codes: dict[str, str]) -> dict[str, str]:
    """Say where the code runs; a terminal of JupyterLab does not find our Python."""
    python = shlex.quote(sys.executable)
    places = {"curl": "a terminal of its JupyterLab (File, New, Terminal)"}
    usual = "a cell of this notebook"
    return {
        label: f"# In the sandbox: run this in {places.get(label, usual)}.\n"
        + code.replace(" (take the # away)", "")
        .replace("# export ", "export ")
        .replace("$(python -c", f"$({python} -c")
        for label, code in codes.items()
    }


def instance_snippets(draft: Draft) -> dict[str, str]:
    """Return code that creates a LaminDB instance on the server of the form.

    Args:
        draft: The form as it stands, valid or not.

    Returns:
        Texts under "Python" and "curl".
    """
    values = _Values.of(draft)
    instance = _safe(draft.instance_name, "<your-instance>")
    options = {
        key: _safe(text, f"<{key}>")
        for key, text in (("storage", draft.storage), ("schema_str", draft.schema_str))
        if text.strip()
    }
    named = [f"{key}={_literal(text)}" for key, text in options.items()]
    # Documented: pip install lamindb, and the slug account/name for lamin connect
    slug = f"<owner>/{instance}".encode(errors="replace").decode()  # as in the query
    go_on = f"pip install lamindb && lamin connect {shlex.quote(slug)}"
    query = {"name": instance, "db_server_name": values.name} | options
    return {
        "Python": _fill(
            "instance.py.txt",
            client=_client(values),
            arguments=_lines([_literal(instance), _literal(values.name), *named]),
            go_on=_literal(go_on),
        ),
        "curl": _fill(
            "instance.sh",
            url=_address(values, f"/instances?{_query(query)}"),
            go_on=shlex.quote(go_on),
        ),
    }


@dataclass(frozen=True, slots=True)
class _Values:
    """The draft as it is written into code."""

    name: str
    api_server_name: str
    host: str
    port: int | str
    api_url: str
    organization_id: str
    check: str

    @classmethod
    def of(cls, draft: Draft) -> _Values:
        return cls(
            name=_safe(draft.name, "<your-server>"),
            api_server_name=_safe(draft.api_server_name, "<region>"),
            host=_valid(parse_host, draft.host) or "<your-host>",
            port=_valid(parse_port, draft.port) or "<your-port>",
            api_url=_valid(normalize_api_url, draft.api_url) or "<api-url>",
            organization_id=_safe(draft.organization_id, ""),
            check="check-access" if draft.published else "checks-access",
        )

    @property
    def tail(self) -> str:
        """What follows the password in the connection URL."""
        host = self.host.replace("%", "%25")
        host = f"[{host}]" if ":" in host else host
        return f"@{host}:{self.port}/{DATABASE}"


def _safe(text: str, placeholder: str) -> str:
    """Return a field's text, unless a connection string went astray into it."""
    return placeholder if looks_like_one(text) else text.strip() or placeholder


def _valid(read: Callable[[Any], T], text: str | int) -> T | None:
    try:
        return read(text)
    except InvalidInput:
        return None


def _python(values: _Values) -> str:
    arguments = [_literal(values.name), "connection", _literal(values.api_server_name)]
    if values.organization_id:
        arguments.append(f"organization_id={_literal(values.organization_id)}")
    return _fill(
        "register.py.txt",
        host=_literal(values.host),
        port=_literal(values.port),
        client=_client(values),
        register=_lines(arguments),
        name=_literal(values.name),
    )


def _client(values: _Values) -> str:
    return f"api_url={_literal(values.api_url)}"


def _requests(values: _Values) -> str:
    organization = ""
    if values.organization_id:
        organization = f'\n    "organization_id": {_literal(values.organization_id)},'
    return _fill(
        "register-requests.py.txt",
        api_url=_literal(values.api_url),
        name=_literal(values.name),
        tail=_literal(values.tail),
        api_server_name=_literal(values.api_server_name),
        organization=organization,
        check=values.check,
    )


def _curl(values: _Values) -> str:
    body = {"name": values.name, "api_server_name": values.api_server_name}
    if values.organization_id:
        body["organization_id"] = values.organization_id
    # the URL comes last, so that the text can be cut where the password belongs
    head = f'{json.dumps(body)[:-1]}, "url": "postgresql://{USER}:'
    tail = f"{json.dumps(values.tail)[1:]}}}"
    return _fill(
        "register.sh",
        head=shlex.quote(f'data-raw = "{_curl_quoted(head)}'),
        tail=shlex.quote(f'{_curl_quoted(tail)}"'),
        register=_address(values, "/db/server/register"),
        check=_address(
            values, f"/db/server/{values.check}?{_query({'name': values.name})}"
        ),
    )


def _curl_quoted(text: str) -> str:
    """Escape a text for double quotes in curl's configuration."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _address(values: _Values, path: str) -> str:
    return shlex.quote(values.api_url + path)


def _query(values: dict[str, str]) -> str:
    return urlencode(values, quote_via=quote, safe="", errors="replace")


def _literal(value: str | int) -> str:
    """Return a Python literal, in double quotes where that needs no escapes."""
    text = repr(value)
    if text[0] == "'" and '"' not in text:
        return f'"{text[1:-1]}"'
    return text


def _lines(arguments: Iterable[str]) -> str:
    return "".join(f"\n    {argument}," for argument in arguments) + "\n"


def _fill(template: str, **values: str) -> str:
    """Put values into a template, in one pass: what they hold is not looked at."""
    path = files(__package__).joinpath("templates", template)
    text = path.read_text(encoding="utf-8")
    return _PLACE.sub(lambda place: values[place[1]], text)
