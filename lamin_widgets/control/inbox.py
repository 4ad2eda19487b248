"""What the view says, and what is done about it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Literal

from lamin_widgets.control.wire import read_message, read_secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from lamin_widgets.control.controller import Controller
    from lamin_widgets.core.outcome import Action, Outcome
    from lamin_widgets.core.secret import Secret

__all__ = ["Inbox"]


class Inbox:
    """Takes the messages of every view. Unknown ones are ignored.

    Args:
        controller: Does what they ask for.
        finished: Told the outcome of every action that a button has started.
    """

    def __init__(
        self, controller: Controller, finished: Callable[[Outcome], None]
    ) -> None:
        self._controller = controller
        self._finished = finished
        self._api_key: Secret | None = None

    def receive(self, content: Any, buffers: Any) -> None:
        """Take one message, with the secret that is its buffer."""
        message = read_message(content)
        if message is None:
            return
        if message["kind"] == "hello":
            look_up = self._controller.identity.look_up
            threading.Thread(target=look_up, daemon=True).start()
        elif message["kind"] == "forget-password":
            self._controller.forget_password()
        elif message["kind"] == "action":
            self._write(message["values"])
            self._act(message["action"])
        else:
            if message["kind"] == "connection-string":
                self._write(message["values"])
            secret = read_secret(buffers)
            self._take_secret(message["kind"], message["field"], secret)

    def _write(self, values: dict[str, str | int]) -> None:
        """Write the fields as the view has them; its state may be on its way yet."""
        for field, value in values.items():
            if field not in self._controller.model.locked:
                setattr(self._controller.model, field, value)

    def _take_secret(self, kind: str, field: str, secret: Secret | None) -> None:
        if secret is None:
            return
        if kind == "connection-string":
            self._controller.take_connection_string(secret, field or "paste")
        elif kind == "api-key":
            self._api_key = secret
        elif "password" not in self._controller.model.locked:
            self._controller.offer_password(secret)

    def _act(self, action: Action | Literal["cancel"]) -> None:
        """Do what a button says."""
        api_key, self._api_key = self._api_key, None
        if action == "cancel":
            self._controller.cancel()
        else:
            self._controller.start(action, self._finished, api_key, ask=True)
