"""Reading of a command's values from options, variables, files, or a prompt."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lamin_widgets.cli.arguments import UsageError
from lamin_widgets.core.api_urls import default_api_url, normalize_api_url, sandbox_urls
from lamin_widgets.core.connection_strings import ConnectionString, read
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.secret import Secret
from lamin_widgets.core.url_parts import DEFAULT_PORT, check_password, password_from_env
from lamin_widgets.form.checks import first_error
from lamin_widgets.form.draft import Draft
from lamin_widgets.session.actions import ACTIONS, as_error

if TYPE_CHECKING:
    import argparse

_LONGEST_FILE: Final = 4096


def read_inputs(options: argparse.Namespace) -> tuple[Draft, Secret | None]:
    """Return the values of a command as a draft, and the password if it's required.

    The password comes from --password-file, the connection string, PGPASSWORD, or a
    prompt, in this order.

    Raises:
        UsageError: If a variable or the password is missing, or if two options
            contradict each other.
        InvalidInput: If a value can't be used.
    """
    given, action = vars(options), options.command
    found = _connection_string(options) if given.get("url_env") is not None else None
    host = found.host if found else given.get("host") or ""
    needs_password = "password" in ACTIONS[action].required
    if needs_password and not host:
        raise UsageError(
            "Use --host, or --url-env with the name of an environment variable."
        )
    api_url = normalize_api_url(given.get("api_url") or default_api_url())
    draft = Draft(
        name=(given.get("name") or "").strip(),
        api_server_name=given.get("region") or "",
        host=host,
        port=(found.port if found else given.get("port")) or DEFAULT_PORT,
        api_url=api_url,
        organization_id=given.get("organization_id") or "",
        has_password=needs_password,
        sandbox=api_url in sandbox_urls(),
    )
    # Check all values before the prompt, and before anything is sent.
    if (invalid := first_error(draft, ACTIONS[action].required)) is not None:
        raise as_error(*invalid)
    if not needs_password:
        return draft, None
    if options.password_file is not None:
        password = _read_file(options.password_file)
    elif found is not None and found.password is not None:
        password = found.password
    else:
        password = password_from_env() or _prompt(draft)
    check_password(password)
    return draft, password


def _connection_string(options: argparse.Namespace) -> ConnectionString:
    variable = options.url_env
    if options.host or options.port:
        raise UsageError("Use either --url-env or --host and --port.")
    if not variable.isidentifier():  # It could be the string itself.
        raise UsageError("--url-env takes the name of an environment variable.")
    text = os.environ.get(variable)
    if not text:
        raise UsageError(f"The environment variable {variable} isn't set.")
    try:
        found = read(Secret(text))
    except InvalidInput as error:
        raise UsageError(f"Can't use {variable}: {error}") from None
    if found.other_user:
        raise UsageError(
            f"{variable} is for another user, but Lamin requires the postgres user."
        )
    return found


def _read_file(name: str) -> Secret:
    try:
        if name == "-":
            # Standard input is None if it's closed.
            data = sys.stdin.buffer.read(_LONGEST_FILE) if sys.stdin else b""
        else:
            with Path(name).open("rb") as file:
                data = file.read(_LONGEST_FILE)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise UsageError(f"Can't read the password file: {reason}.") from None
    password = _only_line(data)
    if not password:
        raise UsageError(
            "The password file must have one line of UTF-8 text with the password."
        )
    return password


def _only_line(data: bytes) -> Secret | None:
    """Return the only line of a file, or None if the file has another form."""
    try:
        line = data.decode("utf-8-sig").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        return None
    if len(data) == _LONGEST_FILE or "\n" in line or not line:
        return None
    return Secret(line)


def _prompt(draft: Draft) -> Secret:
    if sys.stdin is None or not sys.stdin.isatty():
        if os.environ.get("PGPASSWORD"):
            raise UsageError(
                "PGPASSWORD is for the user in PGUSER, but Lamin requires the postgres "
                "user. Use --password-file."
            )
        raise UsageError("No password found. Set PGPASSWORD, or use --password-file.")
    question = f"Password for the postgres user on {draft.host}: "
    try:
        password = getpass.getpass(question, stream=sys.stderr)
    except (EOFError, UnicodeDecodeError):
        password = ""
    if not password:
        raise InvalidInput(cause="password_missing", field="password")
    return Secret(password)
