"""The widget as Python and the browser use it."""

from __future__ import annotations

import ipywidgets
import pytest
import traitlets

import lamin_widgets as lw
from lamin_widgets.control.clients import Clients
from lamin_widgets.form.fields import WRITABLE

SECRET = "zqk7@wv%x8/yyq9"


def test_the_public_names_are_those_of_the_design():
    assert set(lw.__all__) == {
        *("DbServerWidget", "DbServerClient", "PostgresConnection", "Secret"),
        *("Outcome", "diagnose", "Region", "REGIONS", "LaminWidgetsError"),
    }
    assert all(hasattr(lw, name) for name in lw.__all__)


def test_showing_the_form_takes_two_messages(shown):
    """One for the layout, one for the form, as the design promises."""
    widget, view = shown()
    assert [kind for kind, _, _ in view.comm.sent] == ["comm_open"]
    assert [kind for kind, _, _ in widget.layout.comm.sent] == ["comm_open"]


def test_register_and_test_from_python(filled):
    widget, _ = filled
    assert widget.register().state == "success"
    assert widget.test().state == "success"
    assert widget.outcome.action == "test"
    assert [entry["state"] for entry in widget.activity] == ["success", "success"]


def test_register_and_test_from_the_browser(filled):
    widget, view = filled
    view.press("register")
    assert (widget.outcome.action, widget.outcome.state) == ("register", "success")
    view.press("test")
    assert (widget.outcome.action, widget.outcome.state) == ("test", "success")


def test_the_fields_that_ride_along_with_a_button_count(filled, server_name):
    """A front end may hold back a change while the kernel is busy."""
    widget, view = filled
    view.press("register", name=f"{server_name}-late")
    assert widget.name == f"{server_name}-late"
    assert widget.outcome.title == f"Lamin has registered {server_name}-late."


def test_the_password_travels_as_a_buffer_and_stays_in_memory(shown):
    widget, view = shown(host="db.example.org")
    view.send({"kind": "password"}, SECRET.encode())
    assert widget.has_password
    assert SECRET not in repr(widget.get_state())


def test_an_emptied_password_is_forgotten(shown):
    widget, view = shown(password=SECRET)
    view.send({"kind": "password"}, b"")
    assert not widget.has_password


def test_a_password_that_postgresql_cannot_take_is_refused_at_its_field(shown):
    widget, view = shown()
    view.send({"kind": "password"}, b"nul\0nul")
    assert not widget.has_password
    assert widget.messages["password"]["level"] == "error"
    assert "NUL" in widget.messages["password"]["text"]


def test_forget_password_empties_every_view(shown):
    widget, view = shown(password=SECRET)
    view.send({"kind": "forget-password"})
    assert not widget.has_password
    assert view.told("clear-secrets")


def test_register_drops_the_password_once_lamin_has_it(filled):
    widget, view = filled
    widget.register()
    assert not widget.has_password
    assert view.told("clear-secrets")


def test_a_refused_register_loses_nothing(filled, server_name):
    widget, _ = filled
    widget.register()
    widget.set_password(SECRET)
    assert widget.register().cause == "name_taken"
    assert widget.has_password
    assert widget.name == server_name


def test_keep_password_keeps_it(sandbox, shown, token_client, server_name):
    widget, _ = shown(
        name=server_name,
        host=sandbox.database.host,
        port=sandbox.database.port,
        password=sandbox.database.password,
        client=token_client,
        keep_password=True,
    )
    assert widget.register().state == "success"
    assert widget.has_password


def test_closing_drops_the_password(shown):
    widget, _ = shown(password=SECRET)
    widget.close()
    assert not widget.has_password
    assert widget.register().cause == "closed"


@pytest.mark.parametrize("action", ["register", "test", "diagnose"])
def test_an_empty_form_explains_and_points_to_the_first_field(shown, action):
    widget, view = shown()
    view.press(action)
    first = {"register": "name", "test": "name", "diagnose": "host"}[action]
    assert widget.outcome.cause == f"{first}_missing"
    assert view.told("focus")[-1]["field"] == first


def test_locked_fields_stay(shown):
    widget, view = shown(host="db.example.org", locked=("host", "api_server_name"))
    view.press("test", host="evil.example.org", api_server_name="elsewhere", name="n")
    text = f"postgresql://postgres:{SECRET}@evil.example.org:6000/postgres"
    view.send({"kind": "connection-string"}, text.encode())
    assert widget.host == "db.example.org"
    assert widget.api_server_name == "prod-us-east-1"


def test_no_correction_is_offered_that_would_change_a_locked_field(shown):
    """A given client locks the API URL: the password goes where the form says."""
    region = {"api_server_name": "prod-us-west-2", "api_url": "https://api.lamin.ai"}
    widget, _ = shown(**region)
    (fix,) = widget.messages["api_server_name"]["fixes"]
    assert fix["values"] == {"api_url": "https://aws.us-west-2.lamin.ai/api"}
    widget, _ = shown(**region, locked=("api_url",))
    assert widget.messages["api_server_name"]["fixes"] == []


def test_misspelled_arguments_are_refused():
    with pytest.raises(TypeError, match="hots"):
        lw.DbServerWidget(hots="db.example.org")
    with pytest.raises(TypeError, match="regoin"):
        lw.DbServerWidget(locked=("regoin",))
    with pytest.raises(TypeError, match="api_server_name"):
        lw.DbServerWidget(locked=("region",))
    with pytest.raises(TypeError, match="locked=\\('host',\\)"):
        lw.DbServerWidget(locked="host")


def test_unknown_messages_are_ignored(shown):
    widget, view = shown(host="db.example.org")
    before = widget.get_state()
    for content in (
        {"kind": "no-such-kind"},
        {"kind": "action", "action": "format-disk"},
        {"no": "kind"},
        {"kind": ["unhashable"]},
    ):
        view.send(content)
    view.send({"kind": "password"})
    view.send({"kind": "password"}, b"one", b"two")
    view.send({"kind": "password"}, b"\xff\xfe")
    assert widget.get_state() == before


def test_a_result_goes_stale_when_a_field_it_rests_on_changes(filled):
    widget, view = filled
    widget.register()
    assert not widget.facts["registered"]["stale"]
    assert view.got("result")["stale"] is False
    widget.host = "elsewhere.example.org"
    assert widget.facts["registered"]["stale"]
    assert view.got("result")["stale"] is True


def test_a_diagnosis_goes_stale_in_the_page_with_another_password(filled):
    widget, view = filled
    widget.diagnose()
    assert view.got("result")["stale"] is False
    widget.set_password("another")
    assert view.got("result")["stale"] is True


def test_the_report_keeps_speaking_of_what_was_diagnosed(shown):
    widget, view = shown(host="127.0.0.1", port=1, password=SECRET)
    widget.diagnose()
    widget.host = "db2.example.org"
    assert "127.0.0.1:1/" in view.got("result")["report"]
    assert "db2" not in view.got("result")["report"]


def test_the_report_of_a_test_speaks_of_what_lamin_has(filled, breakable):
    widget, view = filled
    registered = widget.masked_url
    assert widget.register()
    widget.host = "db2.example.org"
    breakable.api.fault(body={"status": "failure", "message": "Connection refused"})
    assert widget.test().state == "failure"
    assert registered in view.got("result")["report"]
    widget.name = "registered-elsewhere"
    breakable.api.fault(body={"status": "failure", "message": "Connection refused"})
    assert widget.test().state == "failure"
    first = view.got("result")["report"].splitlines()[0]
    assert first.endswith("registered-elsewhere, as it was registered with Lamin")


def test_callbacks_hear_every_outcome_and_one_that_fails_stops_nobody(filled, capsys):
    widget, _ = filled
    heard = []

    def fails(_):
        raise ValueError("the author's own mistake")

    widget.on_outcome(fails)
    widget.on_outcome(heard.append)
    widget.register()
    widget.on_outcome(heard.append, remove=True)
    widget.test()
    assert [outcome.action for outcome in heard] == ["register"]
    assert "the author's own mistake" in capsys.readouterr().err


def test_callbacks_hear_why_an_action_did_not_start(shown):
    widget, view = shown()
    heard = []
    widget.on_outcome(heard.append)
    widget._callbacks.loop = None  # as in a script
    widget.register()
    view.press("test")
    assert [outcome.cause for outcome in heard] == ["name_missing", "name_missing"]


def test_to_join_what_runs_never_raises(filled, breakable, token_client):
    widget, view = filled
    clients = widget._controller._clients = Clients(None)
    clients._made[widget.api_url] = token_client
    breakable.api.fault(delay_s=0.3)
    view.send({"kind": "action", "action": "register", "values": {}})
    widget.api_url = "nonsense"
    assert widget.register().state == "success"


def test_it_composes_like_any_widget(shown):
    widget, _ = shown(host="db.example.org")
    other = ipywidgets.Text()
    traitlets.link((widget, "host"), (other, "value"))
    other.value = "other.example.org"
    assert widget.host == "other.example.org"
    assert widget in ipywidgets.VBox([widget]).children
    assert ipywidgets.jslink((widget, "name"), (other, "placeholder"))


def test_the_text_for_front_ends_without_widgets_says_what_to_do(shown):
    widget, _ = shown(name="my-server", host="db.example.org", password=SECRET)
    bundle = widget._repr_mimebundle_()
    text = (bundle[0] if isinstance(bundle, tuple) else bundle)["text/plain"]
    assert "postgresql://postgres:***@db.example.org:5432/postgres" in text
    assert ".register()" in text
    assert SECRET not in text


def test_every_field_of_the_form_is_a_trait():
    assert set(WRITABLE) <= set(lw.DbServerWidget.class_trait_names())
