"""What Lamin was given from this form, which may not be what it shows by now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from lamin_widgets.causes.database import DATABASE
from lamin_widgets.connection import masked_url

if TYPE_CHECKING:
    from lamin_widgets.form import Draft
    from lamin_widgets.outcome import Outcome

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
        tested = outcome.action == "test" and outcome.cause in _TESTED
        if not tested and outcome.cause != "name_taken":
            return outcome
        given = self._given.get(_key(draft))
        if given is None:
            advice = f"{outcome.advice} {_ELSEWHERE}"
            return replace(outcome, advice=advice) if tested else outcome
        differing = given.differing(draft)
        typed_since = draft.has_password and given.version != version
        if not tested:
            if differing:
                said = f"You registered it from this form with {differing}. {_AGAIN}"
            else:
                said = _DONE if reachable else _TO_BE_TESTED
                # it may be the same, which nobody can tell: the first was dropped
                said += _TYPED_SINCE if typed_since else ""
            return replace(outcome, advice=said)
        if outcome.cause == "password_rejected" and typed_since and not differing:
            differing = "the password typed before"
        if not differing:
            return replace(outcome, advice=f"{outcome.advice} {_IF_WRONG}")
        name = draft.name.strip()
        return replace(
            outcome,
            title=f"Lamin tested {name} as it was registered, with {differing}.",
            advice=f"{outcome.title} {_AGAIN}",
            command="",
            field="name",
        )


def _key(draft: Draft) -> tuple[str, str]:
    return draft.api_url, draft.name.strip()
