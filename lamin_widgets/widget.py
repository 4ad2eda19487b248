"""The form as a Jupyter widget. The only module that imports Jupyter packages.

It has no rules of the form. It turns changes from the page and from Python into events
for the store, and it sets traits from the states that the store publishes.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any, Final

import anywidget
import traitlets as t

from lamin_widgets.core.api_urls import default_api_url, normalize_api_url, sandbox_urls
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.front_end import is_shared, reader_place
from lamin_widgets.core.redaction import safe_text
from lamin_widgets.core.secret import Secret, environment, hides_secrets
from lamin_widgets.core.url_parts import DEFAULT_PORT, masked_url, password_from_env
from lamin_widgets.form.fields import WRITABLE
from lamin_widgets.session.actions import LONGEST_SHOWN
from lamin_widgets.session.events import (
    FieldsChanged,
    FrontEndFound,
    HelloReceived,
    PanelToggled,
)
from lamin_widgets.session.gate import (
    ACTION_OF_BUTTON,
    may_be_secret,
    plain_port,
    read_changes,
    read_message,
)
from lamin_widgets.session.knowledge import know
from lamin_widgets.session.message_context import MessageContext, running_loop
from lamin_widgets.session.origins import ORIGIN, caused_by
from lamin_widgets.session.panels import PANELS
from lamin_widgets.session.render import render
from lamin_widgets.session.state import State
from lamin_widgets.session.store import LONGEST_WAIT_S, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from lamin_widgets.core.action_names import Action
    from lamin_widgets.core.outcome import Outcome
    from lamin_widgets.lamin.client import DbServerClient
    from lamin_widgets.session.gate import Changes, Message

_STATIC: Final = pathlib.Path(__file__).parent / "static"
DEFAULT_REGION: Final = "prod-us-east-1"
STATIC_TEXT: Final = (
    '<p class="lamin-db-static">This page has no kernel, so it can\'t show the form. '
    "To use the form, run the notebook.</p>"
)

_LONGEST_TURN_S: Final = 0.2
"""Seconds for which a thread waits for its turn to show a state."""
_NOT_TRAITS: Final = {
    "password": "Call set_password() instead.",
    "api_key": "Call sign_in() instead.",
    "url": "Set host to the connection string instead.",
    "region": "Set api_server_name instead.",
    "client": "Create another form instead.",
    "locked": "Create another form instead.",
    "keep_password": "Create another form instead.",
}
"""Names of arguments that aren't traits, and the advice for code that sets them."""


def _source(name: str) -> str | pathlib.Path:
    """Return the text of a file, or its path if anywidget reloads edited files.

    With a path, anywidget registers a listener for each form, and the listener keeps
    closed forms in memory.
    """
    path = _STATIC / name
    return path if os.getenv("ANYWIDGET_HMR") == "1" else path.read_text("utf-8")


class _Text(t.Unicode[str, str]):
    """A trait for text. A connection string fills in the form instead."""

    name: str | None

    def validate(self, obj: Any, value: Any) -> Any:
        if not isinstance(value, str):
            del value  # The value can be a secret, so keep it out of the traceback.
            raise t.TraitError(f"{self.name} must be a string")
        return obj._validate_entry(self.name, value)  # noqa: SLF001  # its own widget


class _Port(t.TraitType[Any, Any]):
    """A trait for a whole number, or "" for any other text."""

    name: str | None

    def validate(self, obj: Any, value: Any) -> Any:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if not is_number and not isinstance(value, str):
            del value  # The value can be a secret.
            raise t.TraitError(f"{self.name} must be a number")
        return plain_port(obj._validate_entry(self.name, value))  # noqa: SLF001


class _Panel(t.Unicode[str, str]):
    """A trait for the id of a panel, or "" for no panel."""

    name: str | None

    def validate(self, obj: Any, value: Any) -> Any:
        if value in ("", *PANELS):
            return super().validate(obj, value)
        del value  # The value can be a secret.
        raise t.TraitError(f"{self.name} must be the id of a panel")


class DbServerWidget(anywidget.AnyWidget):  # type: ignore[misc]  # it has no types
    """A form that registers a PostgreSQL server with Lamin and tests the connection.

    Display it as the last line of a cell. Python can do everything that the buttons do:
    the methods below block and return an `Outcome`.

    Args:
        name: Name that identifies the server in Lamin.
        host: Host name or IP address of the server.
        port: TCP port.
        password: Password for the `postgres` user, or None to enter it in the form.
        api_server_name: Lamin region, for example ``"prod-us-east-1"``.
        organization_id: UUID of the organization, if the API requires it.
        api_url: URL of the Lamin API. Default: `LAMIN_API_URL`, else
            https://api.lamin.ai.
        client: Client to use instead of a new one for `api_url`.
        locked: Names of fields that only Python can change, not the page.
        keep_password: Whether to keep the password in memory after Lamin has saved it.
        url: Connection string in any notation that the form can read. It fills in the
            host, port, and password.

    Attributes:
        name, host, port, api_server_name, api_url, organization_id: The fields, as
            traits. Read, set, `observe`, or link them.
        instance_name, storage, schema_str, account_id: The fields of *Create an
            instance*.
        outcome: The newest `Outcome`, or None. A trait to observe, which only the form
            sets.
        facts: The facts `registered`, `lamin`, and `here`, each with a `state` of
            "yes", "no", "unknown", or "not checked"; and `next`, the recommended step.
            A trait to observe, which only the form sets.
        has_password: Whether a password is in memory. A trait to observe, which only
            the form sets.

    Raises:
        TypeError: For an unknown argument, or an argument of the wrong type.
        InvalidInput: For a password that PostgreSQL can't use, a connection string
            that can't be read, or an unsafe API URL.

    Examples:
        >>> widget = DbServerWidget(host="db.example.org")  # doctest: +SKIP
        >>> widget.masked_url  # doctest: +SKIP
        'postgresql://postgres:***@db.example.org:5432/postgres'
    """

    _esm = _source("view.js")

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
    _styles = t.Unicode((_STATIC / "view.css").read_text("utf-8")).tag(sync=True)

    outcome: t.TraitType[Outcome | None, Outcome | None] = t.Any()
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
        self._locked = _check_locked(locked)
        if client is not None:
            self._locked |= {"api_url"}
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
        for key, each in given.items():
            types = (str, Secret, int) if key == "port" else (str, Secret)
            if not isinstance(each, types) or isinstance(each, bool):
                raise TypeError(f"DbServerWidget() requires a string for {key}")
        # `hides_secrets` wraps strings that could contain a password.
        strings = {
            key: Secret(each) for key, each in given.items() if may_be_secret(each)
        }
        plain = {key: each for key, each in given.items() if key not in strings}
        if "port" in plain:
            plain["port"] = plain_port(port)
        self._client = client
        # The attribute is None until the form is complete.
        self._message_context: Callable[..., None] | None = None
        self._callbacks: list[Callable[[Outcome], None]] = []
        self._turn = threading.RLock()
        self._is_overtaken = False
        self._loop = running_loop()
        empty = State(
            locked=frozenset(self._locked),
            sandbox_urls=sandbox_urls(),
            shared=True,  # until the form has a comm
            place=reader_place(),
            keep_password=keep_password,
        )
        self._store = Store(empty, self, client)
        # An API URL from code or LAMIN_API_URL is trusted.
        self._store.dispatch(FieldsChanged(plain, "code"))
        for field, secret in strings.items():
            self._store.paste(secret, field, "code")
        if isinstance(url, Secret):
            self._store.paste(url, "paste", "code")
        if isinstance(password, Secret):
            self._store.enter_password(password, "code")
        state = self._store.state
        values = {field: getattr(state.draft, field) for field in WRITABLE}
        super().__init__(**values, **render(state))
        is_shiny = type(self.comm).__module__.startswith("shinywidgets")
        self._message_context = MessageContext().call if is_shiny else _call
        self._find_front_end()
        self._own_layout = self.layout
        self.observe(self._find_front_end, "comm")
        self.observe(self._handle_change, [*WRITABLE, "panel"])
        self.on_msg(self._receive_message)

    @classmethod
    @hides_secrets("password", "url")
    def from_env(cls, **arguments: Any) -> DbServerWidget:
        """Return a form filled in from environment variables.

        `DATABASE_URL` fills in the host, the port, and the password. If it isn't set,
        or if you pass one of the three, `PGHOST`, `PGPORT`, and `PGPASSWORD` fill in
        the rest, as in libpq. They're ignored if you pass a connection string. If
        `PGUSER` names another user than `postgres`, `PGPASSWORD` is ignored.

        Args:
            arguments: Further arguments of the form. They take precedence.

        Raises:
            InvalidInput: If a variable can't be used.
        """
        names = {"url", "host", "port", "password"}
        # A connection string in any argument brings its own host and password.
        strings = {key for key, each in arguments.items() if may_be_secret(each)}
        if os.environ.get("DATABASE_URL") and names.isdisjoint(arguments):
            arguments["url"] = Secret(os.environ["DATABASE_URL"])
        elif not strings - {"password"}:
            arguments.setdefault("host", environment("PGHOST"))
            arguments.setdefault("port", environment("PGPORT", str(DEFAULT_PORT)))
            if not any(map(may_be_secret, (arguments["host"], arguments["port"]))):
                arguments.setdefault("password", password_from_env())
        return cls(**arguments)

    def __setattr__(self, name: str, value: object) -> None:
        """Set an attribute or a trait. No error quotes the value, a possible secret.

        Raises:
            AttributeError: If the name is that of an argument that isn't a trait.
            TraitError: If the trait can't have the value.
        """
        if name in _NOT_TRAITS:
            del value
            raise AttributeError(f"You can't set {name}. {_NOT_TRAITS[name]}")
        if name in WRITABLE and isinstance(value, str) and may_be_secret(value):
            # Keep the string out of the frames of traitlets.
            string = Secret(value)
            del value
            self._paste(string, name)
            value = getattr(self._store.state.draft, name)
        try:
            # Otherwise, it could become part of a change by the page in another thread.
            with self._having_turn() if name in WRITABLE else contextlib.nullcontext():
                super().__setattr__(name, value)
        except t.TraitError as error:
            # The errors of `_Text`, `_Port`, and `_Panel` quote no value.
            is_own = name in (*WRITABLE, "panel")
            text = (
                str(error) if is_own else f"{name} must be {self.traits()[name].info()}"
            )
            failed: Exception = t.TraitError(text)
        except AttributeError as error:  # for example, for a property
            failed = AttributeError(str(error))
        else:
            return
        del value
        raise failed

    # --- Actions ------------------------------------------------------------------

    def diagnose(self) -> Outcome:
        """Check the server from this machine, step by step.

        Blocks for at most 20 seconds. The password goes only to the PostgreSQL server.

        Returns:
            The outcome. A failure is returned and not raised.
        """
        return self._store.request_and_wait("diagnose")

    def register(self) -> Outcome:
        """Register the server with Lamin.

        Blocks until Lamin replies. Unlike the button, it doesn't ask for confirmation.

        Returns:
            The outcome. A failure is returned and not raised.
        """
        return self._store.request_and_wait("register")

    def test(self) -> Outcome:
        """Ask Lamin to connect to the registered server.

        Blocks until Lamin replies.

        Returns:
            The outcome. A failure is returned and not raised.
        """
        return self._store.request_and_wait("test")

    def create_instance(self) -> Outcome:
        """Create a LaminDB instance on the registered server.

        Set `instance_name` first. Blocks until Lamin replies.

        Returns:
            The outcome. A failure is returned and not raised.
        """
        return self._store.request_and_wait("create-instance")

    @hides_secrets("api_key")
    def sign_in(
        self, api_key: str | Secret, *, remember: bool | None = None
    ) -> Outcome:
        """Sign in to Lamin. Blocks until Lamin replies.

        Args:
            api_key: The API key from https://lamin.ai/settings.
            remember: Whether to sign in for this machine, as `lamin login` does, and
                not for this form only. Default: true in a notebook, and false in a
                script or an app, because visitors could use the app.

        Returns:
            The outcome. A failure is returned and not raised.

        Raises:
            TypeError: If the key isn't a `str` or a `Secret`.
        """
        if remember is None:
            remember = not self._store.state.shared
        return self._store.request_and_wait(
            "sign-in", Secret(api_key), remember=remember
        )

    def logout(self) -> Outcome:
        """Sign out of Lamin on this machine.

        If the form has its own sign-in, only that one ends.

        Returns:
            The outcome. A failure is returned and not raised.
        """
        return self._store.request_and_wait("sign-out")

    @hides_secrets()
    def wait(self, timeout: float = 600) -> Outcome | None:
        """Repeat a check until it succeeds, for example while a firewall is changed.

        The check is `test` if the server is registered, and `diagnose` otherwise. It's
        repeated after pauses of 5 to 60 seconds while it fails for a transient reason.
        Any other failure, such as a rejected password, ends the wait.

        Args:
            timeout: Seconds after which to give up.

        Returns:
            The outcome of the last try. A failure is returned and not raised.

        Raises:
            KeyboardInterrupt: If you interrupt the kernel. The check is canceled.
        """
        registered = know(self._store.state).registered.state == "yes"
        action: Action = "test" if registered else "diagnose"
        return self._store.keep_checking(action, timeout)

    def cancel(self) -> None:
        """Cancel the running action, and return at once.

        A request that was already sent might still take effect.
        """
        self._store.dispatch("cancel")

    # --- The password -------------------------------------------------------------

    @hides_secrets("password")
    def set_password(self, password: str | Secret | None) -> None:
        """Set the password, as if it was entered in the form.

        Args:
            password: The password for the `postgres` user. None clears it.

        Raises:
            InvalidInput: If PostgreSQL can't use the password, or if a visitor of an
                app chose the host, the port, the API URL, or the account.
            TypeError: If it isn't a `str`, a `Secret`, or None.
        """
        # Bind the password to the host that the caller sees, even if the page changes
        # the host at this moment.
        seen = {name: getattr(self, name) for name in ("host", "port", "api_url")}
        self._store.enter_password(Secret(password or ""), "code", seen)

    def forget_password(self) -> None:
        """Clear the password in memory and in the form.

        A field that the user is editing keeps its text.
        """
        self._store.dispatch("forget-password")

    # --- What the form shows --------------------------------------------------------

    @property
    def masked_url(self) -> str:
        """The connection URL with a mask in place of the password."""
        return masked_url(self.host, self.port)

    @property
    def locked(self) -> list[str]:
        """The names of the fields that the page can't change."""
        return sorted(self._store.state.locked)

    @hides_secrets()
    def on_outcome(
        self, callback: Callable[[Outcome], None], *, remove: bool = False
    ) -> None:
        """Call a function with every outcome, including those of refused actions.

        After a click, the function runs in the kernel's main thread, or, if there's no
        event loop, in the thread of the action. After a method such as `register`, it
        runs in the thread that called the method. An exception in the function is
        printed and not raised.

        Args:
            callback: Function that takes the `Outcome`.
            remove: Whether to remove the function instead.

        Raises:
            ValueError: If the function to remove wasn't added.
        """
        change = self._callbacks.remove if remove else self._callbacks.append
        change(callback)

    def close(self) -> None:
        """Clear all secrets, cancel the running action, and remove the form."""
        if hasattr(self, "_store"):  # It's missing if `__init__` raised an error.
            self._store.close()
        super().close()
        if (layout := getattr(self, "_own_layout", None)) is not None:
            layout.close()  # ipywidgets would keep it in memory.

    def _ipython_display_(self) -> None:
        """Display the form, and a text for exported pages.

        nbconvert exports the form as a script that draws nothing without a kernel. So a
        second output has a text, which the form's styles hide while the form works.
        """
        from IPython.display import display  # only kernels have it

        bundle, _ = self._repr_mimebundle_()
        display(bundle, raw=True)
        display({"text/plain": "", "text/html": STATIC_TEXT}, raw=True)

    def __repr__(self) -> str:
        """Return the text that is shown if the form can't be displayed."""
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
        """Refuse another API URL than that of the argument `client`."""
        client = self._client
        if client is not None and proposal["value"] != client.api_url:
            raise t.TraitError("api_url must be the URL of the form's client")
        return proposal["value"]

    # --- The store's user interface -------------------------------------------------

    def publish(self) -> None:
        """Set the traits that show the newest state. The store calls this."""
        self._in_message_context(self._show_newest)

    def _show_newest(self) -> None:
        """Show the newest state, and again if it changes meanwhile."""
        shown: State | None = None
        with self._having_turn() as has_turn:
            self._is_overtaken |= not has_turn
            while shown is not self._store.state:
                shown = self._store.state
                self._set_traits(render(shown))
            if has_turn and self._is_overtaken:
                # This thread could have sent an older view.
                self._is_overtaken = False
                self.send_state("view")

    @contextlib.contextmanager
    def _having_turn(self) -> Iterator[bool]:
        """Set traits while no other thread does.

        Threads take turns, so the page gets the newest view last. If the observers of
        one thread take long, another one overtakes it, and this value is False.
        """
        has_turn = self._turn.acquire(timeout=_LONGEST_TURN_S)
        try:
            yield has_turn
        finally:
            if has_turn:
                self._turn.release()

    def _in_message_context(
        self, function: Callable[..., None], *arguments: object
    ) -> None:
        """Call a function in the thread that sends messages, at once or later.

        Does nothing before the form is complete, and while Python ends.
        """
        if self._message_context is not None and not sys.is_finalizing():
            self._message_context(function, *arguments)

    def send_to_views(self, message: Mapping[str, Any]) -> None:
        """Send a message to every open view. The store calls this."""
        with contextlib.suppress(Exception):  # The page might be closed.
            self._in_message_context(self.send, dict(message))

    def write_fields(self, fields: Iterable[str]) -> None:
        """Set the traits of fields from the newest state. The store calls this."""
        self._in_message_context(self._write_draft, fields)

    def _write_draft(self, fields: Iterable[str]) -> None:
        draft = self._store.state.draft
        self._set_traits_together({field: getattr(draft, field) for field in fields})

    def _set_traits_together(self, values: Mapping[str, object]) -> None:
        """Set traits, and run their observers after all of them are set."""
        with self.hold_trait_notifications():
            self._set_traits(values)

    def _set_traits(self, values: Mapping[str, object]) -> None:
        for trait, value in values.items():
            setattr(self, trait, value)

    def deliver(self, outcome: Outcome, *, in_this_thread: bool) -> None:
        """Pass an outcome to the callbacks of `on_outcome`. The store calls this."""
        for callback in tuple(self._callbacks):
            if in_this_thread or self._loop is None or not self._loop.is_running():
                _call_user_code(callback, outcome)
            else:
                self._loop.call_soon_threadsafe(_call_user_code, callback, outcome)

    def _find_front_end(self, _: object = None) -> None:
        """Find out whether visitors could use the form.

        An app can replace the comm of a form that was created in a notebook.
        """
        shared, locked = is_shared(self.comm), self._locked
        if shared and self._client is not None:
            # A visitor's sign-in would be that of all forms with this client.
            locked = locked | {"api_key"}
        self._store.dispatch(FrontEndFound(shared, frozenset(locked)))

    # --- What the page and Python change ----------------------------------------------

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Apply the valid parts of a change of traits from the page."""
        changes = read_changes(sync_data, self._store.state.locked)
        del sync_data
        with caused_by("page"):
            self._apply_changes(changes, super().set_state)
        # Replace the values on the page that weren't accepted.
        stale = [
            name for name in (*changes.strings, *changes.rejected) if name in self.keys
        ]
        if stale:
            self.send_state(stale)

    def _receive_message(self, _: object, content: Any, buffers: Any) -> None:
        message = read_message(content, buffers, self._store.state.locked)
        del content, buffers
        if message is not None:
            with caused_by("page"):
                self._apply_changes(message.changes, self._set_traits_together)
                self._handle_message(message)

    def _apply_changes(
        self, changes: Changes, set_traits: Callable[[dict[str, Any]], None]
    ) -> None:
        """Apply values from the page to the state, and then to the traits.

        Args:
            changes: The valid values, and the connection strings.
            set_traits: Function that sets the traits.
        """
        values = changes.values
        fields = {name: values[name] for name in values if name in WRITABLE}
        event = FieldsChanged(fields, "page")
        with (
            self._having_turn(),
            self._store.applying(event) if fields else contextlib.nullcontext(),
        ):
            set_traits(values)
        for field, text in changes.strings.items():
            self._paste(text, field)

    def _paste(self, text: Secret, field: str) -> None:
        """Fill in the form from a connection string.

        Raises:
            InvalidInput: `password_other_destination` if code isn't allowed to set the
                password.
        """
        try:
            self._store.paste(text, field, ORIGIN.get())
        except InvalidInput as error:  # The field shows any other reason.
            if error.cause == "password_other_destination":
                raise

    def _handle_message(self, message: Message) -> None:
        """Dispatch the event for a message."""
        store, secret = self._store, message.secret
        if message.kind == "hello":
            store.dispatch(HelloReceived(message.is_hello))
            # Any message shows that the kernel knows the form.
            self.send_to_views({"kind": "clear-secrets", "fields": []})
        elif message.kind == "forget-password":
            store.dispatch("forget-password")
        elif message.kind == "connection-string" and secret is not None:
            self._paste(secret, message.field)
        elif message.kind == "password":
            with contextlib.suppress(InvalidInput):  # The field shows the reason.
                store.enter_password(secret or Secret(""), "page")
        elif message.kind == "action":
            self._handle_button(message.button, secret)

    def _handle_button(self, button: str, secret: Secret | None) -> None:
        """Start or cancel the action of a button."""
        store = self._store
        question = store.state.question
        if button == "cancel":
            store.dispatch("cancel")
        elif button in ACTION_OF_BUTTON:
            keeps_checking = button.startswith("keep-checking")
            store.request(
                ACTION_OF_BUTTON[button],
                "page",
                api_key=secret,
                remember=button != "sign-in-once",
                wait_s=LONGEST_WAIT_S if keeps_checking else None,
            )
        elif question is not None:  # "Register anyway" and "Send to …" confirm it.
            store.request(question.action, "page", confirmed=True)

    def notify_change(self, change: dict[str, Any]) -> None:
        """Call the observers of a trait. One that raises can't prevent a change."""
        _call_user_code(super().notify_change, change)

    def _handle_change(self, change: dict[str, Any]) -> None:
        name = change["name"]
        value = getattr(self, name)  # An observer could have changed it since.
        if name == "panel":
            self._store.dispatch(PanelToggled(value))
        elif value != getattr(self._store.state.draft, name):
            self._store.dispatch(FieldsChanged({name: value}, ORIGIN.get()))

    def _validate_entry(self, field: str, value: Any) -> Any:
        """Return the value for a trait.

        A connection string fills in the form, and the trait gets the field's value in
        the state. A value that the state already has was checked before.
        """
        is_known = value == getattr(self._store.state.draft, field)
        if is_known or not may_be_secret(value):
            return value
        text = Secret(value)
        del value
        with contextlib.suppress(InvalidInput):  # Its frames would have the string.
            self._paste(text, field)
        return getattr(self._store.state.draft, field)


def _call(function: Callable[..., object], *arguments: object) -> None:
    function(*arguments)


def _call_user_code(function: Callable[..., object], *arguments: object) -> None:
    """Call a function that runs user code, and print an exception that it raises."""
    try:
        function(*arguments)
    except Exception:  # noqa: BLE001  # User code can raise any exception.
        traceback.print_exc()


def _check_locked(locked: Iterable[str]) -> set[str]:
    """Return the names of locked fields as a set.

    Raises:
        TypeError: If one isn't the name of a field.
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
