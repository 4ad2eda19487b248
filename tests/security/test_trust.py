"""Attacks on each promise about secrets and trust, all of which must fail."""

from __future__ import annotations

import base64
import contextlib
import json
import re
from pathlib import Path
from unittest import mock
from urllib.parse import quote, urlsplit

import pytest
from doubles.processes import eventually
from doubles.timing import takes_linear_time
from security.attacker import open_form
from security.leak_scanner import SECRETS, find_leaks
from security.listeners import Listener, connections, own_address

from lamin_widgets import (
    DbServerClient,
    LaminWidgetsError,
    PostgresConnection,
    Secret,
    diagnose,
)
from lamin_widgets.core.api_urls import normalize_api_url
from lamin_widgets.core.errors import InvalidInput, SignInError
from lamin_widgets.core.failures import CATALOG
from lamin_widgets.form.fields import WRITABLE
from lamin_widgets.lamin.account import Account, Session

PASSWORD = SECRETS["plain"]
TOKEN = "zqtoken-wvx8yyq9jjx3kkv"
REGION = "prod-us-east-1"


@pytest.fixture
def evil_api(api):
    api.reply(200, body={"status": "success", "message": "Connection ok"})
    return api


@pytest.fixture
def evil():
    with Listener() as server:
        yield server


def received(server):
    return "\n".join(
        f"{r.method} {r.path}?{r.query} {dict(r.headers)} {r.body!r}"
        for r in server.requests
    )


# The page changes the destination of a password from code.


def test_page_cannot_change_locked_fields(evil):
    with open_form(
        host="127.0.0.1", port=1, password=PASSWORD, locked=("host", "port", "api_url")
    ) as page:
        page.update(
            locked=[], port=evil.port, host="localhost", has_password=False, view={}
        )
        page.click("diagnose", port=evil.port, host="localhost")
        assert (page.widget.host, page.widget.port) == ("127.0.0.1", 1)
        assert {"host", "port", "api_url"} <= {*page.widget.locked}
    assert PASSWORD.encode() not in evil.received


def via_update(page, **values):
    page.update(**values)


def via_action(page, **values):
    page.click("diagnose", **values)


def via_string(page, **values):
    host, port = values.get("host", "127.0.0.1"), values.get("port", 1)
    page.send("connection-string", f"postgresql://{host}:{port}/postgres")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        *((via_update, name) for name in ("host", "port", "api_url")),
        *((via_action, name) for name in ("host", "port", "api_url")),
        *((via_string, name) for name in ("host", "port")),
    ],
)
def test_pythons_password_is_not_sent_to_the_pages_destination(change, name, evil):
    moved = {"host": "localhost", "port": evil.port, "api_url": "http://127.0.0.1:1"}
    port = 1 if name == "port" else evil.port
    with open_form(host="127.0.0.1", port=port, password=PASSWORD) as page:
        change(page, **{name: moved[name]})
        assert not page.widget.has_password
        why = CATALOG["password_other_destination"].title
        assert why in page.view["fields"]["password"]["note"]["text"]
        page.click("diagnose")
        page.click("register-anyway")
    assert PASSWORD.encode() not in evil.received


def test_host_from_the_page_keeps_the_pages_password(evil):
    with open_form(host="127.0.0.1", port=1) as page:
        page.send("password", PASSWORD)
        page.update(port=evil.port)
        page.click("diagnose")
    assert PASSWORD.encode() in evil.received


# A server that can't be verified asks for the password.


@pytest.mark.parametrize(
    ("ask", "form"), [("password", "in clear text"), ("md5", "as an MD5 hash")]
)
@pytest.mark.parametrize("encrypted", [True, False])
def test_unverified_remote_server_gets_no_password(ask, form, encrypted, tls):
    context = tls("elsewhere.example.org") if encrypted else None
    with Listener(ask, tls=context, host=own_address()) as server:
        outcome = diagnose(PostgresConnection(server.host, server.port, PASSWORD))
    assert outcome.cause == "password_would_be_exposed"
    assert form in outcome.title
    assert "didn't send the password" in outcome.advice
    assert PASSWORD.encode() not in server.received
    assert b"md5" not in server.received


# The page changes the API that gets the access token.


def test_token_goes_to_a_new_api_only_after_a_question(evil_api, signed_in):
    with open_form(name="x") as page:
        page.click("test", api_url=evil_api.url)
        assert not evil_api.requests
        assert f"127.0.0.1:{evil_api.port}" in str(page.step["test"])
        page.click("send-anyway")
        assert signed_in in received(evil_api)


@pytest.fixture
def signed_in(monkeypatch):
    """Access token of the account that's signed in on this machine."""
    account = Account("ada", Secret(TOKEN))
    monkeypatch.setattr(Session, "current", lambda _: account)
    return TOKEN


@pytest.mark.parametrize("action", ["test", "register", "create-instance"])
def test_answer_to_another_question_sends_nothing(evil_api, signed_in, action):
    with open_form(name="x", host="h.example.org") as page:
        page.widget.instance_name = "y"
        page.send("password", PASSWORD)
        # The form asks about this API.
        page.click("test", api_url="http://127.0.0.1:1")
        page.click("send-anyway", api_url=evil_api.url)
        page.click(action)
        assert not evil_api.requests


@pytest.fixture(params=["Voilà", "app", "app in a notebook"])
def shared(request, monkeypatch):
    """Arguments of a form for visitors, who don't own the process."""
    if request.param == "Voilà":
        monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5")
    return {
        "name": "x",
        "host": "h.example.org",
        "in_kernel": request.param != "app",
        "has_kernel": request.param == "Voilà",
    }


@pytest.mark.parametrize("action", ["test", "register", "create-instance"])
def test_visitor_cannot_confirm_another_api(evil_api, signed_in, action, shared):
    """Protect the access token of the process's owner from visitors."""
    with open_form(**shared) as page:
        page.widget.instance_name = "y"
        page.send("password", PASSWORD)
        for click in (action, "send-anyway", "register-anyway", action):
            page.click(click, api_url=evil_api.url)
        assert page.widget.outcome.cause == "destination_not_allowed"
        note = page.view["fields"]["api_url"]["note"]["text"]
        assert f"127.0.0.1:{evil_api.port}" in note
    assert not evil_api.requests


def test_form_of_a_notebook_is_shared_after_an_app_replaces_its_comm(
    evil_api, signed_in
):
    """Panel does this when it serves a form that a notebook created."""
    with open_form(name="x") as page:
        page.widget.comm = page.wire = type(page.wire)()
        page.wire.kernel = mock.Mock()
        page.widget.send_state()
        page.click("test", api_url=evil_api.url)
        page.click("send-anyway")
        assert page.widget.outcome.cause == "destination_not_allowed"
    assert not evil_api.requests


def test_visitor_can_use_the_api_url_of_the_code(evil_api, signed_in, shared):
    with open_form(**shared, api_url=evil_api.url) as page:
        page.click("test")
        assert page.widget.outcome
    assert signed_in in received(evil_api)


def quoting(guess):
    """Return replies that quote what a visitor entered."""
    yield {"status": 404, "body": {"detail": f"Database server '{guess}' not found"}}
    yield {"status": 400, "body": f"<title>{guess}</title>"}
    yield {"status": 302, "headers": {"Location": f"https://{guess}.example"}}
    yield {"status": 422, "body": {"detail": [{"loc": ["name"], "msg": guess}]}}
    yield {"body": {"status": "ok", "message": f"Connection to {guess} ok"}}
    for text in ("timed out", 'role "postgres" is not permitted to log in'):
        yield {"body": {"status": "error", "message": f"FATAL:  {guess} {text}"}}


@pytest.mark.parametrize("secret", [PASSWORD, TOKEN], ids=["password", "token"])
@pytest.mark.parametrize("number", range(len([*quoting("")])))
def test_visitor_cannot_read_a_secret_off_the_masks(api, shared, secret, number):
    """A mask would tell the visitor which guess about the author's secret is right."""
    options = {"password": PASSWORD, "client": DbServerClient(api.url, TOKEN)}
    seen = []
    for guess in (secret[:8], secret[8:0:-1]):
        api.clear()
        api.reply(**[*quoting(guess)][number])
        with open_form(**shared, **options) as page:
            page.update(panel="test-details")
            page.click("test", name=guess)
            view = json.dumps(page.view, ensure_ascii=False)
        seen.append(re.sub(r"(< )?\d+", "0", view.replace(guess, "guess")))
    assert received(api)
    assert seen[0] == seen[1]


@pytest.mark.parametrize("status", [400, 404])
def test_visitor_cannot_find_out_words_that_only_the_api_knows(api, shared, status):
    api.reply(status, body={"detail": "Unknown host: postgres:correct-horse@h"})
    causes = set()
    for guess in ("correct-horse", "another-guess"):
        with open_form(**shared, client=DbServerClient(api.url, TOKEN)) as page:
            page.send("password", "a-password")
            page.click("register", name=guess, api_server_name=guess)
            page.click("register-anyway")
            causes.add(page.widget.outcome.cause)
    assert len(causes) == 1
    assert len(api.requests) >= 2


def test_owner_sees_the_words_of_a_reply(api, signed_in):
    api.reply(400, body={"detail": "Not on a Sunday"})
    with open_form(name="x", api_url=api.url) as page:
        page.click("test", name="another")
        assert "Not on a Sunday" in page.texts


def test_script_gets_the_words_of_a_reply(api, signed_in):
    api.reply(400, body={"detail": "Not on a Sunday"})
    options = {"greets": False, "in_kernel": False, "api_url": api.url}
    with open_form(name="x", **options) as page:
        assert "Not on a Sunday" in page.widget.test().advice


def sign_in_as_visitor(page):
    page.click("sign-in", "a-key-of-the-visitor")


CHOICES = {
    "host": lambda page: page.update(host="evil.example.org"),
    "port": lambda page: page.update(port=6432),
    "API URL": lambda page: page.update(api_url="https://evil.example.org"),
    "account": sign_in_as_visitor,
}


@pytest.mark.parametrize("choose", CHOICES.values(), ids=CHOICES)
def test_password_from_code_is_not_sent_to_a_visitors_choice(
    shared, choose, monkeypatch
):
    account = Account("visitor", Secret(TOKEN))
    monkeypatch.setattr(Session, "sign_in", lambda *_, **__: account)
    with open_form(**shared, password=PASSWORD) as page:
        choose(page)
        assert not page.widget.has_password
        assert "that your code set" in page.view["fields"]["password"]["note"]["text"]
        with pytest.raises(InvalidInput):
            page.widget.set_password(PASSWORD)
        if choose not in (CHOICES["host"], CHOICES["port"]):  # A string has both.
            with pytest.raises(InvalidInput):
                page.widget.name = f"postgresql://postgres:{PASSWORD}@h.example.org"
            assert not page.widget.has_password


def test_failed_sign_in_from_python_keeps_the_password_refused(shared, monkeypatch):
    account = Account("visitor", Secret(TOKEN))
    monkeypatch.setattr(Session, "sign_in", lambda *_, **__: account)
    with open_form(**shared) as page:
        sign_in_as_visitor(page)
        monkeypatch.setattr(Session, "sign_in", mock.Mock(side_effect=SignInError))
        assert not page.widget.sign_in("a-key-from-code")
        with pytest.raises(InvalidInput):
            page.widget.set_password(PASSWORD)
        monkeypatch.setattr(Session, "sign_in", lambda *_, **__: account)
        assert page.widget.sign_in("a-key-from-code")
        page.widget.set_password(PASSWORD)


def test_visitor_does_not_learn_whether_a_guess_is_the_password(shared):
    stale = set()
    for guess in (PASSWORD, "another-guess"):
        with open_form(**{**shared, "host": "127.0.0.1"}, port=1) as page:
            page.widget.set_password(PASSWORD)
            page.click("diagnose")
            page.send("password", guess)
            stale.add(page.step["diagnose"].get("stale"))
    assert stale == {True}


def test_unchanged_values_of_a_visitor_keep_the_password_from_code(shared):
    with open_form(**shared, password=PASSWORD) as page:
        values = {name: getattr(page.widget, name) for name in WRITABLE}
        page.send("action", action="cancel", values=values)
        page.widget.set_password(PASSWORD)
        assert page.widget.has_password


def test_visitor_cannot_change_the_sign_in_of_a_shared_client(shared):
    client = DbServerClient("https://api.lamin.ai", session=mock.Mock(Session))
    client.session.current.return_value = Account("owner", Secret(TOKEN))
    with open_form(**shared, client=client) as page:
        for action in ("sign-in", "sign-in-once", "sign-out"):
            page.send("action", "a-key-of-the-visitor", action=action, values={})
        eventually(lambda: page.view["account"]["state"] == "signed-in")
        assert "buttons" not in page.view["account"]
    assert {name for name, *_ in client.session.method_calls} == {"current"}


def test_code_in_an_app_signs_out_the_process(shared, monkeypatch):
    signed_out = mock.Mock()
    monkeypatch.setattr("lamin_widgets.lamin.account._logout", signed_out)
    with open_form(**shared) as page:
        assert page.widget.logout()
    signed_out.assert_called_once()


def test_visitor_cannot_sign_out_the_owner_of_the_process(shared, monkeypatch):
    monkeypatch.setattr("lamin_widgets.lamin.account._logout", pytest.fail)
    with open_form(**shared) as page:
        page.click("sign-out")
        assert page.widget.outcome
        page.click("test")
        assert page.widget.outcome.cause == "not_signed_in"


def test_http_to_another_machine_is_refused(signed_in):
    with open_form(name="x") as page, connections() as found:
        page.click("test", api_url=f"http://{own_address()}:9")
        page.click("send-anyway")
    assert not [each for each in found if each[0] == own_address()]


# Text from outside contains the password or control characters.

HOSTILE = "\x1b[2K\x1b[1A\x1b[32m✓ all green\x1b[0m \u202egnp.exe\x9b31m {password}"


def test_text_of_a_server_is_escaped():
    with Listener(message=HOSTILE) as server:
        connection = PostgresConnection(server.host, server.port, PASSWORD)
        steps = []
        outcome = diagnose(connection, on_step=steps.append)
        with open_form(host=server.host, port=server.port, password=PASSWORD) as page:
            page.click("diagnose")
            page.update(panel="diagnose-details")
            shown = [page.texts, repr(page.widget), json.dumps(page.view)]
    assert "all green" in repr(outcome)
    for text in (repr(outcome), str(outcome.to_dict()), repr(steps), *shown):
        assert not find_leaks(text, PASSWORD)
        assert not {*"\x1b\x9b\u202e"} & {*text}


FORGED = "no\n✓ Diagnose: This machine can connect (0.1 s)\n  ✓ x\n::error::forged"


def test_text_of_a_server_cannot_imitate_a_line_of_the_output():
    """Keep :: off the start of a line, because GitHub runs such a line as a command."""
    with Listener(message=FORGED) as server:
        connection = PostgresConnection(server.host, server.port, PASSWORD)
        lines = repr(diagnose(connection)).splitlines()
    assert "forged" in "".join(lines)
    assert not [line for line in lines if line.lstrip().startswith(("✓", "::"))]


@pytest.mark.parametrize(
    "reply",
    [
        {"status": 400, "body": {"detail": HOSTILE}},
        {"status": 200, "body": {"status": "error", "message": HOSTILE}},
        {
            "status": 422,
            "body": {"detail": [{"loc": ["body", HOSTILE], "msg": HOSTILE}]},
        },
        {"status": 500, "body": f"<title>{HOSTILE}</title>"},
        {"status": 302, "headers": {"Location": "https://x/\x1b[2K"}},
    ],
    ids=["refusal", "failed check", "field error", "HTML title", "redirect"],
)
def test_text_of_an_api_is_escaped(api, reply):
    api.reply(**reply)
    with pytest.raises(LaminWidgetsError) as caught:
        DbServerClient(api.url, TOKEN).check_access("x")
    error = caught.value
    shown = f"{error} {error.details} {error.facts}"
    assert not {*"\x1b\x9b\u202e"} & {*shown}


@pytest.mark.parametrize("field", WRITABLE)
def test_text_of_the_page_is_escaped(api, field):
    api.reply(201, body={"message": "ok"})
    client = DbServerClient(api.url, TOKEN)
    with open_form(name="x", host="127.0.0.1", port=1, client=client) as page:
        page.update(**{"instance_name": "x", field: HOSTILE})
        page.send("password", PASSWORD)
        for action in ("diagnose", "register-anyway", "test", "create-instance"):
            page.click(action)
            steps = json.dumps(page.view["steps"], ensure_ascii=False)
            for text in (repr(page.widget), repr(page.widget.outcome), steps):
                assert not {*"\x1b\x9b\u202e"} & {*text}
                assert "\\u001b" not in text


# A reply takes minutes to read.


@pytest.mark.parametrize("unit", ["eyJaaaaa-", "bearer ", "x://u:p@", "%25", "\x1b"])
def test_hostile_reply_takes_linear_time(api, unit):
    text = unit * (110_000 // len(unit))
    client = DbServerClient(api.url, TOKEN)
    connection = PostgresConnection("h", 1, PASSWORD)

    def register(size):
        for status, body in (
            (400, {"detail": text * size}),
            (500, f"<p>{text * size}"),
        ):
            api.clear()
            api.reply(status, body=body)
            with pytest.raises(LaminWidgetsError):
                client.register("x", connection, REGION)

    assert takes_linear_time(register)


# The form shows another API than the one it uses.


def test_form_shows_the_api_url_of_a_given_client(api):
    api.reply(201, body={"message": "ok"})
    client = DbServerClient(api.url, TOKEN)
    with open_form(
        name="x", host="127.0.0.1", port=1, password=PASSWORD, client=client
    ) as page:
        page.update(api_url="https://api.lamin.ai")
        with contextlib.suppress(Exception):
            page.widget.api_url = "https://api.lamin.ai"
        shown = page.widget.api_url
        page.widget.register()
        assert shown == api.url or not api.requests


LOOKALIKES = (
    "https://\u0430pi.lamin.ai",  # Cyrillic
    "https://api.l\u0430min.ai",
    "https://api.lamin.ai\u3002evil.example",
    "https://api.lamin.ai\uff0eevil.example",
    "https://evil.example\uff0f.lamin.ai",
    "https://evil.example\u2100.lamin.ai",
    "https://evil.example\\.lamin.ai",
    "https://evil.example\u200b.lamin.ai.evil.example",
    "https://evillamin.ai",
    "https://lamin.ai.evil.example",
    "https://lamin.ai@evil.example",
    "https://evil.example#.lamin.ai",
    "https://evil.example?.lamin.ai",
)


@pytest.mark.parametrize("url", LOOKALIKES)
def test_lookalike_of_lamin_is_refused_or_shown_in_ascii(url, signed_in):
    with open_form(name="x") as page, connections() as found:
        page.click("test", api_url=url)
        step, note = page.step["test"], page.view["fields"]["api_url"].get("note", {})
        if note.get("level") != "error":
            assert step["state"] == "question"
            real = urlsplit(normalize_api_url(url)).hostname
            assert real in step["title"]
            assert real in step["button"]["label"]
            assert url.isascii() or real in note["text"]
            assert url.isascii() or url[8:] not in json.dumps(step, ensure_ascii=False)
    assert not found


# Data leaves the machine from the sandbox.


@pytest.mark.parametrize("host", ["192.0.2.1", "localhost.example.org", "0.0.0.0"])
def test_sandbox_contacts_no_other_machine(host, api, monkeypatch):
    monkeypatch.setenv("LAMIN_WIDGETS_SANDBOX", api.url)
    with open_form(host=host, port=9, password=PASSWORD, api_url=api.url) as page:
        assert "nothing leaves" in page.view["badge"]
        with connections() as found:
            page.click("diagnose")
        assert page.widget.outcome.cause == "sandbox_only"
    assert not found


# The API key goes to another hub, or over http.


@pytest.fixture
def hub_at(monkeypatch):
    """Sign in at another URL."""

    def choose(url):
        monkeypatch.setenv("LAMIN_ENV", "custom")
        monkeypatch.setenv("SUPABASE_API_URL", url)
        monkeypatch.setenv("SUPABASE_ANON_KEY", "some-key")

    return choose


@pytest.mark.parametrize("action", ["sign-in", "sign-in-once"])
def test_api_key_is_not_sent_over_http(hub_at, action):
    with Listener(host=own_address()) as hub, open_form(name="x") as page:
        hub_at(f"http://{hub.host}:{hub.port}")
        page.click(action, PASSWORD)
        assert page.widget.outcome.cause == "hub_insecure"
    assert not hub.received


@pytest.mark.parametrize("host", ["hub.example.org", "h\u0430b.lamin.ai"])
def test_another_hub_is_shown_in_ascii(hub_at, host):
    hub_at(f"https://{host}")
    real = urlsplit(normalize_api_url(f"https://{host}")).hostname
    with open_form(name="x") as page:
        eventually(lambda: real in page.view["fields"]["api_key"]["hint"])


# An API repeats the password in another encoding.

ECHOED = "kestrel-Zq7@wvx8 & a password of more than 76 letters, yyqjjxkkvüß, to wrap"
ECHOES = {
    "hexadecimal": ECHOED.encode().hex(),
    "hexadecimal, upper case": ECHOED.encode().hex(" ").upper(),
    "base64 in lines": base64.encodebytes(b"postgres:" + ECHOED.encode()).decode(),
    "read as Latin-1": ECHOED.encode().decode("latin-1"),
    "upper case": ECHOED.upper(),
    "percent-encoded twice": quote(quote(ECHOED, safe=""), safe=""),
    "without its end": ECHOED[:12],
    "without its start": ECHOED[-12:],
    "from the middle": ECHOED[20:40],
}


@pytest.mark.parametrize("form", ECHOES)
def test_password_repeated_in_a_reply_is_not_shown(api, form):
    api.reply(400, body={"detail": f"before {ECHOES[form]} after"})
    connection = PostgresConnection("h", 1, ECHOED)
    with pytest.raises(LaminWidgetsError) as caught:
        DbServerClient(api.url, TOKEN).register("x", connection, REGION)
    error = caught.value
    shown = re.sub(r"[\s\\]", "", f"{error} {error.details} {error.facts}")
    echo = re.sub(r"\s", "", ECHOES[form])
    assert "before" in shown
    # The base64 of the text before the password isn't secret.
    parts = (echo[start : start + 10] for start in range(12, len(echo) - 10))
    assert echo[:12] not in shown or form == "base64 in lines"
    assert not [part for part in parts if part in shown]


# An observer raises.


def fail(*_):
    raise RuntimeError("an observer failed")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("trait", ["has_password", "view", "outcome", "facts", "host"])
def test_password_is_cleared_even_if_an_observer_raises(trait, evil, capsys):
    with open_form(host="127.0.0.1", port=evil.port, password=PASSWORD) as page:
        page.widget.observe(fail, trait)
        page.widget.on_outcome(fail)
        with contextlib.suppress(RuntimeError):
            page.send("forget-password")
        assert not page.widget.has_password
        # The page also clears its input.
        told = [data.get("content") for _, data, _ in page.wire.sent]
        assert {"kind": "clear-secrets", "fields": ["password"]} in told
        with contextlib.suppress(RuntimeError):
            page.click("diagnose")
        assert not evil.received.endswith(PASSWORD.encode() + b"\0")
    with open_form(host="127.0.0.1", port=evil.port, password=PASSWORD) as page:
        page.widget.observe(fail, trait)
        wire = page.wire
        with contextlib.suppress(RuntimeError):
            page.widget.close()
        assert [kind for kind, _, _ in wire.sent][-1] == "comm_close"
    capsys.readouterr()


def test_action_ends_even_if_an_observer_raises(evil):
    with open_form(host="127.0.0.1", port=evil.port, password=PASSWORD) as page:
        page.widget.observe(fail, "view")
        assert page.widget.diagnose().cause
        page.click("diagnose")
        assert page.widget.diagnose().cause


def test_raising_observer_does_not_misdirect_the_password(evil):
    with open_form(name="x", host="127.0.0.1", port=1) as page:
        page.send("password", PASSWORD)
        page.widget.observe(fail, "name")
        with contextlib.suppress(RuntimeError):
            page.update(name="y", port=evil.port)
        page.click("diagnose")
        assert bool(evil.received) == (page.widget.port == evil.port)


# An unclear reply passes for a success.


@pytest.mark.parametrize(
    "body",
    [
        {"status": "active", "db": "down"},
        {"result": "ok", "is_up": False},
        {"status": "success", "message": "Check queued"},
        {"status": "success", "error": "timeout"},
        {"status": "success", "connected": False},
        {"status": "success", "queued": True},
        {"status": "success", "message": "Check the server is reachable"},
        {"message": "Connection will be checked"},
        {"ok": True, "detail": "could not connect"},
        [True],
        "",
    ],
)
def test_unclear_reply_does_not_count_as_success(api, body):
    api.reply(200, body=body)
    client = DbServerClient(api.url, TOKEN)
    with open_form(name="x", client=client) as page:
        assert not page.widget.test()
        assert page.step["test"]["state"] not in {"passed", "warned"}
        assert page.widget.facts["lamin"]["state"] != "yes"


# A password entered during Register gets lost.


def test_password_entered_during_register_is_kept(api):
    client = DbServerClient(api.url, TOKEN)
    api.reply(201, body={"message": "ok"}, delay_s=0.3)
    with open_form(name="x", host="h.example.org", client=client) as page:
        page.widget.set_password(PASSWORD)
        page.send("action", action="register", values={})
        page.send("action", action="register-anyway", values={})
        eventually(lambda: api.requests)
        page.widget.set_password("another-Wq7")
        page.wait()
        assert page.widget.outcome, page.widget.outcome
        assert page.widget.has_password


def test_password_set_by_an_observer_is_kept(api):
    client = DbServerClient(api.url, TOKEN)
    api.reply(201, body={"message": "ok"})
    with open_form(
        name="x", host="h.example.org", client=client, password=PASSWORD
    ) as page:
        page.widget.observe(
            lambda change: page.widget.set_password("another-Wq7"), "facts"
        )
        assert page.widget.register()
        assert page.widget.has_password


# Another spelling of the API URL passes for another server.


@pytest.mark.parametrize(
    "change",
    [lambda u: f"{u}/", lambda u: f" {u} ", str.upper],
    ids=["trailing slash", "spaces", "upper case"],
)
def test_respelled_api_url_keeps_the_server_registered(api, change, signed_in):
    api.reply(201, body={"message": "ok"})
    with open_form(
        name="x", host="h.example.org", password=PASSWORD, api_url=api.url
    ) as page:
        assert page.widget.register()
        page.widget.api_url = change(api.url)
        assert page.widget.facts["registered"]["state"] == "yes"
        page.widget.set_password(PASSWORD)
        assert page.widget.register().cause == "already_registered"


# A front end drops or logs the messages with secrets.


@pytest.mark.parametrize(
    "buffers",
    [(), ("",), (b"\x01\x02\x03",), (b"\x01\x02\x03\x04",) * 2],
    ids=["none", "text", "cut off", "doubled"],
)
def test_front_end_dropping_buffers_gets_no_secret(buffers):
    with open_form(host="h.example.org", greets=False) as page:
        page.send("hello", *buffers)
        assert page.view["secrets"] == "unsupported"
        fields = page.view["fields"]
        assert all(
            fields[name]["readonly"] for name in ("password", "paste", "api_key")
        )


def test_password_in_the_text_of_a_message_is_ignored():
    with open_form(host="h.example.org") as page:
        page.send(
            "password", value=PASSWORD, password=PASSWORD, values={"password": PASSWORD}
        )
        page.send(
            "action", action="sign-in", api_key=PASSWORD, values={"api_key": PASSWORD}
        )
        page.wait()
        assert not page.widget.has_password
        assert page.widget.outcome.cause == "api_key_missing"


def test_documentation_names_front_ends_logging_buffers():
    root = Path(__file__).parents[2]
    text = (root / "docs/security.md").read_text("utf-8")
    assert any(
        "marimo" in line and "DEBUG" in line.upper() for line in text.split("\n\n")
    )


OTHER = {"name": "b", "host": "other.example.org"}
CHANGES = {
    "update": lambda page: page.update(**OTHER),
    "message": lambda page: page.send("hello", values=OTHER),
    "paste": lambda page: page.send(
        "connection-string", f"postgresql://postgres@{OTHER['host']}"
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_observer_does_not_get_a_replaced_host(change):
    """An observer could otherwise give the password for one host to another."""
    with open_form(name="a", host="good.example.org") as page:
        widget, seen = page.widget, set()
        # An account look-up that ends later would also publish the old host.
        eventually(lambda: page.view["account"]["state"] != "checking")
        names = ["name", "host", "view", "facts", "has_password"]
        widget.observe(lambda _: seen.add(widget.host), names)
        change(page)
        assert seen == {OTHER["host"]}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_host_from_the_page_clears_an_observers_password(change):
    with open_form(name="a", host="good.example.org") as page:
        widget, given = page.widget, []

        def give(_):
            if widget.host == "good.example.org" and not given:
                given.append(True)
                widget.set_password("hunter2-kestrel")

        widget.observe(give)
        change(page)
        assert widget.host == OTHER["host"]
        assert not widget.has_password
