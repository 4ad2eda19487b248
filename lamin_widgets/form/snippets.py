"""Code that does the same as the buttons of the form.

The code reads the password from the environment variable PGPASSWORD, or asks for it. So
the password isn't part of the code or of a process's arguments. A placeholder replaces
each value that's missing or that could be a password in the wrong field.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from importlib.resources import files
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote, urlencode

from lamin_widgets.core.regions import REGIONS
from lamin_widgets.core.url_parts import DATABASE, USER, parse_host

if TYPE_CHECKING:
    from lamin_widgets.form.draft import Draft

_PLACE: Final = re.compile("«([a-z_]+)»")


def snippets(draft: Draft) -> dict[str, str]:
    """Return code that checks, registers, and tests the server of the form.

    Returns:
        Texts under "Python" (with this package), "Python (requests)", and "curl" (for
        any POSIX shell).
    """
    values = _Values.of(draft)
    codes = {
        "Python": _fill("register.py.txt", values.literals),
        "Python (requests)": _fill("register-requests.py.txt", values.literals),
        "curl": _curl(values),
    }
    return _adapt_to_sandbox(codes) if draft.sandbox else codes


def _adapt_to_sandbox(codes: dict[str, str]) -> dict[str, str]:
    """Add the place to run the code, and the full path of Python for terminals."""
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

    Returns:
        Texts under "Python" and "curl".
    """
    values = _Values.of(draft)
    slug = f"<owner>/{values.instance}".encode(errors="replace").decode()
    # The command and the form account/name are those of Lamin's documentation.
    connect = f"pip install lamindb && lamin connect {shlex.quote(slug)}"
    query = {
        "name": values.instance,
        "db_server_name": values.name,
        **values.options,
    }
    arguments = [
        _literal(values.instance),
        _literal(values.name),
        *(f"{key}={_literal(text)}" for key, text in values.options.items()),
    ]
    python = {
        "arguments": "".join(f"\n    {each}," for each in arguments) + "\n",
        "connect": _literal(connect),
    }
    shell = {
        "url": _address(values, "/instances", query),
        "connect": shlex.quote(connect),
    }
    return {
        "Python": _fill("instance.py.txt", values.literals | python),
        "curl": _fill("instance.sh", shell),
    }


def init_code(draft: Draft) -> str:
    """Return Python code that creates an instance on a server that isn't registered."""
    values = _Values.of(draft)
    modules = values.options.get("schema_str", "")
    more = {
        "name": _literal(values.instance),
        "storage": _literal(values.options.get("storage", "<storage>")),
        "modules": f"\n    modules={_literal(modules)}," if modules else "",
    }
    return _fill("init.py.txt", values.literals | more)


class _Values(NamedTuple):
    """The values of the form for the templates, with placeholders."""

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
        parsed = draft.parsed

        def text(field: str, placeholder: str) -> str:
            return getattr(draft, field).strip() or placeholder

        return cls(
            name=text("name", "<your-server>"),
            api_server_name=text("api_server_name", "<region>"),
            host=parse_host(parsed.host) if parsed.host else "<your-host>",
            port=parsed.port or "<your-port>",
            api_url="<api-url>" if parsed.api_problem else parsed.api_url,
            organization_id=text("organization_id", ""),
            instance=text("instance_name", "<your-instance>"),
            options={
                key: text(key, f"<{key}>")
                for key in ("storage", "schema_str", "account_id")
                if getattr(draft, key).strip()
            },
        )

    @property
    def tail(self) -> str:
        """The part of the connection URL after the password."""
        host = self.host.replace("%", "%25")
        host = f"[{host}]" if ":" in host else host
        return f"@{host}:{self.port}/{DATABASE}"

    @property
    def check(self) -> str:
        """The path of the connection test.

        APIs of 2026 have another path than Lamin's guide. An API of 2026 has a region's
        URL or requires an organization.
        """
        regional = {region.api_url for region in REGIONS}
        is_newer = self.api_url in regional or self.organization_id
        return "/db/server/check-access" if is_newer else "/db/server/checks-access"

    @property
    def literals(self) -> dict[str, str]:
        """The values as Python literals, by the name in the templates."""
        names = ("name", "api_server_name", "host", "port", "api_url", "tail", "check")
        literals = {name: _literal(getattr(self, name)) for name in names}
        id_ = _literal(self.organization_id)
        given = bool(self.organization_id)
        return literals | {
            "argument": f"\n    organization_id={id_}," if given else "",
            "entry": f'\n    "organization_id": {id_},' if given else "",
        }


def _curl(values: _Values) -> str:
    body = {"name": values.name, "api_server_name": values.api_server_name}
    if values.organization_id:
        body["organization_id"] = values.organization_id
    # The URL comes last, so that the password can be inserted between two texts.
    head = f'{json.dumps(body)[:-1]}, "url": "postgresql://{USER}:'
    tail = f"{json.dumps(values.tail)[1:]}}}"
    shell = {
        "head": shlex.quote(f'data-raw = "{_quote_for_curl(head)}'),
        "tail": shlex.quote(f'{_quote_for_curl(tail)}"'),
        "register": _address(values, "/db/server/register"),
        "check": _address(values, values.check, {"name": values.name}),
    }
    return _fill("register.sh", shell)


def _quote_for_curl(text: str) -> str:
    """Escape a text for double quotes in a configuration of curl."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _address(values: _Values, path: str, query: dict[str, str] | None = None) -> str:
    encoded = urlencode(query or {}, quote_via=quote, safe="", errors="replace")
    return shlex.quote(values.api_url + path + (f"?{encoded}" if encoded else ""))


def _literal(value: str | int) -> str:
    """Return a Python literal, in double quotes if that needs no escapes."""
    text = repr(value)
    if text[0] == "'" and '"' not in text:
        return f'"{text[1:-1]}"'
    return text


def _fill(template: str, values: dict[str, str]) -> str:
    """Return a template with its values, which aren't expanded themselves."""
    path = files(__package__).joinpath("templates", template)
    text = path.read_text(encoding="utf-8")
    return _PLACE.sub(lambda place: values[place[1]], text)
