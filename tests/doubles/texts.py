"""Secrets of the tests, and checks of the texts that users see."""

from __future__ import annotations

import re
from traceback import TracebackException

TOKEN = "tq9-token-of-the-tests"
PASSWORD = "Zq7#kfW/9vLx@2r%"

_TO_FILL_IN = ("<owner>", "<storage>", "<host>", "<port>", "<user>", "<proxy-host>")
_IN_CODE = ("{password}", "{server}")


def shown_by(caught):
    """Return an exception and the variables of its frames, except the test's own."""
    report = TracebackException.from_exception(caught.value, capture_locals=True)
    del report.stack[0]
    return "".join(report.format())


def check_texts(outcome):
    """Return the texts of an outcome, with all placeholders filled and no secret."""
    text = f"{outcome.title} {outcome.advice} {outcome.command}"
    rest = text
    for part in (*_TO_FILL_IN, *_IN_CODE):
        rest = rest.replace(part, "")
    assert not re.search(r"[<{][\w-]+[>}]", rest), text
    assert not re.search(r"  | \.", outcome.advice)
    shown = f"{outcome!r}{outcome.to_dict()}"
    assert not [secret for secret in (PASSWORD, TOKEN) if secret in shown]
    return text
