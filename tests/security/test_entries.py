"""A secret in a wrong argument of a public function is in no frame and no message."""

from __future__ import annotations

import contextlib
import inspect

import pytest
from security.attacker import open_form
from security.leak_scanner import find_leaks
from security.watching import Seen

import lamin_widgets
from lamin_widgets import DbServerClient, DbServerWidget, PostgresConnection
from lamin_widgets.core.errors import InvalidInput

PASSWORD = "kestrel@Zq7/wvx8"
URL = f"postgresql://postgres:{PASSWORD}@db.example.org:5432/postgres"
WRONG = {
    "URL": URL,
    "environment": f"DATABASE_URL={URL}",
    "key=value": f"host=h password='{PASSWORD}'",
    "list": [URL],
    "set": {URL},
    "dict": {"url": URL},
    "mapping": {"password": PASSWORD},
    "bytes": URL.encode(),
}


def connection():
    return PostgresConnection("127.0.0.1", 1, "another-Wq7")


def client():
    return DbServerClient("http://127.0.0.1:1", "zqtoken-wvx8yyq9")


FRONT = {
    *("publish", "write_fields", "send_to_views", "deliver"),
    *("set_state", "open"),
}
"""Public methods that only the store and ipywidgets call."""
ENTRIES = ["diagnose", "Secret"]
for kind in (PostgresConnection, DbServerClient, DbServerWidget):
    ENTRIES += [
        kind.__name__,
        *(
            f"{kind.__name__}.{name}"
            for name, member in vars(kind).items()
            if not name.startswith("_") and name not in FRONT
            if callable(member) or isinstance(member, classmethod)
        ),
    ]
MAKE = {"PostgresConnection": connection, "DbServerClient": client}
USUAL = {
    "connection": connection(),
    "password": "another-Wq7",
    "api_key": "another-Wq7",
    "callback": print,
    "port": 1,
}


def opened(entry):
    """Return the context of a form if the function is one of its methods."""
    if entry.startswith("DbServerWidget."):
        return open_form(name="x", host="127.0.0.1", port=1)
    return contextlib.nullcontext()


def found(entry, page):
    """Return a public function by its name."""
    kind, _, name = entry.partition(".")
    if not name:
        return getattr(lamin_widgets, kind)
    return getattr(MAKE[kind]() if kind in MAKE else page.widget, name)


def leaks(entry, parameter, wrong):
    """Call a function with a secret in a parameter, and return where it shows."""
    seen = Seen()
    with opened(entry) as page:
        function = found(entry, page)
        arguments = {parameter: wrong}
        for name, each in inspect.signature(function).parameters.items():
            if each.default is each.empty and each.kind is each.POSITIONAL_OR_KEYWORD:
                arguments.setdefault(name, USUAL.get(name, "x"))
        try:
            result = function(**arguments)
        except Exception as error:  # noqa: BLE001  # any exception is searched
            seen.exception(error)
        else:
            seen.thing("result", result)
            if isinstance(result, DbServerWidget):
                result.close()
        if page:
            seen.add("result", page.texts, repr(page.widget))
    return [
        channel
        for channel in ("result", "exceptions", "frames")
        if find_leaks(seen.text(channel), PASSWORD)
    ]


@pytest.fixture(autouse=True)
def _no_hub(monkeypatch):
    """Let a sign-in end before anything is sent."""
    monkeypatch.setenv("LAMIN_ENV", "custom")
    monkeypatch.setenv("SUPABASE_API_URL", "http://hub.example.org")
    monkeypatch.setenv("SUPABASE_ANON_KEY", "a-key")


@pytest.mark.parametrize("entry", ENTRIES)
def test_secret_in_a_wrong_argument_is_not_repeated(entry):
    with opened(entry) as page:
        parameters = [*inspect.signature(found(entry, page)).parameters]
    assert not {
        (parameter, kind): shown
        for parameter in [*parameters, "misspelled"]
        for kind, wrong in WRONG.items()
        if (shown := leaks(entry, parameter, wrong))
    }


@pytest.mark.parametrize("variable", ["PGHOST", "PGPORT", "LAMIN_API_URL"])
def test_secret_in_an_environment_variable_is_not_repeated(monkeypatch, variable):
    monkeypatch.setenv(variable, f"mysql://ada:{PASSWORD}@db.example.org/x")
    seen = Seen()
    with pytest.raises(InvalidInput) as caught:
        DbServerWidget.from_env()
    seen.exception(caught.value)
    assert not find_leaks(seen.text("exceptions") + seen.text("frames"), PASSWORD)


TRAITS = sorted({*DbServerWidget.class_own_traits(), "tabbable"} - {"_esm", "_styles"})
ARGUMENTS = {*inspect.signature(DbServerWidget).parameters, "api_key"}


def look_at(page, trait, seen):
    """Collect what a form shows, unless the trait may show whatever it's set to."""
    if trait not in {"outcome", "facts", "view"}:
        seen.add("result", page.texts, repr(page.widget), page.widget.outcome)
        seen.thing("result", vars(page.widget))


@pytest.mark.parametrize("trait", [*TRAITS, *sorted(ARGUMENTS - {*TRAITS})])
def test_secret_in_a_wrong_trait_is_not_repeated(trait):
    seen = Seen()
    with open_form(name="x", host="127.0.0.1", port=1) as page:
        for wrong in WRONG.values():
            try:
                setattr(page.widget, trait, wrong)
            except Exception as error:  # noqa: BLE001  # any exception is searched
                seen.exception(error)
            else:
                assert trait in TRAITS
            look_at(page, trait, seen)
        # The form still works.
        page.widget.name = "y"
        assert page.widget.diagnose().cause
        look_at(page, trait, seen)
    for channel in ("result", "exceptions", "frames"):
        assert not find_leaks(seen.text(channel), PASSWORD), channel


def test_every_public_function_is_tested():
    assert len(ENTRIES) > 20
    assert {name.partition(".")[0] for name in ENTRIES} <= {*lamin_widgets.__all__}
