"""The client: calls, routes, tokens, and threads."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from urllib.parse import parse_qs

import pytest
from doubles.processes import eventually
from doubles.texts import PASSWORD, TOKEN
from security.watching import Seen

from lamin_widgets.core import redaction
from lamin_widgets.core.errors import (
    ActionCancelled,
    ConnectionFailed,
    LaminWidgetsError,
    ReplyError,
    SignInError,
)
from lamin_widgets.core.secret import Secret
from lamin_widgets.lamin.account import Account, Session
from lamin_widgets.lamin.client import (
    _PAUSES_S,
    CheckAccess,
    CreateInstance,
    DbServerClient,
    RegisterServer,
)
from lamin_widgets.lamin.transport import Reply

SUCCESS = {"status": "success", "message": "Connection successful"}
DATABASE_URL = f"postgresql://postgres:{PASSWORD}@db.example.org:5432/postgres"
REGION = "prod-us-east-1"
HOSTILE = ["a b/c?d&e=f#g%", "Zürich-データ", "%41+%20", "'\";--", "name", "..", "a\tb"]


# --- Calls ---


def test_register_sends_the_request_of_the_guide(api, client, connection):
    api.reply(201, body={"message": "Database server registered"})
    message = client.register("my-server", connection, REGION)
    (request,) = api.requests
    assert message == "Database server registered"
    assert (request.method, request.path) == ("POST", "/db/server/register")
    assert request.query == ""
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body) == {
        "name": "my-server",
        "url": "postgresql://postgres:Zq7%23kfW%2F9vLx%402r%25@db.example.org:5432/"
        "postgres",
        "api_server_name": REGION,
    }


def test_check_sends_the_request_of_the_guide(api, client):
    api.reply(body=SUCCESS)
    assert client.check_access("my-server") == "Connection successful"
    (request,) = api.requests
    assert (request.method, request.path) == ("POST", "/db/server/checks-access")
    assert (request.query, request.body) == ("name=my-server", b"")
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


def test_organization_is_sent_if_given(api, client, connection):
    api.reply(201)
    client.register("a", connection, REGION)
    client.register("a", connection, REGION, "8f8a1f1e-0000")
    bodies = [json.loads(request.body) for request in api.requests]
    assert [body.get("organization_id") for body in bodies] == [None, "8f8a1f1e-0000"]


def test_create_instance_sends_the_documented_request(api, client):
    api.reply(body={"id": "x"})
    client.create_instance(
        " my instance ", "db", storage="s3://a&b", schema_str="", account_id="8f8a"
    )
    (request,) = api.requests
    assert (request.method, request.path) == ("PUT", "/instances")
    assert parse_qs(request.query, keep_blank_values=True) == {
        "name": ["my instance"],
        "db_server_name": ["db"],
        "storage": ["s3://a&b"],
        "account_id": ["8f8a"],
    }
    assert request.body == b""


@pytest.mark.parametrize("name", HOSTILE)
def test_name_with_any_characters_arrives_unchanged(api, client, connection, name):
    api.reply(body={"status": "success"})
    client.register(name, connection, REGION)
    client.check_access(name)
    registered, checked = api.requests
    assert json.loads(registered.body)["name"] == name
    assert checked.path == "/db/server/checks-access"
    assert parse_qs(checked.query, strict_parsing=True) == {"name": [name]}


def test_send_returns_a_receipt(api, client, connection):
    api.reply(201, path="/db/server/register")
    api.reply(body=SUCCESS)
    receipt = client.send(RegisterServer("a", connection, REGION))
    assert (receipt.message, receipt.http_status) == ("Registered.", 201)
    assert client.send(CheckAccess("a")).message == "Connection successful"


def test_similar_name_is_suggested(api, client, connection):
    api.reply(201, path="/db/server/register")
    api.reply(404, body={"detail": "Database server 'my-sever' not found"})
    client.register("my-server", connection, REGION)
    with pytest.raises(ReplyError, match=r"Did you mean my-server\?") as caught:
        client.check_access("my-sever")
    assert caught.value.cause == "not_registered"


def test_similar_name_of_another_user_is_not_suggested(api, client_of, connection):
    api.reply(201, path="/db/server/register")
    api.reply(404, body={"detail": "Database server 'my-sever' not found"})
    session = Renewing()
    client = client_of(api.url, token=None, session=session)
    client.register("my-server", connection, REGION)
    session.handle = "bob"
    with pytest.raises(ReplyError) as caught:
        client.check_access("my-sever")
    assert "Did you mean" not in str(caught.value)


def test_message_of_a_success_is_redacted(api, client, connection):
    api.reply(201, body={"message": f"Registered {PASSWORD} with {TOKEN}\x1b[2J"})
    message = client.register("a", connection, REGION)
    assert PASSWORD not in message
    assert TOKEN not in message
    assert message.isprintable()


# --- Routes ---


def test_working_route_is_used_first_next_time(api, client):
    api.reply(body={"status": "success"}, path="/api/db/server/check-access")
    for _ in range(2):
        client.check_access("a")
    assert [request.path for request in api.requests] == [
        "/db/server/checks-access",
        "/db/server/check-access",
        "/api/db/server/checks-access",
        "/api/db/server/check-access",
        "/api/db/server/check-access",
    ]


def test_route_rejecting_a_value_is_used_first_next_time(api, client, connection):
    entry = {"loc": ["body", "organization_id"], "msg": "Field required"}
    api.reply(422, body={"detail": [entry]}, path="/api/db/server/register")
    for _ in range(2):
        with pytest.raises(ReplyError):
            client.register("a", connection, REGION)
    assert [request.path for request in api.requests] == [
        "/db/server/register",
        "/api/db/server/register",
        "/api/db/server/register",
    ]


# --- Attempts ---

TRANSIENT = [{"status": s, "headers": {"Retry-After": "0"}} for s in (502, 503, 504)]


@pytest.mark.parametrize("scripted", TRANSIENT, ids=["502", "503", "504"])
@pytest.mark.parametrize("failures", [2, 3])
def test_unavailable_api_gets_a_check_at_most_three_times(
    api, client, scripted, failures
):
    api.reply(**scripted, times=failures)
    api.reply(body=SUCCESS)
    if failures == 2:
        assert client.check_access("a")
    else:
        with pytest.raises(ReplyError):
            client.check_access("a")
    assert len(api.requests) == 3


def test_check_is_repeated_after_a_growing_pause(api, client, monkeypatch):
    first, second = _PAUSES_S
    assert 0.2 < first < second < 5
    monkeypatch.setattr("lamin_widgets.lamin.client._PAUSES_S", (0.1, 0.2))
    api.reply(mode="close before", times=1)
    api.reply(503, headers={"Retry-After": "soon"}, times=1)
    api.reply(body=SUCCESS)
    started = time.monotonic()
    assert client.check_access("a")
    assert time.monotonic() - started >= 0.3


@pytest.mark.parametrize("scripted", [*TRANSIENT, {"status": 500}, {"mode": "silent"}])
def test_register_and_create_instance_are_sent_once(
    api, client_of, connection, scripted
):
    api.reply(**scripted)
    client = client_of(api.url, deadline=0.3)
    for call in (RegisterServer("a", connection, REGION), CreateInstance("i", "a")):
        with pytest.raises((ReplyError, ConnectionFailed)):
            client.send(call)
    assert len(api.requests) == 2


@pytest.mark.parametrize("status", [400, 403, 429, 500])
def test_check_is_not_repeated_after_a_lasting_error(api, client, status):
    api.reply(status)
    with pytest.raises(ReplyError):
        client.check_access("a")
    assert len(api.requests) == 1


def _in(seconds):
    when = datetime.now(timezone.utc).replace(microsecond=0)
    return format_datetime(when + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(("seconds", "as_date"), [(1, False), (0, True)])
def test_check_waits_for_retry_after(api, client, seconds, as_date):
    value = _in(seconds) if as_date else str(seconds)
    api.reply(503, headers={"Retry-After": value}, times=1)
    api.reply(body=SUCCESS)
    started = time.monotonic()
    assert client.check_access("a")
    assert time.monotonic() - started >= seconds
    assert len(api.requests) == 2


@pytest.mark.parametrize("seconds", [120, 121])
def test_check_reports_a_long_retry_after(api, client, seconds):
    value = str(seconds) if seconds == 120 else _in(seconds)
    api.reply(503, headers={"Retry-After": value})
    with pytest.raises(ReplyError, match="in 2 min"):
        client.check_access("a")
    assert len(api.requests) == 1


def test_next_call_works_after_any_failure(api, client_of, connection):
    client = client_of(api.url, deadline=0.3)
    for scripted in (
        {"status": 500},
        {"mode": "close before"},
        {"mode": "close in the middle", "body": SUCCESS},
        {"mode": "silent"},
        {"body": "<h1>x</h1>"},
    ):
        api.clear()
        api.reply(**scripted)
        with pytest.raises(LaminWidgetsError):
            client.register("a", connection, REGION)
        api.clear()
        api.reply(201)
        assert client.register("a", connection, REGION)


# --- The token ---


class Renewing(Session):
    """A session that numbers its tokens, for example token-2 after two renewals."""

    def __init__(self, *, renewable=True):
        super().__init__()
        self.renewable = renewable
        self.renewals = 0
        self.token = Secret("token-0")
        self.handle = "ada"
        self.lock = threading.Lock()

    def current(self):
        return Account(self.handle, self.token)

    def renew(self, refused=None):
        with self.lock:
            if self.renewable and refused == self.token:
                self.renewals += 1
                self.token = Secret(f"token-{self.renewals}")
            return Account("ada", self.token) if self.renewable else Account()


def test_refused_token_is_renewed_once(api, client_of):
    api.reply(401, times=1)
    api.reply(body=SUCCESS)
    client = client_of(api.url, token=None, session=Renewing())
    assert client.check_access("a")
    tokens = [request.headers["authorization"] for request in api.requests]
    assert tokens == ["Bearer token-0", "Bearer token-1"]


@pytest.mark.parametrize(("renewable", "requests"), [(True, 2), (False, 1)])
def test_token_refused_after_a_renewal_is_reported(api, client_of, renewable, requests):
    api.reply(401, body={"detail": "no"})
    client = client_of(api.url, token=None, session=Renewing(renewable=renewable))
    with pytest.raises(SignInError) as caught:
        client.check_access("a")
    assert (caught.value.cause, caught.value.http_status) == ("token_rejected", 401)
    assert len(api.requests) == requests


def test_renewed_token_of_another_user_is_not_sent(api, client_of):
    checked = []

    def check(account):
        checked.append(account.token.reveal())
        if len(checked) > 1:
            raise SignInError(cause="account_changed")

    api.reply(401)
    client = client_of(api.url, token=None, session=Renewing())
    with pytest.raises(SignInError) as caught:
        client.send(CheckAccess("a"), check=check)
    assert checked == ["token-0", "token-1"]
    assert len(api.requests) == 1
    assert caught.value.facts["no_effect"] == "Lamin saved nothing."


def test_given_token_is_not_renewed(api, client_of):
    api.reply(401)
    session = Renewing()
    with pytest.raises(SignInError):
        client_of(api.url, session=session).check_access("a")
    assert session.renewals == 0
    assert len(api.requests) == 1


def test_account_of_a_given_token_has_no_handle(client):
    assert client.account() == Account(None, Secret(TOKEN))
    session = Renewing()
    assert DbServerClient("https://api.lamin.ai", session=session).account() == (
        Account("ada", session.token)
    )


# --- Threads ---


def test_twenty_servers_in_parallel_renew_the_token_once(api, client_of, connection):
    api.reply(401, token="token-0", delay_s=0.1)
    api.reply(201, path="/db/server/register")
    api.reply(body=SUCCESS, delay_s=0.2)
    session = Renewing()
    client = client_of(api.url, token=None, session=session)

    def register_and_check(number):
        client.register(f"server-{number}", connection, REGION)
        return client.check_access(f"server-{number}")

    started = time.monotonic()
    with ThreadPoolExecutor(20) as pool:
        messages = list(pool.map(register_and_check, range(20)))
    assert messages == ["Connection successful"] * 20
    assert time.monotonic() - started < 10
    assert session.renewals == 1
    registered = [json.loads(r.body)["name"] for r in api.requests if r.body]
    assert sorted(set(registered)) == sorted(f"server-{i}" for i in range(20))
    assert 41 <= len(api.requests) <= 60  # Late threads start with the new token.


def test_cancel_event_ends_only_its_own_call(api, client):
    api.reply(body=SUCCESS, delay_s=1)
    events = [threading.Event() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(client.send, CheckAccess("a"), e) for e in events]
        eventually(lambda: len(api.requests) == 4)
        events[0].set()
        assert isinstance(futures[0].exception(5), ActionCancelled)
        assert [f.result(5).http_status for f in futures[1:]] == [200] * 3


def test_cancel_ends_all_calls_of_the_client(api, client, client_of):
    api.reply(body=SUCCESS, delay_s=1, times=3)
    api.reply(body=SUCCESS)
    other = client_of(api.url)
    client.cancel()  # Without a call, cancel() does nothing.
    with ThreadPoolExecutor(3) as pool:
        futures = [pool.submit(client.check_access, "a") for _ in range(2)]
        unaffected = pool.submit(other.check_access, "a")
        eventually(lambda: len(api.requests) == 3)
        client.cancel()
        assert all(isinstance(f.exception(5), ActionCancelled) for f in futures)
        assert unaffected.result(5)
    assert client.check_access("a")


def test_cancel_ends_the_pause_between_attempts(api, client):
    api.reply(503, headers={"Retry-After": "9"})
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(client.check_access, "a")
        eventually(lambda: api.requests)
        started = time.monotonic()
        client.cancel()
        assert isinstance(future.exception(5), ActionCancelled)
        assert time.monotonic() - started < 4


class Slow(Session):
    """A session that waits until the test lets LaminHub reply."""

    def __init__(self):
        super().__init__()
        self.asked = threading.Event()
        self.go_on = threading.Event()

    def current(self):
        self.asked.set()
        self.go_on.wait(10)
        return Account("ada", Secret(TOKEN))


def test_cancel_ends_the_account_lookup_and_nothing_is_sent(api, client_of):
    session = Slow()
    client = client_of(api.url, token=None, session=session)
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(client.check_access, "a")
        session.asked.wait(5)
        client.cancel()
        error = future.exception(5)
    session.go_on.set()
    assert isinstance(error, ActionCancelled)
    assert error.no_effect == "Nothing was sent."
    assert api.requests == []


NOT_SENT = "Nothing was sent."


@pytest.mark.parametrize(
    "error",
    [
        ConnectionFailed(
            sent=False, cause="api_refused", facts={"no_effect": NOT_SENT}
        ),
        ActionCancelled(no_effect=NOT_SENT),
    ],
)
def test_earlier_request_of_a_call_counts_as_sent(connection, error):
    replies = [Reply(404, {}, Secret('{"detail": "Not Found"}'), 0)]

    class Failing:
        def send(self, *_):
            if not replies:
                raise error
            return replies.pop()

    client = DbServerClient("https://api.lamin.ai", TOKEN, transport=Failing())
    with pytest.raises(type(error)) as caught:
        client.register("my-server", connection, "prod-us-east-1")
    assert caught.value.facts["no_effect"] == "Lamin saved nothing."


# --- Invalid arguments ---


@pytest.mark.parametrize(
    ("enter", "cause"),
    [
        (lambda c, _: DbServerClient(DATABASE_URL), "api_url_invalid"),
        (lambda c, _: DbServerClient(f"https://u:{PASSWORD}@h"), "api_url_invalid"),
        (lambda c, _: DbServerClient("http://api.lamin.ai"), "api_url_insecure"),
        (lambda c, _: c.check_access(DATABASE_URL), "connection_string_misplaced"),
        (
            lambda c, _: c.create_instance("i", DATABASE_URL),
            "connection_string_misplaced",
        ),
        (
            lambda c, _: c.register("a", DATABASE_URL, REGION),
            "connection_string_misplaced",
        ),
        (
            lambda c, conn: c.register(DATABASE_URL, conn, REGION),
            "connection_string_misplaced",
        ),
        (
            lambda c, conn: c.register("a", conn, REGION, DATABASE_URL),
            "connection_string_misplaced",
        ),
    ],
    ids=[
        *("API URL", "API URL with a password", "API URL without TLS"),
        *("name to check", "name of a server for an instance", "connection"),
        *("name to register", "organization"),
    ],
)
def test_misplaced_secret_is_refused_and_not_repeated(
    api, client, connection, enter, cause
):
    seen = Seen()
    assert seen.failing(lambda: enter(client, connection)).cause == cause
    _check(seen)
    assert api.requests == []


@pytest.mark.parametrize(
    "enter",
    [
        lambda c: DbServerClient("https://api.lamin.ai", access_token=7),
        lambda c: c.register("a", "db.example.org", REGION),
        lambda c: c.register("a", 7, REGION),
    ],
    ids=["token is a number", "connection is text", "connection is a number"],
)
def test_argument_of_a_wrong_type_is_refused(client, enter):
    with pytest.raises(TypeError):
        enter(client)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_interrupted_redaction_keeps_secrets_out_of_frames(
    api, client, connection, monkeypatch, kind
):
    def interrupt(secret):
        raise kind(secret) if kind is SystemExit else kind

    api.reply(422, body={"detail": "no"})
    monkeypatch.setattr(redaction, "_needles", interrupt)
    seen = Seen()
    error = seen.failing(lambda: client.register("a", connection, REGION))
    assert type(error) is kind
    assert error.__cause__ is error.__context__ is None
    _check(seen)


def _check(seen):
    assert "lamin_widgets" in seen.text("frames")
    for channel in ("exceptions", "frames"):
        assert not [each for each in (PASSWORD, TOKEN) if each in seen.text(channel)]


def test_client_does_not_show_its_token():
    client = DbServerClient("https://api.lamin.ai", TOKEN)
    assert TOKEN not in f"{client!r}{vars(client)}"
    assert repr(DbServerClient.__new__(DbServerClient)) == "DbServerClient(api_url='')"
