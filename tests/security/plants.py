"""Leaks, planted one for each channel, that the matrix has to find."""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lamin_widgets.lamin.replies
from lamin_widgets.control.controller import Controller
from lamin_widgets.control.inbox import Inbox
from lamin_widgets.core.secret import Secret
from lamin_widgets.form import snippets as snippet
from lamin_widgets.lamin import account
from lamin_widgets.lamin.transport import RequestsTransport
from lamin_widgets.widget import DbServerWidget

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    Plant = Callable[[pytest.MonkeyPatch], None]


def _beside(owner: Any, name: str, leak: Callable[..., None]) -> Plant:
    """Do something more before a method."""

    def plant(monkeypatch: pytest.MonkeyPatch) -> None:
        original = getattr(owner, name)

        def leaky(self: Any, *arguments: Any, **more: Any) -> Any:
            leak(self, *arguments)
            return original(self, *arguments, **more)

        monkeypatch.setattr(owner, name, leaky)

    return plant


def _held(controller: Controller) -> str:
    held = controller._password.secret
    return held.reveal() if held else ""


def _note(self: Controller, secret: Secret | None) -> None:
    if secret:
        self.model.name = secret.reveal()


def _keep(self: Controller, secret: Secret | None) -> None:
    self.identity._handle = secret.reveal() if secret else None  # not shown anywhere


def _keep_raw(self: Inbox, kind: str, *more: Any) -> None:
    self._raw = more[-1].reveal()  # not shown anywhere


def _message(self: Inbox, kind: str, *more: Any) -> None:
    self._controller.showing._tell({"kind": kind, "echo": more[-1].reveal()})


def _log(self: Any, request: Any, *_: Any) -> None:
    logging.getLogger("urllib3").debug(
        "sent %s", [s.reveal() for s in request.secrets if s]
    )


def _print(self: Any, request: Any, *_: Any) -> None:
    sys.stderr.write("".join(s.reveal() for s in request.secrets if s))


def _warn(self: Any, request: Any, *_: Any) -> None:
    warnings.warn(request.token.reveal(), stacklevel=2)


def _save(self: Controller, secret: Secret | None) -> None:
    with tempfile.NamedTemporaryFile("w") as file:  # it is removed at once
        file.write(secret.reveal() if secret else "")


def _save_from_a_child(self: Inbox, kind: str, *more: Any) -> None:
    command = ["sh", "-c", 'printf %s "$1" > typed', "sh", more[-1].reveal()]
    subprocess.run(command, check=True)


def _save_at_home(self: Any, request: Any, *_: Any) -> None:
    Path.home().joinpath(".sent").write_text(request.token.reveal(), "utf-8")


def _not_redacted(monkeypatch: pytest.MonkeyPatch) -> None:
    replies = lamin_widgets.api.replies
    monkeypatch.setattr(replies, "redactor", lambda _: lambda text: text)


def _frame(monkeypatch: pytest.MonkeyPatch) -> None:
    original = RequestsTransport.send

    def send(self: Any, request: Any, *arguments: Any) -> Any:
        held = [s.reveal() for s in request.secrets if s]
        reply = original(self, request, *arguments)
        return reply if held else None

    monkeypatch.setattr(RequestsTransport, "send", send)


def _uncaught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable of the worker thread, where what the page is told fails."""
    original = Controller._conclude

    def conclude(self: Controller, *arguments: Any) -> str:
        held = _held(self)
        original(self, *arguments)
        return held

    monkeypatch.setattr(Controller, "_conclude", conclude)


def _shown_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be shown raises once more, with the first one as its context."""
    monkeypatch.setattr(account, "text_of", str)


def _repr(monkeypatch: pytest.MonkeyPatch) -> None:
    def shown(self: Secret) -> str:
        return f"Secret({self.reveal()!r})" if hasattr(self, "_reveal") else "Secret()"

    monkeypatch.setattr(Secret, "__repr__", shown)


def _widget_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    def shown(self: DbServerWidget) -> str:
        controller = getattr(self, "_controller", None)  # refused by __init__
        return f"DbServerWidget {_held(controller) if controller else ''}"

    monkeypatch.setattr(DbServerWidget, "__repr__", shown)


def _field_in_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """A string in a plain field is neither taken apart nor kept out of the code."""
    monkeypatch.setattr("lamin_widgets.widget.looks_like_one", lambda _: False)
    monkeypatch.setattr(snippet, "looks_like_one", lambda _: False)


PLANTS: dict[tuple[str, str], Plant] = {
    ("password", "state"): _beside(Controller, "set_password", _note),
    ("password", "objects"): _beside(Controller, "set_password", _keep),
    ("password", "messages"): _beside(Inbox, "_take_secret", _message),
    ("password", "mime bundle"): _widget_repr,
    ("password", "outcomes"): _not_redacted,
    ("password", "exceptions"): _not_redacted,
    ("password", "tracebacks"): _frame,
    ("password", "uncaught"): _uncaught,
    ("password", "files"): _beside(Controller, "set_password", _save),
    ("password", "logs"): _beside(RequestsTransport, "send", _log),
    ("connection string", "state"): _field_in_code,
    ("connection string", "snippets"): _field_in_code,
    ("API key", "objects"): _beside(Inbox, "_take_secret", _keep_raw),
    ("API key", "messages"): _beside(Inbox, "_take_secret", _message),
    ("API key", "uncaught"): _shown_twice,
    ("API key", "files"): _beside(Inbox, "_take_secret", _save_from_a_child),
    ("access token", "objects"): _repr,
    ("access token", "outcomes"): _not_redacted,
    ("access token", "exceptions"): _not_redacted,
    ("access token", "tracebacks"): _frame,
    ("access token", "files"): _beside(RequestsTransport, "send", _save_at_home),
    ("access token", "logs"): _beside(RequestsTransport, "send", _log),
    ("access token", "output"): _beside(RequestsTransport, "send", _print),
    ("access token", "warnings"): _beside(RequestsTransport, "send", _warn),
}
