"""The recommended next step, as a table of histories."""

from __future__ import annotations

import pytest
from session.playing import (
    changed,
    failed,
    filled_in,
    passed,
    play,
    played,
    primary,
    step,
)

from lamin_widgets.core.failures import CATALOG
from lamin_widgets.session import events as e
from lamin_widgets.session.guidance import SITUATIONS, guide
from lamin_widgets.session.knowledge import know
from lamin_widgets.session.state import AccountStatus

DIAGNOSED = passed("diagnose")
REFUSED = failed("diagnose", "db_refused")
REJECTED = failed("diagnose", "password_rejected")
REGISTERED = passed("register")
REACHED = passed("test")
CLOSED = failed("test", "db_refused")
DATABASE_FAILURES = [
    row.id for row in CATALOG.values() if row.concerns_database and not row.is_warning
]

HISTORIES = {
    "nothing is known": ([], "Diagnose"),
    "this machine can connect": ([DIAGNOSED], "Register"),
    "this machine can connect to a private host": (
        [passed("diagnose", "resolves_to_private_address")],
        "Change the host",
    ),
    "this machine can't connect": ([REFUSED], "Diagnose"),
    "registered": ([DIAGNOSED, REGISTERED], "Test connection"),
    "perhaps registered": (
        [DIAGNOSED, failed("register", "api_no_answer")],
        "Test connection",
    ),
    "another server has the name": (
        [DIAGNOSED, failed("register", "name_taken")],
        "Change the name",
    ),
    "Lamin could connect, and the newest test failed for another reason": (
        [DIAGNOSED, REGISTERED, REACHED, failed("test", "unavailable", status=503)],
        "Test connection",
    ),
    "Lamin can connect to a server with the same name": ([DIAGNOSED, REACHED], ""),
    "ready": ([DIAGNOSED, REGISTERED, REACHED], ""),
    "ready, with warnings": (
        [passed("diagnose", "certificate_unverified"), REGISTERED, REACHED],
        "",
    ),
    "Lamin can connect, and this machine wasn't asked": ([REGISTERED, REACHED], ""),
    "only Lamin can connect": ([REFUSED, REGISTERED, REACHED], ""),
    "Lamin could connect, and this machine can't connect since": (
        [DIAGNOSED, REGISTERED, REACHED, REFUSED],
        "Test connection",
    ),
    "Lamin can connect, with another password than the one in the form": (
        [REGISTERED, REACHED, REJECTED],
        "",
    ),
    "neither can connect": ([REFUSED, REGISTERED, CLOSED], "Diagnose"),
    "neither can connect, because of the password": (
        [REJECTED, REGISTERED, failed("test", "password_rejected")],
        "Change the name",
    ),
    "a firewall blocks Lamin": ([DIAGNOSED, REGISTERED, CLOSED], "Test connection"),
    "this machine can connect again": (
        [REGISTERED, REFUSED, CLOSED, DIAGNOSED],
        "Test connection",
    ),
    "Lamin can't connect any longer": (
        [DIAGNOSED, REGISTERED, REACHED, CLOSED],
        "Diagnose",
    ),
    "Lamin has another password": (
        [DIAGNOSED, REGISTERED, failed("test", "password_rejected")],
        "Change the name",
    ),
    "Lamin can't resolve the host": (
        [DIAGNOSED, REGISTERED, failed("test", "db_name_unknown")],
        "Change the host",
    ),
    "Lamin has no route to a private host": (
        [
            REGISTERED,
            CLOSED,
            passed("diagnose", "resolves_to_private_address"),
        ],
        "Change the host",
    ),
    "Lamin reports a problem that this machine doesn't see": (
        [DIAGNOSED, REGISTERED, failed("test", "too_many_connections")],
        "Test connection",
    ),
    "Lamin can't connect, and this machine wasn't asked": (
        [REGISTERED, CLOSED],
        "Diagnose",
    ),
    "Lamin's answer was unclear": (
        [REGISTERED, failed("test", "unreadable_reply", status=200)],
        "Test connection",
    ),
    "the form changed since Diagnose": (
        [DIAGNOSED, changed(port=5433)],
        "Diagnose",
    ),
    "the form differs from what was registered": (
        [DIAGNOSED, REGISTERED, changed(port=5433)],
        "Change the name",
    ),
}


@pytest.mark.parametrize("name", HISTORIES)
def test_guidance_recommends_the_button_of_the_situation(name):
    history, label = HISTORIES[name]
    state = played(*history)
    known = know(state)
    assert guide(known, state).situation == name
    assert primary(state) == label


def test_canceled_diagnosis_does_not_hide_the_warnings_of_the_one_before():
    warned, canceled = passed("diagnose", "standby"), failed("diagnose", "cancelled")
    state = played(warned, canceled, REGISTERED, REACHED)
    assert guide(know(state), state).situation == "ready, with warnings"


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("cause", DATABASE_FAILURES)
def test_guidance_blames_the_network_only_if_lamin_did_not_reach_postgresql(
    cause, private
):
    warnings = ["resolves_to_private_address"] if private else []
    outcome = failed("test", cause)
    state = played(passed("diagnose", *warnings), REGISTERED, outcome)
    text = step(state, "test")["text"]
    is_firewall = cause in {
        *("db_refused", "db_unreachable", "db_no_answer", "db_hangs_up"),
        *("check_failed", "db_not_allowed_managed"),
    }
    assert is_firewall == CATALOG[cause].may_be_firewall
    if private and CATALOG[cause].layer == "tcp":
        assert "Lamin likely can't reach this host" in text
    elif is_firewall:
        assert "firewall is the likely cause" in text
    elif cause not in {"password_rejected", "db_name_unknown"}:
        # These two have their own sentences.
        assert text == outcome.advice


@pytest.mark.parametrize(
    "history",
    [
        [REACHED, failed("register", "name_taken")],
        [failed("register", "name_taken"), REACHED],
        [failed("register", "name_taken"), REACHED, REJECTED],
        [DIAGNOSED, failed("register", "api_no_answer"), REACHED],
    ],
)
def test_server_is_ready_only_if_this_form_registered_it(history):
    assert "If it's another server" in step(played(*history), "test")["text"]


def test_guidance_recommends_to_test_again_after_a_newer_failure():
    assert primary(played(REACHED, REFUSED)) == "Test connection"


def test_guidance_uses_every_rule_in_some_situation():
    signed_out = {"this machine can connect, and you aren't signed in"}
    assert {row.situation for row in SITUATIONS} == {*HISTORIES} | signed_out


def test_guidance_recommends_to_sign_in_before_register():
    state = played(DIAGNOSED)._replace(account=AccountStatus("signed-out"))
    assert primary(state) == "Sign in"
    assert "Sign in to Lamin first" in step(state, "register")["text"]


@pytest.mark.parametrize("name", HISTORIES)
def test_guidance_sentence_appears_once(name):
    state = played(*HISTORIES[name][0])
    text = guide(know(state), state).text.partition("{")[0]
    texts = [step(state, each)["text"] for each in ("diagnose", "register", "test")]
    if text:
        assert sum(text in each for each in texts) == 1
    assert len({each for each in texts if each}) == len(
        [each for each in texts if each]
    )


@pytest.mark.parametrize(
    ("refusal", "label"),
    [
        ("not_signed_in", "Sign in"),
        ("field_rejected", "Register"),
        ("api_refused", "Register"),
    ],
)
def test_guidance_after_a_failed_register_recommends_its_fix(refusal, label):
    state = played(DIAGNOSED, failed("register", refusal))
    assert primary(state) == label


@pytest.mark.parametrize("before", [(), (DIAGNOSED,), (REACHED,), (REFUSED,)])
def test_guidance_after_a_test_without_sign_in_recommends_to_sign_in(before):
    state = played(passed("register"), *before, failed("test", "token_rejected"))
    assert primary(state) == "Sign in"
    assert "Sign in" in step(state, "test")["text"]


@pytest.mark.parametrize(
    ("values", "locked", "label"),
    [
        ({}, set(), "Use https://aws.us-east-1.lamin.ai/api"),
        ({}, {"api_url"}, "Register"),
        ({"api_url": "https://aws.us-east-1.lamin.ai/api"}, set(), "Register"),
        ({"api_server_name": "prod-mars-1"}, set(), "Register"),
    ],
)
def test_guidance_offers_the_regions_own_api_after_a_missing_route(
    values, locked, label
):
    form = filled_in(**values)._replace(locked=frozenset(locked))
    refused = failed("register", "registration_not_offered", status=404)
    state = played(DIAGNOSED, refused, state=form)
    assert primary(state) == label
    offers = [each["label"] for each in step(state, "register")["buttons"]]
    assert any(each.startswith("Use https:") for each in offers) == (
        label != "Register"
    )


def test_guidance_after_a_sign_in_forgets_account_failures():
    state = played(DIAGNOSED, failed("register", "not_signed_in"))
    assert step(state, "register")["state"] == "failed"
    account = AccountStatus("signed-in", "Signed in as ada", turn=state.account.turn)
    signed_in = play(state, e.AccountFound(account))
    assert step(signed_in, "register")["state"] == "next"
    assert primary(signed_in) == "Register"
