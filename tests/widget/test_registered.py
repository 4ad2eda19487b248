"""Lamin tests what it was given, not what the form shows by now."""

from __future__ import annotations

import pytest
from test_controller import Form

from lamin_widgets.core.secret import Secret


@pytest.fixture
def form(breakable, server_name):
    form = Form(breakable, server_name)
    yield form
    form.controller.close()


@pytest.fixture
def other(breakable, server_name):
    """Of somebody else, or of another kernel."""
    other = Form(breakable, f"{server_name}-other")
    yield other
    other.controller.close()


@pytest.fixture
def right(form):
    """What the sandbox's server really is."""
    return form.box.database


def type_password(form, password):
    form.controller.set_password(Secret(password))


def change(form, **values):
    for field, value in values.items():
        setattr(form.model, field, value)
        form.controller.showing.changed(field)


@pytest.fixture
def wrong_port(form, right):
    """Registered with a port on which nothing listens; then it was corrected."""
    change(form, port=1)
    assert form.do("register")
    assert form.do("test").field == "port"
    change(form, port=right.port)


@pytest.mark.usefixtures("wrong_port")
def test_a_corrected_field_is_not_blamed_for_what_lamin_was_given(form):
    outcome = form.do("test")
    assert outcome.cause == "db_refused"
    assert outcome.field == "name"
    assert outcome.title.endswith("as it was registered, with port 1.")
    assert "refuses connections on port 1" in outcome.advice
    assert "under another name" in outcome.advice
    assert form.model.messages["name"]["text"] == outcome.title
    assert "port" not in form.model.messages


@pytest.mark.usefixtures("wrong_port")
def test_what_lamin_was_given_is_no_reason_to_look_for_a_firewall(form, right):
    type_password(form, right.password)
    assert form.do("diagnose")
    form.do("test")
    assert form.facts == {"registered": "yes", "lamin": "no", "here": "yes"}
    assert form.model.facts["lamin"]["stale"]
    assert form.model.facts["conclusion"].startswith("Lamin has what was registered")
    assert "allow_list" not in form.model.panels
    assert "allow_list" not in form.model.panels


@pytest.mark.usefixtures("wrong_port")
def test_to_register_again_says_what_lamin_has(form, right):
    type_password(form, right.password)
    taken = form.do("register")
    assert taken.cause == "name_taken"
    assert "You registered it from this form with port 1." in taken.advice
    assert "under another name" in taken.advice


@pytest.mark.usefixtures("wrong_port")
def test_under_another_name_all_is_well(form, right):
    type_password(form, right.password)
    change(form, name=f"{form.model.name}-mended")
    assert form.do("register")
    assert form.do("test")
    assert form.model.next_step


def test_another_host_is_named(form, right):
    change(form, host="127.0.0.2", port=1)
    assert form.do("register")
    change(form, host=right.host)
    assert "with host 127.0.0.2." in form.do("test").title
    change(form, port=right.port)
    assert "with host 127.0.0.2 and port 1." in form.do("test").title


def test_a_password_typed_since_is_not_the_one_that_was_refused(form, right):
    type_password(form, "hR6-the-wrong-one")
    assert form.do("register")
    refused = form.do("test")
    assert refused.field == "password"
    assert "ALTER ROLE" in refused.command
    type_password(form, right.password)
    outcome = form.do("test")
    assert outcome.title.endswith(
        "as it was registered, with the password typed before."
    )
    assert not outcome.command  # it would change the right one
    assert "another name" in outcome.advice
    assert form.do("diagnose")
    assert "Lamin has been given another one" in form.model.facts["conclusion"]


def test_a_password_typed_again_is_no_reason_for_another_failure(form, right):
    assert form.do("register")
    type_password(form, right.password)
    right.stop()
    try:
        outcome = form.do("test")
    finally:
        right.start()
    assert outcome.cause == "db_refused"
    assert outcome.field == "port"
    assert "registered" not in outcome.title


def test_what_was_registered_elsewhere_may_be_something_else(form, breakable):
    other = Form(breakable, form.model.name)
    other.model.port = 1
    assert other.do("register")
    other.controller.close()
    outcome = form.do("test")
    assert outcome.field == "port"
    assert "may not be what the form shows" in outcome.advice


def test_to_register_the_same_again_leads_to_the_test(form, right):
    assert form.do("register")
    type_password(form, right.password)
    sent = form.do("register")
    assert sent.advice.startswith("You registered it from this form: test the conn")
    assert "A password typed since changes nothing." in sent.advice
    assert form.model.facts["registered"]["text"] == "Lamin has the server."
    form.controller.forget_password()
    unsent = form.do("register")
    assert unsent.cause == "name_taken"
    assert sent.advice.startswith(unsent.advice)


def test_an_instance_is_offered_for_a_server_that_works_only(form, right):
    assert form.do("register")
    assert form.do("test")
    assert form.model.next_step
    right.stop()
    try:
        form.do("test")
    finally:
        right.start()
    assert not form.model.next_step
    assert form.do("test")
    type_password(form, right.password)
    change(form, name=f"{form.model.name}-2")
    assert form.do("register")
    assert not form.model.next_step


def test_what_fails_here_is_better_mended_before_it_is_registered(form, right):
    type_password(form, "hR6-the-wrong-one")
    form.do("diagnose")
    conclusion = form.model.facts["conclusion"]
    assert conclusion.startswith("Mend this before Register")
    assert "this machine" not in conclusion
    change(form, port=1)
    assert form.model.facts["conclusion"].startswith("Press Diagnose again")
    form.do("diagnose")
    assert "Lamin may still have one." in form.model.facts["conclusion"]
    type_password(form, right.password)
    change(form, port=right.port)
    assert form.do("diagnose")
    assert form.model.facts["conclusion"] == "Now press Register."
    assert form.do("register")
    assert form.model.facts["conclusion"] == "Now press Test connection."
    change(form, name=f"{form.model.name}-2")
    assert form.model.facts["conclusion"] == "Now press Register."
    type_password(form, right.password)
    assert form.model.facts["conclusion"].startswith("Press Diagnose again")
    assert form.do("diagnose")
    type_password(form, right.password)  # the very same, and still held
    assert form.model.facts["conclusion"] == "Now press Register."
    assert not form.model.result["stale"]


def press_register(form):
    """As the button does it, which asks first."""
    outcomes = []
    job = form.controller.start("register", outcomes.append, ask=True)
    if job in outcomes:
        return job
    assert job.done.wait(20)
    return job.outcome


def test_the_button_asks_once_before_known_faults_are_registered(form, right):
    type_password(form, "hR6-the-wrong-one")
    assert form.do("diagnose").cause == "password_rejected"
    asked = press_register(form)
    assert (asked.cause, asked.field) == ("diagnosed_wrong", "password")
    assert asked.state == "unknown"  # a question, no failure
    assert not form.sent("/db/server/register")
    assert form.told[-1] == {"kind": "focus", "field": "password"}
    assert press_register(form)
    assert form.sent("/db/server/register") == 1


def test_nobody_is_asked_about_what_was_mended_or_seen_from_here_only(form, right):
    type_password(form, "hR6-the-wrong-one")
    form.do("diagnose")
    type_password(form, right.password)
    assert press_register(form)
    change(form, name=f"{form.model.name}-2", port=1)
    type_password(form, right.password)
    assert form.do("diagnose").cause == "db_refused"  # Lamin may have a way
    assert press_register(form)


def test_a_test_that_succeeds_says_which_server_it_speaks_of(form, right):
    assert form.do("register")
    plain = form.do("test")
    assert plain.title == f"Lamin can connect to {form.model.name}."
    change(form, host="localhost")
    form.controller.showing.refresh()
    outcome = form.do("test")
    assert outcome
    assert outcome.title.endswith(f"as it was registered, with host {right.host}.")
    assert "another name" in outcome.advice
    facts = form.model.facts
    assert facts["registered"]["text"].endswith("As it was registered")
    assert facts["lamin"]["text"].endswith("As it was registered")
    assert facts["conclusion"].startswith("Lamin has what was registered")
    assert facts["next"] == ""


def test_a_name_that_somebody_else_has_taken_is_not_called_ready(form, other, right):
    assert other.do("register")
    type_password(form, right.password)
    change(form, name=other.model.name, port=1)
    assert form.do("register").cause == "name_taken"
    assert (form.model.facts["conclusion"], form.model.facts["next"]) == ("", "")
    outcome = form.do("test")
    assert outcome
    assert "may not be what the form shows" in outcome.advice


def test_one_button_is_always_the_next(form, right):
    def upcoming():
        form.controller.showing.refresh()
        return form.model.facts["next"]

    assert upcoming() == "diagnose"
    form.do("diagnose")
    assert upcoming() == "register"
    type_password(form, f"{right.password}-not")
    assert upcoming() == "diagnose"
    form.do("diagnose")
    assert upcoming() == "diagnose"
    type_password(form, right.password)
    form.do("register")
    assert upcoming() == "test"
    form.do("test")
    assert upcoming() == ""


def test_where_only_another_name_helps_no_button_is_the_next(form, right):
    type_password(form, f"{right.password}-not")
    form.do("register")
    assert form.do("test").cause == "password_rejected"
    for _ in range(2):
        assert "under another name" in form.model.facts["conclusion"]
        assert form.model.facts["next"] == ""
        type_password(form, right.password)
    assert form.model.hints["password"].startswith("Held in the kernel's memory, until")
    form.do("diagnose")
    assert "under a new name" in form.model.facts["conclusion"]
    assert form.model.facts["next"] == ""
    change(form, name=f"{form.model.name}-2")
    assert form.model.facts["next"] == "register"


def test_after_a_failure_the_next_button_is_the_one_that_the_text_names(form):
    form.do("diagnose")
    form.do("register")
    form.do("test")
    form.box.database.stop()
    try:
        form.do("test")
        assert form.model.facts["next"] == "diagnose"
    finally:
        form.box.database.start()


def test_show_code_says_that_the_name_is_registered(form):
    form.controller.showing.open("code")
    form.controller.showing.refresh()
    assert "is registered" not in form.model.texts["code"]["Python"]
    assert form.do("register")
    for code in form.model.texts["code"].values():
        assert code.startswith("# This name is registered")


def test_the_button_asks_once_about_a_region_that_is_not_published(form, monkeypatch):
    monkeypatch.setenv("LAMIN_WIDGETS_SANDBOX", form.box.api_url)
    change(form, api_server_name="prod-eu-cental-1")
    asked = press_register(form)
    assert (asked.cause, asked.state) == ("region_doubtful", "unknown")
    assert asked.field == "api_server_name"
    assert not form.sent("/db/server/register")
    change(form, api_server_name="prod-eu-cental-2")
    assert press_register(form).cause == "region_doubtful"
    assert press_register(form)


def test_what_was_registered_wrong_needs_another_name(form):
    type_password(form, "hR6-the-wrong-one")
    assert form.do("register")
    outcome = form.do("test")
    assert (outcome.cause, outcome.field) == ("password_rejected", "password")
    assert "register it under another name" in outcome.advice
    type_password(form, "hR6-the-wrong-one")
    assert form.do("diagnose").cause == "password_rejected"
    assert "refused there and here" in form.model.facts["conclusion"]


def test_nobody_is_asked_about_what_concerns_this_machine_only(form, right):
    """Lamin's addresses are let in, and this machine's is not: as it should be."""
    form.box.break_("pg_hba")
    assert form.do("diagnose").cause == "db_not_allowed"
    assert "Lamin may still have one." in form.model.facts["conclusion"]
    assert press_register(form)


def test_a_script_is_not_asked(form):
    type_password(form, "hR6-the-wrong-one")
    form.do("diagnose")
    assert form.do("register")


def test_to_register_again_what_lamin_can_reach_says_that_all_is_done(form):
    assert form.do("register")
    assert form.do("test")
    again = form.do("register")
    assert again.cause == "name_taken"
    expected = "You registered it from this form, and Lamin can connect to it."
    assert again.advice == expected
    assert again.details.startswith("Nothing was sent")
