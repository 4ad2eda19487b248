"""What follows from what is known of the server, put into words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from .verdicts import FROM_HERE, NOT_THERE, basis

if TYPE_CHECKING:
    from lamin_widgets.form import Draft
    from lamin_widgets.outcome import Action

    from .verdicts import Fact, Verdicts

__all__ = ["conclusion", "to_dict"]


_STALE: Final = "From before the last change"
_AS_REGISTERED: Final = "As it was registered"
_OTHER_VALUES: Final = (
    "Lamin has what was registered, which no change here touches. To use what the form "
    "shows now, register it under another name."
)


def to_dict(verdicts: Verdicts, draft: Draft, password_version: int) -> dict[str, Any]:
    """Return plain values for the view, with what is out of date marked.

    Args:
        verdicts: What is known.
        draft: The form as it stands.
        password_version: Counts the passwords that were entered.

    Returns:
        The three facts; "conclusion", a sentence for people or ""; "next", the action
        that comes next or "".
    """
    server = basis("register", draft, password_version)
    here = basis("diagnose", draft, password_version)
    known = verdicts.of(server)
    other = known.registered.is_stale(server) or known.lamin.is_stale(server)
    old = known.here.is_stale(here)
    lamins = _AS_REGISTERED if known.registered.state == "yes" else _STALE
    if other:
        said = _OTHER_VALUES if known.registered.state == "yes" else ""
    else:
        said = _once_more(known) if old else conclusion(known)
    return {
        "registered": _fact("Registered", known.registered, server, lamins),
        "lamin": _fact("Reachable from Lamin", known.lamin, server, lamins),
        "here": _fact("Reachable from here", known.here, here, _STALE),
        "conclusion": said,
        "next": "" if other else _next(known, old=old),
    }


def _fact(label: str, fact: Fact, now: tuple[object, ...], note: str) -> dict[str, Any]:
    stale = fact.is_stale(now)
    text = " · ".join(filter(None, (fact.text, note))) if stale else fact.text
    return {"label": label, "state": fact.state, "text": text, "stale": stale}


def _next(known: Verdicts, *, old: bool) -> Action | Literal[""]:
    """Return what comes next; `old` tells that Diagnose saw other values."""
    if known.registered.cause == "name_taken":
        return ""  # the person has to say whether it is theirs
    if known.registered.state in {"yes", "unknown"}:
        return "" if known.lamin.state == "yes" else "test"
    return "register" if known.here.state == "yes" and not old else "diagnose"


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
    if known.registered.cause == "name_taken":
        return ""  # as in _next
    match known.registered.state, known.lamin.state:
        case _, "yes":
            return "Lamin can connect: the server is ready."
        case "yes" | "unknown", "not checked":
            return "Now press Test connection."
        case "not checked", "not checked":
            return "Press Diagnose again: it looked before the last change."
    return ""


def _before_the_test(known: Verdicts) -> str:
    registered = known.registered
    refused = registered.state == "no" and registered.cause != "not_registered"
    if registered.cause == "name_taken" or refused:
        return ""  # the outcome says what to do
    if registered.state in {"yes", "unknown"}:
        return "Now press Test connection." if known.here.state == "yes" else ""
    if known.here.cause == "warned":
        return "Mend what Diagnose warns of, if you can. Then press Register."
    if known.here.state == "yes":
        return "Now press Register."
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
        "the server or its address. Mend what Diagnose found, and press it again."
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
            "Reachable from here, not from Lamin: most likely a firewall is "
            "in the way. Let in the addresses under Allow-list, and test again."
        )
    return "The server works from here, and Lamin has its own trouble with it."
