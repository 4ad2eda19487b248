"""What follows from what is known of the server, put into words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .verdicts import FROM_HERE, NOT_THERE, basis

if TYPE_CHECKING:
    from lamin_widgets.form import Draft

    from .verdicts import Verdicts

__all__ = ["conclusion", "to_dict"]


def to_dict(verdicts: Verdicts, draft: Draft, password_version: int) -> dict[str, Any]:
    """Return plain values for the view, with what is out of date marked.

    Args:
        verdicts: What is known.
        draft: The form as it stands.
        password_version: Counts the passwords that were entered.
    """
    server = basis("register", draft, password_version)
    here = basis("diagnose", draft, password_version)
    named = verdicts.of(server)
    facts = {
        "registered": named.registered.to_dict("Registered", server),
        "lamin": named.lamin.to_dict("Reachable from Lamin", server),
        "here": named.here.to_dict("Reachable from here", here),
    }
    if facts["lamin"]["stale"]:
        said = ""
    elif facts["here"]["stale"]:
        said = _once_more(named)
    else:
        said = conclusion(named)
    return facts | {"conclusion": said}


def conclusion(known: Verdicts) -> str:
    """Put the two vantage points together."""
    match known.lamin.state, known.here.state:
        case "yes", "yes":
            return "Reachable from Lamin and from here: the server is ready."
        case "yes", "no":
            return _only_from_lamin(known)
        case "no", "no":
            return _from_nowhere(known)
        case "no", "yes":
            return _only_from_here(known)
        case "not checked", "yes" | "no":
            return _before_the_test(known)
    return ""


def _once_more(known: Verdicts) -> str:
    """Say what comes next when what Diagnose saw is out of date."""
    match known.registered.state, known.lamin.state:
        case _, "yes":
            return "Lamin can connect: the server is ready."
        case "yes", "not checked":
            return "Now press Test connection."
        case "not checked", "not checked":
            return "Press Diagnose again: it looked before the last change."
    return ""


def _before_the_test(known: Verdicts) -> str:
    registered = known.registered.state == "yes"
    if known.here.state == "yes":
        return f"Now press {'Test connection' if registered else 'Register'}."
    if registered:
        return ""
    said = "Mend this before Register: Lamin documents no way to change a server."
    if known.here.cause in NOT_THERE | FROM_HERE:
        said += " If only this machine has no way to it, Lamin may still have one."
    return said


def _from_nowhere(known: Verdicts) -> str:
    if known.lamin.cause == known.here.cause == "password_rejected":
        return (
            "The password was refused there and here. Register the server under "
            "another name, with the right one."
        )
    return (
        "Reachable neither from Lamin nor from here: the fault is most likely with "
        "the server or its address. Mend what Diagnose found."
    )


def _only_from_lamin(known: Verdicts) -> str:
    if known.here.cause == "password_rejected":
        return (
            "Lamin signs in with the password that it has; the one that Diagnose "
            "used is another, or mistyped."
        )
    if known.here_is_newer:
        return (
            "Lamin could connect before, and this machine cannot now. Press Test "
            "connection: it shows whether Lamin still can."
        )
    if known.here.cause in NOT_THERE:
        return (
            "Lamin reaches the server; this machine did not when Diagnose looked. "
            "For Lamin that is enough. To work from here, look at your own "
            "firewall or VPN."
        )
    return "Lamin can connect, which is enough for it. From here, see the steps."


def _only_from_here(known: Verdicts) -> str:
    if known.has_turned and known.here_is_newer:
        return (
            "This machine can connect now, and could not before. Press Test "
            "connection: it shows whether Lamin can, too."
        )
    if known.has_turned:
        return (
            "Lamin could connect before, and cannot now. Press Diagnose: it shows "
            "whether this machine still can."
        )
    if known.lamin.cause == "password_rejected":
        return (
            "The password works from here, so Lamin has been given another one. "
            "Register the server again under a new name."
        )
    if known.lamin.cause == "db_name_unknown":
        return (
            "The host name is known here and not to Lamin: it is private to your "
            "network. Use a public name or address."
        )
    if known.firewall:
        return (
            "Reachable from here, not from Lamin: a firewall stands in between. "
            "Let in the addresses under Allow-list, and test again."
        )
    return "The server works from here, and Lamin has its own trouble with it."
