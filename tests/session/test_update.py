"""The rules of the form, as events with their effects, without servers or threads."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import hypothesis
import hypothesis.strategies as st
import pytest
from session.playing import (
    API,
    START,
    TYPED,
    after,
    changed,
    effects,
    failed,
    filled_in,
    passed,
    play,
    primary,
    request,
    step,
    view_of,
)

from lamin_widgets.core.connection_strings import read
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.secret import Secret
from lamin_widgets.session import events as e
from lamin_widgets.session.knowledge import know
from lamin_widgets.session.state import AccountStatus, Password, State
from lamin_widgets.session.update import LONGEST_HISTORY, update

REFUSED = failed("diagnose", "db_refused")
ANYWAY = request("register", confirmed=True)


def question(state):
    return state.question.causes if state.question else ()


# --- Fields -----------------------------------------------------------------------


def test_error_shows_only_after_the_user_has_edited_the_field():
    assert "note" not in view_of(State())["fields"]["host"]
    clicked = play(State(), request("diagnose"))
    assert view_of(clicked)["fields"]["host"]["note"]["level"] == "error"


def test_changed_field_marks_the_diagnosis_as_stale():
    state = after(filled_in(), passed("diagnose"))
    assert "stale" not in step(state, "diagnose")
    moved = play(state, changed(host="other.example.org"))
    assert step(moved, "diagnose")["stale"]
    back = play(moved, changed(host="DB.example.org "))
    assert "stale" not in step(back, "diagnose")


def test_fix_of_a_locked_field_is_not_offered():
    state = play(filled_in(), changed(host="db.example.org:5433"))
    assert view_of(state)["fields"]["host"]["note"]["buttons"]
    locked = state._replace(locked=frozenset({"host", "port"}))
    assert "buttons" not in view_of(locked)["fields"]["host"]["note"]


# --- The password and its destination -------------------------------------------------


def from_code(**values):
    host = "db.example.org"
    return filled_in(**values)._replace(
        password=Password("", 1, "code", (host, "5432", API))
    )


@pytest.mark.parametrize(
    ("event", "stays"),
    [
        (changed(host="evil.example"), False),
        (changed(api_url="https://e.x"), False),
        (changed("code", host="new.example.org"), True),
        # Only the spelling of the value changes.
        (changed(host=" DB.example.org", api_url=f"{API}/"), True),
    ],
)
def test_new_destination_from_the_page_clears_pythons_password(event, stays):
    state = play(from_code(), event)
    assert state.draft.has_password is stays
    assert effects(from_code(), event) == ([] if stays else ["ClearInputs"])
    assert ("note" in view_of(state)["fields"]["password"]) is not stays


def test_host_from_python_keeps_pythons_password():
    moved = play(from_code(), changed("code", host="new.example.org"))
    assert not play(moved, changed(host="db.example.org")).draft.has_password


def test_password_is_cleared_after_register():
    finished = e.ActionFinished(1, passed("register"))
    started = play(filled_in(), request("register"))
    assert effects(started, finished) == ["ClearInputs"]
    done = play(started, finished)
    assert not done.draft.has_password
    assert "Cleared after registration" in view_of(done)["fields"]["password"]["hint"]
    assert "note" not in view_of(done)["fields"]["password"]


def test_password_is_kept_with_keep_password():
    state = after(filled_in()._replace(keep_password=True), passed("register"))
    assert state.draft.has_password


def test_password_typed_again_keeps_the_diagnosis_current():
    state = after(filled_in(), passed("diagnose"))
    same = play(state, e.PasswordEntered(hint="", same=True, by="page"))
    assert "stale" not in step(same, "diagnose")
    assert step(play(state, TYPED), "diagnose")["stale"]


def test_unusable_password_is_refused_at_its_field():
    error = InvalidInput(cause="password_unusable")
    refused = e.EntryRejected("password", error)
    assert effects(filled_in(), refused) == ["ClearInputs", "Focus"]
    state = play(filled_in(), refused)
    assert not state.draft.has_password
    assert view_of(state)["fields"]["password"]["note"]["level"] == "error"


# --- Connection strings -----------------------------------------------------------


def pasted(text, by="page"):
    found = read(Secret(text))
    hint = "" if found.password else None
    texts = found.notation, found.remarks
    return e.StringPasted(found.host, found.port, *texts, "paste", hint, by)


def test_pasted_string_fills_in_host_port_and_password():
    state = play(State(), pasted("postgresql://postgres:pw@db.example.org/postgres"))
    assert (state.draft.host, state.draft.port) == ("db.example.org", 5432)
    assert state.draft.has_password
    assert "host and password" in view_of(state)["fields"]["paste"]["note"]["text"]


H = "db.example.org"
IGNORED = "Ignored sslmode, because Lamin uses only the host, port, and password."
OTHER = (
    "The string is for another user, so its password isn't used. Enter the password "
    "for the postgres user."
)
NO_PORT = "No port in the string, so the form used 5432."
PLACEHOLDER = "The password in the string is a placeholder. Enter the password."
NOTES = [
    (
        f"postgres://postgres:q@{H}:1/postgres?sslmode=require",
        f"host, port, and password from a URI. {IGNORED}",
    ),
    (f"Host={H};Password=q", f"host and password from an ADO.NET string. {NO_PORT}"),
    (f"postgres://postgres@{H}", f"host from a URI. {NO_PORT}"),
    (
        f"postgres://postgres:[YOUR-PASSWORD]@{H}:1",
        f"host and port from a URI. {PLACEHOLDER}",
    ),
    (f"postgres://doadmin:Xq7z@{H}:1/x", f"host and port from a URI. {OTHER}"),
    (f"psql -h {H} -p 1", "host and port from a PostgreSQL command."),
]


@pytest.mark.parametrize(("text", "note"), NOTES)
def test_note_lists_the_values_filled_in_and_ignored(text, note):
    view = view_of(play(State(), pasted(text)))
    assert view["fields"]["paste"]["note"]["text"] == f"Filled in the {note}"


FILLED = "Filled in the host and port from a URI."
OTHER_HOST = "The password in the string is for another host."


@pytest.mark.parametrize(
    ("locked", "note"),
    [
        (
            ("host",),
            f"Didn't change host, because it's locked. {OTHER_HOST}",
        ),
        (
            ("host", "port"),
            f"Didn't change host and port, because they're locked. {OTHER_HOST}",
        ),
        (
            ("password",),
            f"{FILLED} Didn't change password, because it's locked.",
        ),
    ],
)
def test_note_about_a_string_tells_what_locked_fields_keep(locked, note):
    state = filled_in()._replace(locked=frozenset(locked))
    state = play(state, pasted("postgresql://postgres:pw@new.example.org:1/postgres"))
    assert view_of(state)["fields"]["paste"]["note"]["text"] == note


def test_password_of_a_pasted_string_is_not_for_the_host_before_it():
    text = "postgresql://postgres:pw@new.example.org:1/postgres"
    state = play(filled_in(has_password=False), pasted(text))
    # The page could have sent this value before it had the string's host.
    back = play(state, changed(host="DB.example.org", port=5432))
    assert (back.draft.host, back.draft.has_password) == ("DB.example.org", False)
    assert view_of(back)["fields"]["password"]["hint"] == (
        "Password cleared, because it was for another server."
    )
    assert play(back, TYPED, changed(host=H), changed(host="x")).draft.has_password
    assert play(state, changed(host="other.example.org")).draft.has_password
    assert play(state, changed(host=""), changed(port=2)).draft.has_password


@pytest.mark.parametrize(("host", "stays"), [("new", False), ("db", True)])
def test_paste_without_password_clears_another_hosts_password(host, stays):
    event = pasted(f"postgresql://postgres@{host}.example.org/postgres")
    assert play(filled_in(), event).draft.has_password is stays


@pytest.mark.parametrize(
    ("locked", "takes"),
    [((), True), (("host",), False), (("password",), False), (("port",), True)],
)
def test_pasted_password_is_kept_only_if_its_host_is_applied(locked, takes):
    state = filled_in()._replace(locked=frozenset(locked))
    event = pasted("postgresql://postgres:pw@new.example.org/postgres")
    assert ("keep-password" in effects(state, event)) is takes


def test_paste_names_locked_fields_without_changing_them():
    locked = filled_in()._replace(locked=frozenset({"host"}))
    state = play(locked, pasted("postgresql://postgres@new.example.org:1/postgres"))
    assert (state.draft.host, state.draft.port) == ("db.example.org", 5432)
    note = view_of(state)["fields"]["paste"]["note"]["text"]
    assert "Didn't change host" in note


def test_unreadable_string_stops_actions_until_a_value_is_entered():
    error = InvalidInput(cause="connection_string_unreadable", facts={"reason": "…"})
    state = play(filled_in(), e.EntryRejected("paste", error))
    assert "Refuse" in effects(state, request("diagnose"))
    for entered in (changed(host="a.example"), TYPED):
        assert "StartJob" in effects(play(state, entered), request("test"))


# --- Actions ----------------------------------------------------------------------


@pytest.mark.parametrize("action", ["diagnose", "register", "test"])
def test_action_starts_with_valid_fields(action):
    assert effects(filled_in(), request(action)) == ["StartJob"]


@pytest.mark.parametrize(
    ("action", "values", "cause"),
    [
        ("diagnose", {"host": ""}, "host_missing"),
        ("diagnose", {"port": ""}, "port_invalid"),
        ("diagnose", {"has_password": False}, "password_missing"),
        ("register", {"name": " "}, "name_missing"),
        ("register", {"api_url": "http://api.example.org"}, "api_url_insecure"),
        ("test", {"name": ""}, "name_missing"),
        ("create-instance", {}, "instance_name_missing"),
    ],
)
def test_action_with_an_invalid_field_moves_the_focus_to_it(action, values, cause):
    state = filled_in(**values)
    next_state = play(state, request(action))
    assert next_state.outcome.cause == cause
    assert effects(state, request(action)) == ["Focus", "Refuse"]
    assert next_state.job is None


def test_second_click_joins_the_action_and_another_is_refused():
    running = play(filled_in(), request("test"))
    assert effects(running, request("test")) == []
    assert play(running, request("diagnose")).outcome.cause == "busy"


def test_late_outcome_of_an_earlier_job_is_ignored():
    running = play(filled_in(), request("test"))
    late = e.ActionFinished(running.job.number - 1, passed("test"))
    assert play(running, late) == running


def test_registered_server_is_not_registered_again():
    state = play(after(filled_in(), passed("register")), TYPED)
    again = play(state, request("register"))
    assert again.outcome.cause == "already_registered"
    assert again.notes["name"].text.startswith("You've already registered")
    assert "note" not in view_of(again)["fields"]["password"]
    assert "StartJob" in effects(again, request("test"))
    renamed = play(again, changed(name="another"))
    assert "name" not in renamed.notes
    assert "StartJob" in effects(renamed, request("register"))


def test_server_that_lamin_no_longer_has_can_be_registered_again():
    gone = failed("test", "not_registered", status=404)
    state = play(after(after(filled_in(), passed("register")), gone), TYPED)
    assert "StartJob" in effects(state, request("register"))


def test_refused_call_from_python_is_shown_at_its_field():
    untrusted = play(filled_in(), changed(api_url="https://other.example"))
    refused = play(untrusted, request("test", "code"))
    assert refused.question is None
    assert "other.example" in view_of(refused)["fields"]["api_url"]["note"]["text"]
    asked = play(untrusted, request("test"))
    assert "note" not in view_of(asked)["fields"]["api_url"]


def test_slash_after_the_api_url_keeps_the_server_registered():
    state = after(filled_in(), passed("register"))
    assert know(play(state, changed(api_url=f"{API}/"))).registered.state == "yes"
    other = changed(api_url="https://other.example")
    assert know(play(state, other)).registered.state == "not checked"


def test_rejected_token_signs_the_user_out():
    state = after(filled_in(), failed("test", "token_rejected", status=401))
    assert state.account.state == "signed-out"


@pytest.mark.parametrize(("user", "kept"), [("ada", 3), ("bob", 1)])
def test_lamin_outcomes_are_cleared_when_the_user_changes(user, kept):
    def found(name):
        return e.AccountFound(AccountStatus("signed-in", f"Signed in as {name}"))

    state = play(filled_in(), found("ada"))
    for action in ("diagnose", "register", "test"):
        state = after(state, passed(action))
    state = play(state, found(user))
    assert len(state.history) == kept
    is_registered = know(state).registered.state == "yes"
    assert is_registered == (user == "ada")


def test_registration_is_remembered_after_many_outcomes():
    state = after(filled_in(), passed("register"))
    for _ in range(LONGEST_HISTORY):
        for action in ("diagnose", "test"):
            state = after(play(state, TYPED), failed(action, "db_refused"))
            state = after(state, passed(action))
    assert len(state.history) == LONGEST_HISTORY
    assert know(state).is_saved


def test_newest_outcome_is_kept_after_many_registrations():
    state = filled_in()
    for _ in range(LONGEST_HISTORY + 1):
        state = after(state, failed("register", "unavailable", status=503))
    state = after(state, failed("test", "db_refused"))
    assert state.outcome.cause == "db_refused"
    assert know(state).lamin.state == "no"


def test_changed_account_is_looked_up_before_the_next_try():
    ada = e.AccountFound(AccountStatus("signed-in", "Signed in as ada"))
    state = after(play(filled_in(), ada), passed("register"))
    state = play(state, request("test"))
    ended = e.ActionFinished(state.job.number, failed("test", "account_changed"))
    assert "LookUpAccount" in effects(state, ended)
    state = play(state, ended)
    assert (state.user, know(state).registered.state) == ("", "not checked")
    assert state.outcome.cause == "account_changed"


def test_newest_outcome_is_kept_after_many_servers():
    state = filled_in()
    for number in range(LONGEST_HISTORY):
        state = play(state, changed(name=f"server-{number}"), TYPED)
        state = after(after(state, passed("register")), passed("test"))
    state = after(play(state, TYPED), failed("diagnose", "db_refused"))
    assert state.outcome.cause == "db_refused"
    assert know(state).here.state == "no"


def test_unregistered_server_is_remembered_after_many_checks():
    state = after(filled_in(), passed("register"))
    state = after(state, failed("test", "not_registered", status=404))
    for number in range(LONGEST_HISTORY + 5):
        state = play(state, changed(port=5000 + number), TYPED)
        state = after(state, failed("diagnose", "db_refused"))
    assert len(state.history) == LONGEST_HISTORY
    assert know(state).registered.state == "no"


def test_sign_out_from_python_does_not_join_that_of_the_page():
    state = play(filled_in(), request("sign-out"))
    again = play(state, request("sign-out", "code"))
    assert again.outcome.cause == "busy"


def test_account_is_looked_up_if_a_call_was_sent_as_another_user():
    bob = e.AccountFound(AccountStatus("signed-in", "Signed in as bob"))
    state = play(filled_in(), request("test"), bob)
    ended = e.ActionFinished(state.job.number, passed("test"), "Signed in as ada")
    assert "LookUpAccount" in effects(state, ended)


def test_notebook_secrets_are_cleared_when_an_app_uses_the_form():
    owners = filled_in(api_url="https://own.example")
    owners = owners._replace(trusted=frozenset(), from_page=frozenset({"api_key"}))
    owners = play(owners, TYPED, request("test"), request("test", confirmed=True))
    assert owners.confirmed == {"https://own.example"}
    apps, found = update(owners, e.FrontEndFound(shared=True, locked=frozenset()))
    assert not apps.draft.has_password
    assert apps.confirmed == apps.from_page == frozenset()
    assert "forget-sign-in" in found


def test_action_with_other_values_does_not_join_the_running_one():
    first = filled_in(name="my-server", instance_name="a")
    state = play(first, request("create-instance", "code"))
    assert effects(state, request("create-instance", "code")) == []
    changed_since = play(state, changed("code", instance_name="b"))
    assert "Refuse" in effects(changed_since, request("create-instance", "code"))


def test_account_is_looked_up_only_for_a_view():
    """A script that ends must not interrupt a thread that looks the account up."""
    sign_in = request("sign-in", "code", has_api_key=True)
    done = e.ActionFinished(1, passed("sign-in"))
    script = play(filled_in()._replace(secrets="unknown"), sign_in)
    assert "LookUpAccount" not in effects(script, done)
    assert "LookUpAccount" in effects(play(filled_in(), sign_in), done)


def test_reply_of_lamin_updates_the_account():
    state = play(
        filled_in()._replace(account=AccountStatus("signed-out")), request("test")
    )
    assert "LookUpAccount" in effects(state, e.ActionFinished(1, passed("test")))


# --- Questions --------------------------------------------------------------------


DOUBTS = {
    "diagnosed_wrong": after(filled_in(), REFUSED),
    "host_unreachable_from_lamin": filled_in(host="db.corp.internal"),
    "region_doubtful": filled_in(api_server_name="prod-mars-1"),
    "trust_destination": filled_in(api_url="https://lamin.example"),
}


@pytest.mark.parametrize("cause", DOUBTS)
def test_doubtful_action_waits_for_the_answer_to_a_question(cause):
    asked = play(DOUBTS[cause], request("register"))
    assert question(asked) == (cause,)
    assert asked.job is None
    view = step(asked, "register")
    assert view["state"] == "question"
    assert view["button"]["action"] in {"register-anyway", "send-anyway"}
    assert not view["button"].get("primary")
    assert effects(asked, ANYWAY) == ["StartJob"]


@pytest.mark.parametrize("cause", DOUBTS)
def test_question_appears_again_after_a_second_click(cause):
    asked = play(DOUBTS[cause], request("register"))
    assert question(play(asked, request("register"))) == (cause,)


@pytest.mark.parametrize("cause", DOUBTS)
def test_question_appears_again_after_a_changed_name(cause):
    asked = play(DOUBTS[cause], request("register"), changed(name="another"))
    assert question(asked) == ()
    assert "StartJob" not in effects(asked, ANYWAY)
    assert question(play(asked, ANYWAY)) == (cause,)


def test_question_stays_open_after_another_action_is_refused():
    asked = play(DOUBTS["diagnosed_wrong"], request("register"))
    refused = play(asked, request("create-instance"))
    assert refused.outcome.cause == "instance_name_missing"
    assert effects(refused, ANYWAY) == ["StartJob"]


def test_action_without_a_step_is_refused_instead_of_a_question():
    state = play(DOUBTS["trust_destination"], changed("code", instance_name="a"))
    refused = play(state, request("create-instance"))
    assert refused.outcome.cause == "trust_destination"
    assert question(refused) == ()
    assert "StartJob" not in effects(
        refused, request("create-instance", confirmed=True)
    )


def test_question_recommends_the_safe_button():
    asked = play(DOUBTS["diagnosed_wrong"], request("register"))
    assert primary(asked) == "Diagnose"


def test_question_closes_when_the_values_are_corrected():
    asked = play(DOUBTS["diagnosed_wrong"], request("register"))
    fixed = after(play(asked, changed(port=5433)), passed("diagnose"))
    assert effects(fixed, request("register")) == ["StartJob"]


def test_private_address_found_by_diagnose_asks_a_question():
    state = after(filled_in(), passed("diagnose", "resolves_to_private_address"))
    asked = play(state, request("register"))
    assert question(asked) == ("host_unreachable_from_lamin",)


def test_python_registers_a_doubtful_server_without_a_question():
    python = request("register", by="code")
    assert effects(DOUBTS["diagnosed_wrong"], python) == ["StartJob"]


def test_python_sends_nothing_to_an_api_url_from_the_page():
    python = request("register", by="code")
    state = play(filled_in(), changed(api_url="https://lamin.example"))
    assert play(state, python).outcome.cause == "trust_destination"
    trusted = play(state, changed("code", api_url="https://own.example"))
    assert effects(trusted, python) == ["StartJob"]


def test_confirmed_api_url_is_not_asked_about_again():
    asked = play(DOUBTS["trust_destination"], request("test"))
    answered = play(asked, request("test", confirmed=True))
    done = play(answered, e.ActionFinished(1, passed("test")))
    assert effects(done, request("register")) == ["StartJob"]


def test_sandbox_registers_a_loopback_host_without_a_question():
    url = "http://127.0.0.1:8000"
    sandbox = filled_in()._replace(sandbox_urls=frozenset({url}))
    state = play(sandbox, changed("code", api_url=url, host="127.0.0.1"))
    assert state.draft.sandbox
    assert effects(state, request("register")) == ["StartJob"]


# --- Waiting ----------------------------------------------------------------------


CLOSED = failed("test", "db_refused")


def waiting(*outcomes, action="test"):
    until = START + timedelta(minutes=10)
    state = play(filled_in(), request(action, until=until))
    for outcome in outcomes:
        if state.job is None and state.waiting is not None:
            state = play(state, e.WaitElapsed(state.waiting.next_at))
        if state.job is not None:
            finished = e.ActionFinished(state.job.number, replace(outcome, at=START))
            state = play(state, finished)
    return state


def test_waiting_pauses_grow_up_to_a_minute():
    pauses = []
    for tries in range(1, 7):
        state = waiting(*[CLOSED] * tries)
        pauses.append((state.waiting.next_at - START).total_seconds())
    assert pauses == [5, 10, 20, 40, 60, 60]


def test_waiting_pause_is_at_least_retry_after():
    slow = replace(
        failed("test", "rate_limited", status=429), facts={"retry_after_s": "90"}
    )
    assert (waiting(slow).waiting.next_at - START).total_seconds() == 90


@pytest.mark.parametrize(
    "last",
    [
        passed("test"),
        failed("test", "password_rejected"),
        failed("test", "cancelled"),
    ],
)
def test_waiting_ends_after_a_success_or_a_permanent_failure(last):
    assert waiting(CLOSED, last).waiting is None


def test_waiting_continues_after_another_transient_failure():
    assert waiting(CLOSED, failed("test", "starting_up")).waiting.tries == 2


def test_waiting_ends_after_its_time_limit():
    state = waiting(CLOSED)
    late = replace(CLOSED, at=state.waiting.until)
    state = play(state, e.WaitElapsed(state.waiting.next_at))
    assert play(state, e.ActionFinished(state.job.number, late)).waiting is None


@pytest.mark.parametrize("event", ["cancel", "close", changed(name="another")])
def test_waiting_ends_after_cancel_close_or_a_changed_field(event):
    assert play(waiting(CLOSED), event).waiting is None


@pytest.mark.parametrize(
    "event",
    [
        "forget-password",
        e.EntryRejected("password", InvalidInput(cause="password_unusable")),
        e.EntryRejected("paste", InvalidInput(cause="connection_string_unusable")),
    ],
    ids=["forgotten password", "unusable password", "unreadable string"],
)
@pytest.mark.parametrize(
    "tries",
    [[], [failed("diagnose", "starting_up")]],
    ids=["during a try", "between tries"],
)
def test_waiting_ends_if_its_check_cannot_be_requested(event, tries):
    state = waiting(*tries, action="diagnose")
    assert play(state, TYPED._replace(same=True)).waiting is not None
    assert play(state, event).waiting is None


def test_timer_of_an_earlier_wait_starts_nothing():
    state = waiting(CLOSED, CLOSED)
    assert effects(state, e.WaitElapsed(START + timedelta(seconds=5))) == []


def test_waiting_shows_the_times_of_the_last_and_the_next_try():
    view = step(waiting(CLOSED), "test")
    assert view["state"] == "waiting"
    assert "12:00:00" in view["text"]
    assert "12:00:05" in view["text"]
    assert view["button"]["label"] == "Cancel"
    assert "Keep checking" not in [each["label"] for each in view["buttons"]]


@pytest.mark.parametrize(
    ("cause", "offered"), [("db_refused", True), ("password_rejected", False)]
)
def test_waiting_is_offered_only_for_transient_failures(cause, offered):
    labels = [
        button["label"]
        for button in step(after(filled_in(), failed("test", cause)), "test")["buttons"]
    ]
    assert ("Keep checking" in labels) == offered


# --- Closing, and any sequence of events --------------------------------------------


def test_closed_form_clears_secrets_and_starts_nothing():
    running = play(filled_in(), request("test"))
    assert effects(running, "close") == ["ClearInputs", "cancel-job"]
    closed = play(running, "close")
    assert effects(closed, request("test")) == ["Refuse"]
    assert effects(closed, TYPED) == []


EVENTS = st.sampled_from(
    [
        changed(host="a.example"),
        changed(name="b", port=1),
        changed("code", api_url="https://own.example"),
        changed(api_url="not a URL"),
        TYPED,
        "forget-password",
        pasted("postgresql://postgres:pw@h.example:6543/postgres"),
        e.EntryRejected("paste", InvalidInput(cause="connection_string_unusable")),
        e.PanelToggled("allow-list"),
        e.PanelToggled("code"),
        e.PanelToggled("activity"),
        e.HelloReceived(carries_buffers=True),
        e.AccountFound(AccountStatus("signed-in", "Signed in as ada", turn=1)),
        *(request(each) for each in ("diagnose", "register", "test", "sign-out")),
        ANYWAY,
        *(e.ActionFinished(n, passed("diagnose")) for n in (1, 2, 3)),
        *(e.ActionFinished(n, REFUSED) for n in (1, 2)),
        e.ActionFinished(1, passed("register")),
        e.ActionFinished(2, CLOSED),
        request("diagnose", until=START + timedelta(minutes=1)),
        e.WaitElapsed(START + timedelta(seconds=5)),
        "cancel",
        "close",
    ]
)


@hypothesis.given(st.lists(EVENTS, max_size=12))
@hypothesis.settings(max_examples=150)
def test_update_and_render_accept_any_sequence_of_events(events):
    state = filled_in()
    for event in events:
        state, _ = update(state, event)
        view = view_of(state)
        assert [each["id"] for each in view["steps"]] == [
            "diagnose",
            "register",
            "test",
        ]
        primary(state)
        if state.closed:
            assert not state.draft.has_password
            assert state.job is None
