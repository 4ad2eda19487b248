"""`Secret` hides its value, and `hides_secrets` wraps values at public entries."""

from __future__ import annotations

import copy
import inspect
import json
import logging
import pickle

import pytest
from doubles.texts import ORDINARY
from hypothesis import given
from hypothesis import strategies as st

from lamin_widgets.core.secret import Secret, hides_secrets, may_hold_secret

VALUE = "Xq7zPa9k"
URL = f"postgresql://postgres:{VALUE}@db.example.org:5432/postgres"


def _texts(secret):
    yield repr(secret)
    yield str(secret)
    yield f"{secret}"
    yield f"{secret!s:>12}"
    yield "{}".format(secret)  # noqa: UP032  # an old way to format
    yield "%s %r" % (secret, secret)  # noqa: UP031  # an old way to format
    yield repr([secret, {"password": secret}])
    yield repr({name: getattr(secret, name, None) for name in dir(secret)})
    yield logging.makeLogRecord({"msg": "%s", "args": (secret,)}).getMessage()


@given(st.text(st.sampled_from("XqZ7k9"), min_size=6))
def test_secret_value_does_not_appear_in_its_texts(value):
    secret = Secret(value)
    assert all(value not in text for text in _texts(secret))
    assert secret.reveal() == value


@pytest.mark.parametrize(
    "write",
    [pickle.dumps, json.dumps, vars, Secret.__getstate__],
    ids=["pickle", "json", "vars", "getstate"],
)
def test_secret_cannot_be_pickled_or_serialized(write):
    with pytest.raises(TypeError) as caught:
        write(Secret(VALUE))
    assert VALUE not in str(caught.value)


def test_copy_of_a_secret_is_the_same_object():
    secret = Secret(VALUE)
    assert copy.copy(secret) is secret
    assert copy.deepcopy({"a": secret})["a"] is secret


def test_secrets_compare_by_value_and_have_no_hash():
    assert Secret(VALUE) == Secret(Secret(VALUE))
    assert Secret(VALUE) != Secret("other")
    assert Secret(VALUE) != VALUE
    assert bool(Secret(VALUE))
    assert not Secret("")
    with pytest.raises(TypeError):
        hash(Secret(VALUE))


@pytest.mark.parametrize("value", [None, 5, VALUE.encode(), [VALUE]])
def test_secret_of_another_type_is_refused_without_its_value(value):
    with pytest.raises(TypeError, match=r"^Secret\(\) requires a str$") as caught:
        Secret(value)
    assert VALUE not in repr(caught.traceback[-1].frame.f_locals)


@pytest.mark.parametrize(
    "text",
    [
        URL,
        f"postgresql://postgres:{VALUE}",  # The URL is cut off before the host.
        f"postgres:{VALUE}@db.example.org",
        f"user: {VALUE}@db.example.org",
        f"DATABASE_URL={URL}  # production",
        f"jdbc:postgresql://db.example.org/postgres?user=postgres&password={VALUE}",
        f"host=db.example.org user=postgres password='{VALUE}'",
        f"Host=db.example.org;Username=postgres;Pwd={VALUE}",
        f"db.example.org:5432:postgres:postgres:{VALUE}",
        f"::1:5432:postgres:postgres:{VALUE}",
        json.dumps({"host": "db.example.org", "password": VALUE}),
        f"PGPASSWORD={VALUE}",
        f"LAMIN_API_KEY: {VALUE}",
        f"db.example.org:5432/?Action=connect&X-Amz-Signature={VALUE}",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
        f"Bearer {VALUE}",
        "a" * 70_000,
    ],
)
def test_may_hold_secret_finds_passwords_and_tokens(text):
    assert may_hold_secret(text)


@pytest.mark.parametrize("text", [*ORDINARY, "postgresql://postgres@h:1/postgres"])
def test_may_hold_secret_ignores_ordinary_values(text):
    assert not may_hold_secret(text)


@hides_secrets("password")
def connect(host: str, port: int = 5432, *, password: Secret | str = "") -> object:
    """Connect."""
    if host == "fail":
        raise LookupError
    return host, port, password


class Form:
    @hides_secrets("password")
    def __init__(self, *names: str, password: str = "", **fields: str) -> None:
        self.given = names, password, fields

    @property
    def host(self):
        return self.given

    @host.setter
    @hides_secrets()
    def host(self, value):
        self.given = value


def test_named_argument_becomes_a_secret():
    assert connect("h", password=VALUE) == ("h", 5432, Secret(VALUE))
    assert connect("h", password=Secret(VALUE)) == ("h", 5432, Secret(VALUE))
    assert connect("h", password=None) == ("h", 5432, None)


def test_other_arguments_are_unchanged():
    hosts = ["db.example.org", ("a", 1), {"b": "c"}]
    assert connect(hosts, 1)[0] is hosts


@pytest.mark.parametrize(
    "value",
    [URL, [URL], ("a", [URL]), {URL}, {"a": URL}, {"password": VALUE}, URL.encode()],
)
def test_secret_in_a_wrong_argument_is_wrapped(value):
    assert VALUE not in repr(connect(value, value))
    form = Form(value, "db.example.org", region=value, host="h")
    assert VALUE not in repr(form.given)
    assert "db.example.org" in repr(form.given)
    form.host = value
    assert VALUE not in repr(form.given)


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        (("h", 5432, VALUE), {}),  # The arguments are keyword-only.
        (("h",), {"passwort": VALUE}),
        ((), {"password": VALUE}),
        (("h",), {"password": VALUE.encode()}),
        (("h",), {"password": [VALUE]}),
        (("fail", URL), {"password": VALUE}),
    ],
)
def test_failed_call_leaves_no_secret_in_a_frame(args, kwargs):
    with pytest.raises((TypeError, LookupError)) as caught:
        connect(*args, **kwargs)
    texts = [str(caught.value)]
    texts += [repr(entry.frame.f_locals) for entry in caught.traceback[1:]]
    assert len(texts) > 1
    assert not any(VALUE in text for text in texts)


def test_error_for_a_secret_of_a_wrong_type_names_the_type():
    expected = r"^connect\(\) requires a str or Secret for password, not list$"
    with pytest.raises(TypeError, match=expected):
        connect("h", password=[VALUE])


def test_decorated_function_keeps_its_signature_and_docstring():
    assert str(inspect.signature(connect)).startswith("(host: 'str', port: 'int' = ")
    assert connect.__doc__ == "Connect."


def test_decorator_refuses_a_misspelled_argument():
    with pytest.raises(ValueError, match="'passwort'"):
        hides_secrets("passwort")(lambda password: password)
