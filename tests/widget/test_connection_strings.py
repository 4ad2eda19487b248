"""A connection string fills the form, wherever it was pasted, and is not kept."""

from __future__ import annotations

import json

import pytest

from lamin_widgets.form.fields import WRITABLE

SECRET = "zqk7@wv%x8/yyq9"


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


REFUSED = [
    f"postgresql://bob:{SECRET}@db.example.org/postgres",
    f"postgresql://postgres:{SECRET}@db.example.org/another",
    f"mysql://root:{SECRET}@db.example.org/x",
    f"bob:{SECRET}@db.example.org",
    f"host=db.example.org user=bob password={SECRET}",
    f"postgresql://postgres:{SECRET}@db.example.org:99999/postgres",
]
WITHOUT_HOST = [f"password={SECRET}", f"PGPASSWORD={SECRET} psql"]


@pytest.mark.parametrize("text", REFUSED + WITHOUT_HOST)
@pytest.mark.parametrize("field", WRITABLE)
def test_no_field_keeps_a_string_that_a_page_put_there(shown, text, field):
    """A front end may send what is typed as state, such as an older page."""
    widget, view = shown(name="mine", host="before.example.org")
    before = getattr(widget, field)
    view.set(**{field: text})
    assert getattr(widget, field) == before
    assert view.got(field) == before  # the page has to let go of it
    assert SECRET not in json.dumps(widget.get_state(), default=str)
    assert SECRET not in repr(widget)
    assert widget.messages[field]["level"] == "error" or text in WITHOUT_HOST


@pytest.mark.parametrize("text", REFUSED + WITHOUT_HOST)
@pytest.mark.parametrize("field", ["name", "host", "port", "api_server_name"])
def test_no_field_keeps_a_string_that_was_an_argument(shown, text, field):
    widget, _ = shown(**{field: text})
    assert SECRET not in json.dumps(widget.get_state(), default=str)
    assert SECRET not in repr(widget)
    assert widget.messages[field]["level"] in {"error", "info"}


def test_why_it_was_refused_is_said_at_the_field_of_the_argument(shown):
    widget, _ = shown(host=REFUSED[0])
    assert "requires the user postgres" in widget.messages["host"]["text"]


def test_an_address_with_a_query_is_an_address(shown):
    widget, view = shown()
    view.set(api_url="https://api.example.org/?host=a")
    assert widget.api_url == "https://api.example.org/?host=a"
    view.set(api_url=f"password={SECRET}")
    assert SECRET not in widget.api_url


def test_what_is_locked_keeps_what_it_had_and_the_note_says_so(shown):
    widget, view = shown(
        host="db.example.org", password="another", locked=("host", "password")
    )
    text = f"postgresql://postgres:{SECRET}@evil.example.org:6000/postgres"
    view.send({"kind": "connection-string"}, text.encode())
    assert (widget.host, widget.port) == ("db.example.org", 6000)
    said = widget.messages["paste"]["text"]
    assert said.endswith("Locked, and so not changed: host, password.")


def test_only_the_inputs_that_it_concerns_are_emptied(shown):
    _, view = shown()
    view.send({"kind": "connection-string"}, b"host=db.example.org port=6000")
    assert view.told("clear-secrets")[-1]["fields"] == ["paste"]
    text = f"host=db.example.org password={SECRET}"
    view.send({"kind": "connection-string"}, text.encode())
    emptied = [message["fields"] for message in view.told("clear-secrets")]
    assert emptied[1:] == [["password"], ["paste"]]


def test_what_a_page_put_there_is_not_echoed_to_it(shown):
    _, view = shown(host="before.example.org")
    for text in REFUSED:
        view.set(host=text, name="mine")
    assert SECRET not in repr(view.comm.sent)


@pytest.mark.parametrize("field", ["host", "paste", "name"])
def test_after_a_refused_entry_no_button_sends_the_older_values(filled, field):
    """Typed into Host, and then straight to Register: it stops, once."""
    widget, view = filled
    registered = widget.masked_url
    view.send({"kind": "connection-string", "field": field}, REFUSED[0].encode())
    view.press("register", host=widget.host)
    assert widget.outcome.cause == "connection_string_user"
    assert widget.outcome.field == field
    assert widget.facts["registered"]["state"] == "not checked"
    view.press("register")  # seen, and meant
    assert widget.outcome.state == "success"
    assert widget.masked_url == registered


def test_state_that_arrives_late_does_not_make_a_refused_entry_forgotten(filled):
    """ipywidgets holds state back while the kernel is busy, but no messages."""
    widget, view = filled
    values = {"host": "127.0.0.1", "port": widget.port}
    widget.host = ""
    content = {"kind": "connection-string", "field": "host", "values": values}
    view.send(content, REFUSED[0].encode())
    view.set(**values)  # as typed before
    view.press("register", **values)
    assert widget.outcome.cause == "connection_string_user"


def test_a_refused_assignment_stops_a_script(filled):
    widget, _ = filled
    widget.name = "team:db@eu"
    assert widget.register().cause == "connection_string_user"


def test_what_was_refused_is_over_once_the_field_is_filled_in(filled, server_name):
    widget, view = filled
    view.send({"kind": "connection-string", "field": "name"}, REFUSED[0].encode())
    widget.name = f"{server_name}-2"
    assert widget.register().state == "success"


def test_a_storage_may_have_an_at_sign_in_its_path(shown):
    widget, _ = shown()
    widget.storage = "s3://bucket/me@example.org/data"
    assert widget.storage == "s3://bucket/me@example.org/data"


def test_a_closed_form_takes_no_secrets(shown):
    widget, _ = shown()
    widget.close()
    widget.set_password(SECRET)
    widget.host = f"postgresql://postgres:{SECRET}@db.example.org/postgres"
    assert not widget._controller.draft.has_password
    assert SECRET not in repr(widget)
