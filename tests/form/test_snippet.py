"""The form as code: it runs for every form, and never holds the password."""

from __future__ import annotations

import ast
import itertools
import json
import os
import shlex
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.form.checks import Draft
from lamin_widgets.form.snippets import instance_snippets, snippets

HOSTILE = [
    *("'", '"', "'\"", "\\", "\\'", "$(touch owned)", "`touch owned`", "${IFS}", "!!"),
    *("a\nb", "'; touch owned #", '"""', "«name»", "{name}", "%s", "%(name)s", "-x"),
    *("--help", "\0", "\ud800", "é🔑", "\u202eabc", "a b", "*", "~", "#", "</script>"),
    *("'''", "\\u0041", "\\\n", "@/etc/passwd", "\r\n", "\t", "x" * 300),
]
PASSWORD = "Xq7' \"$HOME`\\%41ä🔑\n@/:?#z"
_TEXT = st.sampled_from(HOSTILE) | st.text(max_size=8)
_DRAFTS = st.builds(
    Draft,
    name=_TEXT,
    api_server_name=_TEXT,
    host=_TEXT | st.sampled_from(["db.example.org", "fe80::1%eth0", "127.0.0.1"]),
    port=st.integers() | _TEXT,
    has_password=st.booleans(),
    api_url=_TEXT | st.just("http://127.0.0.1:1/api"),
    organization_id=_TEXT,
    instance_name=_TEXT,
    storage=_TEXT,
    schema_str=_TEXT,
    published=st.booleans(),
)


def everything(draft):
    found = [*snippets(draft).items(), *instance_snippets(draft).items()]
    python = [text for label, text in found if label.startswith("Python")]
    shell = [text for label, text in found if label == "curl"]
    assert (len(python), len(shell)) == (3, 2)
    return python, shell


@given(_DRAFTS)
@example(Draft())
def test_python_compiles_and_calls_nothing_that_came_from_the_form(draft):
    python, _ = everything(draft)
    for text, plain in zip(python, everything(Draft())[0], strict=True):
        called = {ast.unparse(n.func) for n in ast.walk(ast.parse(text)) if _is_call(n)}
        usual = {ast.unparse(n.func) for n in ast.walk(ast.parse(plain)) if _is_call(n)}
        assert called == usual


def _is_call(node):
    return isinstance(node, ast.Call)


def _literals(text):
    return {n.value for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Constant)}


@given(st.sampled_from(HOSTILE))
def test_what_stands_in_the_form_stands_in_python(value):
    draft = Draft(value, value, "db.example.org", 7, organization_id=value)
    for text in everything(draft)[0][:2]:
        assert value.strip() in _literals(text) or not value.strip()


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(_DRAFTS)
@pytest.mark.parametrize("shell", ["bash", "dash"])
def test_every_shell_can_read_the_curl_variants(shell, draft):
    program = shutil.which(shell)
    assert program, f"{shell} is needed for this test"
    for text in everything(draft)[1]:
        said = subprocess.run(
            [program, "-n"], input=text.encode(), capture_output=True, check=False
        )
        assert (said.returncode, said.stderr) == (0, b"")


@pytest.mark.parametrize("field_name", ["name", "host", "api_server_name", "api_url"])
def test_a_connection_string_in_the_wrong_field_is_not_written_out(field_name):
    draft = Draft(**{field_name: "postgresql://postgres:Xq7zPa9k@h.example/postgres"})
    for text in itertools.chain(*everything(draft)):
        assert "Xq7zPa9k" not in text


def test_only_what_is_set_is_written():
    bare = Draft("n", "r", "h.example", 1, api_url="https://api.lamin.ai/")
    for text in snippets(bare).values():
        assert "organization_id" not in text
        assert "https://api.lamin.ai" in text
    for text in instance_snippets(bare).values():
        assert "storage" not in text
        assert "schema_str" not in text
    with_id = Draft("n", "r", "h.example", 1, organization_id="some-id")
    assert all("some-id" in text for text in snippets(with_id).values())


@pytest.mark.parametrize("published", [True, False])
def test_the_spelling_of_the_check_is_the_one_that_the_api_knows(published):
    draft = Draft("n", "r", "h.example", 1, published=published)
    for label in ("Python (requests)", "curl"):
        assert ("/checks-access" in snippets(draft)[label]) is not published


@dataclass
class Api:
    url: str = ""
    status: int = 201
    calls: list = field(default_factory=list)


@contextmanager
def listening():
    api = Api()

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size) or b"null")
            api.calls.append((self.command, self.path, body, dict(self.headers)))
            self.send_response(api.status)
            self.end_headers()
            echo = {"detail": [{"loc": ["body"], "msg": "no", "input": body}]}
            self.wfile.write(json.dumps(echo).encode())

        do_POST = do_PUT = answer  # noqa: N815  # the names that http.server wants

        def log_message(self, *args):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    api.url = f"http://127.0.0.1:{server.server_port}/api"
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def run(tmp_path):
    """Run a curl variant with a curl that also writes down its arguments."""
    curl = shutil.which("curl")
    assert curl, "curl is needed for this test"
    spy = tmp_path / "bin" / "curl"
    spy.parent.mkdir()
    spy.write_text(
        f'#!/bin/sh\nprintf \'%s\\n\' "$@" >> {tmp_path}/arguments\nexec {curl} "$@"\n'
    )
    spy.chmod(0o700)
    environment = os.environ | {
        "PATH": f"{spy.parent}:{os.environ['PATH']}",
        "PGPASSWORD": PASSWORD,
        "LAMIN_ACCESS_TOKEN": "tok-Xq7zPa9k",
        "NO_PROXY": "*",
    }

    def start(text, shell="sh"):
        said = subprocess.run(
            [shutil.which(shell), "-c", text],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert not (tmp_path / "owned").exists()
        arguments = (tmp_path / "arguments").read_text("utf-8", "replace")
        assert "Xq7" not in arguments
        assert b"Xq7" not in said.stdout + said.stderr
        return said

    return start


@pytest.mark.parametrize(
    "value", [v for v in HOSTILE if v.strip() and v != "\ud800"], ids=ascii
)
def test_curl_sends_exactly_what_stands_in_the_form(run, value):
    with listening() as api:
        draft = Draft(value, value, "fe80::1%eth0", 7, api_url=api.url)
        said = run(snippets(draft)["curl"])
    assert said.returncode == 0, said.stderr
    (_, path, body, headers), (_, checked, nothing, _) = api.calls
    assert path == "/api/db/server/register"
    assert headers["Authorization"] == "Bearer tok-Xq7zPa9k"
    assert (body["name"], body["api_server_name"]) == (value.strip(), value.strip())
    sent = PostgresConnection.from_url(body["url"])
    assert (sent.host, sent.port, sent.password.reveal()) == (
        "fe80::1%eth0",
        7,
        PASSWORD,
    )
    assert parse_qs(urlsplit(checked).query) == {"name": [value.strip()]}
    assert nothing is None


def test_curl_shows_no_echo_of_a_refused_request_and_fails(run):
    with listening() as api:
        api.status = 422
        said = run(snippets(Draft("n", "r", "h.example", 1, api_url=api.url))["curl"])
    assert said.returncode == 22
    assert len(api.calls) == 1


def test_curl_creates_the_instance_of_the_form(run):
    with listening() as api:
        draft = Draft(
            "my server", api_url=api.url, instance_name="i&j", storage="s3://b/ä"
        )
        said = run(instance_snippets(draft)["curl"])
    assert said.returncode == 0, said.stderr
    assert b"lamin connect '<owner>/i&j'" in said.stdout
    method, path, *_ = api.calls[0]
    assert (method, urlsplit(path).path) == ("PUT", "/api/instances")
    assert parse_qs(urlsplit(path).query) == {
        "name": ["i&j"],
        "db_server_name": ["my server"],
        "storage": ["s3://b/ä"],
    }


def test_without_a_token_curl_is_not_called():
    text = snippets(Draft())["curl"]
    environment = {"PATH": os.environ["PATH"], "PGPASSWORD": PASSWORD}
    said = subprocess.run(
        [shutil.which("sh"), "-c", text],
        env=environment,
        capture_output=True,
        check=False,
    )
    assert said.returncode != 0
    assert b"LAMIN_ACCESS_TOKEN" in said.stderr


def test_in_the_sandbox_the_code_says_where_it_runs():
    codes = snippets(Draft(sandbox=True))
    assert codes["Python"].startswith("# In the sandbox: run this in a cell")
    assert "terminal" in codes["curl"].splitlines()[0]
    assert f"$({shlex.quote(sys.executable)} -c" in codes["curl"]
    usual = snippets(Draft())
    assert "sandbox" not in repr(usual)
    assert "$(python -c" in usual["curl"]
