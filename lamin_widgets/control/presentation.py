"""What the view is given to draw, as plain values."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from lamin_widgets.core import regions
from lamin_widgets.core.connection import DEFAULT_PORT, is_local, parse_port
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.outcome import LABELS
from lamin_widgets.form import checks as form
from lamin_widgets.form.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from lamin_widgets.core.outcome import Action, Outcome, Step
    from lamin_widgets.form.checks import Draft
    from lamin_widgets.form.connection_strings import Pasted

__all__ = [
    "IDLE",
    "account",
    "allow_list_note",
    "entry",
    "field_list",
    "hints",
    "messages",
    "progress",
    "recognised",
    "region_list",
    "report",
    "result",
    "texts",
]

IDLE: Final = {
    "state": "idle",
    "title": "",
    "advice": "First Diagnose: it connects from here and sends nothing to Lamin. Then "
    "Register hands the server over for good: Lamin documents no way to change one. "
    "Test connection lets Lamin connect.",
}
"""What stands where an outcome will be."""


def field_list() -> dict[str, dict[str, Any]]:
    """Return what an input needs, by field, and the actions that rest on it."""
    return {
        name: {
            "label": field.label,
            "placeholder": field.placeholder,
            "inputMode": field.inputmode,
            "secret": field.secret,
            "panel": field.panel,
            "needed_by": [
                action for action, needs in form.REQUIRED.items() if name in needs
            ],
        }
        for name, field in FIELDS.items()
    }


_IN_PROGRESS: Final[dict[Action, str]] = {
    "register": "Registering…",
    "test": "Testing…",
    "diagnose": "Diagnosing…",
    "sign-in": "Signing in…",
    "create-instance": "Creating the instance…",
}


def region_list() -> list[dict[str, Any]]:
    """Return the regions for the list of suggestions."""
    return [
        {"label": region.label, "api_server_name": region.api_server_name}
        for region in regions.REGIONS
    ]


def messages(
    draft: Draft, notes: dict[str, Any], locked: Collection[str]
) -> dict[str, Any]:
    """Return the fields' messages, with the notes that no field's value explains.

    Args:
        draft: The form as it stands.
        notes: Those notes, by field.
        locked: Fields that no correction may change.
    """
    said = {field: message.to_dict() for field, message in form.check(draft).items()}
    for field, note in notes.items():
        # an error of the field itself comes before what was read into it
        in_error = field in said and said[field]["level"] == "error"
        if note["level"] == "error" or not in_error:
            said[field] = note
    return {field: _without_locked(message, locked) for field, message in said.items()}


def _without_locked(message: dict[str, Any], locked: Collection[str]) -> dict[str, Any]:
    fixes = message.get("fixes", ())
    open_to_change = [fix for fix in fixes if not fix["values"].keys() & set(locked)]
    return message | {"fixes": open_to_change} if fixes else message


def blame(messages: dict[str, Any], outcome: Outcome) -> None:
    """Say what failed at its field, before a warning, which may be the reason."""
    if outcome.field is None or outcome.state == "success":
        return
    said = messages.get(outcome.field, {"level": "hint", "text": ""})
    repeats = outcome.cause == "region_doubtful"  # it asks about that very warning
    if said["level"] != "error" and not repeats:
        text = f"{outcome.title} {said['text']}".strip()
        messages[outcome.field] = said | {"level": "error", "text": text}


def recognised(
    pasted: Pasted, *, held: bool, locked: Collection[str]
) -> dict[str, str]:
    """Return the note about a connection string that was taken apart.

    Args:
        pasted: What it says.
        held: Whether the form has a password now.
        locked: Fields that kept what they had.
    """
    text = pasted.recognised
    named = [name for name in ("host", "port", "password") if getattr(pasted, name)]
    if kept := [name for name in named if name in locked]:
        text += f" Locked, and so not changed: {', '.join(kept)}."
    if pasted.host and not pasted.port:
        text += f" It names no port, which means {DEFAULT_PORT}."
    if held and not pasted.password:
        text += " It names no password: the one from before is still held."
    if pasted.ignored:
        names = ", ".join(pasted.ignored)
        text += f" Ignored: {names}. Lamin takes a host, a port and a password only."
    return {"level": "info", "text": text}


def hints(draft: Draft, password_note: str) -> dict[str, str]:
    """Return what is said at a field that has no message."""
    region = regions.find(draft.api_server_name)
    said = {name: field.hint for name, field in FIELDS.items()}
    said["password"] = password_note
    said["api_server_name"] = region.label if region else ""
    if draft.sandbox:
        said["api_key"] = "The sandbox's own: the terminal of the demo shows it"
    return said


_REGISTERED: Final = (
    "# This name is registered: take another one, or leave the registration out.\n"
)


def texts(
    draft: Draft, panels: Iterable[str], *, registered: bool
) -> dict[str, dict[str, str]]:
    """Return the texts of the disclosures that are open.

    Args:
        draft: The form as it stands.
        panels: The disclosures that are open.
        registered: Whether Lamin has a server of the form's name.
    """
    if not {"code", "allow_list"} & set(panels):
        return {}
    # Imported when first opened: the form is shown without them.
    from lamin_widgets.form.allow_list import allow_list  # noqa: PLC0415
    from lamin_widgets.form.snippets import instance_snippets, snippets  # noqa: PLC0415

    found: dict[str, dict[str, str]] = {}
    if "code" in panels:
        first = _REGISTERED if registered else ""
        found["code"] = {label: first + code for label, code in snippets(draft).items()}
        if "instance" in panels:
            found["code"] |= {
                f"Create an instance: {label}": code
                for label, code in instance_snippets(draft).items()
            }
    region = regions.find(draft.api_server_name)
    if "allow_list" in panels and region is not None:
        found["allow_list"] = allow_list(region, _port(draft))
    return found


def allow_list_note(draft: Draft) -> dict[str, str]:
    """Return what is said below the addresses, and the page that has them."""
    said = f"Lamin's outbound addresses as of {regions.AS_OF}. They can change."
    if regions.find(draft.api_server_name) is None:
        said = (
            "Lamin publishes no addresses for this region. Of an on-premises Lamin, "
            "ask its operator."
        )
    return {"text": said, "url": regions.SOURCE}


def _port(draft: Draft) -> int:
    try:
        return parse_port(draft.port)
    except InvalidInput:
        return DEFAULT_PORT


def account(handle: str | None, state: str, api_url: str) -> dict[str, Any]:
    """Return the line about the account."""
    return {
        "state": state,
        "handle": handle or "",
        "api_url": api_url,
        "sandbox": is_sandbox(api_url),
    }


def is_sandbox(api_url: str) -> bool:
    """Tell whether the API is that of a sandbox that runs on this machine."""
    known = os.environ.get("LAMIN_WIDGETS_SANDBOX", "").split()
    try:
        here = urlsplit(api_url)
        return is_local(here.hostname or "") and here.netloc in {
            urlsplit(url).netloc for url in known
        }
    except ValueError:
        return False


def progress(action: Action, steps: tuple[Step, ...]) -> dict[str, Any]:
    """Return what is being done."""
    return {
        "action": action,
        "title": _IN_PROGRESS[action],
        "steps": [asdict(step) for step in steps],
    }


def entry(outcome: Outcome) -> dict[str, str]:
    """Return the outcome's line of the activity."""
    return {
        "at": outcome.at.isoformat(timespec="seconds"),
        "action": LABELS[outcome.action],
        "state": outcome.state,
        "title": outcome.title,
    }


def result(outcome: Outcome, *, stale: bool, report: str) -> dict[str, Any]:
    """Return what the result box shows.

    Args:
        outcome: The last one.
        stale: Whether a field that it rests on has changed since.
        report: Text for the database's owner, or an empty string.
    """
    return outcome.to_dict() | {"stale": stale, "report": report}


def report(outcome: Outcome, draft: Draft, server: str) -> str:
    """Return a diagnosis, or a failed test, as text for the database's owner.

    Args:
        outcome: What was found.
        draft: The form when it was found.
        server: What the outcome speaks of: a masked URL, or the name that Lamin has.
    """
    worth_it = bool(outcome.steps) or (
        outcome.action == "test" and outcome.state != "success"
    )
    if not worth_it:
        return ""
    seen_from = "Lamin" if outcome.action == "test" else "this machine"
    lines = [
        f"PostgreSQL server {server}",
        f"Seen from {seen_from}, {outcome.at:%Y-%m-%d %H:%M:%S} UTC",
        "",
        f"{outcome.state.capitalize()}: {outcome.title}",
        *(f"  {step}" for step in outcome.steps),
    ]
    if outcome.cause:
        lines += ["", f"Cause: {outcome.cause}"]
    lines += [f"What to do: {outcome.advice}"] if outcome.advice else []
    lines += [f"  {outcome.command}"] if outcome.command else []
    lines += ["", f"Details: {outcome.details}"] if outcome.details else []
    region = regions.find(draft.api_server_name)
    if region is not None:
        addresses = ", ".join(region.addresses)
        lines += ["", f"Lamin connects from {addresses} ({region.label})."]
        if outcome.cause == "db_not_allowed":
            from lamin_widgets.form.allow_list import allow_list  # noqa: PLC0415  # as above

            lines += ["", allow_list(region, _port(draft))["pg_hba.conf"]]
    return "\n".join(lines)
