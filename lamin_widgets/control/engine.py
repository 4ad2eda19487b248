"""The actions, as the buttons and the Python API do them."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lamin_widgets.core import failures as causes
from lamin_widgets.core.connection import PostgresConnection, masked_url, parse_port
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.outcome import Outcome, Step, explain, success
from lamin_widgets.core.regions import PUBLISHED_API_URLS
from lamin_widgets.core.secret import MASK, redact
from lamin_widgets.form import checks as form
from lamin_widgets.form import notes

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from lamin_widgets.core.outcome import Action
    from lamin_widgets.core.secret import Secret
    from lamin_widgets.form.checks import Draft
    from lamin_widgets.lamin.client import DbServerClient

__all__ = ["doubt", "facts", "invalid", "name_taken", "perform"]

_SANDBOX_INSTANCE: Final = (
    "The sandbox has none to create. With your account, do it here, or with lamin init "
    "in a terminal."
)
_ENCODED: Final = (
    "printf %s \"$PGPASSWORD\" | od -An -v -tx1 | tr -d ' \\n' | sed 's/../%&/g'"
)
"""For a shell: the password, percent-encoded."""
_WITH_LAMIN_ACCOUNT: Final = {
    *("not_signed_in", "token_rejected"),
    *("api_key_rejected", "api_key_expired"),
}
"""What is advised on these leads to lamin.ai, where the sandbox is not known."""
_SANDBOX_KEY: Final = (
    "Enter the sandbox's own API key at the top of the form, or set LAMIN_API_KEY to "
    "it. It is printed in the terminal in which the sandbox was started."
)


def perform(
    action: Action,
    draft: Draft,
    *,
    client: DbServerClient | None,
    password: Secret | None,
    api_key: Secret | None,
    on_step: Callable[[tuple[Step, ...]], None],
    cancelled: threading.Event,
) -> Outcome:
    """Do what a button says and return what it came to. It blocks; it never raises.

    Args:
        action: What to do.
        draft: The form, checked already.
        client: For the calls to the API; None for "diagnose".
        password: The database's password, where the action needs it.
        api_key: Lamin's key, for "sign-in".
        on_step: Told the rungs of a diagnosis as they come.
        cancelled: Set from elsewhere to end it.
    """
    secrets = (password, api_key)
    try:
        if client is None:
            outcome = _diagnose(draft, password, on_step, cancelled)
        elif action == "sign-in":
            outcome = _sign_in(client, api_key)
        else:
            outcome = _call(action, draft, client, password, cancelled)
    except BaseException as error:  # noqa: BLE001  # whatever it is, it is explained
        outcome = explain(error, action, facts=facts(draft), secrets=secrets)
    if draft.sandbox and outcome.cause in _WITH_LAMIN_ACCOUNT:
        outcome = replace(outcome, advice=_SANDBOX_KEY, command="")
    if draft.sandbox and outcome.cause == "instances_not_supported":
        outcome = replace(outcome, advice=_SANDBOX_INSTANCE, command="")
    unreachable = notes.host_unreachable(draft)
    if outcome.cause == "check_failed" and unreachable is not None:
        # no firewall: Lamin has no way to such a host
        outcome = replace(outcome, advice=unreachable.text)
    if not outcome.details:
        return outcome
    # a check's reply may repeat the password of the registration before it
    return replace(outcome, details=redact(outcome.details, secrets))


def facts(draft: Draft) -> dict[str, str]:
    """Return what the catalogue's texts may speak of."""
    return {
        "name": draft.name.strip(),
        "host": draft.host.strip(),
        "port": str(draft.port).strip(),
        "api_url": draft.api_url,
        "api_host": draft.api_url.partition("://")[2].partition("/")[0],
        "published": ", ".join(PUBLISHED_API_URLS),
        "instance": draft.instance_name.strip(),
        "init": _init(draft),
    }


def invalid(draft: Draft, action: Action) -> Outcome | None:
    """Return the outcome of an action for which the form is not ready, or None."""
    wrong = form.first_error(draft, action)
    if wrong is None:
        return None
    field, message = wrong
    error = InvalidInput(message.text, cause=message.cause, field=field)
    return replace(explain(error, action, facts=facts(draft)), title=message.text)


def name_taken(draft: Draft) -> Outcome:
    """Return the outcome of registering a server that is known to be registered."""
    nothing = "Nothing was sent: it was registered from this form."
    error = InvalidInput(nothing, cause="name_taken", details=nothing)
    return explain(error, "register", facts=facts(draft))


def doubt(draft: Draft, refused: str) -> Outcome | None:
    """Return the question to ask before Register, if there is one.

    Args:
        draft: The form.
        refused: The cause for which the server itself has just refused these values,
            or "".
    """
    if refused:
        field = causes.find(refused).field
        error = InvalidInput("Refused.", cause="diagnosed_wrong", field=field)
        return explain(error, "register", facts=facts(draft))
    region = notes.region_unknown(draft)
    if region is not None and region.level == "warning":
        error = InvalidInput("Not published.", cause="region_doubtful")
        return explain(error, "register", facts=facts(draft))
    return None


def _init(draft: Draft) -> str:
    """Return the options of `lamin init` for the form, without the password."""
    try:
        url = _connection(draft, None).masked_url
    except InvalidInput:
        url = masked_url("", "")
    before, _, after = url.partition(MASK)
    name, storage = draft.instance_name.strip(), draft.storage.strip()
    options = [
        f"--name {shlex.quote(name or '<your-instance>')}",
        f"--storage {shlex.quote(storage or 's3://<your-bucket>')}",
        f'--db "{before}$({_ENCODED})"{shlex.quote(after)}',
    ]
    if modules := draft.schema_str.strip():
        options.append(f"--modules {shlex.quote(modules)}")
    return " ".join(options)


def _connection(draft: Draft, password: Secret | None) -> PostgresConnection:
    return PostgresConnection(draft.host, parse_port(draft.port), password or "")


def _call(
    action: Action,
    draft: Draft,
    client: DbServerClient,
    password: Secret | None,
    cancelled: threading.Event,
) -> Outcome:
    name = draft.name.strip()
    if action == "register":
        said = client.register(
            name,
            _connection(draft, password),
            draft.api_server_name,
            draft.organization_id.strip() or None,
            cancelled=cancelled,
        )
        title = f"Lamin has registered {name}."
        advice = "Test the connection: it shows whether Lamin can reach the server."
    elif action == "test":
        said = client.check_access(name, cancelled=cancelled)
        title = f"Lamin can connect to {name}."
        advice = "The server is ready for a LaminDB instance."
    else:
        said = client.create_instance(
            draft.instance_name,
            name,
            storage=draft.storage,
            schema_str=draft.schema_str,
            cancelled=cancelled,
        )
        instance = draft.instance_name.strip()
        title = f"The instance {instance} was created."
        connect = shlex.join(["lamin", "connect", f"<owner>/{instance}"])
        advice = f"Connect to it: pip install lamindb && {connect}"
    return success(
        action, title, advice=advice, details=said, http_status=client.http_status
    )


def _sign_in(client: DbServerClient, api_key: Secret | None) -> Outcome:
    if not api_key:
        raise InvalidInput("Enter your API key.", cause="api_key_missing")
    account = client.session.sign_in(api_key)
    return success("sign-in", f"Signed in as {account.handle}.")


def _diagnose(
    draft: Draft,
    password: Secret | None,
    on_step: Callable[[tuple[Step, ...]], None],
    cancelled: threading.Event,
) -> Outcome:
    from lamin_widgets.postgres.diagnosis import diagnose  # noqa: PLC0415  # not needed to show the form

    return diagnose(_connection(draft, password), on_step=on_step, cancelled=cancelled)
