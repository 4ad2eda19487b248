"""The store with threads: one owner, secrets, cancel, and waiting."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import pytest
from doubles.processes import eventually
from doubles.raw_server import RawServer
from doubles.raw_server import silent as silence
from session.playing import filled_in

from lamin_widgets.core.errors import ConnectionFailed, InvalidInput
from lamin_widgets.core.secret import Secret
from lamin_widgets.lamin.account import Account, Session
from lamin_widgets.lamin.client import DbServerClient
from lamin_widgets.session import events as e
from lamin_widgets.session import store as store_module
from lamin_widgets.session import update
from lamin_widgets.session.knowledge import know
from lamin_widgets.session.store import RunningJob, Store


class Recorder:
    """A user interface that records everything that the store publishes."""

    def __init__(self):
        self.states, self.told, self.outcomes = [], [], []
        self.on_publish = lambda state: None

    def publish(self):
        state = self.store.state
        self.on_publish(state)
        self.states.append(state)

    def send_to_views(self, message):
        self.told.append(message)

    def write_fields(self, fields):
        self.told.append(fields)

    def deliver(self, outcome, *, in_this_thread):
        self.outcomes.append((outcome.cause, in_this_thread))


@pytest.fixture
def front():
    return Recorder()


@pytest.fixture
def silent():
    """A server that accepts connections and never replies."""
    with RawServer(silence) as server:
        yield server


@pytest.fixture
def pool():
    with ThreadPoolExecutor() as threads:
        yield threads


def store_with(state, front, client=None):
    front.store = Store(state, front, client)
    return front.store


def store_for(front, server, **values):
    draft = {"host": "127.0.0.1", "port": server.port, "has_password": False, **values}
    store = store_with(filled_in(**draft), front)
    store.enter_password(Secret("s3cret-pw"), "page")
    return store


def test_store_runs_an_action_and_returns_its_outcome(front, sandbox):
    store = store_for(front, sandbox.database)
    store.enter_password(Secret(sandbox.database.password), "page")
    outcome = store.request_and_wait("diagnose")
    assert outcome
    assert front.states[-1].outcome is outcome
    assert front.outcomes == [(None, True)]


def test_store_has_no_job_if_its_modules_cannot_be_imported(front, silent, monkeypatch):
    store = store_for(front, silent)
    monkeypatch.setitem(sys.modules, "lamin_widgets.session.runner", None)
    with pytest.raises(ImportError):
        store.request("diagnose", "page")
    assert store.state.job is None


def test_store_second_caller_joins_the_running_action(front, silent, pool):
    store = store_for(front, silent)
    running = store.request("diagnose", "page")
    assert isinstance(running, RunningJob)
    joined = pool.submit(store.request_and_wait, "diagnose")
    store.dispatch("cancel")
    assert joined.result(10).cause == "cancelled"
    assert len(front.outcomes) == 1


def test_store_delivers_an_outcome_although_another_request_was_refused(front, silent):
    store = store_for(front, silent)
    store.request("diagnose", "page")
    assert store.request_and_wait("test").cause == "busy"
    store.dispatch("cancel")
    eventually(lambda: len(front.outcomes) > 1)
    assert [cause for cause, _ in front.outcomes] == ["busy", "cancelled"]


def test_store_delivers_the_outcome_of_an_interrupted_action(front, silent):
    store = store_for(front, silent)
    store.request("diagnose", "page")
    interrupt = [threading.main_thread().ident, signal.SIGINT]
    threading.Timer(0.1, signal.pthread_kill, interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        store.request_and_wait("diagnose")
    eventually(lambda: front.outcomes)
    assert [cause for cause, _ in front.outcomes] == ["cancelled"]


def test_store_ends_an_action_ignoring_cancel(front, monkeypatch):
    monkeypatch.setattr(store_module, "GIVE_UP_S", 0.1)
    blocked = threading.Event()

    class Deaf(DbServerClient):
        def send(self, call, cancelled=None, *, check=None):
            blocked.wait(20)
            return super().send(call, cancelled, check=check)

    store = store_with(
        filled_in(), front, Deaf("https://api.lamin.ai", Secret("t" * 20))
    )
    running = store.request("test", "page")
    store.dispatch("cancel")
    assert running.done.wait(5)
    assert running.outcome.cause == "cancelled"
    blocked.set()


def test_store_ends_an_action_even_if_a_rule_raises(front, monkeypatch):
    class Down(DbServerClient):
        def send(self, _call, _cancelled=None, *, check=None):
            raise ConnectionFailed(cause="api_no_answer", sent=True)

    def fail(*_):
        raise OverflowError("date value out of range")

    monkeypatch.setattr(update, "pause_after", fail)
    store = store_with(
        filled_in(), front, Down("https://api.lamin.ai", Secret("t" * 20))
    )
    assert store.keep_checking("test", 100).cause == "unexpected"
    assert store.state.job is store.state.waiting is None


def test_store_wait_never_returns_the_outcome_of_another_action(front):
    go_on = threading.Event()

    class Slow(Session):
        def sign_out(self, *, for_machine=True, cancelled=None):
            go_on.wait(5)

    client = DbServerClient("https://api.lamin.ai", session=Slow())
    store = store_with(filled_in(), front, client)
    running = store.request("sign-out", "page")

    def end_other_action(_outcome, *, in_this_thread):
        if in_this_thread:  # The refusal is delivered, and then the sign-out's end.
            go_on.set()
            running.done.wait(5)

    front.deliver = end_other_action
    assert store.keep_checking("test", 100).cause == "busy"
    assert store.state.outcome.action == "sign-out"


def test_store_job_ends_after_an_observer_was_interrupted(front, silent):
    store = store_for(front, silent, port=1)

    def interrupt(state):
        front.on_publish = lambda _: None
        raise KeyboardInterrupt

    front.on_publish = interrupt
    with pytest.raises(KeyboardInterrupt):
        store.request("diagnose", "page")
    eventually(lambda: store.state.job is None)
    assert store.state.outcome.cause == "db_refused"


def test_store_does_not_keep_an_unusable_password(front, silent):
    store = store_for(front, silent)
    with pytest.raises(InvalidInput):
        store.enter_password(Secret("a\0b"), "code")
    assert not store.state.draft.has_password
    assert store.request_and_wait("diagnose").cause == "password_unusable"


def test_store_observer_can_run_another_action(front, silent):
    store = store_for(front, silent)
    seen = []

    def once(state):
        front.on_publish = lambda state: None
        seen.append(store.request_and_wait("sign-in").cause)

    front.on_publish = once
    store.dispatch(e.FieldsChanged({"name": "other"}, "page"))
    assert seen == ["api_key_missing"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_action_ends_even_if_an_observer_ends_the_thread(front, silent):
    store = store_for(front, silent)

    def end_the_thread(state):
        if state.outcome is not None:
            front.on_publish = lambda state: None
            raise SystemExit

    front.on_publish = end_the_thread
    running = store.request("diagnose", "page")
    store.dispatch("cancel")
    assert running.done.wait(5)
    eventually(lambda: not any("run_job" in t.name for t in threading.enumerate()))


def test_store_publishes_the_newest_state_last(front, silent, pool):
    store = store_for(front, silent)

    def write(start):
        for number in range(start, start + 50):
            store.dispatch(e.FieldsChanged({"name": f"server-{number}"}, "page"))

    assert [*pool.map(write, (0, 1000, 2000))]
    assert front.states[-1].draft.name == store.state.draft.name


def test_store_keeps_one_of_several_simultaneous_passwords(front, silent, pool):
    store = store_for(front, silent)
    passwords = [Secret(f"pw-{number}") for number in range(20)]
    assert [*pool.map(store.enter_password, passwords, ["page"] * 20)]
    assert store.state.draft.has_password
    assert store.state.password.version == 22


def test_store_wait_ends_when_it_is_canceled(front, pool):
    with socket.socket() as refusing:
        refusing.bind(("127.0.0.1", 0))
        port = refusing.getsockname()[1]
        store = store_with(filled_in(host="127.0.0.1", port=port), front)
        store.enter_password(Secret("s3cret-pw"), "page")
        outcome = pool.submit(store.keep_checking, "diagnose", 60)
        eventually(lambda: store.state.waiting and store.state.waiting.next_at)
        store.dispatch("cancel")
        assert outcome.result(10).cause == "db_refused"


def test_store_close_ends_everything(front, silent):
    store = store_for(front, silent)
    running = store.request("diagnose", "page")
    store.close()
    assert running.done.wait(5)
    assert store.state.closed
    assert not store.state.draft.has_password
    assert store.request_and_wait("diagnose").cause == "closed"


def signed_in(*handles, url="https://api.lamin.ai", **methods):
    """Return a client whose user changes with each look-up, and stays at the end."""
    found = [Account(each, each and Secret(f"token-of-{each}")) for each in handles]

    def current():
        return found.pop(0) if len(found) > 1 else found[0]

    session = mock.Mock(Session, current=current, **methods)
    return DbServerClient(url, session=session)


def at(api):
    """Return a form for an API that the user trusts."""
    return filled_in(api_url=api.url)._replace(trusted=frozenset({api.url}))


def test_store_sends_only_as_the_user_that_the_form_shows(front):
    state = filled_in()._replace(user="Signed in as ada")
    store = store_with(state, front, signed_in("bob"))
    assert store.request_and_wait("test").cause == "account_changed"


def test_store_sends_the_token_of_the_user_that_it_checked(front, api):
    api.reply(body={"status": "success"})
    store = store_with(at(api), front, signed_in("ada", "bob", url=api.url))
    assert store.request_and_wait("test")
    assert store.state.user == "Signed in as ada"
    assert api.requests[0].headers["authorization"] == "Bearer token-of-ada"


def test_store_cancels_a_call_that_waits_for_the_account(front):
    asked = threading.Event()

    class Slow(Session):
        def current(self):
            asked.set()
            threading.Event().wait(5)

    client = DbServerClient("https://api.lamin.ai", session=Slow())
    store = store_with(filled_in(), front, client)
    store.enter_password(Secret("s3cret-pw"), "page")
    running = store.request("register", "code")
    assert asked.wait(5)
    store.dispatch("cancel")
    assert running.done.wait(2)
    assert "Nothing was sent." in running.outcome.advice


@pytest.mark.parametrize(
    ("handle", "cause"), [("bob", "account_changed"), (None, None)]
)
def test_store_signs_out_only_the_user_that_the_form_shows(front, handle, cause):
    client = signed_in(handle)
    state = filled_in()._replace(user="Signed in as ada")
    store = store_with(state, front, client)
    assert store.request_and_wait("sign-out").cause == cause
    assert client.session.sign_out.called is (cause is None)


def test_store_remembers_as_which_user_a_call_was_sent(front, api):
    api.reply(201, body={"message": "Registered"})
    store = store_with(at(api), front, signed_in("ada", "bob", url=api.url))
    store.enter_password(Secret("s3cret-pw"), "page")
    assert store.request_and_wait("register")
    assert store.state.user == "Signed in as ada"
    assert store.request_and_wait("test").cause == "account_changed"
    assert know(store.state).registered.state == "not checked"


def test_store_uses_the_api_key_of_the_same_action(front):
    signs_in = mock.Mock(return_value=Account("ada", Secret("t" * 20)))
    store = store_with(filled_in(), front, signed_in(None, sign_in=signs_in))
    key = Secret("lmn-key")
    running = store.request("sign-in", "page", api_key=key, remember=False)
    assert running.done.wait(20)
    ((used,), options) = signs_in.call_args
    assert (used, options["remember"]) == (key, False)
    assert store.request_and_wait("sign-in").cause == "api_key_missing"
