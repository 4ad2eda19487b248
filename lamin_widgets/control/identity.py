"""Who is signed in to Lamin, as the form says it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from lamin_widgets.control import presentation
from lamin_widgets.core.errors import LaminWidgetsError, SignInError
from lamin_widgets.lamin.account import Account

if TYPE_CHECKING:
    from lamin_widgets.control.clients import Clients
    from lamin_widgets.control.model import Model
    from lamin_widgets.core.outcome import Outcome
    from lamin_widgets.core.secret import Secret

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
        self._rejected: Secret | None = None  # a token that Lamin does not accept
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
        known = account.token is not None and account.token != self._rejected
        self._handle = account.handle or ("a given token" if known else None)
        before, self._state = self._state, "signed-in" if known else "signed-out"
        if known and before != "signed-in":
            self._close_panel()
        self.show()

    def learn(self, outcome: Outcome) -> None:
        """Take in what an action showed. It may look up, and so block."""
        if outcome.cause in {"not_signed_in", "token_rejected"}:
            self._newest = next(self._turns)  # no earlier look-up knows better
            if outcome.cause == "token_rejected":
                self._rejected = self._token()
            self._state = "signed-out"
            self.show()
            return
        if outcome.action == "sign-in":
            self.look_up()
            if outcome.state == "success":
                self._close_panel()
        elif self._state == "signed-out" and outcome.http_status:
            self._rejected = None  # Lamin answered, so somebody is signed in by now
            self.look_up()

    def _close_panel(self) -> None:
        self._model.panels = [p for p in self._model.panels if p != "sign_in"]

    def _token(self) -> Secret | None:
        try:
            return self._clients.get(self._model.api_url).account().token
        except LaminWidgetsError:
            return None

    def show(self) -> None:
        """Write the line about the account."""
        self._model.account = presentation.account(
            self._handle, self._state, self._model.api_url
        )
