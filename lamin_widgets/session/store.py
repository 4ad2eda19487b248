"""The store: the one owner of the state, the password, and the running job."""

from __future__ import annotations

import contextlib
import threading
import time
from datetime import datetime, timedelta, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from lamin_widgets.core.api_urls import normalize_api_url
from lamin_widgets.core.errors import ActionCancelled, InvalidInput
from lamin_widgets.core.redaction import EVERY_TEXT
from lamin_widgets.core.url_parts import check_password
from lamin_widgets.form.checks import password_hint
from lamin_widgets.session import events as e
from lamin_widgets.session.actions import ACTIONS
from lamin_widgets.session.origins import with_this_origin
from lamin_widgets.session.state import AccountStatus
from lamin_widgets.session.update import update

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from lamin_widgets.core.action_names import Action
    from lamin_widgets.core.outcome import Outcome
    from lamin_widgets.core.secret import Secret
    from lamin_widgets.lamin.account import Session
    from lamin_widgets.lamin.client import DbServerClient
    from lamin_widgets.session.runner import ActionContext
    from lamin_widgets.session.state import Job, Origin, State

Effects: TypeAlias = tuple[e.Effect, ...]

GIVE_UP_S: Final = 1.0
"""Seconds to wait for a canceled action to end. Some calls, such as name resolution,
can't be interrupted."""
LONGEST_WAIT_S: Final = 7200.0
"""Seconds after which the form ends **Keep checking**."""


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _explain(error: Exception, action: Action) -> Outcome:
    from lamin_widgets.core.outcome import explain  # not needed to show the form

    return explain(error, action)


class UserInterface(Protocol):
    """The methods of the widget that the store calls.

    The store calls them without its lock and from any thread. They must not raise.
    """

    def publish(self) -> None:
        """Show the newest state, at once or later in the thread that can."""

    def send_to_views(self, message: dict[str, Any]) -> None:
        """Send a message to every open view."""

    def write_fields(self, fields: Iterable[str]) -> None:
        """Set the traits of these fields to the values in the newest state."""

    def deliver(self, outcome: Outcome, *, in_this_thread: bool) -> None:
        """Pass an outcome to the callbacks of `on_outcome`."""


class RunningJob:
    """A job that runs in a thread.

    Args:
        job: The same job as in the state.
        context: The values, secrets, and callbacks of the action.

    Attributes:
        is_awaited: Whether a Python method waits for the outcome and delivers it.
        outcome: The result after `done` is set, None before.
        done: Set after the job has ended and its result was published.
        started: Start time, in seconds of `time.monotonic`.
    """

    def __init__(self, job: Job, context: ActionContext) -> None:
        self.job = job
        self.context = context
        self.is_awaited = False
        self.outcome: Outcome | None = None
        self.done = threading.Event()
        self.started = time.monotonic()
        self._delivered = threading.Lock()

    def claim_delivery(self) -> bool:
        """Return whether the caller must deliver the outcome, as the first one must."""
        return self._delivered.acquire(blocking=False)


class Store:
    """Owner of the state, which applies events from any thread, one at a time.

    The store has a password if and only if `state.draft.has_password` is true.

    Args:
        state: The initial state of the form.
        interface: Object that shows states, messages, and outcomes.
        client: Client for every call, or None to create one for each API URL.

    Attributes:
        state: The newest state. Only the store sets it.
    """

    def __init__(
        self,
        state: State,
        interface: UserInterface,
        client: DbServerClient | None = None,
    ) -> None:
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self.state = state
        self._interface = interface
        self._client = client
        self._clients: dict[str, DbServerClient] = {}
        self._session: Session | None = None
        self._password: Secret | None = None
        self._running: RunningJob | None = None
        self._timer: threading.Timer | None = None
        self._wanted_look_up: e.LookUpAccount | None = None

    # --- Events -------------------------------------------------------------------

    def dispatch(self, event: e.Event) -> None:
        """Apply an event, publish the newest state, and carry out the effects."""
        with self.applying(event):
            pass

    @contextlib.contextmanager
    def applying(self, event: e.Event, secret: Secret | None = None) -> Iterator[None]:
        """Apply an event, and publish the newest state after the block.

        If the event changes fields, the caller sets their traits within the block, so
        the traits and the published state always have the same values.
        """
        with self._lock:
            effects = self._apply(event, secret)
        try:
            yield
        finally:
            self._carry_out(effects)

    def _apply(self, event: e.Event, secret: Secret | None = None) -> Effects:
        """Apply an event to the state, the secrets, and the running job.

        Returns the effects. The caller holds the lock.
        """
        self.state, effects = update(self.state, event)
        for effect in effects:
            match effect:
                case "keep-password":
                    self._password = secret
                case "forget-sign-in":
                    client, session = self._client, self._session
                    session = session if client is None else client.session
                    if session is not None:
                        session.forget()
                case e.StartJob():
                    context = self._context_for(effect, secret)
                    self._running = RunningJob(effect.job, context)
                case "cancel-job" if self._running is not None:
                    self._running.context.cancelled.set()
                    self._start_thread(self._give_up, self._running)
        if not self.state.draft.has_password:
            # Clear the password before the state is published, so that no observer can
            # prevent it.
            self._password = None
        self._changed.notify_all()
        return effects

    def _carry_out(self, effects: Effects) -> None:
        """Publish the newest state, and carry out effects outside the store.

        The caller doesn't hold the lock.
        """
        try:
            self._interface.publish()
        finally:  # The user can interrupt an observer.
            self._perform(effects)

    def _perform(self, effects: Effects) -> None:
        running = self._running
        for effect in effects:
            match effect:
                case e.StartJob(job=job) if running is not None and running.job is job:
                    self._start_thread(self._run_job, running)
                case e.ClearInputs(fields=fields):
                    self._interface.send_to_views(
                        {"kind": "clear-secrets", "fields": [*fields]}
                    )
                case e.Focus(field=name):
                    self._interface.send_to_views({"kind": "focus", "field": name})
                case e.LookUpAccount():
                    self._request_look_up(effect)
                case e.Schedule(next_at=next_at):
                    self._schedule(next_at)
                case e.Refuse(outcome=outcome, by=by):
                    self._interface.deliver(outcome, in_this_thread=by == "code")

    # --- Secrets ------------------------------------------------------------------

    def enter_password(
        self,
        password: Secret,
        by: Origin,
        seen: Mapping[str, str | int] = MappingProxyType({}),
    ) -> None:
        """Keep a password in memory. An empty one clears it.

        Args:
            password: The password.
            by: Where it comes from.
            seen: The host, port, and API URL that Python saw when it set the password.

        Raises:
            InvalidInput: If PostgreSQL can't use the password, or if it would go to
                another place than that in code. The previous password is cleared, and
                the field shows the reason.
        """
        if not password:
            self.dispatch("forget-password")
            return
        try:
            check_password(password)
        except InvalidInput as error:
            self.dispatch(e.EntryRejected("password", error))
            raise
        if self.state.closed:
            raise InvalidInput(cause="closed")
        hint = password_hint(password)
        with self._lock:
            # The page mustn't learn whether it guessed a password from Python.
            same = by == self.state.password.origin and self._password == password
            effects = self._apply(e.PasswordEntered(hint, same, by, seen), password)
            is_kept = self._password is password
        self._carry_out(effects)
        if by == "code" and not is_kept:
            raise InvalidInput(cause="password_other_destination", field="password")

    def paste(self, text: Secret, field: str, by: Origin) -> None:
        """Fill in the form from a connection string.

        Raises:
            InvalidInput: If the string can't be read. The field shows the reason. Or
                `password_other_destination` if code isn't allowed to set the password.
        """
        from lamin_widgets.core.connection_strings import read  # slow

        try:
            pasted = read(text)
        except InvalidInput as error:
            self.dispatch(e.EntryRejected(field, error.with_traceback(None)))
            raise
        password = pasted.password
        hint = password_hint(password) if password else None
        event = e.StringPasted(
            pasted.host,
            pasted.port,
            pasted.notation,
            pasted.remarks,
            field,
            hint,
            by,
        )
        with self.applying(event, password):
            is_kept = self._password is password
            self._interface.write_fields(("host", "port"))
        if by == "code" and password is not None and not is_kept:
            raise InvalidInput(cause="password_other_destination", field="password")

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
    ) -> RunningJob | Outcome:
        """Start an action, or join it if it's already running.

        Args:
            action: The action to start.
            by: Where the request comes from.
            confirmed: Whether the user confirmed the question that is open.
            api_key: The Lamin API key, for "sign-in".
            remember: Whether to store a sign-in for this machine.
            wait_s: Seconds for which to repeat the action if it fails. None tries once.

        Returns:
            The running job, or the outcome with the reason if the action doesn't start.
        """
        # Import what the job needs before the state has a job, because an import takes
        # time in which the user can interrupt it.
        import lamin_widgets.session.runner  # noqa: F401

        now = _now()
        until = None if wait_s is None else now + timedelta(seconds=wait_s)
        event = e.ActionRequested(
            action, now, by, confirmed, bool(api_key), remember, until
        )
        with self._lock:
            effects = self._apply(event, api_key)
            running = self._running
            refused = [each.outcome for each in effects if isinstance(each, e.Refuse)]
            if running and not refused:
                running.is_awaited |= by == "code" and until is None
        self._carry_out(effects)
        if refused:
            return refused[0]
        assert running is not None  # noqa: S101  # started or joined
        return running

    def request_and_wait(
        self, action: Action, api_key: Secret | None = None, *, remember: bool = True
    ) -> Outcome:
        """Start an action, wait for its end, and deliver its outcome in this thread.

        Raises:
            KeyboardInterrupt: If the user interrupts the wait. The action is canceled.
        """
        started = self.request(action, "code", api_key=api_key, remember=remember)
        if not isinstance(started, RunningJob):
            return started
        try:
            with self._canceling_on_interrupt():
                started.done.wait()
        finally:
            started.is_awaited = False  # After this, the job delivers its outcome.
            if started.outcome is not None and started.claim_delivery():
                self._interface.deliver(started.outcome, in_this_thread=True)
        assert started.outcome is not None  # noqa: S101  # set before `done`
        return started.outcome

    def keep_checking(self, action: Action, timeout_s: float) -> Outcome | None:
        """Repeat a check until it succeeds, fails for another reason, or time is up.

        Args:
            action: "diagnose" or "test".
            timeout_s: Seconds after which to give up.

        Returns:
            The outcome of the last try, or None if no try has ended. It's the outcome
            with the reason if the check doesn't start.

        Raises:
            KeyboardInterrupt: If the user interrupts the wait. The check is canceled.
        """
        began = _now()
        wait_s = min(timeout_s, threading.TIMEOUT_MAX)  # "Forever" has no date.
        started = self.request(action, "code", wait_s=wait_s)
        if not isinstance(started, RunningJob):
            return started
        with self._canceling_on_interrupt(), self._changed:
            while self._is_waiting(action):
                self._changed.wait()
        for each in reversed(self.state.history):
            if each.outcome.action == action and each.outcome.at >= began:
                return each.outcome
        return started.outcome

    def _is_waiting(self, action: Action) -> bool:
        job, waiting = self.state.job, self.state.waiting
        return action in {job and job.action, waiting and waiting.action}

    @contextlib.contextmanager
    def _canceling_on_interrupt(self) -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt:
            self.dispatch("cancel")
            raise

    def close(self) -> None:
        """Clear all secrets, cancel the action, and close the connections."""
        if self.state.closed:
            return
        self.dispatch("close")
        with self._lock:
            timer, self._timer = self._timer, None
            clients, self._clients = [*self._clients.values()], {}
            # The session can have the token of a sign-in for this form.
            self._session = None
        if timer is not None:
            timer.cancel()
        for client in clients:
            client.close()

    def _context_for(self, effect: e.StartJob, api_key: Secret | None) -> ActionContext:
        """Return the values and secrets for a job. The caller holds the lock."""
        from lamin_widgets.session.runner import ActionContext  # see `request`

        job, password = effect.job, self._password
        needs_password = "password" in ACTIONS[job.action].required
        return ActionContext(
            self.state.draft,
            open_client=self._client_for,
            password=password if needs_password else None,
            api_key=api_key,
            hidden=self._hidden(job),
            remember=effect.remember,
            user=self.state.user,
            on_step=lambda steps: self.dispatch(e.StepReported(job.number, steps)),
        )

    def _hidden(self, job: Job) -> tuple[Secret, ...]:
        """Return what to hide in texts. The caller holds the lock.

        In an app, a visitor can choose names, and a reply of Lamin can quote them.
        """
        has_page = self.state.secrets != "unknown" or self.state.from_page
        if self.state.shared and has_page and job.action != "diagnose":
            return (EVERY_TEXT,)
        return () if self._password is None else (self._password,)

    def _client_for(self, api_url: str) -> DbServerClient:
        """Return the client for an API URL, the same one each time.

        A client remembers which paths of its API work.

        Raises:
            ActionCancelled: If the form is closed.
            InvalidInput: If the URL can't be used.
        """
        if self._client is not None:
            return self._client
        from lamin_widgets.lamin.account import Session  # slow
        from lamin_widgets.lamin.client import DbServerClient

        url = normalize_api_url(api_url)
        with self._lock:
            if self.state.closed:  # A new session would keep a token in memory.
                raise ActionCancelled(no_effect="Nothing was sent.")
            self._session = self._session or Session()
            if url not in self._clients:
                self._clients[url] = DbServerClient(url, session=self._session)
            return self._clients[url]

    def _run_job(self, running: RunningJob) -> None:
        from lamin_widgets.session.runner import run_action  # see `request`

        self._end_job(running, run_action(running.job.action, running.context))

    def _end_job(self, running: RunningJob, outcome: Outcome) -> None:
        """End a job with its outcome.

        Both `_run_job` and `_give_up` call this. The second call has no effect.
        """
        outcome = outcome.after(time.monotonic() - running.started)
        with self._lock:
            if self._running is not running:
                return
            self._running, running.outcome = None, outcome
            try:
                event = e.ActionFinished(
                    running.job.number, outcome, running.context.user
                )
                effects = self._apply(event)
            except Exception as error:  # noqa: BLE001  # A job always ends.
                running.outcome = outcome = _explain(error, running.job.action)
                effects = self._apply(e.ActionFinished(running.job.number, outcome))
        running.context.forget_secrets()
        try:
            self._carry_out(effects)
            if not running.is_awaited and running.claim_delivery():
                self._interface.deliver(outcome, in_this_thread=False)
        finally:
            running.done.set()

    def _give_up(self, running: RunningJob) -> None:
        """End a canceled job in the state if its thread doesn't end in time."""
        if not running.done.wait(GIVE_UP_S):
            self._end_job(running, _explain(ActionCancelled(), running.job.action))

    def _schedule(self, next_at: datetime) -> None:
        pause_s = max(0.0, (next_at - _now()).total_seconds())
        dispatch = with_this_origin(self.dispatch)
        timer = threading.Timer(pause_s, dispatch, [e.WaitElapsed(next_at)])
        timer.daemon = True
        with self._lock:
            before, self._timer = self._timer, timer
        if before is not None:
            before.cancel()
        timer.start()

    def _request_look_up(self, effect: e.LookUpAccount) -> None:
        """Look up the account in a thread. At most one such thread runs."""
        with self._lock:
            is_running, self._wanted_look_up = self._wanted_look_up is not None, effect
        if not is_running:
            self._start_thread(self._look_up)

    def _look_up(self) -> None:
        """Look up the account, and look again if another request came meanwhile."""
        from lamin_widgets.session.accounts import describe  # slow

        while (wanted := self._wanted_look_up) is not None:
            found = AccountStatus("signed-out", turn=wanted.turn)
            with contextlib.suppress(BaseException):  # The next action reports it.
                account = self._client_for(wanted.api_url).account()
                found = describe(account, _now(), wanted.turn)
            self.dispatch(e.AccountFound(found))
            with self._lock:
                if self._wanted_look_up is wanted:
                    self._wanted_look_up = None
                    return

    @staticmethod
    def _start_thread(function: Callable[..., None], *arguments: object) -> None:
        name = f"lamin-widgets-{function.__name__.strip('_')}"
        threading.Thread(
            target=with_this_origin(function), args=arguments, name=name, daemon=True
        ).start()
