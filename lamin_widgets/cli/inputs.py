"""Values of a command: from options, environment variables, files, or a prompt."""

from __future__ import annotations

import getpass
import os
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lamin_widgets.cli.arguments import UsageError
from lamin_widgets.core.api_urls import default_api_url, normalize_api_url
from lamin_widgets.core.connection import DEFAULT_PORT, PostgresConnection
from lamin_widgets.core.connection_strings import ConnectionString, read
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.secret import Secret
from lamin_widgets.form.draft import Draft
from lamin_widgets.session.sandboxes import sandbox_urls

if TYPE_CHECKING:
    import argparse

__all__ = ["draft_of", "password_of"]

_LONGEST_FILE: Final = 4096


def draft_of(options: argparse.Namespace) -> Draft:
    """Return the values of a command as those of a form.

    Raises:
        UsageError: A variable is missing, or two options contradict each other.
        InvalidInput: A value can't be used.
    """
    found = _connection_string(options)
    host = found.host if found else getattr(options, "host", None) or ""
    port = (found.port if found else getattr(options, "port", None)) or DEFAULT_PORT
    api_url = normalize_api_url(getattr(options, "api_url", None) or default_api_url())
    organization_id = getattr(options, "organization_id", None) or ""
    if hasattr(options, "host") and not host:
        raise UsageError(
            "Use --host, or --url-env with the name of an environment variable."
        )
    if organization_id and not _is_uuid(organization_id):
        raise InvalidInput(cause="organization_invalid", field="organization_id")
    name = (getattr(options, "name", None) or "").strip()
    if hasattr(options, "name") and not name:
        raise InvalidInput(cause="name_missing", field="name")
    return Draft(
        name=name,
        api_server_name=getattr(options, "region", None) or "",
        host=host,
        port=port,
        api_url=api_url,
        organization_id=organization_id,
        has_password=hasattr(options, "host"),
        sandbox=api_url in sandbox_urls(),
    )


def password_of(options: argparse.Namespace, draft: Draft) -> Secret:
    """Return the password of the database.

    The password comes from --password-file, the connection string, PGPASSWORD, or a
    prompt, in this order.

    Raises:
        UsageError: There is none, or the file can't be read.
        InvalidInput: The host, the port, or the password can't be used.
    """
    password = _given_password(options)
    # Check all values before the prompt, and before anything is sent.
    PostgresConnection(draft.host, draft.port, password or Secret("x"))
    return password or _prompt(draft)


def _connection_string(options: argparse.Namespace) -> ConnectionString | None:
    variable = getattr(options, "url_env", None)
    if not variable:
        return None
    if options.host or options.port:
        raise UsageError("Use either --url-env or --host and --port.")
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


def _given_password(options: argparse.Namespace) -> Secret | None:
    if options.password_file:
        return _read_file(options.password_file)
    found = _connection_string(options)
    if found is not None and found.password is not None:
        return found.password
    text = os.environ.get("PGPASSWORD")
    return Secret(text) if text else None


def _read_file(name: str) -> Secret:
    try:
        if name == "-":
            data = sys.stdin.buffer.read(_LONGEST_FILE)
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
    """Return the text of a file with one line, or None for any other file."""
    try:
        line = data.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        return None
    if len(data) == _LONGEST_FILE or "\n" in line or not line:
        return None
    return Secret(line)


def _prompt(draft: Draft) -> Secret:
    if not sys.stdin.isatty():
        raise UsageError("No password found. Set PGPASSWORD, or use --password-file.")
    question = f"Password for the postgres user on {draft.host}: "
    password = getpass.getpass(question, stream=sys.stderr)
    if not password:
        raise InvalidInput(cause="password_missing", field="password")
    return Secret(password)


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
