"""The store: the one owner of the state, the secrets, and the running job."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeAlias
from urllib.parse import urlsplit

from lamin_widgets.core.api_urls import normalize_api_url
from lamin_widgets.core.connection import check_password
from lamin_widgets.core.errors import ActionCancelled, InvalidInput
from lamin_widgets.core.outcome import explain
from lamin_widgets.form.checks import password_hint
from lamin_widgets.session import events as e
from lamin_widgets.session.accounts import describe
from lamin_widgets.session.actions import ACTIONS, Run, run_action
from lamin_widgets.session.update import update

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lamin_widgets.core.connection_strings import ConnectionString
    from lamin_widgets.core.outcome import Action, Outcome
    from lamin_widgets.core.secret import Secret
    from lamin_widgets.lamin.account import Session
    from lamin_widgets.lamin.client import DbServerClient
    from lamin_widgets.session.state import Origin, State

__all__ = ["Front", "Request", "Running", "Store"]

Effects: TypeAlias = tuple[e.Effect, ...]

GIVE_UP_S: Final = 1.0
"""Seconds until a canceled action that doesn't end is given up on. Name resolution, for
example, can't be interrupted."""


def _now() -> datetime:
    return datetime.now(timezone.utc)


LONGEST_WAIT: Final = timedelta(hours=2)
"""How long the form keeps checking."""


class Front(Protocol):
    """The user interface, as the store uses it.

    It's called outside the lock, from any thread, and must not raise.
    """

    def publish(self, state: State) -> None:
        """Show a state."""

    def tell(self, message: dict[str, Any]) -> None:
        """Send a message to every view."""

    def write(self, values: Mapping[str, str | int]) -> None:
        """Write values into the editable traits."""

    def deliver(self, outcome: Outcome, *, in_this_thread: bool) -> None:
        """Pass an outcome to the callbacks."""


class Request(NamedTuple):
    """A request for an action.

    Attributes:
        asks: Whether the form asks first if there are doubts.
        confirmed: Whether the user answered the question that is open.
        api_key: Lamin's key, for "sign-in".
        remember: Whether a sign-in is stored for this machine.
        is_awaited: Whether a Python method waits for the outcome.
    """

    asks: bool = False
    confirmed: bool = False
    api_key: Secret | None = None
    remember: bool = True
    is_awaited: bool = False


NO_REQUEST: Final = Request()
"""For actions that start automatically, such as the next try of a wait."""


@dataclass(eq=False)
class Running:
    """A job and its thread.

    Attributes:
        number: The number of the job.
        action: What is being done.
        run: The means of the action.
        is_awaited: Whether a Python method waits for the outcome.
        outcome: The result, once `done` is set.
        done: Set when the job ended and its result was published.
        started: When it started, in seconds of the monotonic clock.
    """

    number: int
    action: Action
    run: Run
    is_awaited: bool
    outcome: Outcome | None = None
    done: threading.Event = field(default_factory=threading.Event)
    started: float = field(default_factory=time.monotonic)
    _delivered: threading.Lock = field(default_factory=threading.Lock)

    def take_delivery(self) -> bool:
        """Return whether the caller is the first, who passes on the outcome."""
        return self._delivered.acquire(blocking=False)


class Store:
    """Applies events one at a time, from whichever thread they come.

    Args:
        state: The form at the beginning.
        front: Shows states, and passes on messages and outcomes.
        client: Client for every call, or None to make one for each API URL.
    """

    def __init__(
        self, state: State, front: Front, client: DbServerClient | None = None
    ) -> None:
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._state = state
        self._front = front
        self._client = client
        self._clients: dict[str, DbServerClient] = {}
        self._session: Session | None = None
        self._secrets: dict[str, Secret] = {}
        self._running: Running | None = None
        self._timer: threading.Timer | None = None
        self._wanted: e.LookUpAccount | None = None

    @property
    def state(self) -> State:
        """The newest state."""
        return self._state

    # --- Events -------------------------------------------------------------------

    def dispatch(self, event: e.Event) -> None:
        """Apply an event, publish the newest state, and carry out the effects."""
        with self._lock:
            effects = self._apply(event)
        self._carry_out(effects)

    def _apply(self, event: e.Event, request: Request = NO_REQUEST) -> Effects:
        """Apply an event. Called with the lock held."""
        self._state, effects = update(self._state, event)
        for effect in effects:
            if isinstance(effect, e.ClearSecrets):
                # Before anything is published, so that no observer can prevent it.
                for name in effect.names:
                    self._secrets.pop(name, None)
            elif isinstance(effect, e.StartJob):
                self._running = self._prepare(effect, request)
        self._changed.notify_all()
        return effects

    def _carry_out(self, effects: Effects) -> None:
        """Publish the newest state and carry out effects. Called without the lock."""
        for effect in effects:
            if isinstance(effect, e.WriteFields):
                self._front.write(effect.values)
        self.publish()
        for effect in effects:
            match effect:
                case e.StartJob():
                    self._in_thread(self._work, self._running)
                case e.CancelJob(number=number):
                    self._cancel(number)
                case e.ClearViews(fields=fields):
                    self._front.tell({"kind": "clear-secrets", "fields": [*fields]})
                case e.Focus(field=name):
                    self._front.tell({"kind": "focus", "field": name})
                case e.LookUpAccount():
                    self._look_up_soon(effect)
                case e.Schedule(number=number, seconds=seconds):
                    self._schedule(number, seconds)

    def publish(self) -> None:
        """Show the newest state, also after a late, older one."""
        shown: State | None = None
        while shown is not self._state:
            shown = self._state
            self._front.publish(shown)

    # --- Secrets ------------------------------------------------------------------

    def enter_password(self, password: Secret, by: Origin) -> None:
        """Keep a password in memory. An empty one clears it.

        Raises:
            InvalidInput: If PostgreSQL can't use it. The previous one is cleared.
        """
        if not password:
            self.dispatch(e.ForgetRequested())
            return
        try:
            check_password(password)
        except InvalidInput as error:
            self.dispatch(e.StringRefused("password", error))
            raise
        with self._lock:
            same = self._secrets.get("password") == password
            self._secrets["password"] = password
            event = e.PasswordEntered(password_hint(password), same, by)
            effects = self._apply(event)
        self._carry_out(effects)

    def paste(
        self, text: Secret, field: str, by: Origin, *, strict: bool = False
    ) -> None:
        """Fill in the form from a connection string, or show why it can't be read.

        Args:
            text: The connection string.
            field: The field in which it was entered.
            by: Where it comes from.
            strict: Whether to raise an error if it can't be read.

        Raises:
            InvalidInput: If it can't be read.
        """
        # psycopg2 reads connection strings, and isn't needed to show the form.
        from lamin_widgets.core.connection_strings import read  # noqa: PLC0415

        try:
            pasted = read(text)
        except InvalidInput as error:
            self.dispatch(e.StringRefused(field, error.with_traceback(None)))
            if strict:
                raise
            return
        password, pasted = pasted.password, pasted.without_password()
        with self._lock:
            takes = password is not None and self._may_take(pasted, by)
            if password is not None and takes:
                self._secrets["password"] = password
            hint = password_hint(password) if password else ""
            effects = self._apply(e.StringPasted(pasted, field, takes, hint, by))
        self._carry_out(effects)

    def _may_take(self, pasted: ConnectionString, by: Origin) -> bool:
        """Return whether a string's password is for the host that the form has then."""
        locked = self._state.locked if by == "page" else frozenset()
        same_host = pasted.host.lower() == self._state.basis.host
        return "password" not in locked and (same_host or "host" not in locked)

    # --- Actions ------------------------------------------------------------------

    def request(self, action: Action, request: Request) -> Running | Outcome:
        """Start an action, join it if it runs already, or return why it doesn't start.

        Args:
            action: What to do.
            request: How it was asked for.
        """
        event = e.ActionRequested(
            action,
            _now(),
            asks=request.asks,
            confirmed=request.confirmed,
            has_api_key=bool(request.api_key),
        )
        with self._lock:
            effects = self._apply(event, request)
            running = self._running
        self._carry_out(effects)
        for effect in effects:
            if isinstance(effect, e.Reject):
                self._front.deliver(effect.outcome, in_this_thread=request.is_awaited)
                return effect.outcome
        assert running is not None  # noqa: S101  # started or joined
        return running

    def do(self, action: Action, api_key: Secret | None = None) -> Outcome:
        """Run an action to its end, and deliver its outcome in this thread."""
        started = self.request(action, Request(api_key=api_key, is_awaited=True))
        if not isinstance(started, Running):
            return started
        try:
            started.done.wait()
        except KeyboardInterrupt:
            self.dispatch(e.CancelRequested())
            raise
        outcome = started.outcome
        assert outcome is not None  # noqa: S101  # set before `done`
        if started.take_delivery():
            self._front.deliver(outcome, in_this_thread=True)
        return outcome

    def start_waiting(self, action: Action) -> None:
        """Repeat a failed check until it succeeds, for `LONGEST_WAIT` at most."""
        self.dispatch(e.WaitRequested(action, _now(), _now() + LONGEST_WAIT))

    def wait(self, action: Action, timeout_s: float) -> Outcome | None:
        """Repeat a check until it succeeds, fails for another reason, or time is over.

        Returns:
            The outcome of the last try.
        """
        until = _now() + timedelta(seconds=timeout_s)
        self.dispatch(e.WaitRequested(action, _now(), until))
        try:
            with self._changed:
                while self._is_waiting(action, until):
                    self._changed.wait()
        except KeyboardInterrupt:
            self.dispatch(e.CancelRequested())
            raise
        return self._state.outcome

    def _is_waiting(self, action: Action, until: datetime) -> bool:
        job, waiting = self._state.job, self._state.waiting
        runs = job is not None and job.action == action
        return runs or (waiting is not None and waiting.until == until)

    def close(self) -> None:
        """Clear every secret, end what runs, and close the connections."""
        if self._state.closed:
            return
        self.dispatch(e.Closed())
        with self._lock:
            timer, self._timer = self._timer, None
            clients, self._clients = [*self._clients.values()], {}
            self._session = None  # It may have a token of this form only.
        if timer is not None:
            timer.cancel()
        for client in clients:
            client.close()

    def _prepare(self, effect: e.StartJob, request: Request) -> Running:
        """Collect the values of a job when the rules allow it."""
        needs_password = "password" in ACTIONS[effect.action].required
        password = self._secrets.get("password")
        run = Run(
            effect.draft,
            open_client=self._client_for,
            password=password if needs_password else None,
            api_key=request.api_key,
            hidden=() if password is None else (password,),
            remember=request.remember and self._state.remembers,
            on_step=lambda steps: self.dispatch(e.StepReported(effect.number, steps)),
        )
        return Running(effect.number, effect.action, run, request.is_awaited)

    def _client_for(self, api_url: str) -> DbServerClient:
        """Return the client for an API. Each one remembers which paths work."""
        if self._client is not None:
            return self._client
        # requests isn't needed to show the form.
        from lamin_widgets.lamin.account import Session  # noqa: PLC0415
        from lamin_widgets.lamin.client import DbServerClient  # noqa: PLC0415

        url = normalize_api_url(api_url)
        with self._lock:
            if self._state.closed:  # A new session would keep a token.
                raise ActionCancelled(cause="cancelled")
            self._session = self._session or Session()
            if url not in self._clients:
                self._clients[url] = DbServerClient(url, session=self._session)
            return self._clients[url]

    def _work(self, running: Running) -> None:
        outcome = run_action(running.action, running.run)
        self._finish(running, outcome)

    def _finish(self, running: Running, outcome: Outcome) -> None:
        """End a job. Only the first caller counts: the worker or the timeout."""
        outcome = outcome.after(time.monotonic() - running.started)
        with self._lock:
            if self._running is not running:
                return
            self._running, running.outcome = None, outcome
            effects = self._apply(e.ActionFinished(running.number, outcome))
        running.run.forget_secrets()
        self._carry_out(effects)
        if not running.is_awaited and running.take_delivery():
            self._front.deliver(outcome, in_this_thread=False)
        running.done.set()

    def _cancel(self, number: int) -> None:
        running = self._running
        if running is None or running.number != number:
            return
        running.run.cancel()
        self._in_thread(self._give_up, running)

    def _give_up(self, running: Running) -> None:
        """End a canceled job that doesn't end, such as a slow name resolution."""
        if not running.done.wait(GIVE_UP_S):
            cancelled = ActionCancelled(cause="cancelled")
            self._finish(running, explain(cancelled, running.action))

    def _schedule(self, number: int, seconds: float) -> None:
        def elapsed() -> None:
            self.dispatch(e.WaitElapsed(number, _now()))

        timer = threading.Timer(seconds, elapsed)
        timer.daemon = True
        with self._lock:
            before, self._timer = self._timer, timer
        if before is not None:
            before.cancel()
        timer.start()

    def _look_up_soon(self, effect: e.LookUpAccount) -> None:
        """Look up the account in a thread. One thread serves all requests."""
        with self._lock:
            is_running, self._wanted = self._wanted is not None, effect
        if not is_running:
            self._in_thread(self._look_up_newest)

    def _look_up_newest(self) -> None:
        served: e.LookUpAccount | None = None
        while True:
            with self._lock:
                if self._wanted is served:
                    self._wanted = None
                    return
                served = self._wanted
            if served is not None:
                self._look_up(served.turn, served.api_url)

    def _look_up(self, turn: int, api_url: str) -> None:
        """Look up the signed-in user."""
        try:
            account = self._client_for(api_url).account()
            found = e.AccountFound(turn, *describe(account, _now()), _other_hub())
        except BaseException:  # noqa: BLE001  # an action shows the reason
            found = e.AccountFound(turn, "")
        self.dispatch(found)

    @staticmethod
    def _in_thread(function: Callable[..., None], *arguments: object) -> None:
        name = f"lamin-widgets-{function.__name__.strip('_')}"
        threading.Thread(
            target=function, args=arguments, name=name, daemon=True
        ).start()


def _other_hub() -> str:
    """Return the host that an API key is sent to, or "" for Lamin's own hub."""
    from lamin_widgets.lamin.account import HUB_URL, hub_url  # noqa: PLC0415  # as above

    url = hub_url()
    return "" if url == HUB_URL else urlsplit(url).netloc
