"""The form as a Jupyter widget. The only module that imports Jupyter packages.

It holds no rules: what the page and Python change becomes an event of the store, and
what the store publishes becomes traits.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import sys
import threading
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import anywidget
import traitlets as t

from lamin_widgets.core.api_urls import default_api_url, normalize_api_url
from lamin_widgets.core.connection import DEFAULT_PORT, masked_url
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.outcome import Outcome, is_shared, reader_place
from lamin_widgets.core.redaction import safe_text
from lamin_widgets.core.secret import Secret, hides_secrets
from lamin_widgets.form.draft import Draft
from lamin_widgets.form.fields import WRITABLE
from lamin_widgets.session.actions import LONGEST_SHOWN
from lamin_widgets.session.events import (
    CancelRequested,
    FieldsChanged,
    ForgetRequested,
    HelloReceived,
    PanelToggled,
)
from lamin_widgets.session.gate import (
    ACTION_OF_BUTTON,
    may_be_secret,
    plain_port,
    read_message,
    read_update,
)
from lamin_widgets.session.knowledge import know
from lamin_widgets.session.message_context import MessageContext, running_loop
from lamin_widgets.session.panels import PANELS
from lamin_widgets.session.render import render
from lamin_widgets.session.sandboxes import sandbox_urls
from lamin_widgets.session.state import State
from lamin_widgets.session.store import LONGEST_WAIT_S, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from lamin_widgets.core.outcome import Action
    from lamin_widgets.lamin.client import DbServerClient
    from lamin_widgets.session.gate import Message
    from lamin_widgets.session.state import Origin

_STATIC: Final = pathlib.Path(__file__).parent / "static"
DEFAULT_REGION: Final = "prod-us-east-1"
STATIC_TEXT: Final = (
    '<p class="lamin-db-static">This page has no kernel, so it can\'t show the form. '
    "To use the form, run the notebook.</p>"
)


def _source(name: str) -> str | pathlib.Path:
    """Return a file's text, or its path if anywidget reloads what is edited.

    If given a path, anywidget registers a listener per form, which keeps closed forms
    in memory.
    """
    path = _STATIC / name
    return path if os.getenv("ANYWIDGET_HMR") == "1" else path.read_text("utf-8")


class _Text(t.Unicode[str, str]):
    """Text. A connection string is read and never kept."""

    name: str | None

    def validate(self, obj: Any, value: Any) -> Any:
        if not isinstance(value, str):
            del value  # The message and the frame of the error don't hold it.
            raise t.TraitError(f"{self.name} must be a string")
        return obj._validate_entry(self.name, value)  # noqa: SLF001  # its own widget


class _Port(t.TraitType[Any, Any]):
    """A whole number, or "" for what isn't one."""

    name: str | None

    def validate(self, obj: Any, value: Any) -> Any:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if not is_number and not isinstance(value, str):
            del value  # As above.
            raise t.TraitError(f"{self.name} must be a number")
        return plain_port(obj._validate_entry(self.name, value))  # noqa: SLF001


class _Panel(t.Unicode[str, str]):
    """The id of a panel, or ""."""

    name: str | None

    def validate(self, obj: Any, value: Any) -> Any:
        if value in ("", *PANELS):
            return super().validate(obj, value)
        del value  # As above.
        raise t.TraitError(f"{self.name} must be the id of a panel")


class DbServerWidget(anywidget.AnyWidget):  # type: ignore[misc]  # it has no types
    """A form that registers a PostgreSQL server with Lamin and tests the connection.

    Display it as the last line of a cell. Python can do everything that the buttons do:
    the methods below block and return an `Outcome`.

    Args:
        name: Name that identifies the server in Lamin.
        host: Host name or IP address of the server.
        port: TCP port.
        password: Password for the `postgres` user. None to enter it in the form.
        api_server_name: Lamin region.
        organization_id: UUID of the organization, if the API requires it.
        api_url: URL of the Lamin API. Default: `LAMIN_API_URL`, else
            https://api.lamin.ai.
        client: Client to use instead of one made for `api_url`.
        locked: Names of fields that the page can't change. Python still can.
        keep_password: Keep the password in memory after Lamin has accepted it.
        url: Connection string in any notation that the form can read. The string fills
            in the host, the port, and the password.

    Attributes:
        name, host, port, api_server_name, api_url, organization_id: The fields, as
            traits. Read, set, `observe`, or link them.
        instance_name, storage, schema_str, account_id: The fields of *Create an
            instance*.
        outcome: The newest `Outcome`, or None. A trait.
        facts: The facts `registered`, `lamin`, and `here`, each with a `state` of
            "yes", "no", "unknown", or "not checked"; and `next`, the recommended step.
            A read-only trait.
        has_password: Whether a password is in memory. A read-only trait.

    Raises:
        TypeError: For a misspelled argument.
        InvalidInput: For a password that PostgreSQL can't use, a connection string
            that can't be read, or an unsafe API URL.

    Examples:
        >>> widget = DbServerWidget(host="db.example.org")  # doctest: +SKIP
        >>> widget.masked_url  # doctest: +SKIP
        'postgresql://postgres:***@db.example.org:5432/postgres'
    """

    _esm = _source("view.js")
    _css = _source("view.css")

    name = _Text().tag(sync=True)
    api_server_name = _Text(DEFAULT_REGION).tag(sync=True)
    host = _Text().tag(sync=True)
    port = _Port(DEFAULT_PORT).tag(sync=True)
    api_url = _Text().tag(sync=True)
    organization_id = _Text().tag(sync=True)
    instance_name = _Text().tag(sync=True)
    storage = _Text().tag(sync=True)
    schema_str = _Text().tag(sync=True)
    account_id = _Text().tag(sync=True)
    panel = _Panel().tag(sync=True)
    view = t.Dict().tag(sync=True)

    outcome = t.Instance(Outcome, allow_none=True)
    facts = t.Dict()
    has_password = t.Bool()

    @hides_secrets("password", "url")
    def __init__(
        self,
        *,
        name: str = "",
        host: str = "",
        port: int | str = DEFAULT_PORT,
        password: str | Secret | None = None,
        api_server_name: str = DEFAULT_REGION,
        organization_id: str | None = None,
        api_url: str | None = None,
        client: DbServerClient | None = None,
        locked: Iterable[str] = (),
        keep_password: bool = False,
        url: str | Secret | None = None,
        region: None = None,
    ) -> None:
        if region is not None:
            raise TypeError(
                "DbServerWidget() has no argument region. Use api_server_name, for "
                f"example api_server_name='{DEFAULT_REGION}'"
            )
        fixed = _check_locked(locked) | ({"api_url"} if client is not None else set())
        given: dict[str, Any] = {
            "name": name,
            "host": host,
            "port": port,
            "api_server_name": api_server_name,
            "organization_id": organization_id or "",
            "api_url": client.api_url
            if client is not None
            else normalize_api_url(api_url or default_api_url()),
        }
        # Strings that may contain a password arrive as a Secret.
        strings = {key: each for key, each in given.items() if isinstance(each, Secret)}
        plain = {key: each for key, each in given.items() if key not in strings}
        self._from_page = threading.local()
        self._client = client
        self._in_message_context: Callable[..., None] | None = (
            None  # until the form is complete
        )
        self._callbacks: list[Callable[[Outcome], None]] = []
        self._loop = running_loop()
        self._store = Store(
            _initial_state(plain, fixed, keep_password=keep_password), self, client
        )
        for field, secret in strings.items():
            self._store.paste(secret, field, "code")
        if isinstance(url, Secret):
            self._store.paste(url, "paste", "code")
        if isinstance(password, Secret):
            self._store.enter_password(password, "code")
        state = self._store.state
        values = {field: getattr(state.draft, field) for field in WRITABLE}
        super().__init__(**values, **_traits_for(state))
        is_shiny = type(self.comm).__module__.startswith("shinywidgets")
        self._in_message_context = MessageContext().call if is_shiny else _call
        self._own_layout = self.layout
        self.observe(self._handle_change, [*WRITABLE, "panel"])
        self.on_msg(self._receive_message)

    @classmethod
    @hides_secrets("password", "url")
    def from_env(cls, **arguments: Any) -> DbServerWidget:
        """Return a form filled in from environment variables.

        `DATABASE_URL` fills in the host, the port, and the password. If it isn't set,
        `PGHOST`, `PGPORT`, and `PGPASSWORD` do, as in libpq.

        Args:
            arguments: Further arguments of the form. They take precedence.

        Raises:
            InvalidInput: If a variable can't be used.
        """
        if os.environ.get("DATABASE_URL"):
            arguments.setdefault("url", Secret(os.environ["DATABASE_URL"]))
        else:
            arguments.setdefault("host", os.environ.get("PGHOST", ""))
            arguments.setdefault("port", os.environ.get("PGPORT") or DEFAULT_PORT)
            if os.environ.get("PGPASSWORD"):
                arguments.setdefault("password", Secret(os.environ["PGPASSWORD"]))
        return cls(**arguments)

    # --- Actions ------------------------------------------------------------------

    def diagnose(self) -> Outcome:
        """Check the server from this machine, step by step. Blocks."""
        return self._store.request_and_wait("diagnose")

    def register(self) -> Outcome:
        """Register the server with Lamin. Blocks, and doesn't ask first.

        It returns a failure instead of raising an error.
        """
        return self._store.request_and_wait("register")

    def test(self) -> Outcome:
        """Ask Lamin whether it can connect. Blocks.

        It returns a failure instead of raising an error.
        """
        return self._store.request_and_wait("test")

    def create_instance(self) -> Outcome:
        """Create a LaminDB instance on the registered server. Blocks."""
        return self._store.request_and_wait("create-instance")

    @hides_secrets("api_key")
    def sign_in(self, api_key: str | Secret) -> Outcome:
        """Sign in to Lamin with an API key. Blocks."""
        return self._store.request_and_wait("sign-in", Secret(api_key))

    def logout(self) -> Outcome:
        """Sign out of Lamin on this machine. Blocks."""
        return self._store.request_and_wait("sign-out")

    @hides_secrets()
    def wait(self, timeout: float = 600) -> Outcome | None:
        """Repeat the next check until it succeeds. Blocks.

        The check is `test` if the server is registered, and `diagnose` otherwise. It's
        repeated in growing intervals while it fails for the same reason that can pass,
        for example a closed firewall. A rejected password isn't tried again.

        Args:
            timeout: Seconds after which to give up.

        Returns:
            The outcome of the last try.
        """
        registered = know(self._store.state).registered.state == "yes"
        action: Action = "test" if registered else "diagnose"
        return self._store.keep_checking(action, timeout)

    def cancel(self) -> None:
        """Cancel the running action. The request might already have taken effect."""
        self._store.dispatch(CancelRequested())

    # --- The password -------------------------------------------------------------

    @hides_secrets("password")
    def set_password(self, password: str | Secret | None) -> None:
        """Keep a password in memory, in place of entering it. None clears it.

        Raises:
            InvalidInput: If PostgreSQL can't use it.
        """
        # The caller means the host that it sees, also while the page changes the host.
        seen = {name: getattr(self, name) for name in WRITABLE}
        self._store.dispatch(FieldsChanged(seen, "code"))
        self._store.enter_password(Secret(password or ""), "code")

    def forget_password(self) -> None:
        """Clear the password and its input fields, except a field being edited."""
        self._store.dispatch(ForgetRequested())

    # --- What the form shows --------------------------------------------------------

    @property
    def masked_url(self) -> str:
        """The connection URL with the password masked, as the form shows it."""
        return masked_url(self.host, self.port)

    @property
    def locked(self) -> list[str]:
        """The fields that the page can't change."""
        return sorted(self._store.state.locked)

    @hides_secrets()
    def on_outcome(
        self, callback: Callable[[Outcome], None], *, remove: bool = False
    ) -> None:
        """Call `callback` with every outcome, including actions that didn't start.

        The callback runs in the kernel's main thread. For a method of this object, it
        runs in the thread that called the method. Without an event loop, it runs in
        the thread of the action.

        Args:
            callback: Function that takes the `Outcome`.
            remove: Remove the callback instead.
        """
        change = self._callbacks.remove if remove else self._callbacks.append
        change(callback)

    def close(self) -> None:
        """Clear every secret, end the running action, and remove the form."""
        if hasattr(self, "_store"):  # else __init__ refused its arguments
            self._store.close()
        super().close()
        if (layout := getattr(self, "_own_layout", None)) is not None:
            layout.close()  # ipywidgets would keep it

    def _ipython_display_(self) -> None:
        """Display the form, and a text for pages that can't draw it.

        An exported page has the text in a separate output, because nbconvert leaves
        nothing but a script where the form was. The form's styles hide the text.
        """
        from IPython.display import display  # noqa: PLC0415  # only kernels have it

        bundle, _ = self._repr_mimebundle_()
        display(bundle, raw=True)
        display({"text/plain": "", "text/html": STATIC_TEXT}, raw=True)

    def __repr__(self) -> str:
        """Return text for a front end, or a page without a kernel, to show instead."""
        name = safe_text(self.name, limit=LONGEST_SHOWN) or "(no name)"
        region = safe_text(self.api_server_name, limit=LONGEST_SHOWN)
        lines = [
            f"DbServerWidget {name}: {self.masked_url}",
            f"  region {region}, API {safe_text(self.api_url, limit=LONGEST_SHOWN)}",
        ]
        if self.outcome is not None:
            lines += [f"  {line}" for line in repr(self.outcome).splitlines()]
        lines.append(
            "  The form needs a running kernel. No form? Call .diagnose(), "
            ".register(), or .test()."
        )
        return "\n".join(lines)

    @t.validate("api_url")
    def _keep_api_of_client(self, proposal: dict[str, Any]) -> Any:
        """Return the API URL. A client that was given in code goes to its own API."""
        client = self._client
        if client is not None and proposal["value"] != client.api_url:
            raise t.TraitError(
                "The client that was given in code decides about api_url"
            )
        return proposal["value"]

    # --- The store's front ----------------------------------------------------------

    def publish(self, state: State) -> None:
        """Show a state. Called by the store."""
        if self._in_message_context is not None and not sys.is_finalizing():
            self._in_message_context(self._set_traits, _traits_for(state))

    def send_to_views(self, message: Mapping[str, Any]) -> None:
        """Send a message to every view. Called by the store."""
        if self._in_message_context is not None:
            with contextlib.suppress(Exception):  # a page that is gone needs no message
                self._in_message_context(self.send, dict(message))

    def write_fields(self, values: Mapping[str, str | int]) -> None:
        """Write values into the editable traits. Called by the store."""
        if self._in_message_context is not None:
            self._in_message_context(self._write_draft, [*values])

    def _write_draft(self, fields: Iterable[str]) -> None:
        """Write the newest values, which an observer may have changed since."""
        draft = self._store.state.draft
        self._set_traits_together({field: getattr(draft, field) for field in fields})

    def _set_traits_together(self, values: Mapping[str, object]) -> None:
        """Set traits. Observers run when all of them are set."""
        with self.hold_trait_notifications():
            self._set_traits(values)

    def _set_traits(self, values: Mapping[str, object]) -> None:
        for trait, value in values.items():
            _call_user_code(setattr, self, trait, value)

    def deliver(self, outcome: Outcome, *, in_this_thread: bool) -> None:
        """Pass an outcome to the callbacks. Called by the store."""
        for callback in tuple(self._callbacks):
            if in_this_thread or self._loop is None or not self._loop.is_running():
                _call_user_code(callback, outcome)
            else:
                self._loop.call_soon_threadsafe(_call_user_code, callback, outcome)

    # --- What the page and Python change ----------------------------------------------

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Accept a state update of the page, through the gate."""
        update = read_update(sync_data, self._store.state.locked)
        del sync_data
        self._apply_page_values(update.values, update.strings, super().set_state)
        # The page still has the values that weren't accepted.
        stale = [
            name for name in (*update.strings, *update.refused) if name in self.keys
        ]
        if stale:
            self.send_state(stale)

    def _receive_message(self, _: object, content: Any, buffers: Any) -> None:
        message = read_message(content, buffers, self._store.state.locked)
        del content, buffers
        if message is None:
            return
        self._apply_page_values(
            message.values, message.strings, self._set_traits_together
        )
        self._handle_message(message)

    def _apply_page_values(
        self,
        values: dict[str, str | int],
        strings: Mapping[str, Secret],
        show: Callable[[dict[str, Any]], None],
    ) -> None:
        """Use what the page entered: in the state first, and then in the traits.

        So an observer that raises can't prevent it, and no observer sees an old value
        of a field that the page has changed.
        """
        fields = {name: value for name, value in values.items() if name in WRITABLE}
        changing = self._store.changing(fields) if fields else contextlib.nullcontext()
        with changing, self._marked_as_page(values):
            _call_user_code(show, values)
        for field, secret in strings.items():
            self._paste(secret, field)

    def _paste(self, text: Secret, field: str, by: Origin = "page") -> None:
        with contextlib.suppress(InvalidInput):  # shown at the field
            self._store.paste(text, field, by)

    def _handle_message(self, message: Message) -> None:
        """Do what a message asks for."""
        store, secret = self._store, message.secret
        if message.kind == "hello":
            store.dispatch(HelloReceived(message.is_hello))
        elif message.kind == "forget-password":
            store.dispatch(ForgetRequested())
        elif message.kind == "connection-string" and secret is not None:
            self._paste(secret, message.field)
        elif message.kind == "password":
            with contextlib.suppress(InvalidInput):  # as above
                store.enter_password(secret or Secret(""), "page")
        elif message.kind == "action":
            self._handle_button(message.action, secret)

    def _handle_button(self, button: str, secret: Secret | None) -> None:
        """Do what a button asks for."""
        store = self._store
        question = store.state.question
        if button == "cancel":
            store.dispatch(CancelRequested())
        elif button in ACTION_OF_BUTTON:
            keeps_checking = button.startswith("keep-checking")
            store.request(
                ACTION_OF_BUTTON[button],
                "page",
                api_key=secret,
                remember=button != "sign-in-once",
                wait_s=LONGEST_WAIT_S if keeps_checking else None,
            )
        elif question is not None:  # "Register anyway" and "Send to …" answer it.
            store.request(question.action, "page", confirmed=True)

    @contextlib.contextmanager
    def _marked_as_page(self, accepted: Mapping[str, Any]) -> Iterator[None]:
        """Mark what this thread changes as changed by the page.

        Args:
            accepted: The values that the gate has accepted.
        """
        self._from_page.accepted = accepted
        try:
            yield
        finally:
            self._from_page.accepted = None

    @property
    def _accepted_values(self) -> Mapping[str, Any] | None:
        return getattr(self._from_page, "accepted", None)

    @property
    def _origin(self) -> Origin:
        return "code" if self._accepted_values is None else "page"

    def _handle_change(self, change: dict[str, Any]) -> None:
        name = change["name"]
        value = getattr(self, name)  # an observer may have changed it since
        if name == "panel":
            self._store.dispatch(PanelToggled(value))
        elif value != getattr(self._store.state.draft, name):
            self._store.dispatch(FieldsChanged({name: value}, self._origin))

    def _validate_entry(self, field: str, value: Any) -> Any:
        """Return a plain value. A connection string is read, and the field stays."""
        accepted = self._accepted_values or {}
        if field in accepted and accepted[field] is value:
            return value
        if not isinstance(value, str) or not may_be_secret(value):
            return value
        secret = Secret(value)
        del value
        self._paste(secret, field, self._origin)
        return getattr(self._store.state.draft, field)


def _call(function: Callable[..., object], *arguments: object) -> None:
    function(*arguments)


def _call_user_code(function: Callable[..., object], *arguments: object) -> None:
    """Call a function that runs code of the user. An error in it stops nothing else."""
    try:
        function(*arguments)
    except Exception:  # noqa: BLE001  # a fault of the user's code
        traceback.print_exc()


def _traits_for(state: State) -> dict[str, Any]:
    """Return the traits that show a state."""
    rendering = render(state)
    return {
        "view": rendering.view,
        "has_password": state.draft.has_password,
        "facts": rendering.facts,
        "outcome": state.outcome,
    }


def _check_locked(locked: Iterable[str]) -> set[str]:
    """Return the names of locked fields.

    Raises:
        TypeError: If they aren't names of fields.
    """
    if isinstance(locked, (str, Secret)):
        raise TypeError(
            "locked must be a list or tuple of field names, for example "
            "locked=('host',)"
        )
    names, valid = [*locked], (*WRITABLE, "password", "api_key")
    unknown = sorted(str(name) for name in names if name not in valid)
    if unknown:
        raise TypeError(
            f"Unknown fields in locked: {', '.join(unknown)}. Valid fields: "
            f"{', '.join(valid)}"
        )
    return set(names)


def _initial_state(
    values: dict[str, Any], locked: set[str], *, keep_password: bool
) -> State:
    """Return the state of a form that was filled in by code."""
    draft = Draft(**values | {"port": plain_port(values.get("port", DEFAULT_PORT))})
    urls = sandbox_urls()
    api_url = draft.parsed.api_url
    return State(
        draft=replace(draft, sandbox=api_url in urls),
        locked=frozenset(locked),
        # The URL was given in code, or it's the documented one.
        trusted=frozenset({api_url}),
        sandbox_urls=urls,
        touched=frozenset(field for field, value in values.items() if value),
        remembers=not is_shared(),
        place=reader_place(),
        keep_password=keep_password,
    )
