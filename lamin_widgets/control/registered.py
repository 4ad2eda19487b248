"""What Lamin was given from this form, which may not be what it shows by now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from lamin_widgets.core.connection import masked_url
from lamin_widgets.core.failures.database import DATABASE

if TYPE_CHECKING:
    from lamin_widgets.core.outcome import Outcome
    from lamin_widgets.form.checks import Draft

__all__ = ["Registered"]

_TESTED: Final = frozenset(cause.id for cause in DATABASE) | {"check_failed"}
_AGAIN: Final = (
    "Lamin documents no way to change a server: to use what the form shows now, "
    "register it under another name."
)
_IF_WRONG: Final = (
    "If it was registered wrong, register it under another name: Lamin documents no "
    "way to change a server."
)
_DONE: Final = "You registered it from this form, and Lamin can connect to it."
_TO_BE_TESTED: Final = "You registered it from this form: test the connection."
_TYPED_SINCE: Final = " A password typed since changes nothing."
_ELSEWHERE: Final = (
    "Lamin uses what was registered under this name, which may not be what the form "
    "shows."
)


@dataclass(frozen=True, slots=True)
class _Given:
    host: str
    port: str
    version: int

    def differing(self, draft: Draft) -> str:
        """Return the host and the port where the form shows others."""
        host, port = draft.address
        said = [f"host {self.host}"] if self.host != host else []
        said += [f"port {self.port}"] if self.port != port else []
        return " and ".join(said)

    def typed_since(self, draft: Draft, version: int) -> bool:
        """Whether the form holds a password that Lamin was not given."""
        return draft.has_password and self.version != version

    def on_the_name(self, draft: Draft, version: int, *, reachable: bool) -> str:
        """Return the advice where the name is taken, by this very form."""
        if differing := self.differing(draft):
            return f"You registered it from this form with {differing}. {_AGAIN}"
        said = _DONE if reachable else _TO_BE_TESTED
        # it may be the same, which nobody can tell: the first was dropped
        return said + (_TYPED_SINCE if self.typed_since(draft, version) else "")

    def on_the_test(
        self, outcome: Outcome, draft: Draft, version: int, *, reachable: bool
    ) -> Outcome:
        """Return the outcome of a test, which is one of what was registered."""
        name, differing = draft.name.strip(), self.differing(draft)
        if outcome.state == "success":
            title = f"Lamin can connect to {name} as it was registered, with"
            differs = replace(outcome, title=f"{title} {differing}.", advice=_AGAIN)
            return differs if differing else outcome
        refused = outcome.cause == "password_rejected"
        if refused and self.typed_since(draft, version) and not differing:
            differing = "the password typed before"
        if not differing:
            advice = outcome.advice if reachable else f"{outcome.advice} {_IF_WRONG}"
            return replace(outcome, advice=advice)
        return replace(
            outcome,
            title=f"Lamin tested {name} as it was registered, with {differing}.",
            advice=f"{outcome.title} {_AGAIN}",
            command="",
            field="name",
        )


class Registered:
    """The servers that were registered from this form, by API URL and name."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], _Given] = {}

    def take_in(self, draft: Draft, version: int) -> None:
        """Keep what Lamin has accepted, with the version of its password."""
        self._given[_key(draft)] = _Given(*draft.address, version)

    def as_given(self, draft: Draft) -> Draft:
        """Return the form with the host and the port that Lamin has, where known."""
        given = self._given.get(_key(draft))
        return replace(draft, host=given.host, port=given.port) if given else draft

    def server(self, draft: Draft) -> str:
        """Return which server Lamin speaks of: its masked URL, or else its name."""
        given = self._given.get(_key(draft))
        if given is None:
            return f"{draft.name.strip()}, as it was registered with Lamin"
        return masked_url(given.host, given.port)

    def put_right(
        self, outcome: Outcome, draft: Draft, version: int, *, reachable: bool
    ) -> Outcome:
        """Say so where an outcome concerns other values than the form shows.

        Lamin tests what was registered. To correct a field changes nothing of that.

        Args:
            outcome: What an action came to.
            draft: The form when it began.
            version: That of its password.
            reachable: Whether Lamin was shown to reach what it was given.
        """
        given = self._given.get(_key(draft))
        if outcome.cause == "name_taken" and given is not None:
            advice = given.on_the_name(draft, version, reachable=reachable)
            return replace(outcome, advice=advice)
        answered = outcome.state == "success" or outcome.cause in _TESTED
        if outcome.action != "test" or not answered:
            return outcome
        if given is None:
            return replace(outcome, advice=f"{outcome.advice} {_ELSEWHERE}")
        return given.on_the_test(outcome, draft, version, reachable=reachable)


def _key(draft: Draft) -> tuple[str, str]:
    return draft.api_url, draft.name.strip()
