"""Messages at the fields."""

from __future__ import annotations

import pytest
from doubles.timing import takes_linear_time
from hypothesis import given, settings
from hypothesis import strategies as st

from lamin_widgets.core import hosts
from lamin_widgets.core.connection import PostgresConnection
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.failures import CATALOG
from lamin_widgets.core.regions import DEFAULT_API_URL, REGIONS
from lamin_widgets.core.secret import Secret
from lamin_widgets.form.checks import check, first_error, password_hint
from lamin_widgets.form.draft import Draft
from lamin_widgets.form.fields import FIELDS, WRITABLE

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
    return check(GOOD._replace(**changes)).get(field)


def test_valid_form_has_no_messages():
    assert check(GOOD) == {}
    assert first_error(GOOD, FIELDS) is None


ERRORS = [
    ("name", {"name": "  "}, "name_missing"),
    ("api_server_name", {"api_server_name": " "}, "region_missing"),
    ("host", {"host": " "}, "host_missing"),
    ("password", {"has_password": False}, "password_missing"),
    ("instance_name", {"instance_name": ""}, "instance_name_missing"),
    *(("port", {"port": port}, "port_invalid") for port in ("", 65_536, "5432x")),
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
]


@pytest.mark.parametrize(("field", "changes", "cause"), ERRORS)
def test_invalid_value_is_an_error_at_its_field(field, changes, cause):
    note = at(field, **changes)
    assert (note.level, note.cause) == ("error", cause)
    assert cause in CATALOG
    assert "<" not in note.text
    assert "Xq7zPa9k" not in repr(note)


@pytest.mark.parametrize(
    "changes",
    [
        *({"port": port} for port in (1, "5432", " 5432 ", 65_535)),
        {"host": "  db.example.org \n"},
        {"organization_id": ""},
        {"organization_id": "123E4567-e89b-12d3-a456-426614174000"},
        {"storage": "s3://bucket/folder", "schema_str": "bionty,wetlab"},
    ],
)
def test_valid_value_has_no_message(changes):
    assert check(GOOD._replace(**changes)) == {}


# --- Host ---------------------------------------------------------------------------

CLEAN = "db.example.org"
HOST = {"host": CLEAN}
HOSTS = {
    **dict.fromkeys(
        (
            *(f"http://{CLEAN}", f"{CLEAN}:", f"{CLEAN}/postgres", f"{CLEAN}?x=1"),
            *(f"postgres@{CLEAN}", "db. example.org", "db.exam\u200bple.org"),
            *("db.exam\x00ple.org", f"'{CLEAN}'", f"{CLEAN},"),
        ),
        HOST,
    ),
    f"https://{CLEAN}:5432/x": {"host": CLEAN, "port": 5432},
    f"{CLEAN}:5433": {"host": CLEAN, "port": 5433},
    f"{CLEAN} 5433": {"host": CLEAN, "port": 5433},
    "[2606:4700::7]:5433": {"host": "2606:4700::7", "port": 5433},
    **dict.fromkeys(
        (
            *(f"{CLEAN}:99999", "a.example.org,b.example.org", "/var/run/postgresql"),
            *("db..example.org", "256.1.1.1", "2001:db8::7::1", "p:us-central1:my-db"),
        ),
        None,
    ),
}


@pytest.mark.parametrize(("host", "fix"), HOSTS.items())
def test_malformed_host_has_an_instruction_and_a_fix(host, fix):
    note = at("host", host=host)
    assert note.cause == "host_malformed"
    assert hosts.problem(host) in note.text
    assert note.facts["problem"] in note.text
    assert [found.values for found in note.fixes] == ([fix] if fix else [])
    if fix:
        assert at("host", **fix) is None


@pytest.mark.parametrize("host", ["p@ss%w:rd/#?", "p{w", "p@ssword", "pass word"])
def test_possible_password_in_host_asks_to_clear_the_field(host):
    note = at("host", host=host)
    assert note.text.endswith("If this is a password, clear this field.")
    assert note.fixes == ()


@pytest.mark.parametrize("host", ["127.0.0", "1", "a..b", "db_", "[::1"])
def test_incomplete_host_is_not_mistaken_for_a_password(host):
    note = at("host", host=host)
    assert note is None or "by mistake" not in note.text


STRAY = ["hR6%kestrel", "p@ss word", "x#1", "a!b"]
WEST = "prod-us-west-2"
CYRILLIC = "https://аpi.lamin.ai"  # noqa: RUF001  # a Cyrillic letter
HINTS = {
    **dict.fromkeys(("pw\n", "\npw", "p\nw", "pw\r\n", "pw\u2028"), "the line break"),
    **dict.fromkeys(
        (" pw", "pw ", "pw\t", "\u00a0pw", "pw\u200b", "\ufeffpw"), "the space"
    ),
    **dict.fromkeys(("'pw'", '"pw"', "`pw`", "“pw”", "«pw»"), "the quotation marks"),
    **dict.fromkeys(("[pw]", "(pw)", "{pw}", "<pw>"), "the brackets"),
    "h:5432/?Action=connect&DBUser=postgres&X-Amz-Signature=x": "an access token",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3.x": "an access token",
    "postgresql://postgres:pw@h/postgres": "a connection string",
    **dict.fromkeys(
        ("", "pw", "p w", "'", '"pw', "pw'", "[", "[pw", "pw]", "'p\"", "eyJx", "[p)"),
        "",
    ),
}


@pytest.mark.parametrize(("password", "hint"), HINTS.items())
def test_password_hint_describes_an_unusual_password(password, hint):
    found = password_hint(Secret(password))
    assert hint in found
    assert bool(found) == bool(hint)


# --- Warnings and corrections -------------------------------------------------------

UUID = "123e4567-e89b-12d3-a456-426614174000"
AURORA = "x.abc.us-west-2.rds.amazonaws.com"
ON_PREMISES = {"api_url": "https://lamin.example.org"}
NOTES = [
    ("name", {"name": "My server / 1"}, "warning", "hyphens", "my-server-1"),
    *(("name", {"name": stray}, "warning", "hyphens", None) for stray in STRAY),
    ("instance_name", {"instance_name": "a b"}, "warning", "hyphens", "a-b"),
    *(
        (field, {field: UUID.replace("-", "")}, "error", cause, UUID)
        for field, cause in (
            ("organization_id", "organization_invalid"),
            ("account_id", "account_invalid"),
        )
    ),
    *(
        ("api_server_name", {"api_server_name": name, **more}, level, cause, fix)
        for name, more, level, cause, fix in (
            ("prod-us-east1", {}, "warning", "doesn't list", "prod-us-east-1"),
            ("US-EAST-1", {}, "warning", "doesn't list", "prod-us-east-1"),
            ("Frankfurt", {}, "warning", "doesn't list", None),
            ("x-7", ON_PREMISES, "info", "doesn't list", None),
            (
                "x-7",
                {**ON_PREMISES, "sandbox": True},
                "warning",
                "doesn't list",
                None,
            ),
            ("prod-us-east-1", {"host": AURORA}, "info", "Select that region", WEST),
            ("", {"host": AURORA}, "error", "region_missing", WEST),
        )
    ),
    *(
        ("host", {"host": host, **more}, "warning", cause, fix)
        for host, more, cause, fix in (
            ("10.1.2.3", {}, "can't reach", None),
            ("db.local", {}, "can't reach", None),
            ("10.1.2.3", {**ON_PREMISES, "sandbox": True}, "can't reach", None),
            ("db.abc.supabase.co", {}, "On Supabase", None),
            ("e-pooler.aws.neon.tech", {}, "Neon's connection", "e.aws.neon.tech"),
            ("bücher.example", {}, "ASCII form", "xn--bcher-kva.example"),
        )
    ),
    *(
        ("port", {"port": port}, "warning", cause, fix)
        for port, cause, fix in (
            (6543, "connection pooler", 5432),
            ("6432", "connection pooler", 5432),
            (25061, "connection pooler", 25060),
            (3306, "usually for MySQL", 5432),
        )
    ),
    ("port", {"port": "5x", "sandbox": True}, "error", "port_invalid", None),
    ("port", {"port": 6543, "sandbox": True}, "warning", "connection pooler", None),
    ("port", {"port": 3306, "sandbox": True}, "warning", "usually for MySQL", None),
    *(
        ("api_url", {"api_url": url}, level, cause, fix)
        for url, level, cause, fix in (
            (f"{DEFAULT_API_URL}/", "info", "use the URL of", REGIONS[0].api_url),
            (
                "lamin.example.org/",
                "error",
                "api_url_invalid",
                "https://lamin.example.org",
            ),
            ("https://Xq7z@x.example", "error", "api_url_invalid", DEFAULT_API_URL),
            (CYRILLIC, "warning", "ASCII form", "https://xn--pi-6kc.lamin.ai"),
        )
    ),
    ("password", {"password_hint": "Unusual."}, "warning", "Unusual.", None),
]


@pytest.mark.parametrize(("field", "changes", "level", "expected", "fix"), NOTES)
def test_unusual_value_has_a_note_and_a_correction(
    field, changes, level, expected, fix
):
    note = at(field, **changes)
    assert note.level == level
    assert expected in (note.cause if level == "error" else note.text)
    assert [found.values for found in note.fixes] == ([{field: fix}] if fix else [])
    assert "Xq7z" not in repr(note)
    if level != "error":
        assert first_error(GOOD._replace(**changes), [field]) is None


def test_note_names_the_reason_and_the_choices():
    assert at("name", name=STRAY[0]).text.endswith(
        "If this is a password, clear this field."
    )
    assert "because it's a private address." in at("host", host="10.1.2.3").text
    listed = at("api_server_name", api_server_name="Frankfurt").text
    assert all(region.api_server_name in listed for region in REGIONS)
    assert at("password", password_hint="space", has_password=False).level == "error"


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        (
            "host",
            {"host": "10.1.2.3", **ON_PREMISES},
        ),  # An on-premises Lamin can reach private hosts.
        ("host", {"host": "localhost", "api_url": "http://localhost:8000"}),
        ("host", {"host": "p.abc.db.postgresbridge.com"}),
        ("host", {"host": f"{'ü' * 60}.example"}),  # This name has no ASCII form.
        ("api_server_name", {"host": AURORA, "api_server_name": WEST}),
        ("api_url", {"api_server_name": WEST, "api_url": REGIONS[1].api_url}),
    ],
)
def test_suitable_value_has_no_note(field, changes):
    assert at(field, **changes) is None


@pytest.mark.parametrize("name", ["\ud800", "a\x1b[2Kb", "a\u202eb", "a\u200bb"])
@pytest.mark.parametrize("field", ["name", "api_server_name", "instance_name"])
def test_invisible_character_is_refused(field, name):
    assert at(field, **{field: name}).cause == "invisible_character"


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
def test_first_error_considers_only_required_fields(fields, changes, field):
    found = first_error(GOOD._replace(**changes), fields)
    assert (found and found[0]) == field


@pytest.mark.parametrize(
    "piece", ["a", "a.", " ", ".private", "@", "'", ":", "[", "1.", "é"]
)
def test_check_takes_linear_time(piece):
    text = piece * (25_000 // len(piece))

    def check_all(size):
        check(Draft(**dict.fromkeys(WRITABLE, text * size)))
        password_hint(Secret(text * size))

    assert takes_linear_time(check_all)


_ANY = st.text(max_size=12) | st.sampled_from([*HOSTS])
_DRAFTS = st.builds(
    Draft,
    **dict.fromkeys(WRITABLE, _ANY) | {"port": _ANY | st.integers()},
    has_password=st.booleans(),
    password_hint=st.just(""),
    sandbox=st.booleans(),
)


@settings(max_examples=60)
@given(_DRAFTS)
def test_fix_removes_its_message(draft):
    for field, note in check(draft).items():
        for fix in note.fixes:
            fixed = check(draft._replace(**fix.values))
            assert field not in fixed or fixed[field].text != note.text
            assert all(
                fixed[key].level != "error" for key in fix.values if key in fixed
            )


@settings(max_examples=60)
@given(st.text(max_size=12) | st.from_regex(r"[\w.\-:\[\]%]{1,12}", fullmatch=True))
def test_host_without_an_error_makes_a_valid_connection(host):
    note = at("host", host=host)
    is_wrong = note is not None and note.level == "error"
    try:
        PostgresConnection(host, 5432, "x")
    except InvalidInput:
        assert is_wrong
    else:
        assert not is_wrong
