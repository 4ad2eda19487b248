"""The widget: traits, messages of a page, and the Python API."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest
import traitlets
from doubles.processes import eventually
from security.attacker import open_form

from lamin_widgets import DbServerClient, DbServerWidget, Secret
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.session import actions

URL = "postgresql://postgres:p%40ss@db.example.org:6000/postgres"


@pytest.fixture
def page():
    with open_form(name="my-server", host="db.example.org") as opened:
        yield opened


def at_sandbox(sandbox, **values):
    database = sandbox.database
    arguments = {
        "host": database.host,
        "port": database.port,
        "api_url": sandbox.api_url,
    }
    return open_form(**arguments | values)


# --- Arguments --------------------------------------------------------------------


def test_widget_url_fills_in_host_port_and_password():
    with open_form(url=URL) as page:
        widget = page.widget
        assert (widget.host, widget.port, widget.has_password) == (
            "db.example.org",
            6000,
            True,
        )


@pytest.mark.parametrize("field", ["host", "name"])
def test_widget_reads_a_connection_string_in_another_argument(field):
    with open_form(**{field: URL}) as page:
        assert page.widget.host == "db.example.org"
        assert page.widget.has_password


def test_widget_reads_a_command_in_place_of_the_name():
    with open_form(name="psql -h db.example.org -p 6000") as page:
        widget = page.widget
        assert (widget.name, widget.host, widget.port) == ("", "db.example.org", 6000)


def test_widget_refuses_an_unreadable_url():
    with pytest.raises(InvalidInput):
        DbServerWidget(url="mysql://root:pw@db.example.org/db")


@pytest.mark.parametrize(
    ("variables", "values"),
    [
        ({"DATABASE_URL": URL}, ("db.example.org", 6000, True)),
        (
            {"PGHOST": "pg.example.org", "PGPORT": "1", "PGPASSWORD": "pw"},
            ("pg.example.org", 1, True),
        ),
        (
            {"PGHOST": "pg.example.org", "PGUSER": "app", "PGPASSWORD": "pw-of-app"},
            ("pg.example.org", 5432, False),
        ),
        ({}, ("", 5432, False)),
    ],
)
def test_widget_from_env_reads_the_usual_variables(monkeypatch, variables, values):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    widget = DbServerWidget.from_env(name="my-server")
    assert (widget.host, widget.port, widget.has_password) == values
    assert widget.name == "my-server"
    widget.close()


def test_widget_from_env_prefers_arguments(monkeypatch):
    """The password of one server must not go to another."""
    monkeypatch.setenv("DATABASE_URL", URL)
    widget = DbServerWidget.from_env(host="other.example.org", port=1)
    values = widget.host, widget.port, widget.has_password
    assert values == ("other.example.org", 1, False)
    widget.close()


@pytest.mark.parametrize("argument", ["url", "host", "PGHOST", "PGPORT"])
def test_widget_from_env_adds_no_password_to_a_string(monkeypatch, argument):
    """The password of one server must not go to another."""
    monkeypatch.setenv("PGPASSWORD", "pw-of-another-server")
    string = "postgresql://postgres@db.example.org:6000/postgres"
    if argument.startswith("PG"):
        monkeypatch.setenv(argument, string)
    arguments = {} if argument.startswith("PG") else {argument: string}
    widget = DbServerWidget.from_env(**arguments)
    assert (widget.host, widget.has_password) == ("db.example.org", False)
    widget.close()


def test_widget_suggests_api_server_name_for_a_region_argument():
    with pytest.raises(TypeError, match="api_server_name"):
        DbServerWidget(region="prod-us-east-1")


@pytest.mark.parametrize(
    "wrong",
    [{"port": None}, {"port": True}, {"port": 1.5}, {"name": None}, {"host": 1}],
)
def test_widget_argument_of_a_wrong_type_is_named(wrong):
    with pytest.raises(TypeError, match=f"a string for {next(iter(wrong))}"):
        DbServerWidget(**wrong)


@pytest.mark.parametrize("locked", ["host", ["hosts"], [Secret("x")]])
def test_widget_locked_accepts_only_names_of_fields(locked):
    with pytest.raises(TypeError, match="locked"):
        DbServerWidget(locked=locked)


@pytest.mark.parametrize("api_url", ["http://api.example.org", "api.lamin.ai", "x"])
def test_widget_refuses_an_unsafe_api_url(api_url):
    with pytest.raises(InvalidInput):
        DbServerWidget(api_url=api_url)


def test_widget_import_and_display_load_no_slow_packages():
    code = (
        "import sys, lamin_widgets; lamin_widgets.DbServerWidget(password='pw').view;"
        "print([m for m in ('requests', 'psycopg2', 'django', 'supabase', 'fastapi',"
        "'lamindb_setup', 'urllib3') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


# --- Traits -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"), [("5433", 5433), (" 1 ", 1), ("s3cret", ""), ("", "")]
)
def test_widget_port_is_a_number_or_empty(page, given, kept):
    page.widget.port = given
    assert page.widget.port == kept
    assert "s3cret" not in repr(page.widget)


@pytest.mark.parametrize("trait", ["host", "port", "panel"])
def test_wrong_trait_type_is_refused_without_the_value(page, trait):
    with pytest.raises(traitlets.TraitError) as caught:
        setattr(page.widget, trait, [URL])
    assert "p%40ss" not in str(caught.value)


def test_connection_string_in_a_trait_is_read_but_not_kept(page):
    page.widget.name = URL
    assert page.widget.name == "my-server"
    assert (page.widget.host, page.widget.port) == ("db.example.org", 6000)
    assert page.widget.has_password
    assert "p%40ss" not in page.texts


def test_widget_observers_get_values_from_the_page(page):
    seen = []
    page.widget.observe(lambda change: seen.append(change["new"]), "host")
    page.update(host="new.example.org")
    page.send("action", action="cancel", values={"host": "newer.example.org"})
    assert seen == ["new.example.org", "newer.example.org"]


@pytest.mark.parametrize(
    ("change", "order"),
    [
        (
            lambda page, host: page.update(host=host),
            ["host", "view", "has_password", "facts"],
        ),
        (
            lambda page, host: page.send(
                "connection-string",
                f"postgresql://postgres@{host}:1/postgres",
                field="paste",
            ),
            ["host", "view", "has_password", "facts"],
        ),
        (
            lambda page, host: setattr(page.widget, "host", host),
            ["view", "facts", "host"],
        ),
    ],
    ids=["keystroke", "connection string", "Python"],
)
def test_widget_observers_run_in_a_fixed_order(change, order):
    arguments = {"host": "127.0.0.1", "port": 1, "password": "s3cret-pw"}
    # Without hello, no look-up of the account changes the view meanwhile.
    with open_form(**arguments, greets=False) as page:
        assert page.widget.diagnose().cause == "db_refused"
        observed = []
        page.widget.observe(
            lambda change: observed.append(change["name"]),
            ["outcome", "facts", "has_password", "view", "host"],
        )
        change(page, "new.example.org")
        assert observed == order


def test_observer_sets_a_locked_field_during_a_page_change():
    with open_form(locked=["port"]) as page:
        page.widget.observe(lambda _: setattr(page.widget, "port", 6432), "host")
        page.update(host="db.example.org")
        page.widget.panel = "code"
        assert page.widget.port == 6432
        assert "6432" in str(page.view["panel"])


@pytest.mark.parametrize(
    "change",
    [
        lambda page: page.update(host="10.0.0.7"),
        lambda page: page.send(
            "connection-string", "postgresql://postgres@10.0.0.7/postgres"
        ),
        lambda page: page.click("cancel", host="10.0.0.7"),
    ],
    ids=["keystroke", "connection string", "click"],
)
def test_widget_observer_of_the_view_sets_values_of_the_page(page, change):
    """A value that the page caused isn't one from code, so secrets ask first."""
    widget = page.widget

    def follow(_):
        if widget.host == "10.0.0.7":
            widget.api_url = "https://other.example"

    widget.observe(follow, "view")
    change(page)  # The view gets a warning about the private address.
    page.click("test")
    assert page.widget.outcome.cause == "trust_destination"


@pytest.mark.parametrize(
    ("start", "tries", "by_page"),
    [
        (lambda page: page.click("diagnose"), 1, True),
        (lambda page: page.click("keep-checking-diagnose"), 2, True),
        (lambda page: page.widget.diagnose(), 1, False),
        (lambda page: page.widget.wait(timeout=0.5), 2, False),
    ],
    ids=["click", "second try after a click", "method", "second try of a method"],
)
def test_widget_observer_of_an_outcome_changes_what_its_action_could_change(
    page, monkeypatch, start, tries, by_page
):
    """An outcome arrives in another thread, which knows if the page asked for it."""
    monkeypatch.setattr(actions, "FIRST_PAUSE_S", 0.01)
    widget, outcomes = page.widget, []
    widget.host, widget.port = "127.0.0.1", 1
    widget.set_password("s3cret-pw")

    def follow(change):
        outcomes.append(change.new)
        if len(outcomes) == tries:
            widget.api_url = "https://other.example"

    widget.observe(follow, "outcome")
    start(page)
    eventually(lambda: widget.api_url == "https://other.example")
    eventually(lambda: widget.has_password != by_page)


def test_widget_works_after_an_observer_raises(page, capsys):
    def fail(_):
        raise RuntimeError("observer")

    page.widget.observe(fail)
    page.update(host="new.example.org", name="renamed")
    page.send("password", "s3cret-pw")
    assert page.widget.has_password
    page.send("forget-password")
    assert not page.widget.has_password
    assert page.widget.diagnose().cause == "password_missing"
    assert (page.widget.host, page.widget.name) == ("new.example.org", "renamed")
    page.widget.name = "again"
    assert page.widget.name == "again"
    assert "observer" in capsys.readouterr().err
    page.widget.unobserve_all()


def test_widget_does_not_send_a_keystroke_back(page):
    before = len(page.wire.sent)
    page.update(host="d")
    sent = [data["state"] for _, data, _ in page.wire.sent[before:] if "state" in data]
    assert [state for state in sent if "host" in state] == [{"host": "d"}]


# --- The page ---------------------------------------------------------------------


def test_widget_empty_password_clears_the_password(page):
    page.send("password", "s3cret-pw")
    page.send("password")
    assert not page.widget.has_password


def test_widget_sends_no_string_password_to_an_older_host(page):
    page.update(host="old.example.org", port=1)
    page.send("connection-string", URL, field="paste")
    assert page.widget.has_password
    # The front end had delayed this value.
    page.update(host="old.example.org")
    assert not page.widget.has_password


def test_widget_password_from_python_clears_the_input_on_the_page(page):
    page.send("password", "typed")
    page.wire.sent.clear()
    page.widget.set_password("newer")
    told = [data.get("content") for _, data, _ in page.wire.sent]
    assert {"kind": "clear-secrets", "fields": ["password"]} in told


def test_widget_refuses_a_password_after_it_was_closed(page):
    page.widget.close()
    with pytest.raises(InvalidInput) as caught:
        page.widget.set_password("s3cret-pw")
    assert caught.value.cause == "closed"


def test_widget_click_uses_the_values_of_the_same_message(page):
    page.click("diagnose", host="127.0.0.1", port="")
    assert page.widget.host == "127.0.0.1"
    assert page.widget.outcome.cause == "port_invalid"


def test_widget_sends_the_progress_of_an_action_to_the_page(sandbox):
    with at_sandbox(sandbox, password=sandbox.database.password) as page:
        page.click("diagnose")
        states = [
            step["state"]
            for _, data, _ in page.wire.sent
            for step in data.get("state", {}).get("view", {}).get("steps", [])
            if step["id"] == "diagnose"
        ]
        assert "running" in states
        assert page.step["diagnose"]["state"] == "passed"
        assert page.widget.facts["here"]["state"] == "yes"


def test_widget_keeps_checking_until_the_server_responds(breakable, monkeypatch):
    monkeypatch.setattr(actions, "FIRST_PAUSE_S", 0.1)
    monkeypatch.setattr(actions, "LONGEST_PAUSE_S", 0.2)
    with at_sandbox(breakable, password=breakable.database.password) as page:
        breakable.break_("stopped")
        page.click("diagnose")
        page.click("keep-checking-diagnose")
        eventually(lambda: page.step["diagnose"]["state"] == "waiting")
        breakable.reset()
        eventually(lambda: page.step["diagnose"]["state"] == "passed")


def test_widget_sends_the_newest_view_last(page, monkeypatch):
    sending, go_on = threading.Event(), threading.Event()
    send = page.widget.comm.send

    def send_slowly(data, **more):
        is_view = "view" in data.get("state", {})
        if is_view and threading.current_thread() is worker:
            sending.set()
            go_on.wait(10)
        send(data, **more)

    monkeypatch.setattr(page.widget.comm, "send", send_slowly)
    worker = threading.Thread(target=setattr, args=(page.widget, "port", 99_999))
    worker.start()
    sending.wait(10)
    page.widget.port = 5433
    go_on.set()
    worker.join(10)
    assert "note" not in page.view["fields"]["port"]
    assert page.view == page.widget.view


# --- The Python API ---------------------------------------------------------------


def test_widget_methods_return_outcomes_and_set_the_trait(page):
    outcome = page.widget.register()
    assert outcome.cause == "password_missing"
    assert page.widget.outcome is outcome
    assert not outcome


def test_widget_waits_for_lamin_if_the_server_is_registered(sandbox, server_name):
    client = DbServerClient(sandbox.api_url, sandbox.issue_token())
    values = {"password": sandbox.database.password, "name": server_name}
    with at_sandbox(sandbox, **values, client=client) as page:
        assert page.widget.wait(0).action == "diagnose"
        assert page.widget.register()
        assert page.widget.wait(0).action == "test"


def test_widget_can_wait_forever(page):
    assert page.widget.wait(float("inf")).cause == "password_missing"


def test_widget_callbacks_get_outcomes_in_the_calling_thread(page):
    calls = []
    page.widget.on_outcome(
        lambda outcome: calls.append((outcome.cause, threading.get_ident()))
    )
    page.widget.diagnose()
    assert calls == [("password_missing", threading.get_ident())]


def test_widget_callbacks_after_a_click_run_in_the_event_loop(sandbox):
    async def click():
        with at_sandbox(sandbox, password="wrong") as page:
            called = asyncio.Future()

            def fail(_):
                raise RuntimeError("callback")

            page.widget.on_outcome(fail)
            page.widget.on_outcome(
                lambda outcome: called.set_result(
                    (outcome.cause, threading.get_ident())
                )
            )
            page.send("action", action="diagnose", values={})
            assert await asyncio.wait_for(called, 20) == (
                "password_rejected",
                threading.get_ident(),
            )

    asyncio.run(click())


def test_widget_removed_callback_is_not_called(page):
    calls = []
    page.widget.on_outcome(calls.append)
    page.widget.on_outcome(calls.append, remove=True)
    page.widget.diagnose()
    assert calls == []


def test_widget_as_plain_text_lists_the_python_methods(page):
    text = repr(page.widget)
    assert "postgresql://postgres:***@db.example.org:5432/postgres" in text
    assert ".diagnose()" in text
    page.widget.diagnose()
    assert "Enter the password" in repr(page.widget)


def test_widget_refuses_a_password_of_a_wrong_type(page):
    with pytest.raises(InvalidInput):
        page.widget.set_password("a\0b")
    with pytest.raises(TypeError):
        page.widget.set_password(5)
    page.widget.set_password("pw-pw")
    page.widget.set_password(None)
    assert not page.widget.has_password
