"""What is said at each field while the form is filled in."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamin_widgets.core import failures as causes
from lamin_widgets.core import hosts
from lamin_widgets.core.connection import PostgresConnection, masked_url
from lamin_widgets.core.errors import InvalidInput
from lamin_widgets.core.regions import (
    DEFAULT_API_URL,
    PUBLISHED_API_URLS,
    REGIONS,
    find,
)
from lamin_widgets.form.checks import (
    REQUIRED,
    Draft,
    check,
    first_error,
    normalize_api_url,
)

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


def test_nothing_is_said_about_a_good_form():
    assert check(GOOD) == {}
    assert all(first_error(GOOD, action) is None for action in REQUIRED)


@pytest.mark.parametrize(
    ("field", "changes", "cause"),
    [
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
            ("organization_id", {"organization_id": text}, "organization_invalid")
            for text in ("my-org", "123", "g23e4567-e89b-12d3-a456-426614174000")
        ),
        ("api_url", {"api_url": ""}, "api_url_invalid"),
        ("api_url", {"api_url": "http://api.example.org"}, "api_url_insecure"),
        ("name", {"name": "postgres://a:b@c/d"}, "connection_string_misplaced"),
        ("name", {"name": "host=h password=x"}, "connection_string_misplaced"),
    ],
)
def test_what_cannot_be_used_is_an_error_at_its_field(field, changes, cause):
    message = at(field, **changes)
    assert (message.level, message.cause) == ("error", cause)
    assert message.cause in causes.CAUSES
    assert "<" not in message.text


@pytest.mark.parametrize("port", [1, "5432", " 5432 ", 65_535])
def test_spaces_around_a_value_do_not_matter(port):
    assert at("port", port=port) is None
    assert at("host", host="  db.example.org \n") is None
    assert at("organization_id", organization_id="") is None


HOSTS = [
    (
        "https://db.example.org:5432/x",
        "scheme",
        {"host": "db.example.org", "port": 5432},
    ),
    ("http://db.example.org", "scheme", {"host": "db.example.org"}),
    ("db.example.org:5433", "port", {"host": "db.example.org", "port": 5433}),
    ("db.example.org:", "port", {"host": "db.example.org"}),
    ("[2606:4700::7]:5433", "port", {"host": "2606:4700::7", "port": 5433}),
    ("db.example.org/postgres", "path", {"host": "db.example.org"}),
    ("db.example.org?x=1", "a ? or #", {"host": "db.example.org"}),
    ("postgres@db.example.org", "an @", {"host": "db.example.org"}),
    ("db.example.org 5433", "space", {"host": "db.example.org", "port": 5433}),
    ("db. example.org", "space", {"host": "db.example.org"}),
    ("db.exam\u200bple.org", "invisible", {"host": "db.example.org"}),
    ("db.exam\x00ple.org", "invisible", {"host": "db.example.org"}),
    ("'db.example.org'", "character", {"host": "db.example.org"}),
    ("db.example.org,", "several", {"host": "db.example.org"}),
    ("a.example.org,b.example.org", "several", None),
    ("/var/run/postgresql", "path", None),
    ("db..example.org", "empty part", None),
    ("256.1.1.1", "IPv4", None),
    ("10.0.0", "IPv4", None),
    ("5432", "IPv4", None),
    ("2001:db8::7::1", "IPv6", None),
    ("fe80::1%/@evil", "an @", None),
    ("my-project:us-central1:my-db", "Cloud SQL", None),
    (f"{'a' * 64}.example.org", "longer", None),
    (
        "postgresql://postgres:Xq7/z@db.example.org:5433/postgres",
        "scheme",
        {"host": "db.example.org", "port": 5433},
    ),
]


@pytest.mark.parametrize(("host", "problem", "fix"), HOSTS)
def test_a_malformed_host_says_which_problem_and_offers_the_cleaned_value(
    host, problem, fix
):
    message = at("host", host=host)
    assert message.cause == "host_malformed"
    assert problem in message.text
    assert "Xq7" not in json.dumps(message.to_dict())
    if fix is not None:
        assert [found.values for found in message.fixes] == [fix]
        assert at("host", **fix) is None
    else:
        mended = [at("host", **found.values) for found in message.fixes]
        assert all(found is None or found.level != "error" for found in mended)


@pytest.mark.parametrize(
    "host",
    [
        *("db.example.org.", "db_1.example.org", "xn--bcher-kva.example", "1.1.1.1"),
        *("DB.Example.ORG", "a-b.example.org", "2606:4700::1111", "[2606:4700::1111]"),
    ],
)
def test_an_unusual_host_is_still_a_host(host):
    assert at("host", host=host) is None


@pytest.mark.parametrize(
    ("host", "kind"),
    [
        *((host, "itself") for host in ("localhost", "127.0.0.1", "::1", "0.0.0.0")),
        *((h, "private") for h in ("10.1.2.3", "192.168.1.1", "172.16.0.1", "fd00::1")),
        *((h, "link") for h in ("169.254.1.1", "fe80::1%eth0")),
        *((h, "network") for h in ("db.local", "db.internal", "nas.lan", "DB.LOCAL.")),
        ("100.64.0.1", "not a public"),
        ("::ffff:10.0.0.1", "private"),
        ("dbserver", "without a domain"),
    ],
)
def test_a_host_that_lamins_cloud_cannot_reach_is_warned_of(host, kind):
    message = at("host", host=host)
    assert (message.level, message.cause) == ("warning", "host_unreachable")
    assert kind in message.text
    assert first_error(replace(GOOD, host=host), "register") is None


@pytest.mark.parametrize("url", ["https://lamin.example.org", "http://localhost:8000"])
def test_an_api_of_ones_own_may_reach_private_hosts(url):
    assert at("host", host="10.1.2.3", api_url=url) is None
    assert at("api_server_name", api_url=url) is None


@pytest.mark.parametrize(
    ("host", "word"),
    [
        ("aws-0-us-east-1.pooler.supabase.com", "postgres.<project>"),
        ("db.abcdefgh.supabase.co", "not a superuser"),
        ("ep-x-1.us-east-2.aws.neon.tech", "neondb_owner"),
        ("x.abc.us-east-1.rds.amazonaws.com", "rds_superuser"),
        ("x.cluster-abc.us-east-1.rds.amazonaws.com", "rds_superuser"),
        ("x.cluster-ro-abc.us-east-1.rds.amazonaws.com", "reader"),
        ("x.postgres.database.azure.com", "azure_pg_admin"),
        ("x.abc.us-central1.sql.goog", "cloudsqlsuperuser"),
    ],
)
def test_what_is_known_of_a_managed_service_is_said(host, word):
    message = at("host", host=host)
    assert message.level == "warning"
    assert word in message.text
    assert at("host", host=f"{host}.example.org") is None


def test_an_international_host_is_offered_as_it_is_on_the_wire():
    assert at("host", host=f"{'ü' * 60}.example") is None  # too long for the wire
    message = at("host", host="bücher.example")
    assert message.fixes[0].values == {"host": "xn--bcher-kva.example"}


@pytest.mark.parametrize("port", [6543, "6432", 25_061])
def test_the_port_of_a_pooler_is_warned_of(port):
    message = at("port", port=port)
    assert (message.level, message.cause) == ("warning", "port_pooler")
    assert message.fixes[0].values == {"port": 5432}


@pytest.mark.parametrize("port", ["543x", 6543, 3306])
def test_in_the_sandbox_nobody_is_sent_to_a_port_that_it_does_not_have(port):
    assert at("port", port=port).fixes[0].values == {"port": 5432}
    assert at("port", port=port, sandbox=True).fixes == ()


def test_other_warnings():
    assert at("port", port=3306).cause == "port_other"
    assert at("port", host="x-pooler.y.aws.neon.tech").cause == "port_pooler"
    assert at("password", password_has_outer_space=True).cause == "password_space"
    name = at("name", name="My server / 1")
    assert (name.level, name.fixes[0].values) == ("warning", {"name": "my-server-1"})
    assert at("name", name="\ud800").level == "warning"


def test_a_region_with_an_api_of_its_own_offers_it_and_never_switches():
    message = at("api_server_name", api_url=f"{DEFAULT_API_URL}/")
    assert message.level == "info"
    assert message.fixes[0].values == {"api_url": REGIONS[0].api_url}
    assert "password" in message.text
    assert check(replace(GOOD, **message.fixes[0].values)) == {}


@pytest.mark.parametrize("name", ["us-east-1", "prod-us-east1", "US-EAST-1"])
def test_a_region_that_is_nearly_right_is_offered_corrected(name):
    message = at("api_server_name", api_server_name=name)
    assert message.level == "warning"
    assert message.fixes[0].values == {"api_server_name": "prod-us-east-1"}


def test_a_region_that_is_nothing_like_one_is_told_which_there_are():
    message = at("api_server_name", api_server_name="Frankfurt")
    assert all(region.api_server_name in message.text for region in REGIONS)
    assert message.fixes == ()


def test_a_slip_in_the_region_is_warned_of_in_the_sandbox_too():
    local = {"api_url": "http://127.0.0.1:9", "api_server_name": "us-east"}
    assert at("api_server_name", **local).level == "info"  # an API of one's own
    message = at("api_server_name", **local, sandbox=True)
    assert message.level == "warning"
    assert message.fixes[0].values == {"api_server_name": "prod-us-east-1"}


@pytest.mark.parametrize("host", ["p@ss%w:rd/#?", "p{w", "p@ssword", "pass word"])
def test_a_password_that_went_astray_is_asked_for_back(host):
    message = at("host", host=host)
    assert message.text.endswith("empty the field.")
    assert message.fixes == ()
    assert masked_url(host, 5432) == masked_url("", 5432)


@pytest.mark.parametrize("name", ["hR6%kestrel", "p@ss word", "x#1", "a!b"])
def test_a_password_in_the_name_is_asked_for_back(name):
    message = at("name", name=name)
    assert message.text.endswith("empty the field.")
    assert message.fixes == ()


@pytest.mark.parametrize("host", ["127.0.0", "1", "a..b", "db_", "[::1"])
def test_a_host_that_is_half_typed_is_not_taken_for_a_password(host):
    message = at("host", host=host)
    assert message is None or "password" not in message.text


def test_any_other_region_is_allowed():
    message = at("api_server_name", api_server_name="on-prem-7")
    assert message.level == "warning"
    own = "https://lamin.example.org"
    message = at("api_server_name", api_server_name="on-prem-7", api_url=own)
    assert message.level == "info"


def test_an_organization_id_in_another_spelling_is_offered_in_the_usual_one():
    message = at("organization_id", organization_id="123e4567e89b12d3a456426614174000")
    usual = {"organization_id": "123e4567-e89b-12d3-a456-426614174000"}
    assert message.fixes[0].values == usual
    assert at("organization_id", **usual) is None


@pytest.mark.parametrize(
    ("action", "changes", "field"),
    [
        ("register", {"name": "", "host": ""}, "name"),
        ("register", {"host": "", "has_password": False}, "host"),
        ("register", {"organization_id": "x"}, "organization_id"),
        ("test", {"host": "", "has_password": False}, None),
        ("test", {"name": ""}, "name"),
        ("diagnose", {"name": "", "has_password": False}, "password"),
        ("diagnose", {"api_url": ""}, None),
        ("create-instance", {"instance_name": "", "name": ""}, "instance_name"),
        ("register", {"instance_name": ""}, None),
    ],
)
def test_an_action_is_kept_back_by_the_first_field_it_rests_on(action, changes, field):
    wrong = first_error(replace(GOOD, **changes), action)
    assert (wrong and wrong[0]) == field


URLS = {
    "https://api.lamin.ai": "https://api.lamin.ai",
    " https://api.lamin.ai/ \n": "https://api.lamin.ai",
    "HTTPS://Api.Lamin.AI/api//": "https://api.lamin.ai/api",
    "https://bücher.example/api": "https://xn--bcher-kva.example/api",
    "https://lamin.example.org:8443/x": "https://lamin.example.org:8443/x",
    "https://[2001:db8::7]:8443": "https://[2001:db8::7]:8443",
    "http://localhost:8000": "http://localhost:8000",
    "http://127.3.2.1:8000/api": "http://127.3.2.1:8000/api",
    "http://[::1]:8000/": "http://[::1]:8000",
}
NO_URLS = [
    *("", "api.lamin.ai", "https://", "https:///api", "ftp://api.lamin.ai", "//x"),
    *("https://u@api.lamin.ai", "https://u:p@api.lamin.ai", "https://api.lamin.ai?x"),
    *("https://api.lamin.ai#x", "https://api.lamin.ai/a b", "https://a\nb.example"),
    *(
        "https://api.lamin.ai:99999",
        "https://api.lamin.ai:x",
        "https://[::1",
        "https://a\\b",
    ),
    *("https://api.lamin.ai/../x", "https://256.1.1.1", "https://a..b", "javascript:x"),
    *("http://localhost@evil.example", "http://localhost\\@evil.example"),
]
INSECURE = [
    *("http://api.lamin.ai", "http://10.0.0.1", "http://localhost.evil.example"),
    *("http://127.0.0.1.evil.example", "http://0.0.0.0", "http://[2001:db8::7]"),
]


@pytest.mark.parametrize(("text", "url"), URLS.items())
def test_an_api_url_is_normalised(text, url):
    assert normalize_api_url(text) == url
    assert normalize_api_url(url) == url


@pytest.mark.parametrize("text", NO_URLS)
def test_what_is_no_api_url_is_refused(text):
    with pytest.raises(InvalidInput) as caught:
        normalize_api_url(text)
    assert (caught.value.cause, caught.value.field) == ("api_url_invalid", "api_url")


@pytest.mark.parametrize("text", INSECURE)
def test_plain_http_is_for_loopback_only(text):
    with pytest.raises(InvalidInput) as caught:
        normalize_api_url(text)
    assert caught.value.cause == "api_url_insecure"


def test_a_url_without_its_scheme_is_offered_with_it():
    message = at("api_url", api_url="lamin.example.org/api/")
    assert message.fixes[0].values == {"api_url": "https://lamin.example.org/api"}
    secret = at("api_url", api_url="https://me:Xq7z@lamin.example.org")
    assert "Xq7z" not in json.dumps(secret.to_dict())


def test_the_published_addresses_are_usable_and_complete():
    assert [normalize_api_url(url) for url in PUBLISHED_API_URLS] == [
        *PUBLISHED_API_URLS
    ]
    assert {region.api_url for region in REGIONS} < set(PUBLISHED_API_URLS)
    assert find(" prod-us-east-1 ") is REGIONS[0]
    assert find("elsewhere") is None
    assert [region.inferred for region in REGIONS] == [False, True, True, True]


_ANY = st.text(max_size=12) | st.sampled_from([host for host, *_ in HOSTS])


_DRAFTS = st.builds(
    Draft,
    name=_ANY,
    api_server_name=_ANY,
    host=_ANY,
    port=_ANY | st.integers(),
    api_url=_ANY,
    organization_id=_ANY,
    instance_name=_ANY,
)


@given(_DRAFTS)
def test_no_text_breaks_the_checks_and_every_correction_is_one(draft):
    for field, message in check(draft).items():
        json.dumps(message.to_dict())
        for fix in message.fixes:
            mended = check(replace(draft, **fix.values))
            assert field not in mended or mended[field].cause != message.cause
            assert all(
                mended[key].level != "error" for key in fix.values if key in mended
            )


@given(st.text(max_size=12) | st.from_regex(r"[\w.\-:\[\]%]{1,12}", fullmatch=True))
def test_a_host_is_usable_exactly_when_the_form_finds_no_problem(host):
    message = at("host", host=host)
    wrong = message is not None and message.level == "error"
    try:
        PostgresConnection(host, 5432, "x")
    except InvalidInput:
        assert wrong
    else:
        assert not wrong
        assert hosts.problem(host) == ""
