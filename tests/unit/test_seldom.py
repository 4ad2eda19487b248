"""What seldom happens to the parts, each on its own."""

from __future__ import annotations

import socket
import threading

import pytest

import lamin_widgets
from lamin_widgets import sandbox
from lamin_widgets.control.clients import Clients
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.failures import CAUSES
from lamin_widgets.core.outcome import Outcome
from lamin_widgets.core.regions import REGIONS
from lamin_widgets.core.secret import Secret
from lamin_widgets.form import connection_strings as connection_string
from lamin_widgets.form import notations as conninfo
from lamin_widgets.lamin.interruptible import Call
from lamin_widgets.postgres.steps import NAMES, Ladder


@pytest.fixture
def joined():
    """The two ends of a connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        far, _ = listener.accept()
    with near, far:
        far.settimeout(10)
        yield near, far


def test_a_call_that_was_cancelled_before_it_was_connected_is_cut(joined):
    near, far = joined
    cancelled = threading.Event()
    call = Call(cancelled, 30)
    cancelled.set()
    call.hold(near)
    assert far.recv(1) == b""
    call.close()


def test_a_call_that_is_over_cannot_expire(joined):
    near, far = joined
    call = Call(threading.Event(), 30)
    call.hold(near)
    call.close()
    call.expire()
    assert not call.expired
    near.sendall(b"x")
    assert far.recv(1) == b"x"


def test_a_diagnosis_broken_off_between_two_steps_skips_the_rest():
    told = []
    ladder = Ladder(told.append)
    ladder.begin(NAMES[0])
    ladder.end("found")
    ladder.break_off("Cancelled.", "skipped")
    states = [step.state for step in ladder.steps]
    assert states == ["passed", *["skipped"] * (len(NAMES) - 1)]
    assert told[-1] == ladder.steps


def test_a_diagnosis_broken_off_in_its_last_step_has_nothing_to_skip():
    ladder = Ladder(None)
    for name in NAMES[:-1]:
        ladder.begin(name)
        ladder.end("fine")
    ladder.begin(NAMES[-1])
    ladder.break_off("It hung.")
    assert [step.state for step in ladder.steps[-2:]] == ["passed", "failed"]
    assert len(ladder.steps) == len(NAMES)


def test_a_fact_that_is_not_known_is_named_in_its_place():
    title, *_ = CAUSES["db_refused"].fill({"host": "db.example.org"})
    assert "db.example.org" in title
    assert "<port>" in title


@pytest.mark.parametrize("region", REGIONS, ids=lambda region: region.api_server_name)
def test_lamins_own_apis_are_known_to_speak_as_published(region):
    assert Clients(None).speaks_published(region.api_url)


def test_a_url_in_place_of_a_connection_is_refused_without_being_shown():
    client = lamin_widgets.DbServerClient("http://127.0.0.1:1", "a-token")
    url = "postgresql://postgres:Qz7-kestrel@db.example.org/postgres"
    with pytest.raises(TypeError, match="PostgresConnection") as caught:
        client.register("a", url, "prod-us-east-1")
    frame = caught.traceback[-1].frame
    assert "kestrel" not in repr(frame.f_locals)
    client.close()


def test_a_mistake_in_the_reading_is_told_without_the_text(monkeypatch):
    def mistaken(text):
        raise IndexError(text)

    monkeypatch.setattr(connection_string, "_read_text", mistaken)
    with pytest.raises(InvalidInput, match="mistake in this program") as caught:
        connection_string.parse(Secret("postgresql://postgres:Qz7-kestrel@h/postgres"))
    assert caught.value.__context__ is None
    assert "kestrel" not in str(caught.value)


def test_a_parameter_without_a_value_is_none_that_libpq_reads():
    assert conninfo.read_uri("postgresql://postgres:x@h/postgres?sslmode") is None


@pytest.mark.parametrize("package", [lamin_widgets, sandbox])
def test_a_name_that_is_not_there_is_told_as_by_any_module(package):
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = package.Nothing


def test_the_public_names_are_listed_before_they_are_imported():
    assert set(lamin_widgets.__all__) <= set(dir(lamin_widgets))


def test_a_long_outcome_is_broken_between_words_and_its_command_is_not():
    command = "psql " + "-c 'SELECT 1' " * 9
    advice = "first-word " + "another word " * 20
    shown = repr(
        Outcome("diagnose", "failure", "It failed.", advice=advice, command=command)
    )
    lines = shown.split("\n")
    assert f"  {command}" in lines
    assert max(len(line) for line in lines if "psql" not in line) <= 79
    assert " ".join(shown.split()).count("another word") == 20
