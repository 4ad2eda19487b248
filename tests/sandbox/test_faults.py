"""The API sends faulty replies as requested, as many as requested, and no more."""

from __future__ import annotations

import socket
import time

import pytest
import requests


@pytest.mark.parametrize(
    ("body", "kind"),
    [({"detail": "x"}, "application/json"), ("<h1>x</h1>", "text/html"), (b"", None)],
)
def test_fault_replies_with_its_status_body_and_headers(api, body, kind):
    api.layer.fault(status=503, body=body, headers={"Retry-After": "7"})
    answer = api.check("x")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "7"
    assert answer.headers.get("Content-Type", "").startswith(kind or "")
    assert bool(answer.content) == bool(body)
    assert api.check("x").status_code == 404


def test_redirect_keeps_its_location(guide):
    guide.layer.fault(status=307, headers={"Location": "http://elsewhere.invalid/"})
    answer = guide.check("x")
    assert answer.status_code == 307
    assert answer.headers["Location"] == "http://elsewhere.invalid/"


def test_fault_applies_to_one_path_as_often_as_requested(guide, server_name):
    guide.layer.fault(status=500, times=2, path=guide.check_path)
    assert guide.register(server_name).status_code == 201
    statuses = [guide.check(server_name).status_code for _ in range(3)]
    assert statuses == [500, 500, 200]
    guide.layer.fault(status=500, times=None)
    assert {guide.check(server_name).status_code for _ in range(3)} == {500}
    guide.layer.clear_faults()
    assert guide.check(server_name).status_code == 200


def test_fault_closes_before_the_reply_and_records_the_request(guide, server_name):
    guide.layer.fault(close="before")
    with pytest.raises(requests.ConnectionError, match="without response"):
        guide.register(server_name)
    assert server_name.encode() in guide.layer.requests[-1].body


@pytest.mark.parametrize("body", [{"status": "success"}, b"", "x"])
def test_fault_closes_in_the_middle_of_the_reply(guide, body):
    guide.layer.fault(close="middle", body=body)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        guide.check("x")


def test_drip_sends_one_byte_at_a_time(guide):
    guide.layer.fault(drip_s=0.05, body={"status": "success"})
    with socket.create_connection(guide.base[7:].split(":")) as connection:
        start = time.monotonic()
        connection.sendall(
            b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
        )
        received = [connection.recv(1) for _ in range(5)]
    assert b"".join(received) == b"HTTP/"
    assert time.monotonic() - start > 0.15


def test_drip_sends_the_whole_reply(guide):
    guide.layer.fault(drip_s=0.001, body={"status": "success"})
    assert guide.check("x").json() == {"status": "success"}


def test_endless_body_never_ends(guide):
    guide.layer.fault(endless=True, body="x")
    answer = guide.check("x", stream=True)
    read = 0
    for chunk in answer.iter_content(1024):
        read += len(chunk)
        if read > 8192:
            break
    answer.close()
    assert read > 8192
