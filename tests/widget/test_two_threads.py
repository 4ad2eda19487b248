"""A person types while a worker thread is at work: the newest has the last word."""

from __future__ import annotations

import threading

import pytest

from lamin_widgets import DbServerClient, Secret
from lamin_widgets.control import presentation
from lamin_widgets.core.errors import SignInError
from lamin_widgets.core.outcome import explain, success
from lamin_widgets.lamin.account import Account


class Session:
    """A sign-in whose first look-up is slow."""

    def __init__(self):
        self.token = None
        self.looking, self.go_on = threading.Event(), threading.Event()

    def current(self):
        found = Account("me" if self.token else None, self.token)
        if not self.looking.is_set():
            self.looking.set()
            assert self.go_on.wait(10)
        return found

    def sign_in(self, key):
        self.token = Secret("a-token-of-mine")
        return Account("me", self.token)


def in_a_thread(function):
    thread = threading.Thread(target=function)
    thread.start()
    return thread


def test_what_was_worked_out_from_older_fields_is_not_written_last(shown, monkeypatch):
    widget, _ = shown(host="db.example.org")
    original = presentation.hints
    typed = []

    def hints(draft, note):
        if not typed:  # between reading the fields and writing the messages
            typed.append(True)
            thread = in_a_thread(lambda: setattr(widget, "host", ""))
            thread.join(10)
        return original(draft, note)

    monkeypatch.setattr(presentation, "hints", hints)
    widget._controller.showing.refresh()
    assert widget.messages["host"]["cause"] == "host_missing"


def test_an_observer_may_start_the_next_action(filled):
    """It is called in the worker thread, while that writes what follows."""
    widget, _ = filled
    heard = []

    def go_on(change):
        if change["new"].action == "register":
            heard.append(widget.test())

    widget.observe(go_on, "outcome")
    assert widget.register().state == "success"
    assert [outcome.action for outcome in heard] == ["test"]


def test_a_look_up_that_ends_after_the_sign_in_changes_nothing(shown):
    session = Session()
    client = DbServerClient("https://api.lamin.ai", session=session)
    widget, _ = shown(client=client)
    early = in_a_thread(widget._controller.identity.look_up)
    assert session.looking.wait(10)
    assert widget.sign_in("a-key").state == "success"
    session.go_on.set()
    early.join(10)
    assert widget.account["state"] == "signed-in"
    assert widget.account["handle"] == "me"


def test_who_signs_in_elsewhere_is_named_once_it_works(sandbox, shown, server_name):
    session = Session()
    session.looking.set()
    client = DbServerClient(sandbox.api_url, session=session)
    widget, _ = shown(
        name=server_name,
        host=sandbox.database.host,
        port=sandbox.database.port,
        password=sandbox.database.password,
        client=client,
    )
    assert widget.register().cause == "not_signed_in"
    assert widget.account["state"] == "signed-out"
    session.token = Secret(sandbox.issue_token())  # `lamin login` in a terminal
    assert widget.register().state == "success"
    assert widget.account["state"] == "signed-in"


def test_who_is_refused_by_lamin_is_signed_out(sandbox, shown):
    session = Session()
    session.looking.set()
    session.token = Secret("no-token-of-the-sandbox")
    session.renew = lambda: None
    client = DbServerClient(sandbox.api_url, session=session)
    widget, _ = shown(name="any", client=client)
    for _ in range(2):  # also when it was known before
        assert widget.test().cause == "token_rejected"
        assert widget.account["state"] == "signed-out"


def test_what_an_action_reports_late_is_not_shown(shown):
    """Its worker thread was overtaken by its end."""
    widget, _ = shown(host="127.0.0.1", port=1, password="x")
    controller = widget._controller
    jobs = []

    def note(change):
        if change["new"] and not jobs:
            jobs.append(controller.runner.current)

    widget.observe(note, "progress")
    widget.diagnose()
    controller._progress(jobs[0], ())
    assert widget.progress == {}


@pytest.mark.parametrize("trait", ["progress", "outcome", "facts", "activity"])
def test_an_observer_may_wait_for_an_action_of_its_own(shown, trait):
    """It is called in the worker thread, in the midst of what that writes."""
    widget, _ = shown(host="127.0.0.1", port=1, password="x")
    heard = []

    def go_on(change):
        idle = widget._controller.runner.current is None
        if change["new"] not in (None, {}) and not heard and idle:
            heard.append("begun")
            heard.append(widget.diagnose().cause)

    widget.observe(go_on, trait)
    ended = in_a_thread(widget.diagnose)
    ended.join(20)
    assert not ended.is_alive()
    assert trait == "progress" or heard == ["begun", "db_refused"]


def test_an_observer_of_the_progress_may_begin_when_it_is_over(shown):
    widget, _ = shown(host="127.0.0.1", port=1, password="x")
    heard = []

    def go_on(change):
        if change["new"] == {} and not heard:
            heard.append("begun")
            heard.append(widget.diagnose().cause)

    widget.observe(go_on, "progress")
    ended = in_a_thread(widget.diagnose)
    ended.join(20)
    assert heard == ["begun", "db_refused"]


def test_a_look_up_in_flight_does_not_undo_that_lamin_refused(shown):
    session = Session()
    session.token = Secret("no-token-of-the-sandbox")
    client = DbServerClient("https://api.lamin.ai", session=session)
    widget, _ = shown(client=client)
    identity = widget._controller.identity
    early = in_a_thread(identity.look_up)
    assert session.looking.wait(10)
    error = SignInError("refused", cause="token_rejected")
    identity.learn(explain(error, "test"))
    session.go_on.set()
    early.join(10)
    assert widget.account["state"] == "signed-out"
    identity.look_up()  # as when another view is drawn
    assert widget.account["state"] == "signed-out"
    identity.learn(success("test", "It was a passing trouble.", http_status=200))
    assert widget.account["state"] == "signed-in"
    identity.learn(explain(error, "test"))
    session.token = Secret("another-token")
    identity.look_up()
    assert widget.account["state"] == "signed-in"
