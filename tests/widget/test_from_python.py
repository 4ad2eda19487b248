"""What a person does from Python alone, and what seldom happens there."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time

import pytest
from psycopg2.extensions import parse_dsn

import lamin_widgets as lw
from lamin_widgets.control.presentation import is_sandbox
from lamin_widgets.core.errors import InvalidInput, ReplyError
from lamin_widgets.core.secret import redact
from lamin_widgets.form.connection_strings import parse
from lamin_widgets.lamin.endpoints import CHECK, candidates


def test_an_instance_is_created_on_a_registered_server(filled, breakable):
    widget, _ = filled
    assert widget.register()
    widget.instance_name = "my-instance"
    breakable.api.fault(body={"status": "success"})
    outcome = widget.create_instance()
    assert outcome, outcome
    assert outcome.title == "The instance my-instance was created."
    assert "lamin connect '<owner>/my-instance'" in outcome.advice


def test_where_an_api_makes_no_instances_the_terminal_does(filled, breakable):
    widget, _ = filled
    assert widget.register()
    widget.instance_name, widget.schema_str = "my-instance", "bionty"
    breakable.api.fault(status=404, body={"detail": "Not Found"})
    outcome = widget.create_instance()
    assert outcome.cause == "instances_not_supported"
    said = subprocess.run(
        ["sh", "-c", outcome.command.replace("pip install lamindb && lamin", "echo")],
        env={**os.environ, "PGPASSWORD": "p@ss%w:rd/#?é \"'$x"},
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    words = said.split()
    assert words[:4] == ["init", "--name", "my-instance", "--storage"]
    assert words[-2:] == ["--modules", "bionty"]
    url = words[words.index("--db") + 1]
    parsed = parse_dsn(url)
    assert parsed["password"] == "p@ss%w:rd/#?é \"'$x"
    assert (parsed["host"], parsed["port"]) == ("127.0.0.1", str(widget.port))


def test_the_sandbox_says_that_it_has_no_instances(filled, breakable, monkeypatch):
    widget, _ = filled
    monkeypatch.setenv("LAMIN_WIDGETS_SANDBOX", widget.api_url)
    widget.instance_name = "my-instance"
    breakable.api.fault(status=404, body={"detail": "Not Found"})
    outcome = widget.create_instance()
    assert outcome.cause == "instances_not_supported"
    assert outcome.advice.startswith("The sandbox has none")
    assert not outcome.command


def test_without_a_form_the_command_says_how_to_look_for_its_options(token_client):
    error = ReplyError("No.", cause="instances_not_supported")
    assert str(error).endswith("lamin init --help")


def test_a_password_is_forgotten_when_asked(filled):
    widget, _ = filled
    widget.forget_password()
    assert not widget.has_password
    assert widget.register().cause == "password_missing"


@pytest.mark.parametrize("key", ["", lw.Secret("")])
def test_without_an_api_key_nobody_is_asked(shown, key):
    widget, _ = shown()
    outcome = widget.sign_in(key)
    assert outcome.cause == "api_key_missing"
    assert outcome.field == "api_key"


def test_who_uses_the_sandbox_is_not_sent_to_lamin_for_a_key(
    shown, sandbox, server_name, monkeypatch
):
    """Its key is not known there, and a key from there is not known to it."""
    client = lw.DbServerClient(sandbox.api_url, "not-a-token-of-the-sandbox")
    widget, _ = shown(name=server_name, client=client)
    outcome = widget.test()
    assert outcome.cause == "token_rejected"
    assert "lamin login" in outcome.command
    monkeypatch.setenv("LAMIN_WIDGETS_SANDBOX", sandbox.api_url)
    outcome = widget.test()
    assert outcome.cause == "token_rejected"
    assert not outcome.command
    assert outcome.field == "api_key"
    assert "in the terminal" in outcome.advice
    assert "the terminal" in widget.hints["api_key"]
    client.close()


def test_ctrl_c_ends_what_runs_and_is_not_swallowed(filled, breakable):
    """As in a script, or with the interrupt button of a notebook."""
    widget, _ = filled
    breakable.api.fault(silent=True)

    def press_ctrl_c():
        while not widget.progress:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press_ctrl_c)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        widget.test()
    thread.join()


@pytest.mark.parametrize(
    "text",
    [
        "PGHOST=db.example.org rm -rf psql",
        "psql --no-such-option -h db.example.org",
        "postgresql://postgres:pw@[::1/postgres",
    ],
)
def test_a_command_that_is_none_is_not_read(text):
    with pytest.raises(InvalidInput, match="none of the forms"):
        parse(lw.Secret(text))


def test_an_escape_that_is_no_text_is_taken_as_it_stands():
    pasted = parse(lw.Secret("postgresql://postgres:%ff@db.example.org/postgres"))
    assert pasted.password == lw.Secret("%ff")


def test_a_secret_made_of_masks_is_masked_all_the_same():
    assert redact("a *•█x b", [lw.Secret("*•█x")]) == "a \N{REPLACEMENT CHARACTER} b"


def test_an_api_behind_a_path_is_looked_for_there_alone():
    addresses = candidates("https://example.org/lamin", CHECK, None)
    assert all(it.startswith("https://example.org/lamin/db/") for it in addresses)


def test_an_address_that_cannot_be_read_is_no_sandbox():
    assert not is_sandbox("http://[::1")
