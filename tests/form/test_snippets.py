"""The form as code, which runs for any values and never has the password."""

from __future__ import annotations

import ast
import itertools
import json
import os
import shlex
import shutil
import subprocess
import sys
from urllib.parse import parse_qs

import pytest
from doubles.processes import run_command
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.core.regions import REGIONS
from lamin_widgets.form.draft import Draft
from lamin_widgets.form.fields import WRITABLE
from lamin_widgets.form.snippets import init_code, instance_snippets, snippets

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
    **{name: _TEXT for name in WRITABLE if name not in {"host", "port", "api_url"}},
    host=_TEXT | st.sampled_from(["db.example.org", "fe80::1%eth0", "127.0.0.1"]),
    port=st.integers() | _TEXT,
    api_url=_TEXT | st.just("http://127.0.0.1:1/api"),
    sandbox=st.booleans(),
)


def python_codes(draft):
    found = [*snippets(draft).items(), *instance_snippets(draft).items()]
    codes = [text for label, text in found if label.startswith("Python")]
    return [*codes, init_code(draft)]


def shell_codes(draft):
    return [snippets(draft)["curl"], instance_snippets(draft)["curl"]]


def calls(text):
    tree = ast.walk(ast.parse(text, feature_version=(3, 10)))
    functions = [node.func for node in tree if isinstance(node, ast.Call)]
    return {f.attr if isinstance(f, ast.Attribute) else f.id for f in functions}


@settings(max_examples=25)
@given(_DRAFTS)
@example(Draft())
def test_exported_python_does_not_execute_values_of_the_form(draft):
    for text, plain in zip(python_codes(draft), python_codes(Draft()), strict=True):
        assert calls(text) == calls(plain)


@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_exported_python_has_the_values_of_the_form(value):
    draft = Draft(value, value, "db.example.org", 7, organization_id=value)
    for text in list(snippets(draft).values())[:2]:
        tree = ast.walk(ast.parse(text))
        literals = {node.value for node in tree if isinstance(node, ast.Constant)}
        assert value.strip() in literals or not value.strip()


@pytest.mark.parametrize("shell", ["bash", "dash"])
def test_exported_shell_code_is_valid_for_any_form(shell):
    drafts = [Draft(**dict.fromkeys(WRITABLE, value)) for value in HOSTILE]
    text = "\n".join(itertools.chain(*map(shell_codes, drafts)))
    result = subprocess.run(
        [shutil.which(shell), "-n"],
        input=text.encode(),
        capture_output=True,
        check=True,
    )
    assert result.stderr == b""


@pytest.mark.parametrize("port", ["Xq7zPa9k", "0", 65_536, ""])
def test_invalid_port_and_host_become_placeholders(port):
    draft = Draft("n", "r", "p@ss Xq7z", port)
    for text in snippets(draft).values():
        assert "<your-port>" in text
        assert "<your-host>" in text
        assert "Xq7z" not in text


def test_optional_value_is_left_out_if_it_is_empty():
    bare = Draft("n", "r", "h.example", 1, "https://api.lamin.ai/")
    for text in snippets(bare).values():
        assert "organization_id" not in text
        assert "https://api.lamin.ai" in text
    for text in (*instance_snippets(bare).values(), init_code(bare)):
        assert not {"schema_str", "account_id", "modules="} & set(text.split())
    draft = Draft(organization_id="some-id", account_id="my-id", schema_str="bionty")
    assert all("some-id" in text for text in snippets(draft).values())
    assert all("my-id" in text for text in instance_snippets(draft).values())
    assert 'modules="bionty"' in init_code(draft)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"api_url": REGIONS[0].api_url}, "/check-access"),
        ({"api_url": "https://x.example", "organization_id": "i"}, "/check-access"),
        ({"api_url": "https://api.lamin.ai"}, "/checks-access"),
        ({"api_url": "https://x.example"}, "/checks-access"),
    ],
)
def test_check_uses_the_path_of_its_api(changes, path):
    codes = snippets(Draft("n", "r", "h.example", 1, **changes))
    assert all(path in codes[label] for label in ("Python (requests)", "curl"))


def test_sandbox_code_starts_with_the_place_to_run_it():
    codes = snippets(Draft(sandbox=True))
    assert codes["Python"].startswith("# In the sandbox, run this in a cell.")
    assert "terminal" in codes["curl"].splitlines()[0]
    assert f"$({shlex.quote(sys.executable)} -c" in codes["curl"]
    assert "\nexport LAMIN_ACCESS_TOKEN" in codes["curl"]
    usual = snippets(Draft())
    assert "sandbox" not in repr(usual)
    # By default, zsh would run the comments as commands.
    assert "setopt interactive_comments" in usual["curl"].splitlines()[0]
    assert "$(python -c" in usual["curl"]


# --- Running the code ---------------------------------------------------------------


@pytest.fixture
def echoing(api):
    """The API, which repeats the password."""
    api.reply(201, body={"input": PostgresConnection("h", 1, PASSWORD).url.reveal()})
    return api


@pytest.fixture
def run(tmp_path):
    """Run code of curl with a curl that also records its arguments."""
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
        result = subprocess.run(
            [shutil.which(shell), "-c", text],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert not (tmp_path / "owned").exists()
        assert "Xq7" not in (tmp_path / "arguments").read_text("utf-8", "replace")
        assert b"Xq7" not in result.stdout + result.stderr
        return result

    return start


FEW = ["'\"", "\\'", "$(touch owned)", "a\nb", "«name»", "é🔑"]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(
            value, marks=[] if value in FEW else pytest.mark.full, id=ascii(value)
        )
        for value in HOSTILE
        if value.strip() and value != "\ud800"
    ],
)
def test_curl_sends_exactly_the_values_of_the_form(echoing, run, value):
    draft = Draft(value, value, "fe80::1%eth0", 7, f"{echoing.url}/api")
    result = run(snippets(draft)["curl"])
    assert result.returncode == 0, result.stderr
    registered, checked = echoing.requests
    assert registered.path == "/api/db/server/register"
    assert registered.headers["authorization"] == "Bearer tok-Xq7zPa9k"
    body = json.loads(registered.body)
    assert (body["name"], body["api_server_name"]) == (value.strip(), value.strip())
    sent = PostgresConnection.from_url(body["url"])
    assert sent == PostgresConnection("fe80::1%eth0", 7, PASSWORD)
    assert parse_qs(checked.query) == {"name": [value.strip()]}
    assert checked.body == b""


@pytest.mark.parametrize("shell", ["bash", "dash"])
def test_curl_stops_after_a_refusal_without_printing_the_reply(api, run, shell):
    api.reply(422, body={"detail": PASSWORD})
    code = snippets(Draft("n", "r", "h.example", 1, api.url))["curl"]
    assert run(code, shell).returncode == 22
    assert len(api.requests) == 1


def test_curl_creates_the_instance_of_the_form(api, run):
    api.reply(201)
    draft = Draft("my server", api_url=api.url, instance_name="i&j", storage="s3://b/ä")
    result = run(instance_snippets(draft)["curl"])
    assert result.returncode == 0, result.stderr
    assert b"lamin connect '<owner>/i&j'" in result.stdout
    (request,) = api.requests
    assert (request.method, request.path) == ("PUT", "/instances")
    assert parse_qs(request.query) == {
        "name": ["i&j"],
        "db_server_name": ["my server"],
        "storage": ["s3://b/ä"],
    }


def test_curl_is_not_called_without_a_token():
    environ = {"PATH": os.environ["PATH"], "PGPASSWORD": PASSWORD}
    result = run_command("sh", "-c", snippets(Draft())["curl"], env=environ)
    assert result.returncode != 0
    assert "LAMIN_ACCESS_TOKEN" in result.stderr


def test_init_code_passes_the_password_encoded(tmp_path):
    double = tmp_path / "lamindb_setup.py"
    double.write_text("import json\ndef init(**kwargs): print(json.dumps(kwargs))\n")
    draft = Draft(host="fe80::1%eth0", port=7, instance_name="i", storage="./s")
    environ = {"PYTHONPATH": str(tmp_path), "PGPASSWORD": PASSWORD}
    result = run_command(sys.executable, "-c", init_code(draft), env=environ)
    given = json.loads(result.stdout)
    assert (given["name"], given["storage"]) == ("i", "./s")
    sent = PostgresConnection.from_url(given["db"])
    assert sent == PostgresConnection("fe80::1%eth0", 7, PASSWORD)
