"""Messages at the fields."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamin_widgets.core import hosts
from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.failures import CATALOGUE
from lamin_widgets.core.regions import DEFAULT_API_URL, REGIONS
from lamin_widgets.core.secret import Secret
from lamin_widgets.form.checks import check, first_error, password_hint
from lamin_widgets.form.draft import Draft
from lamin_widgets.form.fields import FIELDS, WRITABLE
from lamin_widgets.form.providers import provider_of
from lamin_widgets.form.reachability import private_reason

GOOD = Draft(
    name="my-postgres-server",
    api_server_name="prod-us-east-1",
    host="db.example.org",
    port=5432,
    has_password=True,
    api_url=REGIONS[0].api_url,
    instance_name="my-instance",
)


def at(field, **changes):
    return check(replace(GOOD, **changes)).get(field)


def test_good_form_has_no_messages():
    assert check(GOOD) == {}
    assert first_error(GOOD, FIELDS) is None


ERRORS = [
    ("name", {"name": "  "}, "name_missing"),
    ("api_server_name", {"api_server_name": " "}, "region_missing"),
    ("host", {"host": " "}, "host_missing"),
    ("password", {"has_password": False}, "password_missing"),
    ("instance_name", {"instance_name": ""}, "instance_name_missing"),
    *(
        ("port", {"port": port}, "port_invalid")
        for port in ("", "0", 0, -1, 65_536, "5432x", "5 432", "5432.0", "\u0665")
    ),
    *(
        (field, {field: text}, cause)
        for field, cause in (
            ("organization_id", "organization_invalid"),
            ("account_id", "account_invalid"),
        )
        for text in ("my-org", "123", "g23e4567-e89b-12d3-a456-426614174000")
    ),
    ("api_url", {"api_url": ""}, "api_url_invalid"),
    ("api_url", {"api_url": "http://api.example.org"}, "api_url_insecure"),
    *(
        (field, {field: "postgres://a:Xq7zPa9k@c/d"}, "connection_string_misplaced")
        for field in WRITABLE
        if field != "port"
    ),
    ("host", {"host": '{"password": "Xq7zPa9k"}'}, "connection_string_misplaced"),
]


@pytest.mark.parametrize(("field", "changes", "cause"), ERRORS)
def test_unusable_value_is_an_error_at_its_field(field, changes, cause):
    note = at(field, **changes)
    assert (note.level, note.cause) == ("error", cause)
    assert cause in CATALOGUE
    assert note.short
    assert "<" not in note.text
    assert "Xq7zPa9k" not in repr(note)


@pytest.mark.parametrize(
    "changes",
    [
        *({"port": port} for port in (1, "5432", " 5432 ", 65_535)),
        {"host": "  db.example.org \n"},
        {"organization_id": ""},
        {"organization_id": "123E4567-e89b-12d3-a456-426614174000"},
        {"account_id": "123e4567-e89b-12d3-a456-426614174000"},
        {"storage": "s3://bucket/folder", "schema_str": "bionty,wetlab"},
    ],
)
def test_usual_value_has_no_message(changes):
    assert check(replace(GOOD, **changes)) == {}


@pytest.mark.parametrize("field", ["organization_id", "account_id"])
def test_uuid_in_another_spelling_is_offered_in_the_usual_one(field):
    usual = {field: "123e4567-e89b-12d3-a456-426614174000"}
    note = at(field, **{field: "123e4567e89b12d3a456426614174000"})
    assert note.fixes[0].values == usual
    assert at(field, **usual) is None


# --- Host ---------------------------------------------------------------------------

HOSTS = [
    ("https://db.example.org:5432/x", {"host": "db.example.org", "port": 5432}),
    ("http://db.example.org", {"host": "db.example.org"}),
    ("db.example.org:5433", {"host": "db.example.org", "port": 5433}),
    ("db.example.org:", {"host": "db.example.org"}),
    ("[2606:4700::7]:5433", {"host": "2606:4700::7", "port": 5433}),
    ("db.example.org/postgres", {"host": "db.example.org"}),
    ("db.example.org?x=1", {"host": "db.example.org"}),
    ("postgres@db.example.org", {"host": "db.example.org"}),
    ("db.example.org 5433", {"host": "db.example.org", "port": 5433}),
    ("db. example.org", {"host": "db.example.org"}),
    ("db.exam\u200bple.org", {"host": "db.example.org"}),
    ("db.exam\x00ple.org", {"host": "db.example.org"}),
    ("'db.example.org'", {"host": "db.example.org"}),
    ("db.example.org,", {"host": "db.example.org"}),
    ("db.example.org:99999", None),
    ("a.example.org,b.example.org", None),
    ("/var/run/postgresql", None),
    ("db..example.org", None),
    ("256.1.1.1", None),
    ("2001:db8::7::1", None),
    ("my-project:us-central1:my-db", None),
]


@pytest.mark.parametrize(("host", "fix"), HOSTS)
def test_malformed_host_has_an_instruction_and_the_cleaned_value(host, fix):
    note = at("host", host=host)
    assert note.cause == "host_malformed"
    assert hosts.problem(host) in note.text
    assert note.facts == {"problem": hosts.problem(host)}
    assert [found.values for found in note.fixes] == ([fix] if fix else [])
    if fix:
        assert at("host", **fix) is None


@pytest.mark.parametrize("host", ["p@ss%w:rd/#?", "p{w", "p@ssword", "pass word"])
def test_stray_password_in_the_host_is_to_be_cleared(host):
    note = at("host", host=host)
    assert note.text.endswith("by mistake, clear it.")
    assert note.fixes == ()


@pytest.mark.parametrize("host", ["127.0.0", "1", "a..b", "db_", "[::1"])
def test_half_typed_host_is_not_taken_for_a_password(host):
    note = at("host", host=host)
    assert note is None or "by mistake" not in note.text


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("10.1.2.3", "a private address"),
        ("db.local", "a private network name"),
        ("x.proxy-a.us-east-1.rds.amazonaws.com", "an RDS Proxy endpoint"),
    ],
)
def test_private_host_is_a_warning_that_does_not_block(host, reason):
    note = at("host", host=host)
    assert (note.level, note.cause) == ("warning", "host_unreachable")
    assert f"because it's {reason}." in note.text
    assert first_error(replace(GOOD, host=host), ["host"]) is None


@pytest.mark.parametrize("url", ["https://lamin.example.org", "http://localhost:8000"])
def test_on_premises_api_can_be_close_to_a_private_host(url):
    assert at("host", host="10.1.2.3", api_url=url) is None
    assert at("host", host="localhost", api_url=url, sandbox=True) is None
    assert at("host", host="10.1.2.3", api_url=url, sandbox=True).level == "warning"


def test_provider_note_is_a_warning():
    note = at("host", host="db.abc.supabase.co")
    assert (note.level, note.cause) == ("warning", "host_supabase")
    assert at("host", host="p.abc.db.postgresbridge.com") is None


def test_neon_pooler_is_offered_without_it():
    note = at("host", host="ep-x-pooler.us-east-2.aws.neon.tech")
    assert note.fixes[0].values == {"host": "ep-x.us-east-2.aws.neon.tech"}


def test_international_host_is_offered_in_ascii():
    assert at("host", host=f"{'ü' * 60}.example") is None  # It has no ASCII form.
    note = at("host", host="bücher.example")
    assert note.fixes[0].values == {"host": "xn--bcher-kva.example"}


# --- Port and password --------------------------------------------------------------


@pytest.mark.parametrize(
    ("port", "cause"),
    [(6543, "port_pooler"), ("6432", "port_pooler"), (3306, "port_other")],
)
def test_unusual_port_is_a_warning_with_the_default(port, cause):
    note = at("port", port=port)
    assert (note.level, note.cause) == ("warning", cause)
    assert note.fixes[0].values == {"port": 5432}


@pytest.mark.parametrize("port", ["543x", 6543, 3306])
def test_sandbox_does_not_offer_the_default_port(port):
    assert at("port", port=port, sandbox=True).fixes == ()


HINTS = {
    **dict.fromkeys(("pw\n", "\npw", "p\nw", "pw\r\n", "pw\u2028"), "line-break"),
    **dict.fromkeys(
        (" pw", "pw ", "pw\t", "\u00a0pw", "pw\u200b", "\ufeffpw"), "space"
    ),
    **dict.fromkeys(("'pw'", '"pw"', "`pw`", "“pw”", "«pw»"), "quotes"),
    **dict.fromkeys(("[pw]", "(pw)", "{pw}", "<pw>"), "brackets"),
    "h:5432/?Action=connect&DBUser=postgres&X-Amz-Signature=x": "token",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3.x": "token",
    "postgresql://postgres:pw@h/postgres": "connection-string",
    **dict.fromkeys(
        ("", "pw", "p w", "'", '"pw', "pw'", "[", "[pw", "pw]", "'p\"", "eyJx", "[p)"),
        "",
    ),
}


@pytest.mark.parametrize(("password", "hint"), HINTS.items(), ids=range(len(HINTS)))
def test_hint_tells_what_is_unusual_about_a_password(password, hint):
    assert password_hint(Secret(password)) == hint


@pytest.mark.parametrize("hint", sorted({*HINTS.values()} - {""}))
def test_unusual_password_is_a_warning(hint):
    note = at("password", password_hint=hint)
    assert (note.level, note.short != "") == ("warning", True)
    assert at("password", password_hint=hint, has_password=False).level == "error"


# --- Names, region, and API URL -----------------------------------------------------


def test_name_with_special_characters_is_offered_without():
    note = at("name", name="My server / 1")
    assert (note.level, note.fixes[0].values) == ("warning", {"name": "my-server-1"})
    assert at("instance_name", instance_name="a b").level == "warning"


@pytest.mark.parametrize("name", ["\ud800", "a\x1b[2Kb", "a\u202eb", "a\u200bb"])
@pytest.mark.parametrize("field", ["name", "api_server_name", "instance_name"])
def test_invisible_character_is_refused(field, name):
    assert at(field, **{field: name}).cause == "invisible_character"


@pytest.mark.parametrize("name", ["hR6%kestrel", "p@ss word", "x#1", "a!b"])
def test_stray_password_in_the_name_is_to_be_cleared(name):
    note = at("name", name=name)
    assert note.text.endswith("by mistake, clear it.")
    assert note.fixes == ()


def test_region_with_its_own_api_is_offered_and_never_switched():
    note = at("api_url", api_url=f"{DEFAULT_API_URL}/")
    assert (note.level, note.cause) == ("info", "region_api")
    assert note.fixes[0].values == {"api_url": REGIONS[0].api_url}
    assert check(replace(GOOD, **note.fixes[0].values)) == {}


@pytest.mark.parametrize("name", ["us-east-1", "prod-us-east1", "US-EAST-1"])
def test_misspelled_region_is_offered_corrected(name):
    note = at("api_server_name", api_server_name=name)
    assert (note.level, note.cause) == ("warning", "region_unknown")
    assert note.fixes[0].values == {"api_server_name": "prod-us-east-1"}


def test_other_region_is_allowed_and_the_listed_ones_are_named():
    note = at("api_server_name", api_server_name="Frankfurt")
    assert (note.level, note.fixes) == ("warning", ())
    assert all(region.api_server_name in note.text for region in REGIONS)
    on_premises = {"api_server_name": "x-7", "api_url": "https://lamin.example.org"}
    assert at("api_server_name", **on_premises).level == "info"
    assert at("api_server_name", **on_premises, sandbox=True).level == "warning"


def test_region_of_a_managed_host_is_offered():
    host = "x.abc.us-west-2.rds.amazonaws.com"
    fix = {"api_server_name": "prod-us-west-2"}
    note = at("api_server_name", host=host)
    assert (note.level, note.fixes[0].values) == ("info", fix)
    missing = at("api_server_name", host=host, api_server_name="")
    assert (missing.level, missing.fixes[0].values) == ("error", fix)
    assert at("api_server_name", host=host, api_url=REGIONS[1].api_url, **fix) is None


def test_api_url_is_offered_corrected_without_a_secret():
    note = at("api_url", api_url="lamin.example.org/api/")
    assert note.fixes[0].values == {"api_url": "https://lamin.example.org/api"}
    assert "Xq7z" not in repr(at("api_url", api_url="https://Xq7z@lamin.example.org"))


def test_api_url_outside_ascii_is_shown_in_ascii():
    note = at("api_url", api_url="https://аpi.lamin.ai")  # noqa: RUF001  # the point
    assert (note.level, note.cause) == ("warning", "api_url_idn")
    assert note.fixes[0].values == {"api_url": "https://xn--pi-6kc.lamin.ai"}


# --- Actions ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "changes", "field"),
    [
        (("name", "host"), {"name": "", "host": ""}, "name"),
        (("host", "name"), {"name": "", "host": ""}, "host"),
        (("host", "password"), {"has_password": False}, "password"),
        (("name",), {"host": ""}, None),
        (("host",), {"host": "10.0.0.1"}, None),
        (("paste", "api_key"), {}, None),
    ],
)
def test_first_error_is_that_of_the_required_fields(fields, changes, field):
    found = first_error(replace(GOOD, **changes), fields)
    assert (found and found[0]) == field


@pytest.mark.parametrize("piece", ["a", "a.", " ", ".private", "@", "'", ":1", "é"])
def test_time_is_linear_in_the_length(piece):
    text = piece * (1_000_000 // len(piece))
    began = time.process_time()
    check(Draft(**dict.fromkeys(WRITABLE, text)))
    assert private_reason(text) == ""
    assert provider_of(text) is None
    password_hint(Secret(text))
    assert time.process_time() - began < 2


_ANY = st.text(max_size=12) | st.sampled_from([host for host, _ in HOSTS])
_DRAFTS = st.builds(
    Draft,
    **{
        field: _ANY
        for field in WRITABLE
        if field not in {"port", "storage", "schema_str"}
    },
    port=_ANY | st.integers(),
)


@settings(max_examples=60)
@given(_DRAFTS)
def test_every_fix_removes_its_message(draft):
    for field, note in check(draft).items():
        for fix in note.fixes:
            fixed = check(replace(draft, **fix.values))
            assert field not in fixed or fixed[field].cause != note.cause
            assert all(
                fixed[key].level != "error" for key in fix.values if key in fixed
            )


@settings(max_examples=60)
@given(st.text(max_size=12) | st.from_regex(r"[\w.\-:\[\]%]{1,12}", fullmatch=True))
def test_host_is_usable_if_it_has_no_error(host):
    note = at("host", host=host)
    is_wrong = note is not None and note.level == "error"
    try:
        PostgresConnection(host, 5432, "x")
    except InvalidInput:
        assert is_wrong
    else:
        assert not is_wrong
