"""The form as code: what its buttons do, without the password.

The code takes the password from the environment variable PGPASSWORD, as libpq does, or
asks for it. The password is in none of these texts and in no process's arguments. A
placeholder replaces a value that's missing or that might be a stray password.
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
from lamin_widgets.core.regions import REGIONS
from lamin_widgets.form.connection_strings import looks_like_connection_string

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lamin_widgets.form.draft import Draft

__all__ = ["init_code", "instance_snippets", "snippets"]

T = TypeVar("T", str, int)
_PLACE: Final = re.compile("«([a-z_]+)»")


def snippets(draft: Draft) -> dict[str, str]:
    """Return code that checks, registers, and tests the server of the form.

    Args:
        draft: The values of the form, valid or not.

    Returns:
        Texts under "Python" (with this package), "Python (requests)", and "curl" (for
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
    """Say where to run the code. A terminal of JupyterLab doesn't find our Python."""
    python = shlex.quote(sys.executable)
    terminal = {"curl": "a terminal in JupyterLab (File, New, Terminal)"}
    return {
        label: f"# In the sandbox, run this in {terminal.get(label, 'a cell')}.\n"
        + code.replace(", uncomment the next line", "")
        .replace("# export ", "export ")
        .replace("$(python -c", f"$({python} -c")
        for label, code in codes.items()
    }


def instance_snippets(draft: Draft) -> dict[str, str]:
    """Return code that creates a LaminDB instance on the registered server.

    Args:
        draft: The values of the form, valid or not.

    Returns:
        Texts under "Python" and "curl".
    """
    values = _Values.of(draft)
    named = [f"{key}={_literal(text)}" for key, text in values.options.items()]
    slug = f"<owner>/{values.instance}".encode(errors="replace").decode()
    # As in Lamin's documentation: pip install lamindb, and account/name.
    connect = f"pip install lamindb && lamin connect {shlex.quote(slug)}"
    query = {
        "name": values.instance,
        "db_server_name": values.name,
        **values.options,
    }
    return {
        "Python": _fill(
            "instance.py.txt",
            api_url=_literal(values.api_url),
            arguments=_lines(
                [_literal(values.instance), _literal(values.name), *named]
            ),
            connect=_literal(connect),
        ),
        "curl": _fill(
            "instance.sh",
            url=_address(values, f"/instances?{_query(query)}"),
            connect=shlex.quote(connect),
        ),
    }


def init_code(draft: Draft) -> str:
    """Return Python code that creates an instance on a server that isn't registered.

    Args:
        draft: The values of the form, valid or not.
    """
    values = _Values.of(draft)
    options = values.options
    modules = options.get("schema_str", "")
    return _fill(
        "init.py.txt",
        name=_literal(values.instance),
        storage=_literal(options.get("storage", "<storage>")),
        tail=_literal(values.tail),
        modules=f"\n    modules={_literal(modules)}," if modules else "",
    )


@dataclass(frozen=True, slots=True)
class _Values:
    """The values of the form as they're written into code."""

    name: str
    api_server_name: str
    host: str
    port: int | str
    api_url: str
    organization_id: str
    instance: str
    options: dict[str, str]

    @classmethod
    def of(cls, draft: Draft) -> _Values:
        options = {
            key: _safe(getattr(draft, key), f"<{key}>")
            for key in ("storage", "schema_str", "account_id")
            if getattr(draft, key).strip()
        }
        return cls(
            name=_safe(draft.name, "<your-server>"),
            api_server_name=_safe(draft.api_server_name, "<region>"),
            host=_valid(parse_host, draft.host) or "<your-host>",
            port=_valid(parse_port, draft.port) or "<your-port>",
            api_url=_valid(normalize_api_url, draft.api_url) or "<api-url>",
            organization_id=_safe(draft.organization_id, ""),
            instance=_safe(draft.instance_name, "<your-instance>"),
            options=options,
        )

    @property
    def tail(self) -> str:
        """The part of the connection URL after the password."""
        host = self.host.replace("%", "%25")
        host = f"[{host}]" if ":" in host else host
        return f"@{host}:{self.port}/{DATABASE}"

    @property
    def check(self) -> str:
        """The path of the connection test, which Lamin's guide spells differently.

        The APIs of 2026 are the regional ones, and those that have organizations.
        """
        regional = {region.api_url for region in REGIONS}
        is_newer = self.api_url in regional or self.organization_id
        return "check-access" if is_newer else "checks-access"


def _safe(text: str, placeholder: str) -> str:
    """Return a field's text, unless it's empty or a stray connection string."""
    if looks_like_connection_string(text):
        return placeholder
    return text.strip() or placeholder


def _valid(read: Callable[[Any], T], text: str | int) -> T | None:
    try:
        return read(text)
    except InvalidInput:
        return None


def _python(values: _Values) -> str:
    organization = ""
    if values.organization_id:
        organization = f"\n    organization_id={_literal(values.organization_id)},"
    return _fill(
        "register.py.txt",
        name=_literal(values.name),
        api_server_name=_literal(values.api_server_name),
        host=_literal(values.host),
        port=_literal(values.port),
        api_url=_literal(values.api_url),
        organization=organization,
    )


def _requests(values: _Values) -> str:
    organization = ""
    if values.organization_id:
        organization = f'\n    "organization_id": {_literal(values.organization_id)},'
    return _fill(
        "register-requests.py.txt",
        api_url=_literal(values.api_url),
        name=_literal(values.name),
        host=_literal(values.host),
        port=_literal(values.port),
        tail=_literal(values.tail),
        api_server_name=_literal(values.api_server_name),
        organization=organization,
        check=values.check,
    )


def _curl(values: _Values) -> str:
    body = {"name": values.name, "api_server_name": values.api_server_name}
    if values.organization_id:
        body["organization_id"] = values.organization_id
    # The URL comes last, so that the text can be cut at the password.
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
    """Escape a text for double quotes in a configuration of curl."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _address(values: _Values, path: str) -> str:
    return shlex.quote(values.api_url + path)


def _query(values: dict[str, str]) -> str:
    return urlencode(values, quote_via=quote, safe="", errors="replace")


def _literal(value: str | int) -> str:
    """Return a Python literal, in double quotes if that needs no escapes."""
    text = repr(value)
    if text[0] == "'" and '"' not in text:
        return f'"{text[1:-1]}"'
    return text


def _lines(arguments: Iterable[str]) -> str:
    return "".join(f"\n    {argument}," for argument in arguments) + "\n"


def _fill(template: str, **values: str) -> str:
    """Fill in a template in one pass, so that values aren't read as templates."""
    path = files(__package__).joinpath("templates", template)
    text = path.read_text(encoding="utf-8")
    return _PLACE.sub(lambda place: values[place[1]], text)
