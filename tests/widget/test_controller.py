"""What the form does, without Jupyter: one action at a time, and nothing is lost."""

from __future__ import annotations

import socket
import threading
import time
from types import SimpleNamespace

import pytest

from lamin_widgets.control.clients import Clients
from lamin_widgets.control.conclusions import conclude
from lamin_widgets.control.controller import REMEMBERED, Controller
from lamin_widgets.control.runner import GRACE_S, Job, Runner
from lamin_widgets.control.verdicts import Verdicts
from lamin_widgets.core.outcome import Outcome
from lamin_widgets.core.secret import Secret
from lamin_widgets.lamin.client import DbServerClient

REGISTER = "/db/server/register"
CHECK = "/db/server/checks-access"
GOOD = {"status": "success"}
PASSWORD = "hR6!wq/Tz2#vK8@"


class Model(SimpleNamespace):
    """The traits as plain attributes."""

    def __init__(self, **values):
        super().__init__(
            **{
                **dict.fromkeys(("name", "organization_id", "instance_name"), ""),
                **dict.fromkeys(("storage", "schema_str"), ""),
                **{key: {} for key in ("messages", "account", "progress", "facts")},
                "api_server_name": "prod-us-east-1",
                "host": "127.0.0.1",
                "port": 5432,
                "panels": [],
                "locked": [],
                "has_password": False,
                "outcome": None,
                "activity": [],
                "texts": {},
                "next_step": False,
            }
            | values
        )


class Form:
    """A controller, its model, and what the view was told."""

    def __init__(self, box, name, **options):
        self.box = box
        self.told = []
        database = box.database
        self.model = Model(
            name=name, host=database.host, port=database.port, api_url=box.api_url
        )
        client = options.pop("client", None)
        given = DbServerClient(box.api_url, box.issue_token())
        self.controller = Controller(
            self.model, self.told.append, client=client or given, **options
        )
        self.controller.set_password(Secret(database.password))
        self.start = len(box.api.requests)

    def begin(self, action):
        self.outcomes = []
        return self.controller.start(action, self.outcomes.append)

    def do(self, action):
        job = self.begin(action)
        if isinstance(job, Outcome):
            return job
        assert job.done.wait(20)
        return job.outcome

    def sent(self, path=None):
        received = [request.path for request in self.box.api.requests[self.start :]]
        return len([p for p in received if path in (None, p)])

    @property
    def facts(self):
        facts = self.model.facts
        return {key: facts[key]["state"] for key in ("registered", "lamin", "here")}


@pytest.fixture
def form(breakable, server_name):
    form = Form(breakable, server_name)
    yield form
    form.controller.close()


@pytest.fixture
def make(breakable, server_name):
    forms = []

    def make(**options):
        forms.append(Form(breakable, server_name, **options))
        return forms[-1]

    yield make
    for form in forms:
        form.controller.close()


def until(condition, within_s=10.0):
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.005)


# --- One action at a time ---


def test_pressing_register_twice_sends_it_once(form):
    form.box.api.fault(delay_s=0.3)
    first = form.begin("register")
    second = form.begin("register")
    assert second is first
    assert first.done.wait(10)
    assert first.outcome
    assert form.sent(REGISTER) == 1
    assert len(form.model.activity) == 1


def test_pressing_register_from_many_threads_sends_it_once(form):
    form.box.api.fault(delay_s=0.3)
    barrier = threading.Barrier(8)
    jobs = []

    def press():
        barrier.wait()
        jobs.append(form.begin("register"))

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, jobs))) == 1
    assert jobs[0].done.wait(10)
    assert form.sent(REGISTER) == 1


def test_another_action_is_refused_while_one_runs(form):
    form.box.api.fault(delay_s=0.3)
    job = form.begin("register")
    refused = form.begin("test")
    assert refused.cause == "busy"
    assert "Register" in refused.title + refused.advice
    assert job.done.wait(10)
    assert form.sent(CHECK) == 0
    assert form.do("test")  # and afterwards it works


def test_progress_is_shown_while_it_runs_and_never_after(form):
    form.box.api.fault(delay_s=0.2)
    job = form.begin("register")
    until(lambda: form.model.progress)
    assert form.model.progress["action"] == "register"
    assert job.done.wait(10)
    assert form.model.progress == {}
    for _ in range(20):  # even where it ends at once
        form.do("diagnose")
        assert form.model.progress == {}


def test_a_form_that_is_not_ready_sends_nothing_and_points_at_the_field(form):
    form.model.name = " "
    outcome = form.do("register")
    assert (outcome.cause, outcome.field) == ("name_missing", "name")
    assert form.model.outcome is outcome
    assert form.told[-1] == {"kind": "focus", "field": "name"}
    assert form.sent() == 0


# --- Cancel ---


def test_cancel_gives_the_form_back_and_says_what_is_unknown(form):
    form.box.api.fault(silent=True)
    job = form.begin("register")
    until(lambda: form.sent(REGISTER) == 1)
    start = time.monotonic()
    form.controller.cancel()
    assert job.done.wait(10)
    assert time.monotonic() - start < GRACE_S + 3
    assert (job.outcome.cause, job.outcome.state) == ("cancelled", "unknown")
    assert "Test the connection" in job.outcome.advice
    assert form.facts["registered"] == "unknown"
    assert form.model.has_password
    assert form.do("register")


def test_cancel_gives_the_form_back_even_if_the_call_hangs(form, monkeypatch):
    """A look-up of a host cannot be interrupted; what it finds is not used."""
    hangs, go_on = threading.Event(), threading.Event()
    real = socket.getaddrinfo

    def slow(*args, **kwargs):
        if not go_on.is_set():
            hangs.set()
            assert go_on.wait(20)
        return real(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    job = form.begin("register")
    assert hangs.wait(5)
    start = time.monotonic()
    form.controller.cancel()
    assert job.done.wait(10)
    assert time.monotonic() - start < GRACE_S + 3
    go_on.set()
    assert form.do("test").cause == "not_registered"
    assert form.sent(REGISTER) == 0


def test_cancel_gives_the_form_back_even_if_the_sign_in_hangs(make):
    class Hanging:
        def __init__(self):
            self.asked, self.go_on = threading.Event(), threading.Event()

        def current(self):
            self.asked.set()
            assert self.go_on.wait(20)
            raise RuntimeError("too late")

    session = Hanging()
    form = make()
    form = make(client=DbServerClient(form.box.api_url, session=session))
    job = form.begin("register")
    assert session.asked.wait(5)
    start = time.monotonic()
    form.controller.cancel()
    assert job.done.wait(10)
    assert time.monotonic() - start < GRACE_S + 3
    session.go_on.set()
    assert job.outcome.cause == "cancelled"
    assert form.sent() == 0
    assert form.model.outcome is job.outcome


def test_cancel_reaches_the_call_though_the_api_url_was_changed(make, monkeypatch):
    """The call that runs is the one to end, not one at the new address."""
    form = make()
    form.controller._clients = Clients(None)
    token = form.box.issue_token()
    client = DbServerClient(form.box.api_url, token)
    form.controller._clients._made[form.box.api_url] = client
    form.box.api.fault(silent=True)
    job = form.begin("register")
    until(lambda: form.sent(REGISTER) == 1)
    form.model.api_url = "not a url"
    start = time.monotonic()
    form.controller.cancel()
    assert job.done.wait(10)
    assert time.monotonic() - start < GRACE_S + 3


def test_cancel_with_nothing_running_does_nothing(form):
    form.controller.cancel()
    assert form.do("register")


# --- The password ---


def test_the_password_is_dropped_once_lamin_has_it(form):
    assert form.do("register")
    assert not form.model.has_password
    assert {"kind": "clear-secrets", "fields": ["password"]} in form.told
    assert form.do("test")  # which does not need it


def test_the_password_is_kept_when_register_fails(form):
    form.box.api.fault(status=500)
    assert not form.do("register")
    assert form.model.has_password
    assert form.do("register")  # without typing it again


def test_the_password_is_kept_when_asked_to(make):
    form = make(keep_password=True)
    assert form.do("register")
    assert form.model.has_password
    assert "clear-secrets" not in {message["kind"] for message in form.told}


def test_a_password_typed_while_register_runs_is_kept(form):
    form.box.api.fault(delay_s=0.3)
    job = form.begin("register")
    until(lambda: form.sent(REGISTER) == 1)
    form.controller.set_password(Secret(PASSWORD))
    assert job.done.wait(10)
    assert job.outcome
    assert form.model.has_password


def test_closing_drops_the_secrets_and_ends_what_runs(form):
    form.box.api.fault(silent=True)
    job = form.begin("register")
    until(lambda: form.sent(REGISTER) == 1)
    form.controller.close()
    assert job.done.wait(10)
    assert not form.model.has_password
    assert form.controller.draft.has_password is False
    fields = ["password", "paste", "api_key"]
    assert form.told[-1] == {"kind": "clear-secrets", "fields": fields}
    assert form.do("test").cause == "closed"
    form.controller.close()


# --- The client ---


def test_there_is_one_client_for_each_api(make):
    form = make()
    form.controller._clients = Clients(None)
    url = form.box.api_url
    clients = []
    for text in (url, f"{url}/", f" {url}", form.box.published_api_url, url):
        form.model.api_url = text
        clients.append(form.controller._clients.get(text))
    assert clients[0] is clients[1] is clients[2] is clients[4]
    assert clients[3] is not clients[0]


def test_diagnose_needs_no_usable_api_url(make):
    form = make()
    form.controller._clients = Clients(None)
    form.model.api_url = "nowhere"
    assert form.do("diagnose").action == "diagnose"
    assert form.do("test").cause == "api_url_invalid"


# --- What follows ---


def test_a_result_goes_stale_when_a_field_it_rests_on_changes(form):
    form.do("register")
    assert not form.controller.showing.stale
    form.model.storage = "s3://bucket"  # not one of them
    assert not form.controller.showing.stale
    for field, other in {
        "name": "another",
        "host": "db.example.org",
        "port": 5433,
        "api_server_name": "prod-us-west-2",
        "api_url": "https://api.lamin.ai",
    }.items():
        before = getattr(form.model, field)
        setattr(form.model, field, other)
        assert form.controller.showing.stale, field
        form.controller.showing.refresh()
        registered = form.model.facts["registered"]
        if field in {"name", "api_url"}:  # that is another server
            assert registered["state"] == "not checked"
        else:
            assert registered["stale"]
        setattr(form.model, field, before)
        assert not form.controller.showing.stale


def test_a_diagnosis_goes_stale_with_another_password(form):
    form.do("diagnose")
    assert not form.controller.showing.stale
    form.controller.set_password(Secret(PASSWORD))
    assert form.controller.showing.stale
    assert form.model.facts["here"]["stale"]


def test_registered_and_reachable_are_three_separate_facts(form):
    form.controller.showing.refresh()
    assert form.facts == dict.fromkeys(("registered", "lamin", "here"), "not checked")
    form.do("diagnose")
    assert form.facts == {
        "registered": "not checked",
        "lamin": "not checked",
        "here": "yes",
    }
    form.do("register")
    assert form.facts == {
        "registered": "yes",
        "lamin": "not checked",
        "here": "yes",
    }
    form.box.database.stop()
    try:
        form.do("test")
        assert form.facts == {"registered": "yes", "lamin": "no", "here": "yes"}
        assert "a firewall" in form.model.facts["conclusion"]
        assert "allow_list" in form.model.panels
        assert not form.model.next_step
    finally:
        form.box.database.start()
    form.do("test")
    assert form.facts == {"registered": "yes", "lamin": "yes", "here": "yes"}
    assert "the server is ready" in form.model.facts["conclusion"]
    assert form.model.next_step
    form.controller.set_password(Secret(PASSWORD))
    form.controller.showing.refresh()
    assert form.model.facts["conclusion"] == "Lamin can connect: the server is ready."


def test_a_server_that_goes_down_later_is_not_taken_for_a_firewall(form):
    form.do("diagnose")
    form.do("register")
    form.do("test")
    form.controller.set_password(Secret(form.box.database.password))
    form.box.database.stop()
    try:
        form.do("diagnose")
        assert "Press Test connection" in form.model.facts["conclusion"]
        form.do("test")
        assert "neither from Lamin nor from here" in form.model.facts["conclusion"]
        form.box.database.start()
        form.do("diagnose")
        assert "whether Lamin can, too" in form.model.facts["conclusion"]
        form.do("test")
        form.box.database.stop()
        form.do("test")
        assert "Press Diagnose" in form.model.facts["conclusion"]
        assert "allow_list" not in form.model.panels
        form.do("test")
        assert "Press Diagnose" in form.model.facts["conclusion"]
    finally:
        form.box.database.start()


def test_an_instance_is_offered_for_the_server_that_the_form_names(form):
    form.do("register")
    form.do("test")
    assert form.model.next_step
    name = form.model.name
    form.model.name = "another"
    form.controller.showing.refresh()
    assert not form.model.next_step
    form.model.name = name
    form.controller.showing.refresh()
    assert form.model.next_step


def test_being_refused_later_does_not_undo_what_was_shown(form):
    form.do("register")
    form.controller.set_password(Secret(PASSWORD))
    form.box.api.fault(status=429)
    assert form.do("register").cause == "rate_limited"
    assert form.facts["registered"] == "yes"


def test_register_without_an_answer_leaves_it_unknown_and_test_finds_out(form):
    form.box.api.fault(status=502)
    form.do("diagnose")
    assert form.do("register").state == "unknown"
    assert form.facts["registered"] == "unknown"
    assert form.model.facts["conclusion"] == "Now press Test connection."
    assert form.model.facts["next"] == "test"
    assert form.do("test").cause == "not_registered"
    assert form.facts["registered"] == "no"
    assert form.model.facts["conclusion"] == "Now press Register."
    form.box.api.fault(status=403)
    form.do("register")
    assert form.model.facts["conclusion"] == ""


LAMIN = {
    "yes": Outcome("test", "success", "x"),
    "no": Outcome("test", "failure", "x", cause="db_unreachable"),
    "password": Outcome("test", "failure", "x", cause="password_rejected"),
    "name": Outcome("test", "failure", "x", cause="db_name_unknown"),
    "other": Outcome("test", "failure", "x", cause="too_many_connections"),
}
HERE = {
    "yes": Outcome("diagnose", "success", "x"),
    "no": Outcome("diagnose", "failure", "x", cause="db_refused"),
}


@pytest.mark.parametrize(
    ("lamin", "here", "words"),
    [
        ("yes", "yes", "the server is ready"),
        ("yes", "no", "Press Test connection: it shows whether Lamin still can"),
        ("yes", None, "the server is ready"),
        ("no", "no", "neither from Lamin nor from here"),
        ("no", "yes", "Let in the addresses under Allow-list"),
        ("no", None, ""),
        ("password", "yes", "Lamin has been given another one"),
        ("password", None, "register the server under another name"),
        ("name", "yes", "private to your network"),
        ("other", "yes", "Lamin has its own trouble"),
    ],
)
def test_both_vantage_points_lead_to_a_conclusion(lamin, here, words):
    verdicts = Verdicts()
    assert conclude(verdicts).text == ""
    verdicts.learn(LAMIN[lamin], ())
    if here:
        verdicts.learn(HERE[here], ())
    text, upcoming = conclude(verdicts)
    assert words in text
    buttons = {"register": "Register", "test": "Test connection"}
    assert all(
        upcoming == it for it, label in buttons.items() if f"Press {label}" in text
    )


def test_the_activity_keeps_the_latest_fifty(form):
    form.model.activity = [{"text": str(i)} for i in range(REMEMBERED)]
    form.do("test")
    assert REMEMBERED == 50
    assert len(form.model.activity) == 50
    assert form.model.activity[1] == {"text": "0"}


# --- The runner itself ---


def test_whatever_an_action_raises_is_explained():
    runner = Runner()

    def work(job):
        raise SystemExit("x")

    ended = []
    job = runner.start(Job("test", work, ended.append))
    assert job.done.wait(10)
    assert job.outcome.cause == "unexpected"
    assert ended == [job.outcome]
    assert runner.current is None


def test_an_action_given_up_on_cannot_end_the_next_one():
    runner = Runner()
    go_on = threading.Event()
    ended = []

    def hangs(job):
        go_on.wait(20)
        return Outcome("test", "success", "too late")

    def quick(job):
        return Outcome("test", "success", "in time")

    first = runner.start(Job("test", hangs, ended.append))
    runner.cancel()
    assert first.done.wait(5)
    second = runner.start(Job("test", quick, ended.append))
    assert second is not first
    assert second.done.wait(5)
    go_on.set()
    until(lambda: "lamin-widgets-test" not in [t.name for t in threading.enumerate()])
    assert [outcome.title for outcome in ended] == ["Cancelled.", "in time"]
