"""The store: the one owner of the state, the password, and the running job."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from lamin_widgets.core.api_urls import normalize_api_url
from lamin_widgets.core.connection import check_password
from lamin_widgets.core.errors import ActionCancelled, InvalidInput
from lamin_widgets.core.outcome import explain
from lamin_widgets.form.checks import password_hint
from lamin_widgets.session import events as e
from lamin_widgets.session.accounts import describe
from lamin_widgets.session.actions import ACTIONS, Run, run_action
from lamin_widgets.session.state import Account
from lamin_widgets.session.update import update

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lamin_widgets.core.outcome import Action, Outcome
    from lamin_widgets.core.secret import Secret
    from lamin_widgets.lamin.account import Session
    from lamin_widgets.lamin.client import DbServerClient
    from lamin_widgets.session.state import Job, Origin, State

Effects: TypeAlias = tuple[e.Effect, ...]

GIVE_UP_S: Final = 1.0
"""Seconds to wait for a canceled action to end. Name resolution, for example, can't be
interrupted."""
LONGEST_WAIT_S: Final = 7200.0
"""Seconds for which the form keeps checking."""


def _now() -> datetime:
    return datetime.now(timezone.utc)


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


@dataclass(eq=False)
class Running:
    """A job and its thread.

    Attributes:
        job: The job in the state.
        run: The means of the action.
        is_awaited: Whether a Python method waits for the outcome.
        outcome: The result, once `done` is set.
        done: Set when the job ended and its result was published.
        started: When it started, in seconds of the monotonic clock.
    """

    job: Job
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
        self._password: Secret | None = None
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

    @contextlib.contextmanager
    def changing(self, fields: Mapping[str, str | int]) -> Iterator[None]:
        """Take what the page entered into the state, and publish it after the block.

        The block sets the traits, so that they never differ from a published state.
        """
        with self._lock:
            effects = self._apply(e.FieldsChanged(fields, "page"))
        try:
            yield
        finally:
            self._carry_out(effects)

    def _apply(
        self, event: e.Event, secret: Secret | None = None, *, is_awaited: bool = False
    ) -> Effects:
        """Apply an event. Called with the lock held.

        Args:
            event: What happened.
            secret: The password or the API key that came with it.
            is_awaited: Whether a Python method waits for the action that it starts.
        """
        self._state, effects = update(self._state, event)
        for effect in effects:
            match effect:
                case e.Clear(fields=fields) if "password" in fields:
                    # Before anything is published, so that no observer can prevent it.
                    self._password = None
                case e.KeepPassword():
                    self._password = secret
                case e.StartJob():
                    run = self._prepare(effect, secret)
                    self._running = Running(effect.job, run, is_awaited)
                case e.CancelJob() if self._running is not None:
                    self._running.run.cancelled.set()
                    self._in_thread(self._give_up, self._running)
        self._changed.notify_all()
        return effects

    def _carry_out(self, effects: Effects) -> None:
        """Publish the newest state and carry out effects. Called without the lock."""
        for effect in effects:
            if isinstance(effect, e.WriteFields):
                self._front.write(effect.values)
        self.publish()
        running = self._running
        for effect in effects:
            match effect:
                case e.StartJob(job=job) if running is not None and running.job is job:
                    self._in_thread(self._work, running)
                case e.Clear(fields=fields):
                    self._front.tell({"kind": "clear-secrets", "fields": [*fields]})
                case e.Focus(field=name):
                    self._front.tell({"kind": "focus", "field": name})
                case e.LookUpAccount():
                    self._look_up_soon(effect)
                case e.Schedule(next_at=next_at):
                    self._schedule(next_at)

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
            InvalidInput: If PostgreSQL can't use it. The previous one is cleared, and
                the field shows why.
        """
        if not password:
            self.dispatch(e.ForgetRequested())
            return
        try:
            check_password(password)
        except InvalidInput as error:
            self.dispatch(e.StringRefused("password", error))
            raise
        hint = password_hint(password)
        with self._lock:
            same = self._password == password
            effects = self._apply(e.PasswordEntered(hint, same, by), password)
        self._carry_out(effects)

    def paste(self, text: Secret, field: str, by: Origin) -> None:
        """Fill in the form from a connection string.

        Args:
            text: The connection string.
            field: The field in which it was entered.
            by: Where it comes from.

        Raises:
            InvalidInput: If it can't be read. The field shows why.
        """
        # psycopg2 reads connection strings, and isn't needed to show the form.
        from lamin_widgets.core.connection_strings import read  # noqa: PLC0415

        try:
            pasted = read(text)
        except InvalidInput as error:
            self.dispatch(e.StringRefused(field, error.with_traceback(None)))
            raise
        password = pasted.password
        hint = password_hint(password) if password else None
        event = e.StringPasted(pasted.host, pasted.port, pasted.note, field, hint, by)
        with self._lock:
            effects = self._apply(event, password)
        self._carry_out(effects)

    # --- Actions ------------------------------------------------------------------

    def request(
        self,
        action: Action,
        by: Origin,
        *,
        confirmed: bool = False,
        api_key: Secret | None = None,
        remember: bool = True,
        wait_s: float | None = None,
    ) -> Running | Outcome:
        """Start an action, join it if it runs already, or return why it doesn't start.

        Args:
            action: What to do.
            by: Where the request comes from.
            confirmed: Whether the user answered the question that is open.
            api_key: Lamin's key, for "sign-in".
            remember: Whether a sign-in is stored for this machine.
            wait_s: Seconds for which to try again if it fails. None tries once.
        """
        now = _now()
        until = None if wait_s is None else now + timedelta(seconds=wait_s)
        event = e.ActionRequested(
            action, now, by, confirmed, bool(api_key), remember, until
        )
        by_code = by == "code"
        with self._lock:
            is_awaited = by_code and until is None
            effects = self._apply(event, api_key, is_awaited=is_awaited)
            running = self._running
        self._carry_out(effects)
        for effect in effects:
            if isinstance(effect, e.Reject):
                self._front.deliver(effect.outcome, in_this_thread=by_code)
                return effect.outcome
        assert running is not None  # noqa: S101  # started or joined
        return running

    def do(self, action: Action, api_key: Secret | None = None) -> Outcome:
        """Run an action to its end, and deliver its outcome in this thread."""
        started = self.request(action, "code", api_key=api_key)
        if not isinstance(started, Running):
            return started
        with self._canceling_on_interrupt():
            started.done.wait()
        outcome = started.outcome
        assert outcome is not None  # noqa: S101  # set before `done`
        if started.take_delivery():
            self._front.deliver(outcome, in_this_thread=True)
        return outcome

    def wait(self, action: Action, timeout_s: float) -> Outcome | None:
        """Repeat a check until it succeeds, fails for another reason, or time is over.

        Returns:
            The outcome of the last try.
        """
        self.request(action, "code", wait_s=timeout_s)
        with self._canceling_on_interrupt(), self._changed:
            while self._is_waiting(action):
                self._changed.wait()
        return self._state.outcome

    def _is_waiting(self, action: Action) -> bool:
        job, waiting = self._state.job, self._state.waiting
        return action in {job and job.action, waiting and waiting.action}

    @contextlib.contextmanager
    def _canceling_on_interrupt(self) -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt:
            self.dispatch(e.CancelRequested())
            raise

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

    def _prepare(self, effect: e.StartJob, api_key: Secret | None) -> Run:
        """Collect the means of a job when the rules allow it."""
        job, password = effect.job, self._password
        needs_password = "password" in ACTIONS[job.action].required
        return Run(
            self._state.draft,
            open_client=self._client_for,
            password=password if needs_password else None,
            api_key=api_key,
            hidden=() if password is None else (password,),
            remember=effect.remember,
            on_step=lambda steps: self.dispatch(e.StepReported(job.number, steps)),
        )

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
                raise ActionCancelled(no_effect="Nothing was sent.")
            self._session = self._session or Session()
            if url not in self._clients:
                self._clients[url] = DbServerClient(url, session=self._session)
            return self._clients[url]

    def _work(self, running: Running) -> None:
        self._finish(running, run_action(running.job.action, running.run))

    def _finish(self, running: Running, outcome: Outcome) -> None:
        """End a job. Only the first caller counts: the worker or the timeout."""
        outcome = outcome.after(time.monotonic() - running.started)
        with self._lock:
            if self._running is not running:
                return
            self._running, running.outcome = None, outcome
            effects = self._apply(e.ActionFinished(running.job.number, outcome))
        running.run.forget_secrets()
        try:
            self._carry_out(effects)
            if not running.is_awaited and running.take_delivery():
                self._front.deliver(outcome, in_this_thread=False)
        finally:
            running.done.set()

    def _give_up(self, running: Running) -> None:
        """End a canceled job that doesn't end, such as a slow name resolution."""
        if not running.done.wait(GIVE_UP_S):
            self._finish(running, explain(ActionCancelled(), running.job.action))

    def _schedule(self, next_at: datetime) -> None:
        pause_s = max(0.0, (next_at - _now()).total_seconds())
        timer = threading.Timer(pause_s, self.dispatch, [e.WaitElapsed(next_at)])
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
            self._in_thread(self._look_up)

    def _look_up(self) -> None:
        """Look up the account, and again if that is requested meanwhile."""
        while (wanted := self._wanted) is not None:
            found = Account("signed-out", turn=wanted.turn)
            with contextlib.suppress(BaseException):  # An action shows the reason.
                account = self._client_for(wanted.api_url).account()
                found = describe(account, _now(), wanted.turn)
            self.dispatch(e.AccountFound(found))
            with self._lock:
                if self._wanted is wanted:
                    self._wanted = None
                    return

    @staticmethod
    def _in_thread(function: Callable[..., None], *arguments: object) -> None:
        name = f"lamin-widgets-{function.__name__.strip('_')}"
        threading.Thread(
            target=function, args=arguments, name=name, daemon=True
        ).start()
