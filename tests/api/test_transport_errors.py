"""The exceptions of requests and urllib3 are translated completely, and on purpose."""

from __future__ import annotations

import inspect
import socket
import ssl

import pytest
import requests.exceptions
import urllib3.exceptions

from lamin_widgets.core import failures as causes
from lamin_widgets.lamin.transport_errors import KNOWN, cause_of, decisive

# What these are roots of has its own rows; they are never raised themselves.
ROOTS = {
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,
    # Built only around another one, which decides.
    urllib3.exceptions.MaxRetryError,
    urllib3.exceptions.RequestError,
}


def _classes():
    for module in (requests.exceptions, urllib3.exceptions):
        for _, kind in inspect.getmembers(module, inspect.isclass):
            own = kind.__module__ == module.__name__  # not json's or email's
            if own and issubclass(kind, Exception) and not issubclass(kind, Warning):
                yield kind


CLASSES = sorted(set(_classes()), key=lambda kind: f"{kind.__module__}.{kind.__name__}")
FOREIGN = [kind for kind in CLASSES if kind not in ROOTS]


def _bare(kind):
    """An exception of that class without anything inside, as args differ."""
    return kind.__new__(kind)


def test_there_are_classes_to_walk():
    modules = {kind.__module__ for kind in FOREIGN}
    assert {"requests.exceptions", "urllib3.exceptions"} <= modules
    assert len(FOREIGN) > 45


@pytest.mark.parametrize("kind", FOREIGN, ids=lambda k: f"{k.__module__}.{k.__name__}")
def test_every_exception_class_has_a_row(kind):
    error = _bare(kind)
    rows = [known for known, _ in KNOWN if issubclass(kind, known)]
    assert rows, "it would fall through"
    decided, cause = decisive(error)
    assert decided is error
    assert cause == dict(KNOWN)[rows[0]]


@pytest.mark.parametrize("cause", sorted({cause for _, cause in KNOWN}))
def test_every_row_leads_to_the_catalogue(cause):
    assert cause in causes.CAUSES


def test_no_row_is_hidden_by_one_before():
    for index, (kind, cause) in enumerate(KNOWN):
        for earlier, other in KNOWN[:index]:
            hidden = issubclass(kind, earlier) and cause != other
            assert not hidden, f"{kind} is never reached after {earlier}"


def _wrapped(inner):
    pool = urllib3.HTTPConnectionPool("127.0.0.1")
    try:
        try:
            raise inner
        except type(inner) as error:
            raise urllib3.exceptions.MaxRetryError(pool, "/", error) from error
    except urllib3.exceptions.MaxRetryError as error:
        return requests.exceptions.ConnectionError(error)


@pytest.mark.parametrize(
    ("inner", "cause"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "api_refused"),
        (socket.gaierror(-2, "Name or service not known"), "api_name_unknown"),
        (ssl.SSLCertVerificationError("self-signed"), "api_certificate"),
        (ssl.SSLEOFError(8, "EOF"), "connection_lost"),
        (ssl.SSLError(1, "wrong version number"), "unexpected"),
        (ConnectionResetError(104, "reset"), "connection_lost"),
        (urllib3.exceptions.ProtocolError("x", OSError("y")), "connection_lost"),
    ],
)
def test_what_the_socket_said_decides(inner, cause):
    decided, found = decisive(_wrapped(inner))
    assert found == cause
    assert decided is inner


def test_what_nobody_knows_is_unexpected():
    assert cause_of(RuntimeError("x")) == "unexpected"
    assert cause_of(OSError("x")) == "unexpected"


def test_exceptions_that_wrap_each_other_come_to_an_end():
    one, two = OSError(), OSError()
    one.__cause__, two.__cause__ = two, one
    assert cause_of(one) == "unexpected"
