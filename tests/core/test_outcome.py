"""Outcomes: from exceptions to texts, and the texts of a script."""

from __future__ import annotations

import json

import pytest

from lamin_widgets.core.errors import (
    ActionCancelled,
    ConnectionFailed,
    DatabaseError,
    InvalidInput,
    ReplyError,
)
from lamin_widgets.core.outcome import (
    Outcome,
    Step,
    explain,
    warning,
)
from lamin_widgets.core.secret import Secret

LOST = ConnectionFailed(cause="connection_lost", sent=True)
UNSENT = ConnectionFailed(cause="api_no_answer", sent=False)


@pytest.mark.parametrize(
    ("error", "action", "state"),
    [
        (LOST, "register", "unknown"),
        (LOST, "create-instance", "unknown"),
        (LOST, "test", "failure"),
        (UNSENT, "register", "failure"),
        (ReplyError(cause="server_error", http_status=500), "register", "unknown"),
        (ReplyError(cause="forbidden", http_status=403), "register", "failure"),
        (ReplyError(cause="unreadable_reply", http_status=200), "test", "unknown"),
        (ActionCancelled(), "register", "unknown"),
        (ActionCancelled(no_effect="Nothing was sent."), "register", "failure"),
        (InvalidInput(cause="host_missing"), "register", "failure"),
        (RuntimeError("bug"), "register", "unknown"),
        (RuntimeError("bug"), "diagnose", "failure"),
    ],
)
def test_outcome_is_unknown_only_after_a_possible_effect(error, action, state):
    outcome = explain(error, action)
    assert outcome.state == state
    assert getattr(error, "no_effect", "") in outcome.advice


@pytest.mark.parametrize(
    "cause", ["api_no_answer", "connection_lost", "server_error", "unavailable"]
)
def test_unknown_registration_advises_to_test_the_connection(cause):
    error = ReplyError(cause=cause, http_status=500, facts={"again": "in 9 seconds"})
    assert "Try again" not in explain(error, "register").advice
    assert "Test the connection" in explain(error, "register").advice
    assert explain(error, "test").advice == "Try again in 9 seconds."


def test_unexpected_error_is_quoted_without_secrets():
    error = RuntimeError("can't use s3cret-password")
    outcome = explain(error, "diagnose", secrets=[Secret("s3cret-password")])
    assert outcome.cause == "unexpected"
    assert outcome.details == "RuntimeError: can't use ***"


def test_database_failure_has_other_advice_if_lamin_reports_it():
    error = DatabaseError(cause="db_certificate")
    here, there = explain(error, "diagnose"), explain(error, "test")
    assert here.advice != there.advice
    assert here.command
    assert not there.command


def test_api_failure_during_a_test_keeps_its_command():
    error = ConnectionFailed(cause="api_certificate", sent=False)
    assert "REQUESTS_CA_BUNDLE" in explain(error, "test").command


def test_value_with_shell_code_is_left_out_of_commands():
    facts = {"host": "x; id", "port": "1"}
    outcome = explain(DatabaseError(cause="db_refused", facts=facts), "diagnose")
    assert outcome.title == "x; id refused the connection on port 1."
    assert "<host>" in outcome.command


def test_outcome_is_true_only_after_a_success():
    assert Outcome("test", "success", "It works.")
    assert not Outcome("test", "failure", "It fails.")
    assert not Outcome("test", "unknown", "It's unclear.")


def test_outcome_prints_steps_warnings_commands_and_details():
    outcome = Outcome(
        "diagnose",
        "success",
        "This machine can connect.",
        details="first line\n✓ Diagnose: forged",
        steps=(Step("Port", "passed", "Open.", 0.01), Step("Version", "skipped")),
        warnings=(warning("standby"),),
    ).after(1.25)
    lines = repr(outcome).splitlines()
    assert lines[0] == "✓ Diagnose: This machine can connect. (1.2 s)"
    assert "  passed  Port: Open. (0.01 s)" in lines
    assert "  skipped Version" in lines
    assert any(line.startswith("  ! ") for line in lines)
    assert lines[-2:] == ["  | first line", "  | ✓ Diagnose: forged"]


def test_outcome_to_dict_can_be_written_as_json():
    values = explain(LOST, "register").to_dict()
    assert json.loads(json.dumps(values))["cause"] == "connection_lost"
    assert "facts" not in values
