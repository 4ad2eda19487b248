"""Connection strings in the wrong field."""

from __future__ import annotations

import time

import pytest

from lamin_widgets.form.misplaced import looks_like_connection_string

H = "db.example.org"
STRINGS = [
    f"postgresql://postgres:q@{H}/postgres",
    f"  'postgres://{H}'",
    f"\u201cpostgresql+psycopg2://{H}\u201d",
    f"postgres:q@{H}",
    f"https://me:q@{H}",
    f"host={H} password=q",
    f"host = {H}",
    f"jdbc:postgresql://{H}/postgres",
    f"Host={H};Username=postgres;Password=q",
    f"Server={H};User Id=postgres;Pwd=q",
    f"{H}:5432:postgres:postgres:a\\:b",
    f"{H}:*:*:postgres:q",
    f'{{"username":"postgres","password":"q","host":"{H}","port":5432}}',
    f"{{'HOST': '{H}', 'PASSWORD': 'q'}}",
    f'[{{"db_host": "{H}"}}]',
    f"DATABASE_URL=postgres://{H}",
    f"export DATABASE_URL='postgres://{H}'",
    f'DATABASE_URL: "postgres://{H}/postgres"',
    f"DSN='host={H}'",
    f"psql -h {H} -U postgres",
    f"$ psql 'postgres://{H}'",
    f"PGPASSWORD=q psql -h {H}",
    f"export PGHOST={H}",
    f"DB_HOST={H}\nDB_PASSWORD=q",
    "password: q",
    f"endpoint={H};psw=q",
    "DB_PASS=q",
    "passphrase: q",
    f"{H}:5432/?Action=connect&DBUser=postgres&X-Amz-Signature=ab",
]
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
]


@pytest.mark.parametrize("text", STRINGS)
def test_connection_string_is_recognized_in_any_field(text):
    assert looks_like_connection_string(text)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_value_is_not_a_connection_string(text):
    assert not looks_like_connection_string(text)


@pytest.mark.parametrize("start", ["", "http://", "a=", '{"', "DB_"])
def test_recognition_takes_linear_time(start):
    for piece in (*":@=;{['\" \\", "a:1:", '"a":', "host=", "a_", "\\:", "password "):
        text = start + piece * 1_000_000
        began = time.thread_time()
        looks_like_connection_string(text)
        assert time.thread_time() - began < 0.1
