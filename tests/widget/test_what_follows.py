"""What follows in the form from what was pasted, chosen, missed or found out."""

from __future__ import annotations

import re
import socket
import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest
from test_controller import Form, Model, until

from lamin_widgets import DbServerWidget
from lamin_widgets.control import presentation
from lamin_widgets.control.conclusions import conclude
from lamin_widgets.control.controller import Controller
from lamin_widgets.control.model import Model as Traits
from lamin_widgets.control.verdicts import Verdicts
from lamin_widgets.core.errors import SignInError
from lamin_widgets.core.outcome import Outcome, Step
from lamin_widgets.core.secret import Secret
from lamin_widgets.lamin.client import DbServerClient


@pytest.fixture
def form(breakable, server_name):
    form = Form(breakable, server_name)
    yield form
    form.controller.close()


def test_the_widget_has_every_trait_that_the_controller_writes():
    assert set(Traits.__annotations__) <= set(DbServerWidget.class_trait_names())


def test_a_string_without_a_password_leaves_that_alone(form):
    form.controller.take_connection_string(Secret("host=db.example.org port=6000"))
    assert (form.model.host, form.model.port) == ("db.example.org", 6000)
    assert form.model.has_password


def test_what_is_registered_already_is_said_without_asking_for_the_password(form):
    assert form.do("register")
    assert not form.model.has_password
    again = form.controller.start("register", print)
    assert again.cause == "name_taken"
    assert again.field == "name"
    form.model.name += "-other"
    other = form.controller.start("register", print)
    assert other.cause == "password_missing"


def test_what_is_not_used_of_a_string_is_named(form):
    text = "postgresql://postgres:hR6kestrel@db.example.org/postgres?sslmode=require"
    form.controller.take_connection_string(Secret(text))
    said = form.model.messages["paste"]["text"]
    assert "Ignored: sslmode. Lamin takes a host, a port and a password only." in said
    assert "kestrel" not in repr(form.model)


def test_a_string_does_not_change_what_is_locked(form):
    before = form.model.host, form.model.port, form.controller.draft.has_password
    form.controller.forget_password()
    form.model.locked = ["host", "port", "password"]
    text = "postgresql://postgres:hR6kestrel@db.example.org:6000/postgres"
    form.controller.take_connection_string(Secret(text))
    assert (form.model.host, form.model.port) == before[:2]
    assert not form.model.has_password


@pytest.mark.parametrize("panels", [[], ["instance"]])
def test_a_missing_name_of_an_instance_is_pointed_to(form, panels):
    form.model.panels = panels
    outcome = form.do("create-instance")
    assert isinstance(outcome, Outcome)
    assert outcome.field == "instance_name"
    assert form.model.panels == ["instance"]
    assert {"kind": "focus", "field": "instance_name"} in form.told


def test_the_panel_to_sign_in_closes_for_who_is_signed_in(form):
    form.model.panels = ["sign_in", "code"]
    form.controller.identity.look_up()
    assert form.model.panels == ["code"]
    assert form.model.account["state"] == "signed-in"


def test_a_sign_in_that_is_refused_is_nobody(form):
    def refused():
        raise SignInError("no", cause="api_key_rejected")

    controller = Controller(
        form.model, form.told.append, client=SimpleNamespace(account=refused)
    )
    controller.identity.look_up()
    assert form.model.account["state"] == "signed-out"


def test_without_a_usable_api_nobody_is_asked():
    model = Model(name="a", api_url="nonsense", account={"state": "unknown"})
    Controller(model, lambda _: None).identity.look_up()
    assert model.account == {"state": "unknown"}


def test_who_signs_in_in_the_form_is_named(breakable, server_name):
    session = SimpleNamespace(sign_in=lambda key: SimpleNamespace(handle="me"))
    client = DbServerClient(breakable.api_url, "a-token", session=session)
    form = Form(breakable, server_name, client=client)
    outcomes = []
    job = form.controller.start("sign-in", outcomes.append, Secret("a-key"))
    assert job.done.wait(10)
    assert job.outcome.title == "Signed in as me."
    assert {"kind": "clear-secrets", "fields": ["api_key"]} in form.told
    form.controller.close()
    client.close()


def test_a_host_that_lamin_cannot_reach_is_no_matter_of_a_firewall(form, monkeypatch):
    monkeypatch.setenv("LAMIN_WIDGETS_SANDBOX", form.model.api_url)
    form.model.host = "10.9.8.7"
    assert form.do("register").state == "success"
    outcome = form.do("test")
    assert outcome.cause == "check_failed"
    assert "private" in outcome.advice


def test_a_registration_that_is_refused_is_none(form):
    form.box.api.fault(status=403, body={"detail": "You may not"})
    assert form.do("register").cause == "forbidden"
    assert form.facts["registered"] == "no"


def test_a_diagnosis_that_was_cancelled_shows_nothing_of_the_server(form):
    before = form.facts["here"]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        form.model.port = silent.getsockname()[1]
        job = form.begin("diagnose")
        form.controller.cancel()
        assert job.done.wait(10)
    assert job.outcome.cause == "cancelled"
    assert form.facts["here"] == before


def test_the_code_to_create_an_instance_is_shown_with_the_rest(form):
    form.model.instance_name = "my-instance"
    form.model.panels = ["code"]
    form.controller.showing.refresh()
    less = set(form.model.texts["code"])
    form.model.panels = ["code", "instance"]
    form.controller.showing.refresh()
    more = set(form.model.texts["code"]) - less
    assert more
    assert all(label.startswith("Create an instance: ") for label in more)


def test_the_allow_list_has_the_usual_port_where_none_is_right(form):
    form.model.panels = ["allow_list"]
    form.model.port = "nonsense"
    form.controller.showing.refresh()
    shown = repr(form.model.texts["allow_list"])
    assert re.search(r"\b5432\b", shown)
    form.model.api_server_name = "prod-nowhere"
    form.controller.showing.refresh()
    assert "allow_list" not in form.model.texts
    assert "no addresses for this region" in form.model.allow_list_note["text"]


def test_a_call_is_cancelled_from_python(filled, breakable):
    widget, _ = filled
    breakable.api.fault(silent=True)
    before = len(breakable.api.requests)
    outcomes = []
    thread = threading.Thread(target=lambda: outcomes.append(widget.test()))
    thread.start()
    until(lambda: len(breakable.api.requests) > before)
    widget.cancel()
    thread.join(10)
    assert [outcome.cause for outcome in outcomes] == ["cancelled"]


def test_a_call_is_cancelled_from_the_view(filled, breakable):
    widget, view = filled
    breakable.api.fault(silent=True)
    before = len(breakable.api.requests)
    view.send({"kind": "action", "action": "test", "values": {}})
    job = widget._controller.runner.current
    until(lambda: len(breakable.api.requests) > before)
    view.press("cancel")
    assert job.done.wait(10)
    assert job.outcome.cause == "cancelled"


def test_a_password_that_is_locked_is_not_taken_from_the_view(shown):
    widget, view = shown(locked=["password"])
    view.send({"kind": "password"}, b"hR6kestrel")
    assert not widget.has_password


def test_what_failed_is_said_at_its_field_until_the_field_changes(filled):
    widget, view = filled
    assert widget.register()
    widget.set_password("pB3heron-ok")
    taken = widget.register()
    assert taken.cause == "name_taken"
    assert widget.messages["name"]["level"] == "error"
    assert widget.messages["name"]["text"].startswith(taken.title)
    view.set(name=f"{widget.name}-2")
    assert "name" not in widget.messages


def test_a_missing_password_is_missed_until_one_is_typed(shown):
    widget, view = shown(name="my-server", host="db.example.org")
    missing = widget.register()
    assert widget.messages["password"]["text"].startswith(missing.title)
    view.send({"kind": "password", "field": "password"}, b"pB3heron-ok")
    assert "password" not in widget.messages


def test_a_warning_that_may_be_the_reason_stays_beside_what_failed():
    draft_warns = {"host": {"level": "warning", "text": "It is private.", "fixes": []}}
    failed = Outcome("test", "failure", "Nobody answers.", field="host")
    presentation.blame(draft_warns, failed)
    said = draft_warns["host"]
    assert said == {
        "level": "error",
        "text": "Nobody answers. It is private.",
        "fixes": [],
    }
    presentation.blame(draft_warns, replace(failed, title="Again."))
    assert draft_warns["host"] == said, "an error of the field itself comes first"


def test_what_diagnose_warns_of_is_better_mended_first():
    step = Step("Rights", "warning", "The user postgres is not a superuser.")
    warned = Outcome("diagnose", "success", "With a warning.", steps=(step,))
    seen = Verdicts()
    seen.learn(warned, ())
    assert conclude(seen).text.startswith("Mend what Diagnose warns of, if you can.")
    seen.learn(replace(warned, steps=()), ())
    assert conclude(seen) == ("Now press Register.", "register")


def test_a_question_about_a_warning_does_not_repeat_it():
    warns = {"api_server_name": {"level": "warning", "text": "Not published."}}
    asked = Outcome(
        *("register", "unknown", "Not published."),
        cause="region_doubtful",
        field="api_server_name",
    )
    presentation.blame(warns, asked)
    assert warns == {"api_server_name": {"level": "warning", "text": "Not published."}}


def test_a_string_without_a_port_means_the_default_and_says_so(form):
    form.model.port = 5433
    form.controller.take_connection_string(Secret("postgresql://db.example.org/"))
    assert form.model.port == 5432
    said = form.model.messages["paste"]["text"]
    assert "It names no port, which means 5432." in said
    assert "It names no password: the one from before is still held." in said


def test_a_string_that_names_no_host_leaves_the_port_alone(form):
    before = form.model.port
    form.controller.take_connection_string(Secret("password=hR6kestrel"))
    assert form.model.port == before


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        ("db_refused", "look at your own firewall or VPN"),
        ("password_rejected", "the one that Diagnose used is another"),
        ("starting_up", "From here, see the steps"),
    ],
)
def test_what_fails_only_here_is_put_beside_what_lamin_sees(cause, said):
    seen = Verdicts()
    seen.learn(Outcome("diagnose", "failure", "No.", cause=cause), ())
    seen.learn(Outcome("test", "success", "Lamin can connect."), ())
    assert said in conclude(seen).text
