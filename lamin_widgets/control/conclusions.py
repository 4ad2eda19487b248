"""What follows from what is known of the server, put into words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from lamin_widgets.control.verdicts import FROM_HERE, NOT_THERE, basis

if TYPE_CHECKING:
    from lamin_widgets.control.verdicts import Fact, Verdicts
    from lamin_widgets.core.outcome import Action
    from lamin_widgets.form.checks import Draft

__all__ = ["Conclusion", "conclude", "to_dict"]


_STALE: Final = "From before the last change"
_AS_REGISTERED: Final = "As it was registered"


class Conclusion(NamedTuple):
    """What follows.

    Attributes:
        text: For people; empty where the outcome says it.
        next: The action that comes next; None where it is for the person to choose.
    """

    text: str
    next: Action | None = None


_READY: Final = Conclusion("Reachable from Lamin and from here: the server is ready.")
_OTHER_VALUES: Final = Conclusion(
    "Lamin has what was registered, which no change here touches. To use what the form "
    "shows now, register it under another name."
)
_OTHER_PASSWORD: Final = Conclusion(
    "Lamin was given a password that the server refuses. To give it another one, "
    "register the server under another name."
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
    registered = known.registered.state == "yes"
    if known.registered.is_stale(server) or known.lamin.is_stale(server):
        follows = _OTHER_VALUES if registered else Conclusion("", "diagnose")
    else:
        follows = conclude(known, old=known.here.is_stale(here))
    lamins = _AS_REGISTERED if registered else _STALE
    return {
        "registered": _fact("Registered", known.registered, server, lamins),
        "lamin": _fact("Reachable from Lamin", known.lamin, server, lamins),
        "here": _fact("Reachable from here", known.here, here, _STALE),
        "conclusion": follows.text,
        "next": follows.next or "",
    }


def _fact(label: str, fact: Fact, now: tuple[object, ...], note: str) -> dict[str, Any]:
    stale = fact.is_stale(now)
    text = " · ".join(filter(None, (fact.text, note))) if stale else fact.text
    return {"label": label, "state": fact.state, "text": text, "stale": stale}


def conclude(known: Verdicts, *, old: bool = False) -> Conclusion:
    """Put the two vantage points together.

    Args:
        known: What is known of the server that the form names.
        old: Whether Diagnose saw other values than the form has now.
    """
    here = "not checked" if old else known.here.state
    match known.lamin.state, here:
        case "yes", "yes":
            follows = _READY
        case "yes", "no":
            follows = _only_from_lamin(known)
        case "yes", _:
            follows = Conclusion("Lamin can connect: the server is ready.")
        case "no", "no":
            follows = _from_nowhere(known)
        case "no", "yes":
            follows = _only_from_here(known)
        case "no", _ if known.lamin.cause == "password_rejected":
            follows = _OTHER_PASSWORD
        case "no", _:
            follows = Conclusion("", "diagnose")
        case "unknown", _:
            follows = Conclusion("", "test")
        case _:
            follows = _before_the_test(known, here, old=old)
    return follows


def _before_the_test(known: Verdicts, here: str, *, old: bool) -> Conclusion:
    registered, cause = known.registered.state, known.registered.cause
    if cause == "name_taken":
        return Conclusion("")  # the person has to say whether it is theirs
    if registered in {"yes", "unknown"}:
        return Conclusion("Now press Test connection.", "test")
    if registered == "no" and cause != "not_registered":
        said = ""  # Lamin has said what to do
    elif here == "yes" and known.here.cause == "warned":
        said = "Mend what Diagnose warns of, if you can. Then press Register."
    elif here == "yes":
        said = "Now press Register."
    elif old:
        said = "Press Diagnose again: it looked before the last change."
    elif here == "no":
        said = "Mend this before Register: Lamin documents no way to change a server."
        if known.here.cause in NOT_THERE | FROM_HERE:
            said += " If only this machine has no way to it, Lamin may still have one."
    else:
        said = ""
    return Conclusion(said, "register" if here == "yes" else "diagnose")


def _from_nowhere(known: Verdicts) -> Conclusion:
    if known.lamin.cause == known.here.cause == "password_rejected":
        return Conclusion(
            "The password was refused there and here. Register the server under "
            "another name, with the right one."
        )
    return Conclusion(
        "Reachable neither from Lamin nor from here: the fault is most likely with "
        "the server or its address. Mend what Diagnose found, and press it again.",
        "diagnose",
    )


def _only_from_lamin(known: Verdicts) -> Conclusion:
    if known.here.cause == "password_rejected":
        return Conclusion(
            "Lamin signs in with the password that it has; the one that Diagnose "
            "used is another, or mistyped."
        )
    if known.here_is_newer:
        return Conclusion(
            "Lamin could connect before, and this machine cannot now. Press Test "
            "connection: it shows whether Lamin still can.",
            "test",
        )
    if known.here.cause in NOT_THERE:
        return Conclusion(
            "Lamin reaches the server; this machine did not when Diagnose looked. "
            "For Lamin that is enough. To work from here, look at your own "
            "firewall or VPN."
        )
    said = "Lamin can connect, which is enough for it. From here, see the steps."
    return Conclusion(said)


def _only_from_here(known: Verdicts) -> Conclusion:
    if known.has_turned and known.here_is_newer:
        return Conclusion(
            "This machine can connect now, and could not before. Press Test "
            "connection: it shows whether Lamin can, too.",
            "test",
        )
    if known.has_turned:
        return Conclusion(
            "Lamin could connect before, and cannot now. Press Diagnose: it shows "
            "whether this machine still can.",
            "diagnose",
        )
    if known.lamin.cause == "password_rejected":
        return Conclusion(
            "The password works from here, so Lamin has been given another one. "
            "Register the server again under a new name."
        )
    if known.lamin.cause == "db_name_unknown":
        return Conclusion(
            "The host name is known here and not to Lamin: it is private to your "
            "network. Use a public name or address."
        )
    if known.firewall:
        return Conclusion(
            "Reachable from here, not from Lamin: most likely a firewall is "
            "in the way. Let in the addresses under Allow-list, and test again.",
            "test",
        )
    said = "The server works from here, and Lamin has its own trouble with it."
    return Conclusion(said, "test")
