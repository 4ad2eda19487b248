"""Wrong usage: one sentence on stderr, exit code 2, and no secret."""

from __future__ import annotations

import pytest

from lamin_widgets.cli import main
from lamin_widgets.core.regions import REGIONS

SECRET = "Qz7-s3cr3t"
URL = f"postgresql://postgres:{SECRET}@127.0.0.1/postgres"
DIAGNOSE = ("diagnose", "--host", "127.0.0.1")
REGISTER = ("register", "--host", "127.0.0.1", "--name", "x", "--region", "us-east-1")

REFUSED = "Don't put a password or a key in an argument"

USAGES = [
    ((), "enter a command"),
    (("nonsense",), "invalid choice"),
    (("diagnose",), "Use --host"),
    ((*DIAGNOSE, "--port", "0"), "--port: must be a number from 1 to 65535"),
    ((*DIAGNOSE, "--port", SECRET), "--port: must be a number from 1 to 65535"),
    ((*DIAGNOSE, "--port"), "--port: expected one argument"),
    ((*DIAGNOSE, "--wait", "soon"), "--wait: must be a duration such as 90s"),
    ((*DIAGNOSE, "--wait", "-1m"), "--wait"),
    ((*DIAGNOSE, "--jsom"), "unknown option --jsom"),
    ((*DIAGNOSE, f"--passphrase={SECRET}"), REFUSED),
    (("diagnose", "--url-env", f"Host=h;Database=d;Password={SECRET}"), REFUSED),
    (("diagnose", "--url-env", f"DB_PASSWORD={SECRET}"), REFUSED),
    (("diagnose", "--url-env", "not-a-name"), "takes the name of an environment"),
    ((*DIAGNOSE, f"--json={SECRET}"), "--json: takes no value"),
    ((*DIAGNOSE, SECRET), "too many arguments"),
    ((*DIAGNOSE, f"--user={SECRET}"), "unknown option --user"),
    ((*DIAGNOSE, "--password", SECRET), REFUSED),
    ((*DIAGNOSE, f"--password={SECRET}"), REFUSED),
    ((*DIAGNOSE, "-W", SECRET), REFUSED),
    ((*DIAGNOSE, f"-p{SECRET}"), "-p"),
    ((*REGISTER, "--api-key", SECRET), REFUSED),
    (("register", "--url", URL), REFUSED),
    (("test", "--token", SECRET), REFUSED),
    (("diagnose", "--host", URL), REFUSED),
    (("diagnose", URL), REFUSED),
    (("diagnose", f"--host=postgres:{SECRET}@127.0.0.1"), REFUSED),
    (("diagnose", "--host", f"host=127.0.0.1 password={SECRET}"), REFUSED),
    ((*REGISTER, "--api-url", f"https://me:{SECRET}@x.org"), REFUSED),
    ((*DIAGNOSE, "--url-env", "X"), "either --url-env or --host"),
    (("diagnose", "--url-env", "NOT_SET"), "NOT_SET isn't set"),
    (("diagnose", "--url-env", ""), "the name of an environment variable"),
    (("diagnose", "--url-env", "MALFORMED"), "Can't use MALFORMED"),
    (("diagnose", "--url-env", "OTHER_USER"), "OTHER_USER is for another user"),
    (("diagnose", "--url-env", "OTHER_DATABASE"), "database"),
    (("diagnose", "--host", "127.0.0.1/x"), "host"),
    ((*DIAGNOSE, "--password-file", "/none"), "password file: No such file"),
    ((*DIAGNOSE, "--password-file", "/"), "password file: Is a directory"),
    ((*DIAGNOSE, "--password-file", "/dev/null"), "must have one line"),
    ((*DIAGNOSE, "--password-file", ""), "password file: Is a directory"),
    (DIAGNOSE, "No password found. Set PGPASSWORD"),
    (("register", *DIAGNOSE[1:]), "required: --name, --region"),
    (("register", *DIAGNOSE[1:], "--name", " ", "--region", "x"), "name"),
    (("test",), "required: --name"),
    (("test", "--name", "x", "--api-url", "ftp://x"), "API URL"),
    (("test", "--name", "x", "--api-url", "http://example.org"), "https"),
    ((*REGISTER, "--organization-id", "mine"), "organization ID"),
    (("allow-list",), "required: --region"),
    (("allow-list", "--region", "nowhere"), "Listed regions: prod-us-east-1"),
    (
        ("allow-list", "--region", "us-east-1", "--format", "x"),
        "invalid choice (choose from",
    ),
    (("sandbox", "--export", "--stop"), "not allowed with argument"),
    (("demo", "--port", "99999"), "--port: must be a number from 1 to 65535"),
]


@pytest.fixture
def run(capsys, monkeypatch):
    for name in ("PGPASSWORD", "LAMIN_API_URL"):
        monkeypatch.delenv(name, raising=False)
    url = f"postgresql://{{}}:{SECRET}@127.0.0.1:5432/{{}}"
    monkeypatch.setenv("MALFORMED", f"postgresql:/{SECRET}")
    monkeypatch.setenv("OTHER_USER", url.format("admin", "postgres"))
    monkeypatch.setenv("OTHER_DATABASE", url.format("postgres", "lamin"))

    def call(*arguments):
        code = main(arguments)
        return code, *capsys.readouterr()

    return call


@pytest.mark.parametrize(("arguments", "sentence"), USAGES)
def test_wrong_usage_prints_one_sentence(run, arguments, sentence):
    code, out, err = run(*arguments)
    assert code == 2
    assert out == ""
    assert sentence in err
    assert "Traceback" not in err
    assert err.count("\n") <= 2
    assert SECRET not in err


def test_password_of_another_user_is_refused(run, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", SECRET)
    monkeypatch.setenv("PGUSER", "alice")
    code, _, err = run(*DIAGNOSE)
    assert code == 2
    assert "PGPASSWORD is for the user in PGUSER" in err
    assert SECRET not in err


@pytest.mark.parametrize("options", [(), ("--password-file", "-")])
def test_closed_standard_input_has_no_password(run, monkeypatch, options):
    monkeypatch.setattr("sys.stdin", None)
    code, _, err = run(*DIAGNOSE, *options)
    assert code == 2
    assert "assword" in err


@pytest.mark.parametrize(
    ("content", "is_good"),
    [
        (b"secret\n", True),
        (b"secret", True),
        (b"secret\r\n", True),
        (b" s \xc3\xa4\n", True),
        (b"\xef\xbb\xbfsecret\n", True),
        (b"", False),
        (b"\n", False),
        (b"a\nb\n", False),
        (b"\xff\xfe\n", False),
        (b"x" * 5000 + b"\n" + b"y", False),
    ],
)
def test_password_file_must_have_one_line(run, tmp_path, content, is_good):
    file = tmp_path / "password"
    file.write_bytes(content)
    code, _, err = run(*DIAGNOSE, "--port", "1", "--password-file", str(file))
    assert code == (1 if is_good else 2)
    assert is_good or "must have one line" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), ["diagnose", "register", "sandbox", "demo", "exit codes"]),
        (("diagnose",), ["--url-env", "--password-file", "--wait", "--json"]),
        (("register",), ["--name", "--region", "--organization-id", "--force"]),
        (("test",), ["--name", "--wait", "LAMIN_API_KEY"]),
        (("allow-list",), ["terraform", "pg_hba", "gcloud"]),
        (("sandbox",), ["loopback", "--export", "eval", "Ctrl+C"]),
        (("demo",), ["JupyterLab", "--check", "--no-browser", "--port"]),
    ],
)
def test_help_fits_a_terminal(run, monkeypatch, arguments, words):
    monkeypatch.setenv("COLUMNS", "80")
    code, out, err = run(*arguments, "--help")
    assert (code, err) == (0, "")
    assert not [word for word in words if word not in out]
    assert max(map(len, out.splitlines())) <= 80


def test_help_does_not_break_the_names_of_regions(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = run("register", "--help")
    assert not [region for region in REGIONS if region.api_server_name not in out]


@pytest.mark.parametrize(
    ("command", "unused"),
    [("diagnose", "LAMIN_API"), ("test", "PGPASSWORD"), ("allow-list", "NO_COLOR")],
)
def test_help_lists_only_the_commands_variables(run, command, unused):
    assert unused not in run(command, "--help")[1].partition("environment:")[2]


def test_version_option_prints_the_version(run):
    code, out, _ = run("--version")
    assert code == 0
    assert out[0].isdigit()
