"""The form: the only module that imports anywidget, ipywidgets and traitlets."""

from __future__ import annotations

import os
import pathlib
import re
from typing import TYPE_CHECKING, Any, Final

import anywidget
import traitlets as t

from lamin_widgets.control import presentation
from lamin_widgets.control.callbacks import Callbacks
from lamin_widgets.control.controller import Controller
from lamin_widgets.control.inbox import Inbox
from lamin_widgets.core.api_urls import default_api_url, normalize_api_url
from lamin_widgets.core.connection import DEFAULT_PORT, masked_url
from lamin_widgets.core.outcome import Outcome
from lamin_widgets.core.secret import Secret
from lamin_widgets.form.connection_strings import looks_like_one
from lamin_widgets.form.fields import WRITABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lamin_widgets.control.wire import ToView
    from lamin_widgets.core.outcome import Action
    from lamin_widgets.lamin.client import DbServerClient

__all__ = ["DbServerWidget"]

# A web page or a storage, without user and password.
_ADDRESS: Final = re.compile(
    r"(?i)\s*(https?://[^@]*$|(s3|gs|gcs|az|abfss?|hf|file)://[^@/?#]*(/|$))"
)
_STATIC: Final = pathlib.Path(__file__).parent / "static"


def _source(name: str) -> str | pathlib.Path:
    """Return a file's text, or its path where anywidget reloads what is edited.

    Of a path, anywidget would keep a listener for each form, which keeps closed forms
    in memory.
    """
    path = _STATIC / name
    return path if os.getenv("ANYWIDGET_HMR") == "1" else path.read_text("utf-8")


class _Plain:
    """A trait in which somebody may paste a connection string.

    Such a string is taken apart into other fields, and never kept here. It is looked
    at before the trait has it: a validator that is registered with `traitlets.validate`
    would come too late, after a front end's update or an argument.
    """

    name: str | None

    def validate(self, obj: Any, value: Any) -> Any:
        return obj._take_or_keep(self.name, super().validate(obj, value))  # type: ignore[misc]  # noqa: SLF001


class _Text(_Plain, t.Unicode[str, str]):
    """Plain text."""


class _TextOrNumber(_Plain, t.Union):
    """Plain text, or a whole number."""


class DbServerWidget(anywidget.AnyWidget):  # type: ignore[misc]  # it has no types
    """A form that registers a PostgreSQL server with Lamin and tests it.

    Display it as the last line of a cell. Everything the buttons do can be called from
    Python as well; these calls block and return an `Outcome`.

    Args:
        name: What to call the server in Lamin.
        host: DNS name or IP address of the server.
        port: TCP port.
        password: Password of the user `postgres`; None to type it in the form.
        api_server_name: Lamin's region.
        organization_id: UUID of the organization, where the API asks for it.
        api_url: Address of Lamin's API. Default: `LAMIN_API_URL`, else
            https://api.lamin.ai.
        client: Client to use instead of one made for `api_url`.
        locked: Names of fields that the person cannot change, as of these arguments.
            Python still can.
        keep_password: Keep the password after Lamin has accepted it.

    Attributes:
        name, host, port, api_server_name, api_url, organization_id: The fields, as
            traits: read, set, `observe` or link them.
        instance_name, storage, schema_str: Those of *Create an instance*.
        outcome: The last `Outcome`, or None. A trait.
        facts: What is known by now: under "registered", "lamin" and "here" a `state`
            of "yes", "no", "unknown" or "not checked". A trait, to be read only.
        has_password: Whether a password is held. A trait, to be read only.

    Raises:
        TypeError: For a misspelled argument.
        InvalidInput: For a password that PostgreSQL cannot take, or an unsafe API URL.

    Examples:
        >>> widget = DbServerWidget(host="db.example.org")  # doctest: +SKIP
        >>> widget.masked_url  # doctest: +SKIP
        'postgresql://postgres:***@db.example.org:5432/postgres'
    """

    _esm = _source("db-server.js")
    _css = _source("db-server.css")

    name = _Text().tag(sync=True)
    api_server_name = _Text("prod-us-east-1").tag(sync=True)
    host = _Text().tag(sync=True)
    port = _TextOrNumber([t.Int(), t.Unicode()], default_value=DEFAULT_PORT).tag(
        sync=True
    )
    api_url = _Text().tag(sync=True)
    organization_id = _Text().tag(sync=True)
    instance_name = _Text().tag(sync=True)
    storage = _Text().tag(sync=True)
    schema_str = _Text().tag(sync=True)
    panels = t.List(t.Unicode()).tag(sync=True)

    # written by the kernel, read by the view
    fields = t.Dict(default_value=presentation.field_list()).tag(sync=True)
    hints = t.Dict().tag(sync=True)
    has_password = t.Bool().tag(sync=True)
    locked = t.List(t.Unicode()).tag(sync=True)
    regions = t.List(t.Dict(), default_value=presentation.region_list()).tag(sync=True)
    messages = t.Dict().tag(sync=True)
    account = t.Dict().tag(sync=True)
    progress = t.Dict().tag(sync=True)
    outcome = t.Instance(Outcome, allow_none=True)
    result = t.Dict(default_value=presentation.IDLE).tag(sync=True)
    facts = t.Dict().tag(sync=True)
    activity = t.List(t.Dict()).tag(sync=True)
    texts = t.Dict().tag(sync=True)
    allow_list_note = t.Dict().tag(sync=True)
    next_step = t.Bool().tag(sync=True)

    def __init__(
        self,
        *,
        name: str = "",
        host: str = "",
        port: int | str = DEFAULT_PORT,
        password: str | Secret | None = None,
        api_server_name: str = "prod-us-east-1",
        organization_id: str | None = None,
        api_url: str | None = None,
        client: DbServerClient | None = None,
        locked: Iterable[str] = (),
        keep_password: bool = False,
    ) -> None:
        try:
            secret = None if password is None else Secret(password)
        finally:
            del password  # no frame of a traceback holds it
        url = client.api_url if client else api_url or default_api_url()
        if isinstance(locked, str):
            raise TypeError(f"locked takes several names, as in locked=({locked!r},)")
        fixed = [*locked, *(["api_url"] if client else [])]
        _check_names(fixed)
        self._controller = Controller(
            self,
            self._tell,
            password=secret,
            client=client,
            keep_password=keep_password,
        )
        self._callbacks = Callbacks()
        self._inbox = Inbox(self._controller, self._callbacks.call_soon)
        super().__init__(
            port=port,  # before the host, whose connection string may name another
            name=name,
            host=host,
            api_server_name=api_server_name,
            organization_id=organization_id or "",
            api_url=normalize_api_url(url),
            locked=fixed,
        )
        self._own_layout = self.layout
        self.observe(self._changed, [*WRITABLE, "panels"])
        self.on_msg(self._received)

    # --- The Python API -----------------------------------------------------------

    @property
    def masked_url(self) -> str:
        """The connection URL with the password masked, as the form shows it."""
        return masked_url(self.host, self.port)

    def register(self) -> Outcome:
        """Register the server with Lamin. Blocks; never raises for a failed call."""
        return self._do("register")

    def test(self) -> Outcome:
        """Ask Lamin whether it can connect. Blocks; never raises for a failed call."""
        return self._do("test")

    def diagnose(self) -> Outcome:
        """Look at the server from this machine, step by step. Blocks."""
        return self._do("diagnose")

    def create_instance(self) -> Outcome:
        """Create a LaminDB instance on the registered server. Blocks."""
        return self._do("create-instance")

    def sign_in(self, api_key: str | Secret) -> Outcome:
        """Sign in to Lamin with an API key. Blocks."""
        try:
            secret = Secret(api_key)
        finally:
            del api_key
        return self._do("sign-in", secret)

    def set_password(self, password: str | Secret | None) -> None:
        """Hold a password in memory, in place of typing it; None forgets it.

        Raises:
            InvalidInput: If PostgreSQL cannot take it.
        """
        try:
            secret = None if password is None else Secret(password)
        finally:
            del password
        self._controller.set_password(secret)

    def forget_password(self) -> None:
        """Drop the password and empty its inputs, where nobody is typing."""
        self._controller.forget_password()

    def cancel(self) -> None:
        """End the action that runs. It may have come through all the same."""
        self._controller.cancel()

    def on_outcome(
        self, callback: Callable[[Outcome], None], *, remove: bool = False
    ) -> None:
        """Call `callback` with every outcome, also of an action that did not start.

        It is called in the kernel's main thread, and for a method of this object in
        the thread that called the method. Where no event loop runs, it is called in
        the thread of the action.

        Args:
            callback: Takes the `Outcome`.
            remove: Remove it instead.
        """
        if remove:
            self._callbacks.remove(callback)
        else:
            self._callbacks.add(callback)

    def close(self) -> None:
        """Drop every secret, end what runs, and remove the form."""
        if hasattr(self, "_controller"):  # else __init__ refused its arguments
            self._controller.close()
        super().close()
        if (layout := getattr(self, "_own_layout", None)) is not None:
            layout.close()  # ipywidgets would leave it

    def __repr__(self) -> str:
        """Return text for a front end, or a script, that can show no widgets."""
        lines = [
            f"DbServerWidget {self.name or '(no name)'}: {self.masked_url}",
            f"  region {self.api_server_name}, API {self.api_url}",
        ]
        if self.outcome is not None:
            lines += [f"  {line}" for line in repr(self.outcome).splitlines()]
        return "\n".join(
            [*lines, "  Without the form: .register(), .test(), .diagnose()"]
        )

    # --- Actions --------------------------------------------------------------------

    def _do(self, action: Action, api_key: Secret | None = None) -> Outcome:
        """Run an action to its end, and the callbacks in this thread."""
        ended: list[Outcome] = []
        started = self._controller.start(action, ended.append, api_key)
        if isinstance(started, Outcome):
            outcome: Outcome | None = started
        else:
            try:
                started.done.wait()
            except KeyboardInterrupt:
                self._controller.cancel()
                raise
            outcome = started.outcome
        for each in ended:  # none if another started it
            self._callbacks.call(each)
        assert outcome is not None  # noqa: S101  # `done` was set after it
        return outcome

    def open(self) -> None:
        """Show it, with all that follows from the fields in the first message."""
        self._controller.showing.refresh()
        self._controller.identity.show()
        super().open()

    # --- The view ---------------------------------------------------------------------

    def _tell(self, message: ToView) -> None:
        self.send(message)

    def _received(self, _: object, content: Any, buffers: Any) -> None:
        self._inbox.receive(content, buffers)

    def _changed(self, change: dict[str, Any]) -> None:
        self._controller.showing.changed(change["name"])
        if change["name"] == "api_url":
            self._controller.identity.show()

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take an update of the page; a connection string is not echoed to it."""
        strings = [name for name in WRITABLE if _may_hold_password(sync_data.get(name))]
        for field in strings:
            setattr(self, field, sync_data[field])
        rest = {name: sync_data[name] for name in sync_data if name not in strings}
        super().set_state(rest)

    def _take_or_keep(self, field: str, value: str | int) -> str | int:
        """Take a connection string apart, and return what the field is to hold."""
        if not _may_hold_password(value):
            return value
        secret = Secret(str(value))
        del value
        self._controller.take_connection_string(secret, field)
        self.send_state(field)  # the page may hold the string, and lets go of it
        kept: str | int = getattr(self, field)
        return kept


def _check_names(fields: Iterable[str]) -> None:
    names = (*WRITABLE, "password")
    unknown = [field for field in fields if field not in names]
    if unknown:
        raise TypeError(
            f"locked names fields that do not exist: {', '.join(unknown)}. "
            f"There are {', '.join(names)}."
        )


def _may_hold_password(value: Any) -> bool:
    is_text = isinstance(value, str)
    return is_text and looks_like_one(value) and not _ADDRESS.match(value)
