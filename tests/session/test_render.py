"""Views of states, as the browser draws them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from session.playing import (
    API,
    changed,
    failed,
    filled_in,
    passed,
    play,
    played,
    request,
    step,
    view_of,
)

from lamin_widgets.core.failures import CATALOG
from lamin_widgets.core.outcome import Step
from lamin_widgets.form.draft import Fix
from lamin_widgets.session import events as e
from lamin_widgets.session.panels import PANELS
from lamin_widgets.session.state import AccountStatus, State
from lamin_widgets.session.steps import report

READY = [passed("diagnose"), passed("register"), passed("test")]
RUNNING = (Step("Name resolution", "passed"), Step("Port", "running"))


def labels(view):
    return [button["label"] for button in view.get("buttons", [])]


# --- Steps ------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["diagnose", "register", "test"])
def test_idle_step_shows_its_description(action):
    view = step(State(), action)
    assert view["text"]
    assert view["state"] == ("next" if action == "diagnose" else "idle")


def test_step_shows_progress_and_cancel_while_it_runs():
    state = play(filled_in(), request("diagnose"), e.StepReported(1, RUNNING))
    view = step(state, "diagnose")
    assert view["state"] == "running"
    assert view["button"] == {"label": "Cancel", "action": "cancel"}
    assert [step["state"] for step in view["diagnosis"]] == ["passed", "running"]
    assert "accept the connection" in view["text"]
    assert step(state, "register")["button"]["disabled"]
    canceled = play(state, "cancel")
    assert step(canceled, "diagnose")["button"]["disabled"]


@pytest.mark.parametrize(
    ("outcome", "drawn"),
    [
        (passed("diagnose"), "passed"),
        (passed("diagnose", "not_superuser"), "warned"),
        (failed("diagnose", "db_refused"), "failed"),
        (failed("diagnose", "cancelled"), "unknown"),
        (failed("register", "api_no_answer"), "unknown"),
        (failed("register", "api_refused"), "failed"),
        (failed("test", "unreadable_reply"), "unknown"),
    ],
)
def test_step_state_follows_the_outcome(outcome, drawn):
    assert step(played(outcome), outcome.action)["state"] == drawn


@pytest.mark.parametrize(
    ("causes", "title"),
    [
        (["not_superuser"], "This machine can connect, with 1 warning"),
        (["not_superuser", "end_of_life"], "This machine can connect, with 2 warnings"),
    ],
)
def test_step_with_warnings_shows_their_number_and_texts(causes, title):
    view = step(played(passed("diagnose", *causes)), "diagnose")
    assert view["title"] == title
    for cause in causes:
        assert CATALOG[cause].title.partition("{")[0] in view["text"]


def test_step_with_warnings_groups_commands_by_place():
    outcome = passed("diagnose", "certificate_unverified", "not_superuser")
    commands = step(played(outcome), "diagnose")["commands"]
    assert [each["label"] for each in commands] == ["Notebook cell", "SQL"]
    assert commands[1]["text"].startswith("ALTER ROLE postgres")


def test_failed_step_offers_fixes_details_and_report():
    view = step(played(failed("diagnose", "db_refused")), "diagnose")
    assert labels(view)[-3:] == ["Keep checking", "Details", "Copy report"]
    assert {"label": "Change the port", "focus": "port"} in view["buttons"]


def test_step_leaves_out_a_fix_for_a_locked_field():
    locked = filled_in()._replace(locked=frozenset({"port"}))
    view = step(played(failed("diagnose", "db_refused"), state=locked), "diagnose")
    assert "Change the port" not in labels(view)
    assert "Use 5432" not in labels(view)


def test_step_blocked_by_a_firewall_shows_addresses_to_allow():
    closed = failed("test", "db_unreachable")
    view = step(played(*READY[:2], closed), "test")
    assert view["commands"][0]["text"] == "54.157.171.81, 52.54.122.59"
    opens = next(each for each in view["buttons"] if each.get("panel") == "allow-list")
    assert opens["format"] == "pg_hba.conf"
    assert "firewall is the likely cause" in view["text"]


def test_step_result_about_another_server_is_not_shown():
    state = play(played(*READY), changed(name="other"))
    assert step(state, "register")["state"] in {"idle", "next"}
    assert step(state, "test")["state"] == "idle"


# --- Fields -----------------------------------------------------------------------


def test_field_message_is_short_if_the_step_shows_the_sentence():
    state = played(failed("diagnose", "db_refused"))
    note = view_of(state)["fields"]["port"]["note"]
    assert note == {"level": "error", "text": CATALOG["db_refused"].short}
    assert "note" not in view_of(play(state, changed(port=5433)))["fields"]["port"]


def test_field_fixes_become_buttons():
    state = play(filled_in(), changed(host="https://db.example.org"))
    buttons = view_of(state)["fields"]["host"]["note"]["buttons"]
    fix = Fix("Use db.example.org", {"host": "db.example.org"})
    assert buttons == [{"label": fix.label, "values": fix.values}]


def test_field_region_lists_the_published_regions():
    field = view_of(filled_in())["fields"]["api_server_name"]
    assert [value for value, _ in field["options"]] == [
        "prod-us-east-1",
        "prod-us-west-2",
        "prod-eu-central-1",
        "prod-eu-west-2",
    ]
    assert field["hint"] == "Choose the one closest to your database"


def test_field_region_shows_its_place_if_it_is_locked():
    state = filled_in()._replace(locked=frozenset({"api_server_name"}))
    field = view_of(state)["fields"]["api_server_name"]
    assert field["hint"] == "US East (N. Virginia)"


@pytest.mark.parametrize(
    ("state", "hint"),
    [
        (State(), "from your provider or admin"),
        (filled_in(), "cleared after you register"),
        (filled_in()._replace(keep_password=True), "until you click Forget password"),
        (play(filled_in(), "forget-password"), "Password cleared."),
    ],
    ids=["empty", "entered", "entered, with keep_password", "cleared"],
)
def test_field_password_hint_describes_its_state(state, hint):
    assert hint in view_of(state)["fields"]["password"]["hint"]


# --- Account, footer, and panels --------------------------------------------------


def test_account_offers_sign_in_or_sign_out():
    view = view_of(filled_in())["account"]
    assert (view["text"], labels(view)) == ("Signed in as ada", ["Sign out"])
    signed_out = filled_in()._replace(account=AccountStatus("signed-out"))
    view = view_of(signed_out)["account"]
    assert labels(view) == ["Sign in", "Sign in for this form only"]


def test_account_on_a_shared_server_is_never_stored():
    shared = filled_in()._replace(account=AccountStatus("signed-out"), shared=True)
    assert labels(view_of(shared)["account"]) == ["Sign in"]


@pytest.mark.parametrize("state", ["signed-in", "signed-out"])
def test_locked_account_has_no_buttons(state):
    locked = filled_in()._replace(
        account=AccountStatus(state, "…"), locked=frozenset({"api_key"})
    )
    assert "buttons" not in view_of(locked)["account"]


def test_footer_offers_an_instance_after_lamin_can_connect():
    footer = [each["label"] for each in view_of(played(*READY))["footer"]]
    assert footer == ["Allow-list", "Show code", "Activity", "Create an instance"]
    assert len(view_of(filled_in())["footer"]) == 3


def test_badge_shows_only_in_a_sandbox():
    url = "http://127.0.0.1:8000"
    sandbox = filled_in()._replace(sandbox_urls=frozenset({url}))
    assert not view_of(sandbox)["badge"]
    inside = play(sandbox, e.FieldsChanged({"api_url": f"{url}/"}, "code"))
    assert view_of(inside)["badge"] == "Sandbox · nothing leaves this machine"


def test_announcement_has_the_newest_outcome():
    state = played(failed("diagnose", "db_refused"))
    assert "refused the connection" in view_of(state)["announcement"]
    running = play(state, request("test"))
    assert view_of(running)["announcement"] == "Connecting from Lamin."


@pytest.mark.parametrize("panel", PANELS)
@pytest.mark.parametrize("state", [State(), played(*READY)], ids=["new", "ready"])
def test_panel_can_be_opened_in_any_state(panel, state):
    view = view_of(play(state, e.PanelToggled(panel)))
    assert view["panel"]["id"] == panel
    assert "panel" not in view_of(state)


def test_panel_allow_list_has_the_address_seen_by_the_server():
    refused = replace(
        failed("diagnose", "db_not_allowed"), facts={"seen_as": "203.0.113.7"}
    )
    panel = view_of(play(played(refused), e.PanelToggled("allow-list")))["panel"]
    assert "203.0.113.7" in panel["texts"]["pg_hba.conf"]


def test_panel_allow_list_has_nothing_from_another_server():
    facts = {"seen_as": "203.0.113.7", "tls": "no"}
    refused = replace(failed("diagnose", "db_not_allowed"), facts=facts)
    state = play(played(refused), e.PanelToggled("allow-list"))
    for change in ({"host": "other.example.org"}, {"port": 5433}):
        text = view_of(play(state, changed(**change)))["panel"]["texts"]["pg_hba.conf"]
        assert "203.0.113.7" not in text
        assert "hostssl" in text


def test_panel_code_warns_of_a_registered_name():
    panel = view_of(play(played(*READY), e.PanelToggled("code")))["panel"]
    assert "already registered" in panel["texts"]["Python"]


def in_sandbox():
    """Return the state of a server that is ready, in a sandbox."""
    state = played(*READY)
    return state._replace(draft=state.draft._replace(sandbox=True))


def test_panel_code_in_a_sandbox_creates_no_instance():
    panel = view_of(play(in_sandbox(), e.PanelToggled("code")))["panel"]
    assert not [label for label in panel["texts"] if "instance" in label]


def test_panel_instance_explains_the_limit_of_a_sandbox():
    panel = view_of(play(in_sandbox(), e.PanelToggled("instance")))["panel"]
    assert "sandbox" in panel["note"]
    assert "texts" not in panel


def test_panel_activity_lists_outcomes_newest_first():
    panel = view_of(play(played(*READY), e.PanelToggled("activity")))["panel"]
    actions = [entry["text"].partition(":")[0] for entry in panel["entries"]]
    assert actions == ["Test connection", "Register", "Diagnose"]


def test_report_has_the_facts_for_an_administrator():
    state = played(failed("diagnose", "db_refused"))
    text = report(state.history[-1], state)
    assert "postgresql://postgres:***@db.example.org:5432/postgres" in text
    assert "Checked from this machine on 2026-07-03" in text
    assert "54.157.171.81" in text


def test_report_of_a_test_names_the_registered_server():
    state = played(passed("register"), failed("test", "db_refused"))
    assert "my-server, as registered with Lamin" in report(state.history[-1], state)
    assert API not in report(state.history[-1], state)


def test_account_shows_another_sign_in_service():
    found = e.AccountFound(AccountStatus("signed-out", hub="hub.example.org"))
    field = view_of(play(filled_in(), found))["fields"]["api_key"]
    assert field["hint"] == "Sent to hub.example.org"


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        (failed("sign-in", "api_key_rejected"), "Copy the full key from lamin.ai"),
        (failed("register", "not_signed_in"), "lamin.ai/settings"),
    ],
)
def test_field_api_key_shows_the_source_of_keys_after_a_failure(outcome, text):
    state = played(outcome)._replace(account=AccountStatus("signed-out"))
    assert text in view_of(state)["fields"]["api_key"]["note"]["text"]
