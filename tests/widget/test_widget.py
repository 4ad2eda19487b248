"""The widget as Python and the browser use it."""

from __future__ import annotations

import ipywidgets
import pytest
import traitlets

import lamin_widgets as lw
from lamin_widgets.fields import WRITABLE

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


def test_a_connection_string_fills_the_form_and_is_not_kept(shown):
    widget, view = shown()
    text = f"postgresql://postgres:{SECRET}@db.example.org:6000/postgres"
    view.send({"kind": "connection-string"}, text.encode())
    assert (widget.host, widget.port) == ("db.example.org", 6000)
    assert widget.has_password
    assert widget.messages["paste"]["level"] == "info"
    assert SECRET not in repr(widget.get_state())
    assert view.told("clear-secrets")


@pytest.mark.parametrize("field", ["name", "host", "api_server_name", "api_url"])
def test_a_connection_string_in_a_plain_field_is_taken_apart(shown, field):
    widget, view = shown()
    before = getattr(widget, field)
    text = f"postgresql://postgres:{SECRET}@db.example.org:6000/postgres"
    view.set(**{field: text})
    assert getattr(widget, field) == ("db.example.org" if field == "host" else before)
    assert widget.host == "db.example.org"
    assert SECRET not in repr(widget.get_state())


def test_a_connection_string_as_host_argument_is_taken_apart(shown):
    text = f"postgresql://postgres:{SECRET}@db.example.org:6000/postgres"
    widget, _ = shown(host=text)
    assert widget.masked_url == "postgresql://postgres:***@db.example.org:6000/postgres"
    assert widget.has_password


def test_a_connection_string_is_answered_at_the_field_that_it_was_typed_into(shown):
    widget, view = shown(host="before.example.org")
    typed = {"kind": "connection-string", "field": "host"}
    view.send(typed, f"postgresql://alice:{SECRET}@db.example.org/postgres".encode())
    assert widget.host == "before.example.org"
    assert widget.messages["host"]["level"] == "error"
    assert "paste" not in {*widget.messages, *widget.panels}
    view.send(typed, f"host=db.example.org password={SECRET} sslmode=require".encode())
    assert widget.host == "db.example.org"
    assert widget.messages["host"]["level"] == "info"
    assert "sslmode" in widget.messages["host"]["text"]
    widget.host = "other.example.org"
    assert "host" not in widget.messages


def test_another_user_is_refused_aloud(shown):
    widget, view = shown(host="before.example.org")
    view.send(
        {"kind": "connection-string"},
        f"postgresql://alice:{SECRET}@db.example.org/postgres".encode(),
    )
    assert widget.host == "before.example.org"
    assert widget.messages["paste"]["level"] == "error"
    assert "postgres" in widget.messages["paste"]["text"]
    assert "paste" in widget.panels


def test_locked_fields_stay(shown):
    widget, view = shown(host="db.example.org", locked=("host", "api_server_name"))
    view.press("test", host="evil.example.org", api_server_name="elsewhere", name="n")
    text = f"postgresql://postgres:{SECRET}@evil.example.org:6000/postgres"
    view.send({"kind": "connection-string"}, text.encode())
    assert widget.host == "db.example.org"
    assert widget.api_server_name == "prod-us-east-1"


def test_misspelled_arguments_are_refused():
    with pytest.raises(TypeError, match="hots"):
        lw.DbServerWidget(hots="db.example.org")
    with pytest.raises(TypeError, match="regoin"):
        lw.DbServerWidget(locked=("regoin",))


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
    widget, _ = filled
    widget.register()
    assert not widget.facts["registered"]["stale"]
    widget.host = "elsewhere.example.org"
    assert widget.facts["registered"]["stale"]
    assert widget.get_state("outcome")["outcome"]["stale"]


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
