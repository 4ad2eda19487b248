"""Replies of any shape become parts that are safe to display."""

from __future__ import annotations

import json

import pytest
from doubles.timing import takes_linear_time
from hypothesis import given
from hypothesis import strategies as st

from lamin_widgets.core.secret import Secret
from lamin_widgets.lamin.replies import read
from lamin_widgets.lamin.transport import Reply

PASSWORD = "pL4#vN8/xq2@Zr6%"


def _read(body, status=200, headers=None, **options):
    text = body if isinstance(body, str) else json.dumps(body)
    reply = Reply(status, headers or {}, Secret(text), len(text.encode()))
    return read(reply, [Secret(PASSWORD)], **options)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"detail": "a sentence"}, "a sentence"),
        ({"detail": ["one", "two"]}, "one; two"),
        ({"detail": {"message": "inner"}}, "inner"),
        ({"error": {"message": "inner"}}, "inner"),
        ({"message": "outer", "detail": "x"}, "outer"),
        ("plain".join('""'), "plain"),
        ({"id": 7}, ""),
        ("<html>a page</html>", ""),
        ("", ""),
    ],
)
def test_read_finds_the_sentence(body, message):
    assert _read(body).message == message


def test_read_hides_the_echo_of_a_request():
    echo = {"name": "x", "url": f"postgresql://postgres:{PASSWORD}@h:5432/postgres"}
    entry = {"loc": ["body", "organization_id"], "msg": "Field required", "input": echo}
    content = _read({"detail": [entry]}, 422)
    assert content.errors == (("organization_id", "Field required"),)
    assert content.message == "Field required"
    assert content.details == "body.organization_id: Field required"
    assert "postgresql" not in repr(content)


def test_read_redacts_each_text():
    entry = {"loc": ["body", PASSWORD], "msg": f"not {PASSWORD}"}
    for body in ({"detail": [entry]}, {"message": f"cannot use {PASSWORD}"}):
        content = _read(body, 422, {"location": f"https://a/{PASSWORD}"})
        assert PASSWORD not in repr(content)
    page = _read(f"<title>{PASSWORD} entered</title>")
    assert PASSWORD not in page.details
    assert "entered" in page.details


def test_read_escapes_control_characters():
    content = _read({"message": "\x1b[2J\x1b[32m✓ Registered\u202e"}, 400)
    assert content.details.isprintable()
    assert "✓ Registered" in content.details


@pytest.mark.parametrize(
    ("body", "headers", "details"),
    [
        (
            "<html><title>Sign &amp; in\n</title>" + "x" * 1000,
            {"content-type": "text/html; charset=utf-8"},
            "HTTP 200, text/html, 1035 bytes, title “Sign & in”",
        ),
        ("gibberish", {}, "HTTP 200, no content type, 9 bytes"),
        ({"id": 7}, {"content-type": "application/json"}, "HTTP 200, application/json"),
        ({"status": "active", "db": "down"}, {}, "status: active; db: down"),
        ({"status": "ok", "message": "Check queued"}, {}, "Check queued\nstatus: ok"),
    ],
)
def test_read_describes_an_unclear_reply(body, headers, details):
    content = _read(body, headers=headers)
    assert not content.succeeded
    assert content.details.startswith(details)


@pytest.mark.parametrize(
    ("status", "body", "by_status", "succeeded"),
    [
        (200, {"status": "success"}, False, True),
        (200, {}, False, False),
        (200, "", False, False),
        (200, '{"ok": true, "ok": false}', False, False),
        (400, {"status": "success"}, False, False),
        (201, {"message": "Registered"}, True, True),
        (201, "", True, True),
        (202, {"message": "Registered"}, True, False),
        (202, {"status": "success"}, False, False),
        (201, {"success": False}, True, False),
        (201, "<html>", True, False),
        (500, {"message": "Registered"}, True, False),
    ],
)
def test_read_counts_a_reply_as_success_only_with_evidence(
    status, body, by_status, succeeded
):
    assert _read(body, status, by_status=by_status).succeeded is succeeded


@pytest.mark.parametrize(
    "body",
    [
        '{"a": ' * 900 + "1" + "}" * 900,
        '{"detail": ' * 900 + '"x"' + "}" * 900,
        "[" * 100_000,
        '{"a": ' + "9" * 5000 + "}",
        '{"a": NaN, "b": Infinity}',
        '{"message": "\\ud800 half a character"}',
        '{"detail": [{"loc": {"a": 1}, "msg": ["x"]}]}',
        '{"detail": [{"loc": ' + "[" * 50 + "]" * 50 + "}]}",
        '{"status": "succ',
    ],
)
def test_read_counts_an_odd_body_as_no_success(body):
    content = _read(body)
    assert not content.succeeded
    (content.details + content.message).encode()


@given(st.text() | st.binary().map(lambda data: data.decode("utf-8", "replace")))
def test_read_accepts_any_text(text):
    content = _read(text)
    assert len(content.details) < 4096
    content.details.encode()


@pytest.mark.parametrize(
    "unit",
    ["eyJaaaaa-", "<title", "<title>", '{"a":', "[", "a://b:", "\\", "%25", "x@", "é"],
)
def test_read_takes_linear_time(unit):
    part = unit * (125_000 // len(unit))

    def read_all(size):
        text = part * size
        error = {"loc": [text], "msg": text}
        for body in (text, {"detail": text}, {"detail": [error]}):
            _read(body, 422)

    assert takes_linear_time(read_all)
