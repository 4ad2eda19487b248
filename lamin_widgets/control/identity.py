"""Who is signed in to Lamin, as the form says it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from lamin_widgets.account import Account
from lamin_widgets.errors import LaminWidgetsError, SignInError

from . import presentation

if TYPE_CHECKING:
    from lamin_widgets.outcome import Outcome

    from .clients import Clients
    from .model import Model

__all__ = ["Identity"]


class Identity:
    """Knows who was signed in when it last looked.

    Args:
        model: Where it writes the line about the account.
        clients: Whom it asks.
    """

    def __init__(self, model: Model, clients: Clients) -> None:
        self._model = model
        self._clients = clients
        self._handle: str | None = None
        self._state = "unknown"
        self._turns = itertools.count()
        self._newest = -1

    def look_up(self) -> None:
        """Find out who is signed in. It blocks: call it in a thread."""
        self._newest = mine = next(self._turns)
        try:
            account = self._clients.get(self._model.api_url).account()
        except SignInError:
            account = Account()  # the reason is told when something is tried
        except LaminWidgetsError:
            return  # the API URL is not usable, and its field says so
        if mine != self._newest:
            return  # somebody has signed in since, and that was looked up
        self._handle = account.handle or ("a given token" if account.token else None)
        self._state = "signed-in" if account.token else "signed-out"
        if account.token:
            self._model.panels = [p for p in self._model.panels if p != "sign_in"]
        self.show()

    def learn(self, outcome: Outcome) -> None:
        """Take in what an action showed. It may look up, and so block."""
        if outcome.cause in {"not_signed_in", "token_rejected"}:
            self._state = "signed-out"
            self.show()
        elif outcome.action == "sign-in":
            self.look_up()
        elif self._state == "signed-out" and outcome.http_status:
            self.look_up()  # Lamin answered, so somebody has signed in elsewhere

    def show(self) -> None:
        """Write the line about the account."""
        self._model.account = presentation.account(
            self._handle, self._state, self._model.api_url
        )
