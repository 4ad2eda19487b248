"""The account, with the real lamindb_setup and the hub of the sandbox."""

from __future__ import annotations

import dataclasses
import sys
import threading
from datetime import datetime, timedelta, timezone
from types import ModuleType

import pytest
from doubles.account_process import AccountProcess
from doubles.api_server import ApiServer
from doubles.processes import eventually, in_fork, is_busy, needs_fork
from doubles.proxies import http_connect
from doubles.raw_server import PROXY_403, PROXY_407, RawServer, speaks

from lamin_widgets.core.errors import ActionCancelled, SignInError
from lamin_widgets.core.failures import CATALOG
from lamin_widgets.core.outcome import explain
from lamin_widgets.core.secret import Secret
from lamin_widgets.lamin import account
from lamin_widgets.lamin.account import Account, Session, hub_url

NO_ACCOUNT = "Account(handle=None, token=None, expires_at=None)"
CHECK = "DbServerClient(session=session).check_access('a-server')"
WRONG_KEY = "lamin-rT5w-no-such-key"


@pytest.fixture(scope="module")
def shared(sandbox, tmp_path_factory):
    process = AccountProcess(tmp_path_factory.mktemp("account"), sandbox.environ)
    process.sign_in(sandbox.api_key)  # The sign-in imports lamindb_setup.
    assert process.printed == ""
    yield process
    process.end()


@pytest.fixture
def process(shared, faulty, tmp_path):
    """The shared process, with empty settings and repaired web services."""
    shared.fresh(tmp_path, faulty.environ)
    return shared


def _explained(answer, cause, *secrets):
    assert answer.get("cause") == cause, answer
    shown = str(answer["texts"]) + str(answer["facts"])
    assert not [secret for secret in secrets if secret in shown]
    error = SignInError(cause=cause, facts=answer["facts"])
    outcome = explain(error, "sign-in")
    text = f"{outcome.title} {outcome.advice} {outcome.command}"
    assert CATALOG[cause].layer in {"account", "proxy", "api-host"}
    assert "<folder>" not in text
    assert "<reason>" not in text
    assert "<proxy_variable>" not in text
    return text


# --- The stored sign-in ---


def test_missing_sign_in_stores_and_prints_nothing(process, sandbox):
    before = len(sandbox.hub.requests)
    assert process.ask("str(session.current())") == NO_ACCOUNT
    assert process.attempt(CHECK)["cause"] == "not_signed_in"
    assert (process.stored, process.printed) == ({}, "")
    assert len(sandbox.hub.requests) == before


def test_sign_in_is_stored_and_prints_nothing(process, sandbox):
    assert process.sign_in(f"  {sandbox.api_key}\n") == {"value": sandbox.handle}
    assert any(name.endswith("current_user.env") for name in process.stored)
    assert process.attempt(CHECK)["cause"] == "not_registered"
    assert process.printed == ""


@pytest.mark.parametrize("mode", [None, 0o644], ids=["first sign-in", "again"])
def test_stored_sign_in_is_private_at_any_time(process, sandbox, mode):
    if mode is not None:  # as after `lamin login`
        process.sign_in(sandbox.api_key)
        for path in process.settings.rglob("*user*.env"):
            path.chmod(mode)
    module, name = "lamindb_setup._setup_user", "save_user_settings"
    folder = f"pathlib.Path({str(process.settings)!r})"
    modes = f"{{oct(each.stat().st_mode) for each in {folder}.rglob('*user*.env')}}"
    save = f"importlib.import_module({module!r}).{name}"
    process.replace(
        module,
        name,
        f"(lambda save: lambda user: (save(user), print(*{modes})))({save})",
    )
    assert process.sign_in(sandbox.api_key) == {"value": sandbox.handle}
    assert process.printed == "0o100600\n"


def test_log_records_of_other_packages_are_kept(process):
    code = "(__import__('logging').getLogger('other').warning('a warning'), None)[1]"
    process.ask("session.current().handle")
    process.ask(code)
    assert process.printed == "a warning\n"


def test_logger_of_lamindb_setup_still_works_in_other_threads(process):
    process.ask("session.current().handle")
    process.ask(
        "(__import__('lamindb_setup').logger.warning('heard'), sys.stdout.flush())[1]"
    )
    assert "heard" in process.printed


def test_sign_in_of_another_process_is_noticed(process, sandbox):
    process.sign_in(sandbox.api_key)
    (stored,) = process.settings.rglob("*current_user.env")
    text = stored.read_text()
    stored.unlink()
    assert process.ask("session.current().handle") is None
    stored.write_text(text)
    assert process.ask("session.current().handle") == sandbox.handle


@pytest.mark.parametrize(
    "change",
    [
        lambda _: "not a line of settings",
        lambda _: "\x00\xff",
        lambda text: text.replace("access_token=", "access_token=null #"),
        lambda text: text.replace("handle=", "handle=null #"),
    ],
    ids=["no settings", "no text", "no token", "no handle"],
)
def test_unusable_settings_count_as_signed_out(process, sandbox, change):
    process.sign_in(sandbox.api_key)
    for path in process.settings.rglob("*.env"):
        path.write_text(change(path.read_text()))
    assert process.ask("session.current().token") is None
    assert process.attempt(CHECK)["cause"] in {"not_signed_in", "token_rejected"}


def test_sign_out_removes_the_stored_sign_in(process, sandbox):
    process.sign_in(sandbox.api_key)
    assert process.attempt("session.sign_out()") == {"value": "None"}
    assert process.ask("str(session.current())") == NO_ACCOUNT
    assert not any(name.endswith("current_user.env") for name in process.stored)
    assert process.attempt("session.sign_out()") == {"value": "None"}
    assert process.printed == ""


# --- A sign-in of one session ---


def test_sign_in_of_one_session_stores_nothing(process, sandbox):
    answer = process.sign_in(sandbox.api_key, remember=False)
    assert answer == {"value": sandbox.handle}
    assert process.attempt(CHECK)["cause"] == "not_registered"
    assert process.ask("Session().current().handle") is None
    assert (process.stored, process.printed) == ({}, "")


def test_sign_in_of_a_session_precedes_the_stored_sign_in(process, sandbox):
    process.sign_in(sandbox.api_key)
    stored = process.token()
    process.sign_in(sandbox.api_key, remember=False)
    assert process.token() != stored
    process.ask("session.sign_out()")
    assert process.token() == stored
    process.sign_in(sandbox.api_key, remember=False)
    process.sign_in(sandbox.api_key)
    assert process.token() == process.ask("Session().current().token.reveal()")


@pytest.mark.parametrize("environment_key", [False, True])
def test_sign_in_of_one_session_is_not_renewed(process, sandbox, environment_key):
    process.sign_in(sandbox.api_key, remember=False)
    sandbox.expire_tokens()
    if environment_key:  # The key might belong to another user.
        process.setenv(LAMIN_API_KEY=sandbox.api_key)
    assert process.attempt(CHECK)["cause"] == "token_rejected"


@pytest.mark.parametrize("remember", [True, False])
def test_failed_sign_in_keeps_the_previous_one(process, sandbox, remember):
    process.sign_in(sandbox.api_key, remember=False)
    token = process.token()
    assert process.sign_in(WRONG_KEY, remember=remember)["cause"] == "api_key_rejected"
    assert process.token() == token


@pytest.mark.parametrize("remember", [True, False])
def test_handle_is_safe_to_display(process, sandbox, monkeypatch, remember):
    """A hub can repeat the API key, or send commands to a terminal or a CI system."""
    key = sandbox.api_key
    handle = f"\x1b[2Jada {key} ::error::x {'y' * 120}"
    user = dataclasses.replace(sandbox.tokens.user, handle=handle)
    monkeypatch.setattr(sandbox.tokens, "user", user)
    shown = process.sign_in(key, remember=remember)["value"]
    assert shown.startswith(r"\x1b[2Jada *** \x3a:error::x yyy")
    assert len(shown) <= 100
    assert process.ask("session.current().handle") == shown


# --- Expiry of the API key ---


@pytest.mark.parametrize("remember", [True, False])
@pytest.mark.parametrize("days", [None, 3])
def test_expiry_of_the_api_key_is_read_from_the_reply(
    process, sandbox, monkeypatch, days, remember
):
    expires = days and datetime.now(timezone.utc).replace(microsecond=0) + timedelta(
        days
    )
    monkeypatch.setattr(sandbox.tokens, "api_key_expires_at", expires)
    process.sign_in(sandbox.api_key, remember=remember)
    text = process.ask("str(session.current().expires_at)")
    assert text == str(expires)


# --- Renewal ---


def test_expired_token_is_renewed_once_and_nothing_is_printed(process, sandbox):
    process.sign_in(sandbox.api_key)
    before = process.token()
    sandbox.expire_tokens()
    requests = len(sandbox.api.requests)
    assert process.attempt(CHECK)["cause"] == "not_registered"
    assert len(sandbox.api.requests) == requests + 2
    after = process.token()
    assert after != before
    assert after in "".join(process.stored.values())
    assert process.printed == ""


def test_threads_renew_an_expired_token_once(process, sandbox):
    process.sign_in(sandbox.api_key)
    sandbox.expire_tokens()
    before = len([r for r in sandbox.hub.requests if r.path.endswith("get-jwt-v1")])
    process.ask("globals().update(client=DbServerClient(session=session))")
    answers = process.ask(
        "list(ThreadPoolExecutor(20).map("
        "lambda i: attempt(lambda: client.check_access(f'server-{i}'))['cause'],"
        " range(20)))"
    )
    assert answers == ["not_registered"] * 20
    after = len([r for r in sandbox.hub.requests if r.path.endswith("get-jwt-v1")])
    # One request renews the token, and one asks for the key's expiry.
    assert after - before <= 2


def test_token_renewed_by_another_process_is_used(process, sandbox):
    process.sign_in(sandbox.api_key)
    stored = process.token()
    hub = len(sandbox.hub.requests)
    answer = process.ask("session.renew(Secret('another-token')).token.reveal()")
    assert answer == stored
    assert len(sandbox.hub.requests) == hub


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ({"status": 401, "body": {"error": "API key expired"}}, "api_key_expired"),
        ({"status": 401, "body": {"error": "API key not found"}}, "token_rejected"),
        ({"close": "before"}, "hub_unreachable"),
        ({"status": 503, "body": "<h1>x</h1>"}, "hub_unreachable"),
        ({"body": {"accessToken": None}}, "token_rejected"),
    ],
)
def test_failed_renewal_is_explained(process, sandbox, fault, cause):
    process.sign_in(sandbox.api_key)
    sandbox.expire_tokens()
    sandbox.hub.fault(times=None, **fault)
    assert process.attempt(CHECK)["cause"] == cause
    assert process.printed == ""


def test_environment_key_replaces_an_expired_sign_in(process, sandbox):
    process.sign_in(sandbox.api_key)
    for path in process.settings.rglob("*.env"):
        text = path.read_text().replace(sandbox.api_key, sandbox.expired_api_key)
        path.write_text(text)
    stored = process.stored
    sandbox.expire_tokens()
    assert process.attempt(CHECK)["cause"] == "api_key_expired"
    process.setenv(LAMIN_API_KEY=sandbox.api_key)
    assert process.attempt(CHECK)["cause"] == "not_registered"
    assert process.ask("session.current().handle") == sandbox.handle
    assert process.stored == stored


def test_environment_key_of_another_user_does_not_replace_a_sign_in(process, sandbox):
    process.sign_in(sandbox.api_key)
    for path in process.settings.rglob("*.env"):
        text = path.read_text().replace(sandbox.api_key, sandbox.expired_api_key)
        path.write_text(text.replace(f"handle={sandbox.handle}", "handle=another"))
    sandbox.expire_tokens()
    process.setenv(LAMIN_API_KEY=sandbox.api_key)
    assert process.attempt(CHECK)["cause"] == "api_key_expired"


@pytest.mark.parametrize(
    ("module", "name", "cause"),
    [
        ("_hub_client", "get_access_token", "sign_in_failed"),
        ("_settings_save", "save_user_settings", "sign_in_failed"),
        ("_settings_store", "current_user_settings_file", "not_registered"),
    ],
)
def test_missing_lamindb_setup_internals_are_reported_if_needed(
    process, sandbox, module, name, cause
):
    process.sign_in(sandbox.api_key)
    if cause == "sign_in_failed":
        sandbox.expire_tokens()
    process.replace(f"lamindb_setup.core.{module}", name)
    assert process.attempt(CHECK)["cause"] == cause


@pytest.mark.parametrize("remember", [True, False, None])
def test_connection_string_is_not_sent_as_an_api_key(process, sandbox, remember):
    string = f"postgresql://postgres:{WRONG_KEY}@db.example.org/postgres"
    if remember is None:
        process.setenv(LAMIN_API_KEY=string)
        answer = process.attempt(CHECK)
    else:
        answer = process.sign_in(string, remember=remember)
    assert answer["cause"] == "connection_string_misplaced"
    assert WRONG_KEY not in str(answer)


def test_stored_sign_in_needs_no_private_names_of_lamindb_setup(monkeypatch):
    without_names = ModuleType("lamindb_setup.core._hub_client")
    monkeypatch.setitem(sys.modules, without_names.__name__, without_names)
    monkeypatch.setattr(account, "_login", lambda *_: Account("ada"))
    assert Session().sign_in("key").handle == "ada"
    with pytest.raises(SignInError) as caught:
        Session().sign_in("key", remember=False)
    assert caught.value.cause == "sign_in_failed"


@pytest.mark.parametrize("remember", [True, False])
def test_canceled_sign_in_ends_at_once_and_has_no_effect(monkeypatch, remember):
    go_on, cancelled = threading.Event(), threading.Event()

    def exchange(key, _):
        if key.reveal() == "late":
            cancelled.set()
            go_on.wait(10)
        return Account(key.reveal())

    monkeypatch.setattr(account, "_exchange", exchange)
    session = Session()
    with pytest.raises(ActionCancelled) as caught:
        session.sign_in("late", remember=remember, cancelled=cancelled)
    assert caught.value.no_effect == "Nothing was stored."
    # The hub still doesn't reply to the first sign-in.
    session.sign_in("wanted", remember=False)
    assert session.current().handle == "wanted"
    go_on.set()


def test_login_that_ends_too_late_might_be_stored(monkeypatch):
    go_on = threading.Event()
    monkeypatch.setattr(account, "_exchange", lambda *_: Account("ada"))
    monkeypatch.setattr(account, "_login", lambda *_: go_on.wait(10))
    monkeypatch.setattr(account, "LIMIT_S", 0.2)
    session = Session()
    with pytest.raises(SignInError) as caught:
        session.sign_in("ada")
    assert caught.value.facts["no_effect"].startswith("This machine might still store")
    # The stored user isn't known while the login runs, so it isn't signed out either.
    with pytest.raises(SignInError) as caught:
        session.current()
    assert caught.value.cause == "hub_unreachable"
    go_on.set()
    eventually(lambda: not is_busy())


def test_failed_sign_in_tells_whether_it_might_be_stored(monkeypatch, tmp_path):
    monkeypatch.setattr(account, "_settings_folder", lambda: tmp_path)

    def login(key, _):
        if not [*tmp_path.iterdir()]:
            # lamindb_setup can store a name that it can't read.
            tmp_path.joinpath("current_user.env").write_text(f"'t {key.reveal()}")
        raise OSError("the hub is lost")

    monkeypatch.setattr(account, "_exchange", lambda *_: Account("ada"))
    monkeypatch.setattr(account, "_login", login)
    for expected in ("This machine might still store", "Nothing was stored."):
        with pytest.raises(SignInError) as caught:
            Session().sign_in("ada")
        assert caught.value.facts["no_effect"].startswith(expected)


@pytest.mark.parametrize("change", ["cancel", "forget"])
def test_sign_in_that_ends_too_late_is_not_kept(monkeypatch, change):
    cancelled, session = threading.Event(), Session()
    changes = {"cancel": cancelled.set, "forget": session.forget}

    def exchange(key, _):
        changes[change]()
        return Account(key.reveal(), Secret("a token"))

    monkeypatch.setattr(account, "_exchange", exchange)
    with pytest.raises(ActionCancelled):
        session.sign_in("ada", remember=False, cancelled=cancelled)
    monkeypatch.setattr(account, "_stored_account", Account)
    assert session.current().handle is None


def test_canceled_sign_out_that_waits_for_another_thread_has_no_effect(monkeypatch):
    logged_out, lock = [], threading.Lock()
    monkeypatch.setattr(account, "_logout", logged_out.append)
    monkeypatch.setattr(account, "_lamindb_setup", lock)
    cancelled = threading.Event()
    with lock:
        threading.Timer(0.05, cancelled.set).start()
        with pytest.raises(ActionCancelled):
            Session().sign_out(cancelled=cancelled)
        assert is_busy()
    eventually(lambda: not is_busy())
    assert not logged_out


# --- LAMIN_API_KEY ---


@pytest.mark.parametrize(
    ("change", "handle"),
    [
        (lambda session: session.sign_in("visitor", remember=False), "visitor"),
        (lambda session: session.sign_out(for_machine=False), None),
    ],
    ids=["sign in", "sign out"],
)
def test_key_of_the_environment_does_not_undo_a_later_change(
    monkeypatch, change, handle
):
    asked, go_on = threading.Event(), threading.Event()

    def exchange(key, _):
        if key.reveal() == "environment":
            asked.set()
            go_on.wait(10)
        return Account(key.reveal(), Secret("a token"))

    monkeypatch.setattr(account, "_exchange", exchange)
    monkeypatch.setattr(account, "_stored_account", Account)
    monkeypatch.setenv("LAMIN_API_KEY", "environment")
    session = Session()
    look_up = threading.Thread(target=session.current)
    look_up.start()
    asked.wait(10)
    # The change waits for the look-up only where both use the network.
    monkeypatch.setattr(account, "_lamindb_setup", threading.Lock())
    change(session)
    go_on.set()
    look_up.join(10)
    assert session.current().handle == handle


def test_key_of_the_environment_signs_in_once_for_all_threads(process, sandbox):
    process.setenv(LAMIN_API_KEY=sandbox.api_key)
    hub = len(sandbox.hub.requests)
    handles = process.ask(
        "list(ThreadPoolExecutor(20).map("
        "lambda _: session.current().handle, range(20)))"
    )
    assert handles == [sandbox.handle] * 20
    assert len(sandbox.hub.requests) - hub <= 3
    assert (process.stored, process.printed) == ({}, "")


def test_key_of_the_environment_does_not_undo_a_sign_out(process, sandbox):
    process.setenv(LAMIN_API_KEY=sandbox.api_key)
    assert process.ask("session.current().handle") == sandbox.handle
    process.ask("session.sign_out()")
    assert process.ask("session.current().handle") is None
    assert process.sign_in(sandbox.api_key) == {"value": sandbox.handle}


# --- Failures ---


@pytest.mark.parametrize("remember", [True, False, None])
@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (None, "api_key_rejected"),
        ({"status": 401, "body": {"error": "API key expired"}}, "api_key_expired"),
        ({"status": 401, "body": {"error": "something new"}}, "api_key_rejected"),
        ({"status": 404, "body": {"error": "API key not found"}}, "api_key_rejected"),
        ({"status": 404, "body": {"error": "not found"}}, "sign_in_failed"),
        ({"status": 401, "body": {"error": "JWT expired"}}, "sign_in_failed"),
        ({"status": 429, "body": {"error": "Rate limit"}}, "sign_in_failed"),
        ({"status": 500, "body": "<h1>x</h1>"}, "hub_unreachable"),
        ({"body": "<h1>Sign in to the hotel's network</h1>"}, "hub_unreachable"),
        ({"body": {"accessToken": "not a JWT"}}, "sign_in_failed"),
        ({"close": "before"}, "hub_unreachable"),
    ],
)
def test_failed_sign_in_is_explained(process, sandbox, fault, cause, remember):
    if fault:
        sandbox.hub.fault(times=None, **fault)
    if remember is None:
        process.setenv(LAMIN_API_KEY=WRONG_KEY)
        answer = process.attempt(CHECK)
    else:
        answer = process.sign_in(WRONG_KEY, remember=remember)
    _explained(answer, cause, WRONG_KEY)
    assert process.printed == ""


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("✗ Unsuccessful login: invalid-api-key.", "api_key_rejected"),
        ("✗ Unsuccessful login: complete-signup.", "sign_in_failed"),
    ],
)
def test_system_exit_of_lamindb_setup_is_explained(process, sandbox, text, cause):
    leave = f"lambda api_key: (_ for _ in ()).throw(SystemExit({text!r}))"
    process.replace("lamindb_setup", "login", leave)
    _explained(process.sign_in(sandbox.api_key), cause, sandbox.api_key)


def test_slow_hub_is_given_up_after_the_time_limit(process, sandbox):
    sandbox.hub.fault(delay_s=0.5)
    process.replace("lamin_widgets.lamin.account", "LIMIT_S", "0.1")
    text = _explained(process.sign_in(WRONG_KEY), "hub_unreachable", WRONG_KEY)
    assert "Nothing was stored." in text


def test_read_only_settings_folder_is_named(process, sandbox):
    file = process.settings / "file"
    file.touch()
    folder = file / ".lamin"
    module = "lamindb_setup.core._settings_store"
    process.replace(module, "settings_dir", f"pathlib.Path({str(folder)!r})")
    text = _explained(process.sign_in(sandbox.api_key), "settings_not_writable")
    assert str(folder) in text
    assert "LAMIN_SETTINGS_DIR" in text
    answer = process.sign_in(sandbox.api_key, remember=False)
    assert answer == {"value": sandbox.handle}
    process.ask("session.sign_out()")
    process.setenv(LAMIN_API_KEY=sandbox.api_key)
    assert process.ask("Session().current().handle") == sandbox.handle


def _hub(process, url, **environ):
    # The sandbox allows only its own hub.
    process.setenv(SUPABASE_API_URL=url, LAMIN_WIDGETS_SANDBOX="", **environ)


@pytest.mark.parametrize("remember", [True, False])
def test_unreachable_hub_is_explained(process, closed_port, remember):
    _hub(process, f"http://127.0.0.1:{closed_port}")
    answer = process.sign_in(WRONG_KEY, remember=remember)
    _explained(answer, "hub_unreachable", WRONG_KEY)


@pytest.mark.parametrize("remember", [True, False])
def test_only_lamins_hub_is_asked_and_its_reply_is_explained(
    process, tls, ca_file, remember
):
    seen = []
    with ApiServer(tls=tls("hub.lamin.ai")) as server:
        server.reply(401, body={"error": "API key not found"})
        with RawServer(http_connect(server.port, seen)) as proxy:
            environ = {"LAMIN_ENV": "prod", "LAMIN_WIDGETS_SANDBOX": ""}
            proxies = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"}
            process.setenv(**environ, **proxies, SSL_CERT_FILE=ca_file)
            answer = process.sign_in(WRONG_KEY, remember=remember)
    _explained(answer, "api_key_rejected", WRONG_KEY)
    targets = {line.split()[1] for line in seen if line.startswith(b"CONNECT ")}
    assert targets == {b"hub.lamin.ai:443"}


@pytest.mark.parametrize(
    ("environ", "cause"),
    [
        ({}, "hub_certificate"),
        ({"SSL_CERT_FILE": "/does/not/exist.pem"}, "ca_bundle_unreadable"),
    ],
)
def test_unverified_certificate_is_explained(process, tls, environ, cause):
    with ApiServer(tls=tls()) as server:
        _hub(process, server.url, **environ)
        text = _explained(process.sign_in(WRONG_KEY), cause, WRONG_KEY)
        assert server.requests == []
    assert "SSL_CERT_FILE" in text
    assert "certificate" in text


@pytest.mark.parametrize(
    ("proxy", "cause"),
    [
        ("http://someone:Pr0xy%2Fword@127.0.0.1:{login}", "proxy_login"),
        ("http://someone:Pr0xy%2Fword@127.0.0.1:{forbidden}", "api_proxy"),
        ("http://someone:Pr0xy/word@127.0.0.1:9", "proxy_malformed"),
        ("http://someone:Pr0xy%2Fword@127.0.0.1:{closed}", "proxy_unreachable"),
        ("socks5://127.0.0.1:9", "proxy_needs_socks"),
    ],
)
def test_failure_of_the_proxy_is_explained(process, closed_port, proxy, cause):
    # This simulates that socksio isn't installed.
    process.ask("sys.modules.update(socksio=None)")
    # The proxies repeat the password in the reason.
    login, forbidden = (
        RawServer(speaks(reply=reply.replace(b"\r\n", b" for Pr0xy/word\r\n", 1)))
        for reply in (PROXY_407["reply"], PROXY_403["reply"])
    )
    with login, forbidden:
        ports = {"login": login.port, "forbidden": forbidden.port}
        proxy = proxy.format(**ports, closed=closed_port)
        _hub(process, "https://hub.lamin.invalid", HTTPS_PROXY=proxy)
        answer = process.sign_in(WRONG_KEY)
    process.ask("sys.modules.pop('socksio')")
    text = _explained(answer, cause, WRONG_KEY, "Pr0xy", "/word")
    assert "HTTPS_PROXY" in text


@pytest.mark.parametrize("value", ["localhost,fd00::/8", "localhost,[::1]"])
def test_unusable_no_proxy_variable_is_named(process, closed_port, value):
    _hub(process, f"http://127.0.0.1:{closed_port}", no_proxy=value)
    answer = process.sign_in(WRONG_KEY)
    assert answer["cause"] == "environment_setting"
    assert answer["facts"]["variable"] == "no_proxy"


def test_malformed_proxy_for_other_hosts_is_not_quoted(process):
    # httpx parses every proxy, and its error has a part of the password.
    _hub(
        process,
        "https://hub.lamin.invalid",
        HTTP_PROXY="http://ada:pw/word@127.0.0.1:9",
        HTTPS_PROXY="http://127.0.0.1:9",
    )
    answer = process.sign_in(WRONG_KEY)
    text = _explained(answer, "proxy_malformed", WRONG_KEY, "'pw'", "/word")
    assert " HTTP_PROXY" in text


# --- The hub ---

PROXY = "http://127.0.0.1:9"
NOT_EXCLUDED = {"NO_PROXY": "", "no_proxy": "127.0.0.0/8,127.0.0.1:9"}


@pytest.mark.parametrize(
    ("environ", "cause"),
    [
        ({"SUPABASE_API_URL": "http://hub.example.org"}, "hub_insecure"),
        ({"SUPABASE_API_URL": "http://10.0.0.1:8000"}, "hub_insecure"),
        ({"SUPABASE_API_URL": "hub.example.org"}, "hub_misconfigured"),
        ({"SUPABASE_API_URL": ""}, "hub_misconfigured"),
        ({"SUPABASE_ANON_KEY": ""}, "hub_misconfigured"),
        ({"LAMIN_ENV": ""}, "hub_misconfigured"),
        ({"http_proxy": PROXY, **NOT_EXCLUDED}, "hub_insecure"),
        ({"ALL_PROXY": PROXY, **NOT_EXCLUDED}, "hub_insecure"),
    ],
)
@pytest.mark.parametrize("remember", [True, False])
def test_key_is_not_sent_to_an_insecure_or_misconfigured_hub(
    process, sandbox, environ, cause, remember
):
    process.setenv(**environ)
    if environ == {"LAMIN_ENV": ""}:
        process.ask("os.environ.pop('SUPABASE_API_URL') and None")
    hub = len(sandbox.hub.requests)
    answer = process.sign_in(sandbox.api_key, remember=remember)
    _explained(answer, cause, sandbox.api_key)
    assert len(sandbox.hub.requests) == hub


@pytest.mark.parametrize("excluded", ["*", "db.example.org, 127.0.0.1"])
def test_local_hub_works_if_excluded_by_the_no_proxy_variable(
    process, sandbox, excluded
):
    process.setenv(http_proxy=PROXY, NO_PROXY=excluded, no_proxy=excluded)
    answer = process.sign_in(sandbox.api_key, remember=False)
    assert answer == {"value": sandbox.handle}


@pytest.mark.parametrize("way", ["sign in", "sign in once", "look up", "renew"])
def test_key_is_not_sent_to_another_machine_in_the_sandbox(process, sandbox, way):
    if way == "renew":
        process.sign_in(sandbox.api_key)
        sandbox.expire_tokens()
    process.setenv(SUPABASE_API_URL="https://hub.lamin.invalid")
    if way == "look up":
        process.setenv(LAMIN_API_KEY=sandbox.api_key)
    if way.startswith("sign in"):
        answer = process.sign_in(sandbox.api_key, remember=way == "sign in")
    else:
        answer = process.attempt(CHECK)
    assert answer["cause"] == "sandbox_only"


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({}, "https://hub.lamin.ai"),
        ({"LAMIN_ENV": "prod"}, "https://hub.lamin.ai"),
        (
            {"LAMIN_ENV": "custom", "SUPABASE_API_URL": "https://\u0430.example.org/"},
            "https://xn--80a.example.org",
        ),
    ],
)
def test_hub_url_is_in_ascii(monkeypatch, environ, url):
    monkeypatch.setenv("SUPABASE_ANON_KEY", "x")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert hub_url() == url


def test_hub_url_of_staging_comes_from_lamindb_setup(process):
    process.setenv(LAMIN_ENV="staging")
    assert process.ask("hub_url()").startswith("https://")
    assert process.ask("hub_url()") != "https://hub.lamin.ai"


# --- Forks ---


@needs_fork
def test_forked_process_ignores_the_locks_of_its_parent(monkeypatch):
    monkeypatch.setattr(account, "_stored_account", lambda: Account("ada"))
    monkeypatch.setattr(account, "LIMIT_S", 1)
    with account._lamindb_setup:  # noqa: SLF001  # as a thread that asks the hub
        assert in_fork(lambda: str(Session().current().handle)) == "ada"
