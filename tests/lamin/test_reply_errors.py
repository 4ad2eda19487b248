"""Causes of failed calls, for every status and any body. None is `unexpected`."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.core.failures import CATALOG
from lamin_widgets.core.secret import Secret
from lamin_widgets.lamin.calls import CheckAccess, CreateInstance, RegisterServer
from lamin_widgets.lamin.replies import read, retry_after
from lamin_widgets.lamin.reply_errors import is_route_unknown, reply_error
from lamin_widgets.lamin.transport import Reply

CONNECTION = PostgresConnection("db.example.org", 5432, "a-password")
REGISTER = RegisterServer("my-server", CONNECTION, "prod-us-east-1")
CALLS = (REGISTER, CheckAccess("my-server"), CreateInstance("i", "my-server"))
REQUEST = REGISTER.request("https://api.example.org/x", Secret("token"))


def _content(status, body, call=REGISTER, headers=None):
    text = body if isinstance(body, str) else json.dumps(body)
    reply = Reply(status, headers or {}, Secret(text), len(text))
    return read(reply, by_status=call.changes)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.done)
@given(
    status=st.integers(100, 999),
    body=st.text()
    | st.sampled_from(["{}", "null", '{"success": false}', '{"detail": "No"}'])
    | st.builds(lambda t: json.dumps({"detail": t}), st.text()),
    location=st.text(max_size=20),
)
def test_reply_with_any_status_and_body_has_a_cause(call, status, body, location):
    content = _content(status, body, call, {"location": location})
    if content.succeeded:
        return
    error = reply_error(content, call, REQUEST)
    row = CATALOG[error.cause]
    assert error.cause != "unexpected"
    assert row.layer in {"account", "api", "proxy", "postgresql", "tcp"}
    if status < 200 or status >= 600:
        assert error.cause in {"unreadable_reply", "name_taken", "instance_name_taken"}


@pytest.mark.parametrize(
    ("status", "body", "unknown"),
    [
        (404, {"detail": "Not Found"}, True),
        (404, "", True),
        (404, "<h1>my-server</h1>", True),
        (404, {"message": "no Route matched with those values"}, True),
        (404, {"detail": "No such path: /x?name=my-server"}, True),
        (404, {"detail": "The requested URL /x/my-server was not found"}, True),
        (405, {"detail": "my-server"}, True),
        (404, {"detail": "Database server not found"}, False),
        (404, {"detail": "'my-server' is unknown"}, False),
        (404, {"detail": "Organization not found"}, False),
        (400, {"detail": "Not Found"}, False),
        (200, {"detail": "Not Found"}, False),
    ],
)
def test_unknown_route_differs_from_an_unknown_server(status, body, unknown):
    assert is_route_unknown(_content(status, body), "my-server") is unknown


def test_unknown_route_is_recognized_without_a_server_name():
    assert is_route_unknown(_content(404, {"detail": "Not Found"}), "")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("21601", 21_600),
        ("9" * 200, 21_600),
        ("Fri, 31 Dec 9999 23:59:59 -1200", 21_600),
        ("Sat, 01 Jan 0001 00:00:00 +1200", 0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
        ("\u0663", None),
        ("Thu, 26 Nov 2026 99999999999999999999:20:00 GMT", 21_600),
        ("Thu, 26 Nov 99999999999999999999 15:20:00 GMT", None),
    ],
)
def test_retry_after_is_read(value, seconds):
    assert retry_after(value) == seconds


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://elsewhere.invalid/x?token=1#a", "https://elsewhere.invalid/x"),
        ("/login?next=/x", "https://api.example.org/login"),
        ("https://[::1", "https://[::1"),
    ],
)
def test_redirect_target_is_shown_without_its_query(location, shown):
    content = _content(302, "", headers={"location": location})
    error = reply_error(content, REGISTER, REQUEST)
    assert (error.cause, error.facts["location"]) == ("redirected", shown)


def test_reply_is_judged_before_it_is_redacted():
    reply = Reply(400, {}, Secret('{"detail": "Already registered"}'), 32)
    content = read(reply, [Secret("already registered")])
    assert content.message == "***"
    assert reply_error(content, REGISTER, REQUEST).cause == "name_taken"
