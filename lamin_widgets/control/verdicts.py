"""What is known of the server: three separate facts, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from lamin_widgets.causes.database import DATABASE

if TYPE_CHECKING:
    from lamin_widgets.form import Draft
    from lamin_widgets.outcome import Outcome

__all__ = ["Verdicts", "basis"]

Known = Literal["not checked", "yes", "no", "unknown"]
_DATABASE: Final = frozenset(cause.id for cause in DATABASE)
_WAY: Final = frozenset({"check_failed", "db_refused", "db_unreachable"})
_PASSING: Final = frozenset({"too_many_connections", "starting_up"})
# by this machine's address, or by its settings for TLS
_FROM_HERE: Final = frozenset(
    {"db_not_allowed", "db_certificate", "db_tls_required", "db_tls_unsupported"}
)
_NOT_THERE: Final = _WAY | {"db_name_unknown", "db_no_answer", "db_not_postgres"}


def basis(action: str, draft: Draft, password_version: int) -> tuple[object, ...]:
    """Return the values that the result of `action` rests on.

    Args:
        action: The action.
        draft: The form.
        password_version: Counts the passwords that were entered.
    """
    if action == "diagnose":
        return (*draft.address, password_version)
    if action == "sign-in":
        return (draft.api_url,)
    registered = (
        draft.name.strip(),
        draft.api_url,
        *draft.address,
        draft.api_server_name,
    )
    if action == "create-instance":
        return (*registered, draft.instance_name, draft.storage, draft.schema_str)
    return (*registered, draft.organization_id)


@dataclass(slots=True)
class Fact:
    """One thing that is known, or not, and the values it rests on."""

    state: Known = "not checked"
    text: str = ""
    cause: str | None = None
    rests_on: tuple[object, ...] = ()

    def of(self, now: tuple[object, ...]) -> Fact:
        """Return it for the server that the form names: of another, none is known."""
        return self if self.rests_on[:2] == now[:2] else Fact()

    def to_dict(self, label: str, now: tuple[object, ...]) -> dict[str, Any]:
        stale = self.state != "not checked" and self.rests_on != now
        return {"label": label, "state": self.state, "text": self.text, "stale": stale}


@dataclass(slots=True)
class Verdicts:
    """Registered, reachable from Lamin, reachable from here."""

    registered: Fact = field(default_factory=Fact)
    lamin: Fact = field(default_factory=Fact)
    here: Fact = field(default_factory=Fact)

    def learn(self, outcome: Outcome, rests_on: tuple[object, ...]) -> None:
        """Take in what an outcome shows; where it shows nothing, nothing changes."""
        if outcome.action == "register":
            self._learn_registered(outcome, rests_on)
        elif outcome.action == "test":
            self._learn_lamin(outcome, rests_on)
        elif outcome.action == "diagnose":
            if outcome.state == "success":
                self.here = Fact("yes", outcome.title, None, rests_on)
            elif outcome.cause in _DATABASE:
                self.here = Fact("no", outcome.title, outcome.cause, rests_on)

    def _learn_registered(self, outcome: Outcome, on: tuple[object, ...]) -> None:
        if outcome.state == "success":
            self.registered = Fact("yes", "Lamin has the server.", None, on)
            self.lamin = Fact()
        elif outcome.cause == "name_taken" and not self.is_registered(on):
            there = "Lamin has one of this name: yours, or somebody else's."
            self.registered = Fact("yes", there, outcome.cause, on)
        elif outcome.state == "unknown":
            self.registered = Fact("unknown", "No clear answer.", outcome.cause, on)
        elif outcome.http_status is not None and not self.is_registered(on):
            self.registered = Fact("no", outcome.title, outcome.cause, on)

    def is_registered(self, on: tuple[object, ...]) -> bool:
        """Whether that was shown before: to be refused now does not undo it."""
        return self.registered.state == "yes" and self.registered.rests_on == on

    def is_reachable(self, on: tuple[object, ...]) -> bool:
        """Whether it was shown that Lamin can connect."""
        return self.lamin.state == "yes" and self.lamin.rests_on == on

    def refused_by_server(self, on: tuple[object, ...]) -> str:
        """Return the cause for which the server itself refused these values, or ""."""
        known = self.here.state == "no" and self.here.rests_on == on
        cause = self.here.cause or ""
        passing = _NOT_THERE | _FROM_HERE | _PASSING
        return cause if known and cause not in passing else ""

    def _learn_lamin(self, outcome: Outcome, on: tuple[object, ...]) -> None:
        refused = outcome.cause in _DATABASE or outcome.cause == "check_failed"
        if outcome.cause == "not_registered":
            self.registered = Fact("no", outcome.title, outcome.cause, on)
            self.lamin = Fact()
        elif outcome.state == "unknown":
            self.lamin = Fact("unknown", "No clear answer.", outcome.cause, on)
        elif outcome.state == "success" or refused:
            self.registered = Fact("yes", "Lamin has the server.", None, on)
            state: Known = "no" if refused else "yes"
            self.lamin = Fact(state, outcome.title, outcome.cause, on)

    def to_dict(self, draft: Draft, password_version: int) -> dict[str, Any]:
        """Return plain values for the view, with what is out of date marked."""
        server = basis("register", draft, password_version)
        here = basis("diagnose", draft, password_version)
        named = Verdicts(self.registered.of(server), self.lamin.of(server), self.here)
        facts = {
            "registered": named.registered.to_dict("Registered", server),
            "lamin": named.lamin.to_dict("Reachable from Lamin", server),
            "here": named.here.to_dict("Reachable from here", here),
        }
        if facts["lamin"]["stale"]:
            said = ""
        elif facts["here"]["stale"]:
            said = named.once_more()
        else:
            said = named.conclusion()
        return facts | {"conclusion": said}

    @property
    def firewall(self) -> bool:
        """Whether the server answers here and not for Lamin."""
        way = self.lamin.cause in _WAY | {"db_not_allowed"}
        return self.here.state == "yes" and self.lamin.state == "no" and way

    def conclusion(self) -> str:
        """Put the two vantage points together."""
        match self.lamin.state, self.here.state:
            case "yes", "yes":
                return "Reachable from Lamin and from here: the server is ready."
            case "yes", "no":
                return self._only_from_lamin()
            case "no", "no":
                return self._from_nowhere()
            case "no", "yes":
                return self._only_from_here()
            case "not checked", "yes" | "no":
                return self._before_the_test()
        return ""

    def once_more(self) -> str:
        """Say what comes next when what Diagnose saw is out of date."""
        if self.lamin.state != "not checked":
            return ""
        if self.registered.state == "yes":
            return "Now press Test connection."
        return "Press Diagnose again: it looked before the last change."

    def _before_the_test(self) -> str:
        registered = self.registered.state == "yes"
        if self.here.state == "yes":
            return f"Now press {'Test connection' if registered else 'Register'}."
        if registered:
            return ""
        said = "Mend this before Register: Lamin documents no way to change a server."
        if self.here.cause in _NOT_THERE | _FROM_HERE:
            said += " If only this machine has no way to it, Lamin may still have one."
        return said

    def _from_nowhere(self) -> str:
        if self.lamin.cause == self.here.cause == "password_rejected":
            return (
                "The password was refused there and here. Register the server under "
                "another name, with the right one."
            )
        return (
            "Reachable neither from Lamin nor from here: the fault is most likely with "
            "the server or its address. Mend what Diagnose found."
        )

    def _only_from_lamin(self) -> str:
        if self.here.cause in _NOT_THERE:
            return (
                "Lamin reaches the server; this machine does not. For Lamin that is "
                "enough. To work from here, look at your own firewall or VPN."
            )
        if self.here.cause == "password_rejected":
            return (
                "Lamin signs in with the password that it has; the one that Diagnose "
                "used is another, or mistyped."
            )
        return "Lamin can connect, which is enough for it. From here, see the steps."

    def _only_from_here(self) -> str:
        if self.lamin.cause == "password_rejected":
            return (
                "The password works from here, so Lamin has been given another one. "
                "Register the server again under a new name."
            )
        if self.lamin.cause == "db_name_unknown":
            return (
                "The host name is known here and not to Lamin: it is private to your "
                "network. Use a public name or address."
            )
        if self.firewall:
            return (
                "Reachable from here, not from Lamin: a firewall stands in between. "
                "Let in the addresses under Allow-list."
            )
        return "The server works from here, and Lamin has its own trouble with it."
