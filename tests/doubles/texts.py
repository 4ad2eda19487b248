"""Secrets of the tests, and checks of the texts that users see."""

from __future__ import annotations

import re
from traceback import TracebackException

TOKEN = "tq9-token-of-the-tests"
PASSWORD = "Zq7#kfW/9vLx@2r%"

H = "db.example.org"
CONNECTION_STRINGS = [
    *(f"postgresql://postgres:q@{H}/postgres", f"  'postgres://{H}'"),
    *(f"\u201cpostgresql+psycopg2://{H}\u201d", f"postgres:q@{H}", f"https://me:q@{H}"),
    *(f"host={H} password=q", f"host = {H}", f"jdbc:postgresql://{H}/postgres"),
    *(f"Host={H};Username=postgres;Password=q", f"Server={H};User Id=postgres;Pwd=q"),
    *(f"{H}:5432:postgres:postgres:a\\:b", f"{H}:*:*:postgres:q"),
    f'{{"username":"postgres","password":"q","host":"{H}","port":5432}}',
    *(f"{{'HOST': '{H}', 'PASSWORD': 'q'}}", f'[{{"db_host": "{H}"}}]'),
    *(f"DATABASE_URL=postgres://{H}", f"export DATABASE_URL='postgres://{H}'"),
    *(f'DATABASE_URL: "postgres://{H}/postgres"', f"DSN='host={H}'"),
    *(f"psql -h {H} -U postgres", f"$ psql 'postgres://{H}'"),
    *(f"PGPASSWORD=q psql -h {H}", f"export PGHOST={H}", f"DB_HOST={H}\nDB_PASSWORD=q"),
    *("password: q", f"endpoint={H};psw=q", "DB_PASS=q", "passphrase: q"),
    f"{H}:5432/?Action=connect&DBUser=postgres&X-Amz-Signature=ab",
    f"DATABASE_URL=postgresql://postgres:zq7:Lm/9@vT kX@{H} # production",
    "jdbc:postgresql:///postgres?cloudSqlInstance=p&password=zq7:Lm/9@vT kX",
]
"""Texts that a field other than that for connection strings must not keep."""
ORDINARY = [
    *("", "my-postgres-server", "db.example.org", "db.example.org:5432", "::1"),
    *("2001:4860:4860:0:0:0:0:8888", "fe80::1%eth0", "[::1]:5432", "10.0.0.1"),
    *("my-project:us-central1:my-db", "prod-us-east-1", "bionty,wetlab", "postgres"),
    *("https://api.lamin.ai", "https://db.example.org:5432/x", "http://localhost:8000"),
    *("s3://my-bucket/folder", "s3://bucket/a@b", "gs://b", "./storage", "create-s3"),
    *("s3://bucket?endpoint_url=http://localhost:9000", "C:\\data", "/data/lamin"),
    *("a server for tests", "psql-server", "psql server", "pg_main 2", "host 1"),
    *("bob@example.org", "team: proteomics", "Lab 3 (Basel)", "[staging]", "{x}"),
    *("123e4567-e89b-12d3-a456-426614174000", "db #1", "50% off", "a=b", "x;y"),
    *("5432", "my-server", "fd00:1234:5678:9abc::1", "http://127.0.0.1:8000/api"),
    *("https://x.org/?a=b", "a server", "passwordless server"),
]
"""Values of fields, which aren't secret."""

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
